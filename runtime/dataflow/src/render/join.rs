//! `Join`: pairs of rows, mapped on the spot.

use differential_dataflow::operators::join::join_traces;
use floret_ir::plan::Mapping;
use floret_ir::{Column, NodeId, Type};
use timely::dataflow::{Scope, Stream};

use super::Renderer;
use super::arrange::{Arrangement, ByWord, Key, Place};
use super::batch::{Batch, BatchBuilder, unpack};
use super::streams::Rows;
use crate::kernel::Kernel;
use crate::row::{Class, Row};
use crate::scalar::Context;
use crate::time::Time;

/// One side of a join.
pub(super) struct Side<'s, 'j> {
    /// Its rows.
    pub(super) rows: Arrangement<'s>,
    /// By what.
    pub(super) key: Key,
    /// Its columns' types.
    pub(super) types: &'j [Type],
}

impl<'s, 'j> Renderer<'_, 's, 'j> {
    /// The pairs of rows equal on `on`, mapped.
    pub(super) fn join(
        &mut self,
        left: NodeId,
        right: NodeId,
        on: &[(Column, Column)],
        mapping: &Mapping,
    ) -> Rows<'s> {
        let left_key = Key::of(&on.iter().map(|(left, _)| *left).collect::<Vec<_>>());
        let right_key = Key::of(&on.iter().map(|(_, right)| *right).collect::<Vec<_>>());
        let left = self.side(left, left_key);
        let right = self.side(right, right_key);
        pairs(left, right, on, mapping, &self.job.context)
    }

    /// An operator as a side of a join.
    pub(super) fn side(&mut self, id: NodeId, key: Key) -> Side<'s, 'j> {
        Side { rows: self.arrange(id, &key), key, types: self.types(id) }
    }
}

/// The mapped pairs of two arrangements whose keys are of the same kind.
pub(super) fn pairs<'s>(
    left: Side<'s, '_>,
    right: Side<'s, '_>,
    on: &[(Column, Column)],
    mapping: &Mapping,
    context: &Context,
) -> Rows<'s> {
    // A pair is put into a frame of the key, the left value and the right value.
    let left_width = left.key.value_columns(left.types.len()).len();
    let right_width = right.key.value_columns(right.types.len()).len();
    let place = |start: usize| {
        move |place| match place {
            Place::Key => 0,
            Place::Value(at) => start + at,
        }
    };
    let left_places: Vec<usize> = left.key.places(left.types.len()).into_iter().map(place(1)).collect();
    let right_places: Vec<usize> =
        right.key.places(right.types.len()).into_iter().map(place(1 + left_width)).collect();
    let equal = match left.key {
        Key::Exact(_) => Vec::new(),
        Key::Hashed(_) => on.iter().map(|(l, r)| (left_places[*l], right_places[*r])).collect(),
    };
    let types = left.types.iter().chain(right.types).copied().collect();
    let places = left_places.iter().chain(&right_places).copied().collect();
    let kernel = Kernel::new(mapping, types, places, 1 + left_width + right_width, equal, context);
    let pairing = Pairing { kernel, left_width, class: Class::of(mapping.columns.len()) };
    let class = pairing.class;
    unpack(instance(left.rows, right.rows, pairing), class)
}

/// What becomes of a pair.
struct Pairing {
    kernel: Kernel,
    /// How many columns of the left value count.
    left_width: usize,
    class: Class,
}

impl Pairing {
    #[inline]
    fn push(
        &mut self,
        (key, left, right): (u64, &[u64], &[u64]),
        time: Time,
        diff: isize,
        builder: &mut BatchBuilder,
    ) {
        if let Some((key_word, values)) = self.kernel.inputs().split_first_mut() {
            let (left_values, right_values) = values.split_at_mut(self.left_width);
            *key_word = key;
            left_values.copy_from_slice(&left[..left_values.len()]);
            right_values.copy_from_slice(&right[..right_values.len()]);
            builder.push(self.class, &mut self.kernel, time, diff);
        }
    }
}

type Batches<'s> = Stream<'s, Time, Batch>;

/// A join where the first side is at least as wide as the second. `swapped`: the first side is the right one.
fn join<'s, const V1: usize, const V2: usize>(
    first: ByWord<'s, V1>,
    second: ByWord<'s, V2>,
    mut pairing: Pairing,
    swapped: bool,
) -> Batches<'s> {
    join_traces::<_, _, Vec<u64>, _, BatchBuilder>(
        first,
        second,
        "Join",
        move |key: &u64, first: &Row<V1>, second: &Row<V2>, time, first_diff, second_diff, builder| {
            let (first, second) = (first.0.as_slice(), second.0.as_slice());
            let pair = if swapped { (*key, second, first) } else { (*key, first, second) };
            pairing.push(pair, time, first_diff * second_diff, builder);
        },
    )
}

/// All joins there are: one for each pair of widths, wider first. That is 15.
macro_rules! joins {
    ($($first:ident $v1:literal: $($second:ident $v2:literal)*;)*) => {
        fn instance<'s>(left: Arrangement<'s>, right: Arrangement<'s>, pairing: Pairing) -> Batches<'s> {
            let (first, second, swapped) =
                if left.width() >= right.width() { (left, right, false) } else { (right, left, true) };
            match (first, second) {
                $($((Arrangement::$first(first), Arrangement::$second(second)) => {
                    join::<$v1, $v2>(first, second, pairing, swapped)
                })*)*
                // The narrower one comes second.
                (first, _) => empty(first.scope()),
            }
        }
    };
}

joins! {
    V1 1: V1 1;
    V2 2: V1 1 V2 2;
    V4 4: V1 1 V2 2 V4 4;
    V8 8: V1 1 V2 2 V4 4 V8 8;
    V16 16: V1 1 V2 2 V4 4 V8 8 V16 16;
}

fn empty<'s>(scope: Scope<'s, Time>) -> Batches<'s> {
    timely::dataflow::operators::generic::operator::empty(scope)
}
