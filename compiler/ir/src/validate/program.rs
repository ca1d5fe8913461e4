//! The checked program, its strata, and the coordination check's answers.

use std::collections::BTreeSet;

use crate::coordination::{Coordination, Reason};
use crate::{
    AboutOrder, AggregateKind, Atom, AtomSource, Expr, Fact, HeadTerm, Lattice, Literal, NoticeKind, Program,
    Relation, RelationKind, Rule, RuleOp, Sources, Stratified, Term, Type, UserLattice, VarId,
};

use super::expr::Context;
use super::{Check, check_span, ensure, present};

pub(super) fn check(program: &Program, sources: &Sources) -> Check {
    for role in program.roles.iter() {
        check_span(role.span, sources)?;
    }
    for of in program.relations.iter() {
        relation(program, of, sources)
            .map_err(|invalid| invalid.within(format_args!("collection `{}`", of.name)))?;
    }
    for param in &program.params {
        let context = Context { program, here: crate::RoleId(0) };
        context.ty(param.ty)?;
        check_span(param.span, sources)?;
        let fits = param.default.as_ref().is_none_or(|value| value.is_of(param.ty));
        ensure(fits, "a parameter's default has another type")?;
    }
    for of in &program.lattices {
        declared_lattice(program, of, sources)?;
    }
    for event in &program.notices {
        let relation = present(program.relations.get(event.relation), "a report's event does not exist")?;
        let types: Vec<Type> = relation.columns.iter().map(|column| column.ty).collect();
        let fits = match event.kind {
            NoticeKind::Error => types == [Type::Int, Type::String, Type::String],
            NoticeKind::Conflict => types == [Type::String, Type::String],
            NoticeKind::Peer => matches!(types.as_slice(), [Type::Node | Type::Address(_), Type::Bool]),
        };
        ensure(fits && relation.kind == RelationKind::Event, "a report's event has other columns")?;
    }
    for of in &program.seals {
        ensure(of.is_of(program), "a sealed channel has other parts")?;
    }
    for of in &program.sealed_inputs {
        ensure(of.is_of(program), "a sealed input has other parts")?;
    }
    for of in &program.sequenced {
        ensure(of.is_of(program), "a sequenced channel has other parts")?;
    }
    for (id, of) in program.rules.entries() {
        rule(program, of, sources).map_err(|invalid| invalid.within(format_args!("rule {}", id.0)))?;
    }
    for (index, of) in program.facts.iter().enumerate() {
        fact(program, of, sources).map_err(|invalid| invalid.within(format_args!("fact {index}")))?;
    }
    about_order(&program.about_order, program, sources)
}

fn about_order(said: &AboutOrder, program: &Program, sources: &Sources) -> Check {
    let rules = said.accepted.iter().map(|accepted| (&accepted.rules, accepted.span));
    let rules = rules.chain(said.monotone.iter().map(|monotone| (&monotone.rules, monotone.span)));
    for (rules, span) in rules {
        check_span(span, sources)?;
        let exist = rules.iter().all(|rule| program.rules.get(*rule).is_some());
        ensure(exist, "an assertion names a rule that does not exist")?;
    }
    let accepted = said.accepted.iter().filter_map(|accepted| accepted.relation);
    let relations = accepted.chain(said.confluent.iter().map(|confluent| confluent.relation));
    for relation in relations {
        present(program.relations.get(relation), "an assertion names a collection that does not exist")?;
    }
    said.confluent.iter().try_for_each(|confluent| check_span(confluent.span, sources))
}

fn relation(program: &Program, relation: &Relation, sources: &Sources) -> Check {
    let context = Context { program, here: relation.role };
    context.role(relation.role)?;
    check_span(relation.span, sources)?;
    for (index, column) in relation.columns.iter().enumerate() {
        context.ty(column.ty)?;
        if let Some(of) = &column.lattice {
            ensure(relation.key.is_some_and(|key| index >= key), "a lattice is no value column")?;
            ensure(of.carrier() == column.ty, "a lattice column has another type")?;
            lattice(context, of, sources)?;
        }
    }
    if let RelationKind::Timer { every } = relation.kind {
        let types: Vec<Type> = relation.columns.iter().map(|column| column.ty).collect();
        ensure(every > 0 && types == [Type::Time], "it is no timer")?;
    }
    if relation.sender {
        let last = relation.columns.last().map(|column| column.ty);
        let is_address = matches!(last, Some(Type::Address(_) | Type::Node));
        ensure(relation.is_channel() && is_address, "it has no sender's column")?;
    }
    if let RelationKind::Channel { from: Some(from), .. } = relation.kind {
        context.role(from)?;
    }
    ensure(relation.key.is_none_or(|key| key < relation.arity()), "the key has no values")?;
    if let Some(shards) = &relation.shards {
        let column = |column: &usize| relation.columns.get(*column).map(|column| column.ty);
        context.expects(&shards.member, Type::Int, &column)?;
    }
    let fed = matches!(relation.kind, RelationKind::Table | RelationKind::Event);
    ensure(fed || relation.input.is_none(), "it can't be an input")
}

