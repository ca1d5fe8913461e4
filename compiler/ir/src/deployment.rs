//! How many nodes each role has, and which of them this one is.

use serde::{Deserialize, Serialize};

use crate::{Address, IndexVec, RoleId, Value};

/// The members of every role: role r has nodes `0 .. counts[r]` (at least one).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Deployment {
    /// Number of nodes of each role.
    pub counts: IndexVec<RoleId, u32>,
    /// The values of `Program::params`, in order.
    pub params: Vec<Value>,
    /// What `any(x)` chooses by, the same for all nodes.
    pub seed: u64,
}

impl Deployment {
    /// A deployment of a program without parameters.
    pub fn new(counts: IndexVec<RoleId, u32>) -> Self {
        Deployment { counts, params: Vec::new(), seed: 0 }
    }
    /// The members of a role in order.
    pub fn members(&self, role: RoleId) -> impl Iterator<Item = Address> + use<> {
        (0..self.counts[role]).map(move |index| Address { role, index })
    }
    /// Member number `number` modulo their count, never negative (`Role[number]`).
    pub fn member(&self, role: RoleId, number: i64) -> Address {
        let count = i64::from(self.counts[role].max(1));
        Address { role, index: number.rem_euclid(count) as u32 }
    }
    /// All nodes, role by role.
    pub fn nodes(&self) -> impl Iterator<Item = Address> {
        self.counts.ids().flat_map(|role| self.members(role))
    }
}

/// What expressions may ask about where they run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Site {
    /// This node.
    pub me: Address,
    /// Everybody.
    pub deployment: Deployment,
}

impl Site {
    /// For expressions that ask nothing about where they run.
    pub fn nowhere() -> Self {
        let counts = IndexVec::new();
        Site { me: Address { role: RoleId(0), index: 0 }, deployment: Deployment::new(counts) }
    }
}
