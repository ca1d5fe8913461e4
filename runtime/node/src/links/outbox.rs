//! Messages of reliable and ordered channels on their way to one peer: numbered one by one, and kept until the peer
//! has acknowledged them.

use std::collections::VecDeque;

use floret_ir::RelationId;
use serde::{Deserialize, Serialize};

use super::limits::weight;
use crate::wire::{Body, Data, Encoded, Misfit, Packed, Session};

/// The rows that one peer has not acknowledged.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Outbox {
    session: Session,
    frames: VecDeque<Kept>,
    /// The number of the next row.
    next: u64,
    weight: usize,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Kept {
    first: u64,
    rows: u32,
    body: Encoded,
}

impl Kept {
    fn after(&self) -> u64 {
        self.first + u64::from(self.rows)
    }
    fn weight(&self) -> usize {
        weight(self.rows as usize, self.body.bytes().len())
    }
}

/// Rows of a channel, before they have numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Piece {
    pub relation: RelationId,
    /// The hash of the channel's declaration.
    pub channel: u64,
    pub last: bool,
    pub rows: Packed,
}

impl Outbox {
    /// An empty one, for the first session of an incarnation.
    pub fn new(incarnation: u64) -> Self {
        let session = Session { incarnation, generation: 0 };
        Outbox { session, frames: VecDeque::new(), next: 0, weight: 0 }
    }
    /// What the numbers count in.
    pub fn session(&self) -> Session {
        self.session
    }
    /// The number of the oldest row that is kept, or of the next if none is.
    pub fn first(&self) -> u64 {
        self.frames.front().map_or(self.next, |frame| frame.first)
    }
    /// The number of the next row.
    pub fn next(&self) -> u64 {
        self.next
    }
    /// Whether everything was acknowledged.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }
    /// How many rows are kept.
    pub fn rows(&self) -> u64 {
        self.next - self.first()
    }
    /// What is kept counts so much.
    pub fn weight(&self) -> usize {
        self.weight
    }

    /// Numbers rows that `tick` sent, and keeps them.
    pub(crate) fn push(&mut self, tick: u64, piece: Piece) {
        let Piece { relation, channel, last, rows } = piece;
        let (first, count) = (self.next, rows.count());
        let body = Encoded::new(&Body::Data(Data { channel, relation, first, tick, last, rows }));
        let kept = Kept { first, rows: count, body };
        self.next = kept.after();
        self.weight += kept.weight();
        self.frames.push_back(kept);
    }

    /// The peer has all rows below `next`; says whether that is news.
    ///
    /// # Errors
    /// There are no such rows.
    pub fn acknowledge(&mut self, next: u64) -> Result<bool, Misfit> {
        if next > self.next {
            return Err(Misfit::Gap);
        }
        let before = self.frames.len();
        while let Some(frame) = self.frames.pop_front_if(|frame| frame.after() <= next) {
            self.weight = self.weight.saturating_sub(frame.weight());
        }
        Ok(self.frames.len() < before)
    }

    /// The frame that holds row `position`, if there is one, and the number after its last row.
    pub fn frame_at(&self, position: u64) -> Option<(Encoded, u64)> {
        let index = self.frames.partition_point(|frame| frame.after() <= position);
        self.frames.get(index).map(|frame| (frame.body.clone(), frame.after()))
    }

    /// Drops everything and begins another session; gives the number of rows that were dropped.
    pub(crate) fn abandon(&mut self) -> u64 {
        let lost = self.rows();
        let Session { incarnation, generation } = self.session;
        self.session = Session { incarnation, generation: generation + 1 };
        self.frames.clear();
        (self.next, self.weight) = (0, 0);
        lost
    }
}
