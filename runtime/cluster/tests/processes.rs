//! Local processes: runs that end by themselves, are interrupted, lose a node, or lose the coordinator. This
//! executable is its own node: `run_local` starts it with `node ...`.
//!
//! Each node connects to the test's `Lifeline` and never closes that connection itself: it ends when the process does.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test, though not under the usual harness")]

#[path = "../../node/src/shell/testing.rs"]
mod testing;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use floret_cluster::{ClusterError, ClusterFile, Event, LocalRun, RunEnd, RunSummary, run_local};
use floret_ir::{
    Address, Arrivals, Counters, Deployment, Effects, Engine, EngineError, InputRow, RelationId, Stored,
};
use floret_node::{ADDRESS_IN_USE_EXIT_CODE, Drive, Limits, NodeConfig, NodeExit, run_node_blocking};
use testing::{ECHO, GO, Relay, SEED, input, numbers, program, worker};

const ARTIFACT: &[u8] = b"an artifact";
const PROGRAM_HASH: u64 = 7;
/// A message that travels for longer than any test.
const FOR_EVER: i64 = i64::MAX;
/// The node's engine fails when this id arrives.
const POISON: i64 = 666;
/// No test waits longer for anything.
const BOUND: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        Some("node") => return node(&args),
        Some("coordinator") => return coordinator(&args),
        _ => {}
    }
    let tests: &[(&str, fn())] = &[
        ("a_run_ends_by_itself", a_run_ends_by_itself),
        ("one_node_sends_to_itself", one_node_sends_to_itself),
        ("a_killed_node_ends_the_run_and_is_named", a_killed_node_ends_the_run_and_is_named),
        ("an_interrupted_run_delivers_what_it_has", an_interrupted_run_delivers_what_it_has),
        ("a_failed_tick_ends_the_run", a_failed_tick_ends_the_run),
        ("a_node_that_cannot_start_is_named_with_its_last_words", a_node_that_cannot_start_is_named),
        ("a_taken_port_is_tried_again", a_taken_port_is_tried_again),
        ("a_failing_input_ends_the_run", a_failing_input_ends_the_run),
        ("a_failing_observer_ends_the_run", a_failing_observer_ends_the_run),
        ("a_row_for_no_node_is_refused", a_row_for_no_node_is_refused),
        ("nodes_end_when_the_coordinator_is_killed", nodes_end_when_the_coordinator_is_killed),
    ];
    let filter = args.iter().find(|arg| !arg.starts_with('-')).cloned().unwrap_or_default();
    let chosen = tests.iter().filter(|(name, _)| name.contains(&filter));
    if args.iter().any(|arg| arg == "--list") {
        chosen.for_each(|(name, _)| println!("{name}: test"));
        return ExitCode::SUCCESS;
    }
    for (name, test) in chosen {
        test();
        println!("test {name} ... ok");
    }
    ExitCode::SUCCESS
}

