//! Leaves out columns that nobody reads. Multiplicities stay; below operators that compare whole rows (`Distinct`,
//! `Resolve`, `Aggregate`, variables) nothing is left out.

use std::collections::BTreeSet;

use floret_ir::plan::{Mapping, Node, Operator, Plan};
use floret_ir::{Column, IndexVec, NodeId, RuleId};

use super::graph::Graph;
use super::mapping::{projection, reads, reindexed, simplify};

type Columns = BTreeSet<Column>;

pub(super) fn prune(plan: Plan) -> Plan {
    let mut graph = Graph::of(plan);
    let widths: IndexVec<NodeId, usize> = graph.nodes.iter().map(|node| node.columns.len()).collect();
    let needed = narrow(&mut graph, &widths);
    let ids: Vec<NodeId> = graph.nodes.ids().collect();
    let mut narrowing = Narrowing { graph, widths, needed, kept: IndexVec::new() };
    for id in ids {
        let kept = narrowing.keep(id);
        let types = &narrowing.graph.nodes[id].columns;
        narrowing.graph.nodes[id].columns = kept.iter().map(|column| types[*column]).collect();
        narrowing.kept.push(kept);
    }
    narrowing.graph.into_plan()
}

/// From the sinks to the sources: which columns of each operator are needed. Narrows the output of maps and joins
/// (their mappings still read the old columns of their inputs).
fn narrow(graph: &mut Graph, widths: &IndexVec<NodeId, usize>) -> IndexVec<NodeId, Columns> {
    let mut needed: IndexVec<NodeId, Columns> = graph.nodes.iter().map(|_| Columns::new()).collect();
    let all = |node: NodeId| 0..widths[node];
    for sink in &graph.sinks {
        needed[sink.node()].extend(all(sink.node()));
    }
    for variable in graph.loops.iter().flatten() {
        needed[variable.feedback].extend(all(variable.feedback));
    }
    let ids: Vec<NodeId> = graph.nodes.ids().rev().collect();
    for id in ids {
        let wanted = needed[id].clone();
        match &mut graph.nodes[id].operator {
            Operator::Source { .. }
            | Operator::Members { .. }
            | Operator::Unit
            | Operator::Clock
            | Operator::Variable { .. } => {}
            // All its columns stay: what reads them counts on their numbers.
            Operator::Unnest { input, .. } => needed[*input].extend(all(*input)),
            Operator::Map { input, mapping } => {
                *mapping = restricted(mapping, widths[*input], &wanted);
                needed[*input].extend(reads(mapping, widths[*input]));
            }
            Operator::Errors { input, mapping } => {
                needed[*input].extend(reads(mapping, widths[*input]));
                needed[*input].extend(wanted);
            }
            Operator::Join { left, right, on, mapping } => {
                let width = widths[*left];
                *mapping = restricted(mapping, width + widths[*right], &wanted);
                for column in reads(mapping, width + widths[*right]) {
                    if column < width {
                        needed[*left].insert(column);
                    } else {
                        needed[*right].insert(column - width);
                    }
                }
                needed[*left].extend(on.iter().map(|(column, _)| *column));
                needed[*right].extend(on.iter().map(|(_, column)| *column));
            }
            Operator::Antijoin { left, right, on } => {
                needed[*left].extend(wanted);
                needed[*left].extend(on.iter().map(|(column, _)| *column));
                needed[*right].extend(on.iter().map(|(_, column)| *column));
            }
            Operator::Union { inputs } => {
                for input in inputs {
                    needed[*input].extend(wanted.iter().copied());
                }
            }
            Operator::Aggregate { .. }
            | Operator::Overflow { .. }
            | Operator::Distinct { .. }
            | Operator::Resolve { .. }
            | Operator::Losers { .. }
            | Operator::Leave { .. } => {
                for input in graph.nodes[id].operator.inputs() {
                    needed[input].extend(all(input));
                }
            }
        }
    }
    needed
}

/// The mapping with only the wanted columns; one that may have no value still drops the row.
fn restricted(mapping: &Mapping, width: usize, wanted: &Columns) -> Mapping {
    let mut restricted = Mapping { columns: Vec::new(), ..mapping.clone() };
    for (column, scalar) in mapping.columns.iter().enumerate() {
        if wanted.contains(&column) {
            restricted.columns.push(scalar.clone());
        } else if scalar.is_fallible() {
            restricted.lets.push(scalar.clone());
        }
    }
    simplify(&restricted, width)
}

/// The second half: everything reads the narrowed outputs.
struct Narrowing {
    graph: Graph,
    /// The old numbers of columns.
    widths: IndexVec<NodeId, usize>,
    needed: IndexVec<NodeId, Columns>,
    /// Which old columns the operators visited so far still have, in order.
    kept: IndexVec<NodeId, Vec<Column>>,
}

