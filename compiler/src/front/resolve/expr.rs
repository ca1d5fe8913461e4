//! Expressions: names become variables, functions and members; signs fold into their numbers.

use std::collections::HashMap;

use floret_ir::{BinaryOp, Diagnostics, Function, IndexVec, Span, UnaryOp, Value, VarId};
use floret_lang::tree::{self, Call};

use super::names::{Callee, Names};
use crate::front::findings::{
    ClockOutsideRule, CollectionInExpression, FunctionArity, IntOutOfRange, MisplacedAggregate,
    MisplacedPlace, MisplacedWildcard, NameKind, NamedArgument, NotYet, WildcardPlace,
};
use crate::front::resolved::{Expr, ExprKind, Variable};

/// The variables of one rule.
pub(super) struct Scope<'n> {
    pub names: &'n Names,
    pub variables: IndexVec<VarId, Variable>,
    by_name: HashMap<String, VarId>,
    /// The tick's time and seed and where they are first asked for, if they are.
    clock: Option<Clock>,
}

/// The variables of a rule's clock atom.
#[derive(Clone, Copy)]
pub(super) struct Clock {
    pub now: VarId,
    pub seed: VarId,
    pub span: Span,
}

impl<'n> Scope<'n> {
    pub fn new(names: &'n Names) -> Self {
        Scope { names, variables: IndexVec::new(), by_name: HashMap::new(), clock: None }
    }
    /// The variable of that name.
    pub fn variable(&mut self, name: &str, span: Span) -> VarId {
        if let Some(&id) = self.by_name.get(name) {
            return id;
        }
        let id = self.variables.push(Variable { name: name.to_owned(), span });
        self.by_name.insert(name.to_owned(), id);
        id
    }
    /// A variable of the compiler's.
    pub fn fresh(&mut self, span: Span) -> VarId {
        // `$` is in no name of the language, and the number of variables so far is in no other fresh name.
        let name = format!("${}", self.variables.len());
        self.variable(&name, span)
    }
    /// The variables of the tick's time and seed.
    fn ask_clock(&mut self, span: Span) -> Clock {
        if let Some(clock) = self.clock {
            return clock;
        }
        let clock = Clock { now: self.fresh(span), seed: self.fresh(span), span };
        self.clock = Some(clock);
        clock
    }
    /// The clock, if something asked for it; whoever takes it reads it.
    pub fn take_clock(&mut self) -> Option<Clock> {
        self.clock.take()
    }
    /// Says that there is no clock here, if something asked for it (`true`).
    pub fn refuse_clock(&mut self, why: &'static str, sink: &mut Diagnostics) -> bool {
        let Some(clock) = self.clock.take() else { return false };
        sink.push(ClockOutsideRule { span: clock.span, why });
        true
    }
    /// The variable of that name, if the rule has it.
    pub fn known(&self, name: &str) -> Option<VarId> {
        self.by_name.get(name).copied()
    }
}

/// Resolves an expression.
pub(super) fn resolve(expr: &tree::Expr, scope: &mut Scope<'_>, sink: &mut Diagnostics) -> Expr {
    let span = expr.span;
    let mut later = |construct: &str| {
        sink.push(NotYet::new(construct, span));
        ExprKind::Error
    };
    let kind = match &expr.kind {
        tree::ExprKind::Int(None) | tree::ExprKind::Missing => ExprKind::Error,
        tree::ExprKind::Int(Some(number)) => int(*number, span, sink),
        tree::ExprKind::Float(number) => ExprKind::Const(Value::float(*number)),
        tree::ExprKind::String(text) => ExprKind::Const(Value::string(text)),
        tree::ExprKind::Bool(value) => ExprKind::Const(Value::Bool(*value)),
        tree::ExprKind::Duration(_) => later("durations"),
        tree::ExprKind::Bytes(_) => later("the type `bytes`"),
        tree::ExprKind::Field(..) => later("fields of structs"),
        tree::ExprKind::Match(..) => later("`match`"),
        tree::ExprKind::Tuple(_) => later("tuples"),
        tree::ExprKind::List(_) => later("lists"),
        tree::ExprKind::Struct(..) => later("`struct` values"),
        tree::ExprKind::SelfNode => ExprKind::SelfAddress,
        tree::ExprKind::Wildcard => {
            sink.push(MisplacedWildcard { span, place: WildcardPlace::Expression });
            ExprKind::Error
        }
        tree::ExprKind::Path(path) => match scope.names.single(path, sink) {
            Some(name) if scope.names.is_refused(&name.text) => ExprKind::Error,
            Some(name) => ExprKind::Var(scope.variable(&name.text, name.span)),
            None => ExprKind::Error,
        },
        tree::ExprKind::Call(call) => self::call(call, false, scope, sink),
        tree::ExprKind::Index(base, index) => member(base, index, span, scope, sink),
        tree::ExprKind::Unary(op, value) => unary(*op, value, scope, sink),
        tree::ExprKind::Binary(op, left, right) => {
            let left = resolve(left, scope, sink);
            let right = resolve(right, scope, sink);
            fold(*op, &left, &right).unwrap_or_else(|| ExprKind::Binary(*op, Box::new(left), Box::new(right)))
        }
        tree::ExprKind::If(condition, then, otherwise) => ExprKind::If(
            Box::new(resolve(condition, scope, sink)),
            Box::new(resolve(then, scope, sink)),
            Box::new(resolve(otherwise, scope, sink)),
        ),
    };
    Expr { kind, span }
}

fn int(number: i128, span: Span, sink: &mut Diagnostics) -> ExprKind {
    if let Ok(number) = i64::try_from(number) {
        return ExprKind::Const(Value::Int(number));
    }
    sink.push(IntOutOfRange { span });
    ExprKind::Error
}

