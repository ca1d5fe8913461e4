//! What nodes and the coordinator say to each other.
//!
//! A connection starts with [`Hello`] from the side that made it, answered by [`Body::Welcome`] or [`Body::Refused`].
//! Between nodes then [`Data`], [`Lossy`] and [`Body::Ping`] go one way, [`Body::Ack`] and [`Blocked`] the other; a node
//! that has something to say to the node that called it makes its own connection. The coordinator's connection carries
//! [`ToNode`] and [`FromNode`].

use floret_ir::{Address, Counters, RelationId};
use serde::{Deserialize, Serialize};

use super::{FrameError, MAX_FRAME, Packed};

/// The first bytes of a [`Hello`].
pub const MAGIC: [u8; 8] = *b"floret\r\n";
/// Sides with different versions don't talk.
pub const PROTOCOL_VERSION: u16 = 3;

/// A frame's body.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Body {
    /// Who calls.
    Hello(Hello),
    /// The caller may go on.
    Welcome(Welcome),
    /// The caller may not, and why; the connection ends.
    Refused(String),
    /// Messages of a reliable or ordered channel.
    Data(Data),
    /// Messages of a lossy channel.
    Lossy(Lossy),
    /// Nothing: the caller lives.
    Ping,
    /// All rows with a number below this one were taken by ticks that are over for good. Said again from time to time, as
    /// a sign of life.
    Ack(u64),
    /// The called node runs no tick because others don't take its messages.
    Blocked(Blocked),
    /// From the coordinator.
    ToNode(ToNode),
    /// To the coordinator.
    FromNode(FromNode),
}

/// Who calls, and what shows that it belongs here.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Hello {
    /// [`MAGIC`].
    pub magic: [u8; 8],
    /// [`PROTOCOL_VERSION`].
    pub version: u16,
    /// The program's hash: a cluster runs one program.
    pub program: u64,
    /// The cluster's token.
    pub token: String,
    /// Who.
    pub who: Who,
}

/// Who calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Who {
    /// A node that has messages.
    Node {
        /// Its address.
        address: Address,
        /// What its rows' numbers count in.
        session: Session,
        /// The number of the oldest row it still keeps.
        first: u64,
    },
    /// The coordinator.
    Control,
}

/// The span in which one node numbers its rows to another. It ends with the sender, unless that is durable, and when the
/// sender gives the receiver up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Session {
    /// A number the sender drew when it started; a durable node keeps it.
    pub incarnation: u64,
    /// How often this incarnation has given the receiver up.
    pub generation: u64,
}

/// The answer to a [`Hello`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Welcome {
    /// A number the called node drew when it started; a durable node keeps it.
    pub incarnation: u64,
    /// The number of the first row that the caller is to send (0 for the coordinator): see [`Body::Ack`].
    pub next: u64,
}

/// Messages of one channel, numbered one by one from `first` in their [`Session`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Data {
    /// The hash of the channel's declaration.
    pub channel: u64,
    /// The channel.
    pub relation: RelationId,
    /// The first row's number.
    pub first: u64,
    /// The sender's tick that sent them.
    pub tick: u64,
    /// Whether the channel has no more rows of that tick.
    pub last: bool,
    /// The rows.
    pub rows: Packed,
}

/// Messages of one lossy channel.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Lossy {
    /// The hash of the channel's declaration.
    pub channel: u64,
    /// The channel.
    pub relation: RelationId,
    /// The rows.
    pub rows: Packed,
}

/// Word of a node that has something to do and runs no tick, because a peer takes none of its messages. Nodes that wait
/// for the one that says so tell it to those that wait for them: what comes back to `origin` has gone round a circle.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Blocked {
    /// The node.
    pub origin: Address,
    /// Grows with each word of that node.
    pub number: u64,
    /// How often it was passed on.
    pub hops: u32,
}

/// From the coordinator to a node.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ToNode {
    /// Rows for an input; answered by [`FromNode::Taken`].
    Inputs {
        /// The input.
        relation: RelationId,
        /// The rows.
        rows: Packed,
    },
    /// All rows of the input tables are there: the first tick may run.
    Start,
    /// No more inputs will come.
    EndOfInputs,
    /// Say how you are, as part of this wave.
    Probe(u64),
    /// Stop after the running tick; answered by [`FromNode::Finished`], the node's last word.
    Finish,
}

/// From a node to the coordinator.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum FromNode {
    /// The engine is made.
    Ready,
    /// So many input rows went into the node's next tick.
    Taken(u64),
    /// Changes of an output in a tick. A tick may take several of these.
    Outputs {
        /// The tick.
        tick: u64,
        /// What changed.
        rows: OutputRows,
    },
    /// All of this tick has been said.
    TickEnd(u64),
    /// The answer to a probe.
    Status(Status),
    /// The last word of a node that was asked to finish.
    Finished(Status),
    /// The last word of a node whose engine failed.
    Failed {
        /// Why.
        why: String,
        /// Whether the program is the cause (else the system is).
        by_program: bool,
    },
}

/// A part of what a tick shows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum OutputRows {
    /// `RowChange`s of a relation.
    Changes(RelationId, Packed),
    /// `Report`s.
    Reports(Packed),
}

/// How a node is.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Status {
    /// The probe's wave.
    pub wave: u64,
    /// Whether no tick is due.
    pub idle: bool,
    /// Whether the end of inputs has been seen.
    pub inputs_done: bool,
    /// Whether nothing that it sent waits to be acknowledged.
    pub flushed: bool,
    /// Messages of finished ticks so far.
    pub sent: u64,
    /// Messages that finished ticks took so far.
    pub processed: u64,
    /// Connections and frames refused so far.
    pub refused: u64,
    /// Messages lost so far with peers that were given up.
    pub lost: u64,
    /// Messages that came again so far, and were dropped.
    pub repeated: u64,
    /// Frames of lossy channels lost so far here, for want of a connection or of room.
    pub lossy_lost: u64,
    /// The engine's totals.
    pub counters: Counters,
}

/// The bytes of a frame's body. Everything sent is either small or packed into pieces that fit (`pack`).
pub fn encode(body: &Body) -> Vec<u8> {
    let bytes = postcard::to_allocvec(body).unwrap_or_default();
    debug_assert!(!bytes.is_empty() && bytes.len() <= MAX_FRAME);
    bytes
}

/// The message in a frame's body.
///
/// # Errors
/// It holds none.
pub fn decode(bytes: &[u8]) -> Result<Body, FrameError> {
    match postcard::take_from_bytes(bytes) {
        Ok((body, [])) => Ok(body),
        Ok(_) | Err(_) => Err(FrameError::Garbage),
    }
}
