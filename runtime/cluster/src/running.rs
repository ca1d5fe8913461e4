//! The state of a run: where it is, what is known of each node, and what is waited for.

use std::collections::BTreeMap;
use std::time::Duration;

use floret_ir::{Address, Changes, Report};
use floret_node::wire::{Status, ToNode};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::coordinator::{RunEnd, RunSummary};
use crate::processes::Death;
use crate::rest::Rest;

/// Nodes that are asked to finish have so long for the running tick and their last words.
const FINISH_PATIENCE: Duration = Duration::from_secs(5);
/// When a connection breaks, its process has so long to end, so that we can say how; and the other way round its last
/// words have so long to arrive.
pub(crate) const DEATH_PATIENCE: Duration = Duration::from_secs(2);
/// Between waves while inputs come.
pub(crate) const FEEDING_PAUSE: Duration = Duration::from_millis(200);
/// Between waves afterwards: at first, at most.
pub(crate) const RESTING_PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(50));

/// Where a run is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    /// Rows of tables are given; no node has started.
    Tables,
    /// Rows of events are given.
    Events,
    /// All inputs are given.
    Resting,
    /// The nodes are asked to finish.
    Finishing,
}

/// What the coordinator knows of a node.
pub(crate) struct Node {
    /// `None` once its connection is closed.
    pub words: Option<mpsc::UnboundedSender<ToNode>>,
    /// Input rows given and not yet taken.
    pub outstanding: u64,
    /// What has been heard of the tick that is being told.
    pub changes: Changes,
    pub reports: Vec<Report>,
    pub finished: Option<Status>,
    pub closed: bool,
}

impl Node {
    pub(crate) fn new(words: mpsc::UnboundedSender<ToNode>) -> Self {
        let (changes, reports) = (Changes::new(), Vec::new());
        Node { words: Some(words), outstanding: 0, changes, reports, finished: None, closed: false }
    }
    pub(crate) fn tell(&self, word: ToNode) {
        if let Some(words) = &self.words {
            // Fails when the connection is lost, which is heard elsewhere.
            let _ = words.send(word);
        }
    }
}

/// A node whose process or connection is gone, while the other of the two is waited for.
pub(crate) struct Lost {
    pub node: Address,
    pub why: LostWhy,
    pub since: Instant,
}

pub(crate) enum LostWhy {
    Process(Death),
    Connection(String),
}

/// A run's state.
pub(crate) struct Running {
    pub nodes: BTreeMap<Address, Node>,
    pub phase: Phase,
    pub end: RunEnd,
    pub rows_fed: u64,
    pub rest: Rest,
    /// The number of the last wave.
    pub waves: u64,
    pub answers: BTreeMap<Address, Status>,
    /// Whether the last wave still goes on.
    pub asking: bool,
    pub next_wave: Instant,
    pub pause: Duration,
    /// Grows while anything happens.
    pub traffic: u64,
    /// When progress was last shown.
    pub shown: Instant,
    pub lost: Option<Lost>,
    /// When finishing has to end.
    pub deadline: Instant,
}

impl Running {
    /// A run that begins.
    pub(crate) fn new(nodes: BTreeMap<Address, Node>) -> Self {
        let now = Instant::now();
        Running {
            nodes,
            phase: Phase::Tables,
            end: RunEnd::Rest,
            rows_fed: 0,
            rest: Rest::default(),
            waves: 0,
            answers: BTreeMap::new(),
            asking: false,
            next_wave: now + FEEDING_PAUSE,
            pause: RESTING_PAUSES.0,
            traffic: 0,
            shown: now,
            lost: None,
            deadline: now,
        }
    }
    pub(crate) fn tell_all(&self, word: &ToNode) {
        for node in self.nodes.values() {
            node.tell(word.clone());
        }
    }
    pub(crate) fn ask(&mut self) {
        self.waves += 1;
        self.asking = true;
        self.answers.clear();
        self.tell_all(&ToNode::Probe(self.waves));
    }
    pub(crate) fn finish(&mut self, end: RunEnd) {
        self.phase = Phase::Finishing;
        self.end = end;
        self.deadline = Instant::now() + FINISH_PATIENCE;
        self.tell_all(&ToNode::Finish);
    }
    pub(crate) fn lost_deadline(&self) -> Instant {
        self.lost.as_ref().map_or(self.deadline, |lost| lost.since + DEATH_PATIENCE)
    }
    pub(crate) fn summary(self) -> RunSummary {
        let mut answers = self.answers;
        let last = |(address, node): (Address, Node)| {
            let status = node.finished.or_else(|| answers.remove(&address));
            (address, status.unwrap_or_default())
        };
        let nodes = self.nodes.into_iter().map(last).collect();
        RunSummary { end: self.end, rows_fed: self.rows_fed, waves: self.waves, nodes }
    }
}
