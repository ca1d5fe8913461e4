//! Changes of a relation as they go into and come out of the dataflow, flat.

/// Rows of one arity, each with how often it comes (or, negative, goes).
#[derive(Clone, Debug, Default)]
pub(crate) struct Delta {
    arity: usize,
    words: Vec<u64>,
    diffs: Vec<isize>,
}

impl Delta {
    /// No changes.
    pub(crate) fn new(arity: usize) -> Self {
        Delta { arity, words: Vec::new(), diffs: Vec::new() }
    }

    /// Adds a change of a row; of wider rows the first columns are taken.
    pub(crate) fn push(&mut self, row: &[u64], diff: isize) {
        debug_assert!(row.len() >= self.arity);
        self.words.extend(row.iter().take(self.arity));
        self.diffs.push(diff);
    }

    /// The changes.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u64], isize)> {
        let row = |at: usize| self.words.get(at * self.arity..(at + 1) * self.arity).unwrap_or_default();
        self.diffs.iter().enumerate().map(move |(at, diff)| (row(at), *diff))
    }

    /// Adds the changes of another.
    pub(crate) fn append(&mut self, other: &Delta) {
        self.words.extend(&other.words);
        self.diffs.extend(&other.diffs);
    }

    /// The changes in `parts` parts.
    pub(crate) fn split(&self, parts: usize) -> Vec<Delta> {
        let mut split = vec![Delta::new(self.arity); parts.max(1)];
        let count = split.len();
        for (at, (row, diff)) in self.iter().enumerate() {
            if let Some(part) = split.get_mut(at % count) {
                part.push(row, diff);
            }
        }
        split
    }
}

/// One [`Delta`] per input or sink, in their order.
pub(crate) type Deltas = Vec<Delta>;
