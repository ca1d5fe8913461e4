//! The nodes, what is under way between them, and single steps.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::hash::seeded_hash;
use floret_ir::{
    Address, Arrivals, Deployment, Effects, Engine, InputMode, InputRow, Message, Program, Promise,
    RelationId, RelationKind, Report, Send, Timers, Value,
};

use crate::delivery::{Delivery, DeliveryId, Payload, Queue, Turn};
use crate::error::SimError;
use crate::history::History;
use crate::random::Random;
use crate::trace;

/// How a network runs.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Settings {
    /// What the schedule is made from.
    pub seed: u64,
    /// Whether all rows of input tables are part of their node's first tick, as `floret run` does it. (Those of static
    /// inputs always are.)
    pub inputs_first: bool,
}

/// What a tick may ask of the world besides what arrives.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Moment {
    /// `now()`, in nanoseconds since 1970 (UTC).
    pub now: i64,
    /// The tick's random seed.
    pub seed: u64,
    /// The timers that beat.
    pub timers: Vec<RelationId>,
}

/// A tick that was run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// By whom.
    pub node: Address,
    /// The node's how manieth tick, from 1.
    pub tick: u64,
    /// What arrived.
    pub arrivals: Arrivals,
    /// What it did.
    pub effects: Effects,
}

/// A node on the network.
pub(crate) struct Node<E> {
    pub(crate) engine: E,
    pub(crate) ticks: u64,
    pub(crate) again: bool,
    pub(crate) timers: Timers,
    /// What is under way to it.
    pub(crate) pending: BTreeMap<DeliveryId, Delivery>,
}

impl<E> Node<E> {
    /// Whether a tick is due: the first one, one it asked for, or one for something that may arrive.
    pub(crate) fn is_ready(&self) -> bool {
        self.ticks == 0
            || self.again
            || self.timers.has_beaten()
            || self.pending.values().any(|delivery| self.may_arrive(delivery))
    }

    /// Whether it is not held, nothing it arrives with is, and nothing has to come first.
    pub(crate) fn may_arrive(&self, delivery: &Delivery) -> bool {
        !delivery.held && !self.waits(delivery) && !self.mates(delivery).any(|mate| mate.held)
    }

    fn waits(&self, delivery: &Delivery) -> bool {
        let from_host = |of: &Delivery| matches!(of.payload, Payload::Input(_) | Payload::Delete(_));
        if delivery.ends
            && self.pending.range(..delivery.id).any(|(_, older)| !older.ends && from_host(older))
        {
            return true;
        }
        let Some(Turn { queue, batch }) = &delivery.turn else { return false };
        let older = self.pending.range(..delivery.id).filter_map(|(_, older)| older.turn.as_ref());
        older.into_iter().any(|older| older.queue == *queue && older.batch != *batch)
    }

    /// What arrives in the same tick as the delivery, with it.
    fn mates<'d>(&'d self, delivery: &'d Delivery) -> impl Iterator<Item = &'d Delivery> {
        let turn = delivery.turn.as_ref();
        self.pending.values().filter(move |mate| turn.is_some() && mate.turn.as_ref() == turn)
    }
}

type HoldRule = Box<dyn Fn(&Delivery) -> bool>;

/// All nodes of a deployment and everything under way between them.
pub struct Network<E> {
    program: Program,
    settings: Settings,
    pub(crate) nodes: BTreeMap<Address, Node<E>>,
    pub(crate) now: i64,
    pub(crate) random: Random,
    hold_rules: Vec<HoldRule>,
    deliveries: u64,
    /// Of a hundred messages on `lossy` channels so many are lost.
    loss: usize,
    records: Vec<Record>,
    history: History,
}

impl<E: Engine> Network<E> {
    /// The nodes of `deployment`, none of which has run a tick, with all `inputs` under way. `engine` makes a node's
    /// evaluator, which must observe everything (`Observe::Everything`): the history is made from what it shows.
    ///
    /// # Errors
    /// An input is for a node that doesn't exist.
    pub fn new(
        program: &Program,
        deployment: &Deployment,
        inputs: Vec<(Address, InputRow)>,
        settings: Settings,
        mut engine: impl FnMut(Address) -> E,
    ) -> Result<Self, SimError> {
        let mut node = |address: Address| Node {
            engine: engine(address),
            ticks: 0,
            again: false,
            timers: Timers::new(program, address.role, 0),
            pending: BTreeMap::new(),
        };
        let mut network = Network {
            program: program.clone(),
            settings,
            nodes: deployment.nodes().map(|address| (address, node(address))).collect(),
            now: 0,
            random: Random::new(settings.seed),
            hold_rules: Vec::new(),
            deliveries: 0,
            loss: 0,
            records: Vec::new(),
            history: History::new(program),
        };
        for (to, input) in inputs {
            network.feed(to, input)?;
        }
        Ok(network)
    }

