//! How much may wait, and for how long.

use std::time::Duration;

/// How much may wait. Rows count by their number, large ones by their size too (one for each KiB).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Rows of one sender that wait for a tick; the sender waits while there are more. As many rows from the host.
    pub inbox_rows: usize,
    /// About so many messages, and as many input rows, share a tick.
    pub tick_rows: usize,
    /// Rows that one peer has not acknowledged; no tick runs while there are more.
    pub outgoing_rows: usize,
    /// Rows of one tick on one ordered channel; more are refused.
    pub batch_rows: usize,
    /// Frames of lossy channels that wait for a peer's connection; more are lost.
    pub lossy_frames: usize,
    /// A volatile peer is given up if nothing is heard of it for so long (a fifth of it, if its messages fill the outbox; twelve
    /// times, if it has not been met yet). `None`: never.
    pub peer_patience: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            inbox_rows: 1 << 16,
            tick_rows: 1 << 17,
            outgoing_rows: 1 << 17,
            batch_rows: 1 << 24,
            lossy_frames: 64,
            peer_patience: Some(Duration::from_secs(5)),
        }
    }
}

/// What a frame of so many rows and bytes counts.
pub(crate) fn weight(rows: usize, bytes: usize) -> usize {
    rows + bytes / 1024
}
