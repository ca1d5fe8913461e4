//! What `floret check` says survives a crash does: generated programs run whole nodes in virtual time, without faults and with
//! crashes of one role's nodes that come back, and every collection that the check calls confluent and proves to survive
//! must have the same History or Final, as docs/coordination.md defines its class. Expected results come from the runs without
//! crashes. With mistakes planted in the verdict the same runs must find each of them.

use std::collections::{BTreeMap, BTreeSet};

use floret_compiler::coordination::{
    Crashes, Mistake, Return, Survival, crashes, crashes_mistaken, output_class,
};
use floret_ir::artifact::program_hash;
use floret_ir::coordination::Class;
use floret_ir::{
    Address, Deployment, Engine, InputRow, Observe, Program, RelationId, RelationKind, RoleId, Site,
    Stratified, Value,
};
use floret_reference::{Options, Reference};
use floret_sim::History;
use floret_sim::faults::{Extent, Fault, FaultPlan, FaultSpec};
use floret_sim::world::{Claim, Contents, End, Job, Memory, RunOf, Wrong, WrongKind, extent, run, run_of};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::compile::Compiled;
use crate::confluence;
use crate::generate::{self, Seedling, rule, schema::Schema};

const MILLISECOND: i64 = 1_000_000;
/// Crashes begin in this time, if timers keep a program busy for ever.
const CRASHING: i64 = 3_000 * MILLISECOND;
/// Such a program runs so long: with beats enough after the last crash.
const RUNNING: i64 = 14_500 * MILLISECOND;
/// The same where nodes stay away longer than others are patient.
const RUNNING_LONG: i64 = 29_500 * MILLISECOND;
/// A run of more ticks is left out, with its program; and one in which nothing goes wrong, until crashes would begin no more.
const MOST_TICKS: usize = 800;
const MOST_CALM_TICKS: usize = 250;
const SHORT: &str = "delay=1..20,crash=2,restart=5..900";
const LONG: &str = "delay=1..20,crash=1,restart=6s..8s";

#[derive(Default, Debug)]
struct Totals {
    programs: usize,
    /// Programs of which a role is durable.
    durable: usize,
    /// Left out: they don't come to rest, or two rows with one key end a run.
    restless: usize,
    runs: usize,
    /// Runs in which a node crashed.
    crashed: usize,
    /// Confluent outputs that hold something, with each role: the verdict's name, and how many never differed.
    outputs: BTreeMap<&'static str, (usize, usize)>,
}

/// Ends a run that is busy for ever.
struct Patience {
    most: usize,
}

impl Claim for Patience {
    fn check(
        &self,
        _: &Contents,
        _: Address,
        _: &BTreeSet<RelationId>,
        memory: &mut Memory,
    ) -> Option<Wrong> {
        memory.met.insert(memory.met.len());
        (memory.met.len() > self.most).then(|| Wrong {
            kind: WrongKind::Invariant,
            name: "at_rest".to_owned(),
            text: None,
            values: String::new(),
            rows: Vec::new(),
            absent: Vec::new(),
        })
    }
}

/// All nodes of a program and what the host feeds them.
struct Nodes<'a> {
    stratified: &'a Stratified,
    deployment: Deployment,
    rows: Vec<(Address, InputRow)>,
}

/// The histories of a program's runs.
struct Runs {
    /// Without crashes.
    quiet: Vec<History>,
    /// With crashes of each role's nodes.
    crashed: BTreeMap<RoleId, Vec<History>>,
}

