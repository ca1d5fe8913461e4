//! What `floret check` calls confluent never differs: generated programs with two roles (one and two nodes) run under
//! random schedules on the in-memory network, and every collection called confluent is compared by History or Final, as
//! docs/coordination.md defines its class. Expected results come from the runs themselves: they must be equal.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::coordination::Class;
use floret_ir::{
    Address, AtomSource, Deployment, InputRow, Observe, Program, Promise, Relation, RelationId, RelationKind,
    Row, Rule, RuleOp, Site,
};
use floret_reference::Reference;
use floret_sim::{History, Network, Settings};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::compile::Compiled;
use crate::generate::{self, Seedling, rule, schema::Schema};

/// A program that still is busy after so many steps is left out (it may never come to rest).
const MAX_STEPS: u64 = 400;
const TICK_LIMIT: u64 = 100;
/// In nanoseconds; the timers' period.
const SECOND: i64 = 1_000_000_000;

#[derive(Default, Debug)]
struct Totals {
    programs: usize,
    restless: usize,
    outputs: usize,
    confluent_outputs: usize,
    /// Outputs called order-dependent that never differed under the tried schedules, and for each kind of point among their
    /// reasons how many.
    alike_but_dependent: usize,
    blunt: BTreeMap<&'static str, usize>,
    classes: BTreeMap<&'static str, usize>,
    /// Filled collections called confluent that have a lattice column, read one, are filled on a timer's beat, and
    /// those called order-dependent in whose rules the clock is read.
    merging: usize,
    reading: usize,
    beaten: usize,
    clocked: usize,
    /// Filled outputs called confluent by the table's row about seals.
    waiting: usize,
    /// Filled collections whose replicas are said to agree, by batches and in any order, and those that may diverge and never did.
    by_batches: usize,
    in_any_order: usize,
    alike_but_diverging: usize,
    diverging: usize,
    /// Filled collections called confluent that a rule fills from an `ordered` and from a `lossy` channel.
    ordered: usize,
    lossy: usize,
}

impl Totals {
    /// Counts what a collection that holds something is filled by.
    fn note(&mut self, program: &Program, relation: RelationId, class: Class) {
        let rules = || program.rules.iter().filter(|rule| rule.head.relation == relation);
        let reads = |of: &dyn Fn(AtomSource) -> bool| {
            rules().any(|rule| rule.positive_atoms().any(|atom| of(atom.source)))
        };
        let declared = |source, holds: &dyn Fn(&Relation) -> bool| match source {
            AtomSource::Relation(id) => holds(&program.relations[id]),
            AtomSource::Members(_) | AtomSource::Clock => false,
        };
        let beat = |relation: &Relation| matches!(relation.kind, RelationKind::Timer { .. });
        if class == Class::OrderDependent {
            self.clocked += usize::from(reads(&|source| source == AtomSource::Clock));
        } else {
            self.merging += usize::from(program.relations[relation].has_lattice());
            self.reading += usize::from(reads(&|source| declared(source, &Relation::has_lattice)));
            self.beaten += usize::from(reads(&|source| declared(source, &beat)));
            let promised = |promise| move |relation: &Relation| matches!(relation.kind, RelationKind::Channel { promise: of, .. } if of == promise);
            self.ordered += usize::from(reads(&|source| declared(source, &promised(Promise::Ordered))));
            self.lossy += usize::from(reads(&|source| declared(source, &promised(Promise::Lossy))));
        }
    }
}

/// What the host does: rows that come, and rows that it deletes from mutable inputs.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) rows: Vec<(Address, InputRow)>,
    deletes: Vec<(Address, InputRow)>,
}