fn lattice(context: Context, of: &Lattice, sources: &Sources) -> Check {
    match of {
        Lattice::Max(of) | Lattice::Min(of) | Lattice::Set(of) | Lattice::Lww(of) => context.ty(*of),
        Lattice::Any | Lattice::All => Ok(()),
        Lattice::Map(key, of) => {
            context.ty(*key)?;
            lattice(context, of, sources)
        }
        Lattice::Tuple(parts) => parts.iter().try_for_each(|part| lattice(context, part, sources)),
        Lattice::Struct(of, parts) => {
            let types: Vec<Type> = of.fields.iter().map(|(_, ty)| *ty).collect();
            let carriers: Vec<Type> = parts.iter().map(Lattice::carrier).collect();
            ensure(types == carriers, "a struct's lattices have other types")?;
            parts.iter().try_for_each(|part| lattice(context, part, sources))
        }
        Lattice::User(of) => declared_lattice(context.program, of, sources),
    }
}

fn declared_lattice(program: &Program, of: &UserLattice, sources: &Sources) -> Check {
    let context = Context { program, here: crate::RoleId(0) };
    context.ty(of.over)?;
    check_span(of.span, sources)?;
    ensure(!of.merge.is_fallible() && !asks(&of.merge), "a merge is not total")?;
    context.expects(&of.merge, of.over, &|var| (*var < 2).then_some(of.over))
}

/// Whether the value depends on where it is computed.
fn asks(expr: &Expr<usize>) -> bool {
    match expr {
        Expr::Const(_) | Expr::Var(_) => false,
        Expr::Param { .. } | Expr::SelfAddress(_) | Expr::Member { .. } => true,
        Expr::Unary { value, .. } | Expr::Project { value, .. } => asks(value),
        Expr::Binary { left, right, .. } => asks(left) || asks(right),
        Expr::If { condition, then, otherwise } => asks(condition) || asks(then) || asks(otherwise),
        Expr::Call { args, .. } | Expr::Construct { parts: args, .. } => args.iter().any(asks),
    }
}

fn rule(program: &Program, rule: &Rule, sources: &Sources) -> Check {
    let context = Context { program, here: rule.role };
    context.role(rule.role)?;
    check_span(rule.span, sources)?;
    check_span(rule.head.span, sources)?;
    for variable in rule.variables.iter() {
        context.ty(variable.ty)?;
        check_span(variable.span, sources)?;
    }
    let mut bound: BTreeSet<VarId> = BTreeSet::new();
    for atom in rule.positive_atoms() {
        check_atom(context, rule, atom, sources)?;
        bound.extend(
            atom.terms.iter().filter_map(|term| if let Term::Var(var) = term { Some(*var) } else { None }),
        );
    }
    for literal in &rule.body {
        if let Literal::Let { var, value, span } = literal {
            check_span(*span, sources)?;
            let variable = present(rule.variables.get(*var), "a variable does not exist")?;
            context.expects(value, variable.ty, &|var| in_scope(rule, &bound, *var))?;
            bound.insert(*var);
        }
        if let Literal::Unnest { var, value, span } = literal {
            check_span(*span, sources)?;
            let variable = present(rule.variables.get(*var), "a variable does not exist")?;
            let of = context.expr(value, &|var| in_scope(rule, &bound, *var))?;
            ensure(of.element() == Some(variable.ty), "an unnested value has other elements")?;
            bound.insert(*var);
        }
    }
    let scope = |var: &VarId| in_scope(rule, &bound, *var);
    for literal in &rule.body {
        match literal {
            Literal::Atom(_) | Literal::Let { .. } | Literal::Unnest { .. } => {}
            Literal::Negation(atom) => {
                ensure(atom.source != AtomSource::Clock, "the clock is negated")?;
                check_atom(context, rule, atom, sources)?;
                let free =
                    atom.terms.iter().any(|term| matches!(term, Term::Var(var) if !bound.contains(var)));
                ensure(!free, "a variable of a negation is not bound")?;
            }
            Literal::Condition { expr, span } => {
                check_span(*span, sources)?;
                context.expects(expr, Type::Bool, &scope)?;
            }
        }
    }
    head(context, rule, &scope)
}

