//! Computes equal operators once.

use std::collections::{BTreeMap, HashMap};

use floret_ir::plan::{Operator, Plan};
use floret_ir::{NodeId, Type};

use super::graph::{Graph, Home};

pub(super) fn share(plan: Plan) -> Plan {
    let mut graph = Graph::of(plan);
    let mut instead: BTreeMap<NodeId, NodeId> = BTreeMap::new();
    let mut first: HashMap<(Home, Operator, Vec<Type>), NodeId> = HashMap::new();
    let ids: Vec<NodeId> = graph.nodes.ids().collect();
    // Ascending: the inputs are already the shared ones.
    for id in ids {
        let mut operator = graph.nodes[id].operator.clone();
        for input in operator.inputs_mut() {
            *input = instead.get(input).copied().unwrap_or(*input);
        }
        let key = (graph.homes[id], operator, graph.nodes[id].columns.clone());
        let chosen = *first.entry(key).or_insert(id);
        if chosen != id {
            instead.insert(id, chosen);
        }
    }
    graph.replace(|node| instead.get(&node).copied().unwrap_or(node));
    graph.into_plan()
}
