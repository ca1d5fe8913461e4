//! Which results depend on the order of messages, with evidence (the design's table of classes and combinations).
//!
//! `fixpoint` drives; `body` has one function per row of the combination table, `heads` says how a head takes its
//! body, with the proofs in `keys`, `lineage` and `thresholds`. `paths`, `ways_out` and `wording` are the evidence.

mod body;
mod fixpoint;
mod heads;
mod keys;
mod lineage;
mod outcome;
mod paths;
mod retries;
mod summary;
#[cfg(test)]
mod tests;
mod thresholds;
mod ways_out;
mod wording;

pub use summary::{output_class, summary};
pub use wording::findings;

use floret_ir::Stratified;
use floret_ir::coordination::Coordination;

/// Classifies every collection and names every point of order.
///
/// A class speaks about the collection as rules read it. An output *view* that is fleeting is observed at the end of a
/// run and is therefore order-dependent as an output: [`output_class`] says so, and there is a point for it.
pub fn check(stratified: &Stratified) -> Coordination {
    fixpoint::check(stratified)
}
