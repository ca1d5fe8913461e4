//! Frames on their way: what becomes of each, and what those that arrive do.

use floret_ir::Address;
use floret_node::links::{Next, arrived, arrived_lossy};
use floret_node::wire::{Body, Hello, MAGIC, Misfit, PROTOCOL_VERSION, Who, encode};

use super::chronicle::What;
use super::connection::{Connection, ConnectionId, Side, parcel};
use super::event::{Arrival, Event};
use super::machine::Outgoing;
use super::run::World;
use crate::faults::{Fault, FrameId, MILLISECOND};

/// The first pause before a connection is made again; it doubles up to the longest.
const FIRST_PAUSE: i64 = 5 * MILLISECOND;
const LONGEST_PAUSE: i64 = 1_000 * MILLISECOND;

impl World<'_> {
    /// A node makes a connection to a peer, if it is still of use.
    pub(super) fn connect(&mut self, address: Address, life: u64, peer: Address, again: bool) {
        if let Some(until) = self.paused(address) {
            return self.plan(until, Event::Connect { node: address, life, peer, again });
        }
        let now = self.now();
        let called_life =
            self.machines.get(&peer).filter(|machine| machine.node.is_some()).map(|of| of.lives);
        let Some(node) = self.node(address, life) else { return };
        let Some(Outgoing::Planned { .. }) = node.outgoing.get(&peer) else { return };
        let (Some((session, first)), Some(called_life)) = (node.links.hello(peer), called_life) else {
            return self.connect_later(address, life, peer);
        };
        let id = ConnectionId(self.next_connection);
        self.next_connection += 1;
        if let Some(node) = self.node(address, life) {
            node.outgoing.insert(peer, Outgoing::Made(id));
        }
        self.connections.insert(id, Connection::new(now, (address, life), (peer, called_life), session));
        let who = Who::Node { address, session, first };
        let (magic, version, program) = (MAGIC, PROTOCOL_VERSION, self.job.program_hash);
        let hello = Hello { magic, version, program, token: String::new(), who };
        self.send(id, Side::Caller, &Body::Hello(hello), false);
        let next = now.saturating_add(self.silence() / 5);
        for side in [Side::Caller, Side::Called] {
            self.plan(next, Event::Sign { connection: id, side });
        }
    }

    /// A connection came to nothing; it is made again later.
    fn connect_later(&mut self, address: Address, life: u64, peer: Address) {
        let now = self.now();
        let Some(node) = self.node(address, life) else { return };
        let failures = match node.outgoing.get(&peer) {
            Some(Outgoing::Planned { failures }) => failures.saturating_add(1),
            Some(Outgoing::Made(_)) | None => 0,
        };
        node.outgoing.insert(peer, Outgoing::Planned { failures });
        let pause = FIRST_PAUSE.saturating_mul(1 << failures.min(10)).min(LONGEST_PAUSE);
        let part = self.drawn(pause / 2, &[6, address.index.into(), peer.index.into(), now.unsigned_abs()]);
        let at = now.saturating_add(pause / 2 + part);
        self.plan(at, Event::Connect { node: address, life, peer, again: failures > 0 });
    }

    /// Sends a frame from one side of a connection. `idle`: it is only a sign of life.
    pub(super) fn send(&mut self, id: ConnectionId, from: Side, body: &Body, idle: bool) {
        self.send_bytes(id, from, body, encode(body), idle);
    }

    fn send_bytes(&mut self, id: ConnectionId, from: Side, body: &Body, bytes: Vec<u8>, idle: bool) {
        let now = self.now();
        let Some(connection) = self.connections.get(&id) else { return };
        let ((sender, _), (receiver, _)) = (connection.end(from), connection.end(from.other()));
        let number = self.frames.entry((sender, receiver)).or_insert(0);
        let frame = FrameId { from: sender, to: receiver, number: *number };
        *number += 1;
        self.chronicle.add(now, What::Sent { frame, parcel: parcel(body) });
        let passage = self.run.plan.passage(frame);
        let gone = self.passes_at(sender, receiver, now);
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let last = match from {
            Side::Caller => &mut connection.forth,
            Side::Called => &mut connection.back,
        };
        let at = gone.saturating_add(passage.delay).max(*last);
        if connection.cut {
            self.chronicle.add(now, What::Lost { frame, sent: now, by_loss: false });
            return;
        }
        if self.run.plan.holds(&Fault::Slow(frame)) {
            self.happened.insert(Fault::Slow(frame));
        }
        if passage.lost {
            self.happened.insert(Fault::Lose(frame));
            self.chronicle.add(now, What::Lost { frame, sent: now, by_loss: true });
            if !matches!(body, Body::Lossy(_)) {
                connection.cut = true;
                let (from_node, to_node) = (connection.caller, connection.called);
                self.chronicle.add(now, What::Broken { from: from_node, to: to_node });
                self.plan(now.saturating_add(passage.delay), Event::Ended { connection: id, side: from });
                self.plan(at, Event::Ended { connection: id, side: from.other() });
            }
            return;
        }
        *last = at;
        let to = from.other();
        let arrival = |again, body| Arrival { connection: id, to, frame, body, sent: now, again, idle };
        let repeats = match body {
            Body::Data(_) | Body::Ack(_) | Body::Blocked(_) | Body::Ping => passage.again,
            // Rows of lossy channels arrive at most once; a greeting that comes twice is no greeting.
            Body::Lossy(_) | Body::Hello(_) | Body::Welcome(_) | Body::Refused(_) => None,
            Body::ToNode(_) | Body::FromNode(_) => None,
        };
        if let Some(gap) = repeats {
            self.happened.insert(Fault::Duplicate(frame));
            self.plan(at.saturating_add(gap), Event::Arrive(arrival(true, bytes.clone())));
        }
        self.plan(at, Event::Arrive(arrival(false, bytes)));
    }

    /// When a frame that is sent at `at` leaves: partitions hold it up.
    fn passes_at(&self, from: Address, to: Address, mut at: i64) -> i64 {
        loop {
            let holds = |fault: &&Fault| match fault {
                Fault::Partition { side, from: begin, until } => {
                    side.contains(&from) != side.contains(&to) && (*begin..*until).contains(&at)
                }
                Fault::Crash { .. }
                | Fault::Pause { .. }
                | Fault::Skew { .. }
                | Fault::Lose(_)
                | Fault::Duplicate(_)
                | Fault::Slow(_) => false,
            };
            match self.run.plan.events().find(holds) {
                Some(Fault::Partition { until, .. }) => at = *until,
                Some(_) | None => return at,
            }
        }
    }

    /// A frame arrives, if there is somebody to take it.
    pub(super) fn arrive(&mut self, arrival: Arrival) {
        let now = self.now();
        let Arrival { connection: id, to, frame, sent, again, .. } = arrival;
        let lost = What::Lost { frame, sent, by_loss: false };
        let Some(connection) = self.connections.get(&id) else { return };
        let (address, life) = connection.end(to);
        if let Some(until) = self.paused(address) {
            return self.plan(until, Event::Arrive(arrival));
        }
        let done = connection.is_done(to);
        if done || self.node(address, life).is_none() {
            if !again {
                self.chronicle.add(now, lost);
            }
            return;
        }
        self.chronicle.add(now, What::Arrived { frame, sent, again });
        if let Some(node) = self.node(address, life) {
            node.links.at(now);
        }
        let Some(body) = World::decode(&arrival.body) else { return self.close(id, to) };
        match to {
            Side::Called => self.take(id, body),
            Side::Caller => self.hear(id, body),
        }
    }

    /// What the called node does with a frame.
    fn take(&mut self, id: ConnectionId, body: Body) {
        let now = self.now();
        let Some(connection) = self.connections.get_mut(&id) else { return };
        connection.called_heard = now;
        let ((address, life), sender, met) =
            (connection.end(Side::Called), connection.caller, connection.met);
        match body {
            Body::Hello(Hello { who: Who::Node { session, first, .. }, .. }) if !met => {
                let Some(node) = self.node(address, life) else { return };
                match node.links.meet(sender, session, first) {
                    Ok(welcome) => {
                        node.incoming.insert(id);
                        if let Some(connection) = self.connections.get_mut(&id) {
                            connection.met = true;
                        }
                        self.send(id, Side::Called, &Body::Welcome(welcome), false);
                        self.stir(address);
                    }
                    Err(misfit) => {
                        self.send(id, Side::Called, &Body::Refused(misfit.to_string()), false);
                        self.close(id, Side::Called);
                    }
                }
            }
            Body::Data(_) | Body::Lossy(_) if met => {
                if let Some(connection) = self.connections.get_mut(&id) {
                    connection.waiting.push_back(body);
                }
                self.drain(id);
            }
            Body::Ping if met => {}
            Body::Hello(_)
            | Body::Data(_)
            | Body::Lossy(_)
            | Body::Ping
            | Body::Welcome(_)
            | Body::Refused(_)
            | Body::Ack(_)
            | Body::Blocked(_)
            | Body::ToNode(_)
            | Body::FromNode(_) => self.close(id, Side::Called),
        }
    }

    /// Takes what waits for room, as far as there is some.
    fn drain(&mut self, id: ConnectionId) {
        loop {
            let Some(connection) = self.connections.get_mut(&id) else { return };
            let ((address, life), sender) = (connection.end(Side::Called), connection.caller);
            let (session, schema) = (connection.session, std::sync::Arc::clone(&self.job.schema));
            let Some(node) = self.machines.get_mut(&address).filter(|of| of.lives == life) else { return };
            let Some(node) = &mut node.node else { return };
            if !node.links.has_room(sender) {
                return;
            }
            let Some(body) = connection.waiting.pop_front() else { return };
            let taken: Result<(), Misfit> = match body {
                Body::Data(data) => arrived(&schema, address, sender, data)
                    .and_then(|rows| node.links.receive(sender, session, rows)),
                Body::Lossy(lossy) => arrived_lossy(&schema, address, sender, &lossy)
                    .map(|(relation, rows, weight)| node.links.receive_lossy(sender, relation, rows, weight)),
                Body::Hello(_)
                | Body::Welcome(_)
                | Body::Refused(_)
                | Body::Ping
                | Body::Ack(_)
                | Body::Blocked(_)
                | Body::ToNode(_)
                | Body::FromNode(_) => Err(Misfit::WrongMessage),
            };
            if taken.is_err() {
                return self.close(id, Side::Called);
            }
            self.stir(address);
        }
    }

    /// There may be room for what a sender sends.
    pub(super) fn drain_from(&mut self, address: Address, sender: Address) {
        for id in self.incoming(address, sender) {
            self.drain(id);
        }
    }

    /// What the caller does with a frame.
    fn hear(&mut self, id: ConnectionId, body: Body) {
        let now = self.now();
        let Some(connection) = self.connections.get_mut(&id) else { return };
        connection.caller_heard = now;
        let ((address, life), peer) = (connection.end(Side::Caller), connection.called);
        let (session, welcomed) = (connection.session, connection.position.is_some());
        let Some(node) = self.node(address, life) else { return };
        let due = match body {
            Body::Welcome(welcome) if !welcomed => match node.links.welcomed(peer, session, &welcome) {
                Ok(position) => {
                    if let Some(connection) = self.connections.get_mut(&id) {
                        connection.position = Some(position);
                    }
                    self.pump(id);
                    Ok(true)
                }
                Err(misfit) => Err(misfit),
            },
            Body::Ack(next) if welcomed => node.links.acknowledged(peer, session, next),
            Body::Blocked(word) if welcomed => {
                let (tell, due) = node.links.hear_blocked(peer, word);
                let words: Vec<ConnectionId> =
                    if tell { node.incoming.iter().copied().collect() } else { Vec::new() };
                for connection in words {
                    self.speak(connection, false);
                }
                Ok(due)
            }
            Body::Welcome(_)
            | Body::Ack(_)
            | Body::Blocked(_)
            | Body::Refused(_)
            | Body::Hello(_)
            | Body::Data(_)
            | Body::Lossy(_)
            | Body::Ping
            | Body::ToNode(_)
            | Body::FromNode(_) => Err(Misfit::WrongMessage),
        };
        match due {
            Ok(true) => self.stir(address),
            Ok(false) => {}
            Err(_) => self.close(id, Side::Caller),
        }
    }

    /// Sends a connection's frames, as many as there are.
    fn pump(&mut self, id: ConnectionId) {
        loop {
            let Some(connection) = self.connections.get(&id) else { return };
            let (Some(position), false) = (connection.position, connection.caller_done) else { return };
            let ((address, life), peer) = (connection.end(Side::Caller), connection.called);
            let session = connection.session;
            let Some(node) = self.node(address, life) else { return };
            match node.links.next_frame(peer, session, position) {
                Next::Frame(frame, after) => {
                    if let Some(connection) = self.connections.get_mut(&id) {
                        connection.position = Some(after);
                    }
                    let Some(body) = World::decode(frame.bytes()) else { return };
                    self.send_bytes(id, Side::Caller, &body, frame.bytes().to_vec(), false);
                }
                Next::Nothing => return,
                Next::Over => return self.close(id, Side::Caller),
            }
        }
    }

    /// There are frames for a peer, or its session is over.
    pub(super) fn pump_to(&mut self, address: Address, peer: Address) {
        let node = self.machines.get(&address).and_then(|machine| machine.node.as_ref());
        match node.and_then(|node| node.outgoing.get(&peer)) {
            Some(Outgoing::Made(id)) => self.pump(*id),
            Some(Outgoing::Planned { .. }) | None => self.stir(address),
        }
    }

    fn incoming(&self, address: Address, sender: Address) -> Vec<ConnectionId> {
        let node = self.machines.get(&address).and_then(|machine| machine.node.as_ref());
        let all = node.into_iter().flat_map(|node| &node.incoming).copied();
        all.filter(|id| self.connections.get(id).is_some_and(|of| of.caller == sender)).collect()
    }

    /// There is something to acknowledge to a sender.
    pub(super) fn speak_to(&mut self, address: Address, sender: Address) {
        for id in self.incoming(address, sender) {
            self.speak(id, false);
        }
    }

    /// The called node says what it has taken, if that is news or `anyhow`.
    pub(super) fn speak(&mut self, id: ConnectionId, anyhow: bool) {
        let Some(connection) = self.connections.get(&id) else { return };
        let ((address, life), sender) = (connection.end(Side::Called), connection.caller);
        let (session, said) = (connection.session, connection.said);
        if connection.called_done || !connection.met {
            return;
        }
        let Some(node) = self.node(address, life) else { return };
        let next = node.links.acknowledgement(sender, session);
        let words: Vec<_> = std::iter::from_fn(|| node.links.next_blocked(sender)).collect();
        let Some(next) = next else { return self.close(id, Side::Called) };
        if said != Some(next) || anyhow {
            if let Some(connection) = self.connections.get_mut(&id) {
                connection.said = Some(next);
            }
            self.send(id, Side::Called, &Body::Ack(next), said == Some(next));
        }
        for word in words {
            self.send(id, Side::Called, &Body::Blocked(word), false);
        }
    }

    /// A side gives a sign of life, unless it has heard nothing of the other for too long.
    pub(super) fn sign(&mut self, id: ConnectionId, side: Side) {
        let (now, silence) = (self.now(), self.silence());
        let Some(connection) = self.connections.get(&id) else { return };
        let (address, life) = connection.end(side);
        let (done, met, welcomed) = (connection.is_done(side), connection.met, connection.position.is_some());
        let silent = match side {
            Side::Caller => now.saturating_sub(connection.caller_heard) > silence,
            Side::Called => now.saturating_sub(connection.called_heard) > silence.saturating_mul(4),
        };
        if done || self.node(address, life).is_none() {
            return;
        }
        let next = match self.paused(address) {
            Some(until) => until,
            None if silent => return self.close(id, side),
            None => {
                match side {
                    Side::Caller if welcomed => self.send(id, side, &Body::Ping, true),
                    Side::Called if met => self.speak(id, true),
                    Side::Caller | Side::Called => {}
                }
                now.saturating_add(silence / 5)
            }
        };
        self.plan(next, Event::Sign { connection: id, side });
    }

    /// A side ends a connection; the other comes to know of it when all before has arrived.
    pub(super) fn close(&mut self, id: ConnectionId, side: Side) {
        let now = self.now();
        let Some(connection) = self.connections.get(&id) else { return };
        let last = match side {
            Side::Caller => connection.forth,
            Side::Called => connection.back,
        };
        let other = side.other();
        if connection.is_done(side) {
            return;
        }
        if !connection.is_done(other) {
            let (from, to) = (connection.caller, connection.called);
            self.chronicle.add(now, What::Broken { from, to });
            self.plan(
                last.max(now.saturating_add(MILLISECOND)),
                Event::Ended { connection: id, side: other },
            );
        }
        self.ended(id, side);
    }

    /// A side comes to know that a connection is over.
    pub(super) fn ended(&mut self, id: ConnectionId, side: Side) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if connection.is_done(side) {
            return;
        }
        let ((address, life), peer, welcomed) =
            (connection.end(side), connection.called, connection.position.is_some());
        match side {
            Side::Caller => {
                connection.caller_done = true;
                let Some(node) = self.node(address, life) else { return };
                if node.outgoing.get(&peer) == Some(&Outgoing::Made(id)) {
                    node.links.disconnected(peer);
                    // One that was never welcomed is as good as none.
                    let failures = if welcomed { 0 } else { 4 };
                    node.outgoing.insert(peer, Outgoing::Planned { failures });
                    self.connect_later(address, life, peer);
                }
            }
            Side::Called => {
                connection.called_done = true;
                connection.waiting.clear();
                if let Some(node) = self.node(address, life) {
                    node.incoming.remove(&id);
                }
            }
        }
    }
}
