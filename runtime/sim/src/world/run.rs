//! A run: events one after the other until nothing is under way.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::{Address, InputMode, RelationId, Row, Timers};
use floret_node::wire::Body;
use floret_node::{Core, Links, Tick};

use super::chronicle::{Chronicle, What};
use super::claim::Memory;
use super::connection::{Connection, ConnectionId};
use super::contents::Contents;
use super::disk::wants_snapshot;
use super::event::Event;
use super::job::{End, Job, Outcome, RunOf};
use super::machine::{Machine, Node, Outgoing, Ran};
use super::queue::Queue;
use crate::Record;
use crate::faults::{CrashPoint, Extent, Fault, MILLISECOND};
use crate::random::mix;

/// Between a reason for a tick and the tick there is up to so much time.
pub(super) const THINKING: i64 = 2 * MILLISECOND;
/// A node that is blocked looks again after this.
const STALL: i64 = 5 * MILLISECOND;
/// Without a patience of the limits: when a connection is taken for dead.
const SILENCE: i64 = 5_000 * MILLISECOND;

/// All of a run.
pub(super) struct World<'a> {
    pub job: &'a Job<'a>,
    pub run: &'a RunOf,
    pub queue: Queue<Event>,
    /// How many planned events are no idle ones.
    busy: usize,
    /// When the last of those was.
    last_busy: i64,
    pub machines: BTreeMap<Address, Machine>,
    pub connections: BTreeMap<ConnectionId, Connection>,
    pub next_connection: u64,
    /// How many frames each node has sent to each.
    pub frames: BTreeMap<(Address, Address), u64>,
    pub chronicle: Chronicle,
    pub contents: Contents,
    /// Relations whose rows were lost since the claims were looked at.
    pub forgotten: BTreeSet<RelationId>,
    /// What the claims remember.
    pub memory: Memory,
    pub happened: BTreeSet<Fault>,
    pub fed: BTreeSet<usize>,
    /// Whether messages may have been lost with nodes that have no disk, or with peers that were given up.
    pub loses: bool,
    pub end: Option<End>,
    /// It was stopped when its time was over.
    pub is_late: bool,
}

/// Runs a job once. The same job and run give the same outcome.
pub fn run(job: &Job<'_>, run: &RunOf) -> Outcome {
    let mut world = World::new(job, run);
    world.go();
    world.finish();
    world.outcome()
}

impl<'a> World<'a> {
    fn new(job: &'a Job<'a>, run: &'a RunOf) -> Self {
        let durable = |node: Address| job.program().roles.get(node.role).is_some_and(|role| role.durable);
        let machines = job.deployment.nodes().map(|node| (node, Machine::new(durable(node)))).collect();
        World {
            job,
            run,
            queue: Queue::new(),
            busy: 0,
            last_busy: 0,
            machines,
            connections: BTreeMap::new(),
            next_connection: 0,
            frames: BTreeMap::new(),
            chronicle: Chronicle::default(),
            contents: Contents::default(),
            forgotten: BTreeSet::new(),
            memory: Memory::default(),
            happened: BTreeSet::new(),
            fed: BTreeSet::new(),
            loses: false,
            end: None,
            is_late: false,
        }
    }

    fn outcome(self) -> Outcome {
        let until = self.queue.now();
        let is_late = self.is_late;
        let end = self.end.unwrap_or(End::Rest);
        let ticks = self.machines.iter().map(|(node, machine)| (*node, machine.begun)).collect();
        Outcome {
            chronicle: self.chronicle,
            at: if is_late { self.job.until } else { until },
            end,
            faults: self.happened,
            extent: Extent { until, ticks },
            inputs: self.fed,
            loses: self.loses,
        }
    }

    pub fn plan(&mut self, at: i64, event: Event) {
        self.busy += usize::from(!event.is_idle());
        self.queue.plan(at, event);
    }

    pub fn now(&self) -> i64 {
        self.queue.now()
    }

    /// A number from 0 to `most`, by the run's seed and what it is for.
    pub fn drawn(&self, most: i64, what: &[u64]) -> i64 {
        let bits = mix(&[self.run.seed, mix(what)]);
        (bits % most.unsigned_abs().saturating_add(1)).cast_signed()
    }

    /// What a connection may be silent.
    pub fn silence(&self) -> i64 {
        self.job
            .limits
            .peer_patience
            .map_or(SILENCE, |patience| i64::try_from(patience.as_nanos()).unwrap_or(i64::MAX))
    }

    fn go(&mut self) {
        self.set_out();
        while self.end.is_none() {
            let Some(at) = self.queue.next_at() else { return };
            if at > self.job.until {
                (self.end, self.is_late) = (Some(End::Time), true);
                return;
            }
            if self.busy == 0 && self.is_settled(at) {
                return;
            }
            let Some(event) = self.queue.advance() else { return };
            if !event.is_idle() {
                self.busy = self.busy.saturating_sub(1);
                self.last_busy = self.now();
            }
            self.happen(event);
        }
    }

