//! Numbers and quoted texts.

use std::str::CharIndices;

use logos::Lexer;

use crate::token::{NoToken, Problem, ProblemKind, Token};

/// A number as the tree keeps it.
#[derive(Clone, PartialEq, Debug)]
pub enum Number {
    /// `12`; `None` if out of range (the problem was noted).
    Int(Option<i128>),
    /// `1.5`
    Float(f64),
    /// `500ms`, `1.5s`, `1h30m`, without separators
    Duration(String),
}

const UNITS: [&str; 7] = ["ns", "us", "ms", "s", "m", "h", "d"];

/// The largest magnitude that fits 64 bits (under a minus).
const INT_LIMIT: i128 = 1 << 63;

/// A number, given everything that looks like one. A malformed one stands as 0, with the problem noted.
pub fn number(lexer: &mut Lexer<Token>) -> Number {
    let text = lexer.slice().replace('_', "");
    let digits_end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (whole, rest) = text.split_at(digits_end);
    if rest.is_empty() {
        let value = whole.parse::<i128>().ok().filter(|value| *value <= INT_LIMIT);
        if value.is_none() {
            note(lexer, ProblemKind::IntRange);
        }
        return Number::Int(value);
    }
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = &text[number.len()..];
    let decimal = number.chars().all(|c| c.is_ascii_digit() || c == '.');
    if (decimal && UNITS.contains(&unit)) || floret_ir::time::parse_duration(&text).is_some() {
        return Number::Duration(text);
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Number::Float(value),
        Ok(_) => {
            note(lexer, ProblemKind::FloatRange);
            Number::Float(f64::MAX)
        }
        Err(_) => {
            note(lexer, ProblemKind::Number);
            Number::Int(None)
        }
    }
}

fn note(lexer: &mut Lexer<Token>, kind: ProblemKind) {
    let span = lexer.span();
    lexer.extras.problems.push(Problem { start: span.start, end: span.end, kind });
}

/// The rest of `"..."`.
pub fn string(lexer: &mut Lexer<Token>) -> Result<String, NoToken> {
    quoted(lexer, false).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// The rest of `b"..."`.
pub fn bytes(lexer: &mut Lexer<Token>) -> Result<Vec<u8>, NoToken> {
    quoted(lexer, true)
}

/// Reads to the closing quote. A text ends at the end of its line at the latest: one forgotten quote must not swallow
/// the file.
fn quoted(lexer: &mut Lexer<Token>, raw_bytes: bool) -> Result<Vec<u8>, NoToken> {
    let base = lexer.span().end;
    let rest = lexer.remainder();
    let mut out = Vec::new();
    let mut chars = rest.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                lexer.bump(at + 1);
                return Ok(out);
            }
            '\n' | '\r' => {
                lexer.bump(at);
                note(lexer, ProblemKind::UnclosedString);
                return Err(NoToken::Noted);
            }
            '\\' => {
                if !escape(&mut chars, raw_bytes, &mut out) {
                    let end = base + chars.offset();
                    let kind = ProblemKind::Escape;
                    lexer.extras.problems.push(Problem { start: base + at, end, kind });
                }
            }
            _ => out.extend(c.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    lexer.bump(rest.len());
    note(lexer, ProblemKind::UnclosedString);
    Err(NoToken::Noted)
}

/// Reads what follows a backslash; false if it is no escape. Never reads a line end or a closing quote that is not
/// part of one.
fn escape(chars: &mut CharIndices, raw_bytes: bool, out: &mut Vec<u8>) -> bool {
    let Some(c) = chars.clone().next().map(|(_, c)| c) else { return false };
    let plain = match c {
        'n' => b'\n',
        't' => b'\t',
        'r' => b'\r',
        '0' => 0,
        '\\' | '"' | '\'' => c as u8,
        'x' if raw_bytes => {
            chars.next();
            let Some(byte) = chars.as_str().get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok()) else {
                return false;
            };
            chars.nth(1);
            out.push(byte);
            return true;
        }
        'u' if !raw_bytes => {
            chars.next();
            let Some(hex) =
                chars.as_str().strip_prefix('{').and_then(|rest| rest.split_once('}')).map(|(hex, _)| hex)
            else {
                return false;
            };
            let in_range = hex.len() <= 6 && hex.chars().all(|digit| digit.is_ascii_hexdigit());
            let Some(c) = u32::from_str_radix(hex, 16).ok().filter(|_| in_range).and_then(char::from_u32)
            else {
                return false;
            };
            chars.nth(hex.len() + 1);
            out.extend(c.encode_utf8(&mut [0; 4]).bytes());
            return true;
        }
        '\n' | '\r' => return false,
        _ => {
            chars.next();
            return false;
        }
    };
    chars.next();
    out.push(plain);
    true
}
