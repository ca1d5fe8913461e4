//! How the value of an expression changes while the lattice columns it is computed from go up.

use std::collections::BTreeSet;

use floret_ir::{BinaryOp, Expr, IndexVec, Projection, Shape, Type, UnaryOp, Value, VarId};

use super::functions;
use super::sense::Sense;

/// A lattice column of a positive atom: the literal's number in the body, and the column's.
pub(crate) type Root = (usize, usize);

/// What is known of an expression or variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Reading {
    /// How it changes.
    pub sense: Sense,
    /// The lattice columns it is computed from.
    pub roots: BTreeSet<Root>,
    /// Whether what is computed from a join of two values of one column is the join of what is computed from each.
    pub keeps_joins: bool,
}

impl Reading {
    /// Of what isn't computed from lattice columns.
    pub fn plain() -> Self {
        Reading { sense: Sense::Plain, roots: BTreeSet::new(), keeps_joins: true }
    }
    /// Of a lattice column itself.
    pub fn of_root(root: Root, sense: Sense) -> Self {
        Reading { sense, roots: BTreeSet::from([root]), keeps_joins: true }
    }
    /// The same columns in another sense.
    pub fn then(self, sense: Sense) -> Self {
        // What isn't computed from lattices can't be said to go anywhere.
        if self.roots.is_empty() { Reading::plain() } else { Reading { sense, ..self } }
    }
    /// Both together, in a sense.
    pub fn and(mut self, other: Reading, sense: Sense) -> Self {
        let one_of_two = self.roots.is_empty() || other.roots.is_empty();
        self.keeps_joins &= other.keeps_joins && one_of_two;
        self.roots.extend(other.roots);
        self.then(sense)
    }
    /// Of what a function that doesn't follow any order makes of it.
    pub fn opaque(self) -> Self {
        if self.sense.is_plain() { self } else { self.then(Sense::Exact) }
    }
    /// The same, not known to keep joins.
    pub fn loses_joins(self) -> Self {
        Reading { keeps_joins: self.roots.is_empty(), ..self }
    }
    /// Of a chain that a function in which it goes up was applied to: such functions keep joins.
    pub fn chained(self) -> Self {
        let keeps_joins = self.keeps_joins && !matches!(self.sense, Sense::Parts(_));
        let sense = self.sense.clone().chain_or_plain();
        Reading { keeps_joins, ..self }.then(sense)
    }
    /// Of something that turns the order round.
    pub fn turned(self) -> Self {
        let of = self.chained();
        let sense = of.sense.clone().turned();
        of.then(sense)
    }
}

/// The reading of an expression, given its variables'.
pub(super) fn reading(expr: &Expr<VarId>, vars: &IndexVec<VarId, Reading>) -> Reading {
    match expr {
        Expr::Const(_) | Expr::Param { .. } | Expr::SelfAddress(_) => Reading::plain(),
        Expr::Var(var) => vars.get(*var).cloned().unwrap_or_else(Reading::plain),
        Expr::Member { index, .. } => reading(index, vars).opaque(),
        Expr::Unary { op, operand, value } => {
            let value = reading(value, vars);
            match (op, operand) {
                // The only NaN is the greatest float, and stays it.
                (UnaryOp::Negate, Type::Float) => value.opaque(),
                (UnaryOp::Negate | UnaryOp::Not, _) => value.turned(),
            }
        }
        Expr::Binary { op, operands, left, right } => binary(*op, *operands, left, right, vars),
        Expr::If { condition, then, otherwise } => {
            let condition = reading(condition, vars);
            let (then, otherwise) = (reading(then, vars), reading(otherwise, vars));
            let sense = if condition.sense.is_plain() {
                then.sense.clone().with(otherwise.sense.clone())
            } else {
                Sense::Exact
            };
            let both = then.and(otherwise, sense.clone());
            condition.and(both, sense)
        }
        Expr::Call { function, args, .. } => {
            functions::call(*function, args.iter().map(|arg| reading(arg, vars)).collect())
        }
        Expr::Construct { shape, parts, .. } => construct(*shape, parts, vars),
        Expr::Project { projection, value, .. } => {
            let value = reading(value, vars);
            let sense = match (projection, &value.sense) {
                (Projection::Field(part), Sense::Parts(parts)) => {
                    parts.get(*part as usize).cloned().unwrap_or(Sense::Exact)
                }
                // Tuples are ordered by their first part first.
                (Projection::Field(0), Sense::Up | Sense::Down) => value.sense.clone(),
                (Projection::Field(_) | Projection::IsVariant(_) | Projection::Payload(..), _) => {
                    return value.opaque();
                }
            };
            value.then(sense)
        }
    }
}

