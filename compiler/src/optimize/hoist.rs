//! Moves out of a loop what reads nothing inside: it is computed once, not round by round.

use floret_ir::NodeId;
use floret_ir::plan::{Operator, Plan};

use super::graph::Graph;

pub(super) fn hoist(plan: Plan) -> Plan {
    let mut graph = Graph::of(plan);
    let feedbacks = graph.feedbacks();
    let ids: Vec<NodeId> = graph.nodes.ids().collect();
    for id in ids {
        let operator = &graph.nodes[id].operator;
        let moves = !matches!(operator, Operator::Variable { .. })
            && !feedbacks.contains(&id)
            && operator.inputs().into_iter().all(|input| graph.homes[input].is_none());
        // A `Leave` is outside although it reads inside; what it reads stays.
        let left = |graph: &Graph| {
            graph.nodes.iter().any(|node| matches!(node.operator, Operator::Leave { inner } if inner == id))
        };
        if moves && graph.homes[id].is_some() && !left(&graph) {
            graph.homes[id] = None;
        }
    }
    graph.into_plan()
}