/// `node --artifact F --role R --index I --cluster F LIFELINE [FILE]`.
fn node(args: &[String]) -> ExitCode {
    let [_, a, artifact, r, role, i, index, c, cluster, lifeline, rest @ ..] = args else {
        panic!("unexpected arguments {args:?}");
    };
    assert_eq!([a, r, i, c].map(String::as_str), ["--artifact", "--role", "--index", "--cluster"]);
    assert_eq!((role.as_str(), std::fs::read(artifact).unwrap().as_slice()), ("Worker", ARTIFACT));
    let index: u32 = index.parse().unwrap();
    match rest {
        [word] if word == "broken" && index == 1 => {
            eprintln!("something else first\ncannot start today");
            return ExitCode::from(3);
        }
        // The first node to make the file finds its port taken.
        [file] if file != "broken" && std::fs::File::create_new(file).is_ok() => {
            return ExitCode::from(ADDRESS_IN_USE_EXIT_CODE);
        }
        _ => {}
    }
    let mut lifeline = TcpStream::connect(lifeline).unwrap();
    writeln!(lifeline, "{index} {}", std::process::id()).unwrap();

    let file = ClusterFile::read(Path::new(cluster)).unwrap();
    assert!(file.stop_with_coordinator);
    let program = Arc::new(program());
    let members = file.resolve(&program, cluster).unwrap();
    let count = members.addresses.len() as u32;
    let config = NodeConfig {
        me: worker(index),
        program,
        program_hash: PROGRAM_HASH,
        deployment: members.deployment,
        addresses: members.addresses,
        token: file.token,
        listener: None,
        drive: Drive::Coordinated { stop_with_coordinator: true },
        limits: Limits::default(),
        record: None,
        durable: None,
        note: Box::new(|text| eprintln!("{text}")),
    };
    match run_node_blocking(config, move || Ok(Box::new(Fragile(Relay::new(worker(index), count))))) {
        Ok(NodeExit::Finished) => ExitCode::SUCCESS,
        Ok(NodeExit::CoordinatorLost) => ExitCode::from(3),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

/// A `Relay` that fails on `POISON`.
struct Fragile(Relay);

impl Engine for Fragile {
    fn tick(&mut self, arrivals: &Arrivals) -> Result<Effects, EngineError> {
        if arrivals.inputs.iter().any(|input| numbers(&input.row).0 == POISON) {
            return Err(EngineError::TickLimit { rounds: 10, relation: GO });
        }
        self.0.tick(arrivals)
    }
    fn stored(&self) -> Stored {
        Stored::default()
    }
    fn resume(&mut self, _: Stored) -> Result<(), EngineError> {
        Ok(())
    }
    fn counters(&self) -> Counters {
        self.0.counters()
    }
}

/// Knows the nodes' process ids, and when they have ended.
struct Lifeline {
    listener: TcpListener,
    lines: Vec<(u32, u32, BufReader<TcpStream>)>,
}

impl Lifeline {
    fn new() -> Self {
        Lifeline { listener: TcpListener::bind(("127.0.0.1", 0)).unwrap(), lines: Vec::new() }
    }
    fn address(&self) -> String {
        self.listener.local_addr().unwrap().to_string()
    }
    /// Waits for this many nodes.
    fn meet(&mut self, count: usize) {
        while self.lines.len() < count {
            let stream = self.listener.accept().unwrap().0;
            stream.set_read_timeout(Some(BOUND)).unwrap();
            let mut reader = BufReader::new(stream);
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let (index, pid) = line.trim().split_once(' ').unwrap();
            self.lines.push((index.parse().unwrap(), pid.parse().unwrap(), reader));
        }
    }
    fn kill(&self, index: u32) {
        let (_, pid, _) = self.lines.iter().find(|(of, _, _)| *of == index).unwrap();
        kill(*pid);
    }
    /// Checks that this many nodes ran, and that all have ended by now or soon do.
    fn all_ended(mut self, count: usize) {
        self.meet(count);
        for (index, pid, reader) in &mut self.lines {
            let mut rest = Vec::new();
            // Killed processes may also reset the connection.
            if let Err(error) = reader.read_to_end(&mut rest) {
                let reset = error.kind() == std::io::ErrorKind::ConnectionReset;
                assert!(reset, "Worker[{index}] ({pid}) still runs: {error}");
            }
        }
    }
}

fn kill(pid: u32) {
    assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
}

type Inputs = Vec<Result<(Address, InputRow), String>>;

fn given(node: u32, relation: RelationId, id: i64, hops: i64) -> Result<(Address, InputRow), String> {
    Ok((worker(node), input(relation, id, hops)))
}

fn run(
    lifeline: &Lifeline,
    count: u32,
    inputs: Inputs,
    more_args: &[&str],
    on_event: impl FnMut(Event) -> Result<(), String>,
    shutdown: impl Future<Output = ()>,
) -> Result<RunSummary, ClusterError<String>> {
    let extra = std::iter::once(lifeline.address()).chain(more_args.iter().map(|arg| (*arg).to_owned()));
    run_local(LocalRun {
        exe: &std::env::current_exe().unwrap(),
        artifact: ARTIFACT,
        program: Arc::new(program()),
        program_hash: PROGRAM_HASH,
        deployment: Deployment::new([count].into_iter().collect()),
        inputs: inputs.into_iter(),
        batch: 3,
        extra_args: extra.collect(),
        on_event,
        shutdown,
    })
}

fn never() -> impl Future<Output = ()> {
    std::future::pending()
}

/// What nodes showed: node, tick, id, hops; no row twice.
#[derive(Default)]
struct Seen(BTreeSet<(u32, u64, i64, i64)>);

impl Seen {
    fn take(&mut self, event: Event) {
        match event {
            Event::Tick { node, tick, changes, .. } => {
                assert_eq!(changes.keys().collect::<Vec<_>>(), [&ECHO]);
                for (id, hops) in changes[&ECHO].iter().map(|change| numbers(&change.row)) {
                    assert!(self.0.insert((node.index, tick, id, hops)), "{id} {hops} came twice");
                }
            }
            Event::Progress(_) => {}
            Event::Note { node, line } => panic!("{node:?} wrote {line}"),
        }
    }
    fn without_ticks(&self) -> Vec<(i64, i64, u32)> {
        let mut rows: Vec<_> = self.0.iter().map(|(node, _, id, hops)| (*id, *hops, *node)).collect();
        rows.sort_unstable();
        rows
    }
}

fn a_run_ends_by_itself() {
    let lifeline = Lifeline::new();
    let mut inputs = vec![given(0, SEED, 1, 0), given(2, SEED, 2, 0)];
    inputs.extend([given(0, GO, 10, 4), given(2, GO, 20, 1), given(1, GO, 30, 0), given(0, GO, 40, 0)]);
    let mut seen = Seen::default();
    let taken = |event| {
        seen.take(event);
        Ok(())
    };
    let summary = run(&lifeline, 3, inputs, &[], taken, never()).unwrap();
    // By hand: (id, hops, node); go(10, 4) makes 5 rows on its way around, go(20, 1) two.
    let expected = [
        (1, 0, 0),
        (2, 0, 2),
        (10, 0, 1),
        (10, 1, 0),
        (10, 2, 2),
        (10, 3, 1),
        (10, 4, 0),
        (20, 0, 0),
        (20, 1, 2),
        (30, 0, 1),
        (40, 0, 0),
    ];
    assert_eq!(seen.without_ticks(), expected);
    for (_, tick, id, _) in &seen.0 {
        assert_eq!(*tick == 1, *id < 10, "tables in the first tick, events after it");
    }
    assert_eq!((summary.end, summary.rows_fed), (RunEnd::Rest, 6));
    let sums = summary.nodes.values().fold((0, 0, 0), |(sent, processed, refused), status| {
        (sent + status.sent, processed + status.processed, refused + status.refused)
    });
    assert_eq!((summary.nodes.len(), sums), (3, (5, 5, 0)));
    lifeline.all_ended(3);
}

fn one_node_sends_to_itself() {
    let lifeline = Lifeline::new();
    let mut seen = Seen::default();
    let taken = |event| {
        seen.take(event);
        Ok(())
    };
    let summary = run(&lifeline, 1, vec![given(0, GO, 1, 1000)], &[], taken, never()).unwrap();
    assert_eq!((seen.0.len(), summary.nodes[&worker(0)].processed), (1001, 1000));
    lifeline.all_ended(1);
}

fn a_killed_node_ends_the_run_and_is_named() {
    let mut lifeline = Lifeline::new();
    let address = Lifeline { listener: lifeline.listener.try_clone().unwrap(), lines: Vec::new() };
    let mut ticks = 0;
    let error = run(
        &address,
        3,
        vec![given(0, GO, 1, FOR_EVER)],
        &[],
        |event| {
            if let Event::Tick { .. } = event {
                ticks += 1;
                if ticks == 10 {
                    lifeline.meet(3);
                    lifeline.kill(1);
                }
            }
            Ok(())
        },
        never(),
    )
    .unwrap_err();
    assert_eq!(error.to_string(), "Worker[1] died in the middle of the run: signal: 9 (SIGKILL)");
    assert_eq!(error.exit_code(), Some(3));
    lifeline.all_ended(3);
}

fn an_interrupted_run_delivers_what_it_has() {
    let lifeline = Lifeline::new();
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let mut sender = Some(sender);
    let (mut ticks, mut last) = (0, i64::MAX);
    let summary = run(
        &lifeline,
        2,
        vec![given(0, GO, 1, FOR_EVER)],
        &[],
        |event| {
            if let Event::Tick { changes, .. } = event {
                // One message travels: every row shown follows the one before, none is missing.
                let (_, hops) = numbers(&changes[&ECHO][0].row);
                last = last.min(hops);
                ticks += 1;
                if ticks == 10 {
                    sender.take().unwrap().send(()).unwrap();
                }
            }
            Ok(())
        },
        async {
            receiver.await.unwrap();
        },
    )
    .unwrap();
    assert_eq!(summary.end, RunEnd::Interrupted);
    assert!(ticks >= 10);
    assert_eq!(i64::MAX - last + 1, ticks, "what was shown is what ran, without a gap");
    assert_eq!(summary.nodes.values().map(|status| status.processed).sum::<u64>() + 1, ticks as u64);
    lifeline.all_ended(2);
}

fn a_failed_tick_ends_the_run() {
    let lifeline = Lifeline::new();
    let inputs = vec![given(0, GO, 1, FOR_EVER), given(1, GO, POISON, 0)];
    let error = run(&lifeline, 2, inputs, &[], |_| Ok(()), never()).unwrap_err();
    let text = "Worker[1] failed: the recursion through `go` did not come to an end within 10 rounds";
    assert_eq!((error.to_string().as_str(), error.exit_code()), (text, Some(1)));
    lifeline.all_ended(2);
}

fn a_node_that_cannot_start_is_named() {
    let lifeline = Lifeline::new();
    let mut lines = Vec::new();
    let noted = |event| {
        if let Event::Note { node, line } = event {
            lines.push((node.index, line));
        }
        Ok(())
    };
    let error = run(&lifeline, 2, vec![], &["broken"], noted, never()).unwrap_err();
    let text = "Worker[1] died in the middle of the run: exit status: 3; its last words: cannot start today";
    assert_eq!((error.to_string().as_str(), error.exit_code()), (text, Some(3)));
    assert_eq!(lines, [(1, "something else first".to_owned()), (1, "cannot start today".to_owned())]);
}

fn a_taken_port_is_tried_again() {
    let lifeline = Lifeline::new();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("taken");
    let mut seen = Seen::default();
    let taken = |event| {
        seen.take(event);
        Ok(())
    };
    let args = [file.to_str().unwrap()];
    let summary = run(&lifeline, 2, vec![given(0, GO, 1, 1)], &args, taken, never()).unwrap();
    assert!(file.exists());
    assert_eq!((summary.end, seen.without_ticks()), (RunEnd::Rest, vec![(1, 0, 1), (1, 1, 0)]));
}

fn a_failing_input_ends_the_run() {
    let lifeline = Lifeline::new();
    let inputs = vec![given(0, GO, 1, FOR_EVER), Err("go.csv: line 3".into())];
    let error = run(&lifeline, 2, inputs, &[], |_| Ok(()), never()).unwrap_err();
    assert!(matches!(error, ClusterError::Host(why) if why == "go.csv: line 3"));
    lifeline.all_ended(2);
}

fn a_failing_observer_ends_the_run() {
    let lifeline = Lifeline::new();
    let fail = |event| match event {
        Event::Tick { .. } => Err("disk full".to_owned()),
        Event::Progress(_) | Event::Note { .. } => Ok(()),
    };
    let error = run(&lifeline, 2, vec![given(0, GO, 1, FOR_EVER)], &[], fail, never()).unwrap_err();
    assert!(matches!(error, ClusterError::Host(why) if why == "disk full"));
    lifeline.all_ended(2);
}

fn a_row_for_no_node_is_refused() {
    let lifeline = Lifeline::new();
    let error = run(&lifeline, 2, vec![given(2, GO, 1, 1)], &[], |_| Ok(()), never()).unwrap_err();
    assert_eq!(error.to_string(), "a row of `go` cannot be given to Worker[2]: there is no such node");
    lifeline.all_ended(2);
}

/// `coordinator LIFELINE`: a run that goes on until it is killed.
fn coordinator(args: &[String]) -> ExitCode {
    let result = run_local(LocalRun {
        exe: &std::env::current_exe().unwrap(),
        artifact: ARTIFACT,
        program: Arc::new(program()),
        program_hash: PROGRAM_HASH,
        deployment: Deployment::new([2].into_iter().collect()),
        inputs: vec![given(0, GO, 1, FOR_EVER)].into_iter(),
        batch: 1,
        extra_args: vec![args[1].clone()],
        on_event: |event| {
            if let Event::Tick { .. } = event {
                println!("a tick");
            }
            Ok(())
        },
        shutdown: never(),
    });
    panic!("the run ended: {result:?}");
}

fn nodes_end_when_the_coordinator_is_killed() {
    let lifeline = Lifeline::new();
    let exe: PathBuf = std::env::current_exe().unwrap();
    let mut child = Command::new(exe)
        .args(["coordinator", &lifeline.address()])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "a tick\n");
    kill(child.id());
    child.wait().unwrap();
    lifeline.all_ended(2);
}
