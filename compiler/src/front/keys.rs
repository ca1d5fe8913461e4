//! Keys: where two different rows for one key can't meet, nothing has to settle it at run time; elsewhere the programmer
//! is told.

use std::collections::BTreeSet;

use floret_ir::{
    Atom, AtomSource, Diagnostics, Expr, HeadTerm, IndexVec, Literal, Program, Relation, RelationId,
    RelationKind, Rule, RuleOp, Term, Value, VarId,
};

use super::findings::KeyConflict;

/// Proves keys, and warns of those that rules may violate.
pub(super) fn prove(program: &mut Program, sink: &mut Diagnostics) {
    let mut rules: IndexVec<RelationId, Vec<&Rule>> = program.relations.iter().map(|_| Vec::new()).collect();
    for rule in program.rules.iter() {
        rules[rule.head.relation].push(rule);
    }
    let mut proven = Vec::new();
    for (id, relation) in program.relations.entries() {
        let Some(key) = relation.key else { continue };
        let heads = &rules[id];
        if is_proven(id, relation, key, heads, program) {
            proven.push(id);
        } else if heads.iter().any(|rule| rule.op != RuleOp::Delete) && !is_settled(key, heads, program) {
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
        return rules.is_empty() && facts_differ(&facts, key);
    }
    match (relation.kind, rules) {
        (RelationKind::View | RelationKind::Event, [rule]) => {
            rule.op == RuleOp::Now && is_determined(rule, key, Some(&program.relations))
        }
        // A table remembers: what determined the value in one tick may say something else in the next, so only what
        // the key itself says counts. Deletes take rows away and harm nothing.
        (RelationKind::Table, rules) => match adding(rules).as_slice() {
            [rule] => matches!(rule.op, RuleOp::Now | RuleOp::Next) && is_determined(rule, key, None),
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
        [rule] => rule.op == RuleOp::Replace && is_determined(rule, key, Some(&program.relations)),
        _ => false,
    }
}

/// Whether all facts are constants, and those of one key are equal. (Some may be at different nodes: that can't hurt.)
fn facts_differ(facts: &[&floret_ir::Fact], key: usize) -> bool {
    let mut rows: Vec<Vec<&Value>> = Vec::new();
    for fact in facts {
        let mut row = Vec::new();
        for value in &fact.values {
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
/// `relations`: keys of collections in the body may be used, which hold within a tick; `None`: for all ticks together, so
/// neither they nor aggregates say anything.
fn is_determined(rule: &Rule, key: usize, relations: Option<&IndexVec<RelationId, Relation>>) -> bool {
    let (Some(keys), Some(values)) = (rule.head.terms.get(..key), rule.head.terms.get(key..)) else {
        return false;
    };
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
    values.iter().all(|term| match term {
        HeadTerm::Expr(value) => is_known(value, &known),
        HeadTerm::Aggregate { .. } => relations.is_some(),
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
    let AtomSource::Relation(id) = atom.source else { return Vec::new() };
    let Some(key) = relations[id].key else { return Vec::new() };
    let is_key_known = atom.terms.iter().take(key).all(|term| match term {
        Term::Var(var) => known.contains(var),
        Term::Const(_) => true,
        Term::Any => false,
    });
    if !is_key_known {
        return Vec::new();
    }
    let variable = |term: &Term| match term {
        Term::Var(var) => Some(*var),
        Term::Const(_) | Term::Any => None,
    };
    atom.terms.iter().skip(key).filter_map(variable).collect()
}
