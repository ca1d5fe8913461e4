//! Nodes that are too slow, stopped or dead, and what the others do meanwhile: figures are printed, as they are the
//! machine's; what is asserted holds on any machine.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use floret_cluster::{ClusterFile, NodeEntry};
use floret_ir::artifact::{self, Artifact};
use floret_ir::{Address, InputRow, Value};
use floret_node::{Limits, Tick};

use crate::compile::compiled;
use crate::floret::{command, scratch, signal};
use crate::inside::{Inside, Place, TOKEN, named};
use crate::long::cases;

/// Sixty seconds without news: something is lost.
const PATIENCE: Duration = Duration::from_secs(60);

fn local_listener() -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap()
}

/// How much memory a process has, in KiB (`VmRSS`), or had at most (`VmHWM`).
fn memory(pid: u32, which: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(which)?.strip_prefix(':'));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

const STREAM: &str = "\
role Source;
role Sink;
input event give(n: int) on Source;
channel take(n: int) on Sink;
take@Sink[0](n) <~ give(n);
output event taken(n: int) on Sink;
taken(n) <= take(n);
";

/// Rows that are given to the source at once.
const PIECE: usize = 10;
/// Of both nodes.
const LIMITS: Limits = Limits {
    inbox_rows: 500,
    tick_rows: 100,
    outgoing_rows: 500,
    batch_rows: 1 << 24,
    lossy_frames: 64,
    peer_patience: None,
};
/// Rows that were given and not taken are in the source's feed (4 pieces wait, one is given, one is let in), in its inbox, in
/// its running tick, in the one after it, or waiting to be acknowledged, which the sink does after a tick of its own; that may
/// take what was sent in one tick more than its limit.
const BOUND: usize = {
    let tick = LIMITS.tick_rows + PIECE;
    6 * PIECE + LIMITS.inbox_rows + PIECE + 2 * tick + LIMITS.outgoing_rows + LIMITS.tick_rows + tick
};

#[test]
fn ten_times_overload_ends_with_the_source_waiting() {
    let (_, times) = cases("overload, times the bound", 10, 10, 100);
    let artifact = Arc::new(compiled(STREAM).artifact);
    let program = &artifact.stratified.program;
    let (give, taken) = (named(program, "give"), named(program, "taken"));
    let node = |role: &str| Address { role: program.role_named(role).unwrap(), index: 0 };
    let listeners = [(node("Source"), local_listener()), (node("Sink"), local_listener())];
    let addresses: BTreeMap<Address, String> = listeners
        .iter()
        .map(|(node, listener)| (*node, listener.local_addr().unwrap().to_string()))
        .collect();
    let deployment = floret_ir::Deployment::new([1, 1].into_iter().collect());
    // How many rows the sink took; how long a row takes it, in nanoseconds.
    let (count, cost) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicU64::new(0)));
    let mut nodes = listeners.map(|(me, listener)| {
        let (count, cost) = (Arc::clone(&count), Arc::clone(&cost));
        let on_tick = move |tick: &Tick| {
            let rows = tick.effects.changes.get(&taken).map_or(0, Vec::len);
            count.fetch_add(rows, Ordering::SeqCst);
            std::thread::sleep(Duration::from_nanos(cost.load(Ordering::SeqCst) * rows as u64));
            Ok(())
        };
        let (deployment, addresses) = (deployment.clone(), addresses.clone());
        let place = Place { me, deployment, listener, addresses, limits: LIMITS };
        Some(Inside::start(&artifact, place, Box::new(on_tick)))
    });
    let source = nodes[0].as_ref().unwrap();
    let (mut fed, mut most) = (0, 0);
    // Gives so many rows as fast as the source takes them; rows a second.
    let mut feed = |rows: usize, most: &mut usize| {
        let (start, before) = (Instant::now(), fed);
        while fed < before + rows {
            let row = |n: usize| InputRow { relation: give, row: vec![Value::Int(n as i64)] };
            source.feed.blocking_send((fed..fed + PIECE).map(row).collect()).unwrap();
            fed += PIECE;
            *most = (*most).max(fed - count.load(Ordering::SeqCst));
        }
        (fed, (fed - before) as f64 / start.elapsed().as_secs_f64())
    };
    let (_, free) = feed(times * BOUND, &mut most);
    cost.store((1e10 / free) as u64, Ordering::SeqCst);
    let me = std::process::id();
    let (before, taken_before, start) = (memory(me, "VmRSS"), count.load(Ordering::SeqCst), Instant::now());
    let mut most = 0;
    let (fed, slow) = feed(times * BOUND, &mut most);
    let rate = (count.load(Ordering::SeqCst) - taken_before) as f64 / start.elapsed().as_secs_f64();
    let after = memory(me, "VmRSS");
    println!(
        "free: {free:.0} rows/s; sink slowed to a tenth: the source could hand in {slow:.0} rows/s, the sink took {rate:.0} rows/s, \
         at most {most} rows were between them (bound {BOUND}); memory of both {before} -> {after} KiB"
    );
    // Over many times as many rows as may wait, no more waited, and the source's outbox was full.
    assert!((LIMITS.outgoing_rows..=BOUND).contains(&most), "{most} of {BOUND}");
    cost.store(0, Ordering::SeqCst);
    let waited = Instant::now();
    while count.load(Ordering::SeqCst) < fed {
        assert!(waited.elapsed() < PATIENCE, "{} of {fed} rows arrived", count.load(Ordering::SeqCst));
        std::thread::yield_now();
    }
    nodes.iter_mut().for_each(|node| node.take().unwrap().stop());
    assert_eq!(count.load(Ordering::SeqCst), fed, "every row once");
}

