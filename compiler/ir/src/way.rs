//! The two ways to run a recursive component.

use std::collections::BTreeSet;

use crate::NodeId;
use crate::plan::{ChangeKind, Loop, Operator, Plan, Step};

/// How a recursive component is run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// Its collections only grow: each row is derived once and kept, without times and multiplicities.
    InsertOnly,
    /// By differences, because of something.
    General(Obstacle),
}

/// Why a recursive component can't be run in the insert-only way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Obstacle {
    /// Something that it reads can lose rows.
    LosesRows(NodeId),
    /// Something that it reads comes from another component that is run by differences, which may take a row back on
    /// the way to its result.
    TakenBack(NodeId),
    /// An operator in it waits for all of its input: a negation, an aggregate, the choice of one row per key.
    Waits(NodeId),
    /// An operator of it that is none of its relations is read outside.
    ReadOutside(NodeId),
}

impl Loop {
    /// How the component is run: a function of the plan alone.
    pub fn way(&self, plan: &Plan) -> Way {
        match self.obstacle(plan) {
            Some(obstacle) => Way::General(obstacle),
            None => Way::InsertOnly,
        }
    }

    fn obstacle(&self, plan: &Plan) -> Option<Obstacle> {
        for &import in &self.imports {
            if plan.nodes[import].changes == ChangeKind::Any {
                return Some(Obstacle::LosesRows(import));
            }
            if !steady(plan, import) {
                return Some(Obstacle::TakenBack(import));
            }
        }
        let is_feedback = |node: NodeId| self.variables.iter().any(|variable| variable.feedback == node);
        for &item in &self.items {
            let grows = match &plan.nodes[item].operator {
                Operator::Map { .. }
                | Operator::Unnest { .. }
                | Operator::Join { .. }
                | Operator::Union { .. }
                | Operator::Distinct { .. } => true,
                Operator::Resolve { base: None, merges, .. } => {
                    is_feedback(item) && merges.iter().all(Option::is_some)
                }
                Operator::Resolve { base: Some(_), .. }
                | Operator::Source { .. }
                | Operator::Members { .. }
                | Operator::Clock
                | Operator::Unit
                | Operator::Errors { .. }
                | Operator::Antijoin { .. }
                | Operator::Aggregate { .. }
                | Operator::Overflow { .. }
                | Operator::Losers { .. }
                | Operator::Variable { .. }
                | Operator::Leave { .. } => false,
            };
            if !grows {
                return Some(Obstacle::Waits(item));
            }
        }
        let sets = |node: NodeId| {
            matches!(plan.nodes[node].operator, Operator::Distinct { .. } | Operator::Resolve { .. })
        };
        if let Some(variable) = self.variables.iter().find(|variable| !sets(variable.feedback)) {
            return Some(Obstacle::Waits(variable.feedback));
        }
        let exported = |export: &NodeId| match plan.nodes[*export].operator {
            Operator::Leave { inner } => is_feedback(inner),
            _ => false,
        };
        self.exports.iter().copied().find(|export| !exported(export)).map(Obstacle::ReadOutside)
    }
}

/// Whether an operator outside of loops emits rows that it takes back at the same time: an antijoin those that have a
/// partner, and what is made of them, until something adds up all rows of a time.
pub fn takes_back(plan: &Plan, node: NodeId) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        if !seen.insert(node) {
            continue;
        }
        match &plan.nodes[node].operator {
            Operator::Antijoin { .. } => return true,
            operator @ (Operator::Map { .. }
            | Operator::Unnest { .. }
            | Operator::Errors { .. }
            | Operator::Join { .. }
            | Operator::Union { .. }) => open.extend(operator.inputs()),
            Operator::Source { .. }
            | Operator::Members { .. }
            | Operator::Unit
            | Operator::Clock
            | Operator::Distinct { .. }
            | Operator::Aggregate { .. }
            | Operator::Overflow { .. }
            | Operator::Resolve { .. }
            | Operator::Losers { .. }
            | Operator::Variable { .. }
            | Operator::Leave { .. } => {}
        }
    }
    false
}

/// Whether no component that an operator outside of loops reads takes rows back on the way to its result.
fn steady(plan: &Plan, node: NodeId) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        if !seen.insert(node) {
            continue;
        }
        let operator = &plan.nodes[node].operator;
        if let Operator::Leave { inner } = operator {
            let of = plan.steps.iter().find_map(|step| match step {
                Step::Loop(of) if of.exports.contains(&node) => Some(of),
                Step::Loop(_) | Step::Operator(_) => None,
            });
            let merged = matches!(plan.nodes[*inner].operator, Operator::Resolve { .. });
            if merged || of.is_none_or(|of| of.way(plan) != Way::InsertOnly) {
                return false;
            }
        } else {
            open.extend(operator.inputs());
        }
    }
    true
}
