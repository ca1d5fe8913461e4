//! One item's share of the tokens, handed to the grammar's parser one by one. Where an item ends is known here; and
//! here what nests too deep is stopped before it can make a deep tree.

use floret_ir::Span;

use crate::lexer::Lexeme;
use crate::token::Token;

/// How deep brackets, operators and types may nest in one another. Passes recurse over the tree, so its depth must be
/// far below what a thread's stack holds.
pub const DEPTH_LIMIT: usize = 200;

/// Why the parser was stopped, apart from an unexpected token.
#[derive(Clone, PartialEq, Debug)]
pub enum Stop {
    /// Nesting beyond [`DEPTH_LIMIT`].
    TooDeep,
    /// A piece of text that is no token; it has its message already.
    Unreadable,
    /// `on` twice in one declaration.
    SecondPlace {
        /// The first role.
        first: Span,
        /// The second.
        second: Span,
    },
}

/// What ends an item.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnitEnd {
    /// Its `;`
    Semicolon,
    /// The `}` that belongs to its first `{`, and perhaps a `;`
    ClosingBrace,
    /// The `{` that begins a block.
    OpeningBrace,
}

/// An item's tokens as an iterator; what it knows when the parser stops tells where and in what.
pub struct Unit<'a> {
    lexemes: &'a [Lexeme],
    /// The next token.
    pub next: usize,
    /// What ends it.
    pub end: UnitEnd,
    /// Whether types may occur, so that `<` nests.
    has_types: bool,
    /// Index of each open bracket and the operators since the last separator in it; the first is the item itself.
    levels: Vec<(usize, usize)>,
    /// Depth of all levels together.
    depth: usize,
    angles: usize,
    done: bool,
}

impl<'a> Unit<'a> {
    /// The item that starts at `start`.
    pub fn new(lexemes: &'a [Lexeme], start: usize) -> Self {
        let (end, has_types) = kind_of_item(lexemes, start);
        let levels = vec![(start, 0)];
        Unit { lexemes, next: start, end, has_types, levels, depth: 0, angles: 0, done: false }
    }

    /// The innermost bracket that is open before token `at`.
    pub fn open_bracket_before(mut self, at: usize) -> Option<usize> {
        for at in self.next..at.min(self.lexemes.len()) {
            self.measure(at);
        }
        if self.levels.len() > 1 { self.levels.last().map(|&(open, _)| open) } else { None }
    }

    fn open_braces(&self) -> bool {
        self.levels.iter().skip(1).any(|&(at, _)| is_brace(&self.lexemes[at].token))
    }

    fn operator(&mut self) {
        if let Some((_, operators)) = self.levels.last_mut() {
            *operators += 1;
            self.depth += 1;
        }
    }

    fn separator(&mut self) {
        if let Some((_, operators)) = self.levels.last_mut() {
            self.depth -= *operators;
            *operators = 0;
        }
    }

    fn open(&mut self, at: usize) {
        self.levels.push((at, 0));
        self.depth += 1;
    }

    fn close(&mut self) {
        if self.levels.len() > 1
            && let Some((_, operators)) = self.levels.pop()
        {
            self.depth -= operators + 1;
        }
    }

    /// Counts how deep the tree can be at this token. The sum is an upper bound up to a small factor: every operator
    /// since the last separator is taken to hold all before it.
    fn measure(&mut self, at: usize) {
        match &self.lexemes[at].token {
            Token::ParenOpen | Token::BraceOpen | Token::FieldsOpen => self.open(at),
            Token::BracketOpen => {
                self.operator();
                self.open(at);
            }
            Token::ParenClose | Token::BracketClose | Token::BraceClose => self.close(),
            Token::Comma
            | Token::Semicolon
            | Token::Colon
            | Token::FatArrow
            | Token::Assign
            | Token::OpNext
            | Token::OpDelete
            | Token::OpReplace
            | Token::OpLater => self.separator(),
            Token::Plus
            | Token::Minus
            | Token::Star
            | Token::Slash
            | Token::Percent
            | Token::Dot
            | Token::Bang
            | Token::If
            | Token::Match => self.operator(),
            Token::And | Token::Or | Token::Not => {
                self.angles = 0;
                self.operator();
            }
            Token::Less if self.has_types => self.angles += 1,
            Token::Greater if self.has_types => self.angles = self.angles.saturating_sub(1),
            _ => {}
        }
    }
}

