//! The reference evaluator and the dataflow engine agree after every tick, on generated programs and arrivals:
//! one and two workers, optimised and unoptimised plans.
//!
//! A case counts only if something happens in it: a recursive or negated collection is non-empty. At least 30 % of the
//! counted cases must retract a derived row at a later tick. Expected results come from the reference evaluator.

use std::cell::RefCell;
use std::collections::BTreeSet;

use floret_compiler::driver;
use floret_dataflow::{Dataflow, Fault};
use floret_ir::{
    Address, AtomSource, Deployment, Effects, Engine, Literal, Message, Observe, RelationId, RoleId, Site,
    Stratified,
};
use floret_reference::Reference;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

use crate::generate::{self, Seedling, rule, schema::Schema};

const TICK_LIMIT: u64 = 200;

/// What happened in a case.
#[derive(Default, Clone, Copy, Debug)]
struct Happened {
    recursive: bool,
    negated: bool,
    retracted: bool,
    aggregated: bool,
    sent: bool,
    reported: bool,
}

/// Totals over all cases, printed.
#[derive(Default, Debug)]
struct Shares {
    tried: usize,
    counted: usize,
    recursive: usize,
    negated: usize,
    retracted: usize,
    aggregated: usize,
    sent: usize,
    reported: usize,
    rules: usize,
}

impl Shares {
    fn add(&mut self, rules: usize, happened: Happened) {
        self.tried += 1;
        if !(happened.recursive || happened.negated) {
            return;
        }
        self.counted += 1;
        self.rules += rules;
        self.recursive += usize::from(happened.recursive);
        self.negated += usize::from(happened.negated);
        self.retracted += usize::from(happened.retracted);
        self.aggregated += usize::from(happened.aggregated);
        self.sent += usize::from(happened.sent);
        self.reported += usize::from(happened.reported);
    }
    fn print(&self) {
        let share = |n: usize| format!("{} ({} %)", n, n * 100 / self.counted.max(1));
        println!(
            "equivalence: {} of {} cases count, {} rules; recursive {}, negated {}, retracted {}, aggregated {}, sent {}, reported {}",
            self.counted,
            self.tried,
            self.rules,
            share(self.recursive),
            share(self.negated),
            share(self.retracted),
            share(self.aggregated),
            share(self.sent),
            share(self.reported),
        );
    }
}

/// Which dataflows a case is run on.
struct Variants {
    /// (workers, optimised)
    engines: Vec<(usize, bool)>,
    fault: Option<Fault>,
}