/// Workers ask each other in pairs, a number of questions under way in each, and tell all others much of each answer, so
/// that the queue for one that stands still fills. They count their answers by who gave them.
const WORK: &str = "\
role Watch;
role Worker;
input event begin(k: int) on Watch;
channel go(k: int) on Worker;
go@w(k) <~ begin(k), Worker(w);
channel ask(k: int, from: Worker) on Worker;
channel answer(k: int, by: Worker) on Worker;
channel news(k: int, of: Worker, x: int) on Worker;
ask@w(k, self) <~ go(k), Worker(w), w != self;
answer@f(k, self) <~ ask(k, f);
ask@b(k, self) <~ answer(k, b);
news@w(k, b, x) <~ answer(k, b), Worker(w), w != self, x in range(0, 5);
answers(b, count()) <= answer(_, b);
table total(by: Worker => n: int) on Worker;
total(b, max(n + c)) <+- total(b, n), answers(b, c);
total(b, max(c)) <+- answers(b, c), !total(b, _);
timer beat every 100ms on Worker;
channel report(to: Worker, by: Worker, n: int) on Watch;
report@Watch[0](self, b, n) <~ beat(_), total(b, n);
output event progress(to: Worker, by: Worker, n: int) on Watch;
progress(w, b, n) <= report(w, b, n);
";

const WORKERS: u32 = 5;
/// The one that is stopped and killed.
const VICTIM: u32 = 3;
/// So many questions are under way in each direction between two.
const QUESTIONS: i64 = 50;
/// A node of this program with full queues to all others needs less, in KiB.
const MEMORY: u64 = 600 << 10;

struct Workers(Vec<Child>);

