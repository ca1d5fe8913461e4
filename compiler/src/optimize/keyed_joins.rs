//! Turns conditions of a join that compare its two sides into keys.

use floret_ir::plan::{Mapping, Node, Operator, Plan};
use floret_ir::{BinaryOp, Column, Expr, NodeId, Scalar};

use super::graph::Graph;
use super::mapping::{free_condition, projection, reindexed, renamed, simplify};

pub(super) fn keyed_joins(plan: Plan) -> Plan {
    let mut graph = Graph::of(plan);
    let ids: Vec<NodeId> = graph.nodes.ids().collect();
    for id in ids {
        if let Operator::Join { left, right, on, mapping } = graph.nodes[id].operator.clone() {
            rewrite(&mut graph, id, Sides { left, right, on, mapping });
        }
    }
    graph.into_plan()
}

struct Sides {
    left: NodeId,
    right: NodeId,
    on: Vec<(Column, Column)>,
    mapping: Mapping,
}

fn rewrite(graph: &mut Graph, id: NodeId, join: Sides) {
    let Sides { left, right, mut on, mapping } = join;
    let (left_width, right_width) = (graph.nodes[left].columns.len(), graph.nodes[right].columns.len());
    let width = left_width + right_width;
    // Columns to add to each side, computed from it.
    let (mut on_left, mut on_right): (Vec<Scalar>, Vec<Scalar>) = (Vec::new(), Vec::new());
    let mut conditions = Vec::new();
    for condition in &mapping.conditions {
        let pair =
            free_condition(&mapping, condition, width).and_then(|free| compared_sides(&free, left_width));
        match pair {
            Some((of_left, of_right)) => {
                let of_right = renamed(&of_right, &|column| column - left_width);
                let key = (
                    column_for(of_left, left_width, &mut on_left),
                    column_for(of_right, right_width, &mut on_right),
                );
                if !on.contains(&key) {
                    on.push(key);
                }
            }
            None => conditions.push(condition.clone()),
        }
    }
    if conditions.len() == mapping.conditions.len() {
        return;
    }
    let added = on_left.len();
    let mapping = Mapping { conditions, ..mapping };
    let new_width = width + added + on_right.len();
    let mapping =
        reindexed(
            &mapping,
            width,
            new_width,
            |column| {
                if column < left_width { column } else { column + added }
            },
        );
    let left = with_columns(graph, left, on_left, id);
    let right = with_columns(graph, right, on_right, id);
    graph.nodes[id].operator = Operator::Join { left, right, on, mapping: simplify(&mapping, new_width) };
}

/// If the condition says that something of the left row equals something of the right row: both.
fn compared_sides(condition: &Scalar, left_width: usize) -> Option<(Scalar, Scalar)> {
    let Expr::Binary { op: BinaryOp::Equal, left, right, .. } = condition else { return None };
    let is_left = |scalar: &Scalar| {
        let vars = scalar.vars();
        !vars.is_empty() && vars.iter().all(|column| *column < left_width)
    };
    let is_right = |scalar: &Scalar| {
        let vars = scalar.vars();
        !vars.is_empty() && vars.iter().all(|column| *column >= left_width)
    };
    if is_left(left) && is_right(right) {
        Some(((**left).clone(), (**right).clone()))
    } else if is_left(right) && is_right(left) {
        Some(((**right).clone(), (**left).clone()))
    } else {
        None
    }
}

fn column_for(scalar: Scalar, width: usize, added: &mut Vec<Scalar>) -> Column {
    if let Expr::Var(column) = scalar {
        return column;
    }
    let position = added.iter().position(|other| *other == scalar).unwrap_or_else(|| {
        added.push(scalar);
        added.len() - 1
    });
    width + position
}

/// The operator with more columns, computed from its own (they always have a value).
fn with_columns(graph: &mut Graph, input: NodeId, added: Vec<Scalar>, join: NodeId) -> NodeId {
    if added.is_empty() {
        return input;
    }
    let node = &graph.nodes[input];
    let mut columns = node.columns.clone();
    columns.extend(added.iter().map(|scalar| scalar.ty(&|column: &Column| node.columns[*column])));
    let mut mapping = projection(0..node.columns.len());
    mapping.columns.extend(added);
    let (changes, rule) = (node.changes, graph.nodes[join].rule);
    let home = graph.homes[input];
    graph.add(Node { operator: Operator::Map { input, mapping }, columns, changes, rule }, home)
}
