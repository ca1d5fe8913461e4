//! Ways out do what they say: a known program that depends on order, after its way out, has one outcome under all tried
//! schedules; and that outcome is one that the program could have before. Expected results come from the runs.

use std::collections::BTreeSet;

use floret_compiler::coordination::{apply, fixes};
use floret_ir::coordination::Remedy;
use floret_ir::{Address, Deployment, Diagnostics, FileId, InputRow, Program, Row};
use floret_sim::{History, Random};

use crate::compile::{Compiled, compiled};
use crate::mutations::{inputs, run};

/// Program, way out, and whether what is observed is another thing afterwards (every row instead of one; a table's or
/// view's content instead of rows of a tick), so that the outcomes before say nothing about those after.
const CASES: &[(&str, Remedy, bool)] = &[
    ("get_put_race", Remedy::Remember, false),
    ("publish_subscribe", Remedy::Remember, false),
    ("match_in_a_tick", Remedy::Remember, false),
    ("causal_delivery_dropping", Remedy::Remember, false),
    ("word_count_in_a_tick", Remedy::Remember, true),
    ("orders_not_cancelled", Remedy::Remember, false),
    ("sizes_of_sets", Remedy::MergeInTable, true),
    ("register_by_arrival", Remedy::MakeLattice, false),
    ("register_first_writer", Remedy::MakeLattice, false),
    ("one_time_token", Remedy::MakeLattice, false),
    ("register_by_arrival", Remedy::KeepEveryRow, false),
    ("garbage_collected", Remedy::KeepView, false),
    ("rate_limit", Remedy::KeepView, false),
    ("sums_of_many_rows", Remedy::KeepView, true),
    ("ads_poor", Remedy::Seal, false),
    ("leader_acts", Remedy::Seal, false),
    ("plurality_announced", Remedy::Seal, false),
    ("word_count_committed", Remedy::Seal, false),
    ("set_with_deletes", Remedy::Tombstones, false),
    ("telemetry_once", Remedy::KeepMessages, false),
    ("telemetry_once", Remedy::SendAgain, false),
    ("pick_any", Remedy::ChooseByOrder, false),
    ("last_message_view", Remedy::ObserveEvent, true),
    ("last_message_view", Remedy::ObserveTable, true),
];

/// What the host observes: of each output at each node the rows it holds in the end, or ever held.
type Observed = Vec<(String, Address, BTreeSet<Row>)>;

fn observed(program: &Program, deployment: &Deployment, history: &History) -> Observed {
    let outputs = program.relations.entries().filter(|(_, relation)| relation.output);
    let mut observed: Observed = outputs
        .flat_map(|(id, relation)| {
            deployment.members(relation.role).map(move |node| {
                let rows = if relation.is_momentary() {
                    history.ever_merged(node, id)
                } else {
                    history.last(node, id)
                };
                (relation.name.clone(), node, rows)
            })
        })
        .collect();
    observed.sort();
    observed
}

fn outcomes(
    compiled: &Compiled,
    deployment: &Deployment,
    fed: &[(Address, InputRow)],
    schedules: u64,
) -> BTreeSet<Observed> {
    let stratified = compiled.stratified();
    let runs = (0..schedules).filter_map(|seed| run(stratified, deployment, fed, seed));
    runs.map(|history| observed(&stratified.program, deployment, &history)).collect()
}

fn fixed(source: &str, remedy: Remedy) -> Compiled {
    let before = compiled(source);
    let tree = floret_lang::parse(source, FileId(0), &mut Diagnostics::new());
    let program = &before.stratified().program;
    let all = fixes(source, &tree, program, &before.artifact.coordination, "");
    let fix = all.iter().find(|fix| fix.way.remedy == remedy).unwrap();
    let after = compiled(&apply(source, fix.edits.as_ref().unwrap()));
    assert!(after.artifact.coordination.points.is_empty());
    after
}

