//! The simulated nodes of a session, and what is seen of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use floret_ir::hash::hash_value;
use floret_ir::{
    Address, Deployment, EngineError, Fact, InputMode, InputRow, Message, Observe, Program, RelationId,
    RelationKind, Report, Row, Send, Site, Stratified, Type, Value, VarId, evaluate, print,
};
use floret_reference::{Options, Reference, Stop};
use floret_sim::{Delivery, DeliveryId, Moment, Network, Payload, Settings, SimError};

use crate::repl::definition::Letter;

/// Ticks that one input may lead to.
const MOST_TICKS: u32 = 1_000;

/// Why the nodes could not go on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// The user pressed Ctrl-C.
    Interrupted,
    /// In words.
    Wrong(String),
}

/// Something that could be seen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Seen {
    /// A table or view changed at a node.
    Changed(Address, RelationId, Row, bool),
    /// An event or channel held a row.
    Held(Address, RelationId, Row),
    /// A message was sent; a held one with its number.
    Sent(Address, Send, Option<u32>),
    /// Something was reported.
    Reported(Address, Report),
    /// The nodes were still busy after so many ticks.
    Busy(u32),
    /// After so many moments of beating timers the rest of a time passed without.
    Beaten(u32),
}

/// The nodes.
pub struct Machine {
    /// What they run.
    pub stratified: Arc<Stratified>,
    /// How many there are.
    pub deployment: Deployment,
    network: Network<Reference>,
    /// What is held: nothing, or messages of these channels (all, if none are named).
    holding: Option<Vec<String>>,
    /// The numbers of held messages.
    held: BTreeMap<DeliveryId, u32>,
    last_held: u32,
    /// The time at all nodes.
    now: i64,
    /// Ticks run, from which their random seeds are made.
    ticks: i64,
    /// What was seen since it was last asked for.
    pub seen: Vec<Seen>,
    stop: Arc<AtomicBool>,
}

/// How many rounds of recursion a tick may have.
pub const TICK_LIMIT: u64 = 100_000;

impl Machine {
    /// Nodes that have run no tick, at the time `now`; `first` must be part of the first tick (rows of static inputs).
    ///
    /// # Errors
    /// There is a row for a node that doesn't exist.
    pub fn new(
        stratified: Arc<Stratified>,
        deployment: Deployment,
        first: Vec<(Address, InputRow)>,
        now: i64,
        stop: Arc<AtomicBool>,
    ) -> Result<Machine, Failure> {
        let options = Options { observe: Observe::Everything, tick_limit: TICK_LIMIT };
        let engine = |me| {
            let site = Site { me, deployment: deployment.clone() };
            Reference::new(&stratified, site, options).until(Stop::on(Arc::clone(&stop)))
        };
        let network = Network::new(&stratified.program, &deployment, first, Settings::default(), engine);
        let network = network.map_err(|error| Failure::Wrong(words(&error, &stratified.program)))?;
        Ok(Machine {
            network,
            stratified,
            deployment,
            holding: None,
            held: BTreeMap::new(),
            last_held: 0,
            now,
            ticks: 0,
            seen: Vec::new(),
            stop,
        })
    }

    /// Whether the user pressed Ctrl-C.
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Set to end what is being evaluated.
    pub fn stop(&self) -> Stop {
        Stop::on(Arc::clone(&self.stop))
    }

    /// The program.
    pub fn program(&self) -> &Program {
        &self.stratified.program
    }

    /// The nodes of a role.
    pub fn nodes_of(&self, relation: RelationId) -> Vec<Address> {
        self.deployment.members(self.program().relations[relation].role).collect()
    }

    /// What a relation holds at a node.
    pub fn content(&self, node: Address, relation: RelationId) -> BTreeSet<Row> {
        self.network.engine(node).map(|engine| engine.holds(relation).clone()).unwrap_or_default()
    }

    /// Every row an event or channel ever held at a node.
    pub fn ever(&self, node: Address, relation: RelationId) -> BTreeSet<Row> {
        self.network.history().ever(node, relation)
    }

    /// Everything reported so far.
    pub fn reports(&self) -> BTreeSet<(Address, Report)> {
        self.network.reports().map(|(node, _, report)| (node, report.clone())).collect()
    }

