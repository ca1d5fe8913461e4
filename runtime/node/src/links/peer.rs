//! Both directions to one peer, and whether the peer is there.
//!
//! What ticks may depend on changes only when a tick begins ([`Peer::apply`]), and is logged with it. What is seen in
//! between waits as news.

use std::collections::{BTreeMap, VecDeque};

use floret_ir::Address;

use super::incoming::{Acquaintance, Incoming};
use super::log::{PeerEvent, PeerState, Standing};
use super::outbox::Outbox;
use crate::wire::{Blocked, Encoded, Misfit, Session};

/// News of one peer that wait; more restarts than that are not told one by one.
const NEWS: usize = 8;
/// How many times longer a peer is waited for that has not been met, or that talks but takes no messages.
const LONGER: i64 = 12;
/// The part of the patience that is left for a peer whose messages fill the outbox.
const SHORTER: i64 = 5;

/// One peer.
#[derive(Debug)]
pub(super) struct Peer {
    /// Whether its role is durable: it comes back, so it is never given up.
    durable: bool,
    pub standing: Standing,
    pub outbox: Outbox,
    pub incoming: Incoming,
    news: VecDeque<PeerEvent>,
    /// The incarnation that was seen last.
    met: Option<u64>,
    /// Whether our connection to it is open.
    pub connected: bool,
    /// Whether there was ever something to send.
    pub wanted: bool,
    pub lossy: VecDeque<Encoded>,
    /// The outbox's session is new, and not yet in a committed tick.
    pub uncommitted: bool,
    /// Words of blocked nodes to pass on to it.
    pub blocked: BTreeMap<Address, Blocked>,
    /// When it gave the last sign of life, when it last acknowledged something new, since when something waits for it.
    heard: i64,
    progressed: i64,
    waiting: i64,
}

impl Peer {
    pub fn new(durable: bool, incarnation: u64) -> Self {
        Peer {
            durable,
            standing: Standing::Unknown,
            outbox: Outbox::new(incarnation),
            incoming: Incoming::default(),
            news: VecDeque::new(),
            met: None,
            connected: false,
            wanted: false,
            lossy: VecDeque::new(),
            uncommitted: false,
            blocked: BTreeMap::new(),
            heard: 0,
            progressed: 0,
            waiting: 0,
        }
    }

    /// As it was before the crash.
    pub fn restore(&mut self, state: PeerState) {
        let PeerState { node: _, standing, outbox, incoming } = state;
        (self.standing, self.outbox, self.incoming) = (standing, outbox, incoming);
    }
    /// The part that outlives a crash.
    pub fn state(&self, node: Address) -> PeerState {
        PeerState {
            node,
            standing: self.standing,
            outbox: self.outbox.clone(),
            incoming: self.incoming.lasting(),
        }
    }
    /// Life begins (again), at this time.
    pub fn start(&mut self, now: i64) {
        (self.heard, self.progressed, self.waiting) = (now, now, now);
        self.met = match self.standing {
            Standing::Up { incarnation } => Some(incarnation),
            Standing::Unknown | Standing::Down | Standing::GivenUp => None,
        };
        self.uncommitted = false;
        self.wanted |= !self.outbox.is_empty();
        self.news.clear();
    }

    /// A handshake with this incarnation of it, in either direction.
    pub fn greeted(&mut self, incarnation: u64, now: i64) {
        self.heard = now;
        let restarted = self.met.replace(incarnation).is_some_and(|last| last != incarnation);
        if restarted {
            self.went_and_came(incarnation);
        } else if !self.will_be_up() {
            self.news.push_back(PeerEvent::Up { incarnation });
        }
    }
    /// It connects to send.
    pub fn meet(&mut self, session: Session, first: u64, now: i64) -> Result<u64, Misfit> {
        let (next, acquaintance) = self.incoming.meet(session, first)?;
        match acquaintance {
            // It has given us up.
            Acquaintance::Another { last } if last.incarnation == session.incarnation => {
                self.went_and_came(session.incarnation);
            }
            Acquaintance::Same | Acquaintance::First | Acquaintance::Another { .. } => {}
        }
        self.greeted(session.incarnation, now);
        Ok(next)
    }
    fn went_and_came(&mut self, incarnation: u64) {
        if self.news.len() < NEWS {
            if self.will_be_up() {
                self.news.push_back(PeerEvent::Down { given_up: false });
            }
            self.news.push_back(PeerEvent::Up { incarnation });
        }
    }
    fn will_be_up(&self) -> bool {
        match (self.news.back(), self.standing) {
            (Some(PeerEvent::Up { .. }), _) | (None, Standing::Up { .. }) => true,
            (Some(PeerEvent::Down { .. }), _)
            | (None, Standing::Unknown | Standing::Down | Standing::GivenUp) => false,
        }
    }
    /// Whether it is to be given up when the next tick begins.
    pub fn is_to_be_given_up(&self) -> bool {
        self.news.contains(&PeerEvent::Down { given_up: true })
    }
    /// Whether something is known that no tick has heard.
    pub fn has_news(&self) -> bool {
        !self.news.is_empty()
    }
    /// The next thing that a tick is to hear.
    pub fn next_news(&mut self) -> Option<PeerEvent> {
        self.news.pop_front()
    }

