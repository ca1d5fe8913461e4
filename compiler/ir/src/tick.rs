//! What a tick takes and gives, and the trait of everything that can run ticks.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{Address, RelationId, Row, RuleId};

/// A row that the host feeds to an input of this node.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct InputRow {
    /// An input table or input event.
    pub relation: RelationId,
    /// The row.
    pub row: Row,
}

/// A row that arrives on a channel.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Message {
    /// The channel.
    pub relation: RelationId,
    /// The row.
    pub row: Row,
    /// Who sent it.
    pub sender: Address,
}

/// Another node came or went, as far as this one knows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct PeerChange {
    /// Which.
    pub node: Address,
    /// Whether it came (else it went).
    pub up: bool,
}

/// Everything a tick depends on besides the state the node's earlier ticks left.
/// The facts belong to the engine: they are there in the first tick without arriving.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Arrivals {
    /// Rows from the host; repeated rows count once.
    pub inputs: Vec<InputRow>,
    /// Rows that the host deletes from mutable inputs: they are gone before this tick's inputs come and the rules run. Of a
    /// keyed table only the key's columns count (the values may be left out). At most one change per key.
    pub deletes: Vec<InputRow>,
    /// Rows from channels, without a `sender` column: the tick adds it. Equal rows count once (whoever sent them, unless
    /// the program asks for the sender).
    pub messages: Vec<Message>,
    /// The timers that beat.
    pub timers: Vec<RelationId>,
    /// Nodes that came and went; of no effect unless the program reads `floret::peer` at this role.
    pub peers: Vec<PeerChange>,
    /// The tick's `now()`, and the time of its beats: nanoseconds since 1970 (UTC).
    pub now: i64,
    /// The tick's random seed.
    pub seed: u64,
}

/// A message to be sent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Send {
    /// To whom.
    pub to: Address,
    /// The channel.
    pub relation: RelationId,
    /// The row.
    pub row: Row,
}

/// Something the program's author should hear about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Report {
    /// An assignment of this rule has no value for some expression and derived nothing.
    Error {
        /// The rule.
        rule: RuleId,
        /// The values of `Rule::atom_variables`, in that order.
        bindings: Row,
    },
    /// A sum of this rule doesn't fit into an int; the group derived nothing.
    Overflow {
        /// The rule.
        rule: RuleId,
        /// The group: place (if any), then the `Expr` head terms in order.
        group: Row,
    },
    /// Two rows for one key met; this one lost.
    Conflict {
        /// The keyed relation.
        relation: RelationId,
        /// The losing row.
        lost: Row,
    },
}

/// How a relation's rows changed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct RowChange {
    /// The row.
    pub row: Row,
    /// Whether it came (else it went).
    pub added: bool,
}

/// What of a relation is to be seen after a tick.
pub type Changes = BTreeMap<RelationId, Vec<RowChange>>;

/// What a tick did.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Effects {
    /// Messages, without repetition.
    pub sends: BTreeSet<Send>,
    /// Reports, without repetition.
    pub reports: BTreeSet<Report>,
    /// For observed relations: tables and views by the difference of T(t) to T(t-1) (before the first tick: nothing),
    /// events and channels by every row of T(t), as added. Sorted by row; relations without changes are absent.
    pub changes: Changes,
    /// Whether another tick is due without arrivals: P(t+1) differs from the tables of T(t), or an event waits.
    pub again: bool,
}

/// Which relations' changes an engine shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Observe {
    /// Outputs only.
    Outputs,
    /// All relations of the node's role, for tests and the simulator.
    Everything,
}

/// Running totals of one node, all since its start.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Counters {
    /// Ticks run.
    pub ticks: u64,
    /// Rows taken from the host.
    pub inputs: u64,
    /// Rows taken from channels.
    pub received: u64,
    /// Rows sent.
    pub sent: u64,
    /// Rows that came to be in relations filled by rules, per relation.
    pub derived: BTreeMap<RelationId, u64>,
    /// Reports made.
    pub reports: u64,
}

/// Why a tick failed; the node is lost with it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum EngineError {
    /// A recursion went on for more rounds than allowed; the rule names a part of it.
    TickLimit {
        /// The limit, in rounds.
        rounds: u64,
        /// A relation of the component that did not come to an end.
        relation: RelationId,
    },
    /// The engine itself failed (a bug, or a lost thread).
    Failed(String),
}

/// What a node's next tick starts from, besides what arrives: what a node that comes back needs of its earlier ticks.
/// Relations that are absent are empty.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Stored {
    /// P(t+1): the rows of the tables, sorted.
    pub tables: BTreeMap<RelationId, Vec<Row>>,
    /// The rows that events hold in the next tick (by `<+`, and the reports' events), sorted.
    pub waiting: BTreeMap<RelationId, Vec<Row>>,
}

/// One node's evaluator. `tick` is all-or-nothing: after an error nothing of the tick is visible.
pub trait Engine {
    /// Runs one tick.
    ///
    /// # Errors
    /// [`EngineError`]; the engine can't be used afterwards.
    fn tick(&mut self, arrivals: &Arrivals) -> Result<Effects, EngineError>;

    /// What the next tick starts from. (Before the first tick, facts are not in it.)
    fn stored(&self) -> Stored;

    /// Goes on from what another engine of this node had stored, instead of from nothing and the facts. Only before the first
    /// tick.
    ///
    /// What the relations held in the last tick is not part of it: for the engine all that they hold in the next tick
    /// is new, in changes, in reports and in what `<~` rules over stored collections send. So whoever goes on runs the next
    /// tick with the arrivals it had the first time, and takes its effects from there.
    ///
    /// # Errors
    /// It has run a tick, or the rows are not of this program and node.
    fn resume(&mut self, stored: Stored) -> Result<(), EngineError>;

    /// Totals so far.
    fn counters(&self) -> Counters;
}