    /// Puts a row from the host under way.
    ///
    /// # Errors
    /// There is no such node, or it is too late for a static input.
    pub fn feed(&mut self, to: Address, input: InputRow) -> Result<DeliveryId, SimError> {
        let node = self.nodes.get(&to).ok_or(SimError::NoSuchNode(to))?;
        let relation = self.program.relations.get(input.relation);
        let is_static = relation.is_some_and(|relation| relation.input == Some(InputMode::Static));
        if is_static && node.ticks > 0 {
            return Err(SimError::LateStatic { node: to, relation: input.relation });
        }
        let first = is_static || self.settings.inputs_first && relation.is_some_and(|r| r.is_table());
        self.put_under_way(to, Payload::Input(input), first, 0)
    }

    /// The host is at the end of its inputs: it tells so each node that wants to know, after all that is under way to it from
    /// the host.
    pub fn end_inputs(&mut self) {
        for (address, node) in &mut self.nodes {
            for input in self.program.ends_of_inputs(address.role) {
                let id = DeliveryId(self.deliveries);
                self.deliveries += 1;
                let mut delivery = Delivery {
                    id,
                    to: *address,
                    payload: Payload::Input(input),
                    held: false,
                    first_tick: false,
                    turn: None,
                    ends: true,
                };
                delivery.held = self.hold_rules.iter().any(|rule| rule(&delivery));
                node.pending.insert(id, delivery);
            }
        }
    }

    /// Puts a delete by the host under way: of a whole row, or of a key of a keyed table.
    ///
    /// # Errors
    /// There is no such node, or the relation is no mutable input.
    pub fn delete(&mut self, to: Address, row: InputRow) -> Result<DeliveryId, SimError> {
        match self.program.relations.get(row.relation) {
            Some(relation) if relation.input == Some(InputMode::Mutable) => {
                self.put_under_way(to, Payload::Delete(row), false, 0)
            }
            Some(_) | None => Err(SimError::NotMutable(row.relation)),
        }
    }

    /// What has to come before a delivery. `sent`: in which tick of its sender.
    fn turn(&self, id: DeliveryId, payload: &Payload, sent: u64) -> Option<Turn> {
        match payload {
            Payload::Input(InputRow { relation, row }) | Payload::Delete(InputRow { relation, row }) => {
                let declared = self.program.relations.get(*relation)?;
                let key = row.get(..declared.key.unwrap_or(row.len()))?;
                let queue = || Queue::Key(*relation, key.to_vec());
                let is_mutable = declared.input == Some(InputMode::Mutable);
                is_mutable.then(|| Turn { queue: queue(), batch: id.0 })
            }
            Payload::Message(Message { relation, sender, .. }) => {
                let queue = Queue::Ordered(*relation, *sender);
                (self.promise(*relation)? == Promise::Ordered).then_some(Turn { queue, batch: sent })
            }
        }
    }

    /// What a channel promises; `None`: it is none.
    fn promise(&self, relation: RelationId) -> Option<Promise> {
        match self.program.relations.get(relation)?.kind {
            RelationKind::Channel { promise, .. } => Some(promise),
            RelationKind::Table | RelationKind::View | RelationKind::Event | RelationKind::Timer { .. } => {
                None
            }
        }
    }

    fn put_under_way(
        &mut self,
        to: Address,
        payload: Payload,
        first: bool,
        sent: u64,
    ) -> Result<DeliveryId, SimError> {
        let turn = self.turn(DeliveryId(self.deliveries), &payload, sent);
        let node = self.nodes.get_mut(&to).ok_or(SimError::NoSuchNode(to))?;
        let id = DeliveryId(self.deliveries);
        self.deliveries += 1;
        let first_tick = first && node.ticks == 0;
        let mut delivery = Delivery { id, to, payload, held: false, first_tick, turn, ends: false };
        delivery.first_tick &= !node.waits(&delivery);
        delivery.held = self.hold_rules.iter().any(|rule| rule(&delivery));
        node.pending.insert(id, delivery);
        Ok(id)
    }

