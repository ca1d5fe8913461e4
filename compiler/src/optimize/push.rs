//! Pushes conditions towards the sources: below joins, antijoins, unnestings, unions and distincts that nothing else reads.
//! Only conditions that always have a value move.

use floret_ir::plan::{Mapping, Node, Operator, Plan};
use floret_ir::{Column, NodeId, Scalar};

use super::graph::Graph;
use super::mapping::{filter, free_condition, renamed, simplify};

pub(super) fn push(plan: Plan) -> Plan {
    let mut graph = Graph::of(plan);
    // Descending, so that a condition falls as far as it can in one go.
    let ids: Vec<NodeId> = graph.nodes.ids().rev().collect();
    for id in ids {
        match graph.nodes[id].operator.clone() {
            Operator::Join { left, right, on, mapping } => {
                let width = graph.nodes[left].columns.len();
                let all = width + graph.nodes[right].columns.len();
                let (to_left, rest) = split(&mapping, all, |column| column < width);
                let mapping = Mapping { conditions: rest, ..mapping };
                let (to_right, rest) = split(&mapping, all, |column| column >= width);
                let mapping = Mapping { conditions: rest, ..mapping };
                let to_right = to_right.iter().map(|c| renamed(c, &|column| column - width)).collect();
                let left = filtered(&mut graph, left, to_left, id);
                let right = filtered(&mut graph, right, to_right, id);
                graph.nodes[id].operator =
                    Operator::Join { left, right, on, mapping: simplify(&mapping, all) };
            }
            Operator::Map { input, mapping } => below(&mut graph, id, input, mapping),
            Operator::Source { .. }
            | Operator::Members { .. }
            | Operator::Unit
            | Operator::Clock
            | Operator::Unnest { .. }
            | Operator::Errors { .. }
            | Operator::Antijoin { .. }
            | Operator::Aggregate { .. }
            | Operator::Overflow { .. }
            | Operator::Union { .. }
            | Operator::Distinct { .. }
            | Operator::Resolve { .. }
            | Operator::Losers { .. }
            | Operator::Variable { .. }
            | Operator::Leave { .. } => {}
        }
    }
    graph.into_plan()
}

/// Pushes a map's conditions below what it reads.
fn below(graph: &mut Graph, id: NodeId, input: NodeId, mapping: Mapping) {
    let home = graph.homes[id];
    if graph.homes[input] != home || graph.uses()[input] != 1 {
        return;
    }
    let width = graph.nodes[input].columns.len();
    // Below an unnesting there is no element yet.
    let mut readable = width;
    let through = match &graph.nodes[input].operator {
        Operator::Unnest { input, .. } => {
            readable = width - 1;
            vec![*input]
        }
        Operator::Antijoin { left, .. } => vec![*left],
        Operator::Union { inputs } => inputs.clone(),
        Operator::Distinct { input } => vec![*input],
        Operator::Source { .. }
        | Operator::Members { .. }
        | Operator::Unit
        | Operator::Clock
        | Operator::Map { .. }
        | Operator::Errors { .. }
        | Operator::Join { .. }
        | Operator::Aggregate { .. }
        | Operator::Overflow { .. }
        | Operator::Resolve { .. }
        | Operator::Losers { .. }
        | Operator::Variable { .. }
        | Operator::Leave { .. } => return,
    };
    let (falling, rest) = split(&mapping, width, |column| column < readable);
    if falling.is_empty() {
        return;
    }
    let filtered: Vec<NodeId> =
        through.into_iter().map(|node| filtered(graph, node, falling.clone(), id)).collect();
    for (slot, node) in graph.nodes[input].operator.inputs_mut().into_iter().zip(filtered) {
        *slot = node;
    }
    let mapping = simplify(&Mapping { conditions: rest, ..mapping }, width);
    graph.nodes[id].operator = Operator::Map { input, mapping };
}

/// The conditions that read only columns that may be read and always have a value, and the others.
fn split(mapping: &Mapping, width: usize, may_read: impl Fn(Column) -> bool) -> (Vec<Scalar>, Vec<Scalar>) {
    let (mut falling, mut rest) = (Vec::new(), Vec::new());
    for condition in &mapping.conditions {
        let free = free_condition(mapping, condition, width).filter(|free| {
            let vars = free.vars();
            !vars.is_empty() && vars.into_iter().all(&may_read)
        });
        match free {
            Some(free) => falling.push(free),
            None => rest.push(condition.clone()),
        }
    }
    (falling, rest)
}

/// The rows of `input` where the conditions hold; they come from `above`, and stay where it is.
fn filtered(graph: &mut Graph, input: NodeId, conditions: Vec<Scalar>, above: NodeId) -> NodeId {
    if conditions.is_empty() {
        return input;
    }
    let node = &graph.nodes[input];
    let (columns, changes) = (node.columns.clone(), node.changes);
    let (rule, home) = (graph.nodes[above].rule, graph.homes[above]);
    let mapping = filter(columns.len(), conditions);
    graph.add(Node { operator: Operator::Map { input, mapping }, columns, changes, rule }, home)
}
