//! Types of expressions.

use floret_ir::{BinaryOp, Span, Type, UnaryOp, Value};

use super::cells::{Cell, Head};
use super::context::{Context, Takes};
use super::delayed::Delayed;
use super::{Demand, Frame, Inference, resolved_name, type_name, value_type};
use crate::front::findings::{Evidence, Subject};
use crate::front::resolve::constructor_name;
use crate::front::resolved::{DefId, Expr, ExprKind};

impl Inference<'_, '_> {
    /// An expression of the wanted type; `false`: a diagnostic said that it isn't.
    pub(super) fn require(
        &mut self,
        expr: &Expr,
        wanted: Cell,
        context: &Context,
        frame: &Frame<'_>,
    ) -> bool {
        let found = self.expr(expr, frame);
        self.unify(wanted, found, expr.span, Self::subject(expr, frame), context)
    }

    pub(super) fn subject(expr: &Expr, frame: &Frame<'_>) -> Subject {
        match &expr.kind {
            // A variable the compiler made has no name to show.
            ExprKind::Var(var) if !frame.variables[*var].name.starts_with('$') => {
                Subject::Variable(frame.variables[*var].name.clone())
            }
            ExprKind::Const(value) => Subject::Constant {
                quoted_number: matches!(value, Value::String(text) if text.parse::<f64>().is_ok_and(f64::is_finite)),
            },
            _ => Subject::Other,
        }
    }

    /// An expression that must have this type because of where it stands.
    pub(super) fn expect_type(&mut self, expr: &Expr, ty: Type, context: &Context, frame: &Frame<'_>) {
        let text = format!("`{}` is needed here", self.type_name(ty));
        let wanted = self.cells.known(ty, Evidence { span: expr.span, text });
        self.require(expr, wanted, context, frame);
    }

    pub(super) fn type_name(&self, ty: Type) -> String {
        type_name(ty, &self.resolved.roles)
    }

    fn result(&mut self, ty: Type, span: Span, what: &str) -> Cell {
        let text = format!("{what} `{}`", self.type_name(ty));
        self.cells.known(ty, Evidence { span, text })
    }

