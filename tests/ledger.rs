//! `examples/ledger` on processes that are killed: transfers between accounts on three durable Banks, a Bank killed (SIGKILL) every
//! two seconds and started again. In the end every transfer was acknowledged once, and the accounts hold what a model
//! of a few lines says: the start and all acknowledged transfers, each applied once.
//!
//! The Teller runs in the test itself: it is fed, and hears what is done. With the feature `planted` nodes can be told to make
//! mistakes, which the same test must find.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use floret_cluster::{ClusterFile, NodeEntry};
use floret_ir::{Address, Engine, InputRow, Observe, RelationId, Site, Value, artifact};
use floret_node::{Alone, Drive, Limits, NodeConfig, NodeError, NodeExit, run_node_blocking};
use floret_reference::{Options, Reference};
use floret_sim::Random;
use floret_sim::world::{Planted, Tally};
use tokio::sync::{mpsc, oneshot};

use crate::compile::compiled;
use crate::floret::{command, finish, rows, scratch, signal, succeed};
use crate::long::cases;
use crate::simulated::searched;

const PROGRAM: &str = "examples/ledger/ledger.flo";
const BANKS: u32 = 3;
const ACCOUNTS: i64 = 9;
const START: i64 = 1000;
/// So many transfers are under way at once.
const WINDOW: usize = 200;

/// What a run does.
struct Plan {
    seed: u64,
    length: Duration,
    /// About so long between two kills.
    pause: Duration,
    /// A run in which nothing is acknowledged for so long has lost something.
    patience: Duration,
    plant: Option<&'static str>,
}

#[derive(Debug)]
struct Done {
    transfers: usize,
    kills: usize,
}

/// The Banks' processes.
struct Banks<'a> {
    root: &'a Path,
    plant: Option<&'static str>,
    children: Vec<Child>,
}

impl Banks<'_> {
    fn spawn(&self, index: u32) -> Child {
        let path = |name: &str| self.root.join(name).display().to_string();
        let said =
            File::options().create(true).append(true).open(path(&format!("bank-{index}.log"))).unwrap();
        let mut command = command(&[
            "node",
            "--artifact",
            &path("ledger.floret"),
            "--cluster",
            &path("cluster.toml"),
            "--role",
            "Bank",
            "--index",
            &index.to_string(),
            "--data-dir",
            &path("data"),
        ]);
        if let Some(plant) = self.plant {
            command.env("FLORET_PLANT", plant);
        }
        command.stdout(Stdio::piped()).stderr(said).spawn().unwrap()
    }
    /// Kills a Bank and starts it again. That it has ended by itself is nothing that a lost message explains.
    fn kill(&mut self, index: usize) {
        let ended = self.children[index].try_wait().unwrap();
        assert!(ended.is_none(), "Bank[{index}] ended by itself: {ended:?}\n{}", self.said());
        self.children[index].kill().unwrap();
        self.children[index].wait().unwrap();
        self.children[index] = self.spawn(index as u32);
    }
    /// Stops all of them in order; the accounts they show at their end.
    fn accounts(&mut self) -> Result<BTreeMap<i64, i64>, String> {
        let mut accounts = BTreeMap::new();
        for child in &self.children {
            signal(child.id(), "INT");
        }
        for child in std::mem::take(&mut self.children) {
            for line in finish(child).out.lines().filter(|line| line.starts_with("Bank[")) {
                let numbers: Vec<i64> = line.split(',').skip(1).map(|text| text.parse().unwrap()).collect();
                if accounts.insert(numbers[0], numbers[1]).is_some() {
                    return Err(format!("two balances of account {}", numbers[0]));
                }
            }
        }
        Ok(accounts)
    }
    fn said(&self) -> String {
        let log = |index| fs::read_to_string(self.root.join(format!("bank-{index}.log"))).unwrap_or_default();
        (0..BANKS).map(|index| format!("Bank[{index}]:\n{}", log(index))).collect()
    }
}