impl Iterator for Unit<'_> {
    type Item = Result<(u32, Token, u32), Stop>;

    fn next(&mut self) -> Option<Self::Item> {
        let lexeme = self.lexemes.get(self.next).filter(|_| !self.done)?;
        let closes = lexeme.token == Token::BraceClose && !self.open_braces();
        if closes {
            return None;
        }
        let at = self.next;
        self.next += 1;
        self.measure(at);
        if self.depth + self.angles > DEPTH_LIMIT {
            return Some(Err(Stop::TooDeep));
        }
        let mut token = lexeme.token.clone();
        match token {
            Token::Unreadable => return Some(Err(Stop::Unreadable)),
            Token::Semicolon => self.done = true,
            Token::BraceOpen | Token::FieldsOpen
                if self.end == UnitEnd::OpeningBrace && self.levels.len() == 2 =>
            {
                token = Token::BraceOpen;
                self.done = true;
            }
            Token::BraceClose if self.end == UnitEnd::ClosingBrace && self.levels.len() == 1 => {
                let follows = self.lexemes.get(self.next).map(|lexeme| &lexeme.token);
                self.done = follows != Some(&Token::Semicolon);
            }
            _ => {}
        }
        Some(Ok((lexeme.start, token, lexeme.end)))
    }
}

fn is_brace(token: &Token) -> bool {
    matches!(token, Token::BraceOpen | Token::FieldsOpen)
}

/// Where the item at `start` ends and whether types may occur in it, told by its first word. A statement starts with a
/// call or with a soft keyword; what follows the word tells which.
fn kind_of_item(lexemes: &[Lexeme], start: usize) -> (UnitEnd, bool) {
    let first = after_attributes(lexemes, start);
    let follows = lexemes.get(first + 1).map(|lexeme| &lexeme.token);
    if matches!(follows, Some(Token::ParenOpen | Token::At | Token::PathSeparator)) {
        return (UnitEnd::Semicolon, false);
    }
    match lexemes.get(first).map(|lexeme| &lexeme.token) {
        Some(Token::On | Token::Monotone | Token::Module | Token::Test) => (UnitEnd::OpeningBrace, true),
        Some(Token::Struct | Token::Enum) => (UnitEnd::ClosingBrace, true),
        Some(
            Token::Seal | Token::Invariant | Token::AtWord | Token::Eventually | Token::Always | Token::Never,
        ) => (UnitEnd::Semicolon, false),
        Some(_) | None => (UnitEnd::Semicolon, true),
    }
}

/// Whether a soft keyword that is no name clearly starts an item here.
pub fn starts_declaration(lexemes: &[Lexeme], at: usize) -> bool {
    let is_keyword = lexemes.get(at).is_some_and(|lexeme| lexeme.token.is_soft_keyword());
    let follows = lexemes.get(at + 1).map(|lexeme| &lexeme.token);
    let begins = |token: &Token| token.is_name() || matches!(token, Token::String(_) | Token::BraceOpen);
    is_keyword && follows.is_some_and(begins)
}

/// Attributes longer than this many tokens are not looked past, so that reading a file of mistakes stays linear.
const ATTRIBUTE_LIMIT: usize = 1000;

/// The first token after `@name(...)`s.
fn after_attributes(lexemes: &[Lexeme], start: usize) -> usize {
    let token = |at: usize| lexemes.get(at).map(|lexeme| &lexeme.token);
    let mut at = start;
    while token(at) == Some(&Token::At) {
        at += 2;
        if token(at) == Some(&Token::ParenOpen) {
            let mut depth = 0usize;
            loop {
                match token(at) {
                    Some(Token::ParenOpen) => depth += 1,
                    Some(Token::ParenClose) => depth -= 1,
                    Some(Token::Semicolon) | None => return at,
                    Some(_) if at > start + ATTRIBUTE_LIMIT => return at,
                    Some(_) => {}
                }
                at += 1;
                if depth == 0 {
                    break;
                }
            }
        }
    }
    at
}
