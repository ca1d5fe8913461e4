//! Reductions: per key word, from rows with multiplicities to tagged rows. `Aggregate` and `Resolve` are both made of
//! them, so that each width is compiled once.

use differential_dataflow::trace::implementations::{ValBuilder, ValSpine};
use differential_dataflow::{AsCollection, VecCollection};
use floret_ir::{Column, NodeId};
use timely::container::{CapacityContainerBuilder, PushInto};
use timely::dataflow::Scope;
use timely::dataflow::channels::pact::Pipeline;
use timely::dataflow::operators::generic::Operator;

use super::Renderer;
use super::arrange::{Arrangement, ByWord, Key};
use super::batch::{BatchBuilder, unpack};
use super::moments::{Work, at_end, collect};
use super::streams::Rows;
use crate::delta::Delta;
use crate::row::{Class, Row, Words};
use crate::time::Time;

/// What a reduced row is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Tag {
    /// The operator's output.
    Chosen,
    /// What it leaves out: an overflowing group, a loser.
    LeftOut,
}

/// Rows, each with the word of its tag before it. They are boxed: groups are few beside what they are made of, and so
/// reductions are compiled for the widths of their inputs only.
pub(super) type Reduced<'s> = VecCollection<'s, Time, Words, isize>;

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

/// Reduces an arrangement.
pub(super) fn reduce<'s>(arrangement: Arrangement<'s>, name: &str, logic: Box<dyn Logic>) -> Reduced<'s> {
    match arrangement {
        Arrangement::V1(rows) => instance(rows, name, logic),
        Arrangement::V2(rows) => instance(rows, name, logic),
        Arrangement::V4(rows) => instance(rows, name, logic),
        Arrangement::V8(rows) => instance(rows, name, logic),
        Arrangement::V16(rows) => instance(rows, name, logic),
    }
}

fn instance<'s, const V: usize>(rows: ByWord<'s, V>, name: &str, mut logic: Box<dyn Logic>) -> Reduced<'s> {
    rows.reduce_abelian::<_, ValBuilder<u64, Words, Time, isize>, ValSpine<u64, Words, Time, isize>, _, _>(
        name,
        move |key: &u64, values: &[(&Row<V>, isize)], output| {
            let mut values = values.iter().map(|(row, count)| (row.0.as_slice(), *count));
            logic.reduce(*key, &mut values, &mut |tag, row| {
                output.push(([tag.word()].iter().chain(row).copied().collect(), 1));
            });
        },
        |batch, key, changes| {
            batch.clear();
            batch.extend(changes.drain(..).map(|(row, time, diff)| ((*key, row), time, diff)));
        },
    )
    .as_collection(|_, row| row.clone())
}

/// Reduces rows that are there for one tick.
pub(super) fn reduce_at_end<'s>(
    scope: Scope<'s, Time>,
    rows: Rows<'s>,
    key: &Key,
    arity: usize,
    name: &str,
    logic: Box<dyn Logic>,
) -> Reduced<'s> {
    let columns = key.value_columns(arity);
    let reduction = Reduction { key: key.clone(), columns, logic };
    at_end(scope, name, collect(rows, key, arity), None, reduction).as_collection()
}

struct Reduction {
    key: Key,
    /// Those of the values.
    columns: Vec<Column>,
    logic: Box<dyn Logic>,
}

impl Work<CapacityContainerBuilder<Vec<(Words, Time, isize)>>> for Reduction {
    fn run(
        &mut self,
        rows: &Delta,
        time: Time,
        to: &mut CapacityContainerBuilder<Vec<(Words, Time, isize)>>,
    ) {
        let value = |row: &[u64]| -> Words { self.columns.iter().map(|column| row[*column]).collect() };
        let mut rows: Vec<(u64, Words, isize)> =
            rows.iter().map(|(row, diff)| (self.key.word(row), value(row), diff)).collect();
        rows.sort_unstable();
        for group in rows.chunk_by(|(a, _, _), (b, _, _)| a == b) {
            let Some((key, _, _)) = group.first() else { continue };
            let mut values = group.chunk_by(|(_, a, _), (_, b, _)| a == b).filter_map(|same| {
                let count: isize = same.iter().map(|(_, _, diff)| diff).sum();
                same.first().filter(|_| count != 0).map(|(_, row, _)| (&**row, count))
            });
            self.logic.reduce(*key, &mut values, &mut |tag, row| {
                to.push_into(([tag.word()].iter().chain(row).copied().collect(), time, 1));
            });
        }
    }
}

/// The rows of one tag.
pub(super) fn tagged<'s>(rows: Reduced<'s>, tag: Tag, arity: usize) -> Rows<'s> {
    let (word, class) = (tag.word(), Class::of(arity));
    let batches = rows.inner.unary::<BatchBuilder, _, _, _>(Pipeline, "Tagged", move |_, _| {
        move |input, output| {
            input.for_each(|capability, rows| {
                let mut session = output.session_with_builder(&capability);
                for (row, time, diff) in rows.drain(..) {
                    if let Some((tag, row)) = row.split_first()
                        && *tag == word
                    {
                        session.builder().push_words(class, row, time, diff);
                    }
                }
                session.extract_and_send();
            });
        }
    });
    unpack(batches, class)
}

impl<'s> Renderer<'_, 's, '_> {
    /// `Overflow` and `Losers`: what an operator leaves out.
    pub(super) fn left_out(&self, of: NodeId, arity: usize) -> Rows<'s> {
        match self.reduced.get(&of) {
            Some(reduced) => tagged(reduced.clone(), Tag::LeftOut, arity),
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
