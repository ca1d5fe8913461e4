//! The harness of `confluence` finds mistakes in the check's tables: for each row of them the check runs with that row
//! wrong on purpose (skipped if it says order-dependent, with a stronger class if not), and some collection that is then
//! called confluent must differ between two runs, within a bounded number of programs. Programs are the known ones of
//! tests/verdicts and generated ones, all with generated inputs. Right tables must find no difference in the same runs.

use std::collections::{BTreeMap, BTreeSet};

use floret_compiler::coordination::{check_replicas_weakened, check_weakened, replica_rows, rows};
use floret_ir::coordination::{Class, Coordination};
use floret_ir::{
    Address, AtomSource, Deployment, InputMode, InputRow, Observe, Program, RelationKind, Site, Stratified,
};
use floret_reference::Reference;
use floret_sim::{History, Network, Random, Settings};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::confluence::{forgets, promised};
use crate::generate::{self, rule};

const MAX_STEPS: u64 = 150;
const SCHEDULES: u64 = 8;
/// Inputs of each known program.
const INPUTS: u64 = 4;
/// Generated programs.
const GENERATED: usize = 150;

/// The runs of one program on the same inputs; `None` if one doesn't come to rest.
fn runs(
    stratified: &Stratified,
    deployment: &Deployment,
    fed: &[(Address, InputRow)],
) -> Option<Vec<History>> {
    (0..SCHEDULES).map(|seed| run(stratified, deployment, fed, seed)).collect()
}

pub(crate) fn run(
    stratified: &Stratified,
    deployment: &Deployment,
    fed: &[(Address, InputRow)],
    seed: u64,
) -> Option<History> {
    let program = &stratified.program;
    // What `any` chooses is the run's.
    let deployment = Deployment { seed, ..deployment.clone() };
    let engine = |me: Address| {
        let site = Site { me, deployment: deployment.clone() };
        Reference::new(
            stratified,
            site,
            floret_reference::Options { observe: Observe::Everything, tick_limit: 60 },
        )
    };
    let settings = Settings { seed: seed.wrapping_mul(0x9e37_79b9) + 1, inputs_first: false };
    let mut network = Network::new(program, &deployment, fed.to_vec(), settings, engine).unwrap();
    // Some runs lose messages, where they may.
    network.lose_some(if seed % 2 == 1 { 40 } else { 0 });
    for (node, input) in fed {
        if program.relations[input.relation].input == Some(InputMode::Mutable) {
            network.delete(*node, input.clone()).unwrap();
        }
    }
    network.end_inputs();
    let timers = program.relations.iter().filter_map(|relation| match relation.kind {
        RelationKind::Timer { every } => Some(every),
        _ => None,
    });
    let clock = program.rules.iter().flat_map(|rule| rule.positive_atoms());
    let clock = clock.filter(|atom| atom.source == AtomSource::Clock).map(|_| 1_000_000_000);
    let rest = match timers.chain(clock).max() {
        // Once all has arrived, it beats some more times.
        Some(period) => {
            let arrived = network.run_for(5 * period / 2, MAX_STEPS).ok()?;
            // What is sent again and again arrives.
            network.lose_some(0);
            if arrived.is_reached() { network.run_for(3 * period, MAX_STEPS).ok()? } else { arrived }
        }
        None => network.run_to_rest(MAX_STEPS).ok()?,
    };
    rest.is_reached().then(|| network.history().clone())
}

/// A collection that is called confluent and differs between two of the runs, or is called static and changes.
fn difference(
    program: &Program,
    coordination: &Coordination,
    deployment: &Deployment,
    runs: &[History],
) -> Option<String> {
    program.relations.entries().find_map(|(id, relation)| {
        let class = coordination.classes[id];
        let brief = relation.is_momentary() || forgets(program, id);
        let differs = deployment.members(relation.role).any(|node| {
            let views = runs.iter().map(|run| promised(class, run, node, id, brief));
            let views: BTreeSet<_> = views.collect();
            let moves = class == Class::Static
                && !relation.is_momentary()
                && runs.iter().any(|run| run.times(node, id).any(|(_, held)| held[0].from > 1));
            views.len() > 1 || moves
        });
        differs.then(|| format!("`{}`, called {}", relation.name, class.name()))
    })
}

