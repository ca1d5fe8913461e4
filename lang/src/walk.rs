//! The parts of an expression, for passes that treat most kinds alike.

use crate::tree::{Expr, ExprKind};

impl ExprKind {
    /// The expressions in it, left to right (of a call its arguments, of a `match` the patterns too).
    pub fn children(&self) -> Vec<&Expr> {
        match self {
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
            ExprKind::Call(call) => call.args.iter().map(|arg| &arg.value).collect(),
            ExprKind::Field(value, _) | ExprKind::Unary(_, value) => vec![value],
            ExprKind::Index(left, right) | ExprKind::Binary(_, left, right) => vec![left, right],
            ExprKind::If(a, b, c) => vec![a, b, c],
            ExprKind::Match(value, arms) => {
                let arms = arms.iter().flat_map(|(pattern, value)| [pattern, value]);
                std::iter::once(&**value).chain(arms).collect()
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => items.iter().collect(),
            ExprKind::Struct(_, fields) => fields.iter().map(|(_, value)| value).collect(),
        }
    }

    /// See [`ExprKind::children`].
    pub fn children_mut(&mut self) -> Vec<&mut Expr> {
        match self {
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
            ExprKind::Call(call) => call.args.iter_mut().map(|arg| &mut arg.value).collect(),
            ExprKind::Field(value, _) | ExprKind::Unary(_, value) => vec![value],
            ExprKind::Index(left, right) | ExprKind::Binary(_, left, right) => vec![left, right],
            ExprKind::If(a, b, c) => vec![a, b, c],
            ExprKind::Match(value, arms) => {
                let arms = arms.iter_mut().flat_map(|(pattern, value)| [pattern, value]);
                std::iter::once(&mut **value).chain(arms).collect()
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => items.iter_mut().collect(),
            ExprKind::Struct(_, fields) => fields.iter_mut().map(|(_, value)| value).collect(),
        }
    }
}
