//! Why a simulation can't go on.

use std::fmt;

use floret_ir::{Address, EngineError, RelationId};

use crate::DeliveryId;

/// What went wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SimError {
    /// A node's tick failed; the network can't be used afterwards.
    Engine {
        /// The node.
        node: Address,
        /// Why.
        error: EngineError,
    },
    /// There is no such node: a row was fed or a message sent to it.
    NoSuchNode(Address),
    /// No such delivery is under way to the node that was to take it.
    NotPending(DeliveryId),
    /// Something older has to arrive before it: a change of the same key of a mutable input, or what an earlier tick sent on
    /// the same `ordered` channel.
    OutOfOrder(DeliveryId),
    /// It is no message on a `lossy` channel.
    NotLossy(DeliveryId),
    /// The host deletes only from mutable inputs.
    NotMutable(RelationId),
    /// A row for a static input came after the node's first tick.
    LateStatic {
        /// The node.
        node: Address,
        /// The input.
        relation: RelationId,
    },
}

impl fmt::Display for SimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let node = |address: &Address| format!("node {} of role {}", address.index, address.role.0);
        match self {
            SimError::Engine { node: at, error: EngineError::TickLimit { rounds, relation } } => {
                write!(f, "{}: relation {} still changed after {rounds} rounds", node(at), relation.0)
            }
            SimError::Engine { node: at, error: EngineError::Failed(why) } => {
                write!(f, "{}: {why}", node(at))
            }
            SimError::NoSuchNode(at) => write!(f, "there is no {}", node(at)),
            SimError::NotPending(id) => write!(f, "delivery {} is not under way to that node", id.0),
            SimError::OutOfOrder(id) => {
                write!(f, "delivery {} waits for an older one", id.0)
            }
            SimError::NotLossy(id) => write!(f, "delivery {} can't be lost", id.0),
            SimError::NotMutable(relation) => write!(f, "relation {} is no mutable input", relation.0),
            SimError::LateStatic { node: at, relation } => {
                write!(f, "{}: static input {} was fed after the first tick", node(at), relation.0)
            }
        }
    }
}

impl std::error::Error for SimError {}
