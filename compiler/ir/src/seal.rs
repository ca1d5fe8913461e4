//! Sealed channels: which collections were written out for each.

use serde::{Deserialize, Serialize};

use crate::{Program, RelationId};

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