impl Nodes<'_> {
    fn program(&self) -> &Program {
        &self.stratified.program
    }

    fn has_timers(&self) -> bool {
        self.program().relations.iter().any(|relation| matches!(relation.kind, RelationKind::Timer { .. }))
    }

    /// The histories of runs without crashes, and of some with crashes of a role's nodes: as many for each role as `seeds`.
    /// `None`: one doesn't come to rest.
    fn runs(&self, seeds: u64, totals: &mut Totals) -> Option<Runs> {
        let engine = |me| {
            let site = Site { me, deployment: self.deployment.clone() };
            let options = Options { observe: Observe::Everything, tick_limit: 100 };
            Box::new(Reference::new(self.stratified, site, options)) as Box<dyn Engine>
        };
        let hash = program_hash(self.stratified);
        let patience = Patience { most: MOST_TICKS };
        let calm_patience = Patience { most: MOST_CALM_TICKS };
        let job = |until| {
            let mut job = Job::new(self.stratified, hash, &self.deployment, &self.rows, &engine, until);
            job.claims = Some(if until <= CRASHING { &calm_patience } else { &patience });
            job
        };
        let timers = self.has_timers();
        let finish = |outcome: floret_sim::world::Outcome| match outcome.end {
            End::Rest => Some(outcome),
            End::Time => timers.then_some(outcome),
            // It is busy for ever, or two rows have one key: what is confluent has none, but the run ends there.
            End::Wrong(_) => None,
            End::Failed { .. } => panic!("{}", outcome.end_text(self.program())),
        };
        let [short, long]: [FaultSpec; 2] = [SHORT, LONG].map(|faults| faults.parse().unwrap());
        let calm = FaultSpec { crashes: 0, ..short.clone() };
        let within = extent(&job(CRASHING), &calm);
        if within.ticks.values().sum::<u64>() > MOST_CALM_TICKS as u64 {
            return None;
        }
        let mut quiet = Vec::new();
        for seed in 0..2 {
            let of = run_of(&job(0), &calm, &within, seed);
            let outcome = finish(run(&job(RUNNING), &of))?;
            quiet.push(History::of_run(self.program(), &outcome.chronicle));
        }
        let mut crashed: BTreeMap<RoleId, Vec<History>> = BTreeMap::new();
        for role in self.program().roles.ids() {
            for seed in 0..seeds {
                let (spec, until) = if seed % 5 == 4 { (&long, RUNNING_LONG) } else { (&short, RUNNING) };
                let plan = self.crashing(spec, &within, role, seed);
                let outcome = finish(run(&job(until), &RunOf { seed, plan, inputs: None }))?;
                totals.runs += 1;
                totals.crashed +=
                    usize::from(outcome.faults.iter().any(|fault| matches!(fault, Fault::Crash { .. })));
                let history = History::of_run(self.program(), &outcome.chronicle);
                crashed.entry(role).or_default().push(history);
            }
        }
        Some(Runs { quiet, crashed })
    }

    /// A plan in which only this role's nodes crash: the first that is drawn.
    fn crashing(&self, spec: &FaultSpec, within: &Extent, role: RoleId, seed: u64) -> FaultPlan {
        let drawn = (0..).map(|n| FaultPlan::derive(spec, seed * 1_000 + n, &self.deployment, within));
        let only = |plan: &FaultPlan| {
            plan.events().all(|fault| matches!(fault, Fault::Crash { node, .. } if node.role == role))
        };
        drawn.take(1_000).find(only).unwrap()
    }

    /// Whether the collection at all nodes of its role is in both what its class promises.
    fn agree(&self, class: Class, relation: RelationId, a: &History, b: &History) -> Result<(), String> {
        let declared = &self.program().relations[relation];
        let brief = declared.is_momentary() || confluence::forgets(self.program(), relation);
        let views = |history: &History, node| confluence::promised(class, history, node, relation, brief);
        let mut members = self.deployment.members(declared.role);
        match members.find(|node| views(a, *node) != views(b, *node)) {
            None => Ok(()),
            Some(node) => Err(format!(
                "`{}`, called {}, differs at {node:?}:\n{:?}\n{:?}",
                declared.name,
                class.name(),
                views(a, node),
                views(b, node)
            )),
        }
    }
}

