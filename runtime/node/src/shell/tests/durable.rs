//! Durable nodes that are killed and started again on their data: every message is taken once.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use floret_ir::{
    Arrivals, Counters, Effects, Engine, EngineError, InputRow, Program, Relation, RowChange, SealedInput,
    Stored,
};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::super::testing::{ECHO, GO, Relay, SEED, WORKER, input, numbers, row, worker};
use super::super::{Alone, Drive, NodeError, NodeExit, run_node};
use super::delivery::going;
use super::{BOUND, Doors, PROGRAM_HASH, config, relay};
use crate::durable::Durable;
use crate::links::Limits;
use crate::store::{SnapshotPolicy, StoreError};

fn program() -> Program {
    let mut program = super::program();
    program.roles[WORKER].durable = true;
    let end = Relation { name: "$go::end".into(), columns: Vec::new(), ..program.relations[GO].clone() };
    let end = program.relations.push(end);
    program.sealed_inputs =
        vec![SealedInput { input: GO, end, closed: end, refused: end, kept: end, sealed: end }];
    program
}

/// Nodes that run by themselves on directories, and can be killed.
struct Bench {
    doors: Doors,
    root: tempfile::TempDir,
    shown: mpsc::UnboundedSender<(u32, i64, i64)>,
    notes: mpsc::UnboundedSender<String>,
}

struct Life {
    stop: oneshot::Sender<()>,
    node: JoinHandle<Result<NodeExit, NodeError>>,
    feed: mpsc::Sender<Vec<InputRow>>,
}

type Made = Result<Box<dyn Engine>, EngineError>;

impl Bench {
    fn new(count: u32) -> (Bench, mpsc::UnboundedReceiver<(u32, i64, i64)>, mpsc::UnboundedReceiver<String>) {
        let doors = Doors::open(count);
        let (shown, seen) = mpsc::unbounded_channel();
        let (notes, noted) = mpsc::unbounded_channel();
        (Bench { doors, root: tempfile::tempdir().unwrap(), shown, notes }, seen, noted)
    }
    fn directory(&self, index: u32) -> PathBuf {
        self.root.path().join(index.to_string())
    }
    /// Opens the data of a node, as soon as its last life has let go of them.
    async fn open(&self, index: u32) -> Durable {
        let open = || {
            let (me, all) = (worker(index), self.doors.deployment());
            Durable::open(&self.directory(index), &program(), PROGRAM_HASH, me, &all)
        };
        loop {
            match open() {
                Err(StoreError::InUse) => tokio::task::yield_now().await,
                opened => return opened.unwrap(),
            }
        }
    }
    async fn start(
        &mut self,
        index: u32,
        inputs: Vec<InputRow>,
        make: impl FnOnce() -> Made + Send + 'static,
    ) -> Life {
        let mut durable = self.open(index).await;
        // Snapshots often enough to be part of what is tested.
        durable.policy = SnapshotPolicy { ticks: 7, bytes: 1 << 20 };
        let (stop, stopped) = oneshot::channel::<()>();
        let (feed, fed) = mpsc::channel(1);
        let shown = self.shown.clone();
        let alone = Alone {
            inputs,
            feed: Some(fed),
            on_tick: Box::new(move |tick| {
                for change in tick.effects.changes.get(&ECHO).into_iter().flatten() {
                    let (id, hops) = numbers(&change.row);
                    shown.send((index, id, hops)).map_err(|_| "nobody looks".to_owned())?;
                }
                Ok(())
            }),
            shutdown: Box::pin(async {
                let _ = stopped.await;
            }),
        };
        let listener = self.doors.listeners.get(index as usize).map(|first| first.try_clone().unwrap());
        let mut config = config(worker(index), &self.doors, listener, Drive::Alone(alone), &self.notes);
        config.program = Arc::new(program());
        config.durable = Some(durable);
        config.limits = Limits { tick_rows: 5, ..Limits::default() };
        Life { stop, node: tokio::spawn(run_node(config, make)), feed }
    }
}

