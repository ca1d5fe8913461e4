//! Arithmetic, with its special cases: a time and a duration, a duration and an int.

use floret_ir::{BinaryOp, Span, Type};

use super::Inference;
use super::cells::{Cell, Head, Seen};
use super::context::{Context, Takes};
use super::delayed::Operand;
use crate::front::findings::{Evidence, NotFor};

/// What is known of an operand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Open,
    Broken,
    Time,
    Duration,
    Int,
    Other,
}

impl Inference<'_, '_> {
    /// The result's type; `None`: not enough is known yet.
    pub(super) fn arithmetic(
        &mut self,
        op: BinaryOp,
        left: &Operand,
        right: &Operand,
        span: Span,
        last: bool,
    ) -> Option<Cell> {
        use BinaryOp::{Add, Divide, Multiply, Subtract};
        match (op, self.known(left), self.known(right)) {
            (_, Known::Broken, _) | (_, _, Known::Broken) => Some(self.cells.broken()),
            (Add, Known::Time, _) => self.with(right, Type::Duration, Type::Time, op, span),
            (Add, Known::Duration | Known::Open, Known::Time) => {
                self.with(left, Type::Duration, Type::Time, op, span)
            }
            (Subtract, Known::Time, Known::Time) => Some(self.gives(op, Type::Duration, span)),
            (Subtract, Known::Time, Known::Open) if !last => None,
            (Subtract, Known::Time, _) => self.with(right, Type::Duration, Type::Time, op, span),
            (Subtract, Known::Open, Known::Time) => self.with(left, Type::Time, Type::Duration, op, span),
            (_, Known::Time, _) => Some(self.refuse(op, left)),
            (_, _, Known::Time) => Some(self.refuse(op, right)),
            (Add | Subtract, Known::Duration, Known::Open) if !last => None,
            (Multiply | Divide, Known::Duration, _) => self.with(right, Type::Int, Type::Duration, op, span),
            (Multiply, Known::Int, Known::Duration) => Some(self.gives(op, Type::Duration, span)),
            (Multiply, Known::Open, Known::Duration) => self.with(left, Type::Int, Type::Duration, op, span),
            (Multiply | Divide, Known::Open, Known::Int) | (Multiply, Known::Int, Known::Open) if !last => {
                None
            }
            (Add | Subtract, Known::Open, Known::Duration) if !last => None,
            (_, Known::Open, Known::Open) if !last => None,
            (_, _, _) => Some(self.alike(op, left, right)),
        }
    }

    fn known(&mut self, operand: &Operand) -> Known {
        match self.cells.see(operand.cell) {
            Seen::Open => Known::Open,
            Seen::Broken => Known::Broken,
            Seen::Known(Head::Plain(Type::Time), _) => Known::Time,
            Seen::Known(Head::Plain(Type::Duration), _) => Known::Duration,
            Seen::Known(Head::Plain(Type::Int), _) => Known::Int,
            Seen::Known(..) => Known::Other,
        }
    }

    fn gives(&mut self, op: BinaryOp, ty: Type, span: Span) -> Cell {
        let text = format!("this `{}` gives a `{}`", op.symbol(), self.type_name(ty));
        self.cells.known(ty, Evidence { span, text })
    }

    /// The other operand decides that this one is `ty`.
    fn with(&mut self, operand: &Operand, ty: Type, result: Type, op: BinaryOp, span: Span) -> Option<Cell> {
        let text = format!("`{}` takes a `{}` here", op.symbol(), self.type_name(ty));
        let wanted = self.cells.known(ty, Evidence { span: operand.span, text });
        let context = Context::Function(op.symbol().to_owned());
        let fits = self.unify(wanted, operand.cell, operand.span, operand.subject.clone(), &context);
        Some(if fits { self.gives(op, result, span) } else { self.cells.broken() })
    }

    fn refuse(&mut self, op: BinaryOp, operand: &Operand) -> Cell {
        let because = self.cells.evidence(operand.cell);
        self.sink.push(NotFor {
            operator: op.symbol().to_owned(),
            takes: takes(op).words().to_owned(),
            found: self.cells.text(operand.cell, &self.resolved.roles),
            span: operand.span,
            found_because: because.unwrap_or(Evidence { span: operand.span, text: String::new() }),
        });
        self.cells.broken()
    }

    /// Both operands and the result are of one type.
    fn alike(&mut self, op: BinaryOp, left: &Operand, right: &Operand) -> Cell {
        let context = Context::Operator(op.symbol());
        let agree = self.unify(left.cell, right.cell, right.span, right.subject.clone(), &context);
        // Neither operand's type is more likely meant, so nothing is said about the result.
        if !agree {
            return self.cells.broken();
        }
        self.demand(left.cell, op.symbol(), takes(op), left.span);
        left.cell
    }
}

fn takes(op: BinaryOp) -> Takes {
    match op {
        BinaryOp::Add | BinaryOp::SaturatingAdd => Takes::Addable,
        BinaryOp::Subtract | BinaryOp::SaturatingSubtract => Takes::Subtractable,
        BinaryOp::Multiply
        | BinaryOp::SaturatingMultiply
        | BinaryOp::Divide
        | BinaryOp::Remainder
        | BinaryOp::Equal
        | BinaryOp::NotEqual
        | BinaryOp::Less
        | BinaryOp::LessEqual
        | BinaryOp::Greater
        | BinaryOp::GreaterEqual
        | BinaryOp::And
        | BinaryOp::Or => Takes::Numbers,
    }
}
