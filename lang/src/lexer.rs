//! Text to tokens with places; comments and unreadable pieces are kept beside them.

use floret_ir::{FileId, Span};
use logos::Logos;

use crate::token::{NoToken, Problem, ProblemKind, Token};
use crate::tree::Name;

/// A token at its place.
#[derive(Clone, PartialEq, Debug)]
pub struct Lexeme {
    /// The token.
    pub token: Token,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// Whether it is the first on its line.
    pub starts_line: bool,
    /// How far the line's first token is indented.
    pub indent: u32,
}

/// A text cut into tokens.
#[derive(Default, Debug)]
pub struct Lexed {
    /// The tokens in order.
    pub lexemes: Vec<Lexeme>,
    /// The comments in order.
    pub comments: Vec<Name>,
    /// What is no token, in order.
    pub problems: Vec<Problem>,
}

/// Cuts the text, which must be shorter than 4 GiB (the caller has seen to it).
pub fn lex(text: &str, file: FileId) -> Lexed {
    let mut lexer = Token::lexer(text);
    let mut lexemes: Vec<Lexeme> = Vec::new();
    let mut comments: Vec<Name> = Vec::new();
    let mut problems: Vec<Problem> = Vec::new();
    let mut end_of_last = None;
    let mut indent = 0;
    while let Some(result) = lexer.next() {
        let span = lexer.span();
        let token = match result {
            Ok(Token::Comment) => {
                comments.push(comment(lexer.slice(), file, span.start as u32));
                continue;
            }
            Ok(token) => token,
            Err(NoToken::Noted) => Token::Unreadable,
            Err(NoToken::Character) => {
                // Characters that stand together are one problem.
                match problems.last_mut() {
                    Some(last) if last.end == span.start => last.end = span.end,
                    _ => problems.push(Problem {
                        start: span.start,
                        end: span.end,
                        kind: ProblemKind::Character,
                    }),
                }
                Token::Unreadable
            }
        };
        let before = &text[end_of_last.unwrap_or(0)..span.start];
        let newline = before.rfind('\n');
        let starts_line = newline.is_some() || end_of_last.is_none();
        if starts_line {
            indent = before.len() - newline.map_or(0, |newline| newline + 1);
        }
        end_of_last = Some(span.end);
        lexemes.push(Lexeme {
            token,
            start: span.start as u32,
            end: span.end as u32,
            starts_line,
            indent: indent as u32,
        });
    }
    problems.append(&mut lexer.extras.problems);
    problems.sort_by_key(|problem| problem.start);
    mark_fields(&mut lexemes);
    Lexed { comments, lexemes, problems }
}

/// A comment that starts there; the `\r` of its line's end is not part of it.
fn comment(text: &str, file: FileId, start: u32) -> Name {
    let text = text.strip_suffix('\r').unwrap_or(text);
    Name { text: text.to_owned(), span: Span { file, start, end: start + text.len() as u32 } }
}

/// `{ name:` begins a struct's fields. One look ahead here spares the grammar a second kind of expression that may
/// stand before the `{` of a `match`.
fn mark_fields(lexemes: &mut [Lexeme]) {
    for at in 0..lexemes.len().saturating_sub(2) {
        if lexemes[at].token == Token::BraceOpen
            && lexemes[at + 1].token.is_name()
            && lexemes[at + 2].token == Token::Colon
        {
            lexemes[at].token = Token::FieldsOpen;
        }
    }
}
