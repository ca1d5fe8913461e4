//! A node's links to its peers: the promises of channels, kept by plain data. No clock, socket or disk.
//!
//! Each direction between two nodes numbers its rows one by one in a [`Session`](crate::wire::Session). The sender keeps them in an
//! [`Outbox`] until the receiver has acknowledged them; the receiver drops repeats by their numbers ([`Incoming`]) and
//! acknowledges what its ticks took, when these are over for good. So every row is taken once, however often
//! connections break.
//!
//! Whoever carries frames (sockets, a simulated network) asks [`Links`] what to send and tells it what came. Ticks
//! begin by taking from it and end by [`Links::commit`].

mod arrive;
mod bundle;
mod circle;
mod incoming;
mod limits;
mod log;
mod outbox;
mod peer;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use floret_ir::{Address, Message, PeerChange, Program};

pub use arrive::{arrived, arrived_lossy};
pub use bundle::SendError;
pub(crate) use bundle::{Bundle, bundle};
use circle::Circle;
pub use incoming::{Arrived, Incoming};
pub use limits::Limits;
pub use log::{LinkLog, LinksState, PeerEvent, Receipt, Standing, Traffic};
pub use outbox::Outbox;
use peer::Peer;

use crate::planted::Plant;
use crate::wire::{Encoded, Misfit, Session, Welcome};

/// All links of a node.
#[derive(Debug)]
pub struct Links {
    me: Address,
    incarnation: u64,
    limits: Limits,
    peers: BTreeMap<Address, Peer>,
    /// Whether the program asks which peers are there.
    watches: bool,
    /// The node's messages to itself, and the number of the next.
    own: Incoming,
    own_next: u64,
    traffic: Traffic,
    /// Nanoseconds of a clock that never jumps.
    now: i64,
    /// The sender that the next tick begins with.
    turn: usize,
    circle: Circle,
}

/// What a tick takes of the links.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(crate) struct Taken {
    pub messages: Vec<Message>,
    pub peers: Vec<PeerChange>,
    pub log: LinkLog,
}

/// What a connection to a peer carries next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Next {
    /// This frame. The position after it.
    Frame(Encoded, u64),
    /// Nothing yet.
    Nothing,
    /// The session is over: the connection is to be closed.
    Over,
}

/// Whom a committed tick gives something to do.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Committed {
    /// There are frames for these.
    pub sent: Vec<Address>,
    /// There is something to acknowledge to these.
    pub acknowledged: Vec<Address>,
    /// These peers were given up, and their messages are lost.
    pub given_up: Vec<Address>,
}

impl Links {
    /// The links of a node that begins. `peers`: the other nodes, and whether they are durable. A volatile node draws its
    /// incarnation by lot, a durable one keeps it.
    pub fn new(
        me: Address,
        program: &Program,
        peers: impl IntoIterator<Item = Address>,
        incarnation: u64,
        limits: Limits,
    ) -> Self {
        let durable = |node: Address| program.roles.get(node.role).is_some_and(|role| role.durable);
        let peers = peers.into_iter().filter(|node| *node != me);
        let peers = peers.map(|node| (node, Peer::new(durable(node), incarnation))).collect();
        let mut own = Incoming::default();
        own.begin(Session { incarnation, generation: 0 }, 0);
        let watches = floret_ir::peer_rows(program, me.role, &[]).next().is_some();
        Links {
            me,
            incarnation,
            limits,
            peers,
            watches,
            own,
            own_next: 0,
            traffic: Traffic::default(),
            now: 0,
            turn: 0,
            circle: Circle::default(),
        }
    }

    /// The part of the state that outlives a crash. Only between ticks.
    pub fn state(&self) -> LinksState {
        LinksState {
            peers: self.peers.iter().map(|(node, peer)| peer.state(*node)).collect(),
            own: self.own.clone(),
            own_next: self.own_next,
        }
    }
    /// Goes on from a state; afterwards the ticks since then are to be [recalled](Links::recall).
    pub fn restore(&mut self, state: LinksState) {
        for peer in state.peers {
            if let Some(to) = self.peers.get_mut(&peer.node) {
                to.restore(peer);
            }
        }
        (self.own, self.own_next) = (state.own, state.own_next);
    }
    /// Life begins, at this time of a clock that never jumps (nanoseconds).
    pub fn start(&mut self, now: i64) {
        self.now = now;
        self.traffic = Traffic { sent: self.own.rows_waiting(), ..Traffic::default() };
        for peer in self.peers.values_mut() {
            peer.start(now);
            self.traffic.sent += peer.outbox.rows();
        }
    }

