//! Nodes on a simulated network: all nodes of a deployment in memory, and a schedule that decides which of the input
//! rows and messages under way arrive in which tick. Time is virtual: it passes when it is told to. The schedule is random with a seed (the same seed gives the same
//! run) or made by hand. Nothing here knows which evaluator the nodes run: it only uses [`floret_ir::Engine`].

mod claims;
mod delivery;
mod disk;
mod error;
pub mod faults;
mod history;
mod minimise;
mod network;
mod random;
mod schedule;
mod trace;
pub mod why;
pub mod world;

#[cfg(test)]
mod tests;

pub use claims::{Binding, Violation, violations};
pub use delivery::{Delivery, DeliveryId, Payload};
pub use disk::{SimDisk, SimFile};
pub use error::SimError;
pub use history::{Held, History};
pub use minimise::minimise;
pub use network::{Moment, Network, Record, Settings};
pub use random::Random;
pub use schedule::Rest;
