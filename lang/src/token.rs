//! The tokens of the language and how they are cut out of the text.

use logos::{Lexer, Logos};

use crate::literal;

/// What the lexer found besides tokens; offsets are bytes of the text.
#[derive(Clone, Default, Debug)]
pub struct Extras {
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// A piece of text that is no token, or not all of one.
#[derive(Clone, PartialEq, Debug)]
pub struct Problem {
    /// Where it starts.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// What is wrong with it.
    pub kind: ProblemKind,
}

/// What can be wrong with a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProblemKind {
    /// A character that begins no token.
    Character,
    /// A string or `b"..."` without its closing quote on the line.
    UnclosedString,
    /// `/*` without its `*/`.
    UnclosedComment,
    /// `\q` in a string.
    Escape,
    /// `12abc`
    Number,
    /// An integer beyond 64 bits.
    IntRange,
    /// A float beyond the range of 64-bit floats.
    FloatRange,
}

/// Why a piece of text is no token.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum NoToken {
    /// No token begins like this.
    #[default]
    Character,
    /// Its [`Problem`] is in the extras.
    Noted,
}

/// A token. Soft keywords are tokens of their own; the grammar lets them stand wherever a name may.
#[derive(Logos, Clone, PartialEq, Debug)]
#[logos(extras = Extras, error = NoToken)]
#[logos(skip r"[ \t\r\n\f\u{FEFF}]+")]
#[allow(missing_docs)] // Most variants are the text they are cut from.
pub enum Token {
    /// A comment; [`crate::lexer::lex`] puts it beside the tokens. (Were it skipped here, many in a row would be skipped
    /// by recursion.)
    #[regex(r"//[^\n]*", allow_greedy = true)]
    #[token("/*", block_comment)]
    Comment,

    #[regex(r"[A-Za-z_][A-Za-z0-9_]*", |lexer| lexer.slice().to_owned(), priority = 1)]
    Ident(String),
    /// `None` if out of range.
    #[regex(r"[0-9][0-9_]*(\.[0-9][0-9_]*)?([eE][+-]?[0-9]+)?[A-Za-z0-9_]*", literal::number)]
    Number(literal::Number),
    #[token("\"", literal::string)]
    String(String),
    #[token("b\"", literal::bytes)]
    Bytes(Vec<u8>),
    /// A stretch of text that is no token; its [`Problem`] is in the extras.
    Unreadable,

    #[token("_")]
    Underscore,
    #[token("(")]
    ParenOpen,
    #[token(")")]
    ParenClose,
    #[token("[")]
    BracketOpen,
    #[token("]")]
    BracketClose,
    #[token("{")]
    BraceOpen,
    /// A `{` right before `name:`, which begins the fields of a struct and never the arms of a `match` or a block.
    FieldsOpen,
    #[token("}")]
    BraceClose,
    #[token(",")]
    Comma,
    #[token(";")]
    Semicolon,
    #[token(":")]
    Colon,
    #[token("::")]
    PathSeparator,
    #[token(".")]
    Dot,
    #[token("@")]
    At,
    #[token("!")]
    Bang,
    #[token("=")]
    Assign,
    #[token("=>")]
    FatArrow,
    #[token("->")]
    Arrow,
    #[token("+")]
    Plus,
    #[token("-")]
    Minus,
    #[token("*")]
    Star,
    #[token("/")]
    Slash,
    #[token("%")]
    Percent,
    #[token("==")]
    Equal,
    #[token("!=")]
    NotEqual,
    #[token("<")]
    Less,
    #[token("<=")]
    LessEqual,
    #[token(">")]
    Greater,
    #[token(">=")]
    GreaterEqual,
    #[token("<+")]
    OpNext,
    #[token("<-")]
    OpDelete,
    #[token("<+-")]
    OpReplace,
    #[token("<~")]
    OpLater,