fn in_scope(rule: &Rule, bound: &BTreeSet<VarId>, var: VarId) -> Option<Type> {
    rule.variables.get(var).filter(|_| bound.contains(&var)).map(|variable| variable.ty)
}

fn check_atom(context: Context, rule: &Rule, atom: &Atom, sources: &Sources) -> Check {
    check_span(atom.span, sources)?;
    let columns: Vec<Type> = match atom.source {
        AtomSource::Relation(id) => {
            let relation = present(context.program.relations.get(id), "a collection does not exist")?;
            ensure(relation.role == rule.role, "an atom reads at another role")?;
            relation.columns.iter().map(|column| column.ty).collect()
        }
        AtomSource::Members(role) => {
            context.role(role)?;
            vec![Type::Address(role)]
        }
        AtomSource::Clock => vec![Type::Time, Type::Int],
    };
    ensure(atom.terms.len() == columns.len(), "an atom has a wrong number of columns")?;
    for (term, column) in atom.terms.iter().zip(columns) {
        let ty = match term {
            Term::Var(var) => present(rule.variables.get(*var), "a variable does not exist")?.ty,
            Term::Const(value) => context.value(value)?,
            Term::Any => column,
        };
        ensure(ty == column, "an atom has a column of a wrong type")?;
    }
    Ok(())
}

fn head(context: Context, rule: &Rule, scope: &impl Fn(&VarId) -> Option<Type>) -> Check {
    let relation = present(context.program.relations.get(rule.head.relation), "the head does not exist")?;
    let fits = match (rule.op, relation.kind) {
        (RuleOp::Now, RelationKind::Table | RelationKind::View | RelationKind::Event)
        | (RuleOp::Next, RelationKind::Table | RelationKind::Event)
        | (RuleOp::Delete | RuleOp::Replace, RelationKind::Table)
        | (RuleOp::Later, RelationKind::Channel { .. }) => true,
        (RuleOp::Now | RuleOp::Next | RuleOp::Delete | RuleOp::Replace | RuleOp::Later, _) => false,
    };
    ensure(fits, "the head can't be filled this way")?;
    ensure(rule.op != RuleOp::Replace || relation.key.is_some(), "the head has no key")?;
    match &rule.head.place {
        Some(place) => context.expects(place, Type::Address(relation.role), scope)?,
        None => ensure(relation.role == rule.role, "the head is at another role")?,
    }
    ensure(rule.op == RuleOp::Later || relation.role == rule.role, "the head is at another role")?;
    ensure(rule.head.terms.len() == relation.sent_arity(), "the head has a wrong number of columns")?;
    for (index, (term, column)) in rule.head.terms.iter().zip(&relation.columns).enumerate() {
        let ty = match term {
            HeadTerm::Expr(expr) => context.expr(expr, scope)?,
            HeadTerm::Aggregate { kind, argument, by } => {
                if let Some(by) = by {
                    context.expr(by, scope)?;
                }
                let argument = argument.as_ref().map(|expr| context.expr(expr, scope)).transpose()?;
                aggregate_type(*kind, argument, by.is_some())?
            }
            HeadTerm::Any => {
                let value = relation.key.is_some_and(|key| index >= key);
                ensure(rule.op == RuleOp::Delete && value, "a head column has no value")?;
                column.ty
            }
        };
        ensure(ty == column.ty, "a head column has a wrong type")?;
    }
    Ok(())
}

