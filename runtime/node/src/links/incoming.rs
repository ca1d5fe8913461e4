//! Messages from one sender: repeats are dropped, and what is new waits for a tick. A tick takes a prefix of it, so one
//! number says what was taken; the number is acknowledged when the tick is over for good.

use std::collections::{BTreeSet, VecDeque};

use floret_ir::{Address, Message, RelationId, Row};
use serde::{Deserialize, Serialize};

use super::Receipt;
use crate::planted::Plant;
use crate::wire::{Misfit, Session};

/// Sessions of earlier incarnations that are remembered as over.
const RETIRED: usize = 16;

/// What has arrived from one sender.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Incoming {
    session: Option<Session>,
    /// Incarnations before the session's: what still comes of them is refused.
    retired: VecDeque<u64>,
    /// Rows of the session below this number were taken by committed ticks.
    committed: u64,
    /// Rows of the session below this number have arrived.
    received: u64,
    waiting: VecDeque<Batch>,
    /// Of an ordered channel, and not all of it has arrived.
    open: Option<Batch>,
    weight: usize,
}

/// Rows that are taken together.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Batch {
    pub relation: RelationId,
    /// Of an ordered channel: the sender's tick. No two of one channel share a tick of the receiver.
    pub ordered: Option<u64>,
    /// The session and the number after the last row; `None` for lossy rows.
    pub after: Option<(Session, u64)>,
    pub rows: Vec<Row>,
    pub weight: usize,
}

/// Rows of a [`crate::wire::Data`] frame, unpacked and checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Arrived {
    /// The channel.
    pub relation: RelationId,
    /// For an ordered channel: the sender's tick, and whether this is the last of it.
    pub ordered: Option<(u64, bool)>,
    /// The first row's number.
    pub first: u64,
    /// The rows.
    pub rows: Vec<Row>,
    /// What they count in the inbox.
    pub weight: usize,
}

/// What is known of a sender's session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Acquaintance {
    /// It goes on.
    Same,
    /// The sender's first.
    First,
    /// Another one than the sender's last.
    Another { last: Session },
}

impl Incoming {
    /// A sender that keeps all its rows of a session from number `first` connects: the number it should start with.
    pub(crate) fn meet(&mut self, session: Session, first: u64) -> Result<(u64, Acquaintance), Misfit> {
        let acquaintance = match self.session {
            Some(last) if last == session => {
                // What is kept begins above what was committed only if one of the two has forgotten something.
                return if first > self.committed {
                    Err(Misfit::Gap)
                } else {
                    Ok((self.committed, Acquaintance::Same))
                };
            }
            _ if self.is_over(session) => return Err(Misfit::OldSession),
            Some(last) => Acquaintance::Another { last },
            None => Acquaintance::First,
        };
        self.begin(session, first);
        Ok((first, acquaintance))
    }

    /// Whether a later one is known.
    fn is_over(&self, session: Session) -> bool {
        self.session.is_some_and(|last| {
            last.incarnation == session.incarnation && last.generation > session.generation
        }) || self.retired.contains(&session.incarnation)
    }

    /// From now on rows come in this session.
    pub(super) fn begin(&mut self, session: Session, next: u64) {
        let last = self.session.replace(session);
        if let Some(last) = last.filter(|last| last.incarnation != session.incarnation) {
            self.retired.push_back(last.incarnation);
            if self.retired.len() > RETIRED {
                self.retired.pop_front();
            }
        }
        if let Some(open) = self.open.take() {
            self.weight = self.weight.saturating_sub(open.weight);
        }
        (self.committed, self.received) = (next, next);
    }

    /// Rows arrive; says how many of them had arrived before.
    pub(crate) fn receive(
        &mut self,
        session: Session,
        arrived: Arrived,
        batch_limit: usize,
    ) -> Result<u64, Misfit> {
        let Arrived { relation, ordered, first, mut rows, weight } = arrived;
        if self.session != Some(session) {
            return Err(Misfit::OldSession);
        }
        if rows.is_empty() {
            return Err(Misfit::NoRows);
        }
        let seen = self.received.checked_sub(first).ok_or(Misfit::Gap)?;
        let seen = if Plant::KeepRepeats.is_made() { 0 } else { seen };
        let after = first.checked_add(rows.len() as u64).ok_or(Misfit::Gap)?;
        if after <= self.received && !Plant::KeepRepeats.is_made() {
            return Ok(rows.len() as u64);
        }
        // Below the number of rows, as `after` is above `received`.
        rows.drain(..(seen as usize).min(rows.len()));
        let continues = match (&self.open, ordered) {
            (None, _) => false,
            (Some(open), Some((tick, _))) if open.relation == relation && open.ordered == Some(tick) => true,
            (Some(_), Some(_) | None) => return Err(Misfit::WrongMessage),
        };
        let before = self.open.as_ref().map_or(0, |open| open.rows.len());
        if ordered.is_some() && before + rows.len() > batch_limit {
            return Err(Misfit::LongBatch);
        }
        let open = self.open.take().filter(|_| continues);
        let mut batch = open.unwrap_or_else(|| {
            let ordered = ordered.map(|(tick, _)| tick);
            Batch { relation, ordered, after: None, rows: Vec::new(), weight: 0 }
        });
        batch.rows.append(&mut rows);
        batch.after = Some((session, after));
        batch.weight += weight;
        self.weight += weight;
        self.received = self.received.max(after);
        match ordered {
            Some((_, false)) => self.open = Some(batch),
            Some((_, true)) | None => self.waiting.push_back(batch),
        }
        Ok(seen)
    }