/// One run to rest under the schedule of a seed, while time passes. Where there are timers they beat a few times before all has arrived, and
/// often enough after it that what only beats carry on has gone everywhere.
pub(crate) fn run(compiled: &Compiled, deployment: &Deployment, host: &Host, seed: u64) -> Option<History> {
    let program = &compiled.stratified().program;
    // What `any` chooses is the run's.
    let deployment = &Deployment { seed, ..deployment.clone() };
    let engine = |me: Address| {
        let site = Site { me, deployment: deployment.clone() };
        let options = floret_reference::Options { observe: Observe::Everything, tick_limit: TICK_LIMIT };
        Reference::new(compiled.stratified(), site, options)
    };
    let settings = Settings { seed, inputs_first: false };
    let mut network = Network::new(program, deployment, host.rows.clone(), settings, engine).unwrap();
    for (node, row) in &host.deletes {
        network.delete(*node, row.clone()).unwrap();
    }
    network.end_inputs();
    let beats = program.relations.iter().any(|relation| matches!(relation.kind, RelationKind::Timer { .. }));
    network.lose_some([0, 30, 70][(seed % 3) as usize]);
    for seconds in [2, 6].into_iter().take(if beats { 2 } else { 1 }) {
        // A row that is sent again and again arrives in the end.
        if seconds == 6 {
            network.lose_some(0);
        }
        network.run_for(seconds * SECOND, MAX_STEPS).ok()?;
        if !network.run_to_rest(MAX_STEPS).ok()?.is_reached() {
            return None;
        }
    }
    Some(network.history().clone())
}

/// What a class promises to be the same in all runs.
pub(crate) fn promised(
    class: Class,
    history: &History,
    node: Address,
    relation: RelationId,
    momentary: bool,
) -> Vec<Vec<Row>> {
    let ever = || history.ever_merged(node, relation).into_iter().collect();
    let last = || if momentary { Vec::new() } else { history.last(node, relation).into_iter().collect() };
    match class {
        Class::Static | Class::Growing if momentary => vec![ever()],
        Class::Static | Class::Growing => vec![ever(), last()],
        Class::Fleeting => vec![ever()],
        Class::Converging => vec![last()],
        Class::OrderDependent => Vec::new(),
    }
}

/// Whether what was written out for seals forgets rows of it that no rule can read any more: at the node's next tick, which may
/// come or not, so that only its History is promised.
pub(crate) fn forgets(program: &Program, relation: RelationId) -> bool {
    let is_forgotten = |rule: &Rule| rule.op == RuleOp::Delete && rule.head.relation == relation;
    program.relations[relation].is_generated() && program.rules.iter().any(is_forgotten)
}

/// The input rows and deletes that a seedling's bytes stand for, each at a node of its relation's role.
pub(crate) fn host(program: &Program, deployment: &Deployment, seedling: &Seedling) -> Host {
    let mut host = Host { rows: Vec::new(), deletes: Vec::new() };
    let mut keys = BTreeSet::new();
    for (number, bytes) in seedling.ticks.iter().enumerate() {
        let place = |(position, input): (usize, InputRow)| {
            let role = program.relations[input.relation].role;
            let count = deployment.counts[role] as usize;
            (Address { role, index: ((number + position) % count) as u32 }, input)
        };
        let arrivals = generate::arrivals(program, bytes, 0);
        // A second value for a key is the host's mistake.
        let first = |(_, input): &(Address, InputRow)| {
            let key = program.relations[input.relation].key;
            key.is_none_or(|key| keys.insert((input.relation, input.row[..key].to_vec())))
        };
        host.rows.extend(arrivals.inputs.into_iter().enumerate().map(place).filter(first));
        host.deletes.extend(arrivals.deletes.into_iter().enumerate().map(place));
    }
    host
}

