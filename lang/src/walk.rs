//! The parts of an expression, for passes that treat most kinds alike.

use crate::tree::{Arg, Expr, ExprKind};

/// The parts of a kind, as `$part`s (references that `$iter` gives, too).
macro_rules! parts {
    ($kind:expr, $part:ty, $iter:ident) => {
        match $kind {
            ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::String(_)
            | ExprKind::Bool(_)
            | ExprKind::Duration(_)
            | ExprKind::Bytes(_)
            | ExprKind::Path(_)
            | ExprKind::Wildcard
            | ExprKind::SelfNode
            | ExprKind::Missing => Vec::new(),
            ExprKind::Call(call) => call.args.$iter().map(|Arg { value, .. }| value).collect(),
            ExprKind::Field(value, _) | ExprKind::Unary(_, value) => vec![value],
            ExprKind::Index(left, right) | ExprKind::Binary(_, left, right) => vec![left, right],
            ExprKind::If(a, b, c) => vec![a, b, c],
            ExprKind::Match(value, arms) => {
                let mut parts: Vec<$part> = vec![value];
                parts.extend(arms.$iter().flat_map(|(pattern, value)| [pattern, value]));
                parts
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => items.$iter().collect(),
            ExprKind::Struct(_, fields) => fields.$iter().map(|(_, value)| value).collect(),
        }
    };
}

impl ExprKind {
    /// The expressions in it, left to right (of a call its arguments, of a `match` the patterns too).
    pub fn children(&self) -> Vec<&Expr> {
        parts!(self, &Expr, iter)
    }

    /// See [`ExprKind::children`].
    pub fn children_mut(&mut self) -> Vec<&mut Expr> {
        parts!(self, &mut Expr, iter_mut)
    }
}
