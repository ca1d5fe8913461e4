//! Strongly connected components (Tarjan's algorithm, without recursion: programs may be long chains).

use floret_ir::{Component, Id, IndexVec, Program, RelationId, RuleId, RuleOp};

use super::graph::Read;

/// The components of the graph whose node `n` has edges to `edges[n]`, each after those it has edges to. Within a
/// component nodes are in ascending order.
pub(crate) fn strongly_connected<I: Id>(edges: &IndexVec<I, Vec<I>>) -> Vec<Vec<I>> {
    const UNSEEN: usize = usize::MAX;
    let mut found = vec![UNSEEN; edges.len()];
    let mut low = vec![UNSEEN; edges.len()];
    let mut on_stack = vec![false; edges.len()];
    let mut stack: Vec<I> = Vec::new();
    let mut components = Vec::new();
    let mut time = 0;
    for root in edges.ids() {
        if found[root.index()] != UNSEEN {
            continue;
        }
        // Each entry: a node being visited and how many of its edges were followed.
        let mut visits: Vec<(I, usize)> = vec![(root, 0)];
        while let Some((node, followed)) = visits.last_mut() {
            let (node, edge) = (*node, *followed);
            if edge == 0 {
                found[node.index()] = time;
                low[node.index()] = time;
                time += 1;
                stack.push(node);
                on_stack[node.index()] = true;
            }
            *followed += 1;
            if let Some(&next) = edges[node].get(edge) {
                if found[next.index()] == UNSEEN {
                    visits.push((next, 0));
                } else if on_stack[next.index()] {
                    low[node.index()] = low[node.index()].min(found[next.index()]);
                }
                continue;
            }
            visits.pop();
            if let Some((parent, _)) = visits.last() {
                low[parent.index()] = low[parent.index()].min(low[node.index()]);
            }
            if low[node.index()] == found[node.index()] {
                let mut component = Vec::new();
                while let Some(member) = stack.pop() {
                    on_stack[member.index()] = false;
                    component.push(member);
                    if member == node {
                        break;
                    }
                }
                component.sort_unstable();
                components.push(component);
            }
        }
    }
    components
}

/// For each node the number of its component.
pub(crate) fn component_numbers<I: Id>(components: &[Vec<I>], nodes: usize) -> IndexVec<I, usize> {
    let mut numbers: IndexVec<I, usize> = (0..nodes).map(|_| 0).collect();
    for (number, component) in components.iter().enumerate() {
        for &node in component {
            numbers[node] = number;
        }
    }
    numbers
}

/// The strata of the program: all relations in the order of evaluation, with the `<=` rules that fill them.
pub(super) fn of_program(program: &Program, reads: &IndexVec<RelationId, Vec<Read>>) -> Vec<Component> {
    let edges = reads.iter().map(|reads| reads.iter().map(|read| read.source).collect()).collect();
    let groups = strongly_connected(&edges);
    let numbers = component_numbers(&groups, program.relations.len());
    let mut rules: Vec<Vec<RuleId>> = vec![Vec::new(); groups.len()];
    for (rule_id, rule) in program.rules.entries().filter(|(_, rule)| rule.op == RuleOp::Now) {
        rules[numbers[rule.head.relation]].push(rule_id);
    }
    groups
        .into_iter()
        .zip(rules)
        .map(|(relations, rules)| {
            let recursive = relations.len() > 1
                || relations
                    .iter()
                    .any(|&relation| reads[relation].iter().any(|read| read.source == relation));
            Component { relations, rules, recursive }
        })
        .collect()
}
