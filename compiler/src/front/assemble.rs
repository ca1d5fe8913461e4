//! Puts what the passes found together into the checked program.

use std::collections::BTreeMap;

use floret_ir::{
    AtomSource, Expr, Fact, Head, HeadTerm, IndexVec, Literal, Program, Relation, RelationColumn, RelationId,
    RelationKind, ReportEvent, ReportKind, RoleId, Rule, RuleOp, Shards, Term, Type, VarId, Variable,
};

use super::placement::Places;
use super::resolved::{self, ExprKind, Resolved, TermKind};
use super::safety::Orders;
use super::types::{Types, value_type};

/// The checked program, of a program without errors. `None`: something has no type or place.
pub(super) fn assemble(
    resolved: &Resolved,
    places: &Places,
    types: &Types,
    orders: &Orders,
) -> Option<Program> {
    let mut program = Program { roles: resolved.roles.clone(), ..Program::default() };
    for id in resolved.relations.ids() {
        program.relations.push(relation(id, resolved, places, types)?);
    }
    let rules = resolved.rules.iter().zip(&places.rules).zip(&types.variables).zip(&orders.0);
    for (((rule, role), types), order) in rules {
        let frame = Frame { types, role: *role };
        let reports = report_events(rule, (*role)?, &mut program);
        program.rules.push(self::rule(rule, &frame, order, &reports, &program.relations)?);
    }
    for fact in &resolved.facts {
        let types = IndexVec::new();
        let frame = Frame { types: &types, role: places.relations[fact.relation] };
        program.facts.push(Fact {
            relation: fact.relation,
            place: optional(fact.place.as_ref(), &frame)?,
            values: fact.values.iter().map(|value| expr(value, &frame)).collect::<Option<_>>()?,
            span: fact.span,
        });
    }
    Some(program)
}

/// The built-in events that a rule reads at its role; they are made when they are first asked for.
fn report_events(
    rule: &resolved::Rule,
    role: RoleId,
    program: &mut Program,
) -> BTreeMap<ReportKind, RelationId> {
    let mut events = BTreeMap::new();
    for atom in rule.atoms() {
        let resolved::Source::Reports(kind) = atom.source else { continue };
        let is_it =
            |event: &&ReportEvent| event.kind == kind && program.relations[event.relation].role == role;
        let known = program.report_events.iter().find(is_it).map(|event| event.relation);
        let relation = known.unwrap_or_else(|| {
            let many = program.roles.len() > 1;
            let at = if many { format!("@{}", program.roles[role].name) } else { String::new() };
            let columns = kind.columns().iter().map(|(name, ty)| RelationColumn {
                name: (*name).to_owned(),
                ty: *ty,
                lattice: None,
            });
            let relation = program.relations.push(Relation {
                name: format!("{}{at}", kind.name()),
                kind: RelationKind::Event,
                columns: columns.collect(),
                key: None,
                key_proven: false,
                sender: false,
                role,
                input: None,
                shards: None,
                output: false,
                inferred: false,
                span: atom.span,
            });
            program.report_events.push(ReportEvent { kind, relation });
            relation
        });
        events.insert(kind, relation);
    }
    events
}

fn relation(id: RelationId, resolved: &Resolved, places: &Places, types: &Types) -> Option<Relation> {
    let relation = &resolved.relations[id];
    let mut columns = Vec::new();
    for (column, ty) in relation.columns.iter().zip(&types.columns[id]) {
        columns.push(RelationColumn { name: column.name.clone(), ty: (*ty)?, lattice: None });
    }
    let shards = match &relation.shards {
        None => None,
        Some(member) => {
            let types: IndexVec<VarId, Option<Type>> = types.columns[id].iter().copied().collect();
            let member = expr(member, &Frame { types: &types, role: None })?;
            Some(Shards { member: member.map_vars(&mut |var| Expr::Var(var.0 as usize)) })
        }
    };
    Some(Relation {
        name: relation.name.clone(),
        kind: relation.kind,
        columns,
        key: relation.key,
        key_proven: false,
        sender: relation.sender,
        role: places.relations[id]?,
        input: relation.input,
        shards,
        output: relation.output,
        inferred: relation.inferred,
        span: relation.span,
    })
}

/// The types of an expression's variables, and its place.
struct Frame<'t> {
    types: &'t IndexVec<VarId, Option<Type>>,
    role: Option<floret_ir::RoleId>,
}

