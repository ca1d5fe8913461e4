//! Which results depend on the order of messages, with evidence (the design's table of classes and combinations).
//!
//! `fixpoint` drives; `body` has one function per row of the combination table, `heads` says how a head takes its
//! body, with the proofs in `keys`, `lineage`, `seals` and `thresholds`; `replicas` compares the nodes of a role. `paths`, `ways_out` and `wording` are the evidence.
//! `crashes` is the second verdict: what an output survives.

mod body;
mod costs;
mod crashes;
mod endings;
mod fix;
mod fixpoint;
mod heads;
mod keys;
mod lineage;
mod outcome;
mod paths;
mod promises;
mod replicas;
mod retries;
mod seals;
mod summary;
#[cfg(test)]
mod tests;
mod thresholds;
mod ways_out;
mod wording;

pub use costs::{Cost, Each, Messages, cost_of, costs};
pub use crashes::{Crashes, Loss, LossKind, Return, Survival, brief, crashes, lines, told};
#[doc(hidden)]
pub use crashes::{Mistake, crashes_mistaken};
pub use fix::{Edit, Fix, apply, fixes};
pub use promises::unkept;
pub use summary::{accepted, output_class, replicas, summary};
pub use wording::{finding, findings, written};

use floret_ir::Stratified;
use floret_ir::coordination::Coordination;
use outcome::Ground;

/// Classifies every collection and names every point of order.
///
/// A class speaks about the collection as rules read it. An output *view* that is fleeting is observed at the end of a
/// run and is therefore order-dependent as an output: [`output_class`] says so, and there is a point for it.
pub fn check(stratified: &Stratified) -> Coordination {
    fixpoint::check(stratified, None, None)
}

/// The check with one row of its tables wrong on purpose: where a row says order-dependent it is skipped, where it says
/// a class it says a stronger one. `None`: there is no row of that name. For tests of what finds mistakes in the tables.
#[doc(hidden)]
pub fn check_weakened(stratified: &Stratified, row: &str) -> Option<Coordination> {
    let ground = Ground::ALL.into_iter().find(|ground| ground.name() == row)?;
    Some(fixpoint::check(stratified, Some(ground), None))
}

/// The names of all rows of the tables.
#[doc(hidden)]
pub fn rows() -> impl Iterator<Item = &'static str> {
    Ground::ALL.into_iter().map(Ground::name)
}

/// The check with one row of the rules for replicas left out on purpose. `None`: there is no row of that name.
#[doc(hidden)]
pub fn check_replicas_weakened(stratified: &Stratified, row: &str) -> Option<Coordination> {
    let row = replicas::Row::ALL.into_iter().find(|known| known.name() == row)?;
    Some(fixpoint::check(stratified, None, Some(row)))
}

/// The names of all rows of the rules for replicas.
#[doc(hidden)]
pub fn replica_rows() -> impl Iterator<Item = &'static str> {
    replicas::Row::ALL.into_iter().map(replicas::Row::name)
}
