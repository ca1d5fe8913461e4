//! Since when a collection's rows can be there, and when rules fire (LANGUAGE section 4, "When a message is sent").

use std::collections::BTreeSet;

use floret_ir::{Firing, IndexVec, Presence, Program, RelationId, RelationKind, Rule, RuleId, RuleOp};

use super::graph::{atoms, reads_clock, relation_of};

/// Stored, arriving or mixed. Both properties are greatest fixpoints: a view keeps one until a rule takes it away.
pub(super) fn of_relations(program: &Program) -> IndexVec<RelationId, Presence> {
    let stored = stored(program);
    let arriving = arriving(program, &stored);
    program
        .relations
        .ids()
        .map(|relation| match (stored[relation], arriving[relation]) {
            (true, _) => Presence::Stored,
            (false, true) => Presence::Arriving,
            (false, false) => Presence::Mixed,
        })
        .collect()
}

/// Tables, and views none of whose rules reads anything but stored collections (the clock is none).
fn stored(program: &Program) -> IndexVec<RelationId, bool> {
    let mut stored: IndexVec<RelationId, bool> = program
        .relations
        .iter()
        .map(|relation| match relation.kind {
            RelationKind::Table | RelationKind::View => true,
            RelationKind::Event | RelationKind::Channel { .. } | RelationKind::Timer { .. } => false,
        })
        .collect();
    shrink(program, &mut stored, RelationKind::View, |rule, stored| {
        !reads_clock(rule) && atoms(rule).all(|(_, relation, _)| stored[relation])
    });
    stored
}

/// Channels, timers; events with input, facts or `<+`; views and events each of whose rules has a positive arriving atom.
fn arriving(program: &Program, stored: &IndexVec<RelationId, bool>) -> IndexVec<RelationId, bool> {
    let mut arriving: IndexVec<RelationId, bool> = stored.iter().map(|stored| !stored).collect();
    let by_itself: BTreeSet<RelationId> = program
        .relations
        .entries()
        .filter(|(_, relation)| relation.input.is_some())
        .map(|(id, _)| id)
        .chain(program.facts.iter().map(|fact| fact.relation))
        .chain(program.notices.iter().map(|event| event.relation))
        .chain(program.rules.iter().filter(|rule| rule.op == RuleOp::Next).map(|rule| rule.head.relation))
        .collect();
    let needs = |rule: &Rule, arriving: &IndexVec<RelationId, bool>| has_arrival(rule, |r| arriving[r]);
    shrink(program, &mut arriving, RelationKind::View, needs);
    // Events may read views and views events, so both shrink until neither does.
    loop {
        let before = arriving.clone();
        shrink(program, &mut arriving, RelationKind::Event, |rule, arriving| {
            by_itself.contains(&rule.head.relation) || needs(rule, arriving)
        });
        shrink(program, &mut arriving, RelationKind::View, needs);
        if before == arriving {
            return arriving;
        }
    }
}

/// Takes the property away from collections of `kind` of which a `<=` rule fails `keeps`, until nothing changes.
fn shrink(
    program: &Program,
    property: &mut IndexVec<RelationId, bool>,
    kind: RelationKind,
    keeps: impl Fn(&Rule, &IndexVec<RelationId, bool>) -> bool,
) {
    let mut changed = true;
    while changed {
        changed = false;
        for rule in program.rules.iter() {
            let head = rule.head.relation;
            if program.relations[head].kind == kind && property[head] && !keeps(rule, property) {
                property[head] = false;
                changed = true;
            }
        }
    }
}

fn has_arrival(rule: &Rule, arriving: impl Fn(RelationId) -> bool) -> bool {
    rule.positive_atoms().filter_map(relation_of).any(arriving)
}

/// When each rule's derivations count as new.
pub(super) fn of_rules(
    program: &Program,
    presence: &IndexVec<RelationId, Presence>,
) -> IndexVec<RuleId, Firing> {
    program
        .rules
        .iter()
        .map(|rule| {
            if has_arrival(rule, |relation| presence[relation] == Presence::Arriving) {
                Firing::EachTick
            } else {
                Firing::OnChange
            }
        })
        .collect()
}
