//! Rules: which literal is an atom and which a condition, and expressions in atoms taken out of them.

use floret_ir::{BinaryOp, Diagnostics, IndexVec, RelationId, RuleOp, Span, VarId};
use floret_lang::tree::{self, Call};

use super::args::by_column;
use super::expr::{self, NOW, SEED, Scope, Site};
use super::head;
use super::names::{Callee, Names};
use crate::front::findings::{
    ImpossibleDeclaration, MisplacedAggregate, MisplacedPlace, NameKind, NamedArgument, NegatedFunction,
    UndeclaredHead, WrongArity,
};
use crate::front::resolved::{Atom, Expr, ExprKind, Home, Literal, Relation, Rule, Source, Term, TermKind};
use floret_ir::closest;

/// Resolves a rule.
pub(super) fn resolve(
    rule: &tree::Rule,
    home: Home,
    span: Span,
    names: &mut Names,
    relations: &IndexVec<RelationId, Relation>,
    sink: &mut Diagnostics,
) -> Rule {
    let relation = head_relation(&rule.head, rule.op, names, sink);
    let mut scope = Scope::new(names, Site::Rule);
    let head = head::resolve(&rule.head, rule.op, relation, relations, &mut scope, sink);
    let mut body = Body { relations, scope, sink, literals: Vec::new() };
    for literal in &rule.body {
        body.literal(literal);
    }
    body.clock();
    let Body { scope, literals, .. } = body;
    Rule { op: rule.op, op_span: rule.op_span, home, head, body: literals, variables: scope.variables, span }
}

/// The head's collection. Views that nobody declared are made before rules are resolved.
fn head_relation(head: &Call, op: RuleOp, names: &mut Names, sink: &mut Diagnostics) -> Option<RelationId> {
    let name = names.single(&head.path, sink)?;
    let found = names.relation(&name.text);
    if found.is_none() && names.is_role(&name.text) {
        sink.push(ImpossibleDeclaration {
            title: format!("`{}` is a role, and no rule can give it members", name.text),
            span: name.span,
            label: "a role, not a collection to fill",
            help: "the deployment says how many nodes a role has; give the collection another name",
        });
    } else if found.is_none() && !names.is_refused(&name.text) && !names.incomplete {
        let suggestion = closest(&name.text, names.relation_names());
        sink.push(UndeclaredHead { name: name.text.clone(), op: Some(op), span: name.span, suggestion });
        names.refuse(&name.text);
    }
    found
}

struct Body<'r, 'n, 's> {
    relations: &'r IndexVec<RelationId, Relation>,
    scope: Scope<'n>,
    sink: &'s mut Diagnostics,
    literals: Vec<Literal>,
}

