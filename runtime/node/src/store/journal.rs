//! The journal: numbered entries and a snapshot, as bytes, in one redb file.
//!
//! Every change is one redb transaction with one sync at its end: it is on disk whole or, after a crash, not at all. Entries
//! wait in memory until [`Journal::sync`] writes all of them at once. A snapshot is written in steps, a few of its pieces
//! with every sync, so that a large one stalls nobody; with its last piece, in the same transaction, it takes the place of
//! the one before. Then the pieces of that one and the log up to its tick go, in steps too: what a crash leaves of them
//! counts for nothing.

use std::collections::VecDeque;

use redb::{Database, WriteTransaction};

use super::piece::seal;
use super::tables::{
    ENTRY_LIMIT, LOG, META, META_SNAPSHOT, PIECE, SNAPSHOT, SNAPSHOT_LIMIT, SnapshotMark, piece_place,
    seal_meta,
};
use super::{StoreError, StoreSize};

/// How many pieces of a snapshot are written with one sync (about a MiB).
const PIECES: usize = 4;
/// How many entries that are no longer needed go with one sync.
const ENTRIES: u64 = 500;

/// A journal open for writing.
#[derive(Debug)]
pub(super) struct Journal {
    database: Database,
    /// Sealed entries that wait for the next sync.
    waiting: Vec<(u64, Vec<u8>)>,
    /// The last entry's number, whether it waits or not.
    last: u64,
    /// The lengths of the entries after the snapshot that holds.
    lengths: VecDeque<u64>,
    /// Their sum.
    log_bytes: u64,
    /// The snapshot that holds; of tick 0 before the first.
    held: SnapshotMark,
    coming: Option<Coming>,
    failed: bool,
}

/// A snapshot that is being written.
#[derive(Debug)]
struct Coming {
    mark: SnapshotMark,
    bytes: Vec<u8>,
    /// How many pieces are written; all: it holds.
    written: u64,
    /// The first entry that is still in the log.
    first: u64,
}

impl Journal {
    /// A journal over what was found in the file: the snapshot that holds, the lengths of the entries after it.
    pub(super) fn new(database: Database, held: SnapshotMark, lengths: VecDeque<u64>) -> Self {
        let last = held.tick + lengths.len() as u64;
        let log_bytes = lengths.iter().sum();
        Journal { database, waiting: Vec::new(), last, lengths, log_bytes, held, coming: None, failed: false }
    }

    /// What is on disk or waits for the next sync.
    pub(super) fn size(&self) -> StoreSize {
        StoreSize {
            log_ticks: self.lengths.len() as u64,
            log_bytes: self.log_bytes,
            snapshot_bytes: self.held.length,
        }
    }

    /// The last entry's number, whether it waits or not; before the first that of the snapshot.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// Adds an entry; it is on disk after the next [`Journal::sync`].
    pub(super) fn append(&mut self, number: u64, payload: Vec<u8>) -> Result<(), StoreError> {
        let expected = self.last + 1;
        if number != expected {
            return Err(StoreError::OutOfTurn { expected, found: number });
        }
        check_length("the log entry of one tick", payload.len(), ENTRY_LIMIT)?;
        self.lengths.push_back(payload.len() as u64);
        self.log_bytes += payload.len() as u64;
        self.waiting.push((number, seal(number, payload)));
        self.last = number;
        Ok(())
    }

    /// Begins to write a snapshot of the tick of an entry; syncs write it bit by bit. Must not be called while one is being
    /// written.
    pub(super) fn begin_snapshot(&mut self, tick: u64, bytes: Vec<u8>) -> Result<(), StoreError> {
        if self.coming.is_some() || tick > self.last || tick <= self.held.tick {
            return Err(StoreError::OutOfTurn { expected: self.last, found: tick });
        }
        check_length("a snapshot of the state", bytes.len(), SNAPSHOT_LIMIT)?;
        let mark = SnapshotMark { tick, length: bytes.len() as u64 };
        self.coming = Some(Coming { mark, bytes, written: 0, first: self.held.tick + 1 });
        Ok(())
    }

    /// Whether a snapshot is being written, or what it replaced is still there.
    pub(super) fn is_writing_snapshot(&self) -> bool {
        self.coming.is_some()
    }

    /// Puts everything that waits on disk, and a step of the snapshot that is being written.
    pub(super) fn sync(&mut self) -> Result<(), StoreError> {
        if self.failed {
            return Err(StoreError::Failed);
        }
        if self.waiting.is_empty() && self.coming.is_none() {
            return Ok(());
        }
        // After a failed commit nobody knows what is on disk until the file is opened again.
        self.failed = true;
        self.commit()?;
        self.failed = false;
        Ok(())
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        let transaction = self.database.begin_write()?;
        if !self.waiting.is_empty() {
            let mut log = transaction.open_table(LOG)?;
            for (number, sealed) in &self.waiting {
                log.insert(number, sealed.as_slice())?;
            }
        }
        if let Some(coming) = &mut self.coming {
            coming.step(&transaction)?;
        }
        transaction.commit()?;
        self.waiting.clear();
        if let Some(coming) = &self.coming
            && coming.holds()
            && coming.mark != self.held
        {
            let gone = (coming.mark.tick - self.held.tick) as usize;
            self.log_bytes -= self.lengths.drain(..gone).sum::<u64>();
            self.held = coming.mark;
        }
        self.coming.take_if(|coming| coming.is_done());
        Ok(())
    }
}

#[cfg(test)]
impl Journal {
    /// A planted mistake: the log goes in a transaction of its own, before its snapshot is there.
    pub(super) fn truncate_first(&mut self, tick: u64) -> Result<(), StoreError> {
        self.sync()?;
        let transaction = self.database.begin_write()?;
        transaction.open_table(LOG)?.retain_in(..=tick, |_, _| false)?;
        transaction.commit()?;
        Ok(())
    }
}

impl Coming {
    fn holds(&self) -> bool {
        self.written == self.mark.pieces()
    }

    fn is_done(&self) -> bool {
        self.holds() && self.first > self.mark.tick
    }

    /// Writes the next pieces and, with the last one, makes the snapshot the one that holds; after that takes away a part of
    /// what it replaced.
    fn step(&mut self, transaction: &WriteTransaction) -> Result<(), StoreError> {
        let tick = self.mark.tick;
        if self.holds() {
            let end = tick.min(self.first + ENTRIES - 1);
            transaction.open_table(LOG)?.retain_in(self.first..=end, |_, _| false)?;
            self.first = end + 1;
            return Ok(());
        }
        let mut table = transaction.open_table(SNAPSHOT)?;
        for (piece, index) in self.bytes.chunks(PIECE).zip(0..).skip(self.written as usize).take(PIECES) {
            let sealed = seal(piece_place(tick, index), piece.to_vec());
            table.insert((tick, index), sealed.as_slice())?;
            self.written += 1;
        }
        if self.holds() {
            put_in_force(transaction, self.mark)?;
            table.retain_in(..(tick, 0), |_, _| false)?;
        }
        Ok(())
    }
}

fn put_in_force(transaction: &WriteTransaction, mark: SnapshotMark) -> Result<(), StoreError> {
    let mut meta = transaction.open_table(META)?;
    meta.insert(META_SNAPSHOT, seal_meta(&mark)?.as_slice())?;
    Ok(())
}

fn check_length(what: &'static str, length: usize, limit: u64) -> Result<(), StoreError> {
    let length = length as u64;
    if length > limit { Err(StoreError::TooLong { what, length, limit }) } else { Ok(()) }
}