impl Narrowing {
    /// From the sources to the sinks: makes an operator read its narrowed inputs; says which of its columns are left.
    fn keep(&mut self, id: NodeId) -> Vec<Column> {
        let all = 0..self.widths[id];
        let wanted: Vec<Column> = self.needed[id].iter().copied().collect();
        let rule = self.graph.nodes[id].rule;
        let (operator, kept) = match self.graph.nodes[id].operator.clone() {
            Operator::Source { .. }
            | Operator::Members { .. }
            | Operator::Unit
            | Operator::Clock
            | Operator::Unnest { .. }
            | Operator::Variable { .. }
            | Operator::Aggregate { .. }
            | Operator::Overflow { .. }
            | Operator::Distinct { .. }
            | Operator::Resolve { .. }
            | Operator::Losers { .. }
            | Operator::Leave { .. } => return all.collect(),
            Operator::Map { input, mapping } => {
                let mapping = self.over_kept(&mapping, input);
                (Operator::Map { input, mapping }, wanted)
            }
            Operator::Errors { input, mapping } => {
                let mapping = self.over_kept(&mapping, input);
                (Operator::Errors { input, mapping }, self.kept[input].clone())
            }
            Operator::Join { left, right, on, mapping } => {
                (self.join(left, right, &on, &mapping, rule), wanted)
            }
            Operator::Antijoin { left, right, on } => {
                let mut of_left: Columns = on.iter().map(|(column, _)| *column).collect();
                of_left.extend(wanted);
                let of_right: Columns = on.iter().map(|(_, column)| *column).collect();
                let operator = Operator::Antijoin {
                    left: self.only(left, &of_left, rule),
                    right: self.only(right, &of_right, rule),
                    on: on.iter().map(|(l, r)| (position(&of_left, *l), position(&of_right, *r))).collect(),
                };
                (operator, of_left.into_iter().collect())
            }
            Operator::Union { inputs } => {
                let columns = self.needed[id].clone();
                let inputs = inputs.into_iter().map(|input| self.only(input, &columns, rule)).collect();
                (Operator::Union { inputs }, wanted)
            }
        };
        // Maps and joins were narrowed by `narrow` already; their types follow here like all others'.
        self.graph.nodes[id].operator = operator;
        kept
    }

    fn join(
        &mut self,
        left: NodeId,
        right: NodeId,
        on: &[(Column, Column)],
        mapping: &Mapping,
        rule: Option<RuleId>,
    ) -> Operator {
        let width = self.widths[left];
        let all = width + self.widths[right];
        let (mut of_left, mut of_right) = (Columns::new(), Columns::new());
        for column in reads(mapping, all) {
            if column < width {
                of_left.insert(column);
            } else {
                of_right.insert(column - width);
            }
        }
        of_left.extend(on.iter().map(|(column, _)| *column));
        of_right.extend(on.iter().map(|(_, column)| *column));
        let mapping = reindexed(mapping, all, of_left.len() + of_right.len(), |column| {
            if column < width {
                position(&of_left, column)
            } else {
                of_left.len() + position(&of_right, column - width)
            }
        });
        Operator::Join {
            left: self.only(left, &of_left, rule),
            right: self.only(right, &of_right, rule),
            on: on.iter().map(|(l, r)| (position(&of_left, *l), position(&of_right, *r))).collect(),
            mapping,
        }
    }

    /// The mapping over what is left of its input.
    fn over_kept(&self, mapping: &Mapping, input: NodeId) -> Mapping {
        let kept: Columns = self.kept[input].iter().copied().collect();
        reindexed(mapping, self.widths[input], kept.len(), |column| position(&kept, column))
    }

    /// An operator with just these columns of `input`: itself or a projection of it.
    fn only(&mut self, input: NodeId, columns: &Columns, rule: Option<RuleId>) -> NodeId {
        let kept = &self.kept[input];
        if kept.iter().eq(columns) {
            return input;
        }
        let kept: Columns = kept.iter().copied().collect();
        let picked: Vec<Column> = columns.iter().map(|column| position(&kept, *column)).collect();
        let node = &self.graph.nodes[input];
        let types = picked.iter().map(|column| node.columns[*column]).collect();
        let (changes, home) = (node.changes, self.graph.homes[input]);
        let operator = Operator::Map { input, mapping: projection(picked) };
        self.graph.add(Node { operator, columns: types, changes, rule }, home)
    }
}

/// Where a kept column is among the kept ones.
fn position(kept: &Columns, column: Column) -> Column {
    kept.range(..column).count()
}
