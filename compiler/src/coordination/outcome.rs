//! What the analysis says about one rule: its class and the row of the combination table that gave it.

use floret_ir::RelationId;
use floret_ir::coordination::{Class, PointKind};

/// The class a rule gives to its head, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Outcome {
    /// The class.
    pub class: Class,
    /// The row of the table.
    pub ground: Ground,
    /// The relations that matter for it, the one to blame first.
    pub culprits: Vec<RelationId>,
}

/// The rows of the combination table and of the heads' conversions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ground {
    /// Static and growing atoms only.
    Monotone,
    /// Negation or aggregate over static.
    OverStatic,
    /// One fleeting atom, the rest static.
    OneMessage,
    /// Several fleeting atoms of one source row.
    SameMessage,
    /// An aggregate inside one message.
    WithinMessage,
    /// An aggregate inside one row of the growing atoms.
    InsideRow,
    /// An aggregate that is only compared upward, or goes into a lattice.
    Threshold,
    /// A timer's beat with what grows.
    Resent,
    /// Another rule sends the same rows.
    AddsNothing,
    /// Negation, aggregate or exact lattice read over what still grows, in a view.
    LastWord,
    /// Negation or aggregate over sealed keys.
    Sealed,
    /// A seal that has all of its rows.
    Closes,
    /// A table remembers momentary rows.
    Remembered,
    /// A fleeting atom with a growing one.
    MeetsStored,
    /// Two independent fleeting atoms.
    MeetsMessage,
    /// Negation, aggregate, exact lattice read or a converging read where it can't be taken back.
    TooEarly,
    /// A seal before all rows of its key are known to be sent.
    EarlySeal,
    /// A view with rows of one tick beside rows that come and go.
    Clash,
    /// Negation over fleeting.
    Missing,
    /// An aggregate over fleeting.
    SharedTick,
    /// A fleeting atom's lattice column read in a way that sees which rows share a tick.
    MergedInTick,
    /// `now()`, `random()` or a timer's time.
    Clock,
    /// `any`.
    Choice,
    /// A lossy channel's messages, sent once.
    Lost,
    /// Which nodes are up.
    Peers,
    /// The node's reports of errors or conflicts.
    Reported,
    /// A host that deletes beside rules that fill.
    HostDeletes,
    /// `<-`.
    Deleted,
    /// `<+-`.
    Replaced,
    /// Two rows may have one key.
    KeyConflict,
    /// It reads something order-dependent.
    Inherited,
}

impl Ground {
    /// All of them.
    pub const ALL: [Ground; 31] = [
        Ground::Monotone,
        Ground::OverStatic,
        Ground::OneMessage,
        Ground::SameMessage,
        Ground::WithinMessage,
        Ground::InsideRow,
        Ground::Threshold,
        Ground::Resent,
        Ground::AddsNothing,
        Ground::LastWord,
        Ground::Sealed,
        Ground::Closes,
        Ground::Remembered,
        Ground::MeetsStored,
        Ground::MeetsMessage,
        Ground::TooEarly,
        Ground::EarlySeal,
        Ground::Clash,
        Ground::Missing,
        Ground::SharedTick,
        Ground::MergedInTick,
        Ground::Clock,
        Ground::Choice,
        Ground::Lost,
        Ground::Peers,
        Ground::Reported,
        Ground::HostDeletes,
        Ground::Deleted,
        Ground::Replaced,
        Ground::KeyConflict,
        Ground::Inherited,
    ];

    /// The point of order that starts here, if any does.
    pub fn kind(self) -> Option<PointKind> {
        match self {
            Ground::Monotone
            | Ground::OverStatic
            | Ground::OneMessage
            | Ground::SameMessage
            | Ground::WithinMessage
            | Ground::InsideRow
            | Ground::Threshold
            | Ground::Resent
            | Ground::AddsNothing
            | Ground::LastWord
            | Ground::Sealed
            | Ground::Closes
            | Ground::Remembered
            | Ground::Inherited => None,
            Ground::MeetsStored | Ground::MeetsMessage => Some(PointKind::Rendezvous),
            Ground::TooEarly | Ground::EarlySeal | Ground::Clash => Some(PointKind::EarlyVerdict),
            Ground::Missing => Some(PointKind::Absence),
            Ground::SharedTick | Ground::MergedInTick | Ground::Reported => Some(PointKind::Batching),
            Ground::Clock => Some(PointKind::Clock),
            Ground::Choice => Some(PointKind::Choice),
            Ground::Lost | Ground::Peers => Some(PointKind::Loss),
            Ground::Deleted | Ground::Replaced | Ground::KeyConflict | Ground::HostDeletes => {
                Some(PointKind::Overwrite)
            }
        }
    }