    /// The rows of a fact with the nodes that get it.
    ///
    /// # Errors
    /// It has no value there.
    pub fn rows_of(&self, fact: &Fact, one: bool) -> Result<Vec<(Address, InputRow)>, Failure> {
        let relation = &self.program().relations[fact.relation];
        let nodes: Vec<Address> = self.deployment.members(relation.role).collect();
        let mut rows = Vec::new();
        for me in nodes {
            let site = Site { me, deployment: self.deployment.clone() };
            let value = |expr| {
                evaluate(expr, &|_: &VarId| None, &site)
                    .map_err(|why| Failure::Wrong(format!("a value of `{}`: {why}", relation.name)))
            };
            if let Some(place) = &fact.place
                && value(place)? != Value::Address(me)
            {
                continue;
            }
            let row: Row = fact.values.iter().map(value).collect::<Result<_, _>>()?;
            rows.push((me, InputRow { relation: fact.relation, row }));
        }
        if one && fact.place.is_none() {
            // The host gives a row to one node: to the one that the declaration says.
            let shard = rows.first().and_then(|(me, input)| {
                let shards = relation.shards.as_ref()?;
                let site = Site { me: *me, deployment: self.deployment.clone() };
                match evaluate(&shards.member, &|column| input.row.get(*column), &site) {
                    Ok(Value::Int(number)) => Some(self.deployment.member(relation.role, number)),
                    Ok(_) | Err(_) => None,
                }
            });
            let chosen = shard.or(rows.first().map(|(node, _)| *node));
            rows.retain(|(node, _)| Some(*node) == chosen);
        }
        Ok(rows)
    }

    /// Puts rows under way.
    ///
    /// # Errors
    /// There is no such node, or it is too late.
    pub fn feed(&mut self, rows: Vec<(Address, InputRow)>) -> Result<(), Failure> {
        for (node, input) in rows {
            self.network.feed(node, input).map_err(|error| self.failure(&error))?;
        }
        Ok(())
    }

    /// Puts deletes of rows under way.
    ///
    /// # Errors
    /// The rows are of no mutable input.
    pub fn delete(&mut self, rows: Vec<(Address, InputRow)>) -> Result<(), Failure> {
        for (node, input) in rows {
            self.network.delete(node, input).map_err(|error| self.failure(&error))?;
        }
        Ok(())
    }

    /// Runs ticks until nothing is due. In each round every node with something to do takes all that may arrive.
    ///
    /// # Errors
    /// A tick fails, or the user interrupts.
    pub fn settle(&mut self) -> Result<(), Failure> {
        let mut ticks = 0;
        loop {
            let ready: Vec<Address> =
                self.network.nodes().filter(|node| self.network.is_ready(*node)).collect();
            if ready.is_empty() {
                return Ok(());
            }
            for node in ready {
                if ticks == MOST_TICKS {
                    self.seen.push(Seen::Busy(ticks));
                    return Ok(());
                }
                ticks += 1;
                self.tick(node)?;
            }
        }
    }

    /// One tick of every node, due or not, then rest.
    ///
    /// # Errors
    /// See [`Machine::settle`].
    pub fn tick_all(&mut self) -> Result<(), Failure> {
        let nodes: Vec<Address> = self.network.nodes().collect();
        for node in nodes {
            self.tick(node)?;
        }
        Ok(())
    }

    fn tick(&mut self, node: Address) -> Result<(), Failure> {
        let arriving = self.network.arriving(node);
        self.step(node, &arriving, Vec::new())
    }