impl Drop for Banks<'_> {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The Teller, in a thread of this process.
struct Teller {
    feed: mpsc::Sender<Vec<InputRow>>,
    done: Receiver<i64>,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<Result<NodeExit, NodeError>>,
    transfer: RelationId,
}

/// Writes the artifact and the cluster file, and starts the Teller.
fn start_teller(root: &Path) -> Teller {
    let artifact = compiled(&fs::read_to_string(PROGRAM).unwrap()).artifact;
    let program = Arc::new(artifact.stratified.program.clone());
    fs::write(root.join("ledger.floret"), artifact::encode(&artifact)).unwrap();
    let open = |_| TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let mut listeners: Vec<TcpListener> = (0..=BANKS).map(open).collect();
    let address = |listener: &TcpListener| listener.local_addr().unwrap().to_string();
    let mut nodes: Vec<NodeEntry> = (0..BANKS)
        .zip(&listeners)
        .map(|(index, listener)| NodeEntry { role: "Bank".into(), index, address: address(listener) })
        .collect();
    let listener = listeners.pop().unwrap();
    nodes.push(NodeEntry { role: "Teller".into(), index: 0, address: address(&listener) });
    let file = ClusterFile { token: "secret".into(), stop_with_coordinator: false, nodes };
    file.write(&root.join("cluster.toml")).unwrap();
    let members = file.resolve(&program, "cluster.toml").unwrap();

    let named =
        |name: &str| program.relations.entries().find(|(_, relation)| relation.name == name).unwrap().0;
    let (transfer, booked) = (named("transfer"), named("done"));
    let me = Address { role: program.role_named("Teller").unwrap(), index: 0 };
    let (feed, fed) = mpsc::channel(4);
    let (stop, stopped) = oneshot::channel::<()>();
    let (heard, done) = channel();
    let alone = Alone {
        inputs: Vec::new(),
        feed: Some(fed),
        on_tick: Box::new(move |tick| {
            for change in tick.effects.changes.get(&booked).into_iter().flatten() {
                let [Value::Int(id)] = change.row.as_slice() else { return Err("no id".into()) };
                let _ = heard.send(*id);
            }
            Ok(())
        }),
        shutdown: Box::pin(async {
            let _ = stopped.await;
        }),
    };
    let config = NodeConfig {
        me,
        program,
        program_hash: artifact::program_hash(&artifact.stratified),
        deployment: members.deployment.clone(),
        addresses: members.addresses,
        token: file.token,
        listener: Some(listener),
        drive: Drive::Alone(alone),
        limits: Limits::default(),
        record: None,
        durable: None,
        note: Box::new(|_| {}),
    };
    let make = move || {
        let site = Site { me, deployment: members.deployment };
        let options = Options { observe: Observe::Outputs, tick_limit: 1000 };
        Ok(Box::new(Reference::new(&artifact.stratified, site, options)) as Box<dyn Engine>)
    };
    let thread = std::thread::spawn(move || run_node_blocking(config, make));
    Teller { feed, done, stop, thread, transfer }
}

/// The transfer of a number: from an account to another one, some amount.
fn transfer(seed: u64, id: i64) -> [i64; 4] {
    let mut random = Random::new(seed ^ id.cast_unsigned().wrapping_mul(0x9e37_79b9));
    let giver = random.below(ACCOUNTS as usize) as i64;
    let taker = (giver + 1 + random.below(ACCOUNTS as usize - 1) as i64) % ACCOUNTS;
    [id, giver, taker, 1 + random.below(100) as i64]
}

/// Transfers on their way.
struct Load<'a> {
    plan: &'a Plan,
    teller: &'a Teller,
    /// By number, whether it is acknowledged.
    acknowledged: Vec<bool>,
    waiting: usize,
    heard: Instant,
}

