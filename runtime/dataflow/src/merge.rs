//! Rows of one key: which columns tell them apart, and how the others merge.

use std::cmp::Ordering;

use floret_ir::{Column, Lattice, Type};

use crate::intern::Interner;
use crate::row::{compare, decode, encode};

/// The columns of a row that merge.
#[derive(Clone)]
pub(crate) struct Merging {
    columns: Vec<(Column, Merge)>,
}

/// How two words of a column become one.
#[derive(Clone)]
enum Merge {
    /// The greater value.
    Greatest(Type),
    /// The lesser value.
    Least(Type),
    /// Whatever the lattice makes of the values.
    Values(Lattice, Type),
}

impl Merging {
    /// The merges of the columns from `first` on.
    pub(crate) fn new(first: Column, merges: &[Option<Lattice>]) -> Self {
        let columns = merges.iter().enumerate().filter_map(|(at, lattice)| {
            let lattice = lattice.as_ref()?;
            let ty = lattice.carrier();
            let merge = match lattice {
                Lattice::Max(_) | Lattice::Any | Lattice::Lww(_) => Merge::Greatest(ty),
                Lattice::Min(_) | Lattice::All => Merge::Least(ty),
                Lattice::Set(_)
                | Lattice::Map(..)
                | Lattice::Tuple(_)
                | Lattice::Struct(..)
                | Lattice::User(_) => Merge::Values(lattice.clone(), ty),
            };
            Some((first + at, merge))
        });
        Merging { columns: columns.collect() }
    }

    fn merges(&self, column: Column) -> bool {
        self.columns.iter().any(|(merged, _)| *merged == column)
    }

    /// Whether two rows are equal in all columns that don't merge.
    pub(crate) fn agree(&self, a: &[u64], b: &[u64]) -> bool {
        a.iter().zip(b).enumerate().all(|(column, (a, b))| a == b || self.merges(column))
    }

    /// The order of two rows by the columns that don't merge.
    pub(crate) fn compare(&self, a: &[u64], b: &[u64], types: &[Type], interner: &Interner) -> Ordering {
        let pairs = a.iter().zip(b).zip(types).enumerate().filter(|(column, _)| !self.merges(*column));
        pairs
            .map(|(_, ((a, b), ty))| compare(*a, *b, *ty, interner))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }

    /// Whether merging a row that agrees with this one into it would change it.
    pub(crate) fn improves(&self, into: &[u64], row: &[u64], interner: &Interner) -> bool {
        self.columns.iter().any(|(column, merge)| match (into.get(*column), row.get(*column)) {
            (Some(into), Some(word)) => into != word && merge.words(*into, *word, interner) != *into,
            (_, _) => false,
        })
    }

    /// Merges a row that agrees with this one into it.
    pub(crate) fn merge(&self, into: &mut [u64], row: &[u64], interner: &Interner) {
        for (column, merge) in &self.columns {
            if let (Some(into), Some(word)) = (into.get_mut(*column), row.get(*column))
                && into != word
            {
                *into = merge.words(*into, *word, interner);
            }
        }
    }
}

impl Merge {
    fn words(&self, a: u64, b: u64, interner: &Interner) -> u64 {
        match self {
            Merge::Greatest(ty) if compare(a, b, *ty, interner).is_lt() => b,
            Merge::Least(ty) if compare(a, b, *ty, interner).is_gt() => b,
            Merge::Greatest(_) | Merge::Least(_) => a,
            Merge::Values(lattice, ty) => {
                let merged = lattice.merge(&decode(a, *ty, interner), &decode(b, *ty, interner));
                // The compiler accepts only merges that always have a value.
                merged.map_or(a, |value| encode(&value, interner))
            }
        }
    }
}
