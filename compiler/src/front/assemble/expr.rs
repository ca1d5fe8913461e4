//! Typed expressions: functions of the program are put in, `match` becomes `if`.

use std::collections::HashMap;

use floret_ir::{
    BinaryOp, Diagnostics, Expr, Function, IndexVec, Projection, RoleId, Shape, Span, Type, Value, VarId,
};

use super::Context;
use crate::front::findings::{ExpansionTooLarge, MatchTooLarge, NotComplete, UnreachableArm};
use crate::front::matches::{self, Outcome};
use crate::front::resolved::{self, Arm, DefId, ExprKind, LocalId, Pattern, PatternKind};
use crate::front::types::value_type;

/// How many operations an expression may have with everything put in.
const SIZE_LIMIT: usize = 10_000;
/// How deep it may nest.
const DEPTH_LIMIT: usize = 300;

/// An expression with its type and measures.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    pub expr: Expr<VarId>,
    pub ty: Type,
    size: usize,
    depth: usize,
}

/// Builds the expressions of one rule, fact or definition.
pub(super) struct Builder<'b, 's> {
    context: &'b Context<'b>,
    /// The types of the rule's variables.
    pub variables: &'b IndexVec<VarId, Option<Type>>,
    /// Where it is: what `self` is an address of.
    pub role: Option<RoleId>,
    /// What patterns and parameters stand for.
    locals: HashMap<LocalId, Typed>,
    /// The variable for the time that stamps values, if one was needed.
    pub stamp: Option<VarId>,
    sink: &'s mut Diagnostics,
}

impl<'b, 's> Builder<'b, 's> {
    pub fn new(
        context: &'b Context<'b>,
        variables: &'b IndexVec<VarId, Option<Type>>,
        role: Option<RoleId>,
        sink: &'s mut Diagnostics,
    ) -> Self {
        Builder { context, variables, role, locals: HashMap::new(), stamp: None, sink }
    }

    /// Parameters are the variables of their number.
    pub fn parameters(&mut self, params: &[LocalId]) {
        for (local, var) in params.iter().zip(self.variables.ids()) {
            if let Some(ty) = self.variable(var) {
                self.locals.insert(*local, Typed { expr: Expr::Var(var), ty, size: 1, depth: 1 });
            }
        }
    }

    /// The variable for the tick's time, after all others.
    pub fn now(&mut self) -> VarId {
        *self.stamp.get_or_insert(self.variables.next_id())
    }

    /// A variable's type.
    pub fn variable(&self, var: VarId) -> Option<Type> {
        self.variables.get(var).copied().flatten()
    }

    /// An expression that may be absent; `None`: it is there and can't be built.
    pub fn optional(&mut self, found: Option<&resolved::Expr>) -> Option<Option<Expr<VarId>>> {
        match found {
            None => Some(None),
            Some(found) => self.expr(found).map(Some),
        }
    }

    pub fn expr(&mut self, found: &resolved::Expr) -> Option<Expr<VarId>> {
        self.typed(found).map(|typed| typed.expr)
    }

