//! What wakes the connections of a peer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use floret_ir::Address;
use tokio::sync::{Notify, futures::Notified};

use super::line::Line;

/// Of one peer.
#[derive(Default, Debug)]
pub(super) struct Bell {
    /// There are frames for it.
    frames: Notify,
    /// There is something to tell it on the connection it made, or room for what it sends.
    words: Notify,
    /// The connection to it, if there is one.
    line: Mutex<Option<Arc<Line>>>,
}

/// Of all peers.
#[derive(Default, Debug)]
pub(super) struct Bells(BTreeMap<Address, Bell>);

impl Bells {
    pub fn new(peers: impl IntoIterator<Item = Address>) -> Self {
        Bells(peers.into_iter().map(|peer| (peer, Bell::default())).collect())
    }
    pub fn of(&self, peer: Address) -> Option<&Bell> {
        self.0.get(&peer)
    }
    /// There are frames for these.
    pub fn ring_frames(&self, peers: impl IntoIterator<Item = Address>) {
        for bell in peers.into_iter().filter_map(|peer| self.0.get(&peer)) {
            bell.frames.notify_one();
        }
    }
    /// There is something to tell these, or room.
    pub fn ring_words(&self, peers: impl IntoIterator<Item = Address>) {
        for bell in peers.into_iter().filter_map(|peer| self.0.get(&peer)) {
            bell.words.notify_waiters();
        }
    }
    /// There is something to tell everybody.
    pub fn ring_all_words(&self) {
        for bell in self.0.values() {
            bell.words.notify_waiters();
        }
    }
}

impl Bell {
    /// There is a connection, or (`None`) no more.
    pub fn connect(&self, line: Option<Arc<Line>>) {
        *self.line.lock().unwrap_or_else(PoisonError::into_inner) = line;
    }
    /// The connection.
    pub fn line(&self) -> Option<Arc<Line>> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// Done when it rings, or has rung since it was last waited for. (One task waits.)
    pub async fn frames(&self) {
        self.frames.notified().await;
    }
    /// Done when it rings after the future is enabled. (Several tasks may wait.)
    pub fn words(&self) -> Notified<'_> {
        self.words.notified()
    }
}
