//! The reference evaluator and the dataflow engine agree after every tick, on generated programs and arrivals:
//! one and two workers, optimised and unoptimised plans.
//!
//! A case counts only if something happens in it: a recursive or negated collection is non-empty. At least 30 % of the
//! counted cases must retract a derived row at a later tick. Expected results come from the reference evaluator.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use floret_compiler::driver;
use floret_dataflow::{Dataflow, Fault};
use floret_ir::{
    Address, AggregateKind, Atom, AtomSource, Deployment, Effects, Engine, HeadTerm, InputMode, Literal,
    Message, Observe, Program, RelationId, RelationKind, RoleId, Rule, Site, Stratified, Type,
};
use floret_reference::Reference;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

use crate::generate::{self, Seedling, rule, schema::Schema};

const TICK_LIMIT: u64 = 200;

/// What happened in a case.
type Happened = BTreeSet<&'static str>;

/// Totals over all cases, printed.
#[derive(Default, Debug)]
struct Shares {
    tried: usize,
    counted: usize,
    rules: usize,
    /// In how many of the counted cases each of these happened.
    happened: BTreeMap<&'static str, usize>,
}

impl Shares {
    fn add(&mut self, rules: usize, happened: &Happened) {
        self.tried += 1;
        if !(happened.contains("recursive") || happened.contains("negated")) {
            return;
        }
        self.counted += 1;
        self.rules += rules;
        for what in happened {
            *self.happened.entry(what).or_default() += 1;
        }
    }
    /// In how many of 100 counted cases it happened.
    fn percent(&self, what: &str) -> usize {
        self.happened.get(what).copied().unwrap_or_default() * 100 / self.counted.max(1)
    }
    fn print(&self) {
        let shares: Vec<String> =
            self.happened.iter().map(|(what, n)| format!("{what} {n} ({} %)", self.percent(what))).collect();
        println!(
            "equivalence: {} of {} cases count, {} rules; {}",
            self.counted,
            self.tried,
            self.rules,
            shares.join(", ")
        );
    }
}

/// Which dataflows a case is run on.
struct Variants {
    /// (workers, optimised, recursions by differences)
    engines: Vec<(usize, bool, bool)>,
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
    let deployment = Deployment {
        params: program.params.iter().filter_map(|param| param.default.clone()).collect(),
        seed: 5,
        ..Deployment::new(program.roles.iter().map(|_| 1).collect())
    };
    let site = Site { me, deployment };
    let text = || generate::program_text(schema, &rules);

    let mut reference = Reference::new(
        stratified,
        site.clone(),
        floret_reference::Options { observe: Observe::Everything, tick_limit: TICK_LIMIT },
    );
    let mut engines = Vec::new();
    for (workers, optimized, by_differences) in &variants.engines {
        let plans = driver::plans(stratified, *optimized);
        let options = floret_dataflow::Options {
            observe: Observe::Everything,
            workers: *workers,
            tick_limit: TICK_LIMIT,
            by_differences: *by_differences,
            fault: variants.fault,
        };
        let engine =
            Dataflow::new(program, &plans[RoleId(0)], &site, options).map_err(|e| format!("{e:?}"))?;
        engines.push((*workers, *optimized, *by_differences, engine));
    }

