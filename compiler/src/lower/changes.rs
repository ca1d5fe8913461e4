//! Which operators can lose rows, between any two of the engine's times 2t and 2t+1.
//!
//! Three levels: *constant* from the first tick on (then even its complement and its aggregates only ever appear once),
//! *gains* rows only, and *any*. The plan keeps the last two apart.
//!
//! A derived row of a table is not safe from loss by being stored at the end of the tick: at 2t+1 the rules run without
//! the tick's arrivals, and what only they derive there (`t(x) <= s(x), !event(x)`) can be gone at 2t+2. So a content
//! is as its rules are, and a `Resolve` over anything that still gains rows can change its mind: the row it chose
//! at 2t+1 is not stored, and a lesser one at 2t+2 wins. Only where what is derived is constant does the first tick's
//! choice, stored from then on, stay for ever.

use floret_ir::plan::{ChangeKind, Operator, Plan, Step};
use floret_ir::{IndexVec, InputMode, NodeId, Program, RelationId, RelationKind, RuleOp};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Constant,
    Gains,
    Any,
}

/// Sets `changes` of every operator.
pub(super) fn annotate(plan: &mut Plan, program: &Program) {
    // Variables start as constant and rise with their feedback: the least solution.
    let mut levels: IndexVec<NodeId, Level> = plan.nodes.iter().map(|_| Level::Constant).collect();
    for step in &plan.steps {
        match step {
            Step::Operator(node) => levels[*node] = level(plan, program, &levels, *node),
            Step::Loop(looped) => {
                loop {
                    for &item in &looped.items {
                        levels[item] = level(plan, program, &levels, item);
                    }
                    let mut risen = false;
                    for variable in &looped.variables {
                        risen |= levels[variable.variable] != levels[variable.feedback];
                        levels[variable.variable] = levels[variable.feedback];
                    }
                    if !risen {
                        break;
                    }
                }
                for &export in &looped.exports {
                    levels[export] = level(plan, program, &levels, export);
                }
            }
        }
    }
    for (node, level) in plan.nodes.iter_mut().zip(levels.iter()) {
        node.changes = match level {
            Level::Constant | Level::Gains => ChangeKind::Insert,
            Level::Any => ChangeKind::Any,
        };
    }
}

fn level(plan: &Plan, program: &Program, levels: &IndexVec<NodeId, Level>, node: NodeId) -> Level {
    let operator = &plan.nodes[node].operator;
    let highest = operator.inputs().into_iter().map(|input| levels[input]).max().unwrap_or(Level::Constant);
    match operator {
        Operator::Source { relation } => source(program, *relation),
        Operator::Members { .. } | Operator::Unit => Level::Constant,
        Operator::Clock => Level::Any,
        Operator::Variable { .. } => levels[node],
        Operator::Map { .. }
        | Operator::Unnest { .. }
        | Operator::Errors { .. }
        | Operator::Join { .. }
        | Operator::Union { .. }
        | Operator::Distinct { .. }
        | Operator::Leave { .. } => highest,
        Operator::Antijoin { left, right, .. } => constant_or_any(levels[*right]).max(levels[*left]),
        Operator::Aggregate { .. } | Operator::Overflow { .. } | Operator::Losers { .. } => {
            constant_or_any(highest)
        }
        Operator::Resolve { base: Some(base), derived, .. } => {
            constant_or_any(levels[*derived]).max(levels[*base])
        }
        Operator::Resolve { base: None, derived, .. } => constant_or_any(levels[*derived]),
    }
}

fn constant_or_any(level: Level) -> Level {
    if level == Level::Constant { Level::Constant } else { Level::Any }
}

/// What the engine puts into a relation. A table's source also holds what its `<=` rules put in, a tick later.
fn source(program: &Program, relation: RelationId) -> Level {
    let declared = &program.relations[relation];
    match declared.kind {
        RelationKind::Event | RelationKind::Channel { .. } | RelationKind::Timer { .. } => return Level::Any,
        RelationKind::Table | RelationKind::View => {}
    }
    let fed = match declared.input {
        Some(InputMode::Mutable) => Level::Any,
        Some(InputMode::Add) => Level::Gains,
        Some(InputMode::Static) | None => Level::Constant,
    };
    let heads =
        program.rules.iter().filter(|rule| rule.head.relation == relation).map(|rule| match rule.op {
            RuleOp::Delete | RuleOp::Replace => Level::Any,
            RuleOp::Now | RuleOp::Next | RuleOp::Later => Level::Gains,
        });
    let level = heads.max().map_or(fed, |heads| heads.max(fed));
    // A row that comes is merged into the stored one, which goes.
    if declared.has_lattice() { constant_or_any(level) } else { level }
}
