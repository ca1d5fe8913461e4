//! What the session answers, before it is text for a terminal or a file.

use floret_ir::{Diagnostic, Sources};

/// How a line is meant; on a terminal each has its colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tone {
    /// An answer.
    Plain,
    /// A row came.
    Added,
    /// A row went.
    Removed,
    /// Something happened.
    Event,
    /// A message was sent.
    Message,
    /// Something is wrong.
    Wrong,
    /// Beside the point.
    Note,
    /// A title.
    Strong,
}

impl Tone {
    /// The terminal's code for the colour.
    fn code(self) -> Option<&'static str> {
        match self {
            Tone::Plain => None,
            Tone::Added => Some("32"),
            Tone::Removed => Some("31"),
            Tone::Event => Some("33"),
            Tone::Message => Some("36"),
            Tone::Wrong => Some("1;31"),
            Tone::Note => Some("2"),
            Tone::Strong => Some("1"),
        }
    }
}

/// A part of an answer.
#[derive(Clone, Debug)]
pub enum Part {
    /// Lines of one tone.
    Text(Tone, String),
    /// Messages about the program.
    Diagnostics(Vec<Diagnostic>, Sources),
}

/// An answer.
#[derive(Clone, Default, Debug)]
pub struct Output {
    /// Its parts.
    pub parts: Vec<Part>,
    /// Whether the input was refused.
    pub failed: bool,
    /// Whether the session is over.
    pub over: bool,
}

impl Output {
    /// An answer of one line.
    pub fn of(tone: Tone, line: impl Into<String>) -> Output {
        let mut output = Output::default();
        output.line(tone, line);
        output
    }

    /// A refusal.
    pub fn wrong(line: impl Into<String>) -> Output {
        let mut output = Output::of(Tone::Wrong, format!("error: {}", line.into()));
        output.failed = true;
        output
    }

    /// A refusal with messages about the program.
    pub fn refused(diagnostics: Vec<Diagnostic>, sources: Sources) -> Output {
        Output { parts: vec![Part::Diagnostics(diagnostics, sources)], failed: true, over: false }
    }

    /// Adds a line.
    pub fn line(&mut self, tone: Tone, line: impl Into<String>) {
        self.parts.push(Part::Text(tone, line.into()));
    }

    /// Adds another answer.
    pub fn append(&mut self, other: Output) {
        self.parts.extend(other.parts);
        self.failed |= other.failed;
        self.over |= other.over;
    }

    /// The text; every line ends.
    pub fn render(&self, color: bool) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(tone, lines) => {
                    for line in lines.trim_end_matches('\n').split('\n') {
                        match tone.code().filter(|_| color) {
                            Some(code) => text.push_str(&format!("\x1b[{code}m{line}\x1b[0m")),
                            None => text.push_str(line),
                        }
                        text.push('\n');
                    }
                }
                Part::Diagnostics(diagnostics, sources) => {
                    let rendered = floret_lang::render(diagnostics, sources, color);
                    text.push_str(rendered.trim_end());
                    text.push('\n');
                }
            }
        }
        text
    }
}