    /// The expression's type.
    pub(super) fn expr(&mut self, expr: &Expr, frame: &Frame<'_>) -> Cell {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Error => self.cells.broken(),
            ExprKind::Const(value) => self.result(value_type(value), span, "this is"),
            ExprKind::Var(var) => frame.cells[*var],
            ExprKind::Local(local) => match self.locals.get(local) {
                Some(cell) => *cell,
                None => self.cells.broken(),
            },
            ExprKind::Param(number) => match self.resolved.params.get(*number as usize) {
                Some(param) => self.written(param.ty, &format!("`{}`", param.name)),
                None => self.cells.broken(),
            },
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
                self.demand(cell, "-", Takes::Negatable, value.span);
                cell
            }
            ExprKind::Binary(op, left, right) => self.binary(*op, left, right, span, frame),
            ExprKind::If(condition, then, otherwise) => {
                self.expect_type(condition, Type::Bool, &Context::Logic("if"), frame);
                let cell = self.expr(then, frame);
                let agree = self.require(otherwise, cell, &Context::Branches, frame);
                if agree { cell } else { self.cells.broken() }
            }
            ExprKind::Call(function, args) => {
                let args = args.iter().map(|arg| self.operand(arg, frame)).collect::<Vec<_>>();
                if let Some(found) = self.overload(*function, &args, span, false) {
                    return found;
                }
                let result = self.cells.open();
                self.delay(Delayed::Call { function: *function, args, span, result });
                result
            }
            ExprKind::Apply(id, args) => self.apply(*id, args, span, frame),
            ExprKind::Tuple(parts) => {
                let parts = parts.iter().map(|part| self.expr(part, frame)).collect();
                self.made(Head::Tuple, parts, span, "this is a tuple")
            }
            ExprKind::List(elements) => {
                let of = self.cells.open();
                let fits =
                    elements.iter().all(|element| self.require(element, of, &Context::Elements, frame));
                let of = if fits { of } else { self.cells.broken() };
                self.made(Head::List, vec![of], span, "this is a list")
            }
            ExprKind::Hole(id) => self.hole(*id, span),
            ExprKind::Some(content) => {
                let of = self.expr(content, frame);
                self.made(Head::Option, vec![of], span, "this is an option")
            }
            ExprKind::Variant(ty, index, args) => {
                let name = constructor_name(*ty, *index);
                for (arg, ty) in args.iter().zip(ty.variant(*index).unwrap_or_default()) {
                    self.expect_type(arg, ty, &Context::Constructor(name.clone()), frame);
                }
                self.result(*ty, span, "this is")
            }
            ExprKind::Struct(ty, fields) => {
                if let Type::Struct(of) = ty {
                    for (value, (name, ty)) in fields.iter().zip(&of.fields) {
                        self.expect_type(value, *ty, &Context::Field(name.clone()), frame);
                    }
                }
                self.result(*ty, span, "this is")
            }
            ExprKind::Field(value, field, place) => {
                let value = self.operand(value, frame);
                let result = self.cells.open();
                self.delay(Delayed::Field { value, field: field.clone(), span: *place, result });
                result
            }
            ExprKind::Match(value, arms) => self.match_arms(value, arms, frame),
        }
    }

    fn made(&mut self, head: Head, parts: Vec<Cell>, span: Span, text: &str) -> Cell {
        self.cells.made(head, parts, Evidence { span, text: text.to_owned() })
    }

    fn hole(&mut self, id: crate::front::resolved::HoleId, span: Span) -> Cell {
        use crate::front::resolved::HoleKind;
        let cell = self.holes[id];
        if self.cells.is_open(cell) {
            let of = self.cells.open();
            let made = match self.resolved.holes[id].kind {
                HoleKind::EmptyList => self.made(Head::List, vec![of], span, "this is a list"),
                HoleKind::None => self.made(Head::Option, vec![of], span, "`none` is an option"),
            };
            // An open cell takes everything.
            let _ = self.cells.unify(cell, made);
        }
        cell
    }

    fn apply(&mut self, id: DefId, args: &[Expr], span: Span, frame: &Frame<'_>) -> Cell {
        let resolved = self.resolved;
        let def = &resolved.defs[id];
        for ((arg, local), ty) in args.iter().zip(&def.params).zip(&def.types) {
            let name = resolved_name(resolved, *local);
            let wanted = self.written(*ty, &format!("`{name}` of `{}`", def.name));
            self.require(arg, wanted, &Context::Argument(def.name.clone()), frame);
        }
        match (def.result, self.results.get(&id)) {
            (crate::front::resolved::ColumnType::Declared(ty, _), _) => {
                self.result(ty, span, &format!("`{}` gives", def.name))
            }
            (_, Some(cell)) => *cell,
            (_, None) => self.cells.broken(),
        }
    }

    fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr, span: Span, frame: &Frame<'_>) -> Cell {
        match op {
            BinaryOp::And | BinaryOp::Or => {
                let context = Context::Logic(op.symbol());
                self.expect_type(left, Type::Bool, &context, frame);
                self.expect_type(right, Type::Bool, &context, frame);
                self.result(Type::Bool, span, "this is")
            }
            BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterEqual => {
                let cell = self.expr(left, frame);
                self.require(right, cell, &Context::Operator(op.symbol()), frame);
                self.result(Type::Bool, span, "a comparison is")
            }
            BinaryOp::Add
            | BinaryOp::SaturatingAdd
            | BinaryOp::SaturatingSubtract
            | BinaryOp::SaturatingMultiply
            | BinaryOp::Subtract
            | BinaryOp::Multiply
            | BinaryOp::Divide
            | BinaryOp::Remainder => {
                let left = self.operand(left, frame);
                let right = self.operand(right, frame);
                if let Some(found) = self.arithmetic(op, &left, &right, span, false) {
                    return found;
                }
                let result = self.cells.open();
                self.delay(Delayed::Arithmetic { op, left, right, span, result });
                result
            }
        }
    }

    pub(super) fn demand(&mut self, cell: Cell, operator: &str, takes: Takes, span: Span) {
        self.demands.push(Demand { cell, operator: operator.to_owned(), takes, span });
    }
}
