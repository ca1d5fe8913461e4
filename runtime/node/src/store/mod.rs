//! What a durable node keeps on disk: the log of its ticks and snapshots of its state.
//!
//! redb (one file, copy-on-write B-trees with checksums, one sync per commit) stores it; decision record 9 says why.
//! [`Identity`] says whose data they are; [`SnapshotPolicy`] when a snapshot is due. A [`Store`] knows nothing of what its
//! entries and snapshots mean: it gives back the last snapshot and the entries after it, all that were synced, perhaps
//! some that weren't yet, each as it was written.

mod directory;
mod error;
mod identity;
mod journal;
mod opening;
mod piece;
mod policy;
mod tables;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::marker::PhantomData;
use std::path::Path;

use redb::StorageBackend;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use error::StoreError;
pub use identity::{Birth, Identity, RoleSize};
pub use policy::{SnapshotPolicy, StoreSize};

use directory::Directory;
use journal::Journal;
use opening::Opened;

/// A node's data, open for writing. `Entry` is what the log has of one tick, `State` what a snapshot has.
#[derive(Debug)]
pub struct Store<Entry, State> {
    journal: Journal,
    /// Of the directory, if it is in one.
    _lock: Option<File>,
    _holds: PhantomData<fn(Entry, State)>,
}

/// What a store had when it was opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recovered<Entry, State> {
    /// What the first start chose.
    pub birth: Birth,
    /// The last snapshot and the tick it is of.
    pub snapshot: Option<(u64, State)>,
    /// The entries of the ticks after it (from tick 1 without a snapshot), one by one.
    pub entries: Vec<Entry>,
}

/// A snapshot in the form it is written in. Making one takes as long as the state is large, but needs no store: another
/// thread can do it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EncodedSnapshot<State> {
    tick: u64,
    bytes: Vec<u8>,
    _of: PhantomData<fn(State)>,
}

impl<State: Serialize> EncodedSnapshot<State> {
    /// The snapshot of tick `tick`.
    ///
    /// # Errors
    /// None that anything in Floret causes.
    pub fn new(tick: u64, state: &State) -> Result<Self, StoreError> {
        let bytes = piece::encode(state).map_err(tables::unwritable)?;
        Ok(EncodedSnapshot { tick, bytes, _of: PhantomData })
    }
}

impl<Entry: Serialize + DeserializeOwned, State: Serialize + DeserializeOwned> Store<Entry, State> {
    /// Opens the store in a directory, or makes one (with the directory) as `birth` says. No other process may have it.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was changed then.
    pub fn open_directory(
        path: &Path,
        identity: &Identity,
        birth: Birth,
    ) -> Result<(Self, Recovered<Entry, State>), StoreError> {
        let directory = Directory::lock(path)?;
        let (mut store, recovered) = match directory.existing()? {
            Some(backend) => Store::open(backend, identity)?,
            None => {
                let store = Store::create(directory.unfinished()?, identity, birth)?;
                directory.finish()?;
                (store, Recovered { birth, snapshot: None, entries: Vec::new() })
            }
        };
        store._lock = Some(directory.into_lock());
        Ok((store, recovered))
    }

    /// Makes a store in `backend`, whatever is in it. After a crash before this returns, it has to be made again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn create(
        backend: impl StorageBackend,
        identity: &Identity,
        birth: Birth,
    ) -> Result<Self, StoreError> {
        Ok(Store::over(opening::create(backend, identity, birth)?))
    }

    /// Opens the store in `backend`: everything in it is read and checked.
    ///
    /// # Errors
    /// [`StoreError`]; nothing of what it holds was changed then.
    pub fn open(
        backend: impl StorageBackend,
        identity: &Identity,
    ) -> Result<(Self, Recovered<Entry, State>), StoreError> {
        let Opened { journal, birth, snapshot, entries } = opening::open(backend, identity)?;
        let unreadable = |tick| StoreError::damaged(format!("what it has of tick {tick} makes no sense"));
        let snapshot = match snapshot {
            Some((tick, bytes)) => Some((tick, piece::decode(&bytes).ok_or_else(|| unreadable(tick))?)),
            None => None,
        };
        let entries = entries
            .into_iter()
            .map(|(tick, bytes)| piece::decode(&bytes).ok_or_else(|| unreadable(tick)))
            .collect::<Result<_, _>>()?;
        Ok((Store::over(journal), Recovered { birth, snapshot, entries }))
    }

    fn over(journal: Journal) -> Self {
        Store { journal, _lock: None, _holds: PhantomData }
    }

    /// Adds the entry of the next tick (1, 2, ...). It is on disk after the next [`Store::sync`] that succeeds.
    ///
    /// # Errors
    /// [`StoreError::TooLong`], [`StoreError::OutOfTurn`].
    pub fn append(&mut self, tick: u64, entry: &Entry) -> Result<(), StoreError> {
        self.journal.append(tick, piece::encode(entry).map_err(tables::unwritable)?)
    }

    /// Puts all added entries on disk, all of them or none, and a step (about a MiB) of the snapshot that is being
    /// written.
    ///
    /// # Errors
    /// [`StoreError`]; what is on disk is known only when it is opened again, and until then nothing more is written.
    pub fn sync(&mut self) -> Result<(), StoreError> {
        self.journal.sync()
    }

    /// Begins to write a snapshot of the tick of an entry in the log; the next syncs write it, and until the last of them
    /// the one before holds. Wait for it ([`Store::is_writing_snapshot`]) before the next.
    ///
    /// # Errors
    /// [`StoreError::TooLong`], [`StoreError::OutOfTurn`].
    pub fn begin_snapshot(&mut self, snapshot: EncodedSnapshot<State>) -> Result<(), StoreError> {
        self.journal.begin_snapshot(snapshot.tick, snapshot.bytes)
    }

    /// Whether a snapshot is being written, or what it replaced is not all gone yet.
    pub fn is_writing_snapshot(&self) -> bool {
        self.journal.is_writing_snapshot()
    }

    /// Writes a snapshot of the last entry's tick at once, unless that is there.
    ///
    /// # Errors
    /// As [`Store::sync`] and [`Store::begin_snapshot`].
    pub fn snapshot(&mut self, state: &State) -> Result<(), StoreError> {
        while self.is_writing_snapshot() {
            self.sync()?;
        }
        if self.size().log_ticks > 0 {
            self.begin_snapshot(EncodedSnapshot::new(self.last_tick(), state)?)?;
        }
        while self.is_writing_snapshot() {
            self.sync()?;
        }
        Ok(())
    }

    /// The last tick there is an entry of (on disk or added), or of the snapshot if there is none; at first 0.
    pub fn last_tick(&self) -> u64 {
        self.journal.last()
    }

    /// How much there is on disk, with what the next sync writes.
    pub fn size(&self) -> StoreSize {
        self.journal.size()
    }
}
