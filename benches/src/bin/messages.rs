//! What a message costs: two to five nodes of one process on loopback TCP, with an engine that only passes rows on. So what is
//! measured is the node: links, frames, threads, and on disk the log. `messages [DIRECTORY]` (for the durable runs).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use floret_ir::{
    Address, Arrivals, Counters, Deployment, Effects, Engine, EngineError, FileId, InputMode, InputRow,
    Program, Promise, Relation, RelationColumn, RelationId, RelationKind, Role, RoleId, Send, Span, Stored,
    Type, Value,
};
use floret_node::{Alone, Drive, Durable, Limits, NodeConfig, run_node};
use tokio::sync::{mpsc, oneshot};

const GO: RelationId = RelationId(0);
const HOP: RelationId = RelationId(1);

fn node(index: u32) -> Address {
    Address { role: RoleId(0), index }
}

fn program(durable: bool) -> Program {
    let span = Span { file: FileId(0), start: 0, end: 0 };
    let column = |name: &str| RelationColumn { name: name.into(), ty: Type::Int, lattice: None };
    let relation = |name: &str, kind, input: bool| Relation {
        name: name.into(),
        kind,
        columns: vec![column("id"), column("hops")],
        key: None,
        key_proven: false,
        sender: false,
        role: RoleId(0),
        input: input.then_some(InputMode::Add),
        shards: None,
        output: false,
        inferred: false,
        span,
    };
    let channel = RelationKind::Channel { from: None, promise: Promise::Reliable };
    Program {
        roles: [Role { name: "Node".into(), implicit: false, durable, span }].into_iter().collect(),
        relations: [relation("go", RelationKind::Event, true), relation("hop", channel, false)]
            .into_iter()
            .collect(),
        ..Program::default()
    }
}

/// Passes each row with hops left on to the next node, with one less; says how many came to their end.
struct Relay {
    next: Address,
    ended: mpsc::UnboundedSender<usize>,
}

impl Engine for Relay {
    fn tick(&mut self, arrivals: &Arrivals) -> Result<Effects, EngineError> {
        let rows = arrivals.inputs.iter().map(|input| &input.row);
        let rows = rows.chain(arrivals.messages.iter().map(|message| &message.row));
        let (mut effects, mut ended) = (Effects::default(), 0);
        for row in rows {
            match row.as_slice() {
                [id, Value::Int(hops)] if *hops > 0 => {
                    let row = vec![id.clone(), Value::Int(hops - 1)];
                    effects.sends.insert(Send { to: self.next, relation: HOP, row });
                }
                _ => ended += 1,
            }
        }
        if ended > 0 {
            // Nobody listens when all is over.
            let _ = self.ended.send(ended);
        }
        Ok(effects)
    }
    fn stored(&self) -> Stored {
        Stored::default()
    }
    fn resume(&mut self, _: Stored) -> Result<(), EngineError> {
        Ok(())
    }
    fn counters(&self) -> Counters {
        Counters::default()
    }
}

/// A circle of nodes.
struct Circle {
    feed: mpsc::Sender<Vec<InputRow>>,
    ended: mpsc::UnboundedReceiver<usize>,
    stops: Vec<oneshot::Sender<()>>,
    nodes: Vec<tokio::task::JoinHandle<()>>,
}

