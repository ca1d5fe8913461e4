//! What can happen at a time.

use floret_ir::Address;

use super::connection::{ConnectionId, Side};
use crate::faults::{Fault, FrameId};

/// What happens at a time.
pub(super) enum Event {
    Start(Address),
    Input {
        node: Address,
        input: usize,
    },
    /// `again`: earlier attempts came to nothing.
    Connect {
        node: Address,
        life: u64,
        peer: Address,
        again: bool,
    },
    Arrive(Arrival),
    /// A side of a connection comes to know that it is over.
    Ended {
        connection: ConnectionId,
        side: Side,
    },
    Tick {
        node: Address,
        life: u64,
    },
    /// The tick that has run is put on disk.
    Sync {
        node: Address,
        life: u64,
    },
    Look {
        node: Address,
        life: u64,
    },
    /// Signs of life of one side of a connection.
    Sign {
        connection: ConnectionId,
        side: Side,
    },
    /// The node looks whether others are silent.
    Pass {
        node: Address,
        life: u64,
    },
    Begin(Fault),
    Finish(Fault),
}

/// A frame arrives.
pub(super) struct Arrival {
    pub connection: ConnectionId,
    pub to: Side,
    pub frame: FrameId,
    pub body: Vec<u8>,
    pub sent: i64,
    pub again: bool,
    /// Only a sign of life.
    pub idle: bool,
}

impl Event {
    /// Whether it goes on for ever by itself: a run is at rest when only such events are left.
    pub fn is_idle(&self) -> bool {
        match self {
            Event::Sign { .. } | Event::Pass { .. } | Event::Begin(_) | Event::Finish(_) => true,
            Event::Arrive(arrival) => arrival.idle,
            Event::Connect { again, .. } => *again,
            Event::Start(_)
            | Event::Input { .. }
            | Event::Ended { .. }
            | Event::Tick { .. }
            | Event::Sync { .. }
            | Event::Look { .. } => false,
        }
    }
}
