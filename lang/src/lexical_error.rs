//! Messages about text that is no token.

use floret_ir::{Diagnostic, FileId, Finding, Span};

use crate::token::{Problem, ProblemKind};

/// A piece of text that is no token, or not all of one.
pub struct Unreadable<'a> {
    kind: ProblemKind,
    text: &'a str,
    span: Span,
}

impl<'a> Unreadable<'a> {
    /// The problem in its file.
    pub fn new(problem: &Problem, text: &'a str, file: FileId) -> Self {
        Unreadable {
            kind: problem.kind,
            text: text.get(problem.start..problem.end).unwrap_or(""),
            span: Span { file, start: problem.start as u32, end: problem.end as u32 },
        }
    }
}

impl Finding for Unreadable<'_> {
    fn diagnostic(&self) -> Diagnostic {
        let Unreadable { kind, text, span } = *self;
        let error = |title: &str, label: &str| Diagnostic::error("syntax", title).at(span, label);
        match kind {
            ProblemKind::Character => {
                let error = error("this is not part of the language", &characters(text));
                match meant(text) {
                    Some(help) => error.help(help),
                    None => error,
                }
            }
            ProblemKind::UnclosedString => error("this text has no closing quote", "starts here and must end on this line")
                .help("add a `\"`; for a line break inside a text write `\\n`"),
            ProblemKind::UnclosedComment => error("this comment is not closed", "everything after this is comment")
                .help("add `*/`; every `/*` inside a comment needs its own"),
            ProblemKind::Escape => error("unknown escape in a text", "not an escape").help(
                "the escapes are `\\n` `\\t` `\\r` `\\0` `\\\\` `\\\"` and `\\u{1F338}`, in bytes `\\xFF`; for a plain backslash write `\\\\`",
            ),
            ProblemKind::Number => error("this is not a number", "neither an int, a float nor a duration")
                .help("write `12`, `1_000`, `1.5`, `2e-3`, or `500ms` (units: ns us ms s m h d); a name cannot start with a digit"),
            ProblemKind::IntRange => error("this int is too large", "does not fit 64 bits")
                .note("ints reach from -9223372036854775808 to 9223372036854775807"),
            ProblemKind::FloatRange => error("this float is too large", "does not fit a 64-bit float"),
        }
    }
}

fn characters(text: &str) -> String {
    if text.chars().count() == 1 { "unknown character".to_owned() } else { "unknown characters".to_owned() }
}

/// What somebody who wrote this may have meant.
fn meant(text: &str) -> Option<&'static str> {
    match text.chars().next()? {
        '&' => Some("write `and`"),
        '|' => Some("write `or`"),
        '#' => Some("a comment starts with `//`"),
        '\'' | '`' | '“' | '”' | '„' => Some("a text stands in straight double quotes: `\"text\"`"),
        '~' => Some("a message is sent with `<~`"),
        c if c.is_alphabetic() => Some("names consist of ASCII letters, digits and `_`"),
        _ => None,
    }
}
