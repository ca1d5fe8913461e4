//! `Join`: pairs of rows, mapped on the spot.

use floret_ir::plan::Mapping;
use floret_ir::{Column, NodeId, Type};

use super::Renderer;
use super::arrange::{Arrangement, ByWord, Key, Place};
use super::streams::{Coll, Rows};
use crate::kernel::Kernel;
use crate::row::{Class, Row};
use crate::scalar::Context;

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
    let pairing = Pairing { kernel, left_width };
    instance(left.rows, right.rows, pairing, Class::of(mapping.columns.len()))
}

/// What becomes of a pair.
struct Pairing {
    kernel: Kernel,
    /// How many columns of the left value count.
    left_width: usize,
}

impl Pairing {
    #[inline]
    fn row<const W: usize>(&mut self, key: u64, left: &[u64], right: &[u64]) -> Option<Row<W>> {
        let (key_word, values) = self.kernel.inputs().split_first_mut()?;
        let (left_values, right_values) = values.split_at_mut(self.left_width);
        *key_word = key;
        left_values.copy_from_slice(&left[..left_values.len()]);
        right_values.copy_from_slice(&right[..right_values.len()]);
        self.kernel.row()
    }
}

/// A join where the first side is at least as wide as the second. `swapped`: the first side is the right one.
fn join<'s, const V1: usize, const V2: usize, const W: usize>(
    first: ByWord<'s, V1>,
    second: ByWord<'s, V2>,
    mut pairing: Pairing,
    swapped: bool,
) -> Coll<'s, W> {
    first.join_core(second, move |key: &u64, first: &Row<V1>, second: &Row<V2>| {
        if swapped { pairing.row(*key, &second.0, &first.0) } else { pairing.row(*key, &first.0, &second.0) }
    })
}

/// All joins there are: for each pair of widths, wider first, one per width of the output, where one column travels as
/// two. That is 15 x 4 = 60 instances.
macro_rules! joins {
    ($($first:ident $v1:literal: $($second:ident $v2:literal)*;)*) => {
        fn instance<'s>(
            left: Arrangement<'s>,
            right: Arrangement<'s>,
            pairing: Pairing,
            output: Class,
        ) -> Rows<'s> {
            let (first, second, swapped) = wider_first(left, right);
            match (first, second) {
                $($((Arrangement::$first(first), Arrangement::$second(second)) => match output {
                    Class::W1 => Rows::from(join::<$v1, $v2, 2>(first, second, pairing, swapped)).widen(1),
                    Class::W2 => join::<$v1, $v2, 2>(first, second, pairing, swapped).into(),
                    Class::W4 => join::<$v1, $v2, 4>(first, second, pairing, swapped).into(),
                    Class::W8 => join::<$v1, $v2, 8>(first, second, pairing, swapped).into(),
                    Class::W16 => join::<$v1, $v2, 16>(first, second, pairing, swapped).into(),
                },)*)*
                // `wider_first` has put the narrower one second.
                (first, _) => nothing(first, output),
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

fn wider_first<'s>(
    left: Arrangement<'s>,
    right: Arrangement<'s>,
) -> (Arrangement<'s>, Arrangement<'s>, bool) {
    if left.width() >= right.width() { (left, right, false) } else { (right, left, true) }
}

fn nothing(arrangement: Arrangement<'_>, output: Class) -> Rows<'_> {
    let arity = match output {
        Class::W1 => 1,
        Class::W2 => 2,
        Class::W4 => 4,
        Class::W8 => 8,
        Class::W16 => 16,
    };
    Rows::empty(arrangement.scope(), arity)
}
