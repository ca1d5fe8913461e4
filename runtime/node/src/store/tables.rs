//! The tables in the file, and what is in each.
//!
//! - `meta`: the format, the [`Identity`](super::Identity) and [`Birth`](super::Birth), and which snapshot holds.
//! - `log`: the entry of each tick after that snapshot, by its number; for a while also those before it, the first ones going first.
//! - `snapshot`: the pieces of the snapshot of a tick, by the tick and their order; also those of the next one while it is
//!   being written.
//!
//! All values are sealed ([`super::piece`]).

use redb::TableDefinition;
use serde::{Deserialize, Serialize};

use super::piece::{decode, encode, seal, unseal};
use super::{Birth, Identity, StoreError};

/// The format written and the latest that is read.
pub(super) const FORMAT: u32 = 1;

pub(super) const META: TableDefinition<&str, &[u8]> = TableDefinition::new("meta");
pub(super) const LOG: TableDefinition<u64, &[u8]> = TableDefinition::new("log");
pub(super) const SNAPSHOT: TableDefinition<(u64, u64), &[u8]> = TableDefinition::new("snapshot");

/// Keys of `meta`. The format stands alone, so that it can be read whatever else changes.
pub(super) const META_FORMAT: &str = "format";
pub(super) const META_OWNER: &str = "owner";
pub(super) const META_SNAPSHOT: &str = "snapshot";

/// Longest entry of a tick. A tick takes what its inbox holds, which is far less.
pub(super) const ENTRY_LIMIT: u64 = 1 << 30;
/// Longest snapshot.
pub(super) const SNAPSHOT_LIMIT: u64 = 1 << 40;
/// Length of a snapshot's pieces, but for the last. With its checksum and the page's header a little less than a power of
/// two, since redb rounds up to one.
pub(super) const PIECE: usize = (256 << 10) - 256;

/// The owner of the store.
#[derive(Serialize, Deserialize)]
pub(super) struct Owner {
    pub(super) identity: Identity,
    pub(super) birth: Birth,
}

/// Which snapshot holds.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct SnapshotMark {
    /// Of which tick.
    pub(super) tick: u64,
    /// How many bytes it has.
    pub(super) length: u64,
}

impl SnapshotMark {
    /// How many pieces it has, at least one.
    pub(super) fn pieces(self) -> u64 {
        self.length.div_ceil(PIECE as u64).max(1)
    }
}

/// A sealed value of `meta`.
pub(super) fn seal_meta(value: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    Ok(seal(0, encode(value).map_err(unwritable)?))
}

/// A value of `meta`, unsealed.
pub(super) fn unseal_meta<T: serde::de::DeserializeOwned>(key: &str, sealed: &[u8]) -> Result<T, StoreError> {
    let value = unseal(0, sealed).and_then(decode);
    value.ok_or_else(|| StoreError::damaged(format!("its {key} isn't what was written")))
}

/// Where a piece of a snapshot stands, for its checksum.
pub(super) fn piece_place(tick: u64, index: u64) -> u64 {
    tick.rotate_left(24) ^ index
}

/// What can't be put into postcard's format. Nothing of ours can't.
pub(super) fn unwritable(error: postcard::Error) -> StoreError {
    StoreError::Io(std::io::Error::other(error))
}
