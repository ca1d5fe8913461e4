//! Expressions: names become variables, functions and members; signs fold into their numbers.

use std::collections::HashMap;

use floret_ir::time::parse_duration;
use floret_ir::{
    BinaryOp, Diagnostics, Function, IndexVec, Interned, Span, StructType, Type, UnaryOp, Value, VarId,
    closest,
};
use floret_lang::tree::{self, Call, Name, Path};

use super::names::{Callee, Definition, Names};
use super::patterns;
use crate::front::findings::{
    CollectionInExpression, ConstructorArity, Duplicate, FunctionArity, FunctionWithoutCall, IntOutOfRange,
    MisplacedAggregate, MisplacedPlace, MisplacedWildcard, MissingField, NameKind, NamedArgument, NoArms,
    NotHere, UnknownField, WildcardPlace, WrongDuration,
};
use crate::front::resolved::{Arm, Expr, ExprKind, HoleKind, LocalId, Variable};

/// Where expressions stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Site {
    Rule,
    /// A fact, or the member that gets an input's row.
    Outside,
    Definition,
}

/// The variables of one rule.
pub(super) struct Scope<'n> {
    pub names: &'n Names,
    pub variables: IndexVec<VarId, Variable>,
    by_name: HashMap<String, VarId>,
    /// The names that patterns and parameters bind here, innermost last.
    locals: Vec<(String, LocalId)>,
    site: Site,
}

/// The names of the variables that stand for the clock; `$` is in no name of the language.
pub(super) const NOW: &str = "$clock";
pub(super) const SEED: &str = "$seed";

