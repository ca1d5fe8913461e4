//! The session at a terminal: line editing, history, Ctrl-C, and a sign of life while an evaluation takes long.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rustyline::config::{BellStyle, Config};
use rustyline::error::ReadlineError;
use rustyline::history::{FileHistory, History};
use rustyline::{ColorMode, CompletionType, Editor};

use crate::cli::ReplArgs;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::repl::complete::Vocabulary;
use crate::repl::helper::LineHelper;
use crate::repl::input::split;
use crate::repl::output::Output;
use crate::repl::pipe::PROMPT;
use crate::repl::session::Session;

/// Inputs that are remembered from session to session.
const MOST_HISTORY: usize = 10_000;
/// An evaluation that takes longer says so.
const LONG: Duration = Duration::from_millis(400);

/// Reads, evaluates and prints until the end.
///
/// # Errors
/// Exit code 3 if the terminal fails.
pub fn run(session: &mut Session, args: &ReplArgs, interrupt: &Interrupt) -> Result<Exit, Exit> {
    let color = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let terminal = |error: ReadlineError| Exit::Failed(format!("the terminal: {error}"));
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .bell_style(BellStyle::None)
        .color_mode(if color { ColorMode::Enabled } else { ColorMode::Disabled })
        .max_history_size(MOST_HISTORY)
        .map_err(terminal)?
        .auto_add_history(true)
        .build();
    let mut editor: Editor<LineHelper, FileHistory> = Editor::with_config(config).map_err(terminal)?;
    editor.set_helper(Some(LineHelper { vocabulary: Vocabulary::of(session), color }));
    let history = history_file(args);
    if let Some(path) = &history {
        // The first session has no history.
        let _ = editor.load_history(path);
    }
    println!("Floret {}. `:help` explains, Ctrl-D ends.", env!("CARGO_PKG_VERSION"));
    loop {
        match editor.readline(PROMPT) {
            Ok(text) => {
                if let Some(path) = &history {
                    remember(&mut editor, path);
                }
                interrupt.flag().store(false, Ordering::Relaxed);
                let mut over = false;
                for input in split(&text) {
                    let (output, took) = watched(color, || session.enter(&input));
                    print!("{}{}", output.render(color), session.time_text(took));
                    over |= output.over;
                    if over || interrupt.flag().load(Ordering::Relaxed) {
                        break;
                    }
                }
                if let Some(helper) = editor.helper_mut() {
                    helper.vocabulary = Vocabulary::of(session);
                }
                if over {
                    return Ok(Exit::Done);
                }
            }
            // Ctrl-C: the line is given up.
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => return Ok(Exit::Done),
            Err(error) => return Err(terminal(error)),
        }
    }
}

/// Runs `work`; if it takes long, a line says how to end it, and goes away afterwards.
fn watched(color: bool, work: impl FnOnce() -> Output) -> (Output, Duration) {
    let start = Instant::now();
    let (done, waiting) = channel::<()>();
    let sign = std::thread::Builder::new().name("sign of life".into()).spawn(move || {
        if waiting.recv_timeout(LONG) == Err(RecvTimeoutError::Timeout) {
            let (dim, plain) = if color { ("\x1b[2m", "\x1b[0m") } else { ("", "") };
            print!("{dim}evaluating; Ctrl-C stops it{plain}");
            let _ = std::io::stdout().flush();
            let _ = waiting.recv();
            print!("\r\x1b[K");
            let _ = std::io::stdout().flush();
        }
    });
    let output = work();
    let took = start.elapsed();
    drop(done);
    if let Ok(sign) = sign {
        let _ = sign.join();
    }
    (output, took)
}

fn remember(editor: &mut Editor<LineHelper, FileHistory>, path: &Path) {
    if editor.history().is_empty() {
        return;
    }
    if let Some(folder) = path.parent() {
        let _ = std::fs::create_dir_all(folder);
    }
    // A session without a history is better than none.
    let _ = editor.append_history(path);
}

/// Where inputs are remembered: as the command line says, else in the user's data folder.
fn history_file(args: &ReplArgs) -> Option<PathBuf> {
    if args.history.is_some() {
        return args.history.clone();
    }
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let data = folder("XDG_DATA_HOME").or_else(|| Some(folder("HOME")?.join(".local/share")))?;
    Some(data.join("floret").join("history"))
}
