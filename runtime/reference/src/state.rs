//! What a node keeps from tick to tick.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::{RelationId, Report, Row, RuleId, Send};
use serde::{Deserialize, Serialize};

/// The rows of relations; relations that are absent are empty.
pub(crate) type Rows = BTreeMap<RelationId, BTreeSet<Row>>;

/// All that a node's earlier ticks left to its next one. The default is a node before its first tick.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct State {
    /// Whether the first tick was run.
    pub started: bool,
    /// P(t+1): what the tables hold when the next tick starts.
    pub stored: BTreeMap<RelationId, BTreeSet<Row>>,
    /// What `<+` put into events: they hold it in the next tick.
    pub waiting: BTreeMap<RelationId, BTreeSet<Row>>,
    /// T(t), the content of every relation of the node's role in the last tick.
    pub content: BTreeMap<RelationId, BTreeSet<Row>>,
    /// What each `<~` rule that sends on change derived in the last tick.
    pub sendable: BTreeMap<RuleId, BTreeSet<Send>>,
    /// What could be reported on change in the last tick, whether it was reported then or earlier.
    pub standing: BTreeSet<Report>,
}