/// The type of an aggregate over an argument of this type, with or without something to compare by.
pub(super) fn aggregate_type(kind: AggregateKind, argument: Option<Type>, by: bool) -> Check<Type> {
    ensure(
        by == matches!(kind, AggregateKind::ArgMin | AggregateKind::ArgMax),
        "an aggregate compares what it should not, or nothing",
    )?;
    let result = match (kind, argument) {
        (AggregateKind::Count, None) | (AggregateKind::CountDistinct, Some(_)) => Some(Type::Int),
        (AggregateKind::Sum, Some(ty @ (Type::Int | Type::Float))) => Some(ty),
        (AggregateKind::Avg, Some(Type::Int | Type::Float)) => Some(Type::Float),
        (AggregateKind::Collect, Some(ty)) => Some(Type::set(ty)),
        (
            AggregateKind::Min
            | AggregateKind::Max
            | AggregateKind::ArgMin
            | AggregateKind::ArgMax
            | AggregateKind::Any,
            Some(ty),
        ) => Some(ty),
        (AggregateKind::Count, Some(_))
        | (
            AggregateKind::CountDistinct
            | AggregateKind::Min
            | AggregateKind::Max
            | AggregateKind::ArgMin
            | AggregateKind::ArgMax
            | AggregateKind::Any
            | AggregateKind::Collect,
            None,
        )
        | (AggregateKind::Sum | AggregateKind::Avg, _) => None,
    };
    present(result, "an aggregate has a wrong argument")
}

fn fact(program: &Program, fact: &Fact, sources: &Sources) -> Check {
    check_span(fact.span, sources)?;
    let relation = present(program.relations.get(fact.relation), "its collection does not exist")?;
    let context = Context { program, here: relation.role };
    let closed = |_: &VarId| None;
    if let Some(place) = &fact.place {
        context.expects(place, Type::Address(relation.role), &closed)?;
    }
    ensure(fact.values.len() == relation.arity(), "it has a wrong number of columns")?;
    for (value, column) in fact.values.iter().zip(&relation.columns) {
        context.expects(value, column.ty, &closed)?;
    }
    Ok(())
}

pub(super) fn check_strata(stratified: &Stratified) -> Check {
    let Stratified { program, strata } = stratified;
    ensure(strata.presence.len() == program.relations.len(), "the strata are of other collections")?;
    ensure(strata.firing.len() == program.rules.len(), "the strata are of other rules")?;
    let mut seen = BTreeSet::new();
    let mut filling = BTreeSet::new();
    for component in &strata.components {
        for relation in &component.relations {
            ensure(
                program.relations.get(*relation).is_some(),
                "the strata name a collection that does not exist",
            )?;
            ensure(seen.insert(*relation), "a collection is in two strata")?;
        }
        for id in &component.rules {
            let rule = present(program.rules.get(*id), "the strata name a rule that does not exist")?;
            let here = rule.op == RuleOp::Now && component.relations.contains(&rule.head.relation);
            ensure(here && filling.insert(*id), "a rule is in a wrong stratum")?;
        }
    }
    ensure(seen.len() == program.relations.len(), "a collection is in no stratum")?;
    let now = program.rules.iter().filter(|rule| rule.op == RuleOp::Now).count();
    ensure(filling.len() == now, "a rule is in no stratum")
}

pub(super) fn check_coordination(coordination: &Coordination, program: &Program) -> Check {
    let relations = program.relations.len();
    // Both lists are empty where the check was not run.
    let all = |count: usize| count == relations || count == 0;
    ensure(
        all(coordination.classes.len()) && coordination.reasons.len() == coordination.classes.len(),
        "the coordination classes are of other collections",
    )?;
    let is_relation = |id: &crate::RelationId| program.relations.get(*id).is_some();
    let is_rule = |id: &crate::RuleId| program.rules.get(*id).is_some();
    let rules = coordination.verdicts.len();
    ensure(rules == program.rules.len() || rules == 0, "the verdicts are of other rules")?;
    for reason in coordination.reasons.iter() {
        match reason {
            Reason::Fixed | Reason::Input | Reason::Node => {}
            Reason::Rule { rule, .. } => ensure(is_rule(rule), "a reason names a rule that does not exist")?,
        }
    }
    for point in &coordination.points {
        let steps = point
            .path
            .iter()
            .all(|step| is_relation(&step.from) && is_relation(&step.to) && is_rule(&step.rule));
        let ends = is_relation(&point.relation)
            && point.rule.as_ref().is_none_or(is_rule)
            && point.outputs.iter().all(is_relation)
            && point.ways_out.iter().all(|way| way.about.iter().all(is_relation));
        ensure(steps && ends, "a point of order names something that does not exist")?;
    }
    Ok(())
}