    /// The expression; `None`: a diagnostic was given, or something has no type.
    pub fn typed(&mut self, found: &resolved::Expr) -> Option<Typed> {
        let span = found.span;
        let leaf = |expr, ty| Some(Typed { expr, ty, size: 1, depth: 1 });
        match &found.kind {
            ExprKind::Error => None,
            ExprKind::Const(value) => leaf(Expr::Const(value.clone()), value_type(value)),
            ExprKind::Var(var) => leaf(Expr::Var(*var), self.variable(*var)?),
            ExprKind::Local(local) => self.locals.get(local).cloned(),
            ExprKind::Param(index) => {
                let resolved::ColumnType::Declared(ty, _) =
                    self.context.resolved.params.get(*index as usize)?.ty
                else {
                    return None;
                };
                leaf(Expr::Param { index: *index, ty }, ty)
            }
            ExprKind::SelfAddress => leaf(Expr::SelfAddress(self.role?), Type::Address(self.role?)),
            ExprKind::Hole(id) => {
                let ty = (*self.context.types.holes.get(*id)?)?;
                let shape = if matches!(ty, Type::List(_)) { Shape::List } else { Shape::Variant(0) };
                leaf(Expr::Construct { shape, parts: Vec::new(), ty }, ty)
            }
            ExprKind::Member(role, index) => {
                let index = self.typed(index)?;
                let role = *role;
                self.over(span, Type::Address(role), vec![index], |parts| {
                    let [index] = <[_; 1]>::try_from(parts).ok()?;
                    Some(Expr::Member { role, index: Box::new(index) })
                })
            }
            ExprKind::Unary(op, value) => {
                let value = self.typed(value)?;
                let (op, ty) = (*op, value.ty);
                self.over(span, ty, vec![value], |parts| {
                    let [value] = <[_; 1]>::try_from(parts).ok()?;
                    Some(Expr::Unary { op, operand: ty, value: Box::new(value) })
                })
            }
            ExprKind::Binary(op, left, right) => {
                let (left, right) = (self.typed(left)?, self.typed(right)?);
                self.binary(*op, left, right, span)
            }
            ExprKind::If(condition, then, otherwise) => {
                let condition = self.typed(condition)?;
                let (then, otherwise) = (self.typed(then)?, self.typed(otherwise)?);
                self.choice(condition, then, otherwise, span)
            }
            ExprKind::Call(function, args) => {
                let args = self.all(args)?;
                let types: Vec<Type> = args.iter().map(|arg| arg.ty).collect();
                let meant = Function::by_name(function.name())
                    .find_map(|candidate| Some((candidate, candidate.signature().result_of(&types)?)));
                let (function, result) = meant?;
                self.over(span, result, args, |args| Some(Expr::Call { function, args, types, result }))
            }
            ExprKind::Apply(id, args) => self.apply(*id, args, span),
            ExprKind::Tuple(parts) => {
                let parts = self.all(parts)?;
                let ty = Type::tuple(parts.iter().map(|part| part.ty).collect());
                self.construct(Shape::Tuple, parts, ty, span)
            }
            ExprKind::List(elements) => {
                let elements = self.all(elements)?;
                let ty = Type::list(elements.first()?.ty);
                self.construct(Shape::List, elements, ty, span)
            }
            ExprKind::Some(content) => {
                let content = self.typed(content)?;
                let ty = Type::option(content.ty);
                self.construct(Shape::Variant(1), vec![content], ty, span)
            }
            ExprKind::Variant(ty, index, args) => {
                let args = self.all(args)?;
                self.construct(Shape::Variant(*index), args, *ty, span)
            }
            ExprKind::Struct(ty, fields) => {
                let fields = self.all(fields)?;
                self.construct(Shape::Tuple, fields, *ty, span)
            }
            ExprKind::Field(value, field, _) => {
                let value = self.typed(value)?;
                let index = match value.ty {
                    Type::Struct(of) => of.fields.iter().position(|(name, _)| name == field)?,
                    _ => field.parse().ok()?,
                };
                self.project(&value, Projection::Field(u32::try_from(index).ok()?), span)
            }
            ExprKind::Match(value, arms) => self.match_arms(value, arms, span),
        }
    }

    fn all(&mut self, found: &[resolved::Expr]) -> Option<Vec<Typed>> {
        found.iter().map(|found| self.typed(found)).collect()
    }

    /// An operation over its parts, unless that is too large.
    fn over(
        &mut self,
        span: Span,
        ty: Type,
        parts: Vec<Typed>,
        make: impl FnOnce(Vec<Expr<VarId>>) -> Option<Expr<VarId>>,
    ) -> Option<Typed> {
        let size = parts.iter().fold(1, |size: usize, part| size.saturating_add(part.size));
        let depth = parts.iter().map(|part| part.depth).max().unwrap_or(0) + 1;
        self.limit(size, depth, span)?;
        let expr = make(parts.into_iter().map(|part| part.expr).collect())?;
        Some(Typed { expr, ty, size, depth })
    }

