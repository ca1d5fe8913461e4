//! The artifact: what `floret build` writes and nodes load.

use serde::{Deserialize, Serialize};

use crate::coordination::Coordination;
use crate::plan::Plan;
use crate::{IndexVec, RoleId, Sources, Stratified};

/// A compiled program.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Artifact {
    /// The checked program and its strata.
    pub stratified: Stratified,
    /// One plan per role.
    pub plans: IndexVec<RoleId, Plan>,
    /// What the coordination check found.
    pub coordination: Coordination,
    /// Source texts, for messages.
    pub sources: Sources,
}
