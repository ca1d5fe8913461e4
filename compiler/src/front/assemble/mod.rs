//! Puts what the passes found together into the checked program.

mod definitions;
mod expr;
mod heads;

use std::collections::BTreeMap;
use std::sync::Arc;

use floret_ir::{
    AtomSource, Diagnostics, Expr, Fact, Head, IndexVec, Literal, NoticeEvent, NoticeKind, Program, Relation,
    RelationColumn, RelationId, RoleId, Rule, RuleOp, Shards, Term, Type, UserLattice, VarId, Variable,
};

use super::placement::Places;
use super::resolve::report;
use super::resolved::{self, ColumnType, Resolved, TermKind};
use super::safety::Orders;
use super::types::Types;
use definitions::Bodies;
use expr::Builder;

/// The checked program, of a program without errors. `None`: something has no type or place, or a diagnostic was given.
pub(super) fn assemble(
    resolved: &Resolved,
    places: &Places,
    types: &Types,
    orders: &Orders,
    sink: &mut Diagnostics,
) -> Option<Program> {
    let mut program = Program {
        roles: resolved.roles.clone(),
        about_order: resolved.about_order.clone(),
        ..Program::default()
    };
    let bodies = definitions::build(resolved, types, sink);
    program.lattices = definitions::lattices(resolved, &bodies, sink)?;
    program.params = definitions::params(resolved, &bodies, sink)?;
    let context = Context { resolved, types, bodies: &bodies };
    for id in resolved.relations.ids() {
        let relation = relation(id, &context, places, &program.lattices, sink)?;
        program.relations.push(relation);
    }
    let mut events = BTreeMap::new();
    let rules = resolved.rules.iter().zip(&places.rules).zip(&types.variables).zip(&orders.0);
    for (((rule, role), types), order) in rules {
        for atom in rule.atoms() {
            if let resolved::Source::Report(kind) = atom.source {
                event(kind, (*role)?, told_of(kind, atom, types), &mut events, &mut program);
            }
        }
        let builder = Builder::new(&context, types, *role, sink);
        let rule = self::rule(rule, builder, order, &program.relations, &events)?;
        program.rules.push(rule);
    }
    for fact in &resolved.facts {
        let variables = IndexVec::new();
        let role = places.relations[fact.relation];
        let mut builder = Builder::new(&context, &variables, role, sink);
        let place = builder.optional(fact.place.as_ref())?;
        let columns = &program.relations[fact.relation].columns;
        let mut values = Vec::new();
        for (value, column) in fact.values.iter().zip(columns) {
            values.push(heads::fact_value(value, column, &mut builder)?);
        }
        program.facts.push(Fact { relation: fact.relation, place, values, span: fact.span });
    }
    Some(program)
}

/// What is known when rules are put together.
struct Context<'c> {
    resolved: &'c Resolved,
    types: &'c Types,
    bodies: &'c Bodies,
}

fn relation(
    id: RelationId,
    context: &Context<'_>,
    places: &Places,
    lattices: &[Arc<UserLattice>],
    sink: &mut Diagnostics,
) -> Option<Relation> {
    let relation = &context.resolved.relations[id];
    let types = &context.types.columns[id];
    let mut columns = Vec::new();
    for (column, ty) in relation.columns.iter().zip(types) {
        let lattice = match &column.lattice {
            Some(form) => Some(form.build(lattices)?),
            None => None,
        };
        columns.push(RelationColumn { name: column.name.clone(), ty: (*ty)?, lattice });
    }
    let shards = match &relation.shards {
        None => None,
        Some(member) => {
            let types: IndexVec<VarId, Option<Type>> = types.iter().copied().collect();
            let member = Builder::new(context, &types, None, sink).expr(member)?;
            Some(Shards { member: member.map_vars(&mut |var| Expr::Var(var.0 as usize)) })
        }
    };
    Some(Relation {
        name: relation.name.clone(),
        kind: relation.kind,
        columns,
        key: relation.key,
        key_proven: false,
        sender: relation.sender.is_some(),
        role: places.relations[id]?,
        input: relation.input,
        shards,
        output: relation.output,
        inferred: relation.inferred,
        span: relation.span,
    })
}

/// The built-in events that are read, by kind, role, and the type of the nodes that they tell of.
type Events = BTreeMap<(NoticeKind, RoleId, Option<Type>), RelationId>;

/// What type of nodes the built-in event is to tell this atom of.
fn told_of(kind: NoticeKind, atom: &resolved::Atom, types: &IndexVec<VarId, Option<Type>>) -> Option<Type> {
    match (kind, atom.terms.first().map(|term| &term.kind)) {
        (NoticeKind::Peer, Some(TermKind::Var(var))) => types.get(*var).copied().flatten(),
        (NoticeKind::Peer, _) => Some(Type::Node),
        (NoticeKind::Error | NoticeKind::Conflict, _) => None,
    }
}

