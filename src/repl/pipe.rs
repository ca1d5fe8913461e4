//! A session without a terminal: lines in, answers out, no prompts and no colours.

use std::io::{BufRead, Write};
use std::time::Instant;

use crate::exit::Exit;
use crate::repl::input::is_complete;
use crate::repl::session::Session;

/// Reads standard input to its end. With `echo` prompts and input are printed too, so that the output is a transcript.
///
/// # Errors
/// Exit code 1 if an input was refused, 3 if the streams fail.
pub fn run(session: &mut Session, echo: bool) -> Result<Exit, Exit> {
    let failed = |error: std::io::Error| match error.kind() {
        // Whoever reads (`| head`) has enough.
        std::io::ErrorKind::BrokenPipe => Exit::Done,
        _ => Exit::Failed(format!("standard input or output: {error}")),
    };
    let mut out = std::io::stdout().lock();
    let mut refused = 0;
    let mut text = String::new();
    let mut lines = std::io::stdin().lock().lines();
    loop {
        let line = lines.next().transpose().map_err(failed)?;
        let end = line.is_none();
        if let Some(line) = line {
            if echo {
                let prompt = if text.is_empty() { PROMPT } else { MORE };
                writeln!(out, "{}", format!("{prompt}{line}").trim_end()).map_err(failed)?;
            }
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&line);
        }
        if !end && !is_complete(&text) {
            continue;
        }
        let start = Instant::now();
        let output = session.enter(&text);
        let time = session.time_text(start.elapsed());
        text.clear();
        write!(out, "{}{time}", output.render(false)).and_then(|()| out.flush()).map_err(failed)?;
        refused += usize::from(output.failed);
        if end || output.over {
            break;
        }
    }
    match refused {
        0 => Ok(Exit::Done),
        1 => Err(Exit::Wrong("an input was refused".into())),
        _ => Err(Exit::Wrong(format!("{refused} inputs were refused"))),
    }
}

/// Before an input.
pub const PROMPT: &str = "floret> ";
/// Before its further lines.
const MORE: &str = "   ...> ";