    /// Whether nothing will ever happen again but signs of life.
    fn is_settled(&self, at: i64) -> bool {
        let watched = self
            .job
            .program()
            .roles
            .ids()
            .any(|role| floret_ir::peer_rows(self.job.program(), role, &[]).next().is_some());
        let flushed = self
            .machines
            .values()
            .filter_map(|machine| machine.node.as_ref())
            .all(|node| node.links.is_flushed());
        // Longer than any node is patient.
        (flushed && !watched) || at.saturating_sub(self.last_busy) > self.silence().saturating_mul(15)
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Start(node) => self.start(node),
            Event::Input { node, input } => {
                if let Some(machine) = self.machines.get_mut(&node) {
                    machine.offered.push_back(input);
                }
                self.stir(node);
            }
            Event::Connect { node, life, peer, again } => self.connect(node, life, peer, again),
            Event::Arrive(arrival) => self.arrive(arrival),
            Event::Ended { connection, side } => self.ended(connection, side),
            Event::Tick { node, life } => self.tick_event(node, life),
            Event::Sync { node, life } => self.sync(node, life),
            Event::Look { node, life } => {
                if let Some(of) = self.node(node, life) {
                    of.look_planned = None;
                    self.stir(node);
                }
            }
            Event::Sign { connection, side } => self.sign(connection, side),
            Event::Pass { node, life } => self.pass(node, life),
            Event::Begin(fault) => self.begin(fault),
            Event::Finish(fault) => {
                let now = self.now();
                self.chronicle.add(now, What::Ends(fault));
            }
        }
    }

    fn begin(&mut self, fault: Fault) {
        let now = self.now();
        let until = match &fault {
            Fault::Partition { until, .. } => *until,
            Fault::Pause { node, until, .. } => {
                if let Some(machine) = self.machines.get_mut(node) {
                    machine.paused_until = machine.paused_until.max(*until);
                }
                *until
            }
            Fault::Crash { .. }
            | Fault::Skew { .. }
            | Fault::Lose(_)
            | Fault::Duplicate(_)
            | Fault::Slow(_) => {
                return;
            }
        };
        self.happened.insert(fault.clone());
        self.chronicle.add(now, What::Begins(fault.clone()));
        self.plan(until, Event::Finish(fault));
    }

    /// A node in this life.
    pub fn node(&mut self, node: Address, life: u64) -> Option<&mut Node> {
        let machine = self.machines.get_mut(&node)?;
        if machine.lives == life { machine.node.as_mut() } else { None }
    }

    /// When a node that stands still goes on, if that is later than now.
    pub fn paused(&self, node: Address) -> Option<i64> {
        let until = self.machines.get(&node)?.paused_until;
        (until > self.now()).then_some(until)
    }

    fn start(&mut self, address: Address) {
        if let Some(until) = self.paused(address) {
            return self.plan(until, Event::Start(address));
        }
        let now = self.now();
        let (job, seed) = (self.job, self.run.seed);
        let Some(machine) = self.machines.get_mut(&address) else { return };
        if machine.node.is_some() {
            return;
        }
        machine.lives += 1;
        let life = machine.lives;
        let site = [u64::from(address.role.0), u64::from(address.index)];
        // A durable node is the same one in all its lives.
        let who = if machine.disk.is_some() { 0 } else { life };
        let incarnation = mix(&[seed, 3, site[0], site[1], who]);
        let timers = Timers::new(job.program(), address.role, now.saturating_add(machine.skew));
        let of_ticks = mix(&[seed, 4, who]);
        let core =
            Core::new(address, std::sync::Arc::clone(&job.schema), (job.engine)(address), timers, of_ticks);
        let links = Links::new(address, job.program(), job.deployment.nodes(), incarnation, job.limits);
        machine.node = Some(Node {
            core,
            links,
            tick_planned: false,
            look_planned: None,
            store: None,
            uncommitted: None,
            outgoing: BTreeMap::new(),
            incoming: BTreeSet::new(),
        });
        if life > 1 {
            self.comes_back(address);
        }
        if let Err(why) = self.open_store(address, incarnation) {
            self.end = Some(End::Failed { node: address, why });
            return;
        }
        if let Some(node) = self.node(address, life) {
            node.links.start(now);
        }
        let next = now.saturating_add(self.silence() / 5);
        self.plan(next, Event::Pass { node: address, life });
        self.stir(address);
    }

    fn pass(&mut self, address: Address, life: u64) {
        let now = self.now();
        let Some(node) = self.node(address, life) else { return };
        let news = node.links.pass(now);
        let next = now.saturating_add(self.silence() / 5);
        self.plan(next, Event::Pass { node: address, life });
        if news {
            self.stir(address);
        }
    }

    /// Plans whatever the node has a reason for now.
    pub fn stir(&mut self, address: Address) {
        let now = self.now();
        let Some(machine) = self.machines.get_mut(&address) else { return };
        let (skew, life, begun) = (machine.skew, machine.lives, machine.begun);
        let Some(node) = &mut machine.node else { return };
        node.core.pass(now.saturating_add(skew));
        let wanted: Vec<Address> = node
            .links
            .peers()
            .filter(|peer| node.links.wants_connection(*peer) && !node.outgoing.contains_key(peer))
            .collect();
        for peer in &wanted {
            node.outgoing.insert(*peer, Outgoing::Planned { failures: 0 });
        }
        let due = node.core.is_due(&node.links) || !machine.offered.is_empty();
        let blocked = node.links.is_blocked();
        let ticks = due && !blocked && !node.tick_planned && node.uncommitted.is_none();
        node.tick_planned |= ticks;
        let mut look = node.core.next_beat().map(|beat| beat.saturating_sub(skew));
        if due && blocked {
            node.links.say_blocked();
            look = Some(now.saturating_add(STALL).min(look.unwrap_or(i64::MAX)));
        }
        let look = look.filter(|at| node.look_planned.is_none_or(|planned| *at < planned));
        if look.is_some() {
            node.look_planned = look;
        }
        let words: Vec<ConnectionId> =
            if due && blocked { node.incoming.iter().copied().collect() } else { Vec::new() };
        for peer in wanted {
            self.plan(now, Event::Connect { node: address, life, peer, again: false });
        }
        if ticks {
            let site = [u64::from(address.role.0), u64::from(address.index)];
            let thinking = self.drawn(THINKING, &[5, site[0], site[1], begun]);
            self.plan(now.saturating_add(thinking), Event::Tick { node: address, life });
        }
        if let Some(at) = look {
            self.plan(at, Event::Look { node: address, life });
        }
        for connection in words {
            self.speak(connection, false);
        }
    }

    fn tick_event(&mut self, address: Address, life: u64) {
        if let Some(until) = self.paused(address) {
            return self.plan(until, Event::Tick { node: address, life });
        }
        let now = self.now();
        let Some(machine) = self.machines.get_mut(&address) else { return };
        if machine.lives != life {
            return;
        }
        let Some(node) = &mut machine.node else { return };
        node.tick_planned = false;
        let wall = now.saturating_add(machine.skew);
        node.core.pass(wall);
        let due = node.core.is_due(&node.links) || !machine.offered.is_empty();
        if node.uncommitted.is_some() {
            return;
        }
        if !due || node.links.is_blocked() {
            return self.stir(address);
        }
        machine.begun += 1;
        let begun = machine.begun;
        let crash = self.crash_in(address, begun);
        if let Some((CrashPoint::BeforeTick, fault)) = crash {
            return self.crash(fault);
        }
        let inputs = self.take_inputs(address);
        let Some(node) = self.node(address, life) else { return };
        let snapshot = node.store.as_ref().is_some_and(wants_snapshot);
        let before = snapshot.then(|| node.core.stored());
        let due = node.core.begin(&mut node.links, wall);
        let senders: Vec<Address> = due.senders().collect();
        let tick = match node.core.run(due) {
            Ok(tick) => tick,
            Err(error) => {
                let (why, _) = error.describe(self.job.program());
                self.end = Some(End::Failed { node: address, why });
                return;
            }
        };
        let record = self.record(address, &tick);
        let ran = Ran { tick, inputs, record, crash, before };
        self.ran(address, life, ran);
        for sender in senders {
            self.drain_from(address, sender);
        }
        self.stir(address);
    }

    /// The crash that is to happen in a node's tick.
    fn crash_in(&self, address: Address, begun: u64) -> Option<(CrashPoint, Fault)> {
        self.run.plan.events().find_map(|fault| match fault {
            Fault::Crash { node, tick, point, .. } if *node == address && *tick == begun => {
                Some((*point, fault.clone()))
            }
            _ => None,
        })
    }

    fn record(&mut self, node: Address, tick: &Tick) -> usize {
        let now = self.now();
        let at = self.chronicle.records.len();
        self.chronicle.add_tick(
            now,
            Record {
                node,
                tick: tick.entry.number,
                arrivals: tick.entry.arrivals.clone(),
                effects: tick.effects.clone(),
            },
        );
        at
    }

    /// Gives what the host offers to the node's next tick; of changes of one key of a mutable input only the first.
    fn take_inputs(&mut self, address: Address) -> Vec<usize> {
        let job = self.job;
        let Some(machine) = self.machines.get_mut(&address) else { return Vec::new() };
        let Some(node) = &mut machine.node else { return Vec::new() };
        let mut keys: BTreeSet<(RelationId, Row)> = BTreeSet::new();
        let mut taken = Vec::new();
        while let Some(input) = machine.offered.front().copied() {
            let Some((_, row)) = job.input(input) else { break };
            if let Some(declared) = job.program().relations.get(row.relation)
                && declared.input == Some(InputMode::Mutable)
            {
                let key = row.row.get(..declared.key.unwrap_or(row.row.len())).unwrap_or(&[]);
                if !keys.insert((row.relation, key.to_vec())) {
                    break;
                }
            }
            machine.offered.pop_front();
            node.core.offer_inputs([row.clone()]);
            taken.push(input);
        }
        taken
    }

    /// The body of a frame that this program makes itself.
    pub fn decode(bytes: &[u8]) -> Option<Body> {
        floret_node::wire::decode(bytes).ok()
    }
}