    fn limit(&mut self, size: usize, depth: usize, span: Span) -> Option<()> {
        if size <= SIZE_LIMIT && depth <= DEPTH_LIMIT {
            return Some(());
        }
        self.sink.push(ExpansionTooLarge { span, limit: SIZE_LIMIT });
        None
    }

    fn construct(&mut self, shape: Shape, parts: Vec<Typed>, ty: Type, span: Span) -> Option<Typed> {
        self.over(span, ty, parts, |parts| Some(Expr::Construct { shape, parts, ty }))
    }

    fn choice(&mut self, condition: Typed, then: Typed, otherwise: Typed, span: Span) -> Option<Typed> {
        let ty = then.ty;
        self.over(span, ty, vec![condition, then, otherwise], |parts| {
            let [condition, then, otherwise] = <[_; 3]>::try_from(parts).ok()?;
            Some(Expr::If {
                condition: Box::new(condition),
                then: Box::new(then),
                otherwise: Box::new(otherwise),
            })
        })
    }

    fn binary(&mut self, op: BinaryOp, left: Typed, right: Typed, span: Span) -> Option<Typed> {
        use BinaryOp::{Add, Divide, Multiply, Subtract};
        use Type::{Duration, Int, Time};
        let (function, result, swapped) = match (op, left.ty, right.ty) {
            (Add, Time, Duration) => (Function::AddTime, Time, false),
            (Add, Duration, Time) => (Function::AddTime, Time, true),
            (Subtract, Time, Duration) => (Function::SubtractTime, Time, false),
            (Subtract, Time, Time) => (Function::Between, Duration, false),
            (Multiply, Duration, Int) => (Function::Scale, Duration, false),
            (Multiply, Int, Duration) => (Function::Scale, Duration, true),
            (Divide, Duration, Int) => (Function::Divide, Duration, false),
            _ => {
                let operands = left.ty;
                let ty = if op.is_arithmetic() { operands } else { Type::Bool };
                return self.over(span, ty, vec![left, right], |parts| {
                    let [left, right] = <[_; 2]>::try_from(parts).ok()?;
                    Some(Expr::Binary { op, operands, left: Box::new(left), right: Box::new(right) })
                });
            }
        };
        let args = if swapped { vec![right, left] } else { vec![left, right] };
        let types = args.iter().map(|arg| arg.ty).collect();
        self.over(span, result, args, |args| Some(Expr::Call { function, args, types, result }))
    }

    fn project(&mut self, value: &Typed, projection: Projection, span: Span) -> Option<Typed> {
        let ty = match projection {
            Projection::Field(index) => *value.ty.fields()?.get(index as usize)?,
            Projection::IsVariant(_) => Type::Bool,
            Projection::Payload(index, part) => *value.ty.variant(index)?.get(part as usize)?,
        };
        self.over(span, ty, vec![value.clone()], |parts| {
            let [value] = <[_; 1]>::try_from(parts).ok()?;
            Some(Expr::Project { projection, value: Box::new(value), ty })
        })
    }

    /// A definition's body with the arguments in place of its parameters.
    fn apply(&mut self, id: DefId, args: &[resolved::Expr], span: Span) -> Option<Typed> {
        let args = self.all(args)?;
        let context = self.context;
        let body = context.bodies.get(&id)?;
        let mut size = body.size;
        body.expr.for_each_var(&mut |var| {
            size = size.saturating_add(args.get(var.0 as usize).map_or(0, |arg| arg.size));
        });
        let depth = body.depth + args.iter().map(|arg| arg.depth).max().unwrap_or(0);
        self.limit(size, depth, span)?;
        let expr = body.expr.map_vars(&mut |var| match args.get(var.0 as usize) {
            Some(arg) => arg.expr.clone(),
            None => Expr::Var(*var),
        });
        Some(Typed { expr, ty: body.ty, size, depth })
    }

