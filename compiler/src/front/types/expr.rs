//! Types of expressions.

use floret_ir::{BinaryOp, Function, Pattern, Span, Type, UnaryOp, Value};

use super::cells::Cell;
use super::context::{Context, Takes};
use super::{Demand, Frame, Inference, type_name, value_type};
use crate::front::findings::{Evidence, Subject};
use crate::front::resolved::{Expr, ExprKind};

impl Inference<'_, '_> {
    /// An expression of the wanted type; `false`: a diagnostic said that it isn't.
    pub(super) fn expect(&mut self, expr: &Expr, wanted: Cell, context: &Context, frame: &Frame<'_>) -> bool {
        let found = self.expr(expr, frame);
        let subject = match &expr.kind {
            // A variable the compiler made has no name to show.
            ExprKind::Var(var) if !frame.variables[*var].name.starts_with('$') => {
                Subject::Variable(frame.variables[*var].name.clone())
            }
            ExprKind::Const(value) => Subject::Constant {
                quoted_number: matches!(value, Value::String(text) if text.parse::<f64>().is_ok_and(f64::is_finite)),
            },
            ExprKind::Var(_)
            | ExprKind::SelfAddress
            | ExprKind::Member(..)
            | ExprKind::Unary(..)
            | ExprKind::Binary(..)
            | ExprKind::If(..)
            | ExprKind::Call(..)
            | ExprKind::Error => Subject::Other,
        };
        self.unify(wanted, found, expr.span, subject, context)
    }

    /// An expression that must have this type because of where it stands.
    pub(super) fn expect_type(&mut self, expr: &Expr, ty: Type, context: &Context, frame: &Frame<'_>) {
        let text = format!("`{}` is needed here", type_name(ty, &self.resolved.roles));
        let wanted = self.cells.known(ty, Evidence { span: expr.span, text });
        self.expect(expr, wanted, context, frame);
    }

    fn result(&mut self, ty: Type, span: Span, what: &str) -> Cell {
        let text = format!("{what} `{}`", type_name(ty, &self.resolved.roles));
        self.cells.known(ty, Evidence { span, text })
    }

    /// The expression's type.
    pub(super) fn expr(&mut self, expr: &Expr, frame: &Frame<'_>) -> Cell {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Error => self.cells.broken(),
            ExprKind::Const(value) => self.result(value_type(value), span, "this is"),
            ExprKind::Var(var) => frame.cells[*var],
            ExprKind::SelfAddress => match frame.role {
                Some(role) => self.result(Type::Address(role), span, "`self` is here a"),
                None => self.cells.broken(),
            },
            ExprKind::Member(role, index) => {
                self.expect_type(index, Type::Int, &Context::MemberNumber, frame);
                self.result(Type::Address(*role), span, "this is a")
            }
            ExprKind::Unary(UnaryOp::Not, value) => {
                self.expect_type(value, Type::Bool, &Context::Logic("not"), frame);
                self.result(Type::Bool, span, "`not` gives a")
            }
            ExprKind::Unary(UnaryOp::Negate, value) => {
                let cell = self.expr(value, frame);
                self.demand(cell, "-", Takes::Numbers, value.span);
                cell
            }
            ExprKind::Binary(op, left, right) => self.binary(*op, left, right, span, frame),
            ExprKind::If(condition, then, otherwise) => {
                self.expect_type(condition, Type::Bool, &Context::Logic("if"), frame);
                let cell = self.expr(then, frame);
                let agree = self.expect(otherwise, cell, &Context::Branches, frame);
                if agree { cell } else { self.cells.broken() }
            }
            ExprKind::Call(function, args) => self.call(*function, args, span, frame),
        }
    }

    fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr, span: Span, frame: &Frame<'_>) -> Cell {
        let takes = match op {
            BinaryOp::And | BinaryOp::Or => {
                let context = Context::Logic(op.symbol());
                self.expect_type(left, Type::Bool, &context, frame);
                self.expect_type(right, Type::Bool, &context, frame);
                return self.result(Type::Bool, span, "this is");
            }
            BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterEqual => None,
            BinaryOp::Add | BinaryOp::SaturatingAdd => Some(Takes::NumbersOrText),
            BinaryOp::SaturatingSubtract
            | BinaryOp::SaturatingMultiply
            | BinaryOp::Subtract
            | BinaryOp::Multiply
            | BinaryOp::Divide
            | BinaryOp::Remainder => Some(Takes::Numbers),
        };
        let cell = self.expr(left, frame);
        let agree = self.expect(right, cell, &Context::Operator(op.symbol()), frame);
        match takes {
            None => self.result(Type::Bool, span, "a comparison is"),
            // Neither operand's type is more likely meant, so nothing is said about the result.
            Some(_) if !agree => self.cells.broken(),
            Some(takes) => {
                self.demand(cell, op.symbol(), takes, left.span);
                cell
            }
        }
    }

    fn call(&mut self, function: Function, args: &[Expr], span: Span, frame: &Frame<'_>) -> Cell {
        let signature = function.signature();
        let context = Context::Function(function.name());
        for (arg, param) in args.iter().zip(signature.params) {
            match param {
                Pattern::Int => self.expect_type(arg, Type::Int, &context, frame),
                Pattern::Float => self.expect_type(arg, Type::Float, &context, frame),
                Pattern::Bool => self.expect_type(arg, Type::Bool, &context, frame),
                Pattern::String => self.expect_type(arg, Type::String, &context, frame),
                _ => {
                    let cell = self.expr(arg, frame);
                    if function == Function::ToString {
                        self.demand(cell, function.name(), Takes::Printable, arg.span);
                    }
                }
            }
        }
        let result = match signature.result {
            Pattern::Int => Type::Int,
            Pattern::Float => Type::Float,
            Pattern::Bool => Type::Bool,
            Pattern::String => Type::String,
            _ => return self.cells.broken(),
        };
        self.result(result, span, &format!("`{}` gives", function.name()))
    }

    fn demand(&mut self, cell: Cell, operator: &str, takes: Takes, span: Span) {
        self.demands.push(Demand { cell, operator: operator.to_owned(), takes, span });
    }
}
