//! From rules to operators.

use floret_ir::plan::Plan;
use floret_ir::{IndexVec, RoleId, Stratified};

/// One unoptimised plan per role.
pub fn lower(_stratified: &Stratified) -> IndexVec<RoleId, Plan> {
    IndexVec::new()
}