impl Life {
    async fn kill(self) {
        self.node.abort();
        let _ = self.node.await;
    }
    async fn stop(self) {
        let _ = self.stop.send(());
        assert_eq!(timeout(BOUND, self.node).await.unwrap().unwrap().unwrap(), NodeExit::Finished);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_nodes_go_on_and_take_every_message_once() {
    let (mut bench, mut seen, _notes) = Bench::new(3);
    let (mut inputs, expected) = going(3, 20, 60);
    let mut lives = Vec::new();
    for index in 0..3 {
        let inputs = inputs.remove(&index).unwrap();
        lives.push(bench.start(index, inputs, relay(worker(index), 3)).await);
    }
    let mut rows = BTreeSet::new();
    let mut next_kill = expected.len() / 12;
    let mut kills = 0;
    while rows.len() < expected.len() {
        let row = timeout(BOUND, seen.recv()).await;
        let row = row.unwrap_or_else(|_| panic!("{} rows of {} in time", rows.len(), expected.len()));
        assert!(rows.insert(row.unwrap()), "{row:?} came twice");
        if rows.len() >= next_kill && kills < 10 {
            next_kill += expected.len() / 12;
            kills += 1;
            let index = kills % 3;
            lives.swap_remove(index as usize).kill().await;
            let life = bench.start(index, Vec::new(), relay(worker(index), 3)).await;
            lives.push(life);
            let last = lives.len() - 1;
            lives.swap(index as usize, last);
        }
    }
    assert_eq!((rows, kills), (expected, 10));
    for life in lives {
        life.stop().await;
    }
    drop(bench);
    assert_eq!(seen.recv().await, None);
}

/// Counts what came to `go`; its table has the count. Shows it.
struct Sum(i64);

impl Engine for Sum {
    fn tick(&mut self, arrivals: &Arrivals) -> Result<Effects, EngineError> {
        let before = self.0;
        self.0 += arrivals.inputs.iter().filter(|input| input.relation == GO).count() as i64;
        self.0 += 100 * arrivals.inputs.iter().filter(|input| input.row.is_empty()).count() as i64;
        let change = |count, added| RowChange { row: row(count, 0), added };
        let changes = vec![change(before, false), change(self.0, true)];
        Ok(Effects { changes: [(SEED, changes)].into(), ..Effects::default() })
    }
    fn stored(&self) -> Stored {
        Stored { tables: [(SEED, vec![row(self.0, 0)])].into(), ..Stored::default() }
    }
    fn resume(&mut self, stored: Stored) -> Result<(), EngineError> {
        self.0 = numbers(&stored.tables[&SEED][0]).0;
        Ok(())
    }
    fn counters(&self) -> Counters {
        Counters::default()
    }
}

/// Runs a node over `feeds` pieces of one row; the counts that it shows.
async fn counts(bench: &mut Bench, inputs: Vec<InputRow>, feeds: usize) -> Vec<i64> {
    counts_to_end(bench, inputs, feeds, None).await
}

/// The same, and then its host feeds no more: whether the node is to hear of the end.
async fn counts_to_end(
    bench: &mut Bench,
    inputs: Vec<InputRow>,
    feeds: usize,
    ends: Option<bool>,
) -> Vec<i64> {
    let (sender, mut counts) = mpsc::unbounded_channel();
    let life = {
        let mut durable = bench.open(0).await;
        durable.policy = SnapshotPolicy { ticks: 4, bytes: 1 << 20 };
        let (stop, stopped) = oneshot::channel::<()>();
        let (feed, fed) = mpsc::channel(1);
        let alone = Alone {
            inputs,
            feed: Some(fed),
            on_tick: Box::new(move |tick| {
                let rows = tick.effects.changes.get(&SEED).into_iter().flatten();
                for change in rows.filter(|change| change.added) {
                    sender.send(numbers(&change.row).0).map_err(|_| "nobody looks".to_owned())?;
                }
                Ok(())
            }),
            shutdown: Box::pin(async {
                let _ = stopped.await;
            }),
        };
        let mut config = config(worker(0), &bench.doors, None, Drive::Alone(alone), &bench.notes);
        config.listener = bench.doors.listeners.first().map(|first| first.try_clone().unwrap());
        config.program = Arc::new(program());
        config.durable = Some(durable);
        Life { stop, node: tokio::spawn(run_node(config, || Ok(Box::new(Sum(0)) as Box<dyn Engine>))), feed }
    };
    let mut seen = vec![timeout(BOUND, counts.recv()).await.unwrap().unwrap()];
    for _ in 0..feeds {
        life.feed.send(vec![input(GO, 1, 0)]).await.unwrap();
        seen.push(timeout(BOUND, counts.recv()).await.unwrap().unwrap());
    }
    let Life { stop, node, feed } = life;
    let feed = match ends {
        None => Some(feed),
        Some(_) => {
            drop(feed);
            None
        }
    };
    if ends == Some(true) {
        seen.push(timeout(BOUND, counts.recv()).await.unwrap().unwrap());
    }
    if ends == Some(false) {
        // An end that is told nevertheless comes at once; that it doesn't come can only be missed.
        seen.extend(timeout(Duration::from_millis(100), counts.recv()).await.ok().flatten());
    }
    let _ = stop.send(());
    assert_eq!(timeout(BOUND, node).await.unwrap().unwrap().unwrap(), NodeExit::Finished);
    drop(feed);
    while let Some(count) = counts.recv().await {
        seen.push(count);
    }
    seen
}

#[tokio::test]
async fn a_node_shows_where_it_was_and_goes_on_with_what_is_fed() {
    let (mut bench, _seen, mut notes) = Bench::new(1);
    assert_eq!(counts(&mut bench, vec![input(SEED, 0, 0)], 9).await, (0..=9).collect::<Vec<_>>());
    // Its inputs are not fed again. The tick that it was in comes out of the snapshot.
    let again = vec![input(GO, 1, 0), input(GO, 2, 0)];
    assert_eq!(counts(&mut bench, again, 3).await, [9, 10, 11, 12]);
    assert_eq!(counts(&mut bench, Vec::new(), 0).await, [12]);
    let why = "the node goes on from its data; the inputs that it was given are not fed again";
    assert_eq!(notes.recv().await.unwrap(), why);
    assert!(notes.recv().await.unwrap().starts_with("goes on after tick 10 ("));
}

#[tokio::test]
async fn the_end_of_inputs_is_told_after_all_of_them_and_not_if_they_were_cut_short() {
    let (mut bench, _seen, _notes) = Bench::new(1);
    let given = || vec![input(SEED, 0, 0)];
    assert_eq!(counts_to_end(&mut bench, given(), 2, Some(true)).await, [0, 1, 2, 102]);
    // Files that are not fed again have no end, whatever else is fed.
    assert_eq!(counts_to_end(&mut bench, given(), 1, Some(false)).await, [102, 103]);
    assert_eq!(counts_to_end(&mut bench, Vec::new(), 1, Some(true)).await, [103, 104, 204]);
}

#[tokio::test]
async fn a_feed_waits_for_the_node_and_refuses_what_does_not_fit() {
    let (mut bench, mut seen, mut notes) = Bench::new(1);
    let life = bench.start(0, Vec::new(), || Ok(Box::new(Relay::new(worker(0), 1)))).await;
    let wrong = vec![input(ECHO, 1, 0), InputRow { relation: GO, row: row(2, 0)[..1].to_vec() }];
    life.feed.send([wrong, vec![input(GO, 3, 0)]].concat()).await.unwrap();
    assert_eq!(timeout(BOUND, seen.recv()).await.unwrap(), Some((0, 3, 0)));
    for why in ["rows for a relation that takes none here", "a row with another number of columns"] {
        assert_eq!(notes.recv().await.unwrap(), format!("refused: from the host: {why}"));
    }
    life.stop().await;
}

fn files(directory: &Path) -> Vec<String> {
    let names = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = names.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn data_belong_to_one_node_of_one_program() {
    let (mut bench, _seen, _notes) = Bench::new(1);
    let life = bench.start(0, vec![input(GO, 1, 0)], relay(worker(0), 1)).await;
    assert_eq!(files(&bench.directory(0)), ["lock", "store.redb"]);
    let second =
        Durable::open(&bench.directory(0), &program(), PROGRAM_HASH, worker(0), &bench.doors.deployment());
    assert!(matches!(second, Err(StoreError::InUse)));
    life.stop().await;
    let other = Durable::open(
        &bench.directory(0),
        &program(),
        PROGRAM_HASH + 1,
        worker(0),
        &bench.doors.deployment(),
    );
    assert!(matches!(other, Err(StoreError::OtherProgram)));
}