    #[token("let")]
    Let,
    #[token("and")]
    And,
    #[token("or")]
    Or,
    #[token("not")]
    Not,
    #[token("if")]
    If,
    #[token("then")]
    Then,
    #[token("else")]
    Else,
    #[token("match")]
    Match,
    #[token("self")]
    SelfNode,
    #[token("true")]
    True,
    #[token("false")]
    False,
    #[token("in")]
    In,

    #[token("always")]
    Always,
    #[token("as")]
    As,
    #[token("at")]
    AtWord,
    #[token("by")]
    By,
    #[token("channel")]
    Channel,
    #[token("confluent")]
    Confluent,
    #[token("const")]
    Const,
    #[token("durable")]
    Durable,
    #[token("enum")]
    Enum,
    #[token("event")]
    Event,
    #[token("eventually")]
    Eventually,
    #[token("every")]
    Every,
    #[token("fn")]
    Fn,
    #[token("from")]
    From,
    #[token("input")]
    Input,
    #[token("invariant")]
    Invariant,
    #[token("lattice")]
    Lattice,
    #[token("lossy")]
    Lossy,
    #[token("merge")]
    Merge,
    #[token("module")]
    Module,
    #[token("monotone")]
    Monotone,
    #[token("mutable")]
    Mutable,
    #[token("never")]
    Never,
    #[token("on")]
    On,
    #[token("ordered")]
    Ordered,
    #[token("output")]
    Output,
    #[token("over")]
    Over,
    #[token("param")]
    Param,
    #[token("reliable")]
    Reliable,
    #[token("role")]
    Role,
    #[token("seal")]
    Seal,
    #[token("sealed")]
    Sealed,
    #[token("static")]
    Static,
    #[token("struct")]
    Struct,
    #[token("table")]
    Table,
    #[token("test")]
    Test,
    #[token("timer")]
    Timer,
    #[token("use")]
    Use,
    #[token("via")]
    Via,
    #[token("view")]
    View,
    #[token("with")]
    With,
}

/// Nested comments are counted; one that is not closed takes the rest of the text.
fn block_comment(lexer: &mut Lexer<Token>) {
    let rest = lexer.remainder().as_bytes();
    let (mut depth, mut at) = (1u32, 0);
    while depth > 0 && at < rest.len() {
        if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
        } else if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else {
            at += 1;
        }
    }
    let start = lexer.span().start;
    if depth > 0 {
        let kind = ProblemKind::UnclosedComment;
        lexer.extras.problems.push(Problem { start, end: start + 2, kind });
    }
    lexer.bump(at);
}

impl Token {
    /// Whether a name may be written like this: an identifier or a soft keyword.
    pub fn is_name(&self) -> bool {
        matches!(self, Token::Ident(_)) || self.is_soft_keyword()
    }

    /// Whether this is a word that has a meaning in some places only.
    pub fn is_soft_keyword(&self) -> bool {
        use Token::{
            Always, As, AtWord, By, Channel, Confluent, Const, Durable, Enum, Event, Eventually, Every, Fn,
            From, Input, Invariant, Lattice, Lossy, Merge, Module, Monotone, Mutable, Never, On, Ordered,
            Output, Over, Param, Reliable, Role, Seal, Sealed, Static, Struct, Table, Test, Timer, Use, Via,
            View, With,
        };
        matches!(
            self,
            Always
                | As
                | AtWord
                | By
                | Channel
                | Confluent
                | Const
                | Durable
                | Enum
                | Event
                | Eventually
                | Every
                | Fn
                | From
                | Input
                | Invariant
                | Lattice
                | Lossy
                | Merge
                | Module
                | Monotone
                | Mutable
                | Never
                | On
                | Ordered
                | Output
                | Over
                | Param
                | Reliable
                | Role
                | Seal
                | Sealed
                | Static
                | Struct
                | Table
                | Test
                | Timer
                | Use
                | Via
                | View
                | With
        )
    }

    /// Whether this is a word that never is a name.
    pub fn is_hard_keyword(&self) -> bool {
        use Token::{And, Else, False, If, In, Let, Match, Not, Or, SelfNode, Then, True};
        matches!(self, And | Else | False | If | In | Let | Match | Not | Or | SelfNode | Then | True)
    }
}