impl Circle {
    fn start(count: u32, directory: Option<&Path>) -> Circle {
        let program = Arc::new(program(directory.is_some()));
        let deployment = Deployment::new([count].into_iter().collect());
        let doors: Vec<_> =
            (0..count).map(|_| std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port")).collect();
        let addresses: BTreeMap<Address, String> = (0..count)
            .map(node)
            .zip(doors.iter().map(|door| door.local_addr().expect("a port").to_string()))
            .collect();
        let (ended_sender, ended) = mpsc::unbounded_channel();
        let (feed, fed) = mpsc::channel(4);
        let mut fed = Some(fed);
        let (mut stops, mut nodes) = (Vec::new(), Vec::new());
        for (index, door) in (0..count).zip(doors) {
            let (stop, stopped) = oneshot::channel::<()>();
            let alone = Alone {
                inputs: Vec::new(),
                feed: fed.take(),
                on_tick: Box::new(|_| Ok(())),
                shutdown: Box::pin(async {
                    let _ = stopped.await;
                }),
            };
            let durable = directory.map(|directory| {
                let own = directory.join(index.to_string());
                Durable::open(&own, &program, 1, node(index), &deployment).expect("a directory")
            });
            let config = NodeConfig {
                me: node(index),
                program: Arc::clone(&program),
                program_hash: 1,
                deployment: deployment.clone(),
                addresses: addresses.clone(),
                token: "t".into(),
                listener: Some(door),
                drive: Drive::Alone(alone),
                limits: Limits::default(),
                record: None,
                durable,
                note: Box::new(|text| eprintln!("{text}")),
            };
            let relay = Relay { next: node((index + 1) % count), ended: ended_sender.clone() };
            let make = move || Ok(Box::new(relay) as Box<dyn Engine>);
            stops.push(stop);
            nodes.push(tokio::spawn(async move {
                run_node(config, make).await.expect("the node runs");
            }));
        }
        Circle { feed, ended, stops, nodes }
    }
    async fn give(&self, rows: impl Iterator<Item = (i64, i64)>) {
        let row = |(id, hops)| InputRow { relation: GO, row: vec![Value::Int(id), Value::Int(hops)] };
        self.feed.send(rows.map(row).collect()).await.expect("the node runs");
    }
    async fn end(&mut self, count: usize) {
        let mut ended = 0;
        while ended < count {
            ended += self.ended.recv().await.expect("the nodes run");
        }
    }
    async fn stop(self) {
        for stop in self.stops {
            let _ = stop.send(());
        }
        for node in self.nodes {
            node.await.expect("the node ends");
        }
    }
}

/// `in_flight` rows go round a circle of `count` nodes; the time that a hop takes.
async fn hops(count: u32, in_flight: i64, hops: i64, directory: Option<&Path>) -> (Duration, f64) {
    let mut circle = Circle::start(count, directory);
    // The connections are there.
    circle.give([(0, 2 * i64::from(count))].into_iter()).await;
    circle.end(1).await;
    let start = Instant::now();
    circle.give((0..in_flight).map(|id| (id, hops))).await;
    circle.end(in_flight as usize).await;
    let took = start.elapsed();
    circle.stop().await;
    (took / hops as u32, (in_flight * hops) as f64 / took.as_secs_f64())
}

/// Node 0 is fed `rows` rows in pieces, which go to node 1; how many a second.
async fn stream(rows: i64, piece: i64, directory: Option<&Path>) -> f64 {
    let mut circle = Circle::start(2, directory);
    circle.give([(0, 2)].into_iter()).await;
    circle.end(1).await;
    let start = Instant::now();
    for from in (0..rows).step_by(piece as usize) {
        circle.give((from..from + piece).map(|id| (id, 1))).await;
    }
    circle.end(rows as usize).await;
    let rate = rows as f64 / start.elapsed().as_secs_f64();
    circle.stop().await;
    rate
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let root = std::env::args().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    println!("| nodes | rows under way | durable | a hop takes | messages/s |");
    println!("|---|---|---|---|---|");
    let cases = [(2, 1, false), (3, 1, false), (3, 64, false), (3, 1024, false), (3, 1, true), (3, 64, true)];
    for (nth, (count, in_flight, durable)) in cases.into_iter().enumerate() {
        let own = root.join(format!("floret-messages-{}-{nth}", std::process::id()));
        let rounds = if durable { 600 } else { 6000 };
        let (hop, rate) = hops(count, in_flight, rounds, durable.then_some(own.as_path())).await;
        println!("| {count} | {in_flight} | {durable} | {hop:.1?} | {rate:.0} |");
        let _ = std::fs::remove_dir_all(&own);
    }
    for (piece, durable) in [(1, false), (100, false), (10_000, false), (100, true), (10_000, true)] {
        let own = root.join(format!("floret-messages-{}-s{piece}", std::process::id()));
        let rows = if piece == 1 { 50_000 } else { 2_000_000.min(piece * 2000) };
        let rate = stream(rows, piece, durable.then_some(own.as_path())).await;
        println!("one way, fed {piece} at a time, durable {durable}: {rate:.0} messages/s");
        let _ = std::fs::remove_dir_all(&own);
    }
}