    /// The number by which peers know this life of the node.
    pub fn incarnation(&self) -> u64 {
        self.incarnation
    }
    /// Messages so far.
    pub fn traffic(&self) -> Traffic {
        self.traffic
    }
    /// The other nodes.
    pub fn peers(&self) -> impl Iterator<Item = Address> {
        self.peers.keys().copied()
    }
    /// Whether a peer is there, as far as ticks know.
    pub fn standing(&self, peer: Address) -> Standing {
        self.peers.get(&peer).map_or(Standing::Unknown, |peer| peer.standing)
    }
    /// Whether everything was acknowledged.
    pub fn is_flushed(&self) -> bool {
        self.peers.values().all(|peer| peer.outbox.is_empty())
    }
    /// What waits for a peer's acknowledgement.
    pub fn outbox(&self, peer: Address) -> Option<&Outbox> {
        self.peers.get(&peer).map(|peer| &peer.outbox)
    }

    // ---- Ticks.

    /// It is `now` (of the same clock as in [`Links::start`]).
    pub fn at(&mut self, now: i64) {
        self.now = self.now.max(now);
    }
    /// This node did not run for so long (it was stopped, or its host was busy): nobody is blamed for having been silent then.
    pub fn excuse(&mut self, nanoseconds: i64) {
        for peer in self.peers.values_mut() {
            peer.excuse(nanoseconds);
        }
    }
    /// It is `now`: who has been silent for too long? Whether a tick is due for it.
    pub fn pass(&mut self, now: i64) -> bool {
        self.at(now);
        let Some(patience) = self.limits.peer_patience else { return false };
        let patience = i64::try_from(patience.as_nanos()).unwrap_or(i64::MAX);
        let mut news = false;
        for peer in self.peers.values_mut() {
            let full = peer.outbox.weight() >= self.limits.outgoing_rows;
            news |= peer.look(self.now, patience, full, self.watches);
        }
        news
    }
    /// Whether a tick would have something to take.
    pub fn is_ready(&self) -> bool {
        self.own.is_ready()
            || self.peers.values().any(|peer| {
                peer.incoming.is_ready() || peer.is_to_be_given_up() || (self.watches && peer.has_news())
            })
    }
    /// Whether no tick may run because a peer does not take what is for it.
    pub fn is_blocked(&self) -> bool {
        !self.circle.is_closed() && self.full_peers().next().is_some()
    }
    /// The peers that no tick may add to.
    pub fn full_peers(&self) -> impl Iterator<Item = Address> {
        let full = |(node, peer): (&Address, &Peer)| {
            (peer.outbox.weight() >= self.limits.outgoing_rows && !peer.is_to_be_given_up()).then_some(*node)
        };
        self.peers.iter().filter_map(full)
    }

    /// What the next tick takes, `messages` among it or not. It is over for good with [`Links::commit`].
    pub(crate) fn take(&mut self, messages: bool) -> Taken {
        self.circle.open();
        let mut taken = Taken::default();
        for (node, peer) in &mut self.peers {
            // One change a tick, where the program sees them: in a tick they would have no order.
            while let Some(event) = peer.next_news() {
                taken.log.events.push((*node, event));
                let (change, lost) = peer.apply(event);
                self.traffic.lost += lost;
                if let Some(up) = change.filter(|_| self.watches) {
                    taken.peers.push(PeerChange { node: *node, up });
                    break;
                }
            }
        }
        if !messages {
            return taken;
        }
        let Taken { messages, log, .. } = &mut taken;
        let (counted, receipt) = self.own.take(self.me, usize::MAX, messages);
        log.counted += counted;
        log.receipts.extend(receipt);
        let room = messages.len().saturating_add(self.limits.tick_rows.max(1));
        let count = self.peers.len().max(1);
        let turn = self.turn % count;
        self.turn = turn + 1;
        let (before, from): (Vec<_>, Vec<_>) =
            self.peers.iter_mut().enumerate().partition(|(nth, _)| *nth < turn);
        for (_, (sender, peer)) in from.into_iter().chain(before) {
            let (counted, receipt) = peer.incoming.take(*sender, room, messages);
            log.counted += counted;
            log.receipts.extend(receipt);
        }
        taken
    }

