//! Aggregates: from the heads of single assignments to one head per group.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::{AggregateKind, Column, Head, HeadTerm, Row, Value};

use crate::head::HeadRow;

/// The groups of a rule.
#[derive(Default)]
pub(crate) struct Groups {
    /// One head per group.
    pub(crate) rows: BTreeSet<HeadRow>,
    /// The groups with a sum that doesn't fit: place (if any), then the `Expr` terms in order.
    pub(crate) overflows: BTreeSet<Row>,
}

/// Groups assignments (each listed once) by their place and `Expr` terms and computes the aggregates of each group.
pub(crate) fn aggregate(head: &Head, assignments: Vec<HeadRow>) -> Groups {
    let mut members: BTreeMap<HeadRow, Vec<HeadRow>> = BTreeMap::new();
    for assignment in assignments {
        members.entry(group_of(head, &assignment)).or_default().push(assignment);
    }
    let mut groups = Groups::default();
    for (group, members) in members {
        match aggregate_group(head, &group, &members) {
            Some(row) => groups.rows.insert(row),
            None => groups.overflows.insert(
                group
                    .place
                    .map(Value::Address)
                    .into_iter()
                    .chain(group.columns.into_iter().flatten())
                    .collect(),
            ),
        };
    }
    groups
}

/// The assignment without its aggregates' arguments.
fn group_of(head: &Head, assignment: &HeadRow) -> HeadRow {
    let mut group = assignment.clone();
    for (column, term) in group.columns.iter_mut().zip(&head.terms) {
        match term {
            HeadTerm::Expr(_) => {}
            HeadTerm::Aggregate { .. } | HeadTerm::Any => *column = None,
        }
    }
    group
}

/// `None` if a sum doesn't fit.
fn aggregate_group(head: &Head, group: &HeadRow, members: &[HeadRow]) -> Option<HeadRow> {
    let mut row = group.clone();
    for (column, term) in head.terms.iter().enumerate() {
        if let HeadTerm::Aggregate { kind, .. } = term {
            row.columns[column] = Some(compute(*kind, members, column)?);
        }
    }
    Some(row)
}

fn compute(kind: AggregateKind, members: &[HeadRow], column: Column) -> Option<Value> {
    let arguments = || members.iter().filter_map(|member| member.columns[column].as_ref());
    match kind {
        AggregateKind::Count => Some(Value::Int(members.len() as i64)),
        AggregateKind::CountDistinct => Some(Value::Int(arguments().collect::<BTreeSet<_>>().len() as i64)),
        AggregateKind::Sum => sum(arguments().collect()),
        AggregateKind::Min => arguments().min().cloned(),
        AggregateKind::Max => arguments().max().cloned(),
    }
}

/// The exact sum of ints, which must fit in the end but not on the way; of floats in ascending order.
fn sum(mut values: Vec<&Value>) -> Option<Value> {
    values.sort_unstable();
    let (mut ints, mut floats, mut any_float) = (0_i128, 0.0, false);
    for value in values {
        match value {
            Value::Int(i) => ints += i128::from(*i),
            Value::Float(f) => {
                any_float = true;
                floats += f.get();
            }
            Value::Bool(_) | Value::String(_) | Value::Address(_) => return None,
        }
    }
    if any_float { Some(Value::float(floats)) } else { i64::try_from(ints).ok().map(Value::Int) }
}
