//! Reductions: per key word, from rows with multiplicities to tagged rows. `Aggregate` and `Resolve` are both made of
//! them, so that each pair of widths is compiled once.

use differential_dataflow::VecCollection;
use differential_dataflow::trace::implementations::{ValBuilder, ValSpine};
use floret_ir::NodeId;

use super::Renderer;
use super::arrange::{Arrangement, ByWord};
use super::streams::{Rows, each_class};
use crate::row::{Class, Row};
use crate::time::Time;

/// What a reduced row is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Tag {
    /// The operator's output.
    Chosen,
    /// What it leaves out: an overflowing group, a loser.
    LeftOut,
}

/// A tagged row.
pub(super) type Tagged<const O: usize> = (u64, Row<O>);

/// Tagged rows. Two widths are enough: they are narrowed afterwards.
#[derive(Clone)]
pub(super) enum Reduced<'s> {
    O4(VecCollection<'s, Time, Tagged<4>, isize>),
    O16(VecCollection<'s, Time, Tagged<16>, isize>),
}

/// Takes a key word, its values with their multiplicities, and a function that takes the results.
pub(super) trait Logic: 'static {
    /// Reduces one key word's rows, ordered by their words. Multiplicities below 1 don't occur in a plan that keeps its
    /// promises; they are passed over.
    fn reduce(
        &mut self,
        key: u64,
        values: &mut dyn Iterator<Item = (&[u64], isize)>,
        emit: &mut dyn FnMut(Tag, &[u64]),
    );
}

impl Tag {
    fn word(self) -> u64 {
        match self {
            Tag::Chosen => 0,
            Tag::LeftOut => 1,
        }
    }
}

/// Reduces an arrangement to rows of `arity` columns.
pub(super) fn reduce<'s>(
    arrangement: Arrangement<'s>,
    arity: usize,
    name: &str,
    logic: Box<dyn Logic>,
) -> Reduced<'s> {
    let wide = match Class::of(arity) {
        Class::W1 | Class::W2 | Class::W4 => false,
        Class::W8 | Class::W16 => true,
    };
    match (arrangement, wide) {
        (Arrangement::V1(rows), false) => Reduced::O4(instance(rows, name, logic)),
        (Arrangement::V2(rows), false) => Reduced::O4(instance(rows, name, logic)),
        (Arrangement::V4(rows), false) => Reduced::O4(instance(rows, name, logic)),
        (Arrangement::V8(rows), false) => Reduced::O4(instance(rows, name, logic)),
        (Arrangement::V16(rows), false) => Reduced::O4(instance(rows, name, logic)),
        (Arrangement::V1(rows), true) => Reduced::O16(instance(rows, name, logic)),
        (Arrangement::V2(rows), true) => Reduced::O16(instance(rows, name, logic)),
        (Arrangement::V4(rows), true) => Reduced::O16(instance(rows, name, logic)),
        (Arrangement::V8(rows), true) => Reduced::O16(instance(rows, name, logic)),
        (Arrangement::V16(rows), true) => Reduced::O16(instance(rows, name, logic)),
    }
}

fn instance<'s, const V: usize, const O: usize>(
    rows: ByWord<'s, V>,
    name: &str,
    mut logic: Box<dyn Logic>,
) -> VecCollection<'s, Time, Tagged<O>, isize> {
    rows.reduce_abelian::<_, ValBuilder<u64, Tagged<O>, Time, isize>, ValSpine<u64, Tagged<O>, Time, isize>, _, _>(
        name,
        move |key: &u64, values: &[(&Row<V>, isize)], output| {
            let mut values = values.iter().map(|(row, count)| (row.0.as_slice(), *count));
            logic.reduce(*key, &mut values, &mut |tag, row| output.push(((tag.word(), Row::of(row)), 1)));
        },
        |batch, key, changes| {
            batch.clear();
            batch.extend(changes.drain(..).map(|(value, time, diff)| ((*key, value), time, diff)));
        },
    )
    .as_collection(|_, value| *value)
}

impl<'s> Reduced<'s> {
    /// The rows of one tag.
    pub(super) fn rows(self, tag: Tag, arity: usize) -> Rows<'s> {
        let word = tag.word();
        match self {
            Reduced::O4(rows) => each_class!(Class::of(arity), W => Rows::from(
                rows.flat_map(move |(tag, row)| (tag == word).then(|| Row::<W>::of(&row.0)))
            )),
            Reduced::O16(rows) => each_class!(Class::of(arity), W => Rows::from(
                rows.flat_map(move |(tag, row)| (tag == word).then(|| Row::<W>::of(&row.0)))
            )),
        }
    }
}

impl<'s> Renderer<'_, 's, '_> {
    /// `Overflow` and `Losers`: what an operator leaves out.
    pub(super) fn left_out(&self, of: NodeId, arity: usize) -> Rows<'s> {
        match self.reduced.get(&of) {
            Some(reduced) => reduced.clone().rows(Tag::LeftOut, arity),
            None => Rows::empty(self.scope, arity),
        }
    }
}

/// Splits rows, ordered by their words, into runs that agree on their first `prefix` words.
pub(super) fn runs<'v, T>(
    rows: &'v [(&'v [u64], T)],
    prefix: usize,
) -> impl Iterator<Item = &'v [(&'v [u64], T)]> {
    rows.chunk_by(move |(a, _), (b, _)| a.get(..prefix) == b.get(..prefix))
}
