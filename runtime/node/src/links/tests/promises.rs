//! Whatever breaks between two nodes, in whatever order: rows of a session are taken once, in their order and none is
//! missing; batches of an ordered channel are whole and alone in their tick.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// What happens.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The sender's tick sends so many rows on the reliable channel, and on the ordered one.
    Send(u8, u8),
    /// A connection is made; the last one breaks, and what was on it is lost,
    Connect,
    /// or comes later.
    ConnectBesides,
    Load,
    Unload,
    UnloadOld,
    Acknowledge,
    /// The receiver's tick takes about so many.
    Take(u8),
    /// It crashes between taking and committing, and comes back with what it has committed, from a state and the ticks since.
    Crash,
    /// It keeps its state instead of the ticks so far.
    Snapshot,
    /// It comes back with nothing, as another incarnation.
    RestartReceiver,
    RestartSender,
    /// The sender gives the receiver up, or the other way round for nothing.
    GiveUp,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..4_u8, 0..4_u8).prop_map(|(reliable, ordered)| Step::Send(reliable, ordered)),
        2 => Just(Step::Connect),
        1 => Just(Step::ConnectBesides),
        8 => Just(Step::Load),
        8 => Just(Step::Unload),
        2 => Just(Step::UnloadOld),
        4 => Just(Step::Acknowledge),
        5 => (0..9_u8).prop_map(Step::Take),
        2 => Just(Step::Crash),
        1 => Just(Step::Snapshot),
        1 => Just(Step::RestartReceiver),
        1 => Just(Step::RestartSender),
        1 => Just(Step::GiveUp),
    ]
}

/// A row is named by the sender's life, so that none is mistaken: life * 10^6 + number.
const LIFE: i64 = 1_000_000;

struct World {
    schema: Arc<Schema>,
    sender: Node,
    receiver: Node,
    wire: Option<Wire>,
    old: Option<Wire>,
    /// The sender's session counts up: which of its rows are to be taken.
    life: i64,
    sent: BTreeMap<(i64, RelationId), i64>,
    /// Per life, channel and receiver's incarnation: the rows it took.
    taken: BTreeMap<(i64, RelationId, u64), Vec<i64>>,
    /// Of ordered rows, the tick of the sender.
    tick_of: BTreeMap<i64, (i64, u64)>,
    size_of: BTreeMap<(i64, u64), usize>,
    state: LinksState,
    log: Vec<(u64, LinkLog)>,
    incarnations: u64,
    now: i64,
}

impl World {
    fn new() -> World {
        let schema = schema(program());
        let sender = Node::new(SENDER, &schema, 1, Limits::default());
        let receiver = Node::new(RECEIVER, &schema, 2, Limits::default());
        let state = receiver.links.state();
        World {
            schema,
            sender,
            receiver,
            wire: None,
            old: None,
            life: 0,
            sent: BTreeMap::new(),
            taken: BTreeMap::new(),
            tick_of: BTreeMap::new(),
            size_of: BTreeMap::new(),
            state,
            log: Vec::new(),
            incarnations: 2,
            now: 0,
        }
    }

    fn send(&mut self, reliable: u8, ordered: u8) {
        let mut sends = Vec::new();
        for (relation, count) in [(HOP, reliable), (ORDER, ordered)] {
            for _ in 0..count {
                let next = self.sent.entry((self.life, relation)).or_default();
                let id = self.life * LIFE + *next;
                *next += 1;
                sends.push((RECEIVER, relation, id));
                if relation == ORDER {
                    let tick = (self.life, self.sender.ticks + 1);
                    self.tick_of.insert(id, tick);
                    *self.size_of.entry(tick).or_default() += 1;
                }
            }
        }
        self.sender.tick(&sends);
    }

    fn connect(&mut self) {
        self.sender.links.disconnected(RECEIVER);
        self.wire = connect(&mut self.sender, &mut self.receiver).ok();
        assert!(self.wire.is_some(), "a node of today is not refused");
    }

    fn take(&mut self, room: u8) {
        self.receiver.links.limits.tick_rows = usize::from(room);
        let taken = self.receiver.links.take(true);
        self.receiver.ticks += 1;
        self.receiver.links.commit(self.receiver.ticks, &taken.log, Vec::new());
        self.log.push((self.receiver.ticks, taken.log.clone()));
        let me = self.receiver.links.incarnation();
        let mut batches = BTreeMap::new();
        for id in ids(&taken, ORDER) {
            *batches.entry(self.tick_of[&id]).or_insert(0) += 1;
        }
        // Of one life at most one; a batch of a life that ended may come beside the next one's first.
        let lives: BTreeSet<i64> = batches.keys().map(|(life, _)| *life).collect();
        assert_eq!(lives.len(), batches.len(), "{batches:?}");
        for (tick, count) in batches {
            assert_eq!(count, self.size_of[&tick], "a batch in parts");
        }
        for relation in [HOP, ORDER] {
            for id in ids(&taken, relation) {
                self.taken.entry((id / LIFE, relation, me)).or_default().push(id % LIFE);
            }
        }
    }

