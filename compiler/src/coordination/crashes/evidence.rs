//! What is told of the second verdict: how what a crash takes comes back, or the way from what is lost.

use std::collections::{BTreeSet, VecDeque};

use floret_ir::coordination::{Class, PathStep};
use floret_ir::{InputMode, Program, RelationId, RelationKind};

use super::levels::{Cause, Level, Levels, adds_nothing, has_beat};
use super::reach::Reach;
use super::{Given, Loss, LossKind, Return};
use crate::strata::graph::atoms;

/// From what is lost to the relation.
pub(super) fn loss(given: &Given<'_>, reach: &Reach, levels: &Levels<'_>, relation: RelationId) -> Loss {
    let mut path = Vec::new();
    let mut at = relation;
    loop {
        match levels.cause(at) {
            Some(Cause::Reads { rule, from }) => {
                path.push(PathStep { from, rule, to: at });
                at = from;
            }
            Some(Cause::Here { kind: LossKind::Order, .. }) | None => {
                let before = reach.path(at);
                let start = before.first().map_or(at, |step| step.from);
                path.reverse();
                path.splice(0..0, before);
                return Loss { kind: LossKind::Order, relation: start, rule: None, path };
            }
            Some(Cause::Here { kind, rule }) => {
                path.reverse();
                let relation = if kind == LossKind::Seal { sealed(given.program, at) } else { at };
                return Loss { kind, relation, rule, path };
            }
        }
    }
}

/// The sealed channel or input that a collection was written out for.
fn sealed(program: &Program, part: RelationId) -> RelationId {
    let channels = program.seals.iter().find(|seal| seal.relations().any(|of| of == part));
    let inputs = || program.sealed_inputs.iter().find(|sealed| sealed.relations().any(|of| of == part));
    channels.map(|seal| seal.channel).or_else(|| inputs().map(|sealed| sealed.input)).unwrap_or(part)
}

/// The same of what promises nothing anyway: from what is lost of its sources, or what may at all.
pub(super) fn disorder(given: &Given<'_>, reach: &Reach, levels: &Levels<'_>, relation: RelationId) -> Loss {
    if levels.level(relation) == Level::Lost {
        return loss(given, reach, levels, relation);
    }
    // A fleeting view that is observed in the end.
    let path = reach.path(relation);
    let start = path.first().map_or(relation, |step| step.from);
    Loss { kind: LossKind::Order, relation: start, rule: None, path }
}

/// How everything comes back that the relation rests on and a crash may take: what the role's nodes have of hosts and files,
/// and the messages to them and from them. The nearest first.
pub(super) fn returns(
    given: &Given<'_>,
    reach: &Reach,
    levels: &Levels<'_>,
    relation: RelationId,
) -> Vec<(RelationId, Return)> {
    let program = given.program;
    let mut found = Vec::new();
    let mut seen = BTreeSet::from([relation]);
    let mut queue = VecDeque::from([relation]);
    while let Some(at) = queue.pop_front() {
        if let Some(how) = comes_back(given, levels, at) {
            found.push((at, how));
        }
        // What is static is there by itself.
        if given.class(at) == Class::Static {
            continue;
        }
        for &rule in &given.fills[at] {
            for (_, source, _) in atoms(&program.rules[rule]) {
                if reach.has(source) && seen.insert(source) {
                    queue.push_back(source);
                }
            }
        }
    }
    found
}

fn comes_back(given: &Given<'_>, levels: &Levels<'_>, relation: RelationId) -> Option<Return> {
    let program = given.program;
    let declared = &program.relations[relation];
    let here = declared.role == levels.role;
    if here && given.class(relation) == Class::Static {
        return Some(Return::ReadAgain);
    }
    match (declared.kind, declared.input) {
        (RelationKind::Channel { .. }, _) => {
            let rules = || given.fills[relation].iter().copied();
            let concerned = here || rules().any(|rule| program.rules[rule].role == levels.role);
            let rules = rules().filter(|rule| !adds_nothing(given.coordination, *rule));
            let beaten = rules.clone().find(|rule| has_beat(program, &program.rules[*rule]));
            let sent = rules.clone().find(|rule| program.rules[*rule].role == levels.role);
            concerned.then(|| match (levels.level(relation), beaten, sent) {
                (Level::Again, Some(rule), _) => Return::Beaten(rule),
                (_, _, Some(rule)) => Return::SentAgain(rule),
                (_, Some(rule), None) => Return::Beaten(rule),
                // What has the level of its source: sent on as often as that comes.
                (_, None, None) => Return::Kept,
            })
        }
        (RelationKind::Timer { .. }, _) => None,
        (RelationKind::Table, Some(InputMode::Add | InputMode::Static)) => here.then_some(Return::FedAgain),
        (RelationKind::Event, Some(_)) => here.then_some(Return::Seen),
        (RelationKind::Table | RelationKind::View | RelationKind::Event, _) => {
            let facts = program.facts.iter().any(|fact| fact.relation == relation);
            (here && facts).then_some(Return::ReadAgain)
        }
    }
}
