//! The evidence of points of order: the way from an arrival, and the outputs that inherit it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use floret_ir::coordination::{Class, PathStep, PointKind, PointOfOrder};
use floret_ir::{InputMode, RelationId, RelationKind, RuleId};

use super::fixpoint::{Context, Start};
use super::ways_out;
use crate::strata::graph::atoms;

/// All points, with evidence and ways out: those at rules by rule, then outputs that are points themselves.
pub(super) fn points(cx: &Context<'_>, starts: Vec<Start>) -> Vec<PointOfOrder> {
    let readers = readers(cx);
    let mut points = Vec::new();
    for start in starts {
        let Some(kind) = start.outcome.ground.kind() else { continue };
        points.push(PointOfOrder {
            kind,
            rule: start.rule,
            relation: start.relation,
            path: path(cx, &start),
            outputs: heirs(cx, &readers, start.relation),
            ways_out: ways_out::of_start(cx, &start),
            accepted: accepted(cx, start.rule, start.relation),
        });
    }
    for (relation, declared) in cx.program.relations.entries() {
        let seen_at_the_end = declared.output && declared.kind == RelationKind::View;
        if seen_at_the_end && cx.classes[relation] == Class::Fleeting {
            points.push(PointOfOrder {
                kind: PointKind::FleetingOutput,
                rule: None,
                relation,
                path: from_arrival(cx, relation).unwrap_or_default(),
                outputs: vec![relation],
                ways_out: ways_out::of_fleeting_output(cx, relation),
                accepted: accepted(cx, None, relation),
            });
        }
    }
    points
}

fn accepted(cx: &Context<'_>, rule: Option<RuleId>, relation: RelationId) -> Option<String> {
    cx.program.about_order.accepts(rule, relation).map(str::to_owned)
}

/// From an arrival over the relation to blame to the point.
fn path(cx: &Context<'_>, start: &Start) -> Vec<PathStep> {
    let Some(rule) = start.rule else { return Vec::new() };
    // Of the relations to blame equally the first that something arrives for; else the first (it may be a fact's).
    let blamed = &start.outcome.culprits;
    let found = blamed.iter().find_map(|&from| from_arrival(cx, from).map(|path| (from, path)));
    let Some((from, mut path)) = found.or_else(|| blamed.first().map(|&from| (from, Vec::new()))) else {
        return Vec::new();
    };
    path.push(PathStep { from, rule, to: start.relation });
    path
}

/// A shortest way from an input, a channel, a timer or a report to the relation; empty if it is one, `None` if nothing arrives for it.
fn from_arrival(cx: &Context<'_>, relation: RelationId) -> Option<Vec<PathStep>> {
    let arrives = |relation: RelationId| {
        let declared = &cx.program.relations[relation];
        let fed = matches!(declared.input, Some(InputMode::Add | InputMode::Mutable));
        declared.is_channel() || fed || cx.is_timer(relation) || cx.is_reports(relation)
    };
    let mut next: BTreeMap<RelationId, PathStep> = BTreeMap::new();
    let mut queue = VecDeque::from([relation]);
    while let Some(at) = queue.pop_front() {
        if arrives(at) {
            let mut path = Vec::new();
            let mut here = at;
            while here != relation {
                let step = next.get(&here)?;
                path.push(*step);
                here = step.to;
            }
            return Some(path);
        }
        for &rule in &cx.fills[at] {
            for (_, from, _) in atoms(&cx.program.rules[rule]) {
                if from != relation && cx.classes[from] != Class::Static && !next.contains_key(&from) {
                    next.insert(from, PathStep { from, rule, to: at });
                    queue.push_back(from);
                }
            }
        }
    }
    None
}

/// For each relation the heads of the rules that read it.
fn readers(cx: &Context<'_>) -> BTreeMap<RelationId, BTreeSet<RelationId>> {
    let mut readers: BTreeMap<RelationId, BTreeSet<RelationId>> = BTreeMap::new();
    for rule in cx.program.rules.iter() {
        for (_, source, _) in atoms(rule) {
            readers.entry(source).or_default().insert(rule.head.relation);
        }
    }
    readers
}

/// The outputs that are order-dependent because the relation is.
fn heirs(
    cx: &Context<'_>,
    readers: &BTreeMap<RelationId, BTreeSet<RelationId>>,
    relation: RelationId,
) -> Vec<RelationId> {
    let mut reached = BTreeSet::from([relation]);
    let mut queue = vec![relation];
    while let Some(at) = queue.pop() {
        for &head in readers.get(&at).into_iter().flatten() {
            if reached.insert(head) {
                queue.push(head);
            }
        }
    }
    reached.into_iter().filter(|&relation| cx.program.relations[relation].output).collect()
}