/// A collection whose replicas are said to agree and differ in one of the runs.
fn disagreement(
    program: &Program,
    coordination: &Coordination,
    deployment: &Deployment,
    runs: &[History],
) -> Option<String> {
    program.relations.entries().find_map(|(id, relation)| {
        let agree = coordination.replicas[id].as_ref().is_some_and(|found| found.agree);
        let differs = |run: &History| {
            let held = deployment.members(relation.role).map(|node| {
                if relation.is_momentary() { run.ever_merged(node, id) } else { run.last(node, id) }
            });
            held.collect::<BTreeSet<_>>().len() > 1
        };
        (agree && runs.iter().any(differs)).then(|| format!("the replicas of `{}`", relation.name))
    })
}

/// Each of these differs by one thing from replicas that agree.
const REPLICAS: [(&str, &str); 12] = [
    ("own-order", "channel c(k: int, v: int) on R; kept(k, max(v)) <+- c(k, v);"),
    (
        "other-channel",
        "channel c(k: int, v: int) on R ordered via R; channel d(k: int, v: int) on R ordered via R;
         d@r(k, v) <~ set(k, v), R(r); kept(k, max(v)) <+- c(k, v); kept(k, 0) <+- d(k, _);",
    ),
    (
        "lost",
        "channel c(k: int, v: int) on R; channel d(k: int, v: int) on R lossy; d@r(k, v) <~ set(k, v), R(r);
         table all(k: int, v: int) on R; all(k, v) <= c(k, v); all(k, v + 100) <= d(k, v);",
    ),
    (
        "not-to-all",
        "channel c(k: int, v: int) on R; channel d(k: int, v: int) on R; d@r(k, random()) <~ set(k, _), R(r);
         channel e(k: int, v: int) on R; e@R[0](k, v) <~ set(k, v);
         table all(k: int, v: int) on R; all(k, v) <= c(k, v); all(k, v) <= d(k, v); all(k, v + 100) <= e(k, v);",
    ),
    (
        "input",
        "channel c(k: int, v: int) on R ordered via R; input table here(k: int) on R;
         kept(k, max(v)) <+- c(k, v), here(k);",
    ),
    (
        "reports",
        "channel c(k: int, v: int) on R ordered via R; bad(10 / (v - v)) <= c(_, v);
         kept(0, max(v)) <+- floret::error(values: _), c(_, v);",
    ),
    (
        "clock",
        "channel c(k: int, v: int) on R ordered via R; table at(k: int => t: time) on R; at(k, now()) <+- c(k, _);",
    ),
    ("own-address", "channel c(k: int, v: int) on R ordered via R; kept(k, max(v)) <+- c(k, v), self == R[0];"),
    (
        "placed-fact",
        "channel c(k: int, v: int) on R ordered via R; table here(k: int) on R; here@R[1](0); here@R[1](1);
         kept(k, max(v)) <+- c(k, v), here(k);",
    ),
    (
        "any-tick",
        "channel c(k: int, v: int) on R ordered via R; kept(0, max(v)) <+- c(_, v);
         table seen(v: int) on R; seen(v) <= kept(0, v), !c(_, _);",
    ),
    (
        "last-tick",
        "channel c(k: int, v: int) on R ordered via R; channel d(k: int) on R; d@R[1](k) <~ set(k, _);
         kept(0, max(v)) <+- c(_, v), v < 2; view shown(k: int, v: int) on R; shown(k, v) <= c(k, _), kept(0, v);",
    ),
    (
        "next-tick",
        "channel c(k: int, v: int) on R ordered via R; event next(v: int) on R; next(v) <+ c(_, v);
         table met(v: int, w: int) on R; met(v, w) <= next(v), c(_, w);",
    ),
];

/// Inputs for a program: so many rows in each of three batches.
pub(crate) fn inputs(
    program: &Program,
    deployment: &Deployment,
    random: &mut Random,
) -> Vec<(Address, InputRow)> {
    let mut fed = Vec::new();
    let mut keys = BTreeSet::new();
    for tick in 0..3 {
        let bytes: Vec<[u8; 5]> =
            (0..2 + random.below(8)).map(|_| random.bits().to_le_bytes()[..5].try_into().unwrap()).collect();
        for input in generate::arrivals(program, &bytes, tick).inputs {
            let relation = &program.relations[input.relation];
            // The ends of inputs come at their end.
            if relation.is_generated() {
                continue;
            }
            // A second value for a key is the host's mistake.
            if let Some(key) = relation.key
                && !keys.insert((input.relation, input.row[..key].to_vec()))
            {
                continue;
            }
            fed.push((deployment.member(relation.role, random.below(4) as i64), input));
        }
    }
    fed
}