fn rule(
    rule: &resolved::Rule,
    frame: &Frame<'_>,
    order: &[usize],
    reports: &BTreeMap<ReportKind, RelationId>,
    relations: &IndexVec<RelationId, Relation>,
) -> Option<Rule> {
    let mut variables = IndexVec::new();
    for (id, variable) in rule.variables.entries() {
        variables.push(Variable { name: variable.name.clone(), ty: frame.types[id]?, span: variable.span });
    }
    let relation = rule.head.relation?;
    // Without value columns there is no old value to replace.
    let is_set = relations[relation].key.is_none();
    let op = if rule.op == RuleOp::Replace && is_set { RuleOp::Next } else { rule.op };
    let head = Head {
        relation,
        place: optional(rule.head.place.as_ref(), frame)?,
        terms: rule.head.terms.iter().map(|term| head_term(term, frame)).collect::<Option<_>>()?,
        span: rule.head.span,
    };
    let mut body = Vec::new();
    for &at in order {
        body.push(literal(rule.body.get(at)?, frame, reports)?);
    }
    Some(Rule { op, role: frame.role?, head, body, variables, span: rule.span })
}

fn head_term(term: &resolved::HeadTerm, frame: &Frame<'_>) -> Option<HeadTerm> {
    Some(match term {
        resolved::HeadTerm::Expr(value) => HeadTerm::Expr(expr(value, frame)?),
        resolved::HeadTerm::Any => HeadTerm::Any,
        resolved::HeadTerm::Aggregate { kind, argument, .. } => {
            HeadTerm::Aggregate { kind: *kind, argument: optional(argument.as_ref(), frame)?, by: None }
        }
    })
}

fn literal(
    literal: &resolved::Literal,
    frame: &Frame<'_>,
    reports: &BTreeMap<ReportKind, RelationId>,
) -> Option<Literal> {
    Some(match literal {
        resolved::Literal::Atom(found) => Literal::Atom(atom(found, reports)?),
        resolved::Literal::Negation(found) => Literal::Negation(atom(found, reports)?),
        resolved::Literal::Condition(condition) => {
            Literal::Condition { expr: expr(condition, frame)?, span: condition.span }
        }
        resolved::Literal::Let { var, value, span, .. } => {
            Literal::Let { var: *var, value: expr(value, frame)?, span: *span }
        }
    })
}

fn atom(atom: &resolved::Atom, reports: &BTreeMap<ReportKind, RelationId>) -> Option<floret_ir::Atom> {
    let source = match atom.source {
        resolved::Source::Relation(id) => AtomSource::Relation(id),
        resolved::Source::Members(role) => AtomSource::Members(role),
        resolved::Source::Clock => AtomSource::Clock,
        resolved::Source::Reports(kind) => AtomSource::Relation(*reports.get(&kind)?),
        resolved::Source::Unknown => return None,
    };
    let term = |term: &resolved::Term| match &term.kind {
        TermKind::Var(var) => Term::Var(*var),
        TermKind::Const(value) => Term::Const(value.clone()),
        TermKind::Any => Term::Any,
    };
    Some(floret_ir::Atom { source, terms: atom.terms.iter().map(term).collect(), span: atom.span })
}

/// An expression that may be absent; `None`: it is there and can't be built.
fn optional(found: Option<&resolved::Expr>, frame: &Frame<'_>) -> Option<Option<Expr<VarId>>> {
    match found {
        None => Some(None),
        Some(found) => expr(found, frame).map(Some),
    }
}

fn expr(found: &resolved::Expr, frame: &Frame<'_>) -> Option<Expr<VarId>> {
    typed(found, frame).map(|(expr, _)| expr)
}

fn typed(found: &resolved::Expr, frame: &Frame<'_>) -> Option<(Expr<VarId>, Type)> {
    Some(match &found.kind {
        ExprKind::Error => return None,
        ExprKind::Const(value) => (Expr::Const(value.clone()), value_type(value)),
        ExprKind::Var(var) => (Expr::Var(*var), (*frame.types.get(*var)?)?),
        ExprKind::SelfAddress => (Expr::SelfAddress(frame.role?), Type::Address(frame.role?)),
        ExprKind::Member(role, index) => {
            (Expr::Member { role: *role, index: Box::new(expr(index, frame)?) }, Type::Address(*role))
        }
        ExprKind::Unary(op, value) => {
            let (value, ty) = typed(value, frame)?;
            (Expr::Unary { op: *op, operand: ty, value: Box::new(value) }, ty)
        }
        ExprKind::Binary(op, left, right) => {
            let (left, ty) = typed(left, frame)?;
            let right = Box::new(expr(right, frame)?);
            let result = if op.is_arithmetic() { ty } else { Type::Bool };
            (Expr::Binary { op: *op, operands: ty, left: Box::new(left), right }, result)
        }
        ExprKind::If(condition, then, otherwise) => {
            let condition = Box::new(expr(condition, frame)?);
            let (then, ty) = typed(then, frame)?;
            let otherwise = Box::new(expr(otherwise, frame)?);
            (Expr::If { condition, then: Box::new(then), otherwise }, ty)
        }
        ExprKind::Call(function, args) => {
            let (args, types): (Vec<_>, Vec<_>) =
                args.iter().map(|arg| typed(arg, frame)).collect::<Option<Vec<_>>>()?.into_iter().unzip();
            let result = function.signature().result_of(&types)?;
            (Expr::Call { function: *function, args, types, result }, result)
        }
    })
}