/// Makes the event that tells the nodes of a role, where it is read first.
fn event(kind: NoticeKind, role: RoleId, about: Option<Type>, events: &mut Events, program: &mut Program) {
    if events.contains_key(&(kind, role, about)) {
        return;
    }
    let span = program.roles[role].span;
    let form = report::event(kind, span);
    let ty = |ty: ColumnType| match ty {
        ColumnType::Declared(ty, _) => ty,
        ColumnType::Inferred | ColumnType::Sender | ColumnType::Unknown => Type::String,
    };
    let columns = form.columns.iter().enumerate().map(|(index, column)| RelationColumn {
        name: column.name.clone(),
        ty: about.filter(|_| index == 0).unwrap_or_else(|| ty(column.ty)),
        lattice: None,
    });
    let of_kind = |(of, ..): &&(NoticeKind, RoleId, Option<Type>)| *of == kind;
    let same_role = events.keys().filter(of_kind).filter(|(_, at, _)| *at == role).count();
    let mut name = form.name;
    if events.keys().any(|key| of_kind(&key)) {
        name = format!("{name}@{}", program.roles[role].name);
    }
    if same_role > 0 {
        name = format!("{name}#{}", same_role + 1);
    }
    let relation = program.relations.push(Relation {
        name,
        kind: form.kind,
        columns: columns.collect(),
        key: None,
        key_proven: false,
        sender: false,
        role,
        input: None,
        shards: None,
        output: false,
        inferred: false,
        span,
    });
    program.notices.push(NoticeEvent { kind, relation });
    events.insert((kind, role, about), relation);
}

fn rule(
    rule: &resolved::Rule,
    mut builder: Builder<'_, '_>,
    order: &[usize],
    relations: &IndexVec<RelationId, Relation>,
    events: &Events,
) -> Option<Rule> {
    let mut variables = IndexVec::new();
    for (id, variable) in rule.variables.entries() {
        variables.push(Variable {
            name: variable.name.clone(),
            ty: builder.variable(id)?,
            span: variable.span,
        });
    }
    let id = rule.head.relation?;
    let relation = &relations[id];
    // Without value columns there is no old value to replace.
    let op = if rule.op == RuleOp::Replace && relation.key.is_none() { RuleOp::Next } else { rule.op };
    let place = builder.optional(rule.head.place.as_ref())?;
    let terms = heads::terms(rule, relation, &mut builder)?;
    let mut body = Vec::new();
    for &at in order {
        body.push(literal(rule.body.get(at)?, &mut builder, events)?);
    }
    if let Some(now) = builder.stamp {
        variables.push(Variable { name: "$stamp".into(), ty: Type::Time, span: rule.head.span });
        body.push(Literal::Atom(floret_ir::Atom {
            source: AtomSource::Clock,
            terms: vec![Term::Var(now), Term::Any],
            span: rule.head.span,
        }));
    }
    let head = Head { relation: id, place, terms, span: rule.head.span };
    Some(Rule { op, role: builder.role?, head, body, variables, span: rule.span })
}

fn literal(literal: &resolved::Literal, builder: &mut Builder<'_, '_>, events: &Events) -> Option<Literal> {
    Some(match literal {
        resolved::Literal::Atom(found) => Literal::Atom(atom(found, builder, events)?),
        resolved::Literal::Negation(found) => Literal::Negation(atom(found, builder, events)?),
        resolved::Literal::Condition(condition) => {
            Literal::Condition { expr: builder.expr(condition)?, span: condition.span }
        }
        resolved::Literal::Let { var, value, span, .. } => {
            Literal::Let { var: *var, value: builder.expr(value)?, span: *span }
        }
        resolved::Literal::Unnest { var, value, span, .. } => {
            Literal::Unnest { var: *var, value: builder.expr(value)?, span: *span }
        }
    })
}

fn atom(atom: &resolved::Atom, builder: &Builder<'_, '_>, events: &Events) -> Option<floret_ir::Atom> {
    let (role, types) = (builder.role?, builder.variables);
    let source = match atom.source {
        resolved::Source::Relation(id) => AtomSource::Relation(id),
        resolved::Source::Members(role) => AtomSource::Members(role),
        resolved::Source::Report(kind) => {
            AtomSource::Relation(*events.get(&(kind, role, told_of(kind, atom, types)))?)
        }
        resolved::Source::Clock => AtomSource::Clock,
        resolved::Source::Unknown => return None,
    };
    let term = |term: &resolved::Term| match &term.kind {
        TermKind::Var(var) => Term::Var(*var),
        TermKind::Const(value) => Term::Const(value.clone()),
        TermKind::Any => Term::Any,
    };
    Some(floret_ir::Atom { source, terms: atom.terms.iter().map(term).collect(), span: atom.span })
}
