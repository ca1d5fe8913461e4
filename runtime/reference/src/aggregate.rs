//! Aggregates: from the heads of single assignments to one head per group.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use floret_ir::hash::seeded_hash;
use floret_ir::{AggregateKind, Column, Head, HeadTerm, Row, Value, mean};

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
/// `seed` is what `any` goes by.
pub(crate) fn aggregate(head: &Head, assignments: Vec<HeadRow>, seed: u64) -> Groups {
    let mut members: BTreeMap<HeadRow, Vec<HeadRow>> = BTreeMap::new();
    for assignment in assignments {
        members.entry(group_of(head, &assignment)).or_default().push(assignment);
    }
    let mut groups = Groups::default();
    for (group, members) in members {
        match aggregate_group(head, &group, &members, seed) {
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
pub(crate) fn group_of(head: &Head, assignment: &HeadRow) -> HeadRow {
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
fn aggregate_group(head: &Head, group: &HeadRow, members: &[HeadRow], seed: u64) -> Option<HeadRow> {
    let mut row = group.clone();
    for (column, term) in head.terms.iter().enumerate() {
        if let HeadTerm::Aggregate { kind, .. } = term {
            row.columns[column] = Some(compute(*kind, members, column, seed)?);
        }
    }
    Some(row)
}

fn compute<'m>(kind: AggregateKind, members: &'m [HeadRow], column: Column, seed: u64) -> Option<Value> {
    let arguments = || members.iter().filter_map(|member| member.columns[column].as_ref());
    match kind {
        AggregateKind::Count => Some(Value::Int(members.len() as i64)),
        AggregateKind::CountDistinct => Some(Value::Int(arguments().collect::<BTreeSet<_>>().len() as i64)),
        AggregateKind::Sum => sum(arguments().collect()).value(),
        AggregateKind::Avg => sum(arguments().collect()).mean(members.len()),
        AggregateKind::Min => arguments().min().cloned(),
        AggregateKind::Max => arguments().max().cloned(),
        AggregateKind::ArgMin => arguments().filter_map(compared).min().map(|(_, x)| x.clone()),
        AggregateKind::ArgMax => {
            let least_last = |(by, x): (&'m Value, &'m Value)| (by, Reverse(x));
            arguments().filter_map(compared).map(least_last).max().map(|(_, Reverse(x))| x.clone())
        }
        AggregateKind::Collect => Some(Value::set(arguments().cloned())),
        AggregateKind::Any => arguments().min_by_key(|value| (seeded_hash(seed, value), *value)).cloned(),
    }
}

/// What is compared, and the argument.
fn compared(pair: &Value) -> Option<(&Value, &Value)> {
    match pair {
        Value::Tuple(pair) => Some((pair.first()?, pair.get(1)?)),
        _ => None,
    }
}

/// The exact sum of ints, or that of floats in ascending order.
enum Sum {
    Ints(i128),
    Floats(f64),
    /// Of anything else.
    Nothing,
}

fn sum(mut values: Vec<&Value>) -> Sum {
    values.sort_unstable();
    values.into_iter().fold(Sum::Ints(0), |sum, value| match (sum, value) {
        (Sum::Ints(sum), Value::Int(i)) => Sum::Ints(sum + i128::from(*i)),
        (Sum::Ints(_), Value::Float(f)) => Sum::Floats(f.get()),
        (Sum::Floats(sum), Value::Float(f)) => Sum::Floats(sum + f.get()),
        (Sum::Ints(_) | Sum::Floats(_) | Sum::Nothing, _) => Sum::Nothing,
    })
}

impl Sum {
    /// `None` if it doesn't fit: a sum of ints must in the end, but not on the way.
    fn value(self) -> Option<Value> {
        match self {
            Sum::Ints(sum) => i64::try_from(sum).ok().map(Value::Int),
            Sum::Floats(sum) => Some(Value::float(sum)),
            Sum::Nothing => None,
        }
    }

    fn mean(self, count: usize) -> Option<Value> {
        match self {
            Sum::Ints(sum) => Some(mean(sum, count as u64)),
            Sum::Floats(sum) => Some(Value::float(sum / count as f64)),
            Sum::Nothing => None,
        }
    }
}
