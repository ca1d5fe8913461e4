//! The answers of the coordination check, with their evidence (COORDINATION, "Classes").

use serde::{Deserialize, Serialize};

use crate::{IndexVec, RelationId, RoleId, RuleId};

/// What all fair runs on the same inputs promise about a collection.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Class {
    /// The same rows at every tick from the first.
    Static,
    /// Only goes up; the same in the end.
    Growing,
    /// The same rows over the run; the tick of each is the run's choice.
    Fleeting,
    /// The same in the end; rows may come and go before.
    Converging,
    /// Nothing.
    OrderDependent,
}

impl Class {
    /// The least class above both: static ⊑ growing ⊑ fleeting, converging ⊑ order-dependent.
    #[must_use]
    pub fn join(self, other: Class) -> Class {
        use Class::{Converging, Fleeting, Growing, OrderDependent, Static};
        match (self, other) {
            (OrderDependent, _) | (_, OrderDependent) | (Fleeting, Converging) | (Converging, Fleeting) => {
                OrderDependent
            }
            (Fleeting, _) | (_, Fleeting) => Fleeting,
            (Converging, _) | (_, Converging) => Converging,
            (Growing, _) | (_, Growing) => Growing,
            (Static, Static) => Static,
        }
    }
    /// Whether the result doesn't depend on the order of messages.
    pub fn is_confluent(self) -> bool {
        self != Class::OrderDependent
    }
    /// As it is printed.
    pub fn name(self) -> &'static str {
        match self {
            Class::Static => "static",
            Class::Growing => "growing",
            Class::Fleeting => "fleeting",
            Class::Converging => "converging",
            Class::OrderDependent => "order-dependent",
        }
    }
}

/// How a result comes to depend on order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum PointKind {
    /// A message meets what happens to have arrived.
    Rendezvous,
    /// The result depends on which rows share a tick.
    Batching,
    /// A verdict over incomplete data is acted upon.
    EarlyVerdict,
    /// The absence of something that may yet arrive decides.
    Absence,
    /// Which of two writes wins depends on order.
    Overwrite,
    /// The time of the tick, or its random seed, decides.
    Clock,
    /// `any` chooses.
    Choice,
    /// Which messages of a `lossy` channel arrive, or which nodes are up, decides.
    Loss,
    /// A view of momentary rows is observed at the end.
    FleetingOutput,
}

impl PointKind {
    /// As it is printed.
    pub fn name(self) -> &'static str {
        match self {
            PointKind::Rendezvous => "rendezvous",
            PointKind::Batching => "batching",
            PointKind::EarlyVerdict => "early verdict",
            PointKind::Absence => "absence",
            PointKind::Overwrite => "overwrite",
            PointKind::Clock => "clock",
            PointKind::Choice => "choice",
            PointKind::Loss => "loss",
            PointKind::FleetingOutput => "fleeting output",
        }
    }
}

/// What a way out does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Remedy {
    /// A table keeps the messages, and the rule reads that.
    Remember,
    /// A table merges the messages' lattice columns, and the rule reads that.
    MergeInTable,
    /// Value columns become lattices.
    MakeLattice,
    /// A table keeps every row; a view settles on one.
    KeepEveryRow,
    /// A value is compared upward only.
    CompareUpward,
    /// The head becomes a view, which takes verdicts back.
    KeepView,
    /// Inputs are complete before the first tick.
    StaticInput,
    /// A table keeps what was deleted; a view shows what is left.
    Tombstones,
    /// An order of the values chooses.
    ChooseByOrder,
    /// Only the beat matters.
    BeatOnly,
    /// The time comes with the data.
    TimeAsData,
    /// The channel loses nothing.
    KeepMessages,
    /// A timer sends again and again.
    SendAgain,
    /// A channel is sealed, and the verdict waits for the seals.
    Seal,
    /// All messages of a channel pass one node, so that its receivers see the same.
    Sequence,
    /// The output becomes an event.
    ObserveEvent,
    /// The output becomes a table.
    ObserveTable,
    /// It is wanted.
    Accept,
}

