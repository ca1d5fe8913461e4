//! The examples for clusters: each runs on several processes, and its invariants hold in the simulator under faults of
//! all kinds. Expected rows follow from the inputs by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::floret::{rows, scratch, succeed};
use crate::long;

/// All faults at once.
const FAULTS: &str = "loss=5%,dup=5%,delay=1..20,crash=2,restart,partition,pause,skew";

/// How each example is run.
const EXAMPLES: [(&str, &[&str]); 5] = [
    ("chat", &["--nodes", "Member=3", "--data", "examples/chat"]),
    ("twophase", &["--nodes", "Participant=3", "--data", "examples/twophase"]),
    ("gossip", &["--nodes", "Member=5", "--data", "examples/gossip", "--for", "3s"]),
    ("membership", &["--nodes", "Member=3", "--for", "3s"]),
    ("store", &["--nodes", "Server=3,Client=2", "--data", "examples/store"]),
];

fn arguments(name: &str) -> Vec<String> {
    let (_, arguments) = EXAMPLES.iter().find(|(example, _)| *example == name).unwrap();
    let program = format!("examples/{name}/{name}.flo");
    std::iter::once(program).chain(arguments.iter().map(|part| (*part).to_owned())).collect()
}

/// Runs an example by local processes; what it shows must be right.
fn run(name: &str) {
    let out = scratch();
    let arguments = arguments(name);
    let mut command = vec!["run"];
    command.extend(arguments.iter().map(String::as_str));
    command.extend(["--out", out.path().to_str().unwrap()]);
    succeed(&command);
    check(name, out.path());
}

/// An output's rows by node, each a set.
type Nodes = BTreeMap<String, BTreeSet<Vec<String>>>;

fn nodes(out: &Path, output: &str) -> Nodes {
    let mut reader = csv::Reader::from_path(out.join(format!("{output}.csv"))).unwrap();
    let mut nodes = Nodes::new();
    for record in reader.records() {
        let mut cells = record.unwrap().iter().map(str::to_owned).collect::<Vec<_>>();
        let node = cells.remove(0);
        nodes.entry(node).or_default().insert(cells);
    }
    nodes
}

fn set(rows: &[&[&str]]) -> BTreeSet<Vec<String>> {
    rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect()
}

/// Whether an example's outputs are right, wherever its nodes ran: as many nodes as in [`EXAMPLES`]; of `kv` 2 Clients and 3
/// Servers.
pub fn check(name: &str, out: &Path) {
    match name {
        "chat" => one_conversation(&nodes(out, "conversation")),
        "twophase" => decided_alike(&nodes(out, "decision")),
        "gossip" => no_rumour_is_made_up(&nodes(out, "known")),
        "membership" => nobody_suspects_itself(&nodes(out, "suspected")),
        "store" => all_writes_are_done(&nodes(out, "done")),
        "kv" => {
            let expected = crate::floret::root().join("examples/kv/expected");
            for output in ["kv", "done"] {
                assert_eq!(nodes(out, output), nodes(&expected, output), "{output}");
            }
        }
        other => panic!("no example {other}"),
    }
}

fn one_conversation(nodes: &Nodes) {
    assert_eq!(nodes.len(), 3);
    let first = &nodes["Member[0]"];
    assert!(nodes.values().all(|conversation| conversation == first), "{nodes:?}");
    // Every line of say.csv under a number of its own, from 1 on; row n is said by Member n modulo 3.
    let said: Vec<Vec<String>> =
        rows(&crate::floret::root().join("examples/chat/say.csv")).into_iter().collect();
    let expected: BTreeSet<(String, String)> = said
        .iter()
        .enumerate()
        .map(|(row, cells)| (format!("Member[{}]", row % 3), cells.last().unwrap().clone()))
        .collect();
    assert_eq!(
        first.iter().map(|line| (line[1].clone(), line[2].clone())).collect::<BTreeSet<_>>(),
        expected
    );
    let numbers: BTreeSet<usize> = first.iter().map(|line| line[0].parse().unwrap()).collect();
    assert_eq!(numbers, (1..=said.len()).collect());
}