    /// A tick's messages of the node to itself: they have arrived when they are sent.
    pub(super) fn keep_own(
        &mut self,
        relation: RelationId,
        ordered: Option<u64>,
        after: u64,
        rows: Vec<Row>,
    ) {
        self.received = after;
        let after = self.session.map(|session| (session, after));
        self.waiting.push_back(Batch { relation, ordered, after, rows, weight: 0 });
    }

    /// Rows without a number arrive.
    pub(crate) fn receive_lossy(&mut self, relation: RelationId, rows: Vec<Row>, weight: usize) {
        self.weight += weight;
        self.waiting.push_back(Batch { relation, ordered: None, after: None, rows, weight });
    }

    /// Whether something could be taken.
    pub fn is_ready(&self) -> bool {
        !self.waiting.is_empty()
    }
    /// How many rows with a number wait.
    pub(crate) fn rows_waiting(&self) -> u64 {
        self.waiting.iter().filter(|batch| batch.after.is_some()).map(|batch| batch.rows.len() as u64).sum()
    }
    /// What waits counts so much. A batch that has begun must be let in to its end.
    pub(crate) fn has_room(&self, limit: usize) -> bool {
        self.weight < limit || self.open.is_some()
    }
    /// The session and the number to acknowledge in it.
    pub(crate) fn acknowledgement(&self) -> Option<(Session, u64)> {
        self.session.map(|session| (session, self.committed))
    }

    /// Takes what one tick may have together, until `messages` holds `room` of them. Gives what was taken of numbered rows:
    /// their count and up to where.
    pub(crate) fn take(
        &mut self,
        sender: Address,
        room: usize,
        messages: &mut Vec<Message>,
    ) -> (u64, Option<Receipt>) {
        let (mut ordered, mut counted, mut receipt) = (BTreeSet::new(), 0, None);
        while messages.len() < room
            && let Some(batch) = self
                .waiting
                .pop_front_if(|batch| batch.ordered.is_none() || !ordered.contains(&batch.relation))
        {
            let Batch { relation, after, rows, .. } = batch;
            if batch.ordered.is_some() {
                ordered.insert(relation);
            }
            if let Some((session, next)) = after {
                counted += rows.len() as u64;
                receipt = Some(Receipt { sender, session, next });
            }
            self.weight = self.weight.saturating_sub(batch.weight);
            messages.extend(rows.into_iter().map(|row| Message { relation, row, sender }));
        }
        (counted, receipt)
    }

    /// What a tick took is over for good; says whether that is to be acknowledged.
    pub(crate) fn commit(&mut self, receipt: &Receipt) -> bool {
        let news = self.session == Some(receipt.session) && receipt.next > self.committed;
        if news {
            self.committed = receipt.next;
        }
        news
    }

    /// What a tick before the crash had taken: it doesn't come again.
    pub(crate) fn recall(&mut self, receipt: &Receipt) {
        let next = receipt.next - u64::from(Plant::ForgetNumber.is_made());
        if Plant::ReplayWithoutDedup.is_made() {
            // As if it had never taken any.
        } else if self.session == Some(receipt.session) {
            self.committed = self.committed.max(next);
            self.received = self.received.max(next);
        } else if !self.is_over(receipt.session) {
            // (It is, if another had begun when the tick took rows of this one.)
            self.begin(receipt.session, next);
        }
        // Only messages of the node to itself wait here: no others outlive a crash.
        while let Some(batch) = self.waiting.pop_front_if(|batch| {
            batch.after.is_some_and(|(session, after)| session == receipt.session && after <= receipt.next)
        }) {
            self.weight = self.weight.saturating_sub(batch.weight);
        }
    }

    /// The part that outlives a crash: what is committed.
    pub(crate) fn lasting(&self) -> Incoming {
        Incoming {
            session: self.session,
            retired: self.retired.clone(),
            committed: self.committed,
            received: self.committed,
            ..Incoming::default()
        }
    }
}
