//! Channels `ordered via` a role in the simulator, while frames are lost, repeated and late and nodes crash and come back: every
//! replica makes the same of the same batches in the same order, which `ordered` alone doesn't give. Mistakes that are
//! planted in what the compiler wrote out are found.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::artifact::Artifact;
use floret_ir::{
    Address, Deployment, Expr, HeadTerm, InputRow, Observe, Promise, RelationId, RelationKind, Row, Site,
    Value,
};
use floret_reference::{Options, Reference};
use floret_sim::world::{extent, run, run_of};
use floret_sim::{Network, Settings};

use crate::compile::compiled;
use crate::long::cases;
use crate::simulated::searched;

/// Two Clients write some keys at three Replicas, where the last one to write a key wins, and every batch is written down.
fn program(roles: &str, clauses: &str, sends: &str) -> String {
    format!(
        "role Client;
         {roles}
         input event set(k: int, v: int) on Client;
         channel put(k: int, v: int) on Replica {clauses};
         table batches(of: int => n: int) on Replica;
         table register(k: int => v: int) on Replica;
         table log(n: int, k: int, v: int) on Replica;
         batches(0, 0);
         {sends}
         register(k, max(v)) <+- put(k, v);
         log(n, k, v) <= put(k, v), batches(0, n);
         batches(0, n + 1) <+- put(_, _), batches(0, n);"
    )
}

const TO_ALL: &str = "put@r(k, v) <~ set(k, v), Replica(r);";
/// The same messages, but the compiler can't know that all get them.
const ONE_BY_ONE: &str = "put@Replica[i](k, v) <~ set(k, v), i in [0, 1, 2];";
const DURABLE: &str = "role Replica durable; role Sequencer durable;";

const INVARIANTS: &str = "
    invariant log \"two replicas have another batch of one number\":
        log@a(n, k, v), log@b(n, _, _), !log@b(n, k, v);
    invariant register \"two replicas differ after as many batches\":
        batches@a(0, n), batches@b(0, n), register@a(k, v), !register@b(k, v);";

const FAULTS: &str = "loss=5%,dup=5%,delay=1..40,crash=4,restart=5..200";
const REPLICAS: u32 = 3;
const CLIENTS: u32 = 2;
const WRITES: i64 = 12;

fn artifact(roles: &str, clauses: &str, sends: &str, invariants: &str) -> Artifact {
    compiled(&format!("{}{invariants}", program(roles, clauses, sends))).artifact
}

fn named(artifact: &Artifact, name: &str) -> RelationId {
    artifact.stratified.program.relation_named(name).unwrap()
}

/// How many nodes each role has; `sequencers` of the sequencer's.
fn members(artifact: &Artifact, sequencers: u32) -> Vec<u32> {
    let roles = artifact.stratified.program.roles.iter();
    let of = |name: &str| match name {
        "Client" => CLIENTS,
        "Replica" => REPLICAS,
        _ => sequencers,
    };
    roles.map(|role| of(&role.name)).collect()
}

/// The Clients write three keys by turns, each other values.
fn inputs(artifact: &Artifact) -> Vec<(Address, InputRow)> {
    let role = artifact.stratified.program.role_named("Client").unwrap();
    let relation = named(artifact, "set");
    let write = |number: i64| {
        let index = (number % i64::from(CLIENTS)) as u32;
        let row = vec![Value::Int(number / 2 % 3), Value::Int(number)];
        (Address { role, index }, InputRow { relation, row })
    };
    (0..WRITES).map(write).collect()
}

/// What the replicas' registers hold in the end, node by node.
type Registers = BTreeMap<Address, BTreeMap<Row, Row>>;

/// The first seed that fails and why, and the registers at the end of each of the first seeds' runs.
fn simulated(
    artifact: &Artifact,
    sequencers: u32,
    faults: &str,
    seeds: u64,
    looked_at: u64,
) -> (Option<String>, Vec<Registers>) {
    let members = members(artifact, sequencers);
    let found = searched(artifact, &members, &inputs(artifact), None, faults, seeds, |job, faults| {
        let extent = extent(job, faults);
        let of = |seed| {
            let outcome = run(job, &run_of(job, faults, &extent, seed));
            let mut registers = Registers::new();
            for &number in &outcome.chronicle.committed {
                let record = &outcome.chronicle.records[number];
                let held = registers.entry(record.node).or_default();
                for change in record.effects.changes.get(&named(artifact, "register")).into_iter().flatten() {
                    let (key, value) = change.row.split_at(1);
                    if change.added {
                        held.insert(key.to_vec(), value.to_vec());
                    } else if held.get(key).is_some_and(|old| old == value) {
                        held.remove(key);
                    }
                }
            }
            let role = artifact.stratified.program.role_named("Replica").unwrap();
            registers.retain(|node, _| node.role == role);
            registers
        };
        (0..looked_at).map(of).collect()
    });
    println!("sequencers, {seeds} seeds: {}", found.tally.text());
    (found.failure, found.looked)
}

/// The different registers that the replicas of one run have.
fn kinds(run: &Registers) -> BTreeSet<&BTreeMap<Row, Row>> {
    run.values().collect()
}

