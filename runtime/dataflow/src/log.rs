//! How a table's rows changed, in the order in which they did.

use std::collections::HashMap;

use crate::row::{FastHash, Words};

/// Rows that came (1) and went (-1).
#[derive(Clone, Default)]
pub(crate) struct Log {
    changes: Vec<(Words, isize)>,
    /// Whether a row went, so that another change may have made up for it.
    mixed: bool,
}

impl Log {
    /// Adds a change.
    pub(crate) fn note(&mut self, row: Words, diff: isize) {
        self.mixed |= diff < 0;
        self.changes.push((row, diff));
    }

    /// What the changes add up to: each row once, none with 0. (Rows come only where they aren't, so without one that
    /// went nothing need be added up.)
    pub(crate) fn net(&mut self) -> Log {
        let Log { changes, mixed } = std::mem::take(self);
        if !mixed {
            return Log { changes, mixed };
        }
        let mut net: HashMap<Words, isize, FastHash> = HashMap::default();
        for (row, diff) in changes {
            *net.entry(row).or_default() += diff;
        }
        Log { changes: net.into_iter().filter(|(_, diff)| *diff != 0).collect(), mixed }
    }

    /// Whether nothing changed.
    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The changes.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Words, isize)> {
        self.changes.iter()
    }
}
