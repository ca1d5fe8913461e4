//! What is under way to a node.

use floret_ir::{Address, InputRow, Message, RelationId, Row};

/// The number of a delivery, in the order in which they came to be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DeliveryId(pub u64);

/// What is delivered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Payload {
    /// A row from the host.
    Input(InputRow),
    /// A row that the host deletes from a mutable input.
    Delete(InputRow),
    /// A message.
    Message(Message),
}

/// An input row or message that has not arrived yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery {
    /// Its number.
    pub id: DeliveryId,
    /// Where it goes.
    pub to: Address,
    /// What it is.
    pub payload: Payload,
    /// Whether it stays under way until it is released.
    pub held: bool,
    /// Whether it must be part of the node's first tick.
    pub first_tick: bool,
    /// What comes in order: of the deliveries of one queue a later batch waits for the earlier ones, one per tick.
    pub(crate) turn: Option<Turn>,
    /// Whether it waits for all older ones from the host.
    pub(crate) ends: bool,
}

/// The place of a delivery among those that come in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Turn {
    pub(crate) queue: Queue,
    /// What arrives together has one number.
    pub(crate) batch: u64,
}

/// What comes in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Queue {
    /// Changes of one key of a mutable input.
    Key(RelationId, Row),
    /// The messages of an `ordered` channel from one sender; a batch is what one tick sent.
    Ordered(RelationId, Address),
}
