//! When a snapshot is due.

/// How much log there may be before the next snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SnapshotPolicy {
    /// About so many ticks are replayed at most when the node comes back.
    pub ticks: u64,
    /// About so many bytes of log are read at most then.
    pub bytes: u64,
}

impl Default for SnapshotPolicy {
    fn default() -> Self {
        SnapshotPolicy { ticks: 5_000, bytes: 64 << 20 }
    }
}

/// What is on disk.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct StoreSize {
    /// Ticks in the log, those after the snapshot.
    pub log_ticks: u64,
    /// Their bytes.
    pub log_bytes: u64,
    /// Bytes of the snapshot.
    pub snapshot_bytes: u64,
}

impl SnapshotPolicy {
    /// Whether it is time for a snapshot. A large state is written less often: by the bytes of the log when it is as large
    /// as the last snapshot (so that snapshots at most double what is written), by its ticks when it is a quarter of it.
    pub fn is_due(&self, size: StoreSize) -> bool {
        size.log_bytes >= self.bytes.max(size.snapshot_bytes)
            || (size.log_ticks >= self.ticks && size.log_bytes >= size.snapshot_bytes / 4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snapshots_come_by_ticks_and_by_bytes_but_not_for_little_log() {
        let policy = SnapshotPolicy { ticks: 10, bytes: 1000 };
        let due = |log_ticks, log_bytes, snapshot_bytes| {
            policy.is_due(StoreSize { log_ticks, log_bytes, snapshot_bytes })
        };
        assert!(!due(9, 999, 0));
        assert!(due(10, 1, 0));
        assert!(due(1, 1000, 1000));
        // A state of 4000 bytes: after 1000 bytes in 10 ticks, or 4000 bytes in fewer.
        assert!(!due(10, 999, 4000));
        assert!(due(10, 1000, 4000));
        assert!(!due(9, 3999, 4000));
        assert!(due(9, 4000, 4000));
    }
}
