//! `Resolve`: one row per key, by choosing and merging.

use std::sync::Arc;

use floret_ir::{Lattice, NodeId, Type};

use super::Renderer;
use super::arrange::{Key, arrange};
use super::reduce::{Logic, Tag, reduce, runs, tagged};
use super::streams::{Rows, each_width};
use crate::intern::Interner;
use crate::merge::Merging;
use crate::options::Fault;

/// A base row counts as this many derived ones, so that one collection can hold both and still add up.
const BASE: isize = 1 << 40;

impl<'s> Renderer<'_, 's, '_> {
    /// Per distinct first `key` columns the base row, else the least derived row; columns with a merge are merged over all
    /// rows that agree with it in the others.
    pub(super) fn resolve(
        &mut self,
        id: NodeId,
        base: Option<NodeId>,
        derived: NodeId,
        key: usize,
        merges: &[Option<Lattice>],
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
            // The value columns are the last ones of an arranged value, too.
            merging: Merging::new(columns.value_columns(types.len()).len() - merges.len(), merges),
            interner: self.job.context.interner.clone(),
            forgets: self.job.fault == Some(Fault::LostMerge),
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
    /// How they merge.
    merging: Merging,
    interner: Arc<Interner>,
    /// A planted bug: nothing merges.
    forgets: bool,
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
            let least = || derived().min_by(|a, b| self.merging.compare(a, b, &self.types, &self.interner));
            let Some(first) = base.map(|(value, _)| *value).or_else(least) else { continue };
            let mut chosen = first.to_vec();
            for value in derived() {
                if !self.merging.agree(&chosen, value) {
                    row(value, Tag::LeftOut);
                } else if !self.forgets {
                    self.merging.merge(&mut chosen, value, &self.interner);
                }
            }
            row(&chosen, Tag::Chosen);
        }
    }
}

/// How often a row is in the base and how often derived.
fn split(count: isize) -> (isize, isize) {
    let base = (count + BASE / 2).div_euclid(BASE);
    (base, count - base * BASE)
}