impl Load<'_> {
    /// Feeds as many transfers more.
    fn feed(&mut self, count: usize, transfer: impl Fn(i64) -> [i64; 4]) -> Result<(), String> {
        let new = self.acknowledged.len()..self.acknowledged.len() + count;
        let row = |id: usize| InputRow {
            relation: self.teller.transfer,
            row: transfer(id as i64).map(Value::Int).to_vec(),
        };
        self.teller.feed.blocking_send(new.clone().map(row).collect()).map_err(|_| "the Teller is gone")?;
        self.waiting += count;
        self.acknowledged.resize(new.end, false);
        Ok(())
    }
    /// Waits, not for long, for an acknowledgement.
    fn hear(&mut self, banks: &Banks<'_>) -> Result<(), String> {
        match self.teller.done.recv_timeout(Duration::from_millis(20)) {
            Ok(id) => {
                let known =
                    self.acknowledged.get_mut(id as usize).ok_or("an unknown transfer is acknowledged")?;
                if std::mem::replace(known, true) {
                    return Err(format!("transfer {id} is acknowledged twice"));
                }
                self.waiting -= 1;
                self.heard = Instant::now();
            }
            Err(RecvTimeoutError::Timeout) => {
                if self.heard.elapsed() > self.plan.patience {
                    return Err(format!(
                        "{} transfers are never acknowledged\n{}",
                        self.waiting,
                        banks.said()
                    ));
                }
            }
            Err(RecvTimeoutError::Disconnected) => return Err("the Teller is gone".into()),
        }
        Ok(())
    }
}

/// A run from beginning to end; what is wrong.
fn run(plan: &Plan) -> Result<Done, String> {
    let root = scratch();
    let teller = start_teller(root.path());
    let mut banks = Banks { root: root.path(), plant: plan.plant, children: Vec::new() };
    banks.children = (0..BANKS).map(|index| banks.spawn(index)).collect();
    let mut random = Random::new(plan.seed);
    let (start, mut kills) = (Instant::now(), 0);
    let mut next_kill = start + plan.pause;
    let mut load =
        Load { plan, teller: &teller, acknowledged: Vec::new(), waiting: 0, heard: Instant::now() };
    while start.elapsed() < plan.length {
        if load.waiting < WINDOW / 2 {
            load.feed(WINDOW - load.waiting, |id| transfer(plan.seed, id))?;
        }
        load.hear(&banks)?;
        if Instant::now() >= next_kill {
            banks.kill(random.below(BANKS as usize));
            kills += 1;
            let pause = plan.pause.as_micros() as usize;
            next_kill = Instant::now() + Duration::from_micros((pause / 2 + random.below(pause)) as u64);
        }
    }
    while load.waiting > 0 {
        load.hear(&banks)?;
    }
    let transfers = load.acknowledged.len();
    // A balance changes in the tick after that of the credit, which is acknowledged before. So a transfer of nothing to each
    // Bank: when that is acknowledged, all ticks before have had their successors.
    load.feed(BANKS as usize, |id| {
        let bank = (id - transfers as i64) % i64::from(BANKS);
        [id, (bank + 1) % i64::from(BANKS), bank, 0]
    })?;
    while load.waiting > 0 {
        load.hear(&banks)?;
    }
    let found = banks.accounts()?;
    let mut expected: BTreeMap<i64, i64> = (0..ACCOUNTS).map(|number| (number, START)).collect();
    for id in 0..transfers {
        let [_, giver, taker, amount] = transfer(plan.seed, id as i64);
        *expected.get_mut(&giver).unwrap() -= amount;
        *expected.get_mut(&taker).unwrap() += amount;
    }
    if found != expected {
        let sum = |accounts: &BTreeMap<i64, i64>| accounts.values().sum::<i64>();
        return Err(format!(
            "the accounts hold {} instead of {}:\n{found:?}\ninstead of\n{expected:?}",
            sum(&found),
            sum(&expected)
        ));
    }
    let _ = teller.stop.send(());
    teller.thread.join().unwrap().map_err(|error| error.to_string())?;
    Ok(Done { transfers, kills })
}

