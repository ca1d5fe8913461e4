//! Patterns of `match`.

use std::collections::BTreeMap;

use floret_ir::{Diagnostics, Span, Type, UnaryOp, closest};
use floret_lang::tree::{self, Name, Path};

use super::expr::{self, Scope};
use super::names::Callee;
use crate::front::findings::{ConstructorArity, Duplicate, NameKind, NamedArgument, NoPattern, UnknownField};
use crate::front::resolved::{ExprKind, Pattern, PatternKind};

/// Resolves a pattern; its names are bound in the scope, until the caller takes them out.
pub(super) fn resolve(pattern: &tree::Expr, scope: &mut Scope<'_>, sink: &mut Diagnostics) -> Pattern {
    let mut bound = BTreeMap::new();
    Patterns { scope, sink, bound: &mut bound }.pattern(pattern)
}

struct Patterns<'p, 'n, 's> {
    scope: &'p mut Scope<'n>,
    sink: &'s mut Diagnostics,
    /// The names of this pattern.
    bound: &'p mut BTreeMap<String, Span>,
}

impl Patterns<'_, '_, '_> {
    fn pattern(&mut self, pattern: &tree::Expr) -> Pattern {
        let span = pattern.span;
        let kind = match &pattern.kind {
            tree::ExprKind::Wildcard => PatternKind::Any,
            tree::ExprKind::Path(path) => self.path(path, span),
            tree::ExprKind::Call(call) => self.call(call),
            tree::ExprKind::Tuple(parts) => match parts.as_slice() {
                [one] => return self.pattern(one),
                parts => PatternKind::Tuple(parts.iter().map(|part| self.pattern(part)).collect()),
            },
            tree::ExprKind::Struct(path, fields) => self.structure(path, fields, span),
            tree::ExprKind::Int(_)
            | tree::ExprKind::Float(_)
            | tree::ExprKind::String(_)
            | tree::ExprKind::Bool(_)
            | tree::ExprKind::Duration(_)
            | tree::ExprKind::Bytes(_)
            | tree::ExprKind::Unary(UnaryOp::Negate, _) => match expr::literal(pattern, self.sink) {
                Some(ExprKind::Const(value)) => PatternKind::Const(value),
                Some(_) => PatternKind::Error,
                None => self.no_pattern(span),
            },
            tree::ExprKind::Missing => PatternKind::Error,
            tree::ExprKind::SelfNode
            | tree::ExprKind::Index(..)
            | tree::ExprKind::Field(..)
            | tree::ExprKind::Unary(..)
            | tree::ExprKind::Binary(..)
            | tree::ExprKind::If(..)
            | tree::ExprKind::Match(..)
            | tree::ExprKind::List(_) => self.no_pattern(span),
        };
        Pattern { kind, span }
    }

    fn no_pattern(&mut self, span: Span) -> PatternKind {
        self.sink.push(NoPattern { span });
        PatternKind::Error
    }

    fn path(&mut self, path: &Path, span: Span) -> PatternKind {
        let names = self.scope.names;
        if let Some((ty, index)) = names.constructor(path) {
            return self.variant(ty, index, &[], span);
        }
        let Some(name) = names.single(path, self.sink) else { return PatternKind::Error };
        if name.text == "none" {
            return PatternKind::None;
        }
        if names.is_refused(&name.text) {
            return PatternKind::Error;
        }
        if let Some(definition) = names.definition(&name.text) {
            return match &definition.literal {
                Some(value) => PatternKind::Const(value.clone()),
                None => self.no_pattern(span),
            };
        }
        // Constructors have capitals: `Yse` is meant as one.
        if name.text.starts_with(char::is_uppercase) {
            if !names.incomplete {
                names.unknown(NameKind::Constructor, &name.text, name.span, self.sink);
            }
            return PatternKind::Error;
        }
        if let Some(&first) = self.bound.get(&name.text) {
            self.sink.push(Duplicate { name: name.text.clone(), first, second: name.span });
            return PatternKind::Error;
        }
        self.bound.insert(name.text.clone(), name.span);
        PatternKind::Bind(self.scope.bind(&name.text, name.span))
    }

    fn call(&mut self, call: &tree::Call) -> PatternKind {
        let args: Vec<Pattern> = call.args.iter().map(|arg| self.pattern(&arg.value)).collect();
        if let Some(name) = call.args.iter().find_map(|arg| arg.name.as_ref()) {
            let callee = call.path.parts.last().map_or_else(String::new, |part| part.text.clone());
            self.sink.push(NamedArgument { callee, span: name.span });
        }
        match self.scope.names.callee(&call.path, true, self.sink) {
            Callee::Constructor(ty, index) => self.variant(ty, index, &args, call.span),
            Callee::Some => match args.as_slice() {
                [content] => PatternKind::Some(Box::new(content.clone())),
                _ => {
                    let name = "some".to_owned();
                    self.sink.push(ConstructorArity { name, takes: 1, given: args.len(), span: call.span });
                    PatternKind::Error
                }
            },
            Callee::Refused => PatternKind::Error,
            Callee::Unknown if self.scope.names.incomplete => PatternKind::Error,
            Callee::Unknown => {
                let name = call.path.parts.last().map_or("", |part| part.text.as_str());
                self.scope.names.unknown(NameKind::Constructor, name, call.path.span, self.sink);
                PatternKind::Error
            }
            Callee::Relation(_)
            | Callee::Role(_)
            | Callee::Function(_)
            | Callee::Definition(_)
            | Callee::Clock
            | Callee::Report(_)
            | Callee::Aggregate => self.no_pattern(call.span),
        }
    }

    fn variant(&mut self, ty: Type, index: u32, args: &[Pattern], span: Span) -> PatternKind {
        let takes = ty.variant(index).unwrap_or_default().len();
        if takes != args.len() {
            let name = expr::constructor_name(ty, index);
            self.sink.push(ConstructorArity { name, takes, given: args.len(), span });
            return PatternKind::Error;
        }
        PatternKind::Variant(ty, index, args.to_vec())
    }

    /// Fields that are not named may be anything.
    fn structure(&mut self, path: &Path, fields: &[(Name, tree::Expr)], span: Span) -> PatternKind {
        let found = expr::struct_type(path, self.scope.names, self.sink);
        let mut given: Vec<(&Name, Pattern)> = Vec::new();
        for (name, value) in fields {
            let value = self.pattern(value);
            if let Some((first, _)) = given.iter().find(|(other, _)| other.text == name.text) {
                self.sink.push(Duplicate { name: name.text.clone(), first: first.span, second: name.span });
            }
            given.push((name, value));
        }
        let Some(of) = found else { return PatternKind::Error };
        let declared = || of.fields.iter().map(|(field, _)| field.as_str());
        for (name, _) in &given {
            if !declared().any(|field| field == name.text) {
                self.sink.push(UnknownField {
                    of: of.name.clone(),
                    field: name.text.clone(),
                    span: name.span,
                    fields: declared().map(str::to_owned).collect(),
                    suggestion: closest(&name.text, declared()),
                });
            }
        }
        let field = |field: &str| {
            let found = given.iter().find(|(name, _)| name.text == field);
            found.map_or(Pattern { kind: PatternKind::Any, span }, |(_, pattern)| pattern.clone())
        };
        PatternKind::Struct(Type::Struct(of), declared().map(field).collect())
    }
}
