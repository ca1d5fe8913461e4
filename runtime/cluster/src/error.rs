//! Why a run on several nodes failed.

use std::fmt;

/// Why a run failed. Nodes are named as `Worker[1]`.
#[derive(Debug)]
pub enum ClusterError<E> {
    /// An input or the observer of events failed.
    Host(E),
    /// A row is for a node or input that doesn't exist, or doesn't fit it.
    BadInput {
        /// The input.
        relation: String,
        /// The node.
        node: String,
        /// What doesn't fit.
        why: String,
    },
    /// A row of this table came after a row of an event: it would have missed the first tick.
    LateTable {
        /// The table.
        relation: String,
    },
    /// A node could not be reached.
    NotReached {
        /// The node.
        node: String,
        /// Its address.
        address: String,
        /// Why.
        why: String,
    },
    /// A node doesn't take us.
    Refused {
        /// The node.
        node: String,
        /// Why.
        why: String,
    },
    /// A node's process ended in the middle.
    NodeDied {
        /// The node.
        node: String,
        /// How it ended, and its last words.
        how: String,
    },
    /// A tick of a node failed.
    NodeFailed {
        /// The node.
        node: String,
        /// Why.
        why: String,
        /// Whether the program is the cause (else the system is).
        by_program: bool,
    },
    /// The connection to a node broke in the middle.
    ConnectionLost {
        /// The node.
        node: String,
        /// What is known.
        why: String,
    },
    /// Local addresses were taken by others, several times in a row.
    AddressesInUse {
        /// The last node that found its address in use.
        node: String,
    },
    /// Something the operating system didn't do.
    System {
        /// What was tried.
        what: String,
        /// Why it failed.
        why: String,
    },
}

impl<E> ClusterError<E> {
    /// The exit code of a command that ends this way; `None` where the host knows it.
    pub fn exit_code(&self) -> Option<u8> {
        match self {
            ClusterError::Host(_) => None,
            ClusterError::BadInput { .. }
            | ClusterError::LateTable { .. }
            | ClusterError::NodeFailed { by_program: true, .. } => Some(1),
            ClusterError::NotReached { .. }
            | ClusterError::Refused { .. }
            | ClusterError::NodeDied { .. }
            | ClusterError::NodeFailed { by_program: false, .. }
            | ClusterError::ConnectionLost { .. }
            | ClusterError::AddressesInUse { .. }
            | ClusterError::System { .. } => Some(3),
        }
    }
}

impl<E: fmt::Display> fmt::Display for ClusterError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClusterError::Host(error) => error.fmt(f),
            ClusterError::BadInput { relation, node, why } => {
                write!(f, "a row of `{relation}` cannot be given to {node}: {why}")
            }
            ClusterError::LateTable { relation } => {
                write!(f, "rows of the table `{relation}` came after rows of events; give tables first")
            }
            ClusterError::NotReached { node, address, why } => {
                write!(
                    f,
                    "cannot reach {node} at {address}: {why}; check that it runs and its address is right"
                )
            }
            ClusterError::Refused { node, why } => write!(f, "{node} refused the coordinator: {why}"),
            ClusterError::NodeDied { node, how } => write!(f, "{node} died in the middle of the run: {how}"),
            ClusterError::NodeFailed { node, why, .. } => write!(f, "{node} failed: {why}"),
            ClusterError::ConnectionLost { node, why } => {
                write!(f, "the connection to {node} was lost in the middle of the run: {why}")
            }
            ClusterError::AddressesInUse { node } => {
                write!(f, "no free local ports: the one chosen for {node} was taken, time and again")
            }
            ClusterError::System { what, why } => write!(f, "cannot {what}: {why}"),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for ClusterError<E> {}
