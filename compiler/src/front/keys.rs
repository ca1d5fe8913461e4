//! Keys: where two different rows for one key can't meet, nothing has to settle it at run time; elsewhere the programmer
//! is told.

use std::collections::BTreeSet;

use floret_ir::{
    Atom, AtomSource, Diagnostics, Expr, HeadTerm, IndexVec, Literal, Program, Relation, RelationId,
    RelationKind, Rule, RuleOp, Term, Value, VarId,
};

use super::findings::KeyConflict;

/// Proves keys, and warns of those that rules may violate, but for `settled` channels.
pub(super) fn prove(program: &mut Program, settled: &[&str], sink: &mut Diagnostics) {
    let mut rules: IndexVec<RelationId, Vec<&Rule>> = program.relations.iter().map(|_| Vec::new()).collect();
    for rule in program.rules.iter() {
        rules[rule.head.relation].push(rule);
    }
    let mut proven = Vec::new();
    for (id, relation) in program.relations.entries() {
        let Some(key) = relation.key else { continue };
        let heads = &rules[id];
        // Lattice columns merge: only plain value columns can conflict.
        let values = relation.columns.iter().skip(key).filter(|column| column.lattice.is_none()).count();
        if values == 0 {
            proven.push(id);
            continue;
        }
        if is_proven(id, relation, key, heads, program) {
            proven.push(id);
        } else if heads.iter().any(|rule| rule.op != RuleOp::Delete)
            && !is_settled(key, heads, program)
            && !settled.contains(&&*relation.name)
        {
            sink.push(KeyConflict {
                relation: relation.name.clone(),
                kind: relation.kind,
                span: relation.span,
                heads: heads
                    .iter()
                    .filter(|rule| rule.op != RuleOp::Delete)
                    .map(|rule| rule.head.span)
                    .collect(),
            });
        }
    }
    for id in proven {
        program.relations[id].key_proven = true;
    }
}

/// Whether two different rows for one key can never be in the relation.
fn is_proven(id: RelationId, relation: &Relation, key: usize, rules: &[&Rule], program: &Program) -> bool {
    if relation.input.is_some() {
        return false;
    }
    let facts: Vec<_> = program.facts.iter().filter(|fact| fact.relation == id).collect();
    if !facts.is_empty() {
        return rules.is_empty() && facts_differ(&facts, key, relation);
    }
    match (relation.kind, rules) {
        (RelationKind::View | RelationKind::Event, [rule]) => {
            rule.op == RuleOp::Now && is_determined(rule, key, program, true)
        }
        // A table remembers: what determined the value in one tick may say something else in the next, so only what
        // the key itself says counts. Deletes take rows away and harm nothing.
        (RelationKind::Table, rules) => match adding(rules).as_slice() {
            [rule] => {
                matches!(rule.op, RuleOp::Now | RuleOp::Next) && is_determined(rule, key, program, false)
            }
            _ => false,
        },
        (
            RelationKind::View
            | RelationKind::Event
            | RelationKind::Channel { .. }
            | RelationKind::Timer { .. },
            _,
        ) => false,
    }
}

fn adding<'r>(rules: &[&'r Rule]) -> Vec<&'r Rule> {
    rules.iter().copied().filter(|rule| rule.op != RuleOp::Delete).collect()
}

/// Whether the one rule that fills a table replaces each key's row by one that the key determines in that tick.
fn is_settled(key: usize, rules: &[&Rule], program: &Program) -> bool {
    match adding(rules).as_slice() {
        [rule] => rule.op == RuleOp::Replace && is_determined(rule, key, program, true),
        _ => false,
    }
}

/// Whether all facts are constants, and those of one key are equal. (Some may be at different nodes: that can't hurt.)
fn facts_differ(facts: &[&floret_ir::Fact], key: usize, relation: &Relation) -> bool {
    let mut rows: Vec<Vec<&Value>> = Vec::new();
    for fact in facts {
        let mut row = Vec::new();
        for (value, column) in fact.values.iter().zip(&relation.columns) {
            if column.lattice.is_some() {
                continue;
            }
            let Expr::Const(value) = value else { return false };
            row.push(value);
        }
        rows.push(row);
    }
    rows.sort();
    rows.dedup();
    rows.windows(2).all(|pair| match pair {
        [a, b] => a.get(..key) != b.get(..key),
        _ => true,
    })
}

/// Whether one tick's rows of a rule with one key are one row. With aggregates: whether a key is one group.
///
/// `in_a_tick`: keys of collections in the body may be used, which hold within a tick; else for all ticks together, so
/// neither they nor aggregates say anything.
fn is_determined(rule: &Rule, key: usize, program: &Program, in_a_tick: bool) -> bool {
    let Some(keys) = rule.head.terms.get(..key) else { return false };
    let columns = &program.relations[rule.head.relation].columns;
    let relations = in_a_tick.then_some(&program.relations);
    let mut known: BTreeSet<VarId> = BTreeSet::new();
    for term in keys {
        match term {
            HeadTerm::Expr(Expr::Var(var)) => {
                known.insert(*var);
            }
            // Says something about its variables, but doesn't determine them.
            HeadTerm::Expr(_) => {}
            HeadTerm::Aggregate { .. } | HeadTerm::Any => return false,
        }
    }
    while close(rule, &mut known, relations) {}
    let plain = rule.head.terms.iter().zip(columns).skip(key).filter(|(_, column)| column.lattice.is_none());
    plain.map(|(term, _)| term).all(|term| match term {
        HeadTerm::Expr(value) => is_known(value, &known),
        HeadTerm::Aggregate { .. } => in_a_tick,
        HeadTerm::Any => false,
    })
}

fn is_known(value: &Expr<VarId>, known: &BTreeSet<VarId>) -> bool {
    value.vars().iter().all(|var| known.contains(var))
}

/// Adds what follows from the known variables; whether there was something.
fn close(
    rule: &Rule,
    known: &mut BTreeSet<VarId>,
    relations: Option<&IndexVec<RelationId, Relation>>,
) -> bool {
    let before = known.len();
    for literal in &rule.body {
        match literal {
            Literal::Let { var, value, .. } if is_known(value, known) => {
                known.insert(*var);
            }
            Literal::Atom(atom) => {
                if let Some(relations) = relations {
                    known.extend(determined_by_key(atom, known, relations));
                }
            }
            Literal::Let { .. }
            | Literal::Unnest { .. }
            | Literal::Negation(_)
            | Literal::Condition { .. } => {}
        }
    }
    known.len() > before
}

/// The variables of an atom whose key is known: a keyed collection has one row for it.
fn determined_by_key(
    atom: &Atom,
    known: &BTreeSet<VarId>,
    relations: &IndexVec<RelationId, Relation>,
) -> Vec<VarId> {
    let variable = |term: &Term| match term {
        Term::Var(var) => Some(*var),
        Term::Const(_) | Term::Any => None,
    };
    let id = match atom.source {
        AtomSource::Relation(id) => id,
        // One row in every tick.
        AtomSource::Clock => return atom.terms.iter().filter_map(variable).collect(),
        AtomSource::Members(_) => return Vec::new(),
    };
    let Some(key) = relations[id].key else { return Vec::new() };
    let is_key_known = atom.terms.iter().take(key).all(|term| match term {
        Term::Var(var) => known.contains(var),
        Term::Const(_) => true,
        Term::Any => false,
    });
    if !is_key_known {
        return Vec::new();
    }
    atom.terms.iter().skip(key).filter_map(variable).collect()
}
