//! The reference evaluator and the dataflow engine agree after every tick, on generated programs and arrivals:
//! one and two workers, optimised and unoptimised plans.
//!
//! A case counts only if something happens in it: a recursive or negated collection is non-empty. At least 30 % of the
//! counted cases must retract a derived row at a later tick. Expected results come from the reference evaluator.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use floret_compiler::driver;
use floret_dataflow::{Dataflow, Fault};
use floret_ir::{
    Address, Arrivals, Deployment, Effects, Engine, EngineError, InputRow, Message, Observe, Program,
    RelationId, Site,
};
use floret_reference::Reference;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

use crate::compile::Compiled;
use crate::generate::{self, Seedling, rule, schema::Schema};

mod shares;

use shares::{Happened, Interest, Shares};

const TICK_LIMIT: u64 = 200;

/// Which dataflows a case is run on.
struct Variants {
    /// (workers, optimised, recursions by differences)
    engines: Vec<(usize, bool, bool)>,
    fault: Option<Fault>,
}

/// A case: a compiled program and what its nodes do according to the reference.
struct Case {
    statements: Vec<rule::Statement>,
    compiled: Compiled,
    deployment: Deployment,
    /// Node, what arrives there, what the tick does: in the order of the ticks.
    steps: Vec<(Address, Arrivals, Result<Effects, EngineError>)>,
    happened: Happened,
}

/// Evaluates a case by the reference. Every node of the two roles has the same number of ticks; what one sends is there in
/// the others' next tick. The case ends where a tick fails.
fn evaluated(schema: &Schema, seedling: &Seedling) -> Case {
    let statements = rule::statements(schema, seedling);
    let (statements, compiled) = generate::compile_what_compiles(schema, statements);
    let stratified = compiled.stratified();
    let program = &stratified.program;
    // One node of the first role, two of the second.
    let deployment = Deployment {
        params: program.params.iter().filter_map(|param| param.default.clone()).collect(),
        seed: 5,
        ..Deployment::new(program.roles.ids().map(|role| 1 + role.0).collect())
    };
    let mut nodes = Vec::new();
    for me in program.roles.ids().flat_map(|role| deployment.members(role)) {
        let site = Site { me, deployment: deployment.clone() };
        let options = floret_reference::Options { observe: Observe::Everything, tick_limit: TICK_LIMIT };
        nodes.push((me, Reference::new(stratified, site, options)));
    }
    let interest = Interest::of(stratified, &statements);
    let mut happened = Happened::default();
    let mut steps = Vec::new();
    let mut under_way: Vec<(Address, Message)> = Vec::new();
    'ticks: for (number, bytes) in seedling.ticks.iter().enumerate() {
        let all = generate::arrivals(program, bytes, number);
        let messages = std::mem::take(&mut under_way);
        for (me, reference) in &mut nodes {
            let members = deployment.counts[me.role] as usize;
            let mut arrivals = share(program, &all, *me, members, number);
            arrivals.messages =
                messages.iter().filter(|(to, _)| to == me).map(|(_, message)| message.clone()).collect();
            let outcome = reference.tick(&arrivals);
            if let Ok(effects) = &outcome {
                interest.note(number, effects, &mut happened);
                under_way.extend(effects.sends.iter().map(|send| {
                    (send.to, Message { relation: send.relation, row: send.row.clone(), sender: *me })
                }));
            }
            let failed = outcome.is_err();
            steps.push((*me, arrivals, outcome));
            if failed {
                break 'ticks;
            }
        }
    }
    Case { statements, compiled, deployment, steps, happened }
}

/// What of a tick's arrivals comes to a node: every so many rows, and all beats.
fn share(program: &Program, all: &Arrivals, me: Address, members: usize, tick: usize) -> Arrivals {
    let at_role = |relation: RelationId| program.relations[relation].role == me.role;
    let here = |(number, row): (usize, &InputRow)| {
        let mine = at_role(row.relation) && (tick + number) % members == me.index as usize;
        mine.then(|| row.clone())
    };
    Arrivals {
        inputs: all.inputs.iter().enumerate().filter_map(here).collect(),
        deletes: all.deletes.iter().enumerate().filter_map(here).collect(),
        timers: all.timers.iter().copied().filter(|timer| at_role(*timer)).collect(),
        ..all.clone()
    }
}