    /// A tick hears of an event: whether the peer came or went by it, and how many messages are lost.
    pub fn apply(&mut self, event: PeerEvent) -> (Option<bool>, u64) {
        let was = self.standing;
        let (after, lost) = match event {
            PeerEvent::Up { incarnation } => (Standing::Up { incarnation }, 0),
            PeerEvent::Down { given_up: false } => (Standing::Down, 0),
            PeerEvent::Down { given_up: true } => {
                self.uncommitted = true;
                self.lossy.clear();
                (Standing::GivenUp, self.outbox.abandon())
            }
        };
        self.standing = after;
        let change = match (was, after) {
            (Standing::Unknown | Standing::Down | Standing::GivenUp, Standing::Up { .. }) => Some(true),
            (Standing::Unknown | Standing::Up { .. }, Standing::Down | Standing::GivenUp) => Some(false),
            (Standing::Up { .. }, Standing::Up { .. })
            | (Standing::Down | Standing::GivenUp, Standing::Down | Standing::GivenUp)
            | (_, Standing::Unknown) => None,
        };
        (change, lost)
    }

    /// Something is put into the outbox.
    pub fn adds(&mut self, now: i64) {
        self.wanted = true;
        if self.outbox.is_empty() {
            self.waiting = now;
        }
    }
    /// For so long it could not be heard.
    pub fn excuse(&mut self, nanoseconds: i64) {
        for since in [&mut self.heard, &mut self.progressed, &mut self.waiting] {
            *since = since.saturating_add(nanoseconds);
        }
    }
    /// It says that it would run ticks if others let it: it isn't stuck.
    pub fn hear_blocked(&mut self, now: i64) {
        (self.heard, self.progressed) = (now, now);
    }
    /// It has rows; whether that is news.
    pub fn acknowledged(&mut self, next: u64, now: i64) -> Result<bool, Misfit> {
        self.heard = now;
        let news = self.outbox.acknowledge(next)?;
        if news {
            self.progressed = now;
        }
        Ok(news)
    }

    /// Looks whether it has been silent for too long; whether that is news. `asked`: it is to give signs of life even if
    /// nothing waits.
    pub fn look(&mut self, now: i64, patience: i64, full: bool, asked: bool) -> bool {
        let waits = !self.outbox.is_empty();
        let since = if waits { self.heard.max(self.waiting) } else { self.heard };
        let silent = now.saturating_sub(since);
        let overdue = match self.standing {
            Standing::GivenUp => return false,
            Standing::Unknown if self.met.is_none() => {
                (waits || asked) && silent > patience.saturating_mul(LONGER)
            }
            // It may have been met and no tick has heard of it yet: perhaps because the peer takes nothing, and none may run.
            Standing::Unknown | Standing::Up { .. } | Standing::Down => {
                ((waits || asked) && silent > patience) || (full && silent > patience / SHORTER)
            }
        };
        let stands = now.saturating_sub(self.progressed.max(self.waiting));
        let stuck = waits && stands > patience.saturating_mul(LONGER);
        if !(overdue || stuck) || self.is_to_be_given_up() {
            return false;
        }
        if !self.durable {
            self.news.push_back(PeerEvent::Down { given_up: true });
            true
        } else if overdue
            && (self.will_be_up() || self.standing == Standing::Unknown)
            && self.news.len() < NEWS
        {
            self.news.push_back(PeerEvent::Down { given_up: false });
            true
        } else {
            false
        }
    }
}
