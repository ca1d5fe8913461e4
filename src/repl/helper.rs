//! What the line editor asks while a line is typed: completion, colours, whether it is complete.

use std::borrow::Cow;

use floret_lang::{TokenClass, classes};
use rustyline::completion::Completer;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper};

use crate::repl::complete::Vocabulary;
use crate::repl::input::is_complete;

/// The line editor's helper.
pub struct LineHelper {
    /// The names that are known by now.
    pub vocabulary: Vocabulary,
    /// Whether colours are wanted.
    pub color: bool,
}

impl Helper for LineHelper {}

impl Hinter for LineHelper {
    type Hint = String;
}

impl Validator for LineHelper {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(if is_complete(context.input()) {
            ValidationResult::Valid(None)
        } else {
            ValidationResult::Incomplete
        })
    }
}

impl Completer for LineHelper {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(self.vocabulary.complete(line, at))
    }
}

impl Highlighter for LineHelper {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        if !self.color || line.trim_start().starts_with(':') {
            return Cow::Borrowed(line);
        }
        let mut text = String::new();
        let mut end = 0;
        for (range, class) in classes(line) {
            text.push_str(line.get(end..range.start).unwrap_or(""));
            let piece = line.get(range.clone()).unwrap_or("");
            match code(class) {
                Some(code) => text.push_str(&format!("\x1b[{code}m{piece}\x1b[0m")),
                None => text.push_str(piece),
            }
            end = range.end;
        }
        text.push_str(line.get(end..).unwrap_or(""));
        Cow::Owned(text)
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        if self.color { Cow::Owned(format!("\x1b[1;35m{prompt}\x1b[0m")) } else { Cow::Borrowed(prompt) }
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        // Every key may change what the text before it is; a moved cursor changes nothing.
        kind != CmdKind::MoveCursor
    }
}

/// The terminal's code for a class.
fn code(class: TokenClass) -> Option<&'static str> {
    match class {
        TokenClass::Keyword => Some("1;34"),
        TokenClass::Number => Some("36"),
        TokenClass::Text => Some("32"),
        TokenClass::Comment => Some("2"),
        TokenClass::RuleOp => Some("1;35"),
        TokenClass::Unreadable => Some("31"),
        TokenClass::Name | TokenClass::Open | TokenClass::Close | TokenClass::End | TokenClass::Sign => None,
    }
}