#[test]
fn the_example_gives_what_another_program_computed() {
    let (out, data) = (scratch(), scratch());
    let base = ["run", PROGRAM, "--nodes", "Bank=3,Teller=2", "--quiet", "--data-dir"];
    let files = [data.path().to_str().unwrap(), "--out", out.path().to_str().unwrap()];
    let input = ["--input", "transfer=examples/ledger/transfer.csv"];
    let expected = PathBuf::from("examples/ledger/expected");
    succeed(&[&base[..], &files, &input].concat());
    for name in ["account.csv", "done.csv"] {
        assert_eq!(rows(&out.path().join(name)), rows(&expected.join(name)), "{name}");
    }
    // The Banks go on where they were.
    succeed(&[&base[..], &files].concat());
    assert_eq!(rows(&out.path().join("account.csv")), rows(&expected.join("account.csv")));
}

#[test]
fn no_transfer_is_lost_or_applied_twice_when_banks_are_killed() {
    let (seed, seconds) = cases("ledger, seconds", 10, 60, 600);
    let plan = Plan {
        seed,
        length: Duration::from_secs(seconds as u64),
        pause: Duration::from_secs(2),
        patience: Duration::from_secs(60),
        plant: None,
    };
    let done = run(&plan).unwrap_or_else(|what| panic!("{what}"));
    println!("ledger: {done:?}");
    assert!(done.kills > 0 && done.transfers > WINDOW);
}

/// The simulator's search over seeds with crashes at every point of a tick: what the first run in which something is wrong says.
fn simulated(seeds: u64, planted: Option<Planted>) -> (Tally, Option<String>) {
    let artifact = compiled(&fs::read_to_string(PROGRAM).unwrap()).artifact;
    let program = &artifact.stratified.program;
    let (relation, _) =
        program.relations.entries().find(|(_, relation)| relation.name == "transfer").unwrap();
    let role = program.role_named("Teller").unwrap();
    let row = |id: i64| {
        let row = transfer(0, id).map(Value::Int).to_vec();
        (Address { role, index: (id % 2) as u32 }, InputRow { relation, row })
    };
    let rows: Vec<_> = (0..24).map(row).collect();
    let faults = "loss=3%,dup=3%,delay=1..20,crash=4,restart=5..200";
    let found = searched(&artifact, &[BANKS, 2], &rows, planted, faults, seeds, |_, _| ());
    (found.tally, found.failure)
}

#[test]
fn the_books_are_right_whenever_simulated_banks_crash() {
    let (_, seeds) = cases("ledger, simulated", 100, 1000, 10_000);
    let (tally, failure) = simulated(seeds as u64, None);
    println!("ledger, simulated: {}", tally.text());
    assert_eq!(failure, None);
}

#[test]
fn the_simulator_finds_planted_mistakes() {
    for planted in [Planted::CommitBeforeSync, Planted::ForgetNumber, Planted::ReplayTwice] {
        let (_, failure) = simulated(1000, Some(planted));
        println!("{planted:?}: {failure:?}");
        assert!(failure.is_some(), "{planted:?} is not found");
    }
}

/// Banks are killed three times a second; a mistake may take a few runs to show.
#[cfg(feature = "planted")]
#[test]
fn planted_mistakes_are_found() {
    for plant in ["acknowledge-before-sync", "forget-number", "replay-without-dedup"] {
        let found = (1..=10).find_map(|seed| {
            let plan = Plan {
                seed,
                length: Duration::from_secs(6),
                pause: Duration::from_millis(300),
                patience: Duration::from_secs(15),
                plant: Some(plant),
            };
            run(&plan).err().map(|what| format!("run {seed}: {}", what.lines().next().unwrap_or_default()))
        });
        println!("{plant}: {found:?}");
        assert!(found.is_some(), "{plant} is not found");
    }
}
