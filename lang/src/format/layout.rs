//! Passes tokens on in order, with what stands between them; comments come along by themselves.
//!
//! A comment stays between the tokens it stood between, unless no line may end there: then a `//` comment waits for
//! the next place where one may, and ends that line. It never leaves its statement.

use crate::format::comments::{Gap, Place, Placed, gap};
use crate::format::piece::{Comment, Piece};
use crate::lexer::{Lexed, Lexeme};
use crate::literal::Number;
use crate::token::Token;
use crate::tree::{Name, Tree};

/// What is being laid out.
pub struct Layout<'a> {
    text: &'a str,
    pub(super) lexemes: &'a [Lexeme],
    comments: &'a [Name],
    /// For each opening bracket its closing one.
    pub(super) partners: Vec<usize>,
    /// The next token.
    pub(super) next: usize,
    next_comment: usize,
    /// The last token that was written.
    written: Option<&'a Lexeme>,
    pieces: Vec<Piece<'a>>,
    /// The open groups, and whether a line ends in them for sure.
    groups: Vec<(usize, bool)>,
    /// Comments that wait for the end of a line.
    waiting: Vec<Placed<'a>>,
    /// Whether a space stands before the next token.
    space: bool,
    /// Whether a space would be out of place now: at the beginning of a line, after an opening bracket.
    tight: bool,
}

/// How a line ends.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum End {
    /// If the group's lines end; else this text stands there.
    Soft(&'static str),
    /// Always.
    Hard,
    /// Always, and the author's empty line stays.
    Statement,
    /// As `Statement`, before the first in a block.
    FirstStatement,
}

/// The layout of a text with this tree and these tokens.
pub fn layout<'a>(text: &'a str, tree: &Tree, lexed: &'a Lexed) -> Vec<Piece<'a>> {
    let mut layout = Layout {
        text,
        lexemes: &lexed.lexemes,
        comments: &lexed.comments,
        partners: partners(&lexed.lexemes),
        next: 0,
        next_comment: 0,
        written: None,
        pieces: Vec::new(),
        groups: Vec::new(),
        waiting: Vec::new(),
        space: false,
        tight: true,
    };
    layout.file(tree);
    layout.pieces
}

fn partners(lexemes: &[Lexeme]) -> Vec<usize> {
    let mut partners = vec![usize::MAX; lexemes.len()];
    let mut open = Vec::new();
    for (at, lexeme) in lexemes.iter().enumerate() {
        match lexeme.token {
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen | Token::FieldsOpen => open.push(at),
            Token::ParenClose | Token::BracketClose | Token::BraceClose => {
                if let Some(partner) = open.pop().and_then(|open| partners.get_mut(open)) {
                    *partner = at;
                }
            }
            _ => {}
        }
    }
    partners
}