fn construct(shape: Shape, parts: &[Expr<VarId>], vars: &IndexVec<VarId, Reading>) -> Reading {
    let parts: Vec<Reading> = parts.iter().map(|part| reading(part, vars)).collect();
    let sense = match shape {
        _ if parts.iter().all(|part| part.sense.is_plain()) => Sense::Plain,
        Shape::Tuple if parts.iter().all(|part| part.sense != Sense::Exact) => {
            Sense::Parts(parts.iter().map(|part| part.sense.clone()).collect())
        }
        Shape::Tuple | Shape::List | Shape::Variant(_) => Sense::Exact,
    };
    parts.into_iter().fold(Reading::plain(), |all, part| all.and(part, sense.clone()))
}

fn binary(
    op: BinaryOp,
    operands: Type,
    left: &Expr<VarId>,
    right: &Expr<VarId>,
    vars: &IndexVec<VarId, Reading>,
) -> Reading {
    let (a, b) = (reading(left, vars), reading(right, vars));
    if a.sense.is_plain() && b.sense.is_plain() {
        return a.and(b, Sense::Plain);
    }
    let is_number = matches!(operands, Type::Int | Type::Duration | Type::Float);
    match op {
        BinaryOp::Equal | BinaryOp::NotEqual | BinaryOp::Remainder => a.and(b, Sense::Exact),
        BinaryOp::And | BinaryOp::Or => both(a, b),
        BinaryOp::Greater | BinaryOp::GreaterEqual => both(a, b.turned()),
        BinaryOp::Less | BinaryOp::LessEqual => both(a.turned(), b),
        BinaryOp::Add | BinaryOp::SaturatingAdd if is_number => both(a, b),
        // The only NaN is the greatest float; subtracting it must not be the greatest, too.
        BinaryOp::Subtract | BinaryOp::SaturatingSubtract if is_number => {
            if operands == Type::Float && !b.sense.is_plain() {
                a.and(b, Sense::Exact)
            } else {
                both(a, b.turned())
            }
        }
        BinaryOp::Multiply | BinaryOp::SaturatingMultiply => match (factor(left), factor(right)) {
            (Some(Factor::Positive), _) => b.chained(),
            (_, Some(Factor::Positive)) => a.chained(),
            (Some(Factor::Negative), _) => b.turned(),
            (_, Some(Factor::Negative)) => a.turned(),
            (None, None) => a.and(b, Sense::Exact),
        },
        BinaryOp::Divide if factor(right) == Some(Factor::Positive) && !is_zero(right) => a.chained(),
        BinaryOp::Divide
        | BinaryOp::Add
        | BinaryOp::SaturatingAdd
        | BinaryOp::Subtract
        | BinaryOp::SaturatingSubtract => a.and(b, Sense::Exact),
    }
}

/// The reading of what goes up in both, in the order of their types.
pub(super) fn both(a: Reading, b: Reading) -> Reading {
    let (a, b) = (a.chained(), b.chained());
    let sense = a.sense.clone().with(b.sense.clone());
    a.and(b, sense)
}

/// Whether multiplying by a constant keeps the order or turns it round.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Factor {
    /// 0 counts for ints only: of floats, 0 times infinity is NaN.
    Positive,
    Negative,
}

fn factor(expr: &Expr<VarId>) -> Option<Factor> {
    match expr {
        Expr::Const(Value::Int(number)) if *number >= 0 => Some(Factor::Positive),
        Expr::Const(Value::Int(_)) => Some(Factor::Negative),
        Expr::Const(Value::Float(number)) if number.get() > 0.0 && number.get().is_finite() => {
            Some(Factor::Positive)
        }
        Expr::Unary { op: UnaryOp::Negate, operand: Type::Int, value } => match factor(value) {
            Some(Factor::Positive) if !is_zero(value) => Some(Factor::Negative),
            Some(Factor::Positive | Factor::Negative) | None => None,
        },
        Expr::Const(_)
        | Expr::Param { .. }
        | Expr::Var(_)
        | Expr::SelfAddress(_)
        | Expr::Member { .. }
        | Expr::Unary { .. }
        | Expr::Binary { .. }
        | Expr::If { .. }
        | Expr::Call { .. }
        | Expr::Construct { .. }
        | Expr::Project { .. } => None,
    }
}

fn is_zero(expr: &Expr<VarId>) -> bool {
    *expr == Expr::Const(Value::Int(0))
}
