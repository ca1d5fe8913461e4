//! What goes wrong in a simulated run. [`FaultSpec`] is what a person asks for (`loss=5%,crash=2`); [`FaultPlan`] is what
//! becomes of it under a seed. A plan is a set of single [`Fault`]s, each of which can be taken out without moving the
//! others: those of frames by asking a hash of (seed, who, which frame), all others by a list.

mod parse;
mod plan;
mod text;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use floret_ir::Address;

pub use plan::{Extent, FaultPlan, Passage};
pub use text::fault_text;
pub(crate) use text::milliseconds;

/// Nanoseconds in a millisecond.
pub const MILLISECOND: i64 = 1_000_000;

/// A span of virtual time that is drawn between two ends, both possible, in nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Range {
    /// The least.
    pub least: i64,
    /// The most.
    pub most: i64,
}

/// What is to go wrong, and how often.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FaultSpec {
    /// Frames lost, in millionths. The connection breaks there; of a lossy channel only the rows are lost.
    pub loss: u32,
    /// Frames that arrive twice, in millionths.
    pub dup: u32,
    /// How long frames take.
    pub delay: Range,
    /// Crashes in the whole run.
    pub crashes: u32,
    /// When crashed nodes are back; none: never.
    pub restart: Option<Range>,
    /// How many times the nodes are cut into two sides.
    pub partitions: u32,
    /// How many times a node stands still.
    pub pauses: u32,
    /// How far nodes' clocks are off, to either side.
    pub skew: i64,
}

impl Default for FaultSpec {
    /// Nothing but frames of different speed.
    fn default() -> Self {
        FaultSpec {
            loss: 0,
            dup: 0,
            delay: Range { least: MILLISECOND, most: 10 * MILLISECOND },
            crashes: 0,
            restart: None,
            partitions: 0,
            pauses: 0,
            skew: 0,
        }
    }
}

/// One frame: the how manieth (from 0) that a node has sent to another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FrameId {
    /// Who sent it.
    pub from: Address,
    /// To whom.
    pub to: Address,
    /// Its number over the whole run, whatever connection or life of the sender it was.
    pub number: u64,
}

/// Where in a tick a node crashes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CrashPoint {
    /// Before it runs: what has arrived is lost.
    BeforeTick,
    /// After it was run and written, before the disk has it for certain: some of what was written may survive. (A node
    /// without a disk: before anything of it is sent.)
    BeforeSync,
    /// After the disk has it, before anything of it is sent.
    BeforeSends,
    /// After its messages were given to the network.
    AfterSends,
}

/// Something that goes wrong once.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Fault {
    /// A frame is lost.
    Lose(FrameId),
    /// A frame arrives again later.
    Duplicate(FrameId),
    /// A frame takes longer than the least time.
    Slow(FrameId),
    /// A node crashes in a tick.
    Crash {
        /// Which.
        node: Address,
        /// In its how manieth tick, from 1, over all its lives.
        tick: u64,
        /// Where in it.
        point: CrashPoint,
        /// After how long it is back; never, if none.
        back: Option<i64>,
    },
    /// No frame passes between these nodes and all others for some time.
    Partition {
        /// One side.
        side: BTreeSet<Address>,
        /// From when.
        from: i64,
        /// Until when.
        until: i64,
    },
    /// A node stands still for some time.
    Pause {
        /// Which.
        node: Address,
        /// From when.
        from: i64,
        /// Until when.
        until: i64,
    },
    /// A node's clock is off.
    Skew {
        /// Whose.
        node: Address,
        /// By so many nanoseconds.
        by: i64,
    },
}
