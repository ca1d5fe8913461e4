//! Which results depend on the order of messages, with evidence.

use floret_ir::Stratified;
use floret_ir::coordination::Coordination;

/// Classifies every collection and names every point of order.
pub fn check(_stratified: &Stratified) -> Coordination {
    Coordination::default()
}