/// A program with nodes and inputs, if it comes to rest on a network without faults.
fn nodes<'a>(
    compiled: &'a Compiled,
    counts: fn(u32) -> u32,
    seedling: &Seedling,
    totals: &mut Totals,
) -> Option<Nodes<'a>> {
    let stratified = compiled.stratified();
    let program = &stratified.program;
    let deployment = Deployment {
        params: program.params.iter().filter_map(|param| param.default.clone()).collect(),
        ..Deployment::new(program.roles.ids().map(|role| counts(role.0)).collect())
    };
    let host = confluence::host(program, &deployment, seedling);
    if confluence::run(compiled, &deployment, &host, 1).is_none() {
        totals.restless += 1;
        return None;
    }
    let mut fed = BTreeSet::new();
    let rows = host.rows.into_iter();
    let rows = rows.filter(|(node, row)| fed.insert((*node, row.relation, row.row.clone()))).collect();
    Some(Nodes { stratified, deployment, rows })
}

/// The collections that are confluent and survive, of each role's crashes.
fn claims(
    program: &Program,
    classes: &dyn Fn(RelationId) -> Class,
    crashes: &Crashes,
) -> BTreeSet<(RoleId, RelationId)> {
    let confluent = program.relations.ids().filter(|relation| classes(*relation).is_confluent());
    confluent
        .flat_map(|relation| {
            let yes = crashes.each(relation).filter(|(_, survival)| survival.is_yes());
            yes.map(move |(role, _)| (role, relation)).collect::<Vec<_>>()
        })
        .collect()
}

/// Runs a program; the claims that don't hold. `mistakes` are tried on the same runs, and those found left out.
fn examine(
    schema: &Schema,
    counts: fn(u32) -> u32,
    seedling: &Seedling,
    seeds: u64,
    totals: &mut Totals,
    mistakes: &mut BTreeMap<Mistake, Option<String>>,
) -> Result<(), String> {
    let (rules, compiled) = generate::compile_what_compiles(schema, rule::statements(schema, seedling));
    if rules.len() < 2 {
        return Ok(());
    }
    let Some(nodes) = nodes(&compiled, counts, seedling, totals) else { return Ok(()) };
    let coordination = &compiled.artifact.coordination;
    let program = nodes.program();
    let verdicts = crashes(nodes.stratified, coordination);
    let class = |relation: RelationId| {
        if program.relations[relation].output {
            output_class(coordination, program, relation)
        } else {
            coordination.classes[relation]
        }
    };
    let claimed = claims(program, &class, &verdicts);
    let Some(Runs { quiet, crashed }) = nodes.runs(seeds, totals) else {
        totals.restless += 1;
        return Ok(());
    };
    totals.programs += 1;
    totals.durable += usize::from(program.roles.iter().any(|role| role.durable));
    let text = || format!("{:?}\n{}", nodes.rows, generate::program_text(schema, &rules).text);
    let holds = |role: RoleId, relation: RelationId| {
        let mut runs = crashed.get(&role).into_iter().flatten().chain(quiet.get(1));
        runs.try_for_each(|history| nodes.agree(class(relation), relation, &quiet[0], history))
    };
    for (role, relation) in &claimed {
        let name = &program.roles[*role].name;
        holds(*role, *relation).map_err(|what| {
            let why = verdicts.of(*relation, *role).map(Survival::name);
            format!("with crashes of {name} ({why:?}): {what}\n{}", text())
        })?;
    }
    for relation in program.relations.ids().filter(|relation| program.relations[*relation].output) {
        let declared = &program.relations[relation];
        let rows = |node| quiet[0].ever(node, relation);
        let filled = nodes.deployment.members(declared.role).any(|node| !rows(node).is_empty());
        if !filled || !class(relation).is_confluent() {
            continue;
        }
        for (role, survival) in verdicts.each(relation) {
            let sent = |how: &Return| matches!(how, Return::Beaten(_) | Return::SentAgain(_));
            let name = match survival {
                Survival::Restored(parts) if parts.iter().any(|(_, how)| sent(how)) => "restored by messages",
                Survival::Durable | Survival::Apart | Survival::Restored(_) | Survival::Lost(_) => {
                    survival.name()
                }
            };
            let (all, same) = totals.outputs.entry(name).or_default();
            *all += 1;
            *same += usize::from(holds(role, relation).is_ok());
        }
    }
    for (mistake, found) in mistakes.iter_mut().filter(|(_, found)| found.is_none()) {
        let mistaken = crashes_mistaken(nodes.stratified, coordination, *mistake);
        let more = claims(program, &class, &mistaken);
        *found = more.difference(&claimed).find_map(|(role, relation)| holds(*role, *relation).err());
    }
    Ok(())
}