fn examine(
    schema: &Schema,
    nodes: fn(u32) -> u32,
    seedling: &Seedling,
    schedules: u64,
    totals: &mut Totals,
) -> Result<(), String> {
    let rules = rule::statements(schema, seedling);
    let (rules, compiled) = generate::compile_what_compiles(schema, rules);
    if rules.len() < 2 {
        return Ok(());
    }
    let program = &compiled.stratified().program;
    let deployment = Deployment {
        params: program.params.iter().filter_map(|param| param.default.clone()).collect(),
        ..Deployment::new(program.roles.ids().map(|role| nodes(role.0)).collect())
    };
    let host = host(program, &deployment, seedling);
    let histories: Vec<History> = (0..schedules)
        .map_while(|seed| run(&compiled, &deployment, &host, seed.wrapping_mul(0x9e37_79b9) + 1))
        .collect();
    if histories.len() < schedules as usize {
        totals.restless += 1;
        return Ok(());
    }
    totals.programs += 1;
    let coordination = &compiled.artifact.coordination;
    for (id, relation) in program.relations.entries() {
        let class = coordination.classes[id];
        let ruled = program.rules.iter().any(|rule| rule.head.relation == id);
        if ruled {
            *totals.classes.entry(class.name()).or_default() += 1;
        }
        for node in deployment.members(relation.role) {
            let brief = relation.is_momentary() || forgets(program, id);
            let views: Vec<_> = histories.iter().map(|h| promised(class, h, node, id, brief)).collect();
            if let Some(other) = views.iter().position(|view| *view != views[0]) {
                return Err(format!(
                    "`{}` is called {} but differs at node {node:?} between schedules 0 and {other}:\n{:?}\n{:?}\n{host:?}\n{}",
                    relation.name,
                    class.name(),
                    views[0],
                    views[other],
                    generate::program_text(schema, &rules).text
                ));
            }
        }
        if let Some(replicas) = &coordination.replicas[id] {
            let held = |history: &History| {
                let of = |node| {
                    if relation.is_momentary() {
                        history.ever_merged(node, id)
                    } else {
                        history.last(node, id)
                    }
                };
                deployment.members(relation.role).map(of).collect::<BTreeSet<_>>()
            };
            let differs = histories.iter().position(|history| held(history).len() > 1);
            if let (true, Some(schedule)) = (replicas.agree, differs) {
                return Err(format!(
                    "the replicas of `{}` are said to agree ({}) but differ under schedule {schedule}:\n{:?}\n{host:?}\n{}",
                    relation.name,
                    replicas.because,
                    held(&histories[schedule]),
                    generate::program_text(schema, &rules).text
                ));
            }
            let filled =
                deployment.members(relation.role).any(|node| !histories[0].ever(node, id).is_empty());
            if filled {
                let by_batches = replicas.because.contains("in the batches");
                totals.by_batches += usize::from(replicas.agree && by_batches);
                totals.in_any_order += usize::from(replicas.agree && !by_batches);
                totals.diverging += usize::from(!replicas.agree);
                totals.alike_but_diverging += usize::from(!replicas.agree && differs.is_none());
            }
        }
        let ever = |node| histories.iter().any(|history| !history.ever(node, id).is_empty());
        if deployment.members(relation.role).any(ever) {
            totals.note(program, id, class);
        }
        let filled = deployment.members(relation.role).any(|node| !histories[0].ever(node, id).is_empty());
        // An output that holds nothing says nothing.
        if relation.output && filled {
            totals.outputs += 1;
            let verdict = floret_compiler::coordination::output_class(coordination, program, id);
            if verdict == Class::OrderDependent {
                let alike = deployment.members(relation.role).all(|node| {
                    let seen = |h: &History| (h.ever(node, id), h.last(node, id));
                    histories.iter().all(|h| seen(h) == seen(&histories[0]))
                });
                if alike {
                    totals.alike_but_dependent += 1;
                    let points = coordination.points.iter().filter(|point| point.outputs.contains(&id));
                    for kind in points.map(|point| point.kind.name()).collect::<BTreeSet<_>>() {
                        *totals.blunt.entry(kind).or_default() += 1;
                    }
                }
            } else {
                totals.confluent_outputs += 1;
                let mut rules = program.rules.entries().filter(|(_, rule)| rule.head.relation == id);
                let waits = rules.any(|(rule, _)| coordination.verdicts[rule].row == "sealed");
                totals.waiting += usize::from(waits);
            }
        }
    }
    Ok(())
}

/// Programs of a family until so many came to rest.
fn examine_many(
    schema: &Schema,
    nodes: fn(u32) -> u32,
    rules: std::ops::Range<usize>,
    seed: u64,
    wanted: usize,
    schedules: u64,
) -> Totals {
    let strategy = generate::seedlings(rules, 2..4);
    let mut seed_bytes = [1; 32];
    seed_bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed_bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut totals = Totals::default();
    while totals.programs < wanted {
        let mut tree = strategy.new_tree(&mut runner).unwrap();
        if let Err(difference) = examine(schema, nodes, &tree.current(), schedules, &mut totals) {
            // Shrink by hand: proptest's runner counts tests, we count programs that came to rest.
            let mut smallest = difference;
            for _ in 0..400 {
                let worked = if examine(schema, nodes, &tree.current(), schedules, &mut Totals::default())
                    .map_err(|difference| smallest = difference)
                    .is_err()
                {
                    tree.simplify()
                } else {
                    tree.complicate()
                };
                if !worked {
                    break;
                }
            }
            panic!("{smallest}");
        }
        assert!(totals.restless < 20 * wanted, "hardly a program comes to rest: {totals:?}");
    }
    totals
}

