//! TCP connections that are cut in mid-stream under load, both directions: `reliable` and `ordered` channels keep what
//! they promise. What must arrive is what the senders' ticks say they sent.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use floret_ir::{Address, Deployment, InputRow, RelationId, Row, Value};
use floret_node::{Limits, Tick};

use crate::compile::compiled;
use crate::inside::{Inside, Place, named};
use crate::long::cases;
use crate::proxy::{Proxy, Rough};

const PROGRAM: &str = "\
role Peer;
input event say(to: Peer, n: int) on Peer;
channel plain(n: int) on Peer;
channel line(n: int) on Peer ordered;
plain@p(n) <~ say(p, n);
line@p(n) <~ say(p, n);
output event heard(n: int) on Peer;
output event lined(n: int) on Peer;
heard(n) <= plain(n);
lined(n) <= line(n);
";

/// A connection carries a greeting and so many bytes.
const BYTES: (usize, usize) = (200, 6_000);
/// So many rows are given to a node at once, of which a tick may take more.
const PIECE: i64 = 20;
/// Nothing arrives for so long: something is lost.
const PATIENCE: Duration = Duration::from_secs(60);

/// What one node's ticks did with the numbers.
#[derive(Default)]
struct Seen {
    /// What each tick sent on `line`, what came on `plain`, what each tick took from `line`.
    batches: Vec<Vec<i64>>,
    heard: Vec<i64>,
    lined: Vec<Vec<i64>>,
}

/// Part of it by one tick of a node.
struct Step {
    node: usize,
    batch: Vec<i64>,
    heard: Vec<i64>,
    lined: Vec<i64>,
}

fn numbers<'a>(rows: impl Iterator<Item = &'a Row>) -> Vec<i64> {
    let number = |row: &Row| match row.as_slice() {
        [Value::Int(n)] => *n,
        other => panic!("{other:?}"),
    };
    rows.map(number).collect()
}

fn step(node: usize, tick: &Tick, [line, heard, lined]: [RelationId; 3]) -> Step {
    let shown = |relation| {
        numbers(tick.effects.changes.get(&relation).into_iter().flatten().map(|change| &change.row))
    };
    let sent = tick.effects.sends.iter().filter(|send| send.relation == line).map(|send| &send.row);
    Step { node, batch: numbers(sent), heard: shown(heard), lined: shown(lined) }
}

/// Takes what the nodes' ticks did until `enough`.
fn watch(steps: &Receiver<Step>, seen: &mut [Seen; 2], mut enough: impl FnMut(&[Seen; 2]) -> bool) {
    while !enough(seen) {
        let step = steps.recv_timeout(PATIENCE).unwrap_or_else(|why| {
            panic!("{why}: the nodes heard {} and {} numbers", seen[0].heard.len(), seen[1].heard.len())
        });
        let of = &mut seen[step.node];
        of.heard.extend(step.heard);
        of.batches.extend(Some(step.batch).filter(|batch| !batch.is_empty()));
        of.lined.extend(Some(step.lined).filter(|batch| !batch.is_empty()));
    }
}

