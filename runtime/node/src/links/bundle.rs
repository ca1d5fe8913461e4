//! What a tick sent, packed for the wire before it is known whether the tick is kept.

use std::collections::BTreeSet;

use floret_ir::{Address, Program, Promise, RelationId, RelationKind, Row, Send, print};

use super::outbox::Piece;
use crate::wire::{Body, Encoded, Lossy, Schema, TooLarge, pack};

/// A tick's messages to one node on one channel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Bundle {
    /// To the node itself, on a channel that promises to deliver.
    Own { relation: RelationId, ordered: bool, rows: Vec<Row> },
    /// To the node itself, on a lossy one.
    OwnLossy { relation: RelationId, rows: Vec<Row> },
    /// To another, on a channel that promises to deliver.
    Kept { to: Address, pieces: Vec<Piece> },
    /// To another, on a lossy one.
    Lossy { to: Address, frames: Vec<Encoded> },
}

/// Why messages can't be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SendError {
    /// There is no such node.
    NoSuchNode(Address),
    /// A row is too large for a frame.
    TooLarge {
        /// Its channel.
        relation: RelationId,
        /// Its size in bytes.
        size: usize,
    },
}

impl SendError {
    /// In words.
    pub fn describe(&self, program: &Program) -> String {
        match self {
            SendError::NoSuchNode(to) => {
                format!("a message to {}, which is no node of this cluster", print::address(*to, program))
            }
            SendError::TooLarge { relation, size } => {
                let name = program.relations.get(*relation).map_or("?", |relation| relation.name.as_str());
                format!("a row of `{name}` of {size} bytes is too large for a message")
            }
        }
    }
}

/// Packs what `me` sends.
pub(crate) fn bundle(me: Address, schema: &Schema, sends: &BTreeSet<Send>) -> Result<Vec<Bundle>, SendError> {
    let mut bundles = Vec::new();
    // Ordered by receiver and channel, so equal ones are neighbours.
    let sends: Vec<&Send> = sends.iter().collect();
    for group in sends.chunk_by(|a, b| a.to == b.to && a.relation == b.relation) {
        let Some(Send { to, relation, .. }) = group.first() else { continue };
        let (to, relation) = (*to, *relation);
        if !schema.has_node(to) {
            return Err(SendError::NoSuchNode(to));
        }
        let promise = promise(&schema.program, relation);
        if to == me {
            let rows = group.iter().map(|send| send.row.clone()).collect();
            bundles.push(match promise {
                Promise::Reliable => Bundle::Own { relation, ordered: false, rows },
                Promise::Ordered => Bundle::Own { relation, ordered: true, rows },
                Promise::Lossy => Bundle::OwnLossy { relation, rows },
            });
            continue;
        }
        let channel = schema.channel(relation);
        let packed = pack(group.iter().map(|send| &send.row))
            .map_err(|TooLarge { size }| SendError::TooLarge { relation, size })?;
        bundles.push(match promise {
            Promise::Reliable | Promise::Ordered => {
                let count = packed.len();
                let piece = |(nth, rows)| Piece { relation, channel, last: nth + 1 == count, rows };
                Bundle::Kept { to, pieces: packed.into_iter().enumerate().map(piece).collect() }
            }
            Promise::Lossy => {
                let frame = |rows| Encoded::new(&Body::Lossy(Lossy { channel, relation, rows }));
                Bundle::Lossy { to, frames: packed.into_iter().map(frame).collect() }
            }
        });
    }
    Ok(bundles)
}

/// What the channel promises (nothing else is sent on).
pub(crate) fn promise(program: &Program, relation: RelationId) -> Promise {
    match program.relations.get(relation).map(|relation| relation.kind) {
        Some(RelationKind::Channel { promise, .. }) => promise,
        Some(RelationKind::Table | RelationKind::View | RelationKind::Event | RelationKind::Timer { .. })
        | None => Promise::Reliable,
    }
}