impl Totals {
    /// The kinds of points behind outputs that never differed, the most frequent first.
    fn reasons(&self) -> String {
        let mut reasons: Vec<_> = self.blunt.iter().collect();
        reasons.sort_by_key(|(kind, count)| (std::cmp::Reverse(**count), **kind));
        reasons.iter().map(|(kind, count)| format!("{kind} {count}")).collect::<Vec<_>>().join(", ")
    }
}

/// Under so many schedules each program runs.
fn schedules() -> u64 {
    let (_, schedules) = crate::long::cases("schedules", 10, 10, 20);
    schedules as u64
}

#[test]
fn confluent_collections_never_differ() {
    let (seed, wanted) = crate::long::cases("confluence", 200, 2_000, 20_000);
    let schedules = schedules();
    let (mut ordered, mut lossy) = (0, 0);
    for (family, schema) in [("roles", generate::roles()), ("channels", generate::channels())] {
        let totals = examine_many(&schema, |role| 1 + role, 4..12, seed, wanted / 2, schedules);
        let share = totals.confluent_outputs * 100 / totals.outputs.max(1);
        println!(
            "confluence, {family}: {} programs under {schedules} schedules ({} left out: busy), {} filled outputs, {} ({share} %) called confluent, {} ({} %) called order-dependent never differed (of points of {}); collections with rules {:?}; confluent: {} merge, {} read lattices, {} follow beats, {} read ordered and {} lossy channels; {} order-dependent ones read the clock",
            totals.programs,
            totals.restless,
            totals.outputs,
            totals.confluent_outputs,
            totals.alike_but_dependent,
            totals.alike_but_dependent * 100 / totals.outputs.max(1),
            totals.reasons(),
            totals.classes,
            totals.merging,
            totals.reading,
            totals.beaten,
            totals.ordered,
            totals.lossy,
            totals.clocked,
        );
        for (what, count) in
            [("merge", totals.merging), ("read lattices", totals.reading), ("follow beats", totals.beaten)]
        {
            assert!(count > 0, "no confluent collections that {what}");
        }
        assert!(share >= 30, "only {share} % of the outputs are called confluent");
        (ordered, lossy) = (ordered + totals.ordered, lossy + totals.lossy);
    }
    assert!(ordered > 0 && lossy > 0, "confluent by {ordered} ordered and {lossy} lossy channels");
}

#[test]
fn confluent_collections_of_sealed_channels_never_differ() {
    let (seed, wanted) = crate::long::cases("confluence of seals", 60, 1_000, 10_000);
    // One producer, whose seals are enough, and two.
    let counts: [fn(u32) -> u32; 2] = [|role| 1 + role, |_| 2];
    let (mut waiting, mut confluent, mut outputs) = (0, 0, 0);
    for nodes in counts {
        let totals = examine_many(&generate::seals(), nodes, 8..20, seed, wanted / 2, schedules());
        println!(
            "seals: {} programs ({} left out: busy), {} filled outputs, {} called confluent ({} of them wait for seals), {} called order-dependent never differed; collections with rules {:?}",
            totals.programs,
            totals.restless,
            totals.outputs,
            totals.confluent_outputs,
            totals.waiting,
            totals.alike_but_dependent,
            totals.classes,
        );
        waiting += totals.waiting;
        confluent += totals.confluent_outputs;
        outputs += totals.outputs;
    }
    assert!(confluent * 100 >= 30 * outputs, "only {confluent} of {outputs} outputs are called confluent");
    assert!(waiting > wanted / 8, "hardly anything that waits for seals is confluent: {waiting}");
}

#[test]
fn replicas_that_are_said_to_agree_never_differ() {
    let (seed, wanted) = crate::long::cases("replicas", 200, 2_000, 20_000);
    let totals = examine_many(&generate::sequencers(), |role| 2 + role, 6..16, seed, wanted, 10);
    println!(
        "replicas: {} programs ({} left out: busy), {} filled collections agree by batches, {} in any order, {} may diverge ({} of them never did); {} of {} filled outputs are called confluent",
        totals.programs,
        totals.restless,
        totals.by_batches,
        totals.in_any_order,
        totals.diverging,
        totals.alike_but_diverging,
        totals.confluent_outputs,
        totals.outputs,
    );
    assert!(totals.by_batches > wanted / 10 && totals.in_any_order > wanted / 20, "{totals:?}");
}