impl Remedy {
    /// Its name, stable for tools.
    pub fn name(self) -> &'static str {
        match self {
            Remedy::Remember => "remember",
            Remedy::MergeInTable => "merge-in-table",
            Remedy::MakeLattice => "make-lattice",
            Remedy::KeepEveryRow => "keep-every-row",
            Remedy::CompareUpward => "compare-upward",
            Remedy::KeepView => "keep-view",
            Remedy::StaticInput => "static-input",
            Remedy::Tombstones => "tombstones",
            Remedy::ChooseByOrder => "choose-by-order",
            Remedy::BeatOnly => "beat-only",
            Remedy::TimeAsData => "time-as-data",
            Remedy::KeepMessages => "keep-messages",
            Remedy::SendAgain => "send-again",
            Remedy::Seal => "seal",
            Remedy::Sequence => "sequence",
            Remedy::ObserveEvent => "observe-event",
            Remedy::ObserveTable => "observe-table",
            Remedy::Accept => "accept",
        }
    }
}

/// A way to get rid of a point of order, with the text to write.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WayOut {
    /// What it does.
    pub remedy: Remedy,
    /// The collections it is about.
    pub about: Vec<RelationId>,
    /// What it is, in a few words.
    pub title: String,
    /// What to write.
    pub text: String,
}

/// A place where a result could depend on the order of messages.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PointOfOrder {
    /// How.
    pub kind: PointKind,
    /// The rule; `None` for an output that is itself the point (`FleetingOutput`, a conflicting input).
    pub rule: Option<RuleId>,
    /// The collection that becomes order-dependent here.
    pub relation: RelationId,
    /// From an arrival (an input or a channel) to `relation`: each step's rule derives `to` from `from`.
    pub path: Vec<PathStep>,
    /// Which outputs inherit it.
    pub outputs: Vec<RelationId>,
    /// What can be done.
    pub ways_out: Vec<WayOut>,
    /// Why the program wants it so, if it says so (`@accept`).
    pub accepted: Option<String>,
}

/// One step of a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PathStep {
    /// What is read.
    pub from: RelationId,
    /// By which rule.
    pub rule: RuleId,
    /// What is derived.
    pub to: RelationId,
}

/// Why a collection has its class: the class its most demanding rule, fact or input gave it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Reason {
    /// Nothing fills it, or only facts that nothing touches.
    Fixed,
    /// The host feeds it.
    Input,
    /// The node fills it: a timer, or an event that reports errors and conflicts.
    Node,
    /// This rule; the row of the combination table that applied, in words.
    Rule {
        /// The rule.
        rule: RuleId,
        /// The table row.
        because: String,
    },
}

/// What the check found.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Coordination {
    /// The class of each collection.
    pub classes: IndexVec<RelationId, Class>,
    /// Why.
    pub reasons: IndexVec<RelationId, Reason>,
    /// What each rule gives to its head.
    pub verdicts: IndexVec<RuleId, Verdict>,
    /// All points of order, by rule.
    pub points: Vec<PointOfOrder>,
    /// For each order-dependent collection of a role whose nodes get the same messages, whether they come to hold the same.
    pub replicas: IndexVec<RelationId, Option<Replicas>>,
}

/// Whether the nodes of a role come to hold the same in one collection, whatever the order of messages in a run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Replicas {
    /// Whether they do. It takes that no node of `volatile` restarts.
    pub agree: bool,
    /// Why, or why not.
    pub because: String,
    /// Which row of the rules for replicas doesn't hold; its name, stable for tools.
    pub row: Option<String>,
    /// The roles that must keep what they hold when they crash, and don't: they aren't durable.
    pub volatile: Vec<RoleId>,
}

/// What a rule gives to its head.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Verdict {
    /// The class, as the head takes it.
    pub class: Class,
    /// The row of the combination table, or of the heads' conversions, that applied: its name, stable for tools.
    pub row: String,
    /// The row in words.
    pub because: String,
}
