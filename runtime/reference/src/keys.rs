//! Several rows for one key: which one stays, and what it becomes by merging.

use std::collections::BTreeSet;
use std::ops::Bound;

use floret_ir::{Relation, Row, Value};

/// What came of rows competing for keys.
#[derive(Default)]
pub(crate) struct Settled {
    /// At most one row per key.
    pub(crate) rows: BTreeSet<Row>,
    /// The rows whose plain value columns differ from those of the row their key kept.
    pub(crate) lost: BTreeSet<Row>,
}

/// `kept` stays (at most one row per key); of `new` the least row of each free key joins it, by its plain columns. Rows
/// that agree in those merge their lattice columns into the row that stays; the others are lost, whole. Sets, and keys
/// that are proven to have one row, take everything.
pub(crate) fn settle(declared: &Relation, kept: BTreeSet<Row>, new: BTreeSet<Row>) -> Settled {
    let mut settled = Settled { rows: kept, lost: BTreeSet::new() };
    let Some(key) = declared.resolved_key() else {
        settled.rows.extend(new);
        return settled;
    };
    let mut new: Vec<Row> = new.into_iter().collect();
    new.sort_by_cached_key(|row| declared.plain_columns(row));
    for row in new {
        match row.get(..key).and_then(|key| row_of_key(&settled.rows, key)).cloned() {
            None => {
                settled.rows.insert(row);
            }
            Some(holder) => match declared.merge(&holder, &row) {
                Some(merged) => {
                    settled.rows.remove(&holder);
                    settled.rows.insert(merged);
                }
                None => {
                    settled.lost.insert(row);
                }
            },
        }
    }
    settled
}

/// The first row whose leading columns are these. (Rows are ordered column by column.)
pub(crate) fn row_of_key<'r>(rows: &'r BTreeSet<Row>, key: &[Value]) -> Option<&'r Row> {
    let from: (Bound<&[Value]>, Bound<&[Value]>) = (Bound::Included(key), Bound::Unbounded);
    rows.range::<[Value], _>(from).next().filter(|row| row.starts_with(key))
}
