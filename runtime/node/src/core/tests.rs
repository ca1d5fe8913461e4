//! The tick loop's decisions, with an engine that does what it is told.

use std::collections::BTreeSet;

use floret_ir::{Deployment, EngineError, RelationId, Send};

use super::*;
use crate::links::{Arrived, Limits, Traffic};
use crate::shell::testing::{HOP, input, program, row, worker};
use crate::wire::Session;

const GO: RelationId = crate::shell::testing::GO;

/// Sends each arrived input to whom it is told, and asks again while there was one. Its stored state is the number of its ticks.
struct Echo {
    to: Address,
    ticks: i64,
    seen: Vec<usize>,
}

impl Engine for Echo {
    fn tick(&mut self, arrivals: &Arrivals) -> Result<Effects, EngineError> {
        self.ticks += 1;
        self.seen.push(arrivals.inputs.len() + arrivals.messages.len());
        if arrivals.inputs.iter().any(|input| input.row == row(-1, 0)) {
            return Err(EngineError::Failed("told to".into()));
        }
        let send = |input: &InputRow| Send { to: self.to, relation: HOP, row: input.row.clone() };
        let sends: BTreeSet<Send> = arrivals.inputs.iter().map(send).collect();
        Ok(Effects { again: !sends.is_empty(), sends, ..Effects::default() })
    }
    fn stored(&self) -> Stored {
        Stored { tables: [(GO, vec![row(self.ticks, 0)])].into(), ..Stored::default() }
    }
    fn resume(&mut self, stored: Stored) -> Result<(), EngineError> {
        self.ticks = crate::shell::testing::numbers(&stored.tables[&GO][0]).0;
        Ok(())
    }
    fn counters(&self) -> Counters {
        Counters { ticks: self.ticks.cast_unsigned(), ..Counters::default() }
    }
}

fn node(to: Address) -> (Core, Links) {
    let schema = Arc::new(Schema::new(Arc::new(program()), Deployment::new([2].into_iter().collect())));
    let engine = Box::new(Echo { to, ticks: 0, seen: Vec::new() });
    let links = Links::new(worker(0), &schema.program, [worker(1)], 7, Limits::default());
    (Core::new(worker(0), schema, engine, Timers::default(), 0), links)
}

fn sums(links: &Links) -> (u64, u64) {
    let Traffic { sent, processed, .. } = links.traffic();
    (sent, processed)
}

/// `ids` come from the other node, which numbers them from `first`.
fn receive(links: &mut Links, first: u64, ids: std::ops::Range<i64>) {
    let session = Session { incarnation: 9, generation: 0 };
    links.meet(worker(1), session, 0).unwrap();
    let rows = ids.map(|id| row(id, 0)).collect();
    let arrived = Arrived { relation: HOP, ordered: None, first, rows, weight: 1 };
    links.receive(worker(1), session, arrived).unwrap();
}

#[test]
fn first_tick_is_due_without_arrivals_and_once() {
    let (mut core, mut links) = node(worker(1));
    assert!(core.is_due(&links));
    assert_eq!(core.tick(&mut links, 0).unwrap().entry.number, 1);
    assert!(!core.is_due(&links));
}

#[test]
fn everything_that_arrived_is_one_tick() {
    let (mut core, mut links) = node(worker(1));
    receive(&mut links, 0, 4..5);
    // The first tick has the facts and the input tables; messages come after it.
    assert_eq!(core.tick(&mut links, 0).unwrap().entry.arrivals.messages, []);
    core.offer_inputs([input(GO, 1, 0), input(GO, 2, 0)]);
    receive(&mut links, 1, 5..6);
    let tick = core.tick(&mut links, 0).unwrap();
    assert_eq!((tick.effects.sends.len(), tick.entry.arrivals.messages.len()), (2, 2));
    assert_eq!(sums(&links), (2, 2));
    // The engine asked for another tick; it comes without arrivals and is the last.
    assert!(core.is_due(&links));
    core.tick(&mut links, 0).unwrap();
    assert!(!core.is_due(&links));
}