    /// What is under way, node by node, oldest first.
    pub fn pending(&self) -> impl Iterator<Item = &Delivery> {
        self.nodes.values().flat_map(|node| node.pending.values())
    }

    /// Whether a tick of the node is due: its first one, one it asked for, or one for what may arrive.
    pub fn is_ready(&self, node: Address) -> bool {
        self.nodes.get(&node).is_some_and(Node::is_ready)
    }

    /// What may arrive at a node in its next tick: what is not held and waits for nothing older.
    pub fn arriving(&self, node: Address) -> Vec<DeliveryId> {
        let Some(node) = self.nodes.get(&node) else { return Vec::new() };
        node.pending
            .values()
            .filter(|delivery| node.may_arrive(delivery))
            .map(|delivery| delivery.id)
            .collect()
    }

    /// Whether it is under way.
    pub fn is_pending(&self, id: DeliveryId) -> bool {
        self.nodes.values().any(|node| node.pending.contains_key(&id))
    }

    /// Whether it is under way, and nothing has to arrive before it.
    pub fn is_next(&self, id: DeliveryId) -> bool {
        let found = |node: &Node<E>| node.pending.get(&id).is_some_and(|delivery| !node.waits(delivery));
        self.nodes.values().any(found)
    }

    /// The nodes in order.
    pub fn nodes(&self) -> impl Iterator<Item = Address> {
        self.nodes.keys().copied()
    }

    /// Keeps a delivery under way until it is released. (What must be in a first tick is in it all the same.)
    ///
    /// # Errors
    /// It is not under way.
    pub fn hold(&mut self, id: DeliveryId) -> Result<(), SimError> {
        self.set_held(id, true)
    }

    /// Lets a delivery arrive again.
    ///
    /// # Errors
    /// It is not under way.
    pub fn release(&mut self, id: DeliveryId) -> Result<(), SimError> {
        self.set_held(id, false)
    }

    /// Loses a message on a `lossy` channel: it never arrives.
    ///
    /// # Errors
    /// It is not under way, or it must arrive (nothing happens then).
    pub fn lose(&mut self, id: DeliveryId) -> Result<(), SimError> {
        let found = self.pending().find(|delivery| delivery.id == id).ok_or(SimError::NotPending(id))?;
        let to = found.to;
        match &found.payload {
            Payload::Message(message) if self.promise(message.relation) == Some(Promise::Lossy) => {}
            Payload::Message(_) | Payload::Input(_) | Payload::Delete(_) => {
                return Err(SimError::NotLossy(id));
            }
        }
        if let Some(node) = self.nodes.get_mut(&to) {
            node.pending.remove(&id);
        }
        Ok(())
    }

    /// Loses from now on so many of a hundred messages on `lossy` channels, each by chance.
    pub fn lose_some(&mut self, percent: usize) {
        self.loss = percent;
    }

    fn set_held(&mut self, id: DeliveryId, held: bool) -> Result<(), SimError> {
        let delivery = self.nodes.values_mut().find_map(|node| node.pending.get_mut(&id));
        delivery.ok_or(SimError::NotPending(id))?.held = held;
        Ok(())
    }

    /// Holds all deliveries of which `rule` is true, now and later.
    pub fn hold_when(&mut self, rule: impl Fn(&Delivery) -> bool + 'static) {
        for delivery in self.nodes.values_mut().flat_map(|node| node.pending.values_mut()) {
            delivery.held |= rule(delivery);
        }
        self.hold_rules.push(Box::new(rule));
    }

    /// Releases everything and forgets all rules of [`Network::hold_when`].
    pub fn release_all(&mut self) {
        self.hold_rules.clear();
        for delivery in self.nodes.values_mut().flat_map(|node| node.pending.values_mut()) {
            delivery.held = false;
        }
    }

    /// The virtual time, in nanoseconds: `now()` of ticks that are run.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// Lets time pass (nothing if that is negative). Timers beat; each has its next beat in the node's next tick, and what
    /// it should have beaten until then is missed.
    pub fn advance(&mut self, nanoseconds: i64) {
        self.now = self.now.saturating_add(nanoseconds.max(0));
        for node in self.nodes.values_mut() {
            node.timers.pass(self.now);
        }
    }

