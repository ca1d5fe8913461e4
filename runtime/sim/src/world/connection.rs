//! Connections, and what they carry in order.

use std::collections::VecDeque;

use floret_ir::Address;
use floret_node::wire::{Body, Session};

use super::chronicle::Parcel;

/// The number of a connection.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct ConnectionId(pub u64);

/// One side of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Side {
    /// Of the node that made it, to send.
    Caller,
    /// Of the node it was made to.
    Called,
}

/// A connection.
#[derive(Debug)]
pub(super) struct Connection {
    pub caller: Address,
    pub called: Address,
    /// The lives of the two that it is between.
    pub caller_life: u64,
    pub called_life: u64,
    pub session: Session,
    /// Whether the caller knows it to be over.
    pub caller_done: bool,
    /// Whether the called node does.
    pub called_done: bool,
    /// Nothing that is sent now arrives.
    pub cut: bool,
    /// Whether the called node took it.
    pub met: bool,
    /// Rows with numbers below this were sent on it; none before it was welcomed.
    pub position: Option<u64>,
    /// When the last frame to the called node arrives.
    pub forth: i64,
    /// When the last frame to the caller arrives.
    pub back: i64,
    /// When each side last heard of the other.
    pub caller_heard: i64,
    pub called_heard: i64,
    /// What the called node last acknowledged on it.
    pub said: Option<u64>,
    /// Frames that have arrived and wait for room.
    pub waiting: VecDeque<Body>,
}

impl Connection {
    /// One that is made now, between two nodes in these lives.
    pub fn new(now: i64, caller: (Address, u64), called: (Address, u64), session: Session) -> Self {
        Connection {
            caller: caller.0,
            called: called.0,
            caller_life: caller.1,
            called_life: called.1,
            session,
            caller_done: false,
            called_done: false,
            cut: false,
            met: false,
            position: None,
            forth: now,
            back: now,
            caller_heard: now,
            called_heard: now,
            said: None,
            waiting: VecDeque::new(),
        }
    }
    pub fn is_done(&self, side: Side) -> bool {
        match side {
            Side::Caller => self.caller_done,
            Side::Called => self.called_done,
        }
    }
    /// The node of a side, and its life.
    pub fn end(&self, side: Side) -> (Address, u64) {
        match side {
            Side::Caller => (self.caller, self.caller_life),
            Side::Called => (self.called, self.called_life),
        }
    }
}

impl Side {
    pub fn other(self) -> Side {
        match self {
            Side::Caller => Side::Called,
            Side::Called => Side::Caller,
        }
    }
}

/// What a frame carries, for the trace.
pub(super) fn parcel(body: &Body) -> Parcel {
    match body {
        Body::Hello(_) | Body::Welcome(_) => Parcel::Greeting,
        Body::Refused(_) => Parcel::Refusal,
        Body::Data(data) => {
            Parcel::Rows { channel: data.relation, count: data.rows.count(), first: Some(data.first) }
        }
        Body::Lossy(lossy) => {
            Parcel::Rows { channel: lossy.relation, count: lossy.rows.count(), first: None }
        }
        Body::Ack(next) => Parcel::Acknowledgement(*next),
        Body::Ping | Body::Blocked(_) | Body::ToNode(_) | Body::FromNode(_) => Parcel::Ping,
    }
}