#[test]
fn messages_to_itself_wait_for_the_next_tick_and_count() {
    let (mut core, mut links) = node(worker(0));
    core.offer_inputs([input(GO, 7, 0)]);
    core.tick(&mut links, 0).unwrap();
    assert_eq!(sums(&links), (1, 0));
    let tick = core.tick(&mut links, 0).unwrap();
    let came: Vec<_> = tick.entry.arrivals.messages.iter().map(|m| (m.sender, m.row.clone())).collect();
    assert_eq!((came, sums(&links)), (vec![(worker(0), row(7, 0))], (1, 1)));
    assert!(!core.is_due(&links));
}

#[test]
fn a_failed_tick_counts_nothing() {
    let (mut core, mut links) = node(worker(1));
    core.offer_inputs([input(GO, -1, 0), input(GO, 3, 0)]);
    let error = CoreError::Engine(EngineError::Failed("told to".into()));
    assert_eq!(core.tick(&mut links, 0).unwrap_err(), error);
    assert_eq!(sums(&links), (0, 0));
}

#[test]
fn nothing_is_acknowledged_or_sent_before_the_commit() {
    let (mut core, mut links) = node(worker(1));
    core.tick(&mut links, 0).unwrap();
    core.offer_inputs([input(GO, 1, 0)]);
    receive(&mut links, 0, 5..8);
    let session = Session { incarnation: 9, generation: 0 };
    let due = core.begin(&mut links, 0);
    let mut tick = core.run(due).unwrap();
    assert_eq!(links.acknowledgement(worker(1), session), Some(0));
    assert!(links.is_flushed());
    let committed = Core::commit(&mut links, &mut tick);
    assert_eq!((committed.sent, committed.acknowledged), (vec![worker(1)], vec![worker(1)]));
    assert_eq!(links.acknowledgement(worker(1), session), Some(3));
    assert!(!links.is_flushed());
}

/// What is kept brings a node to the state it was in, whether or not a snapshot replaced the first ticks.
#[test]
fn a_node_comes_back_from_its_ticks() {
    for snapshot_after in [None, Some(1), Some(2), Some(4)] {
        let (mut core, mut links) = node(worker(0));
        let (mut snapshot, mut entries) = (None, Vec::new());
        for nth in 0..5 {
            if nth < 2 {
                receive(&mut links, nth, 10..11);
            }
            core.offer_inputs((nth < 3).then(|| input(GO, nth.cast_signed(), 0)));
            let before = core.stored();
            let tick = core.tick(&mut links, 0).unwrap();
            if snapshot_after == Some(nth) {
                entries.clear();
                snapshot = Some(Snapshot { before, entry: tick.entry, links: links.state() });
            } else {
                entries.push(tick.entry);
            }
        }
        // Lost with the crash, as if it had never come: no tick took it.
        receive(&mut links, 2, 50..51);
        let (mut back, mut back_links) = node(worker(0));
        back.resume(&mut back_links, snapshot, entries).unwrap();
        back_links.start(0);
        assert_eq!((back.ticks(), back.stored()), (core.ticks(), core.stored()));
        assert_eq!(back_links.state(), links.state(), "snapshot after tick {snapshot_after:?}");
        // What it had taken doesn't come again.
        let session = Session { incarnation: 9, generation: 0 };
        assert_eq!(back_links.meet(worker(1), session, 1).unwrap().next, 2);
    }
}

#[test]
fn a_tick_is_seen_if_somebody_is_told_of_it() {
    let (mut core, mut links) = node(worker(1));
    // The first tick has nothing to do.
    assert!(!core.tick(&mut links, 0).unwrap().is_seen());
    core.offer_inputs([input(GO, 1, 0)]);
    assert!(core.tick(&mut links, 0).unwrap().is_seen());
    // The one that the last one asked for.
    assert!(!core.tick(&mut links, 0).unwrap().is_seen());
    // The other node is met, and is told that its row was taken.
    receive(&mut links, 0, 0..1);
    assert!(core.tick(&mut links, 0).unwrap().is_seen());
}
