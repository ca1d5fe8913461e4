//! One node of a running program.
//!
//! [`core`] decides when a tick is due and runs it, [`links`] keeps the channels' promises; neither knows a clock, socket or
//! disk. [`wire`] is what nodes say to each other. [`shell`] puts them on tokio. [`single`] drives the only node of a program without any of that.

pub mod clock;
pub mod core;
mod durable;
pub mod links;
mod planted;
mod random;
mod record;
pub mod shell;
pub mod single;
pub mod store;
pub mod wire;

pub use crate::clock::{Clock, SystemClock};
pub use crate::core::{Core, CoreError, Snapshot, Tick, TickEntry};
pub use crate::durable::{Durable, NodeStore, identity};
pub use crate::links::{Limits, Links, Traffic};
pub use crate::random::{random_u64, secret_token};
pub use crate::record::{RecordError, RecordHeader, Recorder, Recording};
pub use crate::shell::{
    ADDRESS_IN_USE_EXIT_CODE, Alone, Drive, NodeConfig, NodeError, NodeExit, run_node, run_node_blocking,
};
pub use crate::single::{SingleEnd, SingleError, SingleRun, run_single};
