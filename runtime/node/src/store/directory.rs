//! The data directory of one node: a lock, and the store's file.
//!
//! The file gets its name when it is complete and on disk, so a file of that name that can't be read is damaged, never
//! merely unfinished.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

use redb::backends::FileBackend;

use super::StoreError;

const LOCK: &str = "lock";
const FILE: &str = "store.redb";
const UNFINISHED: &str = "store.redb.new";

/// A data directory that no other process may use.
#[derive(Debug)]
pub(super) struct Directory<'a> {
    path: &'a Path,
    lock: File,
}

impl<'a> Directory<'a> {
    /// Makes the directory if it isn't there, and locks it.
    pub(super) fn lock(path: &'a Path) -> Result<Self, StoreError> {
        if !path.is_dir() {
            fs::create_dir_all(path)?;
            if let Some(parent) = path.canonicalize()?.parent() {
                sync_directory(parent)?;
            }
        }
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(path.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => Ok(Directory { path, lock }),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse),
            Err(TryLockError::Error(error)) => Err(StoreError::Io(error)),
        }
    }

    /// The store's file, if there is one.
    pub(super) fn existing(&self) -> Result<Option<FileBackend>, StoreError> {
        let file = OpenOptions::new().read(true).write(true).open(self.path.join(FILE));
        match file {
            Ok(file) => Ok(Some(backend(file)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::Io(error)),
        }
    }

    /// A file to make a store in.
    pub(super) fn unfinished(&self) -> Result<FileBackend, StoreError> {
        let mut options = OpenOptions::new();
        let file =
            options.read(true).write(true).create(true).truncate(true).open(self.path.join(UNFINISHED))?;
        backend(file)
    }

    /// The unfinished file is complete and on disk: it becomes the store's.
    pub(super) fn finish(&self) -> Result<(), StoreError> {
        fs::rename(self.path.join(UNFINISHED), self.path.join(FILE))?;
        Ok(sync_directory(self.path)?)
    }

    /// The lock, which holds until it is dropped.
    pub(super) fn into_lock(self) -> File {
        self.lock
    }
}

fn backend(file: File) -> Result<FileBackend, StoreError> {
    Ok(FileBackend::new(file)?)
}

/// Names of files are on disk when their directory is.
fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}
