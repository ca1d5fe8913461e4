//! Leaves out a `Distinct` over what is a set anyway.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::plan::{Mapping, Operator, Plan};
use floret_ir::{Column, Expr, IndexVec, NodeId};

use super::graph::Graph;

pub(super) fn distinct(plan: Plan) -> Plan {
    let mut graph = Graph::of(plan);
    let sets = sets(&graph);
    // A feedback stays what it is: the loop comes to rest by it.
    let feedbacks = graph.feedbacks();
    let mut instead: BTreeMap<NodeId, NodeId> = BTreeMap::new();
    for (id, node) in graph.nodes.entries() {
        if let Operator::Distinct { input } = &node.operator
            && sets[*input]
            && !feedbacks.contains(&id)
            && graph.homes[id] == graph.homes[*input]
        {
            instead.insert(id, instead.get(input).copied().unwrap_or(*input));
        }
    }
    graph.replace(|node| instead.get(&node).copied().unwrap_or(node));
    graph.into_plan()
}

/// Which operators emit each row at most once.
fn sets(graph: &Graph) -> IndexVec<NodeId, bool> {
    let mut sets: IndexVec<NodeId, bool> = IndexVec::new();
    for node in graph.nodes.iter() {
        let width = |node: NodeId| graph.nodes[node].columns.len();
        let set = match &node.operator {
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
            Operator::Map { input, mapping } => sets[*input] && keeps_all(mapping, width(*input), &[]),
            // Each distinct element once.
            Operator::Unnest { input, .. }
            | Operator::Errors { input, .. }
            | Operator::Leave { inner: input } => sets[*input],
            Operator::Antijoin { left, .. } => sets[*left],
            Operator::Join { left, right, on, mapping } => {
                let on: Vec<(Column, Column)> = on.iter().map(|(l, r)| (*l, width(*left) + r)).collect();
                sets[*left] && sets[*right] && keeps_all(mapping, width(*left) + width(*right), &on)
            }
            Operator::Union { inputs } => match inputs.as_slice() {
                [] => true,
                [input] => sets[*input],
                [_, _, ..] => false,
            },
        };
        sets.push(set);
    }
    sets
}

/// Whether the output has every input column, or one that is equal to it: then different rows stay different.
fn keeps_all(mapping: &Mapping, width: usize, equal: &[(Column, Column)]) -> bool {
    let mut kept: BTreeSet<Column> = mapping
        .columns
        .iter()
        .filter_map(|column| if let Expr::Var(column) = column { Some(*column) } else { None })
        .collect();
    for (left, right) in equal {
        if kept.contains(left) || kept.contains(right) {
            kept.extend([*left, *right]);
        }
    }
    (0..width).all(|column| kept.contains(&column))
}
