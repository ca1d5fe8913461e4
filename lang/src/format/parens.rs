//! Which parentheses around an expression stay.

use floret_ir::{BinaryOp, UnaryOp};

use crate::format::layout::Layout;
use crate::token::Token;
use crate::tree::{Expr, ExprKind};

/// How tightly an expression binds; the grammar's levels from loose to tight.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    Or,
    And,
    Not,
    Comparison,
    Sum,
    Product,
    Unary,
    Postfix,
}

/// Where an expression stands.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Position {
    /// Between brackets, commas, words: anything may stand there.
    Whole,
    /// Before an operator: at least this tight, and no `if` at its end, which would take in what follows.
    Left(Level),
    /// After an operator of this level: at least this tight, or an `if`.
    Right(Level, Level),
}

/// The operator's level, and the least levels of its operands.
pub fn levels(op: BinaryOp) -> (Level, Level, Level) {
    use BinaryOp::{
        Add, And, Divide, Equal, Greater, GreaterEqual, Less, LessEqual, Multiply, NotEqual, Or, Remainder,
        SaturatingAdd, SaturatingMultiply, SaturatingSubtract, Subtract,
    };
    match op {
        Or => (Level::Or, Level::Or, Level::And),
        And => (Level::And, Level::And, Level::Not),
        Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual => {
            (Level::Comparison, Level::Sum, Level::Sum)
        }
        Add | Subtract | SaturatingAdd | SaturatingSubtract => (Level::Sum, Level::Sum, Level::Product),
        Multiply | Divide | Remainder | SaturatingMultiply => (Level::Product, Level::Product, Level::Unary),
    }
}

/// The operator's level, and that of its operand.
fn unary_level(op: UnaryOp) -> Level {
    match op {
        UnaryOp::Not => Level::Not,
        UnaryOp::Negate => Level::Unary,
    }
}

/// Where the operand of a unary operator stands.
pub fn operand_of(op: UnaryOp) -> Position {
    Position::Right(unary_level(op), unary_level(op))
}

/// What an expression is to the operators around it.
enum Shape<'t> {
    /// An `if` takes in what follows.
    If,
    /// It ends in an operand, which stands there; as a whole it is so tight.
    Open(Level, &'t Expr, Position),
    /// Nothing from outside can get into it.
    Closed,
}

fn shape(expr: &Expr) -> Shape<'_> {
    match &expr.kind {
        ExprKind::If(..) => Shape::If,
        ExprKind::Binary(op, _, right) => {
            let (own, _, least) = levels(*op);
            Shape::Open(own, right, Position::Right(own, least))
        }
        ExprKind::Unary(op, value) => Shape::Open(unary_level(*op), value, operand_of(*op)),
        ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::String(_)
        | ExprKind::Bool(_)
        | ExprKind::Duration(_)
        | ExprKind::Bytes(_)
        | ExprKind::Path(_)
        | ExprKind::Wildcard
        | ExprKind::SelfNode
        | ExprKind::Call(_)
        | ExprKind::Index(..)
        | ExprKind::Field(..)
        | ExprKind::Match(..)
        | ExprKind::Tuple(_)
        | ExprKind::List(_)
        | ExprKind::Struct(..)
        | ExprKind::Missing => Shape::Closed,
    }
}

/// The expression's own level; an `if` has none.
fn level(expr: &Expr) -> Level {
    match shape(expr) {
        Shape::Open(level, ..) => level,
        Shape::If | Shape::Closed => Level::Postfix,
    }
}

impl Layout<'_> {
    /// How many pairs of parentheses the author put around the expression.
    pub(super) fn pairs(&self, expr: &Expr) -> usize {
        let mut at = self.lexemes.partition_point(|lexeme| lexeme.start < expr.span.start);
        let mut end = expr.span.end;
        let mut pairs: usize = 0;
        while let Some(lexeme) = self.lexemes.get(at).filter(|lexeme| lexeme.token == Token::ParenOpen) {
            let close = self.partners.get(at).copied().unwrap_or(usize::MAX);
            let encloses = self.lexemes.get(close).is_some_and(|partner| partner.end == end);
            if !encloses || lexeme.start >= end {
                break;
            }
            pairs += 1;
            at += 1;
            end = close.checked_sub(1).and_then(|last| self.lexemes.get(last)).map_or(0, |last| last.end);
        }
        // The innermost pair of a tuple is its own.
        if matches!(expr.kind, ExprKind::Tuple(_)) { pairs.saturating_sub(1) } else { pairs }
    }

    /// Whether the expression keeps parentheses: they change what it means, or they show how `and` and `or`, `not` and a
    /// comparison, or an `if` and an operator belong together.
    pub(super) fn keeps_parens(&self, expr: &Expr, position: Position) -> bool {
        self.pairs(expr) > 0 && (self.needs_parens(expr, position) || shows_structure(expr, position))
    }

    fn needs_parens(&self, expr: &Expr, position: Position) -> bool {
        match position {
            Position::Whole => false,
            Position::Left(least) => level(expr) < least || self.ends_in_if(expr),
            Position::Right(_, least) => level(expr) < least,
        }
    }

    /// Whether, as it is written, what follows would go into an `if`.
    fn ends_in_if(&self, expr: &Expr) -> bool {
        match shape(expr) {
            Shape::If => true,
            Shape::Open(_, last, position) => !self.keeps_parens(last, position) && self.ends_in_if(last),
            Shape::Closed => false,
        }
    }
}

fn shows_structure(expr: &Expr, position: Position) -> bool {
    let around = match position {
        Position::Whole => return false,
        // A left operand is at least as tight as its operator.
        Position::Left(level) | Position::Right(level, _) => level,
    };
    let is_if = matches!(expr.kind, ExprKind::If(..));
    is_if
        || around == Level::Or && level(expr) == Level::And
        || around == Level::Not && level(expr) == Level::Comparison
}
