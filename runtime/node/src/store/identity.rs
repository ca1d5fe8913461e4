//! Whose data a store holds, and what the first start chose for good.

use floret_ir::Address;
use serde::{Deserialize, Serialize};

use super::StoreError;

/// What must be the same whenever a store is opened: the log is replayed, and does the same only under the same program,
/// node, counts and parameters.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Identity {
    /// The program's hash.
    pub program: u64,
    /// The node.
    pub me: Address,
    /// Its name, as in `Bank[1]`.
    pub name: String,
    /// Every role, in order.
    pub roles: Vec<RoleSize>,
    /// The program's parameters in order, with their values as they are written in programs.
    pub params: Vec<(String, String)>,
}

/// How many nodes a role has.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RoleSize {
    /// The role's name.
    pub name: String,
    /// How many nodes it has.
    pub count: u32,
    /// Whether it is durable.
    pub durable: bool,
}

/// What the first start chose by chance and later starts keep.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Birth {
    /// The node's incarnation: a durable node that comes back is the same one.
    pub incarnation: u64,
    /// What the sessions of its links are made of.
    pub sessions: u64,
    /// What the ticks' random seeds and `any` are made of.
    pub seed: u64,
}

/// Whether a store of `stored` may be opened by `asked`.
pub(super) fn check(stored: &Identity, asked: &Identity) -> Result<(), StoreError> {
    if stored.program != asked.program {
        return Err(StoreError::OtherProgram);
    }
    if (stored.me, &stored.name) != (asked.me, &asked.name) {
        return Err(StoreError::OtherNode { stored: stored.name.clone(), asked: asked.name.clone() });
    }
    for (old, new) in stored.roles.iter().zip(&asked.roles) {
        if old.count != new.count {
            return Err(StoreError::OtherCount { stored: old.clone(), asked: new.count });
        }
    }
    for ((name, old), (_, new)) in stored.params.iter().zip(&asked.params) {
        if old != new {
            return Err(StoreError::OtherParam {
                name: name.clone(),
                stored: old.clone(),
                asked: new.clone(),
            });
        }
    }
    // The lists of roles and parameters are the program's; same program, same lists.
    if stored == asked {
        Ok(())
    } else {
        Err(StoreError::damaged("the description of the node in it contradicts itself"))
    }
}
