//! What the engine wants of a plan's sinks.

use floret_ir::plan::{ChangeKind, Operator, Plan, Sink};
use floret_ir::{Firing, Observe, Program, Relation, RelationId, RuleOp};

use crate::moments::Moments;

/// What of an operator's output leaves the dataflow each tick.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// Nothing.
    Skip,
    /// How many rows came to be, the output being a set. `grows`: rows never go, so that differences only need adding.
    Count {
        /// Whether rows never go.
        grows: bool,
    },
    /// How the content changed since the tick before.
    Change,
    /// What the tick's own half added: for output that is empty without arrivals, its content.
    Arrived,
}

/// What is wanted of a sink.
pub(crate) fn mode(sink: &Sink, program: &Program, plan: &Plan, observe: Observe, moments: &Moments) -> Mode {
    let usual = usual(sink, program, plan, observe);
    let compares = match sink {
        Sink::Send { firing, .. }
        | Sink::Errors { firing, .. }
        | Sink::Overflow { firing, .. }
        | Sink::Conflicts { firing, .. } => *firing == Firing::OnChange,
        // Of a view, what comes and what goes is shown; of a momentary relation, what is there.
        Sink::Content { relation, .. } => {
            !program.relations.get(*relation).is_some_and(Relation::is_momentary)
        }
        Sink::Insert { .. } | Sink::Delete { .. } | Sink::Replace { .. } => false,
    };
    if usual == Mode::Change && !compares && moments.contains(sink.node()) { Mode::Arrived } else { usual }
}

/// What is wanted of a sink, whatever its operator's rows are.
fn usual(sink: &Sink, program: &Program, plan: &Plan, observe: Observe) -> Mode {
    match sink {
        Sink::Content { relation, node } => {
            let changes = plan.nodes.get(*node).map_or(ChangeKind::Any, |node| node.changes);
            match program.relations.get(*relation) {
                Some(declared) => content(declared, *relation, changes, program, observe),
                None => Mode::Skip,
            }
        }
        Sink::Send { firing, .. }
        | Sink::Errors { firing, .. }
        | Sink::Overflow { firing, .. }
        | Sink::Conflicts { firing, .. } => match firing {
            Firing::EachTick if arrivals_vanish(program) => Mode::Arrived,
            Firing::EachTick => Mode::Change,
            Firing::OnChange => Mode::Change,
        },
        Sink::Insert { .. } | Sink::Delete { .. } | Sink::Replace { .. } => Mode::Change,
    }
}

fn content(
    declared: &Relation,
    relation: RelationId,
    changes: ChangeKind,
    program: &Program,
    observe: Observe,
) -> Mode {
    let wanted = observed(declared, observe)
        || declared.is_table() && is_head(program, relation, RuleOp::Now)
        || declared.is_momentary() && is_filled(program, relation);
    if wanted {
        Mode::Change
    } else if is_filled(program, relation) {
        Mode::Count { grows: changes == ChangeKind::Insert }
    } else {
        Mode::Skip
    }
}

/// Whether arriving collections are empty without arrivals. An event that rules fill by `<=` counts as arriving if it also
/// has input, facts or `<+`, and then may hold rows that stored ones derive in every tick.
fn arrivals_vanish(program: &Program) -> bool {
    program.relations.entries().all(|(id, relation)| {
        let has_more = || {
            relation.input.is_some()
                || is_head(program, id, RuleOp::Next)
                || program.facts.iter().any(|fact| fact.relation == id)
        };
        !(relation.is_momentary() && is_head(program, id, RuleOp::Now) && has_more())
    })
}

/// Whether the relation's changes are shown.
pub(crate) fn observed(declared: &Relation, observe: Observe) -> bool {
    match observe {
        Observe::Outputs => declared.output,
        Observe::Everything => true,
    }
}

/// Whether rules fill the relation, so that its rows count as derived.
pub(crate) fn is_filled(program: &Program, relation: RelationId) -> bool {
    [RuleOp::Now, RuleOp::Next, RuleOp::Replace].into_iter().any(|op| is_head(program, relation, op))
}

/// Whether the relation is the head of a rule of this kind.
pub(crate) fn is_head(program: &Program, relation: RelationId, op: RuleOp) -> bool {
    program.rules.iter().any(|rule| rule.op == op && rule.head.relation == relation)
}

/// Whether an operator's output is a set whatever its inputs are.
pub(crate) fn is_set(operator: &Operator) -> bool {
    match operator {
        Operator::Source { .. }
        | Operator::Members { .. }
        | Operator::Unit
        | Operator::Clock
        | Operator::Aggregate { .. }
        | Operator::Overflow { .. }
        | Operator::Distinct { .. }
        | Operator::Resolve { .. }
        | Operator::Losers { .. }
        | Operator::Variable { .. } => true,
        Operator::Map { .. }
        | Operator::Unnest { .. }
        | Operator::Errors { .. }
        | Operator::Join { .. }
        | Operator::Antijoin { .. }
        | Operator::Union { .. }
        | Operator::Leave { .. } => false,
    }
}
