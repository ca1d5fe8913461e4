//! Sessions as a person has them: `floret repl` at a pseudo-terminal, keys in, and what the screen shows at the end.
//!
//! Each folder of `tests/repl` is one session; its README says how `input` is written and how `expected` came about.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use crate::floret::root;

const ROWS: u16 = 300;
const COLUMNS: u16 = 150;
const PROMPT: &str = "floret>";
/// How long anything may take before the test fails. (Nothing waits that long unless it is broken.)
const PATIENCE: Duration = Duration::from_secs(120);

/// A terminal with a session in it.
struct Terminal {
    screen: vt100::Parser,
    keyboard: std::fs::File,
    output: Receiver<Vec<u8>>,
    child: Child,
    ended: bool,
}

impl Terminal {
    fn start(args: &[&str], folder: &Path, env: &[(&str, &str)]) -> Terminal {
        let (pty, inside) = pty_process::blocking::open().unwrap();
        pty.resize(pty_process::Size::new(ROWS, COLUMNS)).unwrap();
        let mut command = pty_process::blocking::Command::new(env!("CARGO_BIN_EXE_floret"))
            .args(args)
            .current_dir(folder)
            .env("TERM", "xterm-256color")
            .env("XDG_DATA_HOME", folder.join("home"))
            .env_remove("NO_COLOR");
        for (name, value) in env {
            command = command.env(name, value);
        }
        let child = command.spawn(inside).unwrap();
        let keyboard = std::fs::File::from(std::os::fd::OwnedFd::from(pty));
        let mut reader = keyboard.try_clone().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // A closed terminal is an error to read from.
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let screen = vt100::Parser::new(NonZeroU16::new(ROWS).unwrap(), NonZeroU16::new(COLUMNS).unwrap(), 0);
        Terminal { screen, keyboard, output, child, ended: false }
    }

    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until the screen is as wished, or the session is over.
    fn wait(&mut self, what: &str, wished: impl Fn(&vt100::Screen) -> bool) {
        while !self.ended && !wished(self.screen.screen()) {
            match self.output.recv_timeout(PATIENCE) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(RecvTimeoutError::Disconnected) => self.ended = true,
                Err(RecvTimeoutError::Timeout) => panic!("waited for {what}; the screen is\n{}", self.text()),
            }
        }
    }

    fn row(&self) -> u16 {
        self.screen.screen().cursor_position().0
    }

    /// Waits for an empty prompt below row `above`.
    fn wait_for_prompt(&mut self, above: Option<u16>) {
        self.wait("a prompt", |screen| {
            let (row, column) = screen.cursor_position();
            let line = screen.rows(0, COLUMNS).nth(usize::from(row)).unwrap_or_default();
            above.is_none_or(|above| row > above)
                && usize::from(column) == PROMPT.len() + 1
                && line.trim_end() == PROMPT
        });
    }

    /// The whole screen without spaces at the ends of lines.
    fn text(&self) -> String {
        let lines: Vec<String> =
            self.screen.screen().rows(0, COLUMNS).map(|line| line.trim_end().to_owned()).collect();
        format!("{}\n", lines.join("\n").trim_end())
    }

    /// Types a line of a script.
    fn line(&mut self, line: &str) {
        let (line, enter) = match line.strip_suffix('\\') {
            Some(line) => (line, Enter::GoOn),
            None => (line, Enter::Wait),
        };
        let mut enter = enter;
        let mut rest = line;
        while let Some(c) = rest.chars().next() {
            let above = self.row();
            if let Some((key, after)) = key(rest) {
                rest = after;
                self.press(key.code);
                match key.after {
                    After::Nothing => {}
                    After::Prompt => {
                        self.wait_for_prompt(Some(above));
                        enter = Enter::No;
                    }
                    After::End => {
                        self.wait("the end", |_| false);
                        enter = Enter::No;
                    }
                }
            } else if let Some((text, after)) = rest.strip_prefix("<See ").and_then(|r| r.split_once('>')) {
                rest = after;
                self.press("\r");
                self.wait(text, |screen| screen.contents().contains(text));
            } else {
                self.press(c.encode_utf8(&mut [0; 4]));
                rest = &rest[c.len_utf8()..];
            }
        }
        let above = self.row();
        match enter {
            Enter::No => {}
            Enter::GoOn => self.press("\r"),
            Enter::Wait => {
                self.press("\r");
                self.wait_for_prompt(Some(above));
            }
        }
    }
}

/// What the end of a script's line means.
enum Enter {
    /// Enter, and the next prompt is waited for.
    Wait,
    /// Enter, and the input goes on.
    GoOn,
    /// The line ended with a key that ends it.
    No,
}

struct Key {
    name: &'static str,
    code: &'static str,
    after: After,
}

enum After {
    Nothing,
    Prompt,
    End,
}

