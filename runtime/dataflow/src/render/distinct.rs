//! `Distinct`: each row once.
//!
//! Rows are reduced by a hash of themselves, so that no other arrangements are compiled than joins have.

use differential_dataflow::trace::implementations::{ValBuilder, ValSpine};

use super::arrange::{Arrangement, ByWord, Key, arrange};
use super::streams::{Coll, Rows};
use crate::row::Row;
use crate::time::Time;

/// Each row once.
pub(super) fn distinct(rows: Rows<'_>, arity: usize) -> Rows<'_> {
    match arrange(rows, &Key::Hashed((0..arity).collect()), arity) {
        Arrangement::V1(rows) => once(rows).into(),
        Arrangement::V2(rows) => once(rows).into(),
        Arrangement::V4(rows) => once(rows).into(),
        Arrangement::V8(rows) => once(rows).into(),
        Arrangement::V16(rows) => once(rows).into(),
    }
}

fn once<const V: usize>(rows: ByWord<'_, V>) -> Coll<'_, V> {
    rows.reduce_abelian::<_, ValBuilder<u64, Row<V>, Time, isize>, ValSpine<u64, Row<V>, Time, isize>, _, _>(
        "Distinct",
        |_, rows: &[(&Row<V>, isize)], output| {
            output.extend(rows.iter().filter(|(_, count)| *count > 0).map(|(row, _)| (**row, 1)));
        },
        |batch, key, changes| {
            batch.clear();
            batch.extend(changes.drain(..).map(|(row, time, diff)| ((*key, row), time, diff)));
        },
    )
    .as_collection(|_, row| *row)
}