type Family = fn(usize) -> Schema;

/// Programs of a family until so many came to rest; of each, roles are durable in turn.
fn examine_many(
    family: Family,
    counts: fn(u32) -> u32,
    rules: std::ops::Range<usize>,
    (seed, wanted, seeds): (u64, usize, u64),
    mistakes: &mut BTreeMap<Mistake, Option<String>>,
) -> Totals {
    let schemas = [0, 0, 1, 2, 0, 3].map(family);
    let strategy = generate::seedlings(rules, 2..4);
    let mut seed_bytes = [2; 32];
    seed_bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed_bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut totals = Totals::default();
    for schema in schemas.iter().cycle() {
        if totals.programs >= wanted {
            break;
        }
        let mut tree = strategy.new_tree(&mut runner).unwrap();
        let failed = examine(schema, counts, &tree.current(), seeds, &mut totals, mistakes);
        if let Err(difference) = failed {
            // Shrink by hand: proptest's runner counts tests, we count programs that came to rest.
            let mut smallest = difference;
            for _ in 0..400 {
                let again = examine(
                    schema,
                    counts,
                    &tree.current(),
                    seeds,
                    &mut Totals::default(),
                    &mut BTreeMap::new(),
                );
                let fails = again.map_err(|difference| smallest = difference).is_err();
                if !(if fails { tree.simplify() } else { tree.complicate() }) {
                    break;
                }
            }
            panic!("{smallest}");
        }
        assert!(totals.restless < 20 * wanted, "hardly a program comes to rest: {totals:?}");
    }
    totals
}

fn print(what: &str, totals: &Totals) {
    println!(
        "{what}: {} programs ({} with durable roles; {} left out: busy, or with two rows for one key), {} runs with crashes planned ({} crashed); filled confluent outputs by verdict (and how many never differed): {:?}",
        totals.programs, totals.durable, totals.restless, totals.runs, totals.crashed, totals.outputs
    );
}

#[test]
fn what_survives_a_crash_never_differs() {
    let (seed, wanted) = crate::long::cases("crashes", 200, 1_000, 10_000);
    let mut mistakes: BTreeMap<Mistake, Option<String>> =
        Mistake::ALL.into_iter().map(|mistake| (mistake, None)).collect();
    let totals = examine_many(generate::crashes, |role| 1 + role, 4..12, (seed, wanted, 5), &mut mistakes);
    print("crashes", &totals);
    let count = |name| totals.outputs.get(name).map_or(0, |(all, _)| *all);
    assert!(count("restored by messages") * 20 > totals.programs, "hardly a claim that takes a proof");
    assert!(totals.crashed * 2 > totals.runs, "hardly a node crashes");
    let found: Vec<Mistake> =
        mistakes.into_iter().filter_map(|(mistake, found)| found.map(|_| mistake)).collect();
    println!("crashes: mistakes that these programs find, too: {found:?}");
    for mistake in [Mistake::Inbox, Mistake::Outbox, Mistake::Events] {
        assert!(found.contains(&mistake), "{mistake:?} is not found");
    }
}

#[test]
fn what_survives_a_crash_beside_seals_never_differs() {
    let (seed, wanted) = crate::long::cases("crashes with seals", 40, 300, 3_000);
    let totals =
        examine_many(generate::seals_that_crash, |_| 2, 8..20, (seed, wanted, 4), &mut BTreeMap::new());
    print("crashes with seals", &totals);
}

