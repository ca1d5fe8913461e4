//! What happened in a run, in the order of virtual time: plain data, from which the trace and the picture are made.

use std::collections::BTreeSet;

use floret_ir::{Address, RelationId};

use crate::Record;
use crate::faults::{Fault, FrameId};

/// What a frame carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Parcel {
    /// The first words on a connection, or the answer to them.
    Greeting,
    /// The answer to first words that the other side does not take.
    Refusal,
    /// Rows of a channel.
    Rows {
        /// The channel.
        channel: RelationId,
        /// How many.
        count: u32,
        /// The first one's number; of a lossy channel they have none.
        first: Option<u64>,
    },
    /// That all rows below this number have arrived.
    Acknowledgement(u64),
    /// A sign of life.
    Ping,
}

/// Something that happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What {
    /// A tick was run.
    Tick {
        /// Its place in [`Chronicle::records`].
        record: usize,
    },
    /// A tick is on its node's disk.
    Stored {
        /// The node.
        node: Address,
        /// Its tick.
        tick: u64,
    },
    /// A frame was given to the network.
    Sent {
        /// Which.
        frame: FrameId,
        /// What is in it.
        parcel: Parcel,
    },
    /// A frame arrived.
    Arrived {
        /// Which.
        frame: FrameId,
        /// When it was sent.
        sent: i64,
        /// Whether it is the second time.
        again: bool,
    },
    /// A frame will never arrive, and why.
    Lost {
        /// Which.
        frame: FrameId,
        /// When it was sent.
        sent: i64,
        /// By loss (else by a partition, a crash, or with its connection).
        by_loss: bool,
    },
    /// A connection ended; its maker makes another.
    Broken {
        /// Who made it.
        from: Address,
        /// To whom.
        to: Address,
    },
    /// A fault that is no frame's begins.
    Begins(Fault),
    /// A fault that is no frame's is over: the node is back, the sides are one again.
    Ends(Fault),
    /// A claim about the program is wrong.
    Wrong {
        /// In words.
        claim: String,
    },
}

/// Something that happened, and when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Happening {
    /// In nanoseconds of virtual time.
    pub at: i64,
    /// It.
    pub what: What,
}

/// A run.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Chronicle {
    /// What happened, oldest first.
    pub happenings: Vec<Happening>,
    /// The ticks, in the order in which they were run.
    pub records: Vec<Record>,
    /// Those that are over for good: the others were lost with their node.
    pub committed: BTreeSet<usize>,
}

impl Chronicle {
    /// Adds what happens at `at`.
    pub fn add(&mut self, at: i64, what: What) {
        self.happenings.push(Happening { at, what });
    }

    /// Adds a tick.
    pub fn add_tick(&mut self, at: i64, record: Record) {
        self.add(at, What::Tick { record: self.records.len() });
        self.records.push(record);
    }
}