    /// Tick `number` is over for good: what it took is acknowledged, and what it sent goes out.
    pub(crate) fn commit(&mut self, number: u64, log: &LinkLog, bundles: Vec<Bundle>) -> Committed {
        let mut committed = Committed::default();
        for receipt in &log.receipts {
            if receipt.sender == self.me {
                self.own.commit(receipt);
            } else if let Some(peer) = self.peers.get_mut(&receipt.sender)
                && peer.incoming.commit(receipt)
            {
                committed.acknowledged.push(receipt.sender);
            }
        }
        for (node, event) in &log.events {
            if let Some(peer) = self.peers.get_mut(node)
                && let PeerEvent::Down { given_up: true } = event
            {
                peer.uncommitted = false;
                committed.given_up.push(*node);
            }
        }
        self.traffic.processed += log.counted;
        committed.sent = self.send(number, bundles);
        committed
    }

    /// A tick before the crash is over for good: what [`Links::take`] and [`Links::commit`] did then, from what was kept
    /// of it.
    pub(crate) fn recall(&mut self, number: u64, log: &LinkLog, bundles: Vec<Bundle>) {
        for (node, event) in &log.events {
            if let Some(peer) = self.peers.get_mut(node) {
                let (_, lost) = peer.apply(*event);
                self.traffic.lost += lost;
            }
        }
        for receipt in &log.receipts {
            if receipt.sender == self.me {
                self.own.recall(receipt);
            } else if let Some(peer) = self.peers.get_mut(&receipt.sender) {
                peer.incoming.recall(receipt);
            }
        }
        self.traffic.processed += log.counted;
        self.send(number, bundles);
    }

    /// Gives a tick's messages numbers and puts them where they wait.
    fn send(&mut self, tick: u64, bundles: Vec<Bundle>) -> Vec<Address> {
        let mut sent = Vec::new();
        for bundle in bundles {
            match bundle {
                Bundle::Own { relation, ordered, rows } => {
                    let count = rows.len() as u64;
                    self.traffic.sent += count;
                    self.own_next += count;
                    self.own.keep_own(relation, ordered.then_some(tick), self.own_next, rows);
                }
                Bundle::OwnLossy { relation, rows } => self.own.receive_lossy(relation, rows, 0),
                Bundle::Kept { to, pieces } => {
                    let Some(peer) = self.peers.get_mut(&to) else { continue };
                    let count: u64 = pieces.iter().map(|piece| u64::from(piece.rows.count())).sum();
                    self.traffic.sent += count;
                    if peer.standing == Standing::GivenUp {
                        self.traffic.lost += count;
                        peer.wanted = true;
                        continue;
                    }
                    peer.adds(self.now);
                    for piece in pieces {
                        peer.outbox.push(tick, piece);
                    }
                    sent.push(to);
                }
                Bundle::Lossy { to, frames } => {
                    let Some(peer) = self.peers.get_mut(&to) else { continue };
                    peer.wanted = true;
                    for frame in frames {
                        if peer.connected && peer.lossy.len() < self.limits.lossy_frames {
                            peer.lossy.push_back(frame);
                        } else {
                            self.traffic.lossy_lost += 1;
                        }
                    }
                    sent.push(to);
                }
            }
        }
        sent.dedup();
        sent
    }

    // ---- Connections to peers.