#[test]
fn every_row_that_is_wrong_is_found() {
    // On this network nodes neither go nor come.
    let mut left: BTreeSet<&str> = rows().filter(|row| *row != "peers").collect();
    let all = left.len();
    let mut found: BTreeMap<&str, (usize, String)> = BTreeMap::new();
    let mut programs = 0;
    let mut replicas_left: BTreeSet<&str> = replica_rows().collect();
    let mut agreeing = 0;
    let mut examine = |stratified: &Stratified, right: &Coordination, name: &str, random: &mut Random| {
        let program = &stratified.program;
        let deployment = Deployment {
            params: program.params.iter().filter_map(|param| param.default.clone()).collect(),
            ..Deployment::new(program.roles.ids().map(|role| 2 - role.0 % 2).collect())
        };
        let fed = inputs(program, &deployment, random);
        let Some(runs) = runs(stratified, &deployment, &fed) else { return };
        programs += 1;
        assert_eq!(difference(program, right, &deployment, &runs), None, "{name}");
        assert_eq!(disagreement(program, right, &deployment, &runs), None, "{name}");
        agreeing += right.replicas.iter().flatten().filter(|found| found.agree).count();
        replicas_left.retain(|row| {
            let weakened = check_replicas_weakened(stratified, row).unwrap();
            let what = disagreement(program, &weakened, &deployment, &runs);
            if let Some(what) = &what {
                println!("mutations: {row} found by program {programs}, {name}: {what}");
            }
            what.is_none()
        });
        left.retain(|row| {
            let weakened = check_weakened(stratified, row).unwrap();
            // Most rows don't concern most programs.
            if weakened.classes == right.classes {
                return true;
            }
            let Some(what) = difference(program, &weakened, &deployment, &runs) else { return true };
            found.insert(row, (programs, format!("{name}: {what}")));
            false
        });
    };
    let mut random = Random::new(1);
    let mut paths: Vec<_> = std::fs::read_dir(crate::floret::root().join("tests/verdicts"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "flo"))
        .collect();
    paths.sort();
    for path in &paths {
        let compiled = crate::compile::compiled(&std::fs::read_to_string(path).unwrap());
        let name = path.file_stem().unwrap().to_str().unwrap();
        // What a program gets doesn't depend on which others there are.
        let mut random = Random::new(1);
        for _ in 0..INPUTS {
            examine(compiled.stratified(), &compiled.artifact.coordination, name, &mut random);
        }
    }
    for (row, statements) in REPLICAS {
        let compiled = crate::compile::compiled(&format!(
            "role R; role C; input event set(k: int, v: int) on C; c@r(k, v) <~ set(k, v), R(r);
             table kept(k: int => v: int) on R; output kept; {statements}"
        ));
        for _ in 0..INPUTS {
            examine(compiled.stratified(), &compiled.artifact.coordination, row, &mut random);
        }
    }
    let schema = generate::roles();
    let strategy = generate::seedlings(4..12, 2..4);
    let mut runner =
        TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]));
    for _ in 0..GENERATED {
        let seedling = strategy.new_tree(&mut runner).unwrap().current();
        let statements = rule::statements(&schema, &seedling);
        let (_, compiled) = generate::compile_what_compiles(&schema, statements);
        examine(compiled.stratified(), &compiled.artifact.coordination, "generated", &mut random);
    }
    for (row, (number, what)) in &found {
        println!("mutations: {row} found by program {number}, {what}");
    }
    println!(
        "mutations: {} of {all} wrong rows found by {programs} programs under {SCHEDULES} schedules",
        found.len()
    );
    println!("mutations: {agreeing} collections whose replicas are said to agree did");
    assert!(left.is_empty(), "not found: {left:?}");
    assert!(replicas_left.is_empty(), "not found: {replicas_left:?}");
}
