//! Making and opening the file: everything in it is read and checked before anything is believed.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};

use redb::{Database, ReadableDatabase, ReadableTable, StorageBackend};

use super::identity::check;
use super::journal::Journal;
use super::piece::unseal;
use super::tables::{
    FORMAT, LOG, META, META_FORMAT, META_OWNER, META_SNAPSHOT, Owner, SNAPSHOT, SNAPSHOT_LIMIT, SnapshotMark,
    piece_place, seal_meta, unseal_meta,
};
use super::{Birth, Identity, StoreError};

/// How much of the file redb keeps in memory: the log is only appended to, the snapshot only written.
const CACHE: usize = 16 << 20;

/// A journal with what was in its file.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) journal: Journal,
    pub(super) birth: Birth,
    /// The tick and the bytes of the snapshot, if there is one.
    pub(super) snapshot: Option<(u64, Vec<u8>)>,
    /// The entries after it, in order without gaps.
    pub(super) entries: Vec<(u64, Vec<u8>)>,
}

/// Makes a journal in `backend`, whose content is lost. A crash before this returns may leave a file that can't be opened;
/// the caller gives it its lasting name afterwards.
pub(super) fn create(
    backend: impl StorageBackend,
    identity: &Identity,
    birth: Birth,
) -> Result<Journal, StoreError> {
    backend.set_len(0)?;
    let database = database(backend)?;
    let owner = Owner { identity: identity.clone(), birth };
    let transaction = database.begin_write()?;
    {
        let mut meta = transaction.open_table(META)?;
        for (key, value) in [(META_FORMAT, seal_meta(&FORMAT)?), (META_OWNER, seal_meta(&owner)?)] {
            meta.insert(key, value.as_slice())?;
        }
        transaction.open_table(LOG)?;
        transaction.open_table(SNAPSHOT)?;
    }
    transaction.commit()?;
    Ok(Journal::new(database, SnapshotMark::default(), VecDeque::new()))
}

/// Opens the journal in `backend`.
pub(super) fn open(backend: impl StorageBackend, identity: &Identity) -> Result<Opened, StoreError> {
    if backend.len()? == 0 {
        return Err(StoreError::damaged("the file is empty"));
    }
    // redb checks what it reads and answers with errors; some checks of things "that can't be" are assertions, though.
    // A panic leaves nothing behind but the file, which is closed.
    let opened = catch_unwind(AssertUnwindSafe(|| read(database(backend)?, identity)));
    opened.unwrap_or_else(|_| Err(StoreError::damaged("its structure contradicts itself")))
}

fn database(backend: impl StorageBackend) -> Result<Database, StoreError> {
    let mut builder = Database::builder();
    // Without the check a file that was closed properly would be believed unread.
    builder.set_cache_size(CACHE).set_check_integrity_on_open(true);
    Ok(builder.create_with_backend(backend)?)
}

fn read(database: Database, identity: &Identity) -> Result<Opened, StoreError> {
    let transaction = database.begin_read()?;
    let meta = transaction.open_table(META)?;
    let format: u32 = read_meta(&meta, META_FORMAT)?.ok_or_else(|| missing(META_FORMAT))?;
    if format > FORMAT {
        return Err(StoreError::Newer { found: format, known: FORMAT });
    }
    let owner: Owner = read_meta(&meta, META_OWNER)?.ok_or_else(|| missing(META_OWNER))?;
    check(&owner.identity, identity)?;
    let mark: Option<SnapshotMark> = read_meta(&meta, META_SNAPSHOT)?;

    let table = transaction.open_table(SNAPSHOT)?;
    let snapshot = match mark {
        Some(mark) => Some((mark.tick, read_snapshot(&table, mark)?)),
        None => None,
    };
    let held = mark.unwrap_or_default();
    let log = transaction.open_table(LOG)?;
    let entries = read_log(&log, held.tick)?;
    drop((meta, table, log));
    drop(transaction);

    drop_unfinished(&database, held.tick)?;
    let lengths = entries.iter().map(|(_, payload)| payload.len() as u64).collect();
    Ok(Opened { journal: Journal::new(database, held, lengths), birth: owner.birth, snapshot, entries })
}

fn read_meta<T: serde::de::DeserializeOwned>(
    meta: &impl ReadableTable<&'static str, &'static [u8]>,
    key: &str,
) -> Result<Option<T>, StoreError> {
    let found = meta.get(key)?;
    found.map(|sealed| unseal_meta(key, sealed.value())).transpose()
}

fn missing(what: &str) -> StoreError {
    StoreError::damaged(format!("its {what} is missing"))
}

fn read_snapshot(
    table: &impl ReadableTable<(u64, u64), &'static [u8]>,
    mark: SnapshotMark,
) -> Result<Vec<u8>, StoreError> {
    let damaged =
        || StoreError::damaged(format!("the snapshot of tick {} isn't what was written", mark.tick));
    if mark.length > SNAPSHOT_LIMIT {
        return Err(damaged());
    }
    // Nothing is reserved on the word of the length.
    let mut bytes = Vec::new();
    for index in 0..mark.pieces() {
        let sealed = table.get((mark.tick, index))?.ok_or_else(damaged)?;
        let payload = unseal(piece_place(mark.tick, index), sealed.value()).ok_or_else(damaged)?;
        bytes.extend_from_slice(payload);
    }
    if bytes.len() as u64 == mark.length { Ok(bytes) } else { Err(damaged()) }
}

/// The entries after the snapshot of tick `held`. The log has no gaps and begins at or before the first of them.
fn read_log(
    log: &impl ReadableTable<u64, &'static [u8]>,
    held: u64,
) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
    let gap = |expected, number| {
        StoreError::damaged(format!("tick {expected} should be in the log, but it has {number}"))
    };
    let mut entries = Vec::new();
    let mut last = None;
    for entry in log.iter()? {
        let (number, sealed) = entry?;
        let number = number.value();
        let expected = last.map_or(number.min(held + 1), |last: u64| last.saturating_add(1));
        if number != expected {
            return Err(gap(expected, number));
        }
        let Some(payload) = unseal(number, sealed.value()) else {
            return Err(StoreError::damaged(format!(
                "the log entry of tick {number} isn't what was written"
            )));
        };
        if number > held {
            entries.push((number, payload.to_vec()));
        }
        last = Some(number);
    }
    match last {
        Some(last) if last < held => Err(gap(held, last)),
        Some(_) | None => Ok(entries),
    }
}

/// Removes what a crash left of a snapshot that was being written, and of what the last one replaced.
fn drop_unfinished(database: &Database, held: u64) -> Result<(), StoreError> {
    let transaction = database.begin_write()?;
    {
        let mut pieces = transaction.open_table(SNAPSHOT)?;
        let mut log = transaction.open_table(LOG)?;
        let newer = pieces.last()?.is_some_and(|(key, _)| key.value().0 > held);
        let older = log.first()?.is_some_and(|(key, _)| key.value() <= held);
        if !newer && !older {
            drop((pieces, log));
            return Ok(transaction.abort()?);
        }
        pieces.retain_in((held.saturating_add(1), 0).., |_, _| false)?;
        log.retain_in(..=held, |_, _| false)?;
    }
    transaction.commit()?;
    Ok(())
}