    /// Whether a connection to the peer would be of use.
    pub fn wants_connection(&self, peer: Address) -> bool {
        self.peers.get(&peer).is_some_and(|peer| self.watches || peer.wanted)
    }
    /// By which session, and from which number on, this node sends to a peer. `None`: not at the moment, for a new session
    /// has not been committed yet.
    pub fn hello(&self, peer: Address) -> Option<(Session, u64)> {
        let peer = self.peers.get(&peer)?;
        (!peer.uncommitted && !peer.is_to_be_given_up()).then(|| (peer.outbox.session(), peer.outbox.first()))
    }
    /// The peer takes the connection: the position to start at.
    ///
    /// # Errors
    /// It asks for rows that there are none of.
    pub fn welcomed(&mut self, peer: Address, session: Session, welcome: &Welcome) -> Result<u64, Misfit> {
        let peer = self.peers.get_mut(&peer).ok_or(Misfit::WrongSender)?;
        if peer.outbox.session() != session {
            return Err(Misfit::OldSession);
        }
        if welcome.next < peer.outbox.first() {
            return Err(Misfit::Gap);
        }
        peer.acknowledged(welcome.next, self.now)?;
        peer.greeted(welcome.incarnation, self.now);
        peer.connected = true;
        Ok(if Plant::ForgetSent.is_made() { peer.outbox.next() } else { welcome.next })
    }
    /// The next frame for a connection that has carried all numbers below `position`.
    pub fn next_frame(&mut self, peer: Address, session: Session, position: u64) -> Next {
        let Some(peer) = self.peers.get_mut(&peer).filter(|peer| peer.outbox.session() == session) else {
            return Next::Over;
        };
        if let Some(frame) = peer.lossy.pop_front() {
            return Next::Frame(frame, position);
        }
        match peer.outbox.frame_at(position) {
            Some((frame, after)) => Next::Frame(frame, after),
            None => Next::Nothing,
        }
    }
    /// The peer acknowledges rows: whether a tick may be due for it.
    ///
    /// # Errors
    /// There are no such rows, or the session is over.
    pub fn acknowledged(&mut self, peer: Address, session: Session, next: u64) -> Result<bool, Misfit> {
        let peer = self.peers.get_mut(&peer).ok_or(Misfit::WrongSender)?;
        if peer.outbox.session() != session {
            return Err(Misfit::OldSession);
        }
        let before = peer.outbox.weight();
        peer.acknowledged(next, self.now)?;
        let (limit, after) = (self.limits.outgoing_rows, peer.outbox.weight());
        Ok((before >= limit && after < limit) || (before > 0 && after == 0))
    }
    /// The connection to the peer is no more.
    pub fn disconnected(&mut self, peer: Address) {
        if let Some(peer) = self.peers.get_mut(&peer) {
            peer.connected = false;
            self.traffic.lossy_lost += peer.lossy.len() as u64;
            peer.lossy.clear();
        }
    }

    // ---- Connections from peers.

    /// A peer connects to send, in this session and keeping its rows from number `first`.
    ///
    /// # Errors
    /// The session is over, or rows are missing.
    pub fn meet(&mut self, sender: Address, session: Session, first: u64) -> Result<Welcome, Misfit> {
        let peer = self.peers.get_mut(&sender).ok_or(Misfit::WrongSender)?;
        let next = peer.meet(session, first, self.now)?;
        Ok(Welcome { incarnation: self.incarnation, next })
    }
    /// Whether the sender may be listened to.
    pub fn has_room(&self, sender: Address) -> bool {
        self.peers.get(&sender).is_some_and(|peer| peer.incoming.has_room(self.limits.inbox_rows))
    }
    /// Rows of a reliable or ordered channel came, and were found fit. Repeats are dropped.
    ///
    /// # Errors
    /// They have no place here.
    pub fn receive(&mut self, sender: Address, session: Session, rows: Arrived) -> Result<(), Misfit> {
        let peer = self.peers.get_mut(&sender).ok_or(Misfit::WrongSender)?;
        self.traffic.repeated += peer.incoming.receive(session, rows, self.limits.batch_rows)?;
        Ok(())
    }
    /// Rows of a lossy channel came, and were found fit. Without room they are dropped.
    pub fn receive_lossy(
        &mut self,
        sender: Address,
        relation: floret_ir::RelationId,
        rows: Vec<floret_ir::Row>,
        weight: usize,
    ) {
        let limit = self.limits.inbox_rows;
        match self.peers.get_mut(&sender) {
            Some(peer) if peer.incoming.has_room(limit) => {
                peer.incoming.receive_lossy(relation, rows, weight)
            }
            Some(_) | None => self.traffic.lossy_lost += 1,
        }
    }
    /// The number to acknowledge to a sender; `None`: its session is over, and the connection is to be closed.
    pub fn acknowledgement(&self, sender: Address, session: Session) -> Option<u64> {
        let (current, next) = self.peers.get(&sender)?.incoming.acknowledgement()?;
        (current == session).then_some(next)
    }
}
