//! The order in which a tick's `<=` rules are evaluated, and when rules fire.

use serde::{Deserialize, Serialize};

use crate::{IndexVec, Program, RelationId, RuleId};

/// A strongly connected component of the `<=` graph.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Component {
    /// Its relations.
    pub relations: Vec<RelationId>,
    /// The `<=` rules that fill them, in source order.
    pub rules: Vec<RuleId>,
    /// Whether some of its relations depend on themselves.
    pub recursive: bool,
}

/// Since when a collection's rows can be there (LANGUAGE section 4, "When a message is sent").
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Presence {
    /// Tables, and views over nothing but stored collections.
    Stored,
    /// Only rows that came in this tick, or that need one.
    Arriving,
    /// Anything else.
    Mixed,
}

/// When a rule's derivations count as new: for `<~` rules what is sent, for all rules which errors are reported.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Firing {
    /// The rule has a positive arriving atom: everything it derives in a tick is new in that tick.
    EachTick,
    /// Otherwise: what it derives now and did not derive in the tick before (before the first tick: nothing).
    OnChange,
}

/// How a program's ticks run.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Strata {
    /// All relations, each in one component, in an order in which every component comes after those it reads.
    pub components: Vec<Component>,
    /// Per relation.
    pub presence: IndexVec<RelationId, Presence>,
    /// Per rule.
    pub firing: IndexVec<RuleId, Firing>,
}

/// A checked program whose strata exist.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Stratified {
    /// The program.
    pub program: Program,
    /// Its strata.
    pub strata: Strata,
}