#[test]
fn replicas_agree_through_a_sequencer_and_differ_without() {
    let (_, seeds) = cases("sequencers, simulated", 60, 400, 10_000);
    let mut outcomes = BTreeSet::new();
    for (roles, clauses, sends) in [
        (DURABLE, "ordered via Sequencer", TO_ALL),
        ("role Replica durable;", "ordered via Replica", TO_ALL),
        (DURABLE, "ordered via Sequencer", ONE_BY_ONE),
    ] {
        let artifact = artifact(roles, clauses, sends, INVARIANTS);
        let (failure, runs) = simulated(&artifact, 1, FAULTS, seeds as u64, 20);
        assert_eq!(failure, None, "{clauses} {sends}");
        for run in &runs {
            assert_eq!(run.len(), REPLICAS as usize);
            assert_eq!(kinds(run).len(), 1, "{clauses} {sends} {run:#?}");
        }
        outcomes.extend(runs.iter().flat_map(kinds).cloned());
    }
    // Another run, another order.
    assert!(outcomes.len() > 1);
    for clauses in ["ordered", ""] {
        let (failure, _) = simulated(&artifact(DURABLE, clauses, TO_ALL, INVARIANTS), 1, FAULTS, 60, 0);
        println!("{clauses:?}: {failure:?}");
        assert!(failure.is_some(), "{clauses:?}");
        // In the end, too.
        let (failure, runs) = simulated(&artifact(DURABLE, clauses, TO_ALL, ""), 1, FAULTS, 20, 20);
        assert_eq!(failure, None);
        let differ = runs.iter().filter(|run| kinds(run).len() > 1).count();
        println!("{clauses:?}: the replicas of {differ} of {} runs differ in the end", runs.len());
        assert!(differ > 0, "{clauses:?}");
    }
}

/// Takes a promise away.
fn only_reliable(artifact: &mut Artifact, channel: &str) {
    let channel = named(artifact, channel);
    let RelationKind::Channel { promise, .. } = &mut artifact.stratified.program.relations[channel].kind
    else {
        panic!("no channel")
    };
    assert_eq!(*promise, Promise::Ordered);
    *promise = Promise::Reliable;
}

/// Whether the replicas' logs and registers are the same in the end where messages arrive in any order that their channels allow, not
/// just in those that a connection gives.
fn agree_when_scrambled(artifact: &Artifact, sequencers: u32, seed: u64) -> bool {
    let program = &artifact.stratified.program;
    let deployment = Deployment::new(members(artifact, sequencers).into_iter().collect());
    let options = Options { observe: Observe::Everything, tick_limit: 1000 };
    let engine = |me| {
        let site = Site { me, deployment: deployment.clone() };
        Reference::new(&artifact.stratified, site, options)
    };
    let settings = Settings { seed, inputs_first: false };
    let mut network = Network::new(program, &deployment, inputs(artifact), settings, engine).unwrap();
    assert!(network.run_to_rest(100_000).unwrap().is_reached());
    let role = program.role_named("Replica").unwrap();
    let held = |name: &str| {
        let relation = named(artifact, name);
        let of = |node| network.history().last(node, relation);
        deployment.members(role).map(of).collect::<BTreeSet<_>>()
    };
    held("log").len() == 1 && held("register").len() == 1
}

#[test]
fn mistakes_in_the_protocol_are_found() {
    let find = |what: &str, sends: &str, sequencers: u32, plant: &dyn Fn(&mut Artifact)| {
        let mut wrong = artifact(DURABLE, "ordered via Sequencer", sends, INVARIANTS);
        assert!((0..40).all(|seed| agree_when_scrambled(&wrong, sequencers, seed)), "{what}: before");
        plant(&mut wrong);
        let found = (0..200).find(|seed| !agree_when_scrambled(&wrong, sequencers, *seed));
        println!("{what}: seed {found:?}");
        assert!(found.is_some(), "{what} is not found");
        wrong
    };
    // With crashes as well, where a connection's frames can show it.
    let find_simulated = |what: &str, wrong: &Artifact, sequencers: u32| {
        let (failure, _) = simulated(wrong, sequencers, FAULTS, 400, 0);
        println!("{what}, simulated: {failure:?}");
        assert!(failure.is_some(), "{what} is not found");
    };
    let what = "a replica takes two batches in one tick";
    let wrong = find(what, TO_ALL, 1, &|wrong| only_reliable(wrong, "put"));
    find_simulated(what, &wrong, 1);
    find("a sender's rows come to the sequencer in two batches", ONE_BY_ONE, 1, &|wrong| {
        only_reliable(wrong, "$put::via");
    });
    let what = "two nodes make batches";
    let wrong = find(what, TO_ALL, 2, &|wrong| {
        let via = named(wrong, "$put::via");
        let rules = wrong.stratified.program.rules.iter_mut();
        let rule = rules.into_iter().find(|rule| rule.head.relation == via).unwrap();
        let Some(Expr::Member { index, .. }) = &mut rule.head.place else { panic!("no member") };
        let HeadTerm::Expr(key) = &rule.head.terms[0] else { panic!("no key") };
        **index = key.clone();
    });
    find_simulated(what, &wrong, 2);
}