/// Runs one case on the reference and on all variants.
fn run(schema: &Schema, seedling: &Seedling, variants: &Variants) -> Result<(usize, Happened), String> {
    let rules: Vec<String> =
        seedling.rules.iter().filter_map(|bytes| rule::rule_text(schema, bytes)).collect();
    let Some((rules, compiled)) = generate::compile_what_compiles(schema, rules) else {
        return Ok((0, Happened::default()));
    };
    let stratified = compiled.stratified();
    let program = &stratified.program;
    let me = Address { role: RoleId(0), index: 0 };
    let site = Site { me, deployment: Deployment::new(program.roles.iter().map(|_| 1).collect()) };
    let text = || generate::program_text(schema, &rules);

    let mut reference = Reference::new(
        stratified,
        site.clone(),
        floret_reference::Options { observe: Observe::Everything, tick_limit: TICK_LIMIT },
    );
    let mut engines = Vec::new();
    for (workers, optimized) in &variants.engines {
        let plans = driver::plans(stratified, *optimized);
        let options = floret_dataflow::Options {
            observe: Observe::Everything,
            workers: *workers,
            tick_limit: TICK_LIMIT,
            fault: variants.fault,
        };
        let engine =
            Dataflow::new(program, &plans[RoleId(0)], &site, options).map_err(|e| format!("{e:?}"))?;
        engines.push((*workers, *optimized, engine));
    }

    let mut happened = Happened::default();
    let interest = Interest::of(stratified);
    let mut under_way: Vec<Message> = Vec::new();
    for (number, bytes) in seedling.ticks.iter().enumerate() {
        let mut arrivals = generate::arrivals(program, bytes, number == 0);
        arrivals.messages = std::mem::take(&mut under_way);
        let expected = reference.tick(&arrivals);
        for (workers, optimized, engine) in &mut engines {
            let found = engine.tick(&arrivals);
            let same = match (&expected, &found) {
                (Ok(expected), Ok(found)) => expected == found,
                (Err(_), Err(_)) => true,
                (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
            };
            if !same {
                return Err(format!(
                    "tick {number}, {workers} workers, optimised {optimized}\n{}\narrivals {arrivals:?}\nreference {expected:#?}\ndataflow {found:#?}",
                    text()
                ));
            }
        }
        let Ok(effects) = expected else { break };
        interest.note(number, &effects, &mut happened);
        under_way = effects
            .sends
            .into_iter()
            .map(|send| Message { relation: send.relation, row: send.row, sender: me })
            .collect();
    }
    Ok((rules.len(), happened))
}

/// The relations whose contents make a case count.
struct Interest {
    recursive: BTreeSet<RelationId>,
    negated: BTreeSet<RelationId>,
    derived: BTreeSet<RelationId>,
    aggregated: BTreeSet<RelationId>,
}

impl Interest {
    fn of(stratified: &Stratified) -> Interest {
        let program = &stratified.program;
        let components = &stratified.strata.components;
        let recursive =
            components.iter().filter(|c| c.recursive).flat_map(|c| c.relations.iter().copied()).collect();
        let negated = program
            .rules
            .iter()
            .flat_map(|rule| &rule.body)
            .filter_map(|literal| match literal {
                Literal::Negation(atom) => match atom.source {
                    AtomSource::Relation(relation) => Some(relation),
                    AtomSource::Members(_) | AtomSource::Clock => None,
                },
                _ => None,
            })
            .collect();
        let derived = program.relations.ids().filter(|id| generate::is_derived(program, *id)).collect();
        let aggregated =
            program.rules.iter().filter(|rule| rule.has_aggregate()).map(|rule| rule.head.relation).collect();
        Interest { recursive, negated, derived, aggregated }
    }

    fn note(&self, tick: usize, effects: &Effects, happened: &mut Happened) {
        for (relation, changes) in &effects.changes {
            let added = changes.iter().any(|change| change.added);
            happened.recursive |= added && self.recursive.contains(relation);
            happened.negated |= added && self.negated.contains(relation);
            happened.aggregated |= added && self.aggregated.contains(relation);
            happened.retracted |=
                tick > 0 && self.derived.contains(relation) && changes.iter().any(|change| !change.added);
        }
        happened.sent |= !effects.sends.is_empty();
        happened.reported |= !effects.reports.is_empty();
    }
}

/// Tries cases until `wanted` count, or one differs (then its shrunken form is returned).
fn search(seed: u64, wanted: usize, most: usize, variants: &Variants) -> (Shares, Option<String>) {
    let schema = Schema::single();
    let shares = RefCell::new(Shares::default());
    let strategy = generate::seedlings(4..12, 3..7);
    // A planted fault need not be shrunk, it must only be found.
    let max_shrink_iters = if variants.fault.is_some() { 0 } else { 300 };
    let config = Config { cases: 50, failure_persistence: None, max_shrink_iters, ..Config::default() };
    for batch in 0u64.. {
        if shares.borrow().counted >= wanted || shares.borrow().tried >= most {
            break;
        }
        let mut seed_bytes = [0; 32];
        seed_bytes[..8].copy_from_slice(&seed.to_le_bytes());
        seed_bytes[8..16].copy_from_slice(&batch.to_le_bytes());
        // A runner counts its successes for ever, so every batch has its own.
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed_bytes);
        let mut runner = TestRunner::new_with_rng(config.clone(), rng);
        let outcome = runner.run(&strategy, |seedling| match run(&schema, &seedling, variants) {
            Ok((rules, happened)) => {
                shares.borrow_mut().add(rules, happened);
                Ok(())
            }
            Err(difference) => Err(TestCaseError::fail(difference)),
        });
        if let Err(failure) = outcome {
            return (shares.into_inner(), Some(failure.to_string()));
        }
    }
    (shares.into_inner(), None)
}

fn agree(seed: u64, wanted: usize) {
    let variants = Variants { engines: vec![(1, true), (1, false), (2, true), (2, false)], fault: None };
    let (shares, difference) = search(seed, wanted, wanted * 20, &variants);
    shares.print();
    if let Some(difference) = difference {
        panic!("{difference}");
    }
    assert!(shares.counted >= wanted, "only {} cases count", shares.counted);
    assert!(shares.retracted * 100 >= shares.counted * 30, "too few cases retract a derived row");
}

#[test]
fn generated_programs_agree() {
    let (seed, wanted) = crate::long::cases("equivalence", 150, 2_000, 20_000);
    agree(seed, wanted);
}

/// Each planted fault must be found: a generator that can't find them proves nothing.
#[test]
fn planted_faults_are_caught() {
    for fault in
        [Fault::ForgottenRetraction, Fault::WrongStratumOrder, Fault::LostDelete, Fault::CancelledRepeat]
    {
        let variants = Variants { engines: vec![(1, true)], fault: Some(fault) };
        let (shares, difference) = search(7, usize::MAX, 3_000, &variants);
        println!(
            "fault {fault:?}: {} after {} cases",
            if difference.is_some() { "caught" } else { "MISSED" },
            shares.tried
        );
        assert!(difference.is_some(), "{fault:?} was not caught in {} cases", shares.tried);
    }
}
