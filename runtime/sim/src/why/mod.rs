//! Why a row was there: from the ticks of a run to the steps that led to it, causes before effects, across ticks, messages
//! and nodes. A pure function of what arrived and changed in the ticks; nothing is kept for it while a run goes on.

mod explain;
mod past;
mod text;

#[cfg(test)]
mod tests;

use floret_ir::{Address, RelationId, Row, RuleId, Value};

pub use explain::{why, why_all, why_conflict};
pub use text::{explanation_text, step_texts};

/// A row in a tick.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct RowAt {
    /// The tick's place among the records of the run.
    pub record: usize,
    /// The relation.
    pub relation: RelationId,
    /// Its row.
    pub row: Row,
}

/// Two different rows for one key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conflict {
    /// The row that was lost, in the tick that reported it.
    pub lost: RowAt,
    /// The row that the key has in the node's next tick, if there is another.
    pub next: Option<Row>,
}

/// The steps that led to some rows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explanation {
    /// Each comes after those it needs.
    pub steps: Vec<Step>,
    /// The steps of the rows that were asked about.
    pub wanted: Vec<usize>,
}

/// A row, and why it was there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// The row, in the first tick since which it was there.
    pub of: RowAt,
    /// Why.
    pub because: Because,
}

/// Why a row was there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Because {
    /// The program says so: a fact.
    Fact,
    /// The host fed it.
    Host,
    /// The clock.
    Beat,
    /// The node told its program of an error, a conflict or a peer.
    Told,
    /// A rule at this node.
    Rule(Firing),
    /// A message, and the rule that sent it.
    Message {
        /// Who sent it.
        sender: Address,
        /// By which rule; `None`: the records don't have the tick that sent it.
        sent: Option<Firing>,
    },
    /// Rows of one key merged.
    Merged(Vec<Because>),
    /// It goes back further than is told.
    Earlier,
    /// The records don't tell.
    Unknown,
}

/// A rule with a true body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Firing {
    /// The rule.
    pub rule: RuleId,
    /// The tick in which it ran: the step's own, or an earlier one for `<+`, `<+-` and `<~`.
    pub record: usize,
    /// What it found.
    pub premises: Vec<Premise>,
    /// How many more assignments counted (of an aggregate over many).
    pub more: usize,
}

/// What a rule found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Premise {
    /// The row of this step.
    There(usize),
    /// No such row.
    Absent {
        /// Of this relation.
        relation: RelationId,
        /// With these values; `None`: any.
        pattern: Vec<Option<Value>>,
        /// The node had one before.
        before: Option<Before>,
    },
}

/// A row that a node had, and has no more.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Before {
    /// It, in the last tick that came with it or had it changed.
    pub of: RowAt,
    /// How it went.
    pub gone: Gone,
}

/// How a row went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gone {
    /// It changed or was deleted, in this tick.
    Changed(usize),
    /// With the node's memory, when it crashed.
    Crash,
}
