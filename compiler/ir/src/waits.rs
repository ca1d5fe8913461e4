//! Which operators wait for the end of a half-tick's rows before their output is complete, and why: what
//! `runtime/dataflow/src/render` makes of a plan, unless it is told to run everything by differences.
//!
//! The half-tick is the node's own: no operator waits for another node.

use std::collections::BTreeMap;
use std::fmt;

use crate::moments::Moments;
use crate::plan::{Loop, Operator, Plan, Step};
use crate::way::Way;
use crate::{NodeId, Program};

/// Why an operator waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wait {
    /// It works on all rows of a half-tick (in a loop by differences: of a round) at once, although its output only
    /// grows with its input.
    Batch,
    /// A row that has no partner may still get one.
    Negation,
    /// A group may still grow.
    Aggregate,
    /// Another row of the key may still come.
    Choice,
}

impl fmt::Display for Wait {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Wait::Batch => "a batch",
            Wait::Negation => "a negation",
            Wait::Aggregate => "an aggregate",
            Wait::Choice => "a row per key",
        })
    }
}

/// The operators of a plan that wait. All others pass rows on as they come.
#[derive(Clone, Debug, Default)]
pub struct Waits(BTreeMap<NodeId, Wait>);

impl Waits {
    /// Those of a plan.
    pub fn of(program: &Program, plan: &Plan) -> Waits {
        let moments = Moments::of(program, plan);
        let mut waits = BTreeMap::new();
        for step in &plan.steps {
            match step {
                Step::Operator(id) => waits.extend(wait(plan, &moments, *id).map(|wait| (*id, wait))),
                Step::Loop(of) => waits.extend(in_loop(plan, &moments, of)),
            }
        }
        Waits(waits)
    }

    /// Why an operator waits, if it does.
    pub fn get(&self, id: NodeId) -> Option<Wait> {
        self.0.get(&id).copied()
    }
}

/// A loop that is run in the insert-only way is one operator, which waits for its imports.
fn in_loop(plan: &Plan, moments: &Moments, of: &Loop) -> Vec<(NodeId, Wait)> {
    match of.way(plan) {
        Way::InsertOnly => of.exports.iter().map(|export| (*export, Wait::Batch)).collect(),
        Way::General(_) => {
            of.items.iter().filter_map(|item| Some((*item, wait(plan, moments, *item)?))).collect()
        }
    }
}

fn wait(plan: &Plan, moments: &Moments, id: NodeId) -> Option<Wait> {
    match &plan.nodes.get(id)?.operator {
        Operator::Distinct { .. } if moments.only_sent(plan, id) => None,
        Operator::Join { .. } | Operator::Distinct { .. } => Some(Wait::Batch),
        Operator::Antijoin { .. } => Some(Wait::Negation),
        Operator::Aggregate { .. } => Some(Wait::Aggregate),
        // Nothing is chosen: each key's row only grows, by the order of its lattices.
        Operator::Resolve { merges, .. } if merges.iter().all(Option::is_some) => Some(Wait::Batch),
        Operator::Resolve { .. } => Some(Wait::Choice),
        Operator::Source { .. }
        | Operator::Members { .. }
        | Operator::Clock
        | Operator::Unit
        | Operator::Unnest { .. }
        | Operator::Map { .. }
        | Operator::Errors { .. }
        | Operator::Union { .. }
        // What an aggregate or a choice leaves out comes with its output.
        | Operator::Overflow { .. }
        | Operator::Losers { .. }
        | Operator::Variable { .. }
        | Operator::Leave { .. } => None,
    }
}