    fn crash(&mut self) {
        // What it takes now is lost with it.
        self.receiver.links.take(true);
        let incarnation = self.receiver.links.incarnation();
        let mut links =
            Links::new(RECEIVER, &self.schema.program, (0..3).map(worker), incarnation, Limits::default());
        links.restore(self.state.clone());
        for (number, log) in &self.log {
            links.recall(*number, log, Vec::new());
        }
        links.start(self.now);
        self.receiver.links = links;
        (self.wire, self.old) = (None, None);
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Send(reliable, ordered) => self.send(reliable, ordered),
            Step::Connect => self.connect(),
            Step::ConnectBesides => {
                self.old = self.wire.take();
                self.connect();
            }
            Step::Load => {
                if let Some(wire) = &mut self.wire {
                    wire.load(&mut self.sender, RECEIVER);
                }
            }
            Step::Unload => {
                if let Some(wire) = &mut self.wire {
                    wire.unload(SENDER, &mut self.receiver).unwrap();
                }
            }
            Step::UnloadOld => {
                // What comes over an old connection is new, known or refused.
                if let Some(wire) = &mut self.old
                    && wire.unload(SENDER, &mut self.receiver).is_err()
                {
                    self.old = None;
                }
            }
            Step::Acknowledge => {
                if let Some(wire) = &self.wire {
                    wire.acknowledge(&mut self.sender, &self.receiver).unwrap();
                }
            }
            Step::Take(room) => self.take(room),
            Step::Crash => self.crash(),
            Step::Snapshot => {
                self.state = self.receiver.links.state();
                self.log.clear();
            }
            Step::RestartReceiver => {
                self.incarnations += 1;
                self.receiver = Node::new(RECEIVER, &self.schema, self.incarnations, Limits::default());
                self.receiver.links.start(self.now);
                (self.state, self.wire, self.old) = (self.receiver.links.state(), None, None);
                self.log.clear();
            }
            Step::RestartSender => {
                self.incarnations += 1;
                self.life += 1;
                self.sender = Node::new(SENDER, &self.schema, self.incarnations, Limits::default());
                self.sender.links.start(self.now);
                // Its connections die later than it does.
                self.old = self.wire.take();
            }
            Step::GiveUp => {
                self.now += 3600 * 1_000_000_000;
                if self.sender.links.pass(self.now) {
                    self.sender.tick(&[]);
                    self.life += 1;
                    self.old = self.wire.take();
                    // It is up again for the ticks to come.
                    self.connect();
                    self.sender.tick(&[]);
                }
                self.receiver.links.pass(self.now);
            }
        }
    }

    /// At last everything works.
    fn settle(&mut self) {
        self.connect();
        self.sender.tick(&[]);
        for _ in 0..1000 {
            let wire = self.wire.as_mut().unwrap();
            wire.carry_all(&mut self.sender, &mut self.receiver);
            self.take(9);
            self.wire.as_ref().unwrap().acknowledge(&mut self.sender, &self.receiver).unwrap();
            if self.sender.links.is_flushed() && !self.receiver.links.is_ready() {
                return;
            }
        }
        panic!("it doesn't come to an end");
    }

    fn check(&self) {
        let mut seen: BTreeMap<(i64, RelationId), BTreeSet<i64>> = BTreeMap::new();
        for ((life, relation, _), ids) in &self.taken {
            let first = ids[0];
            let expected: Vec<i64> = (first..first + ids.len() as i64).collect();
            assert_eq!(*ids, expected, "of life {life}");
            seen.entry((*life, *relation)).or_default().extend(ids);
        }
        // Of the last life, every row was taken by some incarnation of the receiver.
        for relation in [HOP, ORDER] {
            let sent = self.sent.get(&(self.life, relation)).copied().unwrap_or_default();
            let seen = seen.get(&(self.life, relation)).map_or(0, BTreeSet::len);
            assert_eq!(seen as i64, sent);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn rows_are_taken_once_and_in_order(steps in prop::collection::vec(step(), 0..120)) {
        let mut world = World::new();
        for one in steps {
            world.step(one);
        }
        world.settle();
        world.check();
    }
}
