//! The placed plan of one role: a graph of operators over rows. Plans hold data only; closures appear at render.
//!
//! Times. The engine gives tick t the two timestamps 2t (with its arrivals) and 2t+1 (without them, tables as the tick
//! leaves them). "Content" of an operator is what its differences up to 2t add up to. Multiplicities: an operator
//! whose doc says *set* emits each row once; all others keep multiplicities (bags), which aggregates count.

use serde::{Deserialize, Serialize};

use crate::{
    AggregateKind, Column, Firing, IndexVec, Lattice, NodeId, Program, RelationId, RoleId, RuleId, Scalar,
    Type,
};

/// Can a collection lose rows in this run (not: over all runs)? Momentary rows are lost at the end of their tick.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum ChangeKind {
    /// It only gains rows.
    Insert,
    /// It may lose rows.
    Any,
}

/// What one node of a role runs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// The role.
    pub role: RoleId,
    /// The operators; ids are unique in the plan, inside loops too.
    pub nodes: IndexVec<NodeId, Node>,
    /// The order in which to render them: every operator after those it reads.
    pub steps: Vec<Step>,
    /// What leaves the dataflow.
    pub sinks: Vec<Sink>,
}

/// A step of rendering.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Step {
    /// One operator.
    Operator(NodeId),
    /// A recursive component.
    Loop(Loop),
}

/// A recursive component, spelled out: one loop, never nested. Its variables start empty at round 0 and take their
/// feedback's content one round later, until nothing changes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Loop {
    /// Operators outside that are read inside.
    pub imports: Vec<NodeId>,
    /// One per relation of the component.
    pub variables: Vec<LoopVariable>,
    /// The operators inside except the variables, in order.
    pub items: Vec<NodeId>,
    /// What is read outside. Each is a `Leave` operator that is not among `items`.
    pub exports: Vec<NodeId>,
}

/// A variable of a loop.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LoopVariable {
    /// The relation it stands for.
    pub relation: RelationId,
    /// The `Variable` operator.
    pub variable: NodeId,
    /// The operator (a set) whose content it takes one round later.
    pub feedback: NodeId,
}

/// An operator with what is known of its output.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Node {
    /// What it does.
    pub operator: Operator,
    /// The output's columns.
    pub columns: Vec<Type>,
    /// Can the output lose rows?
    pub changes: ChangeKind,
    /// The rule it came from, if one.
    pub rule: Option<RuleId>,
}

/// A row-wise computation. Its input's columns are numbered from 0, `lets[i]` is column `inputs + i` for what follows.
/// A row whose literals (`conditions`) that have a value all hold, and all of whose expressions have a value, becomes
/// the row of `columns`; every other row is dropped.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Mapping {
    /// Intermediate values.
    pub lets: Vec<Scalar>,
    /// Bools that must hold.
    pub conditions: Vec<Scalar>,
    /// The output.
    pub columns: Vec<Scalar>,
}

/// One aggregate of an `Aggregate` operator.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct AggregateColumn {
    /// Which.
    pub kind: AggregateKind,
    /// Over which input column; `None` only for `Count`.
    pub column: Option<Column>,
    /// Which column `ArgMin` and `ArgMax` compare; `None` for all others.
    pub by: Option<Column>,
}