/// A program for each mistake, which shows it; all rows are fed to all nodes, with the node's number.
const SHOWN: [(Mistake, &str); 9] = [
    (
        Mistake::Tables,
        "role A; input event req(n: int, k: int) on A; output table all(n: int, k: int) on A; all(n, k) <= req(n, k);",
    ),
    (
        Mistake::Events,
        "role A; input event req(n: int, k: int) on A; output table all(n: int, k: int) on A; all(n, k) <= req(n, k);",
    ),
    (
        Mistake::Waiting,
        "role A; input event req(n: int, k: int) on A; output event later(n: int, k: int) on A; later(n, k) <+ req(n, k);",
    ),
    (
        Mistake::Outbox,
        "role A; role B durable; input event req(n: int, k: int) on A; channel put(n: int, k: int) on B;
         output table all(n: int, k: int) on B; put@B[0](n, k) <~ req(n, k); all(n, k) <= put(n, k);",
    ),
    (
        Mistake::Inbox,
        "role A durable; role B; input table set(n: int, k: int) on A; channel put(n: int, k: int) on B;
         output table all(n: int, k: int) on B; put@B[0](n, k) <~ set(n, k); all(n, k) <= put(n, k);",
    ),
    (
        Mistake::Members,
        "role A; input table set(n: int, k: int) on A; channel put(n: int, k: int) on A;
         output table all(n: int, k: int) on A; put@a(n, k) <~ set(n, k), A(a); all(n, k) <= put(n, k);",
    ),
    (
        Mistake::Beats,
        "role A; role B durable; input event req(n: int, k: int) on A; table kept(n: int, k: int) on A;
         timer beat every 1s on A; channel put(n: int, k: int) on B; output table all(n: int, k: int) on B;
         kept(n, k) <= req(n, k); put@B[0](n, k) <~ beat(_), kept(n, k); all(n, k) <= put(n, k);",
    ),
    (
        Mistake::Covers,
        "role A durable; role B; input table set(n: int, k: int) on A; timer beat every 1s on A;
         channel put(n: int, k: int) on B; output table all(n: int, k: int) on B;
         put@B[0](n, k) <~ set(n, k); put@B[0](n, k) <~ beat(_), set(n, k), k > 1; all(n, k) <= put(n, k);",
    ),
    (
        Mistake::Negated,
        "role A; input table set(n: int, k: int) on A; input event drop(n: int, k: int) on A;
         table gone(n: int, k: int) on A; output view left(n: int, k: int) on A;
         gone(n, k) <= drop(n, k); left(n, k) <= set(n, k), !gone(n, k);",
    ),
];

/// The simulator's host never deletes, so that nothing of a mutable input is lost in it: that mistake shows nowhere.
#[test]
fn every_mistake_in_the_verdict_is_found() {
    for (mistake, text) in SHOWN {
        let compiled = crate::compile::compiled(text);
        let stratified = compiled.stratified();
        let (program, coordination) = (&stratified.program, &compiled.artifact.coordination);
        let deployment = Deployment::new(program.roles.ids().map(|_| 2).collect());
        let mut rows = Vec::new();
        for (relation, declared) in program.relations.entries().filter(|(_, of)| of.input.is_some()) {
            for node in deployment.members(declared.role) {
                let row = |k| vec![Value::Int(node.index.into()), Value::Int(k)];
                rows.extend((1..4).map(|k| (node, InputRow { relation, row: row(k) })));
            }
        }
        let nodes = Nodes { stratified, deployment, rows };
        let Runs { quiet, crashed } = nodes.runs(20, &mut Totals::default()).expect("it comes to rest");
        let class = |relation| coordination.classes[relation];
        let differ = |claimed: &BTreeSet<(RoleId, RelationId)>| {
            claimed.iter().find_map(|(role, relation)| {
                let mut runs = crashed[role].iter();
                runs.find_map(|history| nodes.agree(class(*relation), *relation, &quiet[0], history).err())
            })
        };
        assert_eq!(differ(&claims(program, &class, &crashes(stratified, coordination))), None);
        let found = differ(&claims(program, &class, &crashes_mistaken(stratified, coordination, mistake)));
        println!("crashes, {mistake:?}: {found:?}");
        assert!(found.is_some(), "{mistake:?} is not found");
    }
}
