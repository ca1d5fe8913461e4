//! Sealed channels and inputs: which collections were written out for each.

use serde::{Deserialize, Serialize};

use crate::{InputMode, InputRow, Program, RelationId, RelationKind, RoleId, Row};

/// A sealed channel and what the compiler wrote out for it (docs/decisions/010-seals.md).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Seal {
    /// The channel.
    pub channel: RelationId,
    /// Its columns that a seal names, in its order.
    pub key: Vec<usize>,
    /// At a producer: of each rule that sends, the receivers and rows it derives.
    pub rows: Vec<RelationId>,
    /// At a producer: the receivers and rows that were not refused.
    pub sent: RelationId,
    /// At a producer: the receivers and keys that are closed.
    pub closed: RelationId,
    /// At a producer: never holds a row; its rules report those that are refused.
    pub refused: RelationId,
    /// The channel of the seals: key, count, digest.
    pub message: RelationId,
    /// At a receiver: producers and rows that came.
    pub got: RelationId,
    /// At a receiver: the seals that came.
    pub told: RelationId,
    /// At a receiver: producers and keys of which all came.
    pub done: RelationId,
    /// At a receiver: the rows that came.
    pub kept: RelationId,
    /// At a receiver: the keys of which all came.
    pub sealed: RelationId,
}

impl Seal {
    /// All collections of it, the channel first.
    pub fn relations(&self) -> impl Iterator<Item = RelationId> + '_ {
        let own = [
            self.channel,
            self.sent,
            self.closed,
            self.refused,
            self.message,
            self.got,
            self.told,
            self.done,
            self.kept,
            self.sealed,
        ];
        own.into_iter().chain(self.rows.iter().copied())
    }
    /// Whether all that it names is in the program and as wide as it must be.
    pub fn is_of(&self, program: &Program) -> bool {
        let arity = |relation: RelationId| program.relations.get(relation).map(crate::Relation::arity);
        let Some(channel) = program.relations.get(self.channel) else { return false };
        let (columns, key) = (channel.sent_arity(), self.key.len());
        self.relations().all(|relation| program.relations.get(relation).is_some())
            && self.key.iter().all(|&column| column < columns)
            && self.rows.iter().chain([&self.sent]).all(|&rows| arity(rows) == Some(columns + 1))
            && arity(self.closed) == Some(key + 1)
            && arity(self.kept) == Some(columns)
            && arity(self.sealed) == Some(key)
    }
}

/// A sealed input and what the compiler wrote out for it (docs/decisions/013-ends-of-inputs.md).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SealedInput {
    /// The input.
    pub input: RelationId,
    /// The event without columns that the host gives to each node after all rows of its inputs.
    pub end: RelationId,
    /// Holds from the tick after the end on.
    pub closed: RelationId,
    /// Never holds a row; its rule reports those that come after the end.
    pub refused: RelationId,
    /// The rows that came up to the end.
    pub kept: RelationId,
    /// Holds from the end on.
    pub sealed: RelationId,
}

impl SealedInput {
    /// All collections of it, the input first.
    pub fn relations(&self) -> impl Iterator<Item = RelationId> + '_ {
        [self.input, self.end, self.closed, self.refused, self.kept, self.sealed].into_iter()
    }
    /// Whether all that it names is in the program and as wide as it must be.
    pub fn is_of(&self, program: &Program) -> bool {
        let get = |relation: RelationId| program.relations.get(relation);
        let arity = |relation: RelationId| get(relation).map(crate::Relation::arity);
        let Some(end) = get(self.end) else { return false };
        let flags = [self.end, self.closed, self.sealed];
        let at_end = (end.kind, end.input) == (RelationKind::Event, Some(InputMode::Add));
        let Some(columns) = arity(self.input) else { return false };
        at_end
            && self.relations().all(|relation| get(relation).is_some_and(|of| of.role == end.role))
            && flags.into_iter().all(|flag| arity(flag) == Some(0))
            && [self.kept, self.refused].into_iter().all(|rows| arity(rows) == Some(columns))
    }
}

impl Program {
    /// What the host gives to a node of the role when it is at the end of its inputs: after all rows for that node.
    pub fn ends_of_inputs(&self, role: RoleId) -> impl Iterator<Item = InputRow> + '_ {
        let here = move |of: &&SealedInput| self.relations.get(of.end).is_some_and(|end| end.role == role);
        self.sealed_inputs.iter().filter(here).map(|of| InputRow { relation: of.end, row: Row::new() })
    }
    /// The input that is at its end when the host gives a row of this event, if it is such an event.
    pub fn ended_input(&self, end: RelationId) -> Option<RelationId> {
        self.sealed_inputs.iter().find(|of| of.end == end).map(|of| of.input)
    }
}