/// An operator.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Operator {
    /// What the engine puts into a relation (a set): a table's stored rows with the tick's input rows and facts; an
    /// event's or channel's rows of this tick (arrivals, facts, and what `<+` put there).
    Source {
        /// The relation.
        relation: RelationId,
    },
    /// The addresses of a role's members (a set, one column).
    Members {
        /// The role.
        role: RoleId,
    },
    /// The tick's time and seed: one row (time, int), another in every tick.
    Clock,
    /// One row without columns.
    Unit,
    /// Per input row and distinct element of `value` the row with the element as one more column. Rows for which `value`
    /// has none are dropped.
    Unnest {
        /// Its input.
        input: NodeId,
        /// A list, set, option or map over the input's columns.
        value: Scalar,
    },
    /// A row-wise computation.
    Map {
        /// Its input.
        input: NodeId,
        /// What it computes.
        mapping: Mapping,
    },
    /// The input rows that `mapping` finds in error: no condition is false, and some expression has no value.
    /// The output's columns are the input's.
    Errors {
        /// Its input.
        input: NodeId,
        /// What it computes.
        mapping: Mapping,
    },
    /// Pairs of rows equal on `on` (none: all pairs); `mapping` runs over the left columns followed by the right ones.
    Join {
        /// Left input.
        left: NodeId,
        /// Right input.
        right: NodeId,
        /// Left column equals right column.
        on: Vec<(Column, Column)>,
        /// What becomes of a pair.
        mapping: Mapping,
    },
    /// The left rows (with their multiplicities) to which no right row is equal on `on` (none: all left rows if the
    /// right is empty).
    Antijoin {
        /// Left input.
        left: NodeId,
        /// Right input; its multiplicities don't matter.
        right: NodeId,
        /// Left column equals right column.
        on: Vec<(Column, Column)>,
    },
    /// Per distinct first `group` columns: those columns, then one column per aggregate (a set). Multiplicities of the
    /// input count. Groups with a sum that doesn't fit are left out.
    Aggregate {
        /// Its input.
        input: NodeId,
        /// How many leading columns make the group.
        group: usize,
        /// What is computed.
        aggregates: Vec<AggregateColumn>,
    },
    /// The groups that an `Aggregate` leaves out (a set).
    Overflow {
        /// An `Aggregate` operator.
        aggregate: NodeId,
    },
    /// All rows of all inputs (of equal columns), multiplicities added.
    Union {
        /// Its inputs.
        inputs: Vec<NodeId>,
    },
    /// Each row once (a set).
    Distinct {
        /// Its input.
        input: NodeId,
    },
    /// Per distinct first `key` columns one row (a set): that of `base` if it has one (a set with at most one row per
    /// key; for channels and events there is no base), else the least of `derived`, by the order of values. Value columns
    /// with a merge take no part in that: they are merged over all rows whose other columns are the chosen ones.
    Resolve {
        /// Stored rows.
        base: Option<NodeId>,
        /// Derived or arrived rows.
        derived: NodeId,
        /// How many leading columns are the key.
        key: usize,
        /// How each value column merges (`None`: it doesn't), in order.
        merges: Vec<Option<Lattice>>,
    },
    /// The rows of `derived` that a `Resolve` leaves out although they differ from what it chose in a column without a
    /// merge (a set).
    Losers {
        /// A `Resolve` operator.
        resolve: NodeId,
    },
    /// A variable of a loop.
    Variable {
        /// The relation it stands for.
        relation: RelationId,
    },
    /// What a loop's operator holds when the loop has come to rest, outside the loop.
    Leave {
        /// An operator inside.
        inner: NodeId,
    },
}

/// What leaves the dataflow, to be acted upon by the engine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Sink {
    /// The content of a relation at this role, for observers (outputs; with `Observe::Everything` all) and counters.
    /// For tables it is also what the next tick stores. There is one for every relation of the role.
    Content {
        /// The relation.
        relation: RelationId,
        /// A set.
        node: NodeId,
    },
    /// `<~`: rows of address, then the channel's columns.
    Send {
        /// The rule.
        rule: RuleId,
        /// The channel.
        relation: RelationId,
        /// What to send.
        node: NodeId,
        /// All of 2t, or the difference to the tick before.
        firing: Firing,
    },
    /// `<+`: rows for the next tick.
    Insert {
        /// A table or event.
        relation: RelationId,
        /// The rows.
        node: NodeId,
    },
    /// `<-`: rows to delete, all columns but those named in `any` (whose value here is meaningless).
    Delete {
        /// A table.
        relation: RelationId,
        /// The rows.
        node: NodeId,
        /// Value columns that match anything.
        any: Vec<Column>,
    },
    /// `<+-`: rows that replace their key's row.
    Replace {
        /// A keyed table.
        relation: RelationId,
        /// The rows.
        node: NodeId,
    },
    /// Assignments in error: the values of `Rule::atom_variables`.
    Errors {
        /// The rule.
        rule: RuleId,
        /// The rows.
        node: NodeId,
        /// All of 2t, or the difference to the tick before.
        firing: Firing,
    },
    /// Groups whose sum doesn't fit.
    Overflow {
        /// The rule.
        rule: RuleId,
        /// The rows.
        node: NodeId,
        /// All of 2t, or the difference to the tick before.
        firing: Firing,
    },
    /// Rows that lost against another of their key.
    Conflicts {
        /// The relation.
        relation: RelationId,
        /// The rows.
        node: NodeId,
        /// `EachTick` for arriving relations.
        firing: Firing,
    },
}

