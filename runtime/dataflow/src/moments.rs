//! Which operators of a plan hold rows only while a tick runs: what comes of arrivals alone, of stored rows only what arrivals
//! look up. Such rows needn't be kept by time, nor be taken back.

use std::collections::BTreeMap;

use floret_ir::plan::{Operator, Plan, Step};
use floret_ir::{NodeId, Program, Relation};

/// Operators whose output is empty in each second half of a tick.
#[derive(Clone, Debug, Default)]
pub(crate) struct Moments(BTreeMap<NodeId, bool>);

impl Moments {
    /// Those of a plan. (In loops, whose rows have rounds, there are none.)
    pub(crate) fn of(program: &Program, plan: &Plan) -> Moments {
        let mut moments = Moments::default();
        for step in &plan.steps {
            match step {
                Step::Operator(id) => {
                    let momentary =
                        plan.nodes.get(*id).is_some_and(|node| moments.hold(program, &node.operator));
                    moments.0.insert(*id, momentary);
                }
                Step::Loop(_) => {}
            }
        }
        moments
    }

    /// Whether the operator's output is empty without arrivals.
    pub(crate) fn contains(&self, id: NodeId) -> bool {
        self.0.get(&id).copied().unwrap_or_default()
    }

    fn hold(&self, program: &Program, operator: &Operator) -> bool {
        match operator {
            Operator::Source { relation } => {
                program.relations.get(*relation).is_some_and(Relation::is_momentary)
            }
            Operator::Map { input, .. }
            | Operator::Errors { input, .. }
            | Operator::Unnest { input, .. }
            | Operator::Distinct { input }
            | Operator::Aggregate { input, .. }
            | Operator::Overflow { aggregate: input } => self.contains(*input),
            Operator::Join { left, right, .. } => self.contains(*left) || self.contains(*right),
            Operator::Antijoin { left, .. } => self.contains(*left),
            Operator::Union { inputs } => inputs.iter().all(|input| self.contains(*input)),
            Operator::Members { .. }
            | Operator::Unit
            | Operator::Clock
            | Operator::Resolve { .. }
            | Operator::Losers { .. }
            | Operator::Variable { .. }
            | Operator::Leave { .. } => false,
        }
    }
}
