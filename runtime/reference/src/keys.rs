//! Two rows for one key: which one stays.

use std::collections::BTreeSet;
use std::ops::Bound;

use floret_ir::{Row, Value};

/// What came of rows competing for keys.
#[derive(Default)]
pub(crate) struct Settled {
    /// At most one row per key.
    pub(crate) rows: BTreeSet<Row>,
    /// The rows that differ from the one their key kept.
    pub(crate) lost: BTreeSet<Row>,
}

/// `kept` stays (at most one row per key); of `new` the least row of each free key joins it. `key` is the number of
/// key columns where conflicts are resolved, else everything joins.
pub(crate) fn settle(key: Option<usize>, kept: BTreeSet<Row>, new: BTreeSet<Row>) -> Settled {
    let mut settled = Settled { rows: kept, lost: BTreeSet::new() };
    // Ascending: the least of a key comes first.
    for row in new {
        let taken =
            key.and_then(|key| row.get(..key)).is_some_and(|key| row_of_key(&settled.rows, key).is_some());
        if !taken {
            settled.rows.insert(row);
        } else if !settled.rows.contains(&row) {
            settled.lost.insert(row);
        }
    }
    settled
}

/// The first row whose leading columns are these. (Rows are ordered column by column.)
pub(crate) fn row_of_key<'r>(rows: &'r BTreeSet<Row>, key: &[Value]) -> Option<&'r Row> {
    let from: (Bound<&[Value]>, Bound<&[Value]>) = (Bound::Included(key), Bound::Unbounded);
    rows.range::<[Value], _>(from).next().filter(|row| row.starts_with(key))
}
