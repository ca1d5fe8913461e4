//! One machine: a node that can crash and come back, and what it has besides.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use floret_ir::{Address, Stored};
use floret_node::NodeStore;
use floret_node::{Core, Links, Tick};

use super::connection::ConnectionId;
use crate::SimDisk;
use crate::faults::{CrashPoint, Fault};

/// A machine, up or down.
pub(super) struct Machine {
    /// Its disk, if the node keeps its ticks.
    pub disk: Option<SimDisk>,
    /// The node; none while it is down.
    pub node: Option<Node>,
    /// How many lives there were, the present one included.
    pub lives: u64,
    /// Ticks begun over all lives.
    pub begun: u64,
    /// The clock is ahead by this.
    pub skew: i64,
    /// Stands still until then.
    pub paused_until: i64,
    /// The tick that ran last and is not committed: where it crashed, it may yet be on disk.
    pub last: Option<Unfinished>,
    /// Inputs (by their place in the job) that a tick has taken for good.
    pub taken: BTreeSet<usize>,
    /// Those that are there to be taken.
    pub offered: VecDeque<usize>,
}

/// A node's present life.
pub(super) struct Node {
    pub core: Core,
    pub links: Links,
    /// Whether a tick is about to run.
    pub tick_planned: bool,
    /// When it is to be looked at for a timer.
    pub look_planned: Option<i64>,
    /// Where it keeps its ticks.
    pub store: Option<NodeStore>,
    /// A tick that has run and is on its way to the disk: no other runs before it is committed.
    pub uncommitted: Option<Ran>,
    /// Connections it made to send, by peer.
    pub outgoing: BTreeMap<Address, Outgoing>,
    /// Connections others made to it.
    pub incoming: BTreeSet<ConnectionId>,
}

/// A tick that has run.
pub(super) struct Ran {
    pub tick: Tick,
    /// The inputs it took.
    pub inputs: Vec<usize>,
    /// Its place among the records.
    pub record: usize,
    /// The crash that is to happen in it, and where.
    pub crash: Option<(CrashPoint, Fault)>,
    /// What it started from, if a snapshot is to be made of it.
    pub before: Option<Stored>,
}

/// A tick that was not committed when its node crashed.
#[derive(Clone, Debug)]
pub(super) struct Unfinished {
    pub number: u64,
    pub inputs: Vec<usize>,
    pub record: usize,
}

/// The side of the sender.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outgoing {
    /// It is made at some time.
    Planned {
        /// How many attempts in a row came to nothing.
        failures: u32,
    },
    /// It was made, and is not known to be over.
    Made(ConnectionId),
}

impl Machine {
    pub fn new(durable: bool) -> Self {
        Machine {
            disk: durable.then(SimDisk::new),
            node: None,
            lives: 0,
            begun: 0,
            skew: 0,
            paused_until: 0,
            last: None,
            taken: BTreeSet::new(),
            offered: VecDeque::new(),
        }
    }
}