    /// When the next timer beats.
    pub fn next_beat(&self) -> Option<i64> {
        self.nodes.values().filter_map(|node| node.timers.next_beat()).min()
    }

    /// Runs a tick of a node in which exactly these deliveries arrive, held or not (and what arrives only together with one of
    /// them; if it is its first tick, those that must be in it), and the timers that have beaten.
    ///
    /// # Errors
    /// A delivery is not under way to this node, or waits for another one (nothing happens then); the tick fails, or it
    /// sends to a node that doesn't exist (the network can't be used afterwards).
    pub fn step(&mut self, address: Address, ids: &[DeliveryId]) -> Result<&Record, SimError> {
        let node = self.nodes.get(&address).ok_or(SimError::NoSuchNode(address))?;
        let number = Value::Int((node.ticks + 1).cast_signed());
        let seed = seeded_hash(self.settings.seed, &Value::tuple([Value::Address(address), number]));
        let timers = node.timers.beaten();
        self.step_at(address, ids, Moment { now: self.now, seed: seed.cast_unsigned(), timers })
    }

    /// As [`Network::step`], at a moment of the caller's; timers that the network's own time has beaten are over then.
    ///
    /// # Errors
    /// Those of [`Network::step`].
    pub fn step_at(
        &mut self,
        address: Address,
        ids: &[DeliveryId],
        moment: Moment,
    ) -> Result<&Record, SimError> {
        let node = self.nodes.get_mut(&address).ok_or(SimError::NoSuchNode(address))?;
        if let Some(missing) = ids.iter().find(|id| !node.pending.contains_key(id)) {
            return Err(SimError::NotPending(*missing));
        }
        if let Some(early) = ids.iter().find(|id| node.pending.get(id).is_some_and(|of| node.waits(of))) {
            return Err(SimError::OutOfOrder(*early));
        }
        let arriving = ids.iter().filter_map(|id| node.pending.get(id));
        let mates = arriving.flat_map(|delivery| node.mates(delivery)).map(|mate| mate.id);
        let ids: BTreeSet<DeliveryId> = ids.iter().copied().chain(mates).collect();
        node.timers.take();
        let Moment { now, seed, timers } = moment;
        let mut arrivals = Arrivals { now, seed, timers, ..Arrivals::default() };
        node.pending.retain(|id, delivery| {
            let arrives = delivery.first_tick || ids.contains(id);
            if arrives {
                match &delivery.payload {
                    Payload::Input(input) => arrivals.inputs.push(input.clone()),
                    Payload::Delete(row) => arrivals.deletes.push(row.clone()),
                    Payload::Message(message) => arrivals.messages.push(message.clone()),
                }
            }
            !arrives
        });
        let effects =
            node.engine.tick(&arrivals).map_err(|error| SimError::Engine { node: address, error })?;
        node.ticks += 1;
        node.again = effects.again;
        let tick = node.ticks;
        self.history.record(&self.program, address, tick, &effects.changes);
        for Send { to, relation, row } in &effects.sends {
            let message = Message { relation: *relation, row: row.clone(), sender: address };
            let id = self.put_under_way(*to, Payload::Message(message), false, tick)?;
            if self.loss > 0
                && self.promise(*relation) == Some(Promise::Lossy)
                && self.random.below(100) < self.loss
            {
                self.lose(id)?;
            }
        }
        let at = self.records.len();
        self.records.push(Record { node: address, tick, arrivals, effects });
        Ok(&self.records[at])
    }

    /// The ticks run so far, in order.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// What the relations held.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// All reports with their node and its tick.
    pub fn reports(&self) -> impl Iterator<Item = (Address, u64, &Report)> {
        self.records
            .iter()
            .flat_map(|record| record.effects.reports.iter().map(|report| (record.node, record.tick, report)))
    }

    /// A node's evaluator.
    pub fn engine(&self, node: Address) -> Option<&E> {
        self.nodes.get(&node).map(|node| &node.engine)
    }

    /// The run so far, for people: ticks, what arrived in them, changed and was sent. Equal runs have equal traces.
    pub fn trace(&self) -> String {
        trace::trace(&self.program, &self.records)
    }
}