impl Sink {
    /// The operator it reads.
    pub fn node(&self) -> NodeId {
        match self {
            Sink::Content { node, .. }
            | Sink::Send { node, .. }
            | Sink::Insert { node, .. }
            | Sink::Delete { node, .. }
            | Sink::Replace { node, .. }
            | Sink::Errors { node, .. }
            | Sink::Overflow { node, .. }
            | Sink::Conflicts { node, .. } => *node,
        }
    }

    /// The operator it reads, to change.
    pub fn node_mut(&mut self) -> &mut NodeId {
        match self {
            Sink::Content { node, .. }
            | Sink::Send { node, .. }
            | Sink::Insert { node, .. }
            | Sink::Delete { node, .. }
            | Sink::Replace { node, .. }
            | Sink::Errors { node, .. }
            | Sink::Overflow { node, .. }
            | Sink::Conflicts { node, .. } => node,
        }
    }
}

impl Operator {
    /// The operators it reads.
    pub fn inputs(&self) -> Vec<NodeId> {
        match self {
            Operator::Source { .. }
            | Operator::Members { .. }
            | Operator::Clock
            | Operator::Unit
            | Operator::Variable { .. } => Vec::new(),
            Operator::Map { input, .. }
            | Operator::Unnest { input, .. }
            | Operator::Errors { input, .. }
            | Operator::Aggregate { input, .. }
            | Operator::Distinct { input }
            | Operator::Overflow { aggregate: input }
            | Operator::Losers { resolve: input }
            | Operator::Leave { inner: input } => vec![*input],
            Operator::Join { left, right, .. } | Operator::Antijoin { left, right, .. } => {
                vec![*left, *right]
            }
            Operator::Union { inputs } => inputs.clone(),
            Operator::Resolve { base, derived, .. } => base.iter().copied().chain([*derived]).collect(),
        }
    }

    /// The same operator reading others.
    pub fn inputs_mut(&mut self) -> Vec<&mut NodeId> {
        match self {
            Operator::Source { .. }
            | Operator::Members { .. }
            | Operator::Clock
            | Operator::Unit
            | Operator::Variable { .. } => Vec::new(),
            Operator::Map { input, .. }
            | Operator::Unnest { input, .. }
            | Operator::Errors { input, .. }
            | Operator::Aggregate { input, .. }
            | Operator::Distinct { input }
            | Operator::Overflow { aggregate: input }
            | Operator::Losers { resolve: input }
            | Operator::Leave { inner: input } => vec![input],
            Operator::Join { left, right, .. } | Operator::Antijoin { left, right, .. } => vec![left, right],
            Operator::Union { inputs } => inputs.iter_mut().collect(),
            Operator::Resolve { base, derived, .. } => base.iter_mut().chain([derived]).collect(),
        }
    }
}

/// A plan together with the program it was made from; what an engine is built from.
#[derive(Clone, Copy, Debug)]
pub struct Placed<'a> {
    /// The program (facts, relations, names).
    pub program: &'a Program,
    /// One role's plan.
    pub plan: &'a Plan,
}
