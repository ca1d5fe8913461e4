//! Reports in the words of the program, and as rows of the built-in events that tell the program of them.

use std::collections::BTreeSet;

use crate::{
    AtomSource, HeadTerm, Literal, NoticeKind, PeerChange, Program, Relation, RelationId, Report, RoleId,
    Row, Rule, Type, Value, VarId, print,
};

/// An assignment in error as `x = 1, y = "a"`: the values of [`Rule::atom_variables`].
pub fn assignment_text(program: &Program, rule: &Rule, bindings: &[Value]) -> String {
    let texts = rule.atom_variables().into_iter().zip(bindings).map(|(var, value)| {
        let variable = &rule.variables[var];
        format!("{} = {}", variable.name, print::literal(value, variable.ty, program))
    });
    texts.collect::<Vec<_>>().join(", ")
}

/// A group as `x = 1, hash(y) = 2`: the values of the head's place and `Expr` terms.
pub fn group_text(program: &Program, rule: &Rule, group: &[Value]) -> String {
    let name = |var: &VarId| rule.variables[*var].name.clone();
    let terms = rule.head.terms.iter().filter_map(|term| match term {
        HeadTerm::Expr(expr) => Some(expr),
        HeadTerm::Aggregate { .. } | HeadTerm::Any => None,
    });
    let exprs = rule.head.place.iter().chain(terms).zip(rule.group_types());
    let texts = exprs.zip(group).map(|((expr, ty), value)| {
        format!("{} = {}", print::expr(expr, program, &name), print::literal(value, ty, program))
    });
    texts.collect::<Vec<_>>().join(", ")
}

/// A row as `link("a", 1)`.
pub fn row_text(program: &Program, relation: &Relation, row: &[Value]) -> String {
    let types = relation.columns.iter().map(|column| column.ty).chain(std::iter::repeat(Type::Bool));
    let texts: Vec<String> =
        row.iter().zip(types).map(|(value, ty)| print::literal(value, ty, program)).collect();
    format!("{}({})", relation.name, texts.join(", "))
}

/// The row by which the node's program hears of a report in its next tick: `floret::error(rule, at, values)` with the
/// rule's number (from 1, in source order), its head's collection and the assignment or group, or
/// `floret::conflict(collection, row)`.
///
/// `None` if the program doesn't ask at that role, or if the report is itself about something that comes of these events
/// (through any rules, at any node): it could go on for ever, each report in the words of the one before.
pub fn report_row(program: &Program, report: &Report) -> Option<(RelationId, Row)> {
    let (kind, role) = match report {
        Report::Error { rule, .. } | Report::Overflow { rule, .. } => {
            (NoticeKind::Error, program.rules.get(*rule)?.role)
        }
        Report::Conflict { relation, .. } => (NoticeKind::Conflict, program.relations.get(*relation)?.role),
    };
    let event = program.notices.iter().find(|event| {
        event.kind == kind && program.relations.get(event.relation).is_some_and(|to| to.role == role)
    })?;
    let told = comes_of_reports(program);
    let row = match report {
        Report::Error { rule: id, bindings: values } | Report::Overflow { rule: id, group: values } => {
            let rule = program.rules.get(*id)?;
            if reads(rule, &told) {
                return None;
            }
            let values = match report {
                Report::Overflow { .. } => group_text(program, rule, values),
                Report::Error { .. } | Report::Conflict { .. } => assignment_text(program, rule, values),
            };
            let at = &program.relations.get(rule.head.relation)?.name;
            vec![Value::Int(i64::from(id.0) + 1), Value::string(at), Value::string(&values)]
        }
        Report::Conflict { relation: id, .. } if told.contains(id) => return None,
        Report::Conflict { relation, lost } => {
            let relation = program.relations.get(*relation)?;
            vec![Value::string(&relation.name), Value::string(&row_text(program, relation, lost))]
        }
    };
    Some((event.relation, row))
}

/// The rows by which a node of the role hears that others came and went, for each event of its program that asks.
pub fn peer_rows<'a>(
    program: &'a Program,
    role: RoleId,
    peers: &'a [PeerChange],
) -> impl Iterator<Item = (RelationId, Vec<Row>)> + 'a {
    let events = program.notices.iter().filter(|event| event.kind == NoticeKind::Peer);
    events.filter_map(move |event| {
        let relation = program.relations.get(event.relation).filter(|to| to.role == role)?;
        let about = relation.columns.first()?.ty;
        let told =
            peers.iter().filter(|change| about == Type::Node || about == Type::Address(change.node.role));
        let row = |change: &PeerChange| vec![Value::Address(change.node), Value::Bool(change.up)];
        Some((event.relation, told.map(row).collect()))
    })
}

/// The collections whose content depends on the reports' events.
fn comes_of_reports(program: &Program) -> BTreeSet<RelationId> {
    let reports = program.notices.iter().filter(|event| match event.kind {
        NoticeKind::Error | NoticeKind::Conflict => true,
        NoticeKind::Peer => false,
    });
    let mut told: BTreeSet<RelationId> = reports.map(|event| event.relation).collect();
    loop {
        let before = told.len();
        for rule in program.rules.iter() {
            if reads(rule, &told) {
                told.insert(rule.head.relation);
            }
        }
        if told.len() == before {
            return told;
        }
    }
}

fn reads(rule: &Rule, relations: &BTreeSet<RelationId>) -> bool {
    rule.body.iter().any(|literal| match literal {
        Literal::Atom(atom) | Literal::Negation(atom) => match atom.source {
            AtomSource::Relation(relation) => relations.contains(&relation),
            AtomSource::Members(_) | AtomSource::Clock => false,
        },
        Literal::Condition { .. } | Literal::Let { .. } | Literal::Unnest { .. } => false,
    })
}
