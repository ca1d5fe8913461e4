//! Text to text in the one style of Floret programs: `floret fmt`.
//!
//! The tree says what belongs together, the tokens and comments are the author's own: nothing is spelled anew.
//! `statements` and `exprs` walk the tree and pass the tokens on to [`layout::Layout`], which puts the comments between
//! them; `fit` decides where lines end; `align` sets the comments at line ends below each other.

mod align;
mod comments;
mod exprs;
mod fit;
mod layout;
mod parens;
mod piece;
mod statements;

use floret_ir::{Diagnostic, Diagnostics, FileId, Finding, Span};

use crate::lexer::{Lexed, lex};
use crate::token::Token;
use crate::tree::{Name, Tree};

/// The text in the one style.
///
/// # Errors
/// What is wrong with a text that is no program.
pub fn format(text: &str, file: FileId) -> Result<String, Diagnostics> {
    let (tree, lexed) = read(text, file)?;
    let pieces = layout::layout(text, &tree, &lexed);
    let formatted = align::text(&fit::lines(&pieces));
    let kept = read(&formatted, file).is_ok_and(|(new_tree, new_lexed)| {
        crate::print_tree(&tree) == crate::print_tree(&new_tree)
            && words(text, &lexed).eq(words(&formatted, &new_lexed))
            && lexed.comments.iter().map(comment_text).eq(new_lexed.comments.iter().map(comment_text))
    });
    if kept {
        Ok(formatted)
    } else {
        let mut sink = Diagnostics::new();
        sink.push(NotKept { start: Span { file, start: 0, end: 0 } });
        Err(sink)
    }
}

fn read(text: &str, file: FileId) -> Result<(Tree, Lexed), Diagnostics> {
    let mut sink = Diagnostics::new();
    let tree = crate::parse(text, file, &mut sink);
    if sink.has_errors() { Err(sink) } else { Ok((tree, lex(text, file))) }
}

/// The tokens' texts without those that the style adds and drops.
fn words<'a>(text: &'a str, lexed: &'a Lexed) -> impl Iterator<Item = &'a str> {
    let added_or_dropped = |token: &Token| {
        matches!(token, Token::ParenOpen | Token::ParenClose | Token::Comma | Token::Semicolon)
    };
    lexed
        .lexemes
        .iter()
        .filter(move |lexeme| !added_or_dropped(&lexeme.token))
        .map(|lexeme| text.get(lexeme.start as usize..lexeme.end as usize).unwrap_or(""))
}

/// The comment without its lines' indentation and ends.
fn comment_text(comment: &Name) -> Vec<&str> {
    comment.text.lines().map(str::trim).collect()
}

/// A text that formatting would change; a fault of the formatter.
struct NotKept {
    start: Span,
}

impl Finding for NotKept {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("format", "this file cannot be formatted without a change of what it says")
            .at(self.start, "it is left as it is")
            .help("this is a fault of `floret fmt`: please report it with the file")
    }
}
