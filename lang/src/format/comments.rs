//! Where the comments between two tokens stand, as the author put them.

use crate::format::piece::Comment;
use crate::tree::Name;

/// How a comment stands to the tokens around it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Place {
    /// After what is before it, at the end of that line.
    Trailing,
    /// On a line of its own.
    Own,
    /// On one line with the token after it.
    Inline,
}

/// A comment between two tokens.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Placed<'a> {
    /// The comment.
    pub comment: Comment<'a>,
    /// How it stands.
    pub place: Place,
    /// Whether an empty line is before it.
    pub blank: bool,
    /// Whether it stands right below the comment before it, in the same column.
    pub below: bool,
}

/// What is between two tokens.
#[derive(Clone, PartialEq, Debug)]
pub struct Gap<'a> {
    /// The comments in order.
    pub comments: Vec<Placed<'a>>,
    /// Whether an empty line is before the second token.
    pub blank: bool,
}

/// Reads the gap that begins at `start` (`None`: the text does) and holds these comments, up to the token at `end`
/// (`None`: the text ends).
pub fn gap<'a>(text: &str, start: Option<usize>, comments: &'a [Name], end: Option<usize>) -> Gap<'a> {
    let between = |from: usize, to: usize| text.get(from..to).unwrap_or("");
    let mut placed: Vec<Placed<'a>> = Vec::with_capacity(comments.len());
    let (mut before, mut on_first_line) = (start.unwrap_or(0), start.is_some());
    let mut above: Option<&Name> = None;
    for comment in comments {
        let at = comment.span.start as usize;
        let space = between(before, at);
        on_first_line &= !space.contains('\n');
        let line = space.rfind('\n').map_or(space, |newline| &space[newline + 1..]);
        let begins_line = (space.contains('\n') || before == 0) && line.trim().is_empty();
        let indent = if begins_line { line.chars().count() } else { 0 };
        let below = begins_line
            && space.matches('\n').count() == 1
            && is_plain_line(comment)
            && above.is_some_and(|above| {
                above.text.starts_with("//") && is_in_column(text, above.span.start as usize, indent)
            });
        placed.push(Placed {
            comment: Comment { text: comment.text.trim_end(), indent },
            place: if on_first_line { Place::Trailing } else { Place::Own },
            blank: has_blank_line(space),
            below,
        });
        before = comment.span.end as usize;
        above = Some(comment);
    }
    let blank = has_blank_line(between(before, end.unwrap_or(text.len())));
    if let Some(end) = end {
        mark_inline(text, &mut placed, comments, end);
    }
    Gap { comments: placed, blank }
}

fn is_plain_line(comment: &Name) -> bool {
    comment.text.starts_with("//") && !comment.text.starts_with("///")
}

/// Whether exactly this many characters are before the place on its line.
fn is_in_column(text: &str, at: usize, column: usize) -> bool {
    let mut before = text.get(..at).unwrap_or("").chars().rev().take_while(|c| *c != '\n');
    before.by_ref().take(column).count() == column && before.next().is_none()
}

/// The comments right before the token at `end` that are on its line.
fn mark_inline(text: &str, placed: &mut [Placed<'_>], comments: &[Name], end: usize) {
    let mut next = end;
    for (placed, comment) in placed.iter_mut().zip(comments).rev() {
        let space = text.get(comment.span.end as usize..next).unwrap_or("");
        if !placed.comment.is_inline() || space.contains('\n') {
            return;
        }
        placed.place = Place::Inline;
        next = comment.span.start as usize;
    }
}

/// Whether a whole line is empty.
fn has_blank_line(space: &str) -> bool {
    let mut lines = space.split('\n').skip(1).peekable();
    while let Some(line) = lines.next() {
        if lines.peek().is_some() && line.trim().is_empty() {
            return true;
        }
    }
    false
}