    fn step(&mut self, node: Address, ids: &[DeliveryId], timers: Vec<RelationId>) -> Result<(), Failure> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Failure::Interrupted);
        }
        // What is sent without being held is seen when it is sent.
        let was_held: BTreeSet<(RelationId, Row)> = self
            .network
            .pending()
            .filter(|delivery| self.held.contains_key(&delivery.id) && ids.contains(&delivery.id))
            .filter_map(|delivery| message(delivery).map(|m| (m.relation, m.row.clone())))
            .collect();
        self.ticks += 1;
        let seed = hash_value(&Value::Int(self.ticks)) as u64;
        let record = match self.network.step_at(node, ids, Moment { now: self.now, seed, timers }) {
            Ok(record) => record.clone(),
            Err(error) => return Err(self.failure(&error)),
        };
        self.held.retain(|id, _| !ids.contains(id));
        let mut numbers: BTreeMap<(Address, RelationId, Row), u32> = BTreeMap::new();
        for delivery in self.network.pending() {
            let new = delivery.held && !self.held.contains_key(&delivery.id);
            if let Some(Message { relation, row, .. }) = message(delivery).filter(|_| new) {
                self.last_held += 1;
                self.held.insert(delivery.id, self.last_held);
                numbers.insert((delivery.to, *relation, row.clone()), self.last_held);
            }
        }
        for (relation, changes) in &record.effects.changes {
            let declared = &self.stratified.program.relations[*relation];
            // What goes makes room for what comes.
            let (gone, come): (Vec<_>, Vec<_>) = changes.iter().partition(|change| !change.added);
            for change in gone.into_iter().chain(come) {
                let row = change.row.clone();
                if !declared.is_momentary() {
                    self.seen.push(Seen::Changed(node, *relation, row, change.added));
                } else if !declared.is_channel() || was_held.contains(&(*relation, row.clone())) {
                    self.seen.push(Seen::Held(node, *relation, row));
                }
            }
        }
        for send in &record.effects.sends {
            let number = numbers.get(&(send.to, send.relation, send.row.clone())).copied();
            self.seen.push(Seen::Sent(node, send.clone(), number));
        }
        let reports = record.effects.reports.iter();
        self.seen.extend(reports.map(|report| Seen::Reported(node, report.clone())));
        Ok(())
    }

    /// Holds messages of these channels from now on, all if none are named.
    pub fn hold(&mut self, channels: &[String]) {
        let program = self.program();
        let wanted: BTreeSet<RelationId> =
            channels.iter().filter_map(|name| program.relation_named(name)).collect();
        let all = channels.is_empty();
        self.network.release_all();
        self.network.hold_when(move |delivery| {
            message(delivery).is_some_and(|message| all || wanted.contains(&message.relation))
        });
        self.holding = Some(channels.to_vec());
    }

    /// Holds nothing any more.
    pub fn unhold(&mut self) {
        self.network.release_all();
        self.holding = None;
    }

    /// What is held: nothing, or messages of these channels (all, if none are named).
    pub fn holding(&self) -> Option<&[String]> {
        self.holding.as_deref()
    }

    /// The held messages with their numbers, oldest first.
    pub fn held(&self) -> Vec<(u32, Letter)> {
        let number = |delivery: &Delivery| self.held.get(&delivery.id).copied();
        let mut held: Vec<_> = self
            .network
            .pending()
            .filter_map(|delivery| Some((number(delivery)?, self.letter(delivery)?)))
            .collect();
        held.sort_by_key(|(number, _)| *number);
        held
    }

    fn letter(&self, delivery: &Delivery) -> Option<Letter> {
        let message = message(delivery)?;
        let program = self.program();
        Some(Letter {
            from: print::address(message.sender, program),
            to: print::address(delivery.to, program),
            row: row_text(message.relation, &message.row, program),
        })
    }

    /// Lets held messages arrive, those for one node together. Letters that are not under way are passed over.
    ///
    /// # Errors
    /// See [`Machine::settle`].
    pub fn deliver(&mut self, letters: &[Letter]) -> Result<(), Failure> {
        let mut wanted: Vec<&Letter> = letters.iter().collect();
        let mut arriving: BTreeMap<Address, Vec<DeliveryId>> = BTreeMap::new();
        for delivery in self.network.pending().filter(|delivery| delivery.held) {
            let Some(letter) = self.letter(delivery) else { continue };
            if let Some(at) = wanted.iter().position(|wanted| **wanted == letter) {
                wanted.remove(at);
                arriving.entry(delivery.to).or_default().push(delivery.id);
            }
        }
        for (node, mut ids) in arriving {
            // What one tick sent on an ordered channel comes after what an earlier one did.
            while !ids.is_empty() {
                let (now, later): (Vec<DeliveryId>, Vec<DeliveryId>) =
                    ids.into_iter().partition(|id| self.network.is_next(*id));
                if now.is_empty() {
                    break;
                }
                self.step(node, &now, Vec::new())?;
                // What came with them is not under way any more.
                ids = later.into_iter().filter(|id| self.network.is_pending(*id)).collect();
            }
        }
        self.settle()
    }

    /// Lets held messages arrive until none is left, though those to come are held again.
    ///
    /// # Errors
    /// See [`Machine::settle`].
    pub fn run(&mut self) -> Result<(), Failure> {
        for _ in 0..MOST_TICKS {
            let letters: Vec<Letter> = self.held().into_iter().map(|(_, letter)| letter).collect();
            if letters.is_empty() {
                return Ok(());
            }
            self.deliver(&letters)?;
        }
        self.seen.push(Seen::Busy(MOST_TICKS));
        Ok(())
    }

    /// The time at all nodes.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// Sets the clock; no timer beats for what is passed over.
    pub fn set_clock(&mut self, now: i64) {
        self.now = now;
    }

    /// Lets so much time pass: timers beat at the multiples of their periods since 1970, and after each moment ticks run
    /// to rest.
    ///
    /// # Errors
    /// See [`Machine::settle`].
    pub fn pass(&mut self, nanoseconds: i64) -> Result<(), Failure> {
        let end = self.now.saturating_add(nanoseconds);
        for beats in 0.. {
            let timers = self.next_beats();
            let Some(moment) = timers.iter().map(|(_, at)| *at).min().filter(|at| *at <= end) else { break };
            if beats == MOST_TICKS {
                self.seen.push(Seen::Beaten(beats));
                break;
            }
            self.now = moment;
            let nodes: Vec<Address> = self.network.nodes().collect();
            for node in nodes {
                let here = |id: &RelationId| self.program().relations[*id].role == node.role;
                let due = timers.iter().filter(|(id, at)| *at == moment && here(id)).map(|(id, _)| *id);
                let due: Vec<RelationId> = due.collect();
                if !due.is_empty() {
                    let arriving = self.network.arriving(node);
                    self.step(node, &arriving, due)?;
                }
            }
            self.settle()?;
        }
        self.now = end;
        Ok(())
    }

    /// When each timer beats next.
    fn next_beats(&self) -> Vec<(RelationId, i64)> {
        let next = |every: i64| (self.now.div_euclid(every.max(1)) + 1).saturating_mul(every.max(1));
        let relations = self.program().relations.entries();
        let timers = relations.filter_map(|(id, relation)| match relation.kind {
            RelationKind::Timer { every } => Some((id, next(every))),
            RelationKind::Table | RelationKind::View | RelationKind::Event | RelationKind::Channel { .. } => {
                None
            }
        });
        timers.collect()
    }

    fn failure(&self, error: &SimError) -> Failure {
        if self.stop.load(Ordering::Relaxed) {
            Failure::Interrupted
        } else {
            Failure::Wrong(words(error, self.program()))
        }
    }
}

