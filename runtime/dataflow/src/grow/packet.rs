//! Rows on their way from one worker to another.

use std::collections::BTreeMap;

use floret_ir::Column;
use serde::{Deserialize, Serialize};

use super::stage::Output;
use crate::row::hash_words;

/// Which worker this is, of how many.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Peers {
    /// From 0.
    pub(crate) index: usize,
    /// At least 1.
    pub(crate) count: usize,
}

/// Rows for a store of a worker. (Workers of one process pass them without encoding.)
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Packet {
    /// The worker.
    pub(crate) to: u64,
    /// The half of a tick to which they belong.
    pub(crate) half: u64,
    pub(super) round: Option<u64>,
    pub(super) store: u64,
    pub(super) count: u64,
    pub(super) words: Vec<u64>,
}

/// Rows for other workers.
#[derive(Default)]
pub(super) struct Outbox {
    /// By worker and store: flat, and how many.
    rows: BTreeMap<(usize, usize), (Vec<u64>, u64)>,
    kept: Vec<u64>,
}

impl Outbox {
    /// Takes the rows for other workers out of a stage's output.
    pub(super) fn sort_out(
        &mut self,
        peers: Peers,
        store: usize,
        arity: usize,
        columns: &[Column],
        output: &mut Output,
    ) {
        let worker = |row: &[u64]| {
            let words = columns.iter().map(|column| row.get(*column).copied().unwrap_or_default());
            (hash_words(words) % peers.count as u64) as usize
        };
        if arity == 0 {
            // All such rows are one.
            let to = worker(&[]);
            if output.count > 0 && to != peers.index {
                self.rows.entry((to, store)).or_default().1 = 1;
                output.count = 0;
            }
            return;
        }
        self.kept.clear();
        for row in output.words.chunks_exact(arity) {
            let to = worker(row);
            if to == peers.index {
                self.kept.extend_from_slice(row);
            } else {
                let (words, count) = self.rows.entry((to, store)).or_default();
                words.extend_from_slice(row);
                *count += 1;
            }
        }
        std::mem::swap(&mut output.words, &mut self.kept);
        output.count = output.words.len() / arity;
    }

    /// What is to be sent.
    pub(super) fn packets(&mut self, half: u64, round: Option<u64>) -> Vec<Packet> {
        let rows = std::mem::take(&mut self.rows);
        let packet = |((to, store), (words, count)): ((usize, usize), (Vec<u64>, u64))| Packet {
            to: to as u64,
            half,
            round,
            store: store as u64,
            count,
            words,
        };
        rows.into_iter().map(packet).collect()
    }
}