    /// The row's name, stable for tools.
    pub fn name(self) -> &'static str {
        match self {
            Ground::Monotone => "monotone",
            Ground::OverStatic => "over-static",
            Ground::OneMessage => "one-message",
            Ground::SameMessage => "same-message",
            Ground::WithinMessage => "within-message",
            Ground::InsideRow => "inside-row",
            Ground::Threshold => "threshold",
            Ground::Resent => "resent",
            Ground::AddsNothing => "adds-nothing",
            Ground::LastWord => "last-word",
            Ground::Sealed => "sealed",
            Ground::Closes => "closes",
            Ground::Remembered => "remembered",
            Ground::MeetsStored => "meets-stored",
            Ground::MeetsMessage => "meets-message",
            Ground::TooEarly => "too-early",
            Ground::EarlySeal => "early-seal",
            Ground::Clash => "clash",
            Ground::Missing => "missing",
            Ground::SharedTick => "shared-tick",
            Ground::MergedInTick => "merged-in-tick",
            Ground::Clock => "clock",
            Ground::Choice => "choice",
            Ground::Reported => "reported",
            Ground::HostDeletes => "host-deletes",
            Ground::Deleted => "deleted",
            Ground::Replaced => "replaced",
            Ground::KeyConflict => "key-conflict",
            Ground::Inherited => "inherited",
            Ground::Lost => "lost",
            Ground::Peers => "peers",
        }
    }

    /// The row in words.
    pub fn words(self) -> &'static str {
        match self {
            Ground::Monotone => {
                "only static and growing atoms, lattice columns followed upward, no negation, no aggregate: monotone"
            }
            Ground::OverStatic => {
                "negation, aggregate or exact lattice read over static: nothing can arrive late"
            }
            Ground::Resent => {
                "a timer's beat with static and growing atoms: what grows is resent again and again"
            }
            Ground::AddsNothing => "another rule sends the same rows already: this one only repeats them",
            Ground::OneMessage => "one fleeting atom, the rest static: each row is handled alone",
            Ground::SameMessage => {
                "several fleeting atoms, all derived from one source row: no meeting of two messages"
            }
            Ground::WithinMessage => {
                "an aggregate grouped by the whole source row: it stays inside one message"
            }
            Ground::InsideRow => {
                "an aggregate whose group fixes every column of all non-static atoms: it stays inside one row"
            }
            Ground::Threshold => {
                "an aggregate over growing, only compared upward or merged into a lattice: once true, always true"
            }
            Ground::LastWord => {
                "negation, aggregate or exact lattice read over growing or converging into a view: the last word is the same"
            }
            Ground::Sealed => "negation or aggregate over rows whose keys are sealed: it waits for the seals",
            Ground::Closes => {
                "a seal takes effect when all rows are there that were counted: the same in every run"
            }
            Ground::Remembered => "fleeting rows into a table: it remembers them",
            Ground::MeetsStored => {
                "a fleeting atom with a growing one: the message sees what has arrived so far"
            }
            Ground::MeetsMessage => "two independent fleeting atoms: they must land in one tick",
            Ground::TooEarly => {
                "a verdict over what still grows, where it can't be taken back: it may be made too early"
            }
            Ground::EarlySeal => {
                "a seal that nothing proves to come after all rows of its key: those that come later are refused"
            }
            Ground::Clash => {
                "rows of one tick beside rows that come and go: neither the history nor the end is the same"
            }
            Ground::Missing => "negation over fleeting: the tick decides what is absent",
            Ground::SharedTick => "an aggregate over fleeting: the tick decides what is aggregated together",
            Ground::MergedInTick => {
                "a lattice column of a fleeting atom, read so that it matters which rows merge: the tick decides"
            }
            Ground::Clock => "`now()`, `random()` or a timer's time: the clock decides",
            Ground::Choice => "`any` is arbitrary on purpose",
            Ground::Lost => {
                "rows of a lossy channel that are not sent again and again: some may never arrive"
            }
            Ground::Peers => "`floret::peer`: nodes go down and come up when a run will have it",
            Ground::Reported => "errors and conflicts are those of the tick in which rows happen to meet",
            Ground::HostDeletes => "the host deletes what rules put in, if it is there by then",
            Ground::Deleted => "`<-`: the row is gone only if it was there before",
            Ground::Replaced => "`<+-`: the last write wins",
            Ground::KeyConflict => {
                "two rows for one key are possible: which stays depends on which comes first"
            }
            Ground::Inherited => "it reads something order-dependent",
        }
    }
}

impl Outcome {
    /// With a class that promises more than the row does.
    pub fn weakened(self) -> Self {
        let class = match self.class {
            Class::Static | Class::Growing => Class::Static,
            Class::Fleeting | Class::Converging | Class::OrderDependent => Class::Growing,
        };
        Outcome { class, ..self }
    }

    /// A confluent outcome.
    pub fn confluent(class: Class, ground: Ground) -> Self {
        Outcome { class, ground, culprits: Vec::new() }
    }

    /// An order-dependent outcome.
    pub fn order_dependent(ground: Ground, culprits: Vec<RelationId>) -> Self {
        Outcome { class: Class::OrderDependent, ground, culprits }
    }
}