    fn match_arms(&mut self, value: &resolved::Expr, arms: &[Arm], span: Span) -> Option<Typed> {
        let value = self.typed(value)?;
        let patterns: Vec<&Pattern> = arms.iter().map(|arm| &arm.pattern).collect();
        let show = |value: &Value| floret_ir::print::value_text(value, value_type(value));
        let unreachable = match matches::check(&patterns, value.ty, &show) {
            Outcome::Complete(unreachable) => unreachable,
            Outcome::Missing(missing) => {
                self.sink.push(NotComplete { span: value_span(span, arms), missing });
                return None;
            }
            Outcome::TooLarge => {
                self.sink.push(MatchTooLarge { span });
                return None;
            }
        };
        let mut reached = Vec::new();
        for (index, arm) in arms.iter().enumerate() {
            if unreachable.contains(&index) {
                self.sink.push(UnreachableArm { span: arm.pattern.span });
            } else {
                reached.push(arm);
            }
        }
        // From the last, which takes what is left: so it needs no test.
        let mut result: Option<Typed> = None;
        for arm in reached.into_iter().rev() {
            let mut tests = Vec::new();
            self.pattern(&arm.pattern, &value, &mut tests)?;
            let body = self.typed(&arm.body)?;
            result = Some(match result {
                None => body,
                Some(otherwise) => match self.all_hold(tests, span)? {
                    Some(condition) => self.choice(condition, body, otherwise, span)?,
                    None => body,
                },
            });
        }
        result
    }

    fn all_hold(&mut self, tests: Vec<Typed>, span: Span) -> Option<Option<Typed>> {
        let mut tests = tests.into_iter();
        let Some(mut all) = tests.next() else { return Some(None) };
        for test in tests {
            all = self.binary(BinaryOp::And, all, test, span)?;
        }
        Some(Some(all))
    }

    /// What must hold of the value, outermost first; the pattern's names stand for its parts.
    fn pattern(&mut self, pattern: &Pattern, value: &Typed, tests: &mut Vec<Typed>) -> Option<()> {
        let span = pattern.span;
        match &pattern.kind {
            PatternKind::Any => {}
            PatternKind::Error => return None,
            PatternKind::Bind(local) => {
                self.locals.insert(*local, value.clone());
            }
            PatternKind::Const(constant) => {
                let constant = Typed {
                    expr: Expr::Const(constant.clone()),
                    ty: value_type(constant),
                    size: 1,
                    depth: 1,
                };
                tests.push(self.binary(BinaryOp::Equal, value.clone(), constant, span)?);
            }
            PatternKind::Tuple(parts) | PatternKind::Struct(_, parts) => {
                for (index, part) in (0..).zip(parts) {
                    if !matches!(part.kind, PatternKind::Any) {
                        let inner = self.project(value, Projection::Field(index), span)?;
                        self.pattern(part, &inner, tests)?;
                    }
                }
            }
            PatternKind::None => self.variant(0, &[], value, tests, span)?,
            PatternKind::Some(content) => {
                self.variant(1, std::slice::from_ref(content), value, tests, span)?;
            }
            PatternKind::Variant(_, index, args) => self.variant(*index, args, value, tests, span)?,
        }
        Some(())
    }

    fn variant(
        &mut self,
        index: u32,
        args: &[Pattern],
        value: &Typed,
        tests: &mut Vec<Typed>,
        span: Span,
    ) -> Option<()> {
        tests.push(self.project(value, Projection::IsVariant(index), span)?);
        for (part, pattern) in (0..).zip(args) {
            if !matches!(pattern.kind, PatternKind::Any) {
                let inner = self.project(value, Projection::Payload(index, part), span)?;
                self.pattern(pattern, &inner, tests)?;
            }
        }
        Some(())
    }
}

/// Where a `match` says what it matches: before its first arm.
fn value_span(span: Span, arms: &[Arm]) -> Span {
    arms.first().map_or(span, |arm| Span { end: arm.pattern.span.start, ..span })
}