/// Whether rows of the relation can only be part of the first tick.
pub fn is_first(relation: RelationId, program: &Program) -> bool {
    program.relations[relation].input == Some(InputMode::Static)
}

fn message(delivery: &Delivery) -> Option<&Message> {
    match &delivery.payload {
        Payload::Message(message) => Some(message),
        Payload::Input(_) | Payload::Delete(_) => None,
    }
}

fn words(error: &SimError, program: &Program) -> String {
    let name = |relation: &RelationId| program.relations.get(*relation).map_or("?", |r| r.name.as_str());
    match error {
        SimError::Engine { error: EngineError::TickLimit { rounds, relation }, .. } => format!(
            "`{}` still got new rows after {rounds} rounds: its recursion seems to have no end",
            name(relation)
        ),
        SimError::Engine { error: EngineError::Failed(why), .. } => why.clone(),
        SimError::NoSuchNode(node) => {
            format!("there is no node {}; see `:nodes`", print::address(*node, program))
        }
        SimError::LateStatic { relation, .. } => {
            format!("`{}` is fixed after the first tick", name(relation))
        }
        SimError::NotMutable(relation) => {
            format!("rows can be deleted from a `mutable input table` only, and `{}` is none", name(relation))
        }
        SimError::OutOfOrder(_) => "this waits for something older that has to arrive before it".to_owned(),
        SimError::NotLossy(_) => "this can't be lost".to_owned(),
        SimError::NotPending(_) => "this is not under way any more".to_owned(),
    }
}

/// `link("a", 1)`.
pub fn row_text(relation: RelationId, row: &Row, program: &Program) -> String {
    let Some(relation) = program.relations.get(relation) else { return "?".to_owned() };
    format!("{}({})", relation.name, values_text(row, relation.types(), program))
}

/// Values as programs write them, but times as they are read.
pub fn values_text(row: &[Value], types: impl IntoIterator<Item = Type>, program: &Program) -> String {
    let mut text = String::new();
    let written = print::row(row, types, program);
    let mut pieces = written.split("parse_time(\"");
    text.push_str(pieces.next().unwrap_or(""));
    for piece in pieces {
        // (In a text the quote would stand after a `\`.)
        let (time, rest) = piece.split_once("\")").unwrap_or((piece, ""));
        text.push_str(time);
        text.push_str(rest);
    }
    text
}