impl<'n> Scope<'n> {
    pub fn new(names: &'n Names, site: Site) -> Self {
        Scope { names, variables: IndexVec::new(), by_name: HashMap::new(), locals: Vec::new(), site }
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
    /// The variable of that name, if the rule has it.
    pub fn known(&self, name: &str) -> Option<VarId> {
        self.by_name.get(name).copied()
    }
    /// Binds a name until its arm ends.
    pub fn bind(&mut self, name: &str, span: Span) -> LocalId {
        let id = self.names.local(name, span);
        self.locals.push((name.to_owned(), id));
        id
    }
    fn local(&self, name: &str) -> Option<LocalId> {
        self.locals.iter().rev().find(|(local, _)| local == name).map(|(_, id)| *id)
    }
}

/// Resolves an expression.
pub(super) fn resolve(expr: &tree::Expr, scope: &mut Scope<'_>, sink: &mut Diagnostics) -> Expr {
    let span = expr.span;
    let kind = match &expr.kind {
        tree::ExprKind::Missing => ExprKind::Error,
        tree::ExprKind::Int(_)
        | tree::ExprKind::Float(_)
        | tree::ExprKind::String(_)
        | tree::ExprKind::Bool(_)
        | tree::ExprKind::Duration(_)
        | tree::ExprKind::Bytes(_) => literal(expr, sink).unwrap_or(ExprKind::Error),
        tree::ExprKind::SelfNode => ExprKind::SelfAddress,
        tree::ExprKind::Wildcard => {
            sink.push(MisplacedWildcard { span, place: WildcardPlace::Expression });
            ExprKind::Error
        }
        tree::ExprKind::Path(path) => self::path(path, span, scope, sink),
        tree::ExprKind::Call(call) => self::call(call, false, scope, sink),
        tree::ExprKind::Index(base, index) => member(base, index, scope, sink),
        tree::ExprKind::Field(value, field) => {
            let value = Box::new(resolve(value, scope, sink));
            ExprKind::Field(value, field.text.clone(), field.span)
        }
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
        tree::ExprKind::Match(value, arms) => match_arms(value, arms, span, scope, sink),
        tree::ExprKind::Tuple(parts) => match parts.as_slice() {
            [one] => return resolve(one, scope, sink),
            parts => ExprKind::Tuple(all(parts, scope, sink)),
        },
        tree::ExprKind::List(elements) if elements.is_empty() => {
            ExprKind::Hole(scope.names.hole(HoleKind::EmptyList, span))
        }
        tree::ExprKind::List(elements) => ExprKind::List(all(elements, scope, sink)),
        tree::ExprKind::Struct(path, fields) => structure(path, fields, span, scope, sink),
    };
    Expr { kind, span }
}

fn all(exprs: &[tree::Expr], scope: &mut Scope<'_>, sink: &mut Diagnostics) -> Vec<Expr> {
    exprs.iter().map(|expr| resolve(expr, scope, sink)).collect()
}

/// The value of a literal, perhaps with a sign; `None`: it is none.
pub(super) fn literal(expr: &tree::Expr, sink: &mut Diagnostics) -> Option<ExprKind> {
    let span = expr.span;
    Some(match &expr.kind {
        tree::ExprKind::Int(None) => ExprKind::Error,
        tree::ExprKind::Int(Some(number)) => int(*number, span, sink),
        tree::ExprKind::Float(number) => ExprKind::Const(Value::float(*number)),
        tree::ExprKind::String(text) => ExprKind::Const(Value::string(text)),
        tree::ExprKind::Bool(value) => ExprKind::Const(Value::Bool(*value)),
        tree::ExprKind::Bytes(bytes) => ExprKind::Const(Value::Bytes(bytes.as_slice().into())),
        tree::ExprKind::Duration(text) => match parse_duration(text) {
            Some(duration) => ExprKind::Const(Value::Duration(duration)),
            None => {
                sink.push(WrongDuration { span });
                ExprKind::Error
            }
        },
        tree::ExprKind::Unary(UnaryOp::Negate, value) => match &value.kind {
            // Before the number is looked at: the magnitude of the least int is no int.
            tree::ExprKind::Int(Some(number)) => int(-*number, value.span, sink),
            _ => match literal(value, sink)? {
                ExprKind::Const(value) => ExprKind::Const(floret_ir::unary(UnaryOp::Negate, &value).ok()?),
                other => other,
            },
        },
        _ => return None,
    })
}

fn path(path: &Path, span: Span, scope: &mut Scope<'_>, sink: &mut Diagnostics) -> ExprKind {
    if let [name] = path.parts.as_slice()
        && let Some(local) = scope.local(&name.text)
    {
        return ExprKind::Local(local);
    }
    if let Some((ty, index)) = scope.names.constructor(path) {
        return variant(ty, index, Vec::new(), span, sink);
    }
    let Some(name) = scope.names.single(path, sink) else { return ExprKind::Error };
    if scope.names.is_refused(&name.text) {
        return ExprKind::Error;
    }
    if let Some(definition) = scope.names.definition(&name.text) {
        return match (&definition.literal, definition.params) {
            (Some(value), _) => ExprKind::Const(value.clone()),
            (None, None) => ExprKind::Apply(definition.id, Vec::new()),
            (None, Some(_)) => {
                sink.push(FunctionWithoutCall { name: name.text.clone(), span });
                ExprKind::Error
            }
        };
    }
    if let Some(number) = scope.names.param(&name.text) {
        return ExprKind::Param(number);
    }
    if name.text == "none" {
        return ExprKind::Hole(scope.names.hole(HoleKind::None, span));
    }
    ExprKind::Var(scope.variable(&name.text, name.span))
}

fn match_arms(
    value: &tree::Expr,
    arms: &[(tree::Expr, tree::Expr)],
    span: Span,
    scope: &mut Scope<'_>,
    sink: &mut Diagnostics,
) -> ExprKind {
    let value = resolve(value, scope, sink);
    if arms.is_empty() {
        sink.push(NoArms { span });
        return ExprKind::Error;
    }
    let outer = scope.locals.len();
    let mut resolved = Vec::new();
    for (pattern, body) in arms {
        let pattern = patterns::resolve(pattern, scope, sink);
        let body = resolve(body, scope, sink);
        scope.locals.truncate(outer);
        resolved.push(Arm { pattern, body });
    }
    ExprKind::Match(Box::new(value), resolved)
}

/// The struct that a path names.
pub(super) fn struct_type(
    path: &Path,
    names: &Names,
    sink: &mut Diagnostics,
) -> Option<Interned<StructType>> {
    let name = names.single(path, sink)?;
    match names.named_type(&name.text).map(|found| found.ty) {
        Some(Type::Struct(of)) => Some(of),
        _ => {
            if !names.is_refused(&name.text) && !names.incomplete {
                names.unknown(NameKind::Struct, &name.text, name.span, sink);
            }
            None
        }
    }
}

fn structure(
    path: &Path,
    fields: &[(Name, tree::Expr)],
    span: Span,
    scope: &mut Scope<'_>,
    sink: &mut Diagnostics,
) -> ExprKind {
    let mut given: Vec<(&Name, Expr)> = Vec::new();
    let mut fine = true;
    for (name, value) in fields {
        let value = resolve(value, scope, sink);
        if let Some((first, _)) = given.iter().find(|(other, _)| other.text == name.text) {
            sink.push(Duplicate { name: name.text.clone(), first: first.span, second: name.span });
            fine = false;
        }
        given.push((name, value));
    }
    let Some(of) = struct_type(path, scope.names, sink) else { return ExprKind::Error };
    let declared = || of.fields.iter().map(|(field, _)| field.as_str());
    for (name, _) in &given {
        if !declared().any(|field| field == name.text) {
            sink.push(UnknownField {
                of: of.name.clone(),
                field: name.text.clone(),
                span: name.span,
                fields: declared().map(str::to_owned).collect(),
                suggestion: closest(&name.text, declared()),
            });
            fine = false;
        }
    }
    let mut values = Vec::new();
    for field in declared() {
        match given.iter().find(|(name, _)| name.text == field) {
            Some((_, value)) => values.push(value.clone()),
            None => {
                sink.push(MissingField { of: of.name.clone(), field: field.to_owned(), span });
                fine = false;
            }
        }
    }
    if fine { ExprKind::Struct(Type::Struct(of), values) } else { ExprKind::Error }
}

/// The name of an enum's constructor.
pub(in crate::front) fn constructor_name(ty: Type, index: u32) -> String {
    match ty {
        Type::Enum(of) => of.variants.get(index as usize).map_or_else(String::new, |(name, _)| name.clone()),
        _ => String::new(),
    }
}

fn variant(ty: Type, index: u32, args: Vec<Expr>, span: Span, sink: &mut Diagnostics) -> ExprKind {
    let takes = ty.variant(index).unwrap_or_default().len();
    if takes != args.len() {
        let name = constructor_name(ty, index);
        sink.push(ConstructorArity { name, takes, given: args.len(), span });
        return ExprKind::Error;
    }
    ExprKind::Variant(ty, index, args)
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

/// `Role[number]`, or the element of a list.
fn member(base: &tree::Expr, index: &tree::Expr, scope: &mut Scope<'_>, sink: &mut Diagnostics) -> ExprKind {
    if let tree::ExprKind::Path(path) = &base.kind
        && let [name] = path.parts.as_slice()
        && scope.local(&name.text).is_none()
    {
        if let Some(role) = scope.names.role_quietly(&name.text) {
            return ExprKind::Member(role, Box::new(resolve(index, scope, sink)));
        }
        let names = scope.names;
        let has_meaning = names.definition(&name.text).is_some()
            || names.param(&name.text).is_some()
            || names.constructor(path).is_some();
        // Roles are written with a capital: `servers[0]` is meant as a list, `Sevrer[0]` as a role.
        if name.text.starts_with(char::is_uppercase) && !has_meaning {
            resolve(index, scope, sink);
            scope.names.role(name, sink);
            return ExprKind::Error;
        }
    }
    let base = resolve(base, scope, sink);
    let index = resolve(index, scope, sink);
    ExprKind::Call(Function::Element, vec![base, index])
}

/// A call inside an expression; `negated`: right under `not`.
pub(super) fn call(call: &Call, negated: bool, scope: &mut Scope<'_>, sink: &mut Diagnostics) -> ExprKind {
    let name = || call.path.parts.last().map_or_else(String::new, |part| part.text.clone());
    match scope.names.callee(&call.path, true, sink) {
        Callee::Function(function) => return apply(function, call, scope, sink),
        Callee::Definition(definition) => return apply_definition(&definition, call, scope, sink),
        Callee::Constructor(ty, index) => {
            let args = arguments(&name(), call, scope, sink);
            return variant(ty, index, args, call.span, sink);
        }
        Callee::Some => {
            let mut args = arguments("some", call, scope, sink);
            if let (Some(content), true) = (args.pop(), args.is_empty()) {
                return ExprKind::Some(Box::new(content));
            }
            let given = call.args.len();
            sink.push(ConstructorArity { name: name(), takes: 1, given, span: call.span });
        }
        Callee::Clock => return clock(&name(), call, scope, sink),
        Callee::Relation(_) | Callee::Role(_) | Callee::Report(_) => {
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

fn arguments(name: &str, call: &Call, scope: &mut Scope<'_>, sink: &mut Diagnostics) -> Vec<Expr> {
    if let Some(place) = &call.place {
        sink.push(MisplacedPlace { name: name.to_owned(), span: place.span });
    }
    for arg in &call.args {
        if let Some(named) = &arg.name {
            sink.push(NamedArgument { callee: name.to_owned(), span: named.span });
        }
    }
    call.args.iter().map(|arg| resolve(&arg.value, scope, sink)).collect()
}

/// `now()`, `random()` and `random(x)`: what the tick's clock says.
fn clock(name: &str, call: &Call, scope: &mut Scope<'_>, sink: &mut Diagnostics) -> ExprKind {
    let mut args = arguments(name, call, scope, sink).into_iter();
    if scope.site != Site::Rule {
        let (what, place) = match (name, scope.site) {
            ("now", Site::Definition) => ("`now()`", "in what is computed apart from rules"),
            ("now", _) => ("`now()`", "outside of rules"),
            (_, Site::Definition) => ("`random()`", "in what is computed apart from rules"),
            (_, _) => ("`random()`", "outside of rules"),
        };
        sink.push(NotHere { what, span: call.span, place });
        return ExprKind::Error;
    }
    let does =
        if name == "now" { "The time of the tick." } else { "A random int, the same in all of a tick." };
    let params = if name == "now" { 0 } else { 1 };
    match (name, args.next(), args.next()) {
        ("now", None, _) => ExprKind::Var(scope.variable(NOW, call.span)),
        ("random", None, _) => ExprKind::Var(scope.variable(SEED, call.span)),
        ("random", Some(of), None) => {
            let seed = Expr::new(ExprKind::Var(scope.variable(SEED, call.span)), call.span);
            ExprKind::Call(Function::HashWith, vec![seed, of])
        }
        _ => {
            let function = name.to_owned();
            sink.push(FunctionArity { function, params, given: call.args.len(), span: call.span, does });
            ExprKind::Error
        }
    }
}

fn apply_definition(
    definition: &Definition,
    call: &Call,
    scope: &mut Scope<'_>,
    sink: &mut Diagnostics,
) -> ExprKind {
    let name = call.path.parts.last().map_or("", |part| part.text.as_str());
    let args = arguments(name, call, scope, sink);
    let does = if definition.params.is_some() {
        "a function of the program"
    } else {
        "a constant, written without parentheses"
    };
    if definition.params != Some(args.len()) {
        sink.push(FunctionArity {
            function: name.to_owned(),
            params: definition.params.unwrap_or(0),
            given: args.len(),
            span: call.span,
            does,
        });
        return ExprKind::Error;
    }
    ExprKind::Apply(definition.id, args)
}

/// A function with its arguments.
fn apply(function: Function, call: &Call, scope: &mut Scope<'_>, sink: &mut Diagnostics) -> ExprKind {
    let args = arguments(function.name(), call, scope, sink);
    let arities = || Function::by_name(function.name()).map(|function| function.signature().params.len());
    if !arities().any(|params| params == args.len()) {
        sink.push(FunctionArity {
            function: function.name().to_owned(),
            params: arities().next().unwrap_or(0),
            given: args.len(),
            span: call.span,
            does: function.help(),
        });
        return ExprKind::Error;
    }
    ExprKind::Call(function, args)
}
