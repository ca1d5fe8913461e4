//! Why a store can't be opened or written, with what to do.

use std::{fmt, io};

use super::RoleSize;

/// Why a store can't be used.
#[derive(Debug)]
pub enum StoreError {
    /// The disk failed.
    Io(io::Error),
    /// Another process has it open.
    InUse,
    /// The file is none of Floret's.
    NotAStore,
    /// It was written by a later version.
    Newer {
        /// Its format.
        found: u32,
        /// The latest format this version knows.
        known: u32,
    },
    /// It isn't what was written.
    Damaged(String),
    /// It belongs to another program.
    OtherProgram,
    /// It belongs to another node.
    OtherNode {
        /// The node it belongs to.
        stored: String,
        /// The node that would open it.
        asked: String,
    },
    /// A role had another number of nodes.
    OtherCount {
        /// The role, and how many nodes it had.
        stored: RoleSize,
        /// How many it has now.
        asked: u32,
    },
    /// A parameter had another value.
    OtherParam {
        /// Its name.
        name: String,
        /// The value it had.
        stored: String,
        /// The value it has now.
        asked: String,
    },
    /// One tick, or the state, is too large to be written.
    TooLong {
        /// What.
        what: &'static str,
        /// Its length in bytes.
        length: u64,
        /// The limit.
        limit: u64,
    },
    /// A tick out of turn was to be written: a mistake in Floret.
    OutOfTurn {
        /// The tick whose turn it was.
        expected: u64,
        /// The tick that came.
        found: u64,
    },
    /// It failed before; nothing can be written any more.
    Failed,
}

impl StoreError {
    /// Damage of this kind.
    pub(super) fn damaged(what: impl Into<String>) -> Self {
        StoreError::Damaged(what.into())
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Io(error) => write!(f, "the disk failed: {error}"),
            StoreError::InUse => f.write_str(
                "another process has these data open; stop the node that runs with them, or give this one a directory of its own",
            ),
            StoreError::NotAStore => f.write_str("the file holds no data of a Floret node; give the node an empty directory"),
            StoreError::Newer { found, known } => write!(
                f,
                "the data are of format {found}, this version of Floret knows formats up to {known}; run the version that wrote them, or a later one",
            ),
            StoreError::Damaged(what) => write!(
                f,
                "the data are damaged: {what}. Nothing was changed or read from them. Put back a copy of the directory, or start the node with an empty one (its state and the messages it had taken are lost then)",
            ),
            StoreError::OtherProgram => f.write_str(
                "the data were written by another program (or another version of this one), whose ticks this one would replay differently; run that program, or give the node an empty directory",
            ),
            StoreError::OtherNode { stored, asked } => {
                write!(f, "the data are those of {stored}, not of {asked}; give every node a directory of its own")
            }
            StoreError::OtherCount { stored: RoleSize { name, count, durable }, asked } => {
                let reason = if *durable {
                    "the data of a durable role are divided among its nodes by their number"
                } else {
                    "what this node did depended on their number, and is done again from its log"
                };
                write!(
                    f,
                    "{name} had {count} node{} when the data were written, now it has {asked}; {reason}. Run it with {name}={count}, or start with empty directories",
                    if *count == 1 { "" } else { "s" },
                )
            }
            StoreError::OtherParam { name, stored, asked } => write!(
                f,
                "parameter {name} was {stored} when the data were written, now it is {asked}; what this node did depended on it, and is done again from its log. Run it with {name}={stored}, or start with an empty directory",
            ),
            StoreError::TooLong { what, length, limit } => write!(
                f,
                "{what} is {length} bytes long, more than the {limit} that are written at once; divide the data among more nodes",
            ),
            StoreError::OutOfTurn { expected, found } => write!(
                f,
                "tick {found} was to be written where it was the turn of tick {expected}; this is a mistake in Floret, please report it",
            ),
            StoreError::Failed => f.write_str("the data can't be written any more since an earlier failure; start the node again"),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            StoreError::Io(error) => Some(error),
            StoreError::InUse
            | StoreError::NotAStore
            | StoreError::Newer { .. }
            | StoreError::Damaged(_)
            | StoreError::OtherProgram
            | StoreError::OtherNode { .. }
            | StoreError::OtherCount { .. }
            | StoreError::OtherParam { .. }
            | StoreError::TooLong { .. }
            | StoreError::OutOfTurn { .. }
            | StoreError::Failed => None,
        }
    }
}

impl From<redb::Error> for StoreError {
    fn from(error: redb::Error) -> Self {
        match error {
            redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch => StoreError::InUse,
            redb::Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => StoreError::NotAStore,
            redb::Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                StoreError::damaged("its end is missing")
            }
            redb::Error::Io(error) => StoreError::Io(error),
            redb::Error::PreviousIo => StoreError::Failed,
            redb::Error::Corrupted(what) => StoreError::Damaged(what),
            // Nothing else happens to a file that is as we wrote it.
            other => StoreError::Damaged(other.to_string()),
        }
    }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        StoreError::Io(error)
    }
}

macro_rules! from_redb {
    ($($error:ident),*) => {
        $(impl From<redb::$error> for StoreError {
            fn from(error: redb::$error) -> Self {
                redb::Error::from(error).into()
            }
        })*
    };
}

from_redb!(DatabaseError, TransactionError, TableError, StorageError, CommitError);
