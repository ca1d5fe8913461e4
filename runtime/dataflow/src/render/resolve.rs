//! `Resolve`: one row per key.

use std::sync::Arc;

use floret_ir::{NodeId, Type};

use super::Renderer;
use super::arrange::{Key, arrange};
use super::reduce::{Logic, Tag, reduce, runs, tagged};
use super::streams::{Rows, each_width};
use crate::intern::Interner;
use crate::row::compare_rows;

/// A base row counts as this many derived ones, so that one collection can hold both and still add up.
const BASE: isize = 1 << 40;

impl<'s> Renderer<'_, 's, '_> {
    /// Per distinct first `key` columns the base row, else the least derived row.
    pub(super) fn resolve(
        &mut self,
        id: NodeId,
        base: Option<NodeId>,
        derived: NodeId,
        key: usize,
    ) -> Rows<'s> {
        let columns = Key::of(&(0..key).collect::<Vec<_>>());
        let types = self.types(id);
        let mut rows = self.rows(derived);
        if let Some(base) = base {
            let weighted =
                each_width!(self.rows(base), rows => Rows::from(rows.explode(|row| Some((row, BASE)))));
            rows = rows.union(vec![weighted]);
        }
        let exact = matches!(columns, Key::Exact(_));
        let logic = Resolution {
            exact,
            prefix: if exact { 0 } else { key },
            types: columns.value_columns(types.len()).into_iter().map(|column| types[column]).collect(),
            interner: self.job.context.interner.clone(),
        };
        let arrangement = arrange(rows, &columns, types.len());
        let reduced = reduce(arrangement, "Resolve", Box::new(logic));
        self.reduced.insert(id, reduced.clone());
        tagged(reduced, Tag::Chosen, types.len())
    }
}

struct Resolution {
    /// Whether the key word is the row's first column, and the only one of its key.
    exact: bool,
    /// How many of the values' first columns tell keys under one word apart.
    prefix: usize,
    /// The values' columns.
    types: Vec<Type>,
    interner: Arc<Interner>,
}

impl Logic for Resolution {
    fn reduce(
        &mut self,
        key: u64,
        values: &mut dyn Iterator<Item = (&[u64], isize)>,
        emit: &mut dyn FnMut(Tag, &[u64]),
    ) {
        let width = self.types.len();
        let values: Vec<(&[u64], isize)> =
            values.map(|(row, count)| (row.get(..width).unwrap_or(row), count)).collect();
        let mut whole = Vec::with_capacity(width + 1);
        let mut row = |value: &[u64], tag| {
            whole.clear();
            whole.extend(self.exact.then_some(key));
            whole.extend_from_slice(value);
            emit(tag, &whole);
        };
        for rivals in runs(&values, self.prefix) {
            let base = rivals.iter().find(|(_, count)| split(*count).0 > 0);
            let derived = || rivals.iter().filter(|(_, count)| split(*count).1 > 0).map(|(value, _)| *value);
            let least = || derived().min_by(|a, b| compare_rows(a, b, &self.types, &self.interner));
            if let Some(chosen) = base.map(|(value, _)| *value).or_else(least) {
                row(chosen, Tag::Chosen);
                derived().filter(|value| *value != chosen).for_each(|value| row(value, Tag::LeftOut));
            }
        }
    }
}

/// How often a row is in the base and how often derived.
fn split(count: isize) -> (isize, isize) {
    let base = (count + BASE / 2).div_euclid(BASE);
    (base, count - base * BASE)
}