/// Runs a case on the dataflow engine, which must do the same.
fn compare(schema: &Schema, case: &Case, variants: &Variants) -> Result<(), String> {
    let stratified = case.compiled.stratified();
    let program = &stratified.program;
    for (workers, optimized, by_differences) in &variants.engines {
        let plans = driver::plans(stratified, *optimized);
        let mut engines = BTreeMap::new();
        for me in program.roles.ids().flat_map(|role| case.deployment.members(role)) {
            let options = floret_dataflow::Options {
                observe: Observe::Everything,
                workers: *workers,
                tick_limit: TICK_LIMIT,
                by_differences: *by_differences,
                fault: variants.fault,
            };
            let site = Site { me, deployment: case.deployment.clone() };
            let engine = Dataflow::new(program, &plans[me.role], &site, options);
            engines.insert(me, engine.map_err(|error| format!("{error:?}"))?);
        }
        for (number, (me, arrivals, expected)) in case.steps.iter().enumerate() {
            let found = engines.get_mut(me).expect("every node has an engine").tick(arrivals);
            let same = match (expected, &found) {
                (Ok(expected), Ok(found)) => expected == found,
                (Err(_), Err(_)) => true,
                (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
            };
            if !same {
                let text = generate::program_text(schema, &case.statements).text;
                let before: Vec<_> =
                    case.steps[..number].iter().map(|(me, arrivals, _)| (me, arrivals)).collect();
                return Err(format!(
                    "{text}\n{workers} workers, optimised {optimized}, by differences {by_differences}, step {number} at {me:?}\nbefore {before:?}\narrivals {arrivals:?}\nreference {expected:#?}\ndataflow {found:#?}"
                ));
            }
        }
    }
    Ok(())
}

/// Tries cases until `wanted` count, or one differs (then its shrunken form is returned). One in four has roles. The cases
/// come in numbered batches, which so many threads share.
fn search(
    seed: u64,
    wanted: usize,
    most: usize,
    variants: &Variants,
    threads: usize,
) -> (Shares, Option<String>) {
    let schemas = [generate::single(), generate::roles()];
    let shares = Mutex::new(Shares::default());
    let difference = Mutex::new(None);
    let next = AtomicU64::new(0);
    // A planted fault need not be shrunk, it must only be found.
    let max_shrink_iters = if variants.fault.is_some() { 0 } else { 300 };
    let config = Config { cases: 50, failure_persistence: None, max_shrink_iters, ..Config::default() };
    let enough = || {
        let shares = shares.lock().unwrap();
        shares.counted >= wanted || shares.tried >= most || difference.lock().unwrap().is_some()
    };
    let work = || {
        while !enough() {
            let batch = next.fetch_add(1, Ordering::Relaxed);
            let mut seed_bytes = [0; 32];
            seed_bytes[..8].copy_from_slice(&seed.to_le_bytes());
            seed_bytes[8..16].copy_from_slice(&batch.to_le_bytes());
            // A runner counts its successes for ever, so every batch has its own.
            let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed_bytes);
            let mut runner = TestRunner::new_with_rng(config.clone(), rng);
            let outcome = runner.run(&generate::seedlings(5..15, 3..7), |seedling| {
                let schema = &schemas[seedling.family];
                let case = evaluated(schema, &seedling);
                // What doesn't count need not be compared.
                if shares::counts(&case.happened) {
                    compare(schema, &case, variants).map_err(TestCaseError::fail)?;
                }
                shares.lock().unwrap().add(case.statements.len(), &case.happened);
                Ok(())
            });
            if batch % 20 == 19 {
                shares.lock().unwrap().print();
            }
            if let Err(failure) = outcome {
                difference.lock().unwrap().get_or_insert(failure.to_string());
            }
        }
    };
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    (shares.into_inner().unwrap(), difference.into_inner().unwrap())
}

fn agree(seed: u64, wanted: usize) {
    let engines =
        vec![(1, true, false), (1, false, false), (1, true, true), (2, true, false), (2, false, true)];
    let variants = Variants { engines, fault: None };
    let (shares, difference) = search(seed, wanted, wanted * 20, &variants, crate::long::threads());
    shares.print();
    if let Some(difference) = difference {
        panic!("{difference}");
    }
    assert!(shares.counted >= wanted, "only {} cases count", shares.counted);
    assert!(shares.percent("retracted") >= 30, "too few cases retract a derived row");
    assert!(shares.percent("recursive") >= 25, "too few cases are recursive");
    // Too few cases may lack some by chance.
    if wanted >= 1_000 {
        assert_eq!(shares.missing(), Vec::<&str>::new(), "these never happened in a case that counts");
    }
}

#[test]
fn generated_programs_agree() {
    let (seed, wanted) = crate::long::cases("equivalence", 120, 2_000, 20_000);
    agree(seed, wanted);
}

/// Each planted fault must be found: a generator that can't find them proves nothing.
#[test]
fn planted_faults_are_caught() {
    for fault in [
        Fault::ForgottenRetraction,
        Fault::WrongStratumOrder,
        Fault::LostDelete,
        Fault::CancelledRepeat,
        Fault::LostMerge,
        Fault::RepeatedElements,
        Fault::SwappedExtremes,
    ] {
        let variants = Variants { engines: vec![(1, true, true)], fault: Some(fault) };
        let (shares, difference) = search(7, usize::MAX, 3_000, &variants, 1);
        println!(
            "fault {fault:?}: {} after {} cases",
            if difference.is_some() { "caught" } else { "MISSED" },
            shares.tried
        );
        assert!(difference.is_some(), "{fault:?} was not caught in {} cases", shares.tried);
    }
}

/// A whole rule that never compiles finds nothing.
#[test]
fn whole_rules_of_generated_programs_compile() {
    let schemas = [generate::single(), generate::roles()];
    for schema in &schemas {
        let module = schema.module.as_ref().map(|(module, _)| &module.inside);
        let inside = module.iter().flat_map(|inside| inside.scaffolds).map(|rule| (*rule, true));
        for (rule, inside) in schema.scaffolds.iter().map(|rule| (*rule, false)).chain(inside) {
            let statement = |text: &str| rule::Statement { text: text.to_owned(), inside };
            // Views that are not declared need another rule that fills them.
            let fillers = ["w1(", "w2(", "w3(", "w4(", "w5(", "w6(", "w9(", "tally(", "tops("]
                .into_iter()
                .filter(|view| rule.contains(view));
            let mut rules: Vec<_> = fillers
                .filter_map(|view| schema.scaffolds.iter().find(|other| other.starts_with(view)))
                .map(|filler| statement(filler))
                .chain([statement(rule)])
                .collect();
            // A channel's sender is known if one role sends.
            if rule.contains("sender") && !schema.roles.is_empty() {
                rules.push(statement("pass@n(a, b) <~ base(a, b), Back(n);"));
                rules.push(statement("back@Front[0](a, b) <~ feed(a, b);"));
            }
            rules.dedup();
            let text = generate::program_text(schema, &rules).text;
            if let Err(failed) = crate::compile::compile(&text) {
                panic!("{rule}\n{}", failed.rendered());
            }
        }
    }
}
