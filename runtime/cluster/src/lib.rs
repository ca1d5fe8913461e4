//! Starting nodes and watching over them: the cluster file, the coordinator that feeds nodes and knows when they are at
//! rest, and local processes.

mod coordinator;
mod error;
mod feed;
mod file;
mod link;
mod local;
mod processes;
pub mod rest;
mod running;

pub use coordinator::{ClusterRun, Event, Progress, RunEnd, RunSummary, coordinate};
pub use error::ClusterError;
pub use file::{ClusterFile, ClusterFileError, Members, NodeEntry, Problem};
pub use local::{LocalRun, run_local};