const KEYS: &[Key] = &[
    Key { name: "<Tab>", code: "\t", after: After::Nothing },
    Key { name: "<Up>", code: "\x1b[A", after: After::Nothing },
    Key { name: "<Down>", code: "\x1b[B", after: After::Nothing },
    Key { name: "<Left>", code: "\x1b[D", after: After::Nothing },
    Key { name: "<Home>", code: "\x01", after: After::Nothing },
    Key { name: "<Backspace>", code: "\x7f", after: After::Nothing },
    Key { name: "<Ctrl-R>", code: "\x12", after: After::Nothing },
    Key { name: "<Ctrl-C>", code: "\x03", after: After::Prompt },
    Key { name: "<Ctrl-D>", code: "\x04", after: After::End },
];

fn key(text: &str) -> Option<(&'static Key, &str)> {
    KEYS.iter().find_map(|key| Some((key, text.strip_prefix(key.name)?)))
}

/// Runs a case in a copy of its folder; gives what was to be seen and the exit code.
fn run(case: &Path) -> String {
    let folder = crate::floret::scratch();
    for entry in std::fs::read_dir(case).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    let script = std::fs::read_to_string(case.join("input")).unwrap();
    let mut seen = String::new();
    let mut terminal: Option<Terminal> = None;
    let mut piped: Option<(Vec<&str>, String)> = None;
    for line in script.lines() {
        if let Some(command) = line.strip_prefix("$ floret ") {
            seen += &end(terminal.take(), piped.take(), folder.path());
            let mut words: Vec<&str> = command.split_whitespace().collect();
            seen += &format!("{line}\n");
            if words.last() == Some(&"<") {
                words.pop();
                piped = Some((words, String::new()));
            } else {
                let mut started = Terminal::start(&words, folder.path(), &[]);
                started.wait_for_prompt(None);
                terminal = Some(started);
            }
        } else if let Some((_, text)) = &mut piped {
            text.push_str(line);
            text.push('\n');
        } else if let Some(terminal) = &mut terminal {
            terminal.line(line);
        } else {
            panic!("{}: the first line starts with `$ floret `", case.display());
        }
    }
    seen + &end(terminal, piped, folder.path())
}

/// Ends a session and gives what was to be seen of it.
fn end(terminal: Option<Terminal>, piped: Option<(Vec<&str>, String)>, folder: &Path) -> String {
    if let Some(mut terminal) = terminal {
        if !terminal.ended {
            terminal.press("\x04");
            terminal.wait("the end", |_| false);
        }
        let code = terminal.child.wait().unwrap().code();
        return format!("{}{}", terminal.text(), exit(code));
    }
    let Some((args, input)) = piped else { return String::new() };
    let mut child = Command::new(env!("CARGO_BIN_EXE_floret"))
        .args(&args)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The session may end before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    format!("{out}{err}{}", exit(output.status.code()))
}

fn exit(code: Option<i32>) -> String {
    format!("exit {}\n", code.map_or("by a signal".to_owned(), |code| code.to_string()))
}

fn cases() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("tests/repl")).unwrap();
    let mut folders: Vec<PathBuf> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

#[test]
fn sessions_are_as_written() {
    let cases = cases();
    assert!(cases.len() >= 12, "{} sessions found", cases.len());
    // Set to write what is seen instead of comparing; read the difference before it is kept.
    let bless = std::env::var_os("UPDATE_EXPECT").is_some();
    let only = std::env::var("FLORET_CASE").ok();
    let mut failures = String::new();
    for case in cases {
        let name = case.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if only.as_ref().is_some_and(|only| *only != name) {
            continue;
        }
        let expected = std::fs::read_to_string(case.join("expected")).unwrap_or_default();
        let seen = run(&case);
        if seen == expected {
            continue;
        }
        if bless {
            std::fs::write(case.join("expected"), &seen).unwrap();
        }
        failures += &format!("== {name} ==\n{}\n", crate::diagnostics::difference(&expected, &seen));
    }
    assert!(bless || failures.is_empty(), "\n{failures}");
}

/// The colour of the cell where `text` first stands on the screen.
fn color_of(terminal: &Terminal, text: &str) -> vt100::Color {
    let screen = terminal.screen.screen();
    let (row, column) = screen
        .rows(0, COLUMNS)
        .enumerate()
        .find_map(|(row, line)| line.find(text).map(|column| (row as u16, column as u16)))
        .unwrap_or_else(|| panic!("no {text} on\n{}", terminal.text()));
    screen.cell(row, column).unwrap().fgcolor()
}

#[test]
fn what_is_typed_and_answered_has_colours_unless_unwanted() {
    let session = |env: &[(&str, &str)]| {
        let folder = crate::floret::scratch();
        let mut terminal = Terminal::start(&["repl"], folder.path(), env);
        terminal.wait_for_prompt(None);
        terminal.line("table t(x: string);");
        terminal.line("t(\"hello\");");
        ["table t", "\"hello\"", "+ t("].map(|text| color_of(&terminal, text))
    };
    use vt100::Color::{Default, Idx};
    assert_eq!(session(&[]), [Idx(4), Idx(2), Idx(2)]);
    assert_eq!(session(&[("NO_COLOR", "1")]), [Default, Default, Default]);
}
