//! Arrangements for joins and reductions, keyed by one word each and shared by all who want the same.
//!
//! A key of one column is its word, and the value is the rest of the row. Any other key is a hash of its words, and the
//! value is the whole row, so that whoever reads the arrangement can compare the words.

use differential_dataflow::VecCollection;
use differential_dataflow::operators::arrange::{Arranged, TraceAgent};
use differential_dataflow::trace::implementations::ValSpine;
use floret_ir::{Column, NodeId};
use timely::dataflow::Scope;

use super::Renderer;
use super::streams::{Coll, Rows};
use crate::row::{Class, Row, hash_words};
use crate::time::Time;

/// The trace of rows of one width by a word.
pub(super) type Trace<const V: usize> = TraceAgent<ValSpine<u64, Row<V>, Time, isize>>;
/// Rows of one width by a word.
pub(super) type ByWord<'s, const V: usize> = Arranged<'s, Trace<V>>;

/// Rows by a word.
#[derive(Clone)]
pub(super) enum Arrangement<'s> {
    V1(ByWord<'s, 1>),
    V2(ByWord<'s, 2>),
    V4(ByWord<'s, 4>),
    V8(ByWord<'s, 8>),
    V16(ByWord<'s, 16>),
}

macro_rules! values {
    ($($class:ident $width:literal)*) => {$(
        impl<'s> From<ByWord<'s, $width>> for Arrangement<'s> {
            fn from(arranged: ByWord<'s, $width>) -> Self {
                Arrangement::$class(arranged)
            }
        }
    )*};
}
values! { V1 1 V2 2 V4 4 V8 8 V16 16 }

/// The key of an arrangement, and with it what its values are.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Key {
    /// This column; the values are the others.
    Exact(Column),
    /// A hash of these columns; the values are whole rows.
    Hashed(Vec<Column>),
}

/// Where a column of an arranged row is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// It is the key.
    Key,
    /// This column of the value.
    Value(usize),
}

impl Key {
    /// The key of these columns.
    pub(super) fn of(columns: &[Column]) -> Key {
        match columns {
            [column] => Key::Exact(*column),
            _ => Key::Hashed(columns.to_vec()),
        }
    }

    /// The word of a row's key.
    #[inline]
    pub(super) fn word(&self, row: &[u64]) -> u64 {
        match self {
            Key::Exact(column) => row[*column],
            Key::Hashed(columns) => hash_words(columns.iter().map(|column| row[*column])),
        }
    }

    /// What tells the worker for a row.
    pub(super) fn route(&self, row: &[u64]) -> u64 {
        hash_words([self.word(row)].into_iter())
    }

    /// The columns of the value, in order.
    pub(super) fn value_columns(&self, arity: usize) -> Vec<Column> {
        match self {
            Key::Exact(key) => (0..arity).filter(|column| column != key).collect(),
            Key::Hashed(_) => (0..arity).collect(),
        }
    }

    /// Where each of the row's columns is.
    pub(super) fn places(&self, arity: usize) -> Vec<Place> {
        let value = self.value_columns(arity);
        let place = |column| value.iter().position(|at| *at == column).map_or(Place::Key, Place::Value);
        (0..arity).map(place).collect()
    }
}

impl<'s> Renderer<'_, 's, '_> {
    /// An operator's rows by these columns.
    pub(super) fn arrange(&mut self, id: NodeId, key: &Key) -> Arrangement<'s> {
        let wanted = (id, key.clone());
        if let Some(arrangement) = self.arranged.get(&wanted) {
            return arrangement.clone();
        }
        let arrangement = arrange(self.rows(id), key, self.arity(id));
        self.arranged.insert(wanted, arrangement.clone());
        arrangement
    }
}

/// Rows by the key. Of each width of rows, only the widths that values can have then are compiled.
pub(super) fn arrange<'s>(rows: Rows<'s>, key: &Key, arity: usize) -> Arrangement<'s> {
    let value = key.value_columns(arity);
    match (rows, Class::of(value.len())) {
        (Rows::W1(rows), _) => by_word::<1, 1>(rows, key, value).into(),
        (Rows::W2(rows), Class::W1) => by_word::<2, 1>(rows, key, value).into(),
        (Rows::W2(rows), _) => by_word::<2, 2>(rows, key, value).into(),
        (Rows::W4(rows), Class::W1 | Class::W2) => by_word::<4, 2>(rows, key, value).into(),
        (Rows::W4(rows), _) => by_word::<4, 4>(rows, key, value).into(),
        (Rows::W8(rows), Class::W1 | Class::W2 | Class::W4) => by_word::<8, 4>(rows, key, value).into(),
        (Rows::W8(rows), _) => by_word::<8, 8>(rows, key, value).into(),
        (Rows::W16(rows), Class::W1 | Class::W2 | Class::W4 | Class::W8) => {
            by_word::<16, 8>(rows, key, value).into()
        }
        (Rows::W16(rows), Class::W16) => by_word::<16, 16>(rows, key, value).into(),
    }
}

fn by_word<'s, const W: usize, const V: usize>(
    rows: Coll<'s, W>,
    key: &Key,
    value: Vec<Column>,
) -> ByWord<'s, V> {
    let key = key.clone();
    let keyed: VecCollection<'s, Time, (u64, Row<V>), isize> = rows.map(move |row: Row<W>| {
        let word = key.word(&row.0);
        let mut rest = Row::default();
        for (to, from) in rest.0.iter_mut().zip(&value) {
            *to = row.0[*from];
        }
        (word, rest)
    });
    keyed.arrange_by_key()
}

impl<'s> Arrangement<'s> {
    /// The width of its values.
    pub(super) fn width(&self) -> usize {
        match self {
            Arrangement::V1(_) => 1,
            Arrangement::V2(_) => 2,
            Arrangement::V4(_) => 4,
            Arrangement::V8(_) => 8,
            Arrangement::V16(_) => 16,
        }
    }

    /// Its scope.
    pub(super) fn scope(&self) -> Scope<'s, Time> {
        match self {
            Arrangement::V1(rows) => rows.stream.scope(),
            Arrangement::V2(rows) => rows.stream.scope(),
            Arrangement::V4(rows) => rows.stream.scope(),
            Arrangement::V8(rows) => rows.stream.scope(),
            Arrangement::V16(rows) => rows.stream.scope(),
        }
    }
}
