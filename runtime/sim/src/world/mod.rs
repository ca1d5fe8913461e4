//! Whole nodes in virtual time, on a simulated network, with faults.

mod astray;
mod carry;
mod chronicle;
mod claim;
mod claiming;
mod connection;
mod contents;
mod disk;
mod event;
mod expecting;
mod job;
mod lives;
mod machine;
mod outset;
mod picture;
mod promises;
mod queue;
mod run;
mod search;
mod story;
mod telling;
mod trial;
mod verdict;

#[cfg(test)]
mod tests;

pub use chronicle::{Chronicle, Happening, Parcel, What};
pub use claim::{Claim, Memory, Wrong, WrongKind};
pub use claiming::Invariants;
pub use contents::Contents;
pub use expecting::Expectations;
pub use job::{End, Job, MakeEngine, Outcome, Planted, RunOf};
pub use picture::picture;
pub use promises::check_promises;
pub use run::run;
pub use search::{Searched, extent, run_of, search};
pub use story::{Failure, Shrunk, Tally, shrink, story};
pub use telling::telling;
pub use trial::Trial;