fn decided_alike(nodes: &Nodes) {
    let decided = set(&[
        &["adopt cat", "true"],
        &["book flight", "true"],
        &["buy bread", "true"],
        &["pay rent", "true"],
        &["rob bank", "false"],
        &["sell house", "false"],
    ]);
    assert_eq!(nodes.len(), 3);
    assert!(nodes.values().all(|decisions| *decisions == decided), "{nodes:?}");
}

fn no_rumour_is_made_up(nodes: &Nodes) {
    let rumours = set(&[
        &["a comet comes", "Member[2]"],
        &["bread gets dearer", "Member[1]"],
        &["the king is ill", "Member[0]"],
    ]);
    // How far rumours got in the time there was is the machine's affair; none is made up, and those at home are known.
    assert!(nodes.values().all(|known| known.is_subset(&rumours)), "{nodes:?}");
    let at_home =
        |member: &str| rumours.iter().filter(|row| row[1] == member).cloned().collect::<BTreeSet<_>>();
    for member in ["Member[0]", "Member[1]", "Member[2]"] {
        assert!(nodes[member].is_superset(&at_home(member)), "{nodes:?}");
    }
}

fn nobody_suspects_itself(nodes: &Nodes) {
    // On a slow machine a member may be suspected, but never by itself.
    assert!(nodes.iter().all(|(node, suspects)| !suspects.contains(&vec![node.clone()])), "{nodes:?}");
}

fn all_writes_are_done(nodes: &Nodes) {
    // Row n of put.csv goes to Client n modulo 2.
    assert_eq!(nodes["Client[0]"], set(&[&["1", "apple"], &["3", "lemon"], &["5", "cherry"]]));
    assert_eq!(nodes["Client[1]"], set(&[&["2", "plum"], &["4", "pear"], &["6", "melon"]]));
}

/// All faults that lose nothing for good.
const STALLS: &str = "loss=5%,dup=5%,delay=1..20,partition,pause,skew";

#[test]
fn tests_pass_under_faults() {
    let (seed, seeds) = long::cases("examples' tests under faults", 5, 10, 1000);
    for name in ["kv", "chat", "store", "twophase", "gossip"] {
        let program = format!("examples/{name}/{name}.flo");
        let (seed, seeds) = (seed.to_string(), seeds.to_string());
        let said =
            succeed(&["test", &program, "--seed", &seed, "--seeds", &seeds, "--faults", STALLS, "--quiet"]);
        println!("{name}: {}", said.out.trim_end());
        assert!(said.out.starts_with("ok     \""), "{}", said.out);
    }
}

#[test]
fn everybody_in_the_chat_shows_one_conversation() {
    run("chat");
}

#[test]
fn all_participants_decide_alike() {
    run("twophase");
}

#[test]
fn in_the_end_everybody_knows_every_rumour() {
    run("gossip");
}

#[test]
fn membership_runs_by_the_clock() {
    run("membership");
}

#[test]
fn the_store_acknowledges_every_write() {
    run("store");
}

#[test]
fn invariants_hold_under_faults() {
    let (seed, seeds) = long::cases("examples under faults", 5, 20, 1000);
    for (name, _) in EXAMPLES {
        let arguments = arguments(name);
        let (seed, seeds) = (seed.to_string(), seeds.to_string());
        let mut command = vec!["sim"];
        command.extend(arguments.iter().map(String::as_str));
        command.extend(["--seed", &seed, "--seeds", &seeds, "--faults", FAULTS, "--quiet"]);
        let said = succeed(&command);
        let told = said.out.lines().chain(said.err.lines()).find(|line| line.contains("held;"));
        println!("{name}: {}", told.unwrap_or_else(|| panic!("{}{}", said.out, said.err)));
    }
}