/// Two nodes tell each other numbers until so many connections were cut in each direction.
fn cut(cuts: usize, seed: u64) {
    let artifact = Arc::new(compiled(PROGRAM).artifact);
    let program = &artifact.stratified.program;
    let relations = ["line", "heard", "lined"].map(|name| named(program, name));
    let say = named(program, "say");
    let role = program.role_named("Peer").unwrap();
    let [me, other] = [0, 1].map(|index| Address { role, index });
    let local = IpAddr::from(Ipv4Addr::LOCALHOST);
    let listeners = [0, 1].map(|_| TcpListener::bind((local, 0)).unwrap());
    let proxies = [0, 1].map(|index: usize| {
        let rough = Rough { delay: Duration::ZERO, bytes: BYTES, cuts, seed: seed + index as u64 };
        Proxy::open(local, listeners[index].local_addr().unwrap(), rough)
    });
    // As long as a node lives it is waited for: how long a machine takes is no part of the promises.
    let limits = Limits { inbox_rows: 1000, outgoing_rows: 1000, peer_patience: None, ..Limits::default() };
    let (sender, steps) = channel();
    let mut nodes = Vec::new();
    for (node, (me, listener)) in [me, other].into_iter().zip(listeners).enumerate() {
        let mut addresses: BTreeMap<Address, String> =
            [(Address { role, index: 0 }, &proxies[0]), (Address { role, index: 1 }, &proxies[1])]
                .map(|(address, proxy)| (address, proxy.address.to_string()))
                .into();
        addresses.insert(me, listener.local_addr().unwrap().to_string());
        let deployment = Deployment::new([2].into_iter().collect());
        let place = Place { me, deployment, listener, addresses, limits };
        let sender = sender.clone();
        let on_tick = move |tick: &Tick| {
            sender.send(step(node, tick, relations)).map_err(|_| "nobody looks".to_owned())
        };
        nodes.push(Inside::start(&artifact, place, Box::new(on_tick)));
    }
    let start = Instant::now();
    let mut seen = [Seen::default(), Seen::default()];
    let done = || proxies.iter().all(|proxy| proxy.cuts() >= cuts);
    let told = std::thread::scope(|scope| {
        let done = &done;
        let feeders: Vec<_> = nodes
            .iter()
            .zip([other, me])
            .map(|(node, to)| {
                scope.spawn(move || {
                    let mut told = 0;
                    while !done() {
                        let row =
                            |n| InputRow { relation: say, row: vec![Value::Address(to), Value::Int(n)] };
                        node.feed.blocking_send((told..told + PIECE).map(row).collect()).unwrap();
                        told += PIECE;
                    }
                    told
                })
            })
            .collect();
        watch(&steps, &mut seen, |_| done());
        let told: Vec<i64> = feeders.into_iter().map(|feeder| feeder.join().unwrap()).collect();
        [told[0], told[1]]
    });
    let expected = [1, 0].map(|from: usize| told[from] as usize);
    watch(&steps, &mut seen, |seen| {
        (0..2).all(|node| {
            let lined: usize = seen[node].lined.iter().map(Vec::len).sum();
            seen[node].heard.len() >= expected[node] && lined >= expected[node]
        })
    });
    nodes.into_iter().for_each(Inside::stop);
    drop(sender);
    // Nothing comes afterwards.
    for step in steps.try_iter() {
        assert!(step.heard.is_empty() && step.lined.is_empty(), "more came than was sent");
    }
    for (node, from) in [(0, 1), (1, 0)] {
        // Every number once,
        let mut heard = std::mem::take(&mut seen[node].heard);
        heard.sort_unstable();
        assert_eq!(heard, (0..told[from]).collect::<Vec<_>>());
        // and every batch whole, in a tick of its own, in the order in which they were sent.
        assert_eq!(seen[node].lined, seen[from].batches);
    }
    let made = proxies.each_ref().map(Proxy::cuts);
    println!("{made:?} cuts, {told:?} numbers on each channel, {:?}", start.elapsed());
}

#[test]
fn promises_hold_when_connections_are_cut_in_mid_stream() {
    let (seed, cuts) = cases("cut connections", 100, 100, 2000);
    cut(cuts, seed);
}

/// The test above, in a process whose nodes make a mistake.
#[cfg(feature = "planted")]
#[test]
fn planted_mistakes_are_found() {
    let test = std::env::current_exe().unwrap();
    for plant in ["keep-repeats", "forget-sent"] {
        let output = std::process::Command::new(&test)
            .args(["--exact", "cuts::promises_hold_when_connections_are_cut_in_mid_stream"])
            .env("FLORET_PLANT", plant)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let found = text.lines().find(|line| line.contains("assertion") || line.contains("the nodes heard"));
        println!("{plant}: {found:?}");
        assert!(!output.status.success() && found.is_some(), "{plant} is not found:\n{text}");
    }
}
