//! Fuses a map with the map or join below it, and leaves out maps that change nothing.

use std::collections::BTreeMap;

use floret_ir::plan::{Operator, Plan};
use floret_ir::{Id, NodeId};

use super::graph::Graph;
use super::mapping::{compose, picked};

pub(super) fn fuse(plan: Plan) -> Plan {
    let mut graph = Graph::of(plan);
    let ids: Vec<NodeId> = graph.nodes.ids().collect();
    let uses = graph.uses();
    // Ascending: what a map reads is already fused.
    for &id in &ids {
        let Operator::Map { input, mapping } = graph.nodes[id].operator.clone() else { continue };
        if graph.homes[id] != graph.homes[input] {
            continue;
        }
        let below = graph.nodes[input].operator.clone();
        // A map that only picks columns is free; another is worth repeating only if nothing else reads it.
        if let Operator::Map { input: below, mapping: inner } = below {
            if uses[input] == 1 || picked(&inner).is_some() {
                let width = graph.nodes[below].columns.len();
                let mapping = compose(&inner, width, &mapping);
                graph.nodes[id].operator = Operator::Map { input: below, mapping };
            }
        } else if let Operator::Join { left, right, on, mapping: inner } = below
            && uses[input] == 1
        {
            let width = graph.nodes[left].columns.len() + graph.nodes[right].columns.len();
            let mapping = compose(&inner, width, &mapping);
            graph.nodes[id].operator = Operator::Join { left, right, on, mapping };
        }
    }
    without_identities(&mut graph);
    graph.into_plan()
}

fn without_identities(graph: &mut Graph) {
    let mut instead: BTreeMap<NodeId, NodeId> = BTreeMap::new();
    for (id, node) in graph.nodes.entries() {
        let Operator::Map { input, mapping } = &node.operator else { continue };
        let width = graph.nodes[*input].columns.len();
        let same = picked(mapping).is_some_and(|columns| columns.into_iter().eq(0..width));
        if same && graph.homes[id] == graph.homes[*input] {
            instead.insert(id, instead.get(input).copied().unwrap_or(*input));
        }
    }
    graph.replace(|node| instead.get(&node).copied().unwrap_or(node));
    debug_assert!(instead.iter().all(|(from, to)| to.index() < from.index()));
}