impl Body<'_, '_, '_> {
    fn literal(&mut self, literal: &tree::Literal) {
        match literal {
            tree::Literal::Expr(expr) => {
                if let tree::ExprKind::Call(call) = &expr.kind {
                    self.call(call, expr);
                } else {
                    self.condition(expr);
                }
            }
            tree::Literal::Negation(call, span) => self.negation(call, *span),
            tree::Literal::Let(name, value, span) => {
                let value = expr::resolve(value, &mut self.scope, self.sink);
                let var = self.scope.variable(&name.text, name.span);
                self.literals.push(Literal::Let { var, name_span: name.span, value, span: *span });
            }
            tree::Literal::In(name, value, span) => self.unnest(name, value, *span),
        }
    }

    /// A variable that an unnesting binds already is compared.
    fn unnest(&mut self, name: &tree::Name, value: &tree::Expr, span: Span) {
        let value = expr::resolve(value, &mut self.scope, self.sink);
        let var = self.scope.variable(&name.text, name.span);
        let again = self
            .literals
            .iter()
            .any(|literal| matches!(literal, Literal::Unnest { var: of, .. } if *of == var));
        let bound = if again { self.scope.fresh(name.span) } else { var };
        self.literals.push(Literal::Unnest { var: bound, name_span: name.span, value, span });
        if again {
            let variable = |var| Box::new(Expr::new(ExprKind::Var(var), name.span));
            let kind = ExprKind::Binary(BinaryOp::Equal, variable(var), variable(bound));
            self.literals.push(Literal::Condition(Expr::new(kind, name.span)));
        }
    }

    /// The hidden atom of `now()` and `random()`.
    fn clock(&mut self) {
        let (now, seed) = (self.scope.known(NOW), self.scope.known(SEED));
        let Some(first) = now.or(seed) else { return };
        let span = self.scope.variables[first].span;
        let term = |var: Option<VarId>| Term { kind: var.map_or(TermKind::Any, TermKind::Var), span };
        let terms = vec![term(now), term(seed)];
        self.literals.push(Literal::Atom(Atom { source: Source::Clock, terms, span }));
    }

    fn condition(&mut self, expr: &tree::Expr) {
        let expr = expr::resolve(expr, &mut self.scope, self.sink);
        self.literals.push(Literal::Condition(expr));
    }

    fn call(&mut self, call: &Call, whole: &tree::Expr) {
        match self.scope.names.callee(&call.path, false, self.sink) {
            Callee::Relation(id) => self.atom(Source::Relation(id), call, false),
            Callee::Role(id) => self.atom(Source::Members(id), call, false),
            Callee::Report(kind) => self.atom(Source::Report(kind), call, false),
            Callee::Function(_)
            | Callee::Definition(_)
            | Callee::Constructor(..)
            | Callee::Some
            | Callee::Clock => self.condition(whole),
            other => self.no_atom(&other, call),
        }
    }

    fn negation(&mut self, call: &Call, span: Span) {
        match self.scope.names.callee(&call.path, false, self.sink) {
            Callee::Relation(id) => self.atom(Source::Relation(id), call, true),
            Callee::Role(id) => self.atom(Source::Members(id), call, true),
            Callee::Report(kind) => self.atom(Source::Report(kind), call, true),
            Callee::Function(_)
            | Callee::Definition(_)
            | Callee::Constructor(..)
            | Callee::Some
            | Callee::Clock => {
                let name = call.path.parts.last().map_or_else(String::new, |part| part.text.clone());
                self.sink.push(NegatedFunction { name, span });
                self.unknown(&call.args, call.span);
            }
            other => self.no_atom(&other, call),
        }
    }

    /// A literal that calls nothing that can be read.
    fn no_atom(&mut self, callee: &Callee, call: &Call) {
        let name = call.path.parts.last().map_or("", |part| part.text.as_str());
        match callee {
            Callee::Aggregate => {
                self.sink.push(MisplacedAggregate {
                    name: name.to_owned(),
                    span: call.span,
                    place: "in a body",
                });
            }
            Callee::Unknown if !self.scope.names.incomplete => {
                self.scope.names.unknown(NameKind::Collection, name, call.path.span, self.sink);
            }
            Callee::Unknown
            | Callee::Refused
            | Callee::Relation(_)
            | Callee::Role(_)
            | Callee::Report(_)
            | Callee::Definition(_)
            | Callee::Constructor(..)
            | Callee::Some
            | Callee::Clock
            | Callee::Function(_) => {}
        }
        self.unknown(&call.args, call.span);
    }

    /// An atom that a diagnostic was given for: its variables count as bound, so that they cause no more messages.
    fn unknown(&mut self, args: &[tree::Arg], span: Span) {
        let mut terms = Vec::new();
        for arg in args {
            if let tree::ExprKind::Path(path) = &arg.value.kind
                && let [name] = path.parts.as_slice()
                && !self.scope.names.is_refused(&name.text)
            {
                let var = self.scope.variable(&name.text, name.span);
                terms.push(Term { kind: TermKind::Var(var), span: name.span });
            }
        }
        self.literals.push(Literal::Atom(Atom { source: Source::Unknown, terms, span }));
    }

    fn atom(&mut self, source: Source, call: &Call, negated: bool) {
        // Other places were split off before.
        if let (Some(place), Source::Members(_) | Source::Report(_)) = (call.place.as_deref(), source)
            && !matches!(place.kind, tree::ExprKind::SelfNode)
        {
            let name = call.path.parts.last().map_or_else(String::new, |part| part.text.clone());
            self.sink.push(MisplacedPlace { name, span: place.span });
            return self.unknown(&call.args, call.span);
        }
        let Some(columns) = self.columns(source, call) else { return self.unknown(&call.args, call.span) };
        let mut taken_out = Vec::new();
        let terms = columns
            .into_iter()
            .map(|value| match value {
                Some(value) => self.term(value, negated, &mut taken_out),
                None => Term { kind: TermKind::Any, span: call.span },
            })
            .collect();
        let atom = Atom { source, terms, span: call.span };
        if negated {
            self.literals.append(&mut taken_out);
            self.literals.push(Literal::Negation(atom));
        } else {
            self.literals.push(Literal::Atom(atom));
            self.literals.append(&mut taken_out);
        }
    }

    fn columns<'t>(&mut self, source: Source, call: &'t Call) -> Option<Vec<Option<&'t tree::Expr>>> {
        if let Source::Relation(id) = source {
            return by_column(call, &self.relations[id], self.sink);
        }
        if let Source::Report(kind) = source {
            return by_column(call, &super::report::event(kind, call.path.span), self.sink);
        }
        let name = call.path.parts.last()?;
        if let Some(named) = call.args.iter().find_map(|arg| arg.name.as_ref()) {
            self.sink.push(NamedArgument { callee: name.text.clone(), span: named.span });
            return None;
        }
        if let [arg] = call.args.as_slice() {
            return Some(vec![Some(&arg.value)]);
        }
        self.sink.push(WrongArity {
            relation: name.text.clone(),
            columns: 1,
            given: call.args.len(),
            span: call.span,
            declared: self.scope.names.declared(&name.text).unwrap_or(name.span),
            inferred: false,
        });
        None
    }

    /// What an atom says about one column. An expression becomes a variable of the compiler's: equal to the expression
    /// after a positive atom, bound to it before a negated one.
    fn term(&mut self, value: &tree::Expr, negated: bool, taken_out: &mut Vec<Literal>) -> Term {
        let span = value.span;
        if matches!(value.kind, tree::ExprKind::Wildcard) {
            return Term { kind: TermKind::Any, span };
        }
        let value = expr::resolve(value, &mut self.scope, self.sink);
        let kind = match value.kind {
            ExprKind::Var(var) => TermKind::Var(var),
            ExprKind::Const(constant) => TermKind::Const(constant),
            ExprKind::Error => TermKind::Any,
            ExprKind::SelfAddress
            | ExprKind::Local(_)
            | ExprKind::Param(_)
            | ExprKind::Member(..)
            | ExprKind::Unary(..)
            | ExprKind::Binary(..)
            | ExprKind::If(..)
            | ExprKind::Call(..)
            | ExprKind::Apply(..)
            | ExprKind::Tuple(_)
            | ExprKind::List(_)
            | ExprKind::Hole(_)
            | ExprKind::Some(_)
            | ExprKind::Variant(..)
            | ExprKind::Struct(..)
            | ExprKind::Field(..)
            | ExprKind::Match(..) => TermKind::Var(self.take_out(value, negated, taken_out)),
        };
        Term { kind, span }
    }

    fn take_out(&mut self, value: Expr, negated: bool, taken_out: &mut Vec<Literal>) -> VarId {
        let span = value.span;
        let var = self.scope.fresh(span);
        taken_out.push(if negated {
            Literal::Let { var, name_span: span, value, span }
        } else {
            let variable = Expr { kind: ExprKind::Var(var), span };
            let kind = ExprKind::Binary(BinaryOp::Equal, Box::new(variable), Box::new(value));
            Literal::Condition(Expr { kind, span })
        });
        var
    }
}