fn unary(op: UnaryOp, value: &tree::Expr, scope: &mut Scope<'_>, sink: &mut Diagnostics) -> ExprKind {
    match (op, &value.kind) {
        // Before the number is looked at: the magnitude of the least int is no int.
        (UnaryOp::Negate, tree::ExprKind::Int(Some(number))) => int(-*number, value.span, sink),
        (UnaryOp::Not, tree::ExprKind::Call(call)) => {
            let kind = self::call(call, true, scope, sink);
            ExprKind::Unary(op, Box::new(Expr { kind, span: value.span }))
        }
        (UnaryOp::Negate | UnaryOp::Not, _) => {
            let value = resolve(value, scope, sink);
            if let (UnaryOp::Negate, ExprKind::Const(constant)) = (op, &value.kind)
                && let Ok(folded) = floret_ir::unary(op, constant)
            {
                return ExprKind::Const(folded);
            }
            ExprKind::Unary(op, Box::new(value))
        }
    }
}

/// Arithmetic on two constants of one type. What has no value, or would be a type error, stays as it is.
fn fold(op: BinaryOp, left: &Expr, right: &Expr) -> Option<ExprKind> {
    if let (ExprKind::Const(left), ExprKind::Const(right)) = (&left.kind, &right.kind)
        && op.is_arithmetic()
    {
        return floret_ir::binary(op, left, right).ok().map(ExprKind::Const);
    }
    None
}

fn member(
    base: &tree::Expr,
    index: &tree::Expr,
    span: Span,
    scope: &mut Scope<'_>,
    sink: &mut Diagnostics,
) -> ExprKind {
    let index = resolve(index, scope, sink);
    let tree::ExprKind::Path(path) = &base.kind else {
        sink.push(NotYet::new("elements of lists", span));
        return ExprKind::Error;
    };
    let Some(name) = scope.names.single(path, sink) else { return ExprKind::Error };
    if let Some(role) = scope.names.role_quietly(&name.text) {
        return ExprKind::Member(role, Box::new(index));
    }
    // Roles are written with a capital: `servers[0]` is meant as a list, `Sevrer[0]` as a role.
    if name.text.starts_with(char::is_uppercase) {
        scope.names.role(name, sink);
    } else if !scope.names.is_refused(&name.text) {
        sink.push(NotYet::new("elements of lists", span));
    }
    ExprKind::Error
}

/// A call inside an expression; `negated`: right under `not`.
fn call(call: &Call, negated: bool, scope: &mut Scope<'_>, sink: &mut Diagnostics) -> ExprKind {
    let name = || call.path.parts.last().map_or_else(String::new, |part| part.text.clone());
    match scope.names.callee(&call.path, true, sink) {
        Callee::Function(function) => return apply(function, call, scope, sink),
        Callee::Now => return now(call, scope, sink),
        Callee::Random => return random(call, scope, sink),
        Callee::Reports(_) => {
            sink.push(CollectionInExpression { name: name(), span: call.span, negated });
        }
        Callee::Relation(_) | Callee::Role(_) => {
            sink.push(CollectionInExpression { name: name(), span: call.span, negated });
        }
        Callee::Aggregate => {
            sink.push(MisplacedAggregate { name: name(), span: call.span, place: "inside an expression" })
        }
        Callee::Refused => {}
        Callee::Unknown if scope.names.incomplete => {}
        Callee::Unknown => scope.names.unknown(NameKind::Function, &name(), call.path.span, sink),
    }
    ExprKind::Error
}

/// `now()`
fn now(call: &Call, scope: &mut Scope<'_>, sink: &mut Diagnostics) -> ExprKind {
    if !call.args.is_empty() {
        let does = "The tick's time.";
        let (function, given) = ("now".to_owned(), call.args.len());
        sink.push(FunctionArity { function, params: 0, given, span: call.span, does });
        return ExprKind::Error;
    }
    ExprKind::Var(scope.ask_clock(call.span).now)
}

/// `random()`: the tick's seed; `random(x)`: another number for each x.
fn random(call: &Call, scope: &mut Scope<'_>, sink: &mut Diagnostics) -> ExprKind {
    let seed = ExprKind::Var(scope.ask_clock(call.span).seed);
    match call.args.as_slice() {
        [] => seed,
        [arg] => {
            let seed = Expr { kind: seed, span: call.span };
            ExprKind::Call(Function::HashWith, vec![seed, resolve(&arg.value, scope, sink)])
        }
        args => {
            let does = "A random int: one for each tick, and one for each value in it.";
            let (function, given) = ("random".to_owned(), args.len());
            sink.push(FunctionArity { function, params: 1, given, span: call.span, does });
            ExprKind::Error
        }
    }
}

/// A function with its arguments.
pub(super) fn apply(
    function: Function,
    call: &Call,
    scope: &mut Scope<'_>,
    sink: &mut Diagnostics,
) -> ExprKind {
    if let Some(place) = &call.place {
        sink.push(MisplacedPlace { name: function.name().to_owned(), span: place.span });
    }
    for arg in &call.args {
        if let Some(name) = &arg.name {
            sink.push(NamedArgument { callee: function.name().to_owned(), span: name.span });
        }
    }
    let args: Vec<Expr> = call.args.iter().map(|arg| resolve(&arg.value, scope, sink)).collect();
    let params = function.signature().params.len();
    if args.len() != params {
        sink.push(FunctionArity {
            function: function.name().to_owned(),
            params,
            given: args.len(),
            span: call.span,
            does: function.help(),
        });
        return ExprKind::Error;
    }
    ExprKind::Call(function, args)
}
