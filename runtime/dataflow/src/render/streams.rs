//! Streams of rows in their width classes, and what treats all widths alike.

use differential_dataflow::{AsCollection, VecCollection};
use timely::dataflow::Scope;
use timely::dataflow::operators::ToStream;

use crate::row::{Class, Row};
use crate::time::Time;

/// A stream of rows of one width.
pub(crate) type Coll<'s, const W: usize> = VecCollection<'s, Time, Row<W>, isize>;

/// A stream of rows.
#[derive(Clone)]
pub(crate) enum Rows<'s> {
    W1(Coll<'s, 1>),
    W2(Coll<'s, 2>),
    W4(Coll<'s, 4>),
    W8(Coll<'s, 8>),
    W16(Coll<'s, 16>),
}

/// Evaluates an expression for the stream of whatever width.
macro_rules! each_width {
    ($rows:expr, $stream:ident => $result:expr) => {
        match $rows {
            $crate::render::streams::Rows::W1($stream) => $result,
            $crate::render::streams::Rows::W2($stream) => $result,
            $crate::render::streams::Rows::W4($stream) => $result,
            $crate::render::streams::Rows::W8($stream) => $result,
            $crate::render::streams::Rows::W16($stream) => $result,
        }
    };
}
/// Evaluates an expression with a constant for the width of a class.
macro_rules! each_class {
    ($class:expr, $width:ident => $result:expr) => {
        match $class {
            $crate::row::Class::W1 => {
                const $width: usize = 1;
                $result
            }
            $crate::row::Class::W2 => {
                const $width: usize = 2;
                $result
            }
            $crate::row::Class::W4 => {
                const $width: usize = 4;
                $result
            }
            $crate::row::Class::W8 => {
                const $width: usize = 8;
                $result
            }
            $crate::row::Class::W16 => {
                const $width: usize = 16;
                $result
            }
        }
    };
}
pub(crate) use {each_class, each_width};

macro_rules! widths {
    ($($class:ident $width:literal)*) => {$(
        impl<'s> From<Coll<'s, $width>> for Rows<'s> {
            fn from(stream: Coll<'s, $width>) -> Self {
                Rows::$class(stream)
            }
        }
        impl<'s> TryFrom<Rows<'s>> for Coll<'s, $width> {
            type Error = ();
            fn try_from(rows: Rows<'s>) -> Result<Self, ()> {
                if let Rows::$class(stream) = rows { Ok(stream) } else { Err(()) }
            }
        }
    )*};
}
widths! { W1 1 W2 2 W4 4 W8 8 W16 16 }

impl<'s> Rows<'s> {
    /// A stream of nothing.
    pub(crate) fn empty(scope: Scope<'s, Time>, arity: usize) -> Self {
        Rows::fixed(scope, arity, Vec::new())
    }

    /// A stream that always holds these rows.
    pub(crate) fn fixed(scope: Scope<'s, Time>, arity: usize, rows: Vec<Vec<u64>>) -> Self {
        each_class!(Class::of(arity), W => {
            let rows: Vec<(Row<W>, Time, isize)> =
                rows.iter().map(|row| (Row::of(row), Time::default(), 1)).collect();
            let rows: Coll<'s, W> = rows.to_stream(scope).as_collection();
            Rows::from(rows)
        })
    }

    /// The streams added up. (All have the first one's width.)
    pub(crate) fn union(self, others: Vec<Rows<'s>>) -> Rows<'s> {
        each_width!(self, first => {
            Rows::from(first.concatenate(others.into_iter().filter_map(|rows| rows.try_into().ok()).collect::<Vec<_>>()))
        })
    }
}