impl Drop for Workers {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Who got answers of whom.
type Pair = (u32, u32);

/// The last counts of all pairs.
struct Watched {
    reports: Receiver<(Pair, i64)>,
    totals: BTreeMap<Pair, i64>,
}

impl Watched {
    fn hear(&mut self) {
        let (pair, total) = self.reports.recv_timeout(PATIENCE).expect("reports come");
        self.totals.insert(pair, total);
    }
    /// Those of the pairs that the victim is not in.
    fn others(&self) -> BTreeMap<Pair, i64> {
        let other = |(to, by): &Pair| *to != VICTIM && *by != VICTIM;
        self.totals.iter().filter(|(pair, _)| other(pair)).map(|(pair, n)| (*pair, *n)).collect()
    }
    /// Watches for so long, and on until all others have got on: answers a second of the others together, and the most
    /// memory of one of them.
    fn phase(&mut self, name: &str, length: Duration, pids: &[u32]) -> (f64, u64) {
        let (start, before) = (Instant::now(), self.others());
        let (mut most, mut sum) = (0, 0);
        let got_on = |now: &BTreeMap<Pair, i64>| now.iter().all(|(pair, n)| *n > before[pair] + 100);
        while start.elapsed() < length || !got_on(&self.others()) {
            self.hear();
            let others = pids.iter().zip(0..).filter(|(_, worker)| *worker != VICTIM);
            most = others.map(|(pid, _)| memory(*pid, "VmRSS")).fold(most, u64::max);
            sum = self.others().iter().map(|(pair, n)| n - before[pair]).sum();
        }
        let rate = sum as f64 / start.elapsed().as_secs_f64();
        println!(
            "{name}: {rate:.0} answers/s of the others, {:.1?}, at most {most} KiB each",
            start.elapsed()
        );
        (rate, most)
    }
}

fn worker(root: &std::path::Path, index: u32) -> Child {
    let path = |name: &str| root.join(name).display().to_string();
    let said = fs::File::create(root.join(format!("worker-{index}.log"))).unwrap();
    let index = index.to_string();
    let (artifact, cluster) = (path("work.floret"), path("cluster.toml"));
    let args =
        ["node", "--artifact", &artifact, "--cluster", &cluster, "--role", "Worker", "--index", &index];
    command(&args).stdout(Stdio::null()).stderr(said).spawn().unwrap()
}

/// Starts the node that watches, in this process.
fn start_watch(artifact: &Arc<Artifact>, file: &ClusterFile, listener: TcpListener) -> (Inside, Watched) {
    let program = &artifact.stratified.program;
    let progress = named(program, "progress");
    let (sender, reports) = channel();
    let on_tick = move |tick: &Tick| {
        for change in tick.effects.changes.get(&progress).into_iter().flatten() {
            let [Value::Address(to), Value::Address(by), Value::Int(total)] = change.row.as_slice() else {
                return Err("no count".into());
            };
            let _ = sender.send(((to.index, by.index), *total));
        }
        Ok(())
    };
    let members = file.resolve(program, "cluster.toml").unwrap();
    let me = Address { role: program.role_named("Watch").unwrap(), index: 0 };
    let (deployment, addresses) = (members.deployment, members.addresses);
    let place = Place { me, deployment, listener, addresses, limits: Limits::default() };
    (Inside::start(artifact, place, Box::new(on_tick)), Watched { reports, totals: BTreeMap::new() })
}

#[test]
fn a_stopped_and_a_dead_node_do_not_stop_the_others() {
    let (_, seconds) = cases("stopped node, seconds a phase", 3, 3, 20);
    let root = scratch();
    let artifact = Arc::new(compiled(WORK).artifact);
    fs::write(root.path().join("work.floret"), artifact::encode(&artifact)).unwrap();
    let mut listeners: Vec<TcpListener> = (0..=WORKERS).map(|_| local_listener()).collect();
    let entry = |(role, index): (&str, u32), listener: &TcpListener| {
        let address = listener.local_addr().unwrap().to_string();
        NodeEntry { role: role.into(), index, address }
    };
    let names = (0..WORKERS).map(|index| ("Worker", index)).chain([("Watch", 0)]);
    let nodes = names.zip(&listeners).map(|(name, listener)| entry(name, listener)).collect();
    let file = ClusterFile { token: TOKEN.into(), stop_with_coordinator: false, nodes };
    file.write(&root.path().join("cluster.toml")).unwrap();
    let listener = listeners.pop().unwrap();
    drop(listeners);
    let (watch, mut watched) = start_watch(&artifact, &file, listener);
    let mut workers = Workers((0..WORKERS).map(|index| worker(root.path(), index)).collect());
    let pids: Vec<u32> = workers.0.iter().map(Child::id).collect();
    let begin = named(&artifact.stratified.program, "begin");
    let row = |k| InputRow { relation: begin, row: vec![Value::Int(k)] };
    watch.feed.blocking_send((0..QUESTIONS).map(row).collect()).unwrap();
    while watched.totals.len() < (WORKERS * (WORKERS - 1)) as usize
        || watched.totals.values().any(|n| *n < 100)
    {
        watched.hear();
    }
    let length = Duration::from_secs(seconds as u64);
    let mut phases = vec![watched.phase("all five", length, &pids)];
    signal(pids[VICTIM as usize], "STOP");
    phases.push(watched.phase("one stopped", length, &pids));
    signal(pids[VICTIM as usize], "KILL");
    phases.push(watched.phase("it is killed", length, &pids));
    phases.push(watched.phase("later", length, &pids));
    let base = phases[0].0;
    for (name, (rate, _)) in ["stopped", "killed", "later"].iter().zip(&phases[1..]) {
        println!("{name}: {:.0} % of the others' answers before", 100.0 * rate / base);
    }
    assert!(phases.iter().all(|(_, most)| *most < MEMORY), "{phases:?}");
    for (index, child) in workers.0.iter_mut().enumerate() {
        let ended = child.try_wait().unwrap();
        assert_eq!(ended.is_some(), index == VICTIM as usize, "Worker[{index}]: {ended:?}");
    }
    watch.stop();
}
