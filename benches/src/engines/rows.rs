//! Results: how long they took, how many rows they have, and the rows.

use std::time::{Duration, Instant};

/// Rows of one arity, flat.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rows {
    /// How many words each row has.
    pub arity: usize,
    /// The rows, one after the other.
    pub words: Vec<u32>,
}

impl Rows {
    /// Rows from arrays.
    pub fn of<const N: usize>(rows: impl IntoIterator<Item = [u32; N]>) -> Rows {
        Rows { arity: N, words: rows.into_iter().flatten().collect() }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.words.len() / self.arity.max(1)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The rows.
    pub fn iter(&self) -> impl Iterator<Item = &[u32]> + Clone {
        self.words.chunks_exact(self.arity.max(1))
    }

    /// The rows as pairs.
    pub fn pairs(&self) -> impl Iterator<Item = (u32, u32)> + Clone {
        self.iter().map(|row| (row[0], row[1]))
    }

    /// The rows as triples.
    pub fn triples(&self) -> impl Iterator<Item = (u32, u32, u32)> + Clone {
        self.iter().map(|row| (row[0], row[1], row[2]))
    }

    /// The rows in order, as bytes to be compared with another system's.
    pub fn sorted_bytes(&self) -> Vec<u8> {
        let mut rows: Vec<&[u32]> = self.iter().collect();
        rows.sort_unstable();
        rows.into_iter().flatten().flat_map(|word| word.to_le_bytes()).collect()
    }
}

/// What a run came to.
#[derive(Debug)]
pub struct Run {
    /// From facts in memory to the last result.
    pub took: Duration,
    /// How many rows came out.
    pub count: usize,
    /// The rows, if they were asked for.
    pub rows: Option<Rows>,
    /// How long each of the single ticks took, where there are many.
    pub ticks: Vec<Duration>,
}

impl Run {
    /// Times something that gives rows.
    pub fn of(work: impl FnOnce() -> Rows) -> Run {
        let begin = Instant::now();
        let rows = work();
        let took = begin.elapsed();
        Run { took, count: rows.len(), rows: Some(rows), ticks: Vec::new() }
    }

    /// The tick at a share (0 to 1) of the ticks, by time.
    pub fn tick_at(&self, share: f64) -> Option<Duration> {
        let mut ticks = self.ticks.clone();
        ticks.sort_unstable();
        ticks.get(((ticks.len().saturating_sub(1)) as f64 * share) as usize).copied()
    }
}
