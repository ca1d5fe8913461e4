//! What ticks say of the links: what they took, and what became of peers. A durable node keeps it with each tick, and can
//! so bring its links to where they were.

use floret_ir::Address;
use serde::{Deserialize, Serialize};

use super::incoming::Incoming;
use super::outbox::Outbox;
use crate::wire::Session;

/// A tick took the rows of a sender's session that have a number below `next`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Receipt {
    /// The sender; the node itself for its messages to itself.
    pub sender: Address,
    /// What the numbers count in.
    pub session: Session,
    /// The number of the first row that was not taken.
    pub next: u64,
}

/// What became of a peer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum PeerEvent {
    /// It is gone. `given_up`: its messages were dropped, and those to come are until it is back.
    Down {
        /// Whether messages are lost.
        given_up: bool,
    },
    /// It is there.
    Up {
        /// The number it drew when it started.
        incarnation: u64,
    },
}

/// All that a tick changed in the links besides what it sent.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LinkLog {
    /// What became of peers before the tick.
    pub events: Vec<(Address, PeerEvent)>,
    /// What it took.
    pub receipts: Vec<Receipt>,
    /// How many messages it took, those of lossy channels aside.
    pub counted: u64,
}

/// Whether a peer is there.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Standing {
    /// Nothing is known of it.
    #[default]
    Unknown,
    /// It is.
    Up {
        /// The number it drew when it started.
        incarnation: u64,
    },
    /// It is not, and its messages wait.
    Down,
    /// It is not, and its messages are dropped.
    GivenUp,
}

/// How many messages went where since the node started. Those that waited then in a durable node count as sent.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Traffic {
    /// Messages of finished ticks, those to the node itself included, those of lossy channels not.
    pub sent: u64,
    /// Messages that finished ticks took.
    pub processed: u64,
    /// Messages lost with peers that were given up, or sent to them.
    pub lost: u64,
    /// Messages that came again and were dropped.
    pub repeated: u64,
    /// Frames of lossy channels that found no connection or no room.
    pub lossy_lost: u64,
}

/// The links' state between two ticks, as far as it outlives a crash.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LinksState {
    /// Each peer's.
    pub(crate) peers: Vec<PeerState>,
    /// Messages of the node to itself.
    pub(crate) own: Incoming,
    /// The number of the next of them.
    pub(crate) own_next: u64,
}

/// What is kept of one peer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct PeerState {
    pub node: Address,
    pub standing: Standing,
    pub outbox: Outbox,
    pub incoming: Incoming,
}