    let mut happened = Happened::default();
    let interest = Interest::of(stratified);
    let mut under_way: Vec<Message> = Vec::new();
    for (number, bytes) in seedling.ticks.iter().enumerate() {
        let mut arrivals = generate::arrivals(program, bytes, number);
        arrivals.messages = std::mem::take(&mut under_way);
        let expected = reference.tick(&arrivals);
        for (workers, optimized, by_differences, engine) in &mut engines {
            let found = engine.tick(&arrivals);
            let same = match (&expected, &found) {
                (Ok(expected), Ok(found)) => expected == found,
                (Err(_), Err(_)) => true,
                (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
            };
            if !same {
                return Err(format!(
                    "tick {number}, {workers} workers, optimised {optimized}, by differences {by_differences}\n{}\narrivals {arrivals:?}\nreference {expected:#?}\ndataflow {found:#?}",
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

/// The relations whose rows show that something happened.
struct Interest {
    /// What a new row of these shows.
    added: BTreeMap<&'static str, BTreeSet<RelationId>>,
    derived: BTreeSet<RelationId>,
}

impl Interest {
    fn of(stratified: &Stratified) -> Interest {
        let program = &stratified.program;
        let mut added: BTreeMap<&'static str, BTreeSet<RelationId>> = BTreeMap::new();
        for component in stratified.strata.components.iter().filter(|component| component.recursive) {
            added.entry("recursive").or_default().extend(&component.relations);
        }
        for rule in program.rules.iter() {
            for literal in &rule.body {
                if let Literal::Negation(Atom { source: AtomSource::Relation(relation), .. }) = literal {
                    added.entry("negated").or_default().insert(*relation);
                }
            }
            for construct in constructs(program, rule) {
                added.entry(construct).or_default().insert(rule.head.relation);
            }
        }
        let derived = program.relations.ids().filter(|id| generate::is_derived(program, *id)).collect();
        Interest { added, derived }
    }

    fn note(&self, tick: usize, effects: &Effects, happened: &mut Happened) {
        let rows = effects.changes.iter().filter(|(_, changes)| changes.iter().any(|change| change.added));
        let new: BTreeSet<RelationId> = rows
            .map(|(relation, _)| *relation)
            .chain(effects.sends.iter().map(|send| send.relation))
            .collect();
        for (what, relations) in &self.added {
            if !relations.is_disjoint(&new) {
                happened.insert(what);
            }
        }
        let lost = effects.changes.iter().any(|(relation, changes)| {
            self.derived.contains(relation) && changes.iter().any(|change| !change.added)
        });
        let noted = [
            ("retracted", tick > 0 && lost),
            ("sent", !effects.sends.is_empty()),
            ("reported", !effects.reports.is_empty()),
        ];
        happened.extend(noted.into_iter().filter(|(_, there)| *there).map(|(what, _)| what));
    }
}

/// What a rule uses of the language.
fn constructs(program: &Program, rule: &Rule) -> Vec<&'static str> {
    let mut found = Vec::new();
    for literal in &rule.body {
        match literal {
            Literal::Atom(atom) => match atom.source {
                AtomSource::Relation(id) => {
                    let read = &program.relations[id];
                    let uses = [
                        ("sender", read.sender),
                        ("timer", matches!(read.kind, RelationKind::Timer { .. })),
                        ("mutable", read.input == Some(InputMode::Mutable)),
                        ("reports read", program.notices.iter().any(|event| event.relation == id)),
                        ("lattice read", read.has_lattice()),
                    ];
                    found.extend(uses.into_iter().filter(|(_, used)| *used).map(|(what, _)| what));
                }
                AtomSource::Clock => found.push("clock"),
                AtomSource::Members(_) => {}
            },
            Literal::Unnest { .. } => found.push("unnested"),
            Literal::Negation(_) | Literal::Condition { .. } | Literal::Let { .. } => {}
        }
    }
    for term in &rule.head.terms {
        if let HeadTerm::Aggregate { kind, .. } = term {
            found.push("aggregated");
            found.push(match kind {
                AggregateKind::Count | AggregateKind::CountDistinct => "count",
                AggregateKind::Sum => "sum",
                AggregateKind::Min | AggregateKind::Max => "min/max",
                AggregateKind::Avg => "avg",
                AggregateKind::ArgMin | AggregateKind::ArgMax => "arg_min/arg_max",
                AggregateKind::Collect => "collect",
                AggregateKind::Any => "any",
            });
        }
    }
    let composite = |ty: Type| !matches!(ty, Type::Int | Type::Float | Type::Bool | Type::String);
    if rule.variables.iter().any(|variable| composite(variable.ty)) {
        found.push("other types");
    }
    if program.relations[rule.head.relation].has_lattice() {
        found.push("merged");
    }
    found
}

/// Tries cases until `wanted` count, or one differs (then its shrunken form is returned).
fn search(seed: u64, wanted: usize, most: usize, variants: &Variants) -> (Shares, Option<String>) {
    let schema = Schema::single();
    let shares = RefCell::new(Shares::default());
    let strategy = generate::seedlings(5..15, 3..7);
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
                shares.borrow_mut().add(rules, &happened);
                Ok(())
            }
            Err(difference) => Err(TestCaseError::fail(difference)),
        });
        if batch % 20 == 19 {
            shares.borrow().print();
        }
        if let Err(failure) = outcome {
            return (shares.into_inner(), Some(failure.to_string()));
        }
    }
    (shares.into_inner(), None)
}

fn agree(seed: u64, wanted: usize) {
    let engines =
        vec![(1, true, false), (1, false, false), (1, true, true), (2, true, false), (2, false, true)];
    let variants = Variants { engines, fault: None };
    let (shares, difference) = search(seed, wanted, wanted * 20, &variants);
    shares.print();
    if let Some(difference) = difference {
        panic!("{difference}");
    }
    assert!(shares.counted >= wanted, "only {} cases count", shares.counted);
    assert!(shares.percent("retracted") >= 30, "too few cases retract a derived row");
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
        let (shares, difference) = search(7, usize::MAX, 3_000, &variants);
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
    for schema in [Schema::single(), Schema::roles()] {
        for rule in schema.scaffolds {
            // Views that are not declared need another rule that fills them.
            let fillers =
                ["w1", "w4", "w6", "w9"].into_iter().filter(|view| rule.contains(&format!("{view}(")));
            let filled =
                fillers.filter_map(|view| schema.scaffolds.iter().find(|other| other.starts_with(view)));
            let mut rules: Vec<String> = filled.chain([rule]).map(|rule| (*rule).to_owned()).collect();
            rules.dedup();
            let text = generate::program_text(&schema, &rules);
            if let Err(failed) = crate::compile::compile(&text) {
                panic!("{rule}\n{}", failed.rendered());
            }
        }
    }
}