#[test]
fn a_way_out_has_one_outcome_and_it_was_possible_before() {
    let (_, schedules) = crate::long::cases("ways out", 40, 1_000, 1_000);
    let (mut compared, mut differed, mut possible, mut asked) = (0, 0, 0, 0);
    for (name, remedy, other) in CASES {
        let path = crate::floret::root().join(format!("tests/verdicts/{name}.flo"));
        let source = std::fs::read_to_string(path).unwrap();
        let (before, after) = (compiled(&source), fixed(&source, *remedy));
        let mut random = Random::new(5);
        for _ in 0..4 {
            let (old, new) = (&before.stratified().program, &after.stratified().program);
            let deployment = Deployment::new(old.roles.ids().map(|_| 1).collect());
            // Few rows: before, one outcome of very many may never be seen.
            let mut fed = inputs(old, &deployment, &mut random);
            fed.truncate(6);
            // The same rows, by name: a way out may add collections.
            let renamed = fed.iter().map(|(node, input)| {
                let relation = new.relation_named(&old.relations[input.relation].name).unwrap();
                (*node, InputRow { relation, row: input.row.clone() })
            });
            let renamed: Vec<_> = renamed.collect();
            let after = outcomes(&after, &deployment, &renamed, schedules as u64);
            assert_eq!(after.len(), 1, "{name}, {}: {after:#?}", remedy.name());
            compared += 1;
            let before = outcomes(&before, &deployment, &fed, 4 * schedules as u64);
            differed += usize::from(before.len() > 1);
            if !other {
                asked += 1;
                possible += usize::from(after.is_subset(&before));
                if !after.is_subset(&before) {
                    println!("ways out: {name}, {}: not seen before", remedy.name());
                }
            }
        }
    }
    println!(
        "ways out: {compared} inputs of {} programs, one outcome each under {schedules} schedules; {differed} had several before; {possible} of {asked} outcomes were seen before",
        CASES.len()
    );
    assert!(differed * 2 > compared, "{differed} of {compared}");
    assert!(possible * 10 >= asked * 9, "{possible} of {asked}");
}

/// What the nodes of one role hold in each output.
fn replicas(observed: &Observed) -> BTreeSet<(&str, Vec<&BTreeSet<Row>>)> {
    let names: BTreeSet<&str> = observed.iter().map(|(name, _, _)| name.as_str()).collect();
    let held =
        |name: &str| observed.iter().filter(|(of, _, _)| of == name).map(|(_, _, rows)| rows).collect();
    names.into_iter().map(|name| (name, held(name))).collect()
}

#[test]
fn ordered_through_a_sequencer_the_nodes_agree_and_they_did_not_before() {
    let (_, schedules) = crate::long::cases("ways out, sequencers", 40, 1_000, 1_000);
    for name in
        ["register_by_arrival", "register_first_writer", "register_ordered", "causal_delivery_dropping"]
    {
        let source =
            std::fs::read_to_string(crate::floret::root().join(format!("tests/verdicts/{name}.flo")))
                .unwrap();
        let before = compiled(&source);
        let tree = floret_lang::parse(&source, FileId(0), &mut Diagnostics::new());
        let program = &before.stratified().program;
        let all = fixes(&source, &tree, program, &before.artifact.coordination, "");
        let fix = all.iter().find(|fix| fix.way.remedy == Remedy::Sequence).unwrap();
        let after = compiled(&apply(&source, fix.edits.as_ref().unwrap()));
        let deployment = Deployment::new(program.roles.ids().map(|_| 3).collect());
        let fed = inputs(program, &deployment, &mut Random::new(5));
        let differing = |compiled: &Compiled| {
            let outcomes = outcomes(compiled, &deployment, &fed, schedules as u64);
            let differ = |outcome: &&Observed| {
                replicas(outcome).iter().any(|(_, held)| held.iter().any(|rows| rows != &held[0]))
            };
            (outcomes.len(), outcomes.iter().filter(differ).count())
        };
        let (outcomes_before, differed) = differing(&before);
        let (outcomes_after, differ) = differing(&after);
        println!(
            "ways out: {name}: {differed} of {outcomes_before} outcomes differ from node to node, {differ} of {outcomes_after} afterwards"
        );
        assert!(differed > 0, "{name}");
        assert_eq!(differ, 0, "{name}");
    }
}