impl<'a> Layout<'a> {
    /// The next token.
    pub(super) fn peek(&self) -> Option<&'a Token> {
        self.lexemes.get(self.next).map(|lexeme| &lexeme.token)
    }

    /// Whether this token is next.
    pub(super) fn is_next(&self, token: &Token) -> bool {
        self.peek() == Some(token)
    }

    /// A space before the next token.
    pub(super) fn space(&mut self) {
        self.space = true;
    }

    /// Writes the next token.
    pub(super) fn token(&mut self) {
        let Some(lexeme) = self.lexemes.get(self.next) else { return };
        let mut commented = false;
        for placed in self.take_gap().comments {
            if self.waiting.is_empty() && placed.comment.is_inline() {
                if !self.tight {
                    self.pieces.push(Piece::Text(" "));
                }
                self.pieces.push(Piece::Text(placed.comment.text));
                (commented, self.tight) = (true, false);
            } else {
                self.waiting.push(Placed { place: Place::Trailing, ..placed });
            }
        }
        if !self.tight && (self.space || commented && !follows_closely(&lexeme.token)) {
            self.pieces.push(Piece::Text(" "));
        }
        let text = self.text.get(lexeme.start as usize..lexeme.end as usize).unwrap_or("");
        self.pieces.push(Piece::Text(text));
        self.space = false;
        self.tight = is_followed_closely(&lexeme.token);
        self.written = Some(lexeme);
        self.next += 1;
    }

    /// Whether the token that this name ends in or with has been written.
    pub(super) fn is_written(&self, name: &Name) -> bool {
        self.written.is_some_and(|lexeme| name.span.end <= lexeme.end)
    }

    /// Whether an int was written last, which a `.` and a number would make a float.
    pub(super) fn is_after_int(&self) -> bool {
        self.written.is_some_and(|lexeme| matches!(lexeme.token, Token::Number(Number::Int(_))))
    }

    /// A space and the next token.
    pub(super) fn word(&mut self) {
        self.space();
        self.token();
    }

    /// Leaves out the next token; the comments before it go on to the next place.
    pub(super) fn skip(&mut self) {
        self.next += 1;
    }

    /// Leaves out the next token if it is this one.
    pub(super) fn skip_if(&mut self, token: &Token) {
        if self.is_next(token) {
            self.skip();
        }
    }

    /// Writes the token that ends a statement or the beginning of a block. No comment passes it that the author put on
    /// a line of its own before it, and no doc comment: it would go over to the next statement.
    pub(super) fn terminator(&mut self) {
        let gap = self.gap();
        let keeps = |placed: &Placed<'_>| placed.place == Place::Own || placed.comment.is_doc();
        if self.waiting.len() > 1 || self.waiting.iter().chain(&gap.comments).any(keeps) {
            self.indent();
            self.close_line(End::Hard);
        }
        self.token();
    }

    /// A group: all its lines end or none.
    pub(super) fn group(&mut self, contents: impl FnOnce(&mut Self)) {
        self.open_group(false, contents);
    }

    /// A group whose lines end only if those of the groups before it do.
    pub(super) fn stiff_group(&mut self, contents: impl FnOnce(&mut Self)) {
        self.open_group(true, contents);
    }

    fn open_group(&mut self, stiff: bool, contents: impl FnOnce(&mut Self)) {
        self.groups.push((self.pieces.len(), false));
        self.pieces.push(Piece::Open { broken: false, stiff });
        contents(self);
        self.pieces.push(Piece::Close);
        if let Some((at, true)) = self.groups.pop() {
            if let Some(open) = self.pieces.get_mut(at) {
                *open = Piece::Open { broken: true, stiff };
            }
            self.mark_broken();
        }
    }

    fn mark_broken(&mut self) {
        if let Some((_, broken)) = self.groups.last_mut() {
            *broken = true;
        }
    }

    /// Lines that begin from here on are indented deeper, up to the matching `dedent` or `close_line`.
    pub(super) fn indent(&mut self) {
        self.pieces.push(Piece::Indent);
    }

    /// Takes the innermost `indent` back.
    pub(super) fn dedent(&mut self) {
        self.pieces.push(Piece::Dedent);
    }

    /// A comma that stands only if the group's lines end.
    pub(super) fn comma_if_broken(&mut self) {
        self.pieces.push(Piece::CommaIfBroken);
    }

    /// A line may end here, or the text stands here.
    pub(super) fn line(&mut self, flat: &'static str) {
        self.end_line(End::Soft(flat), false);
    }

    /// Ends the line; then the indentation ends, but comments before what follows still have it.
    pub(super) fn close_line(&mut self, end: End) {
        self.end_line(end, true);
    }

    /// Ends the line, or lets it go on, with the comments that are due.
    pub(super) fn end_line(&mut self, end: End, closes: bool) {
        let Gap { comments, blank } = self.take_gap();
        let mut keep_blank = end == End::Statement;
        let (mut ends, mut free, mut under_comment) = (!matches!(end, End::Soft(_)), true, false);
        let mut before_next = Vec::new();
        for placed in std::mem::take(&mut self.waiting).into_iter().chain(comments) {
            let comment = placed.comment;
            match placed.place {
                Place::Inline if !closes => before_next.push(comment.text),
                Place::Inline if free && !under_comment => self.pieces.extend(self.inline(comment)),
                Place::Trailing if free => {
                    self.pieces.push(Piece::Trailing(comment));
                    (ends, free, under_comment) = (true, comment.is_inline(), true);
                }
                Place::Own | Place::Trailing | Place::Inline => {
                    if under_comment && placed.below {
                        self.pieces.extend([Piece::Hard { blank: false }, Piece::Below(comment.text)]);
                    } else {
                        let blank = keep_blank && placed.blank;
                        self.pieces.extend([Piece::Hard { blank }, Piece::Own(comment)]);
                        under_comment = false;
                    }
                    keep_blank = matches!(end, End::Statement | End::FirstStatement);
                    (ends, free) = (true, false);
                }
            }
        }
        if closes {
            self.dedent();
        }
        match end {
            End::Soft(flat) if !ends => self.pieces.push(Piece::Line(flat)),
            End::Soft(_) | End::Hard | End::Statement | End::FirstStatement => {
                self.pieces.push(Piece::Hard { blank: blank && keep_blank && !closes });
                self.mark_broken();
            }
        }
        (self.space, self.tight) = (false, true);
        for comment in before_next {
            self.pieces.extend([Piece::Text(comment), Piece::Text(" ")]);
        }
    }

    /// A comment within a line, after what is there.
    fn inline(&self, comment: Comment<'a>) -> impl Iterator<Item = Piece<'a>> + use<'a> {
        let space = (!self.tight).then_some(Piece::Text(" "));
        space.into_iter().chain([Piece::Text(comment.text)])
    }

    /// Whether a comment before the next token wants a line end after it.
    pub(super) fn comment_wants_line(&self) -> bool {
        let comments = self.gap().comments;
        !self.waiting.is_empty() || comments.iter().any(|placed| placed.place != Place::Inline)
    }

    /// Whether a doc comment stands between the next token and the one before it, written or not.
    pub(super) fn doc_is_next(&self) -> bool {
        let before = self.next.checked_sub(1).and_then(|before| self.lexemes.get(before));
        let from = before.map_or(0, |before| before.end);
        let first = self.comments.partition_point(|comment| comment.span.start < from);
        let between = self.comments.get(first..self.comments_end()).unwrap_or_default();
        between.iter().any(|comment| comment.text.starts_with("///"))
    }

    /// One past the last comment before the next token.
    fn comments_end(&self) -> usize {
        let until = self.lexemes.get(self.next).map(|lexeme| lexeme.start);
        until.map_or(self.comments.len(), |until| {
            self.comments.partition_point(|comment| comment.span.start < until)
        })
    }

    fn gap(&self) -> Gap<'a> {
        let comments = self.comments.get(self.next_comment..self.comments_end()).unwrap_or_default();
        let end = self.lexemes.get(self.next).map(|lexeme| lexeme.start as usize);
        gap(self.text, self.written.map(|lexeme| lexeme.end as usize), comments, end)
    }

    fn take_gap(&mut self) -> Gap<'a> {
        let gap = self.gap();
        self.next_comment = self.comments_end();
        gap
    }
}

/// Whether no space stands before it, even after a comment.
fn follows_closely(token: &Token) -> bool {
    matches!(
        token,
        Token::Comma
            | Token::Semicolon
            | Token::Colon
            | Token::ParenClose
            | Token::BracketClose
            | Token::Dot
            | Token::PathSeparator
    )
}

/// Whether no space stands after it, even before a comment.
fn is_followed_closely(token: &Token) -> bool {
    matches!(
        token,
        Token::ParenOpen | Token::BracketOpen | Token::At | Token::Bang | Token::Dot | Token::PathSeparator
    )
}
