//! What the compiler says that sequencers and seals cost in messages, against what the simulator counts. The numbers of rows and
//! keys are the programs', worked out by hand.

use floret_compiler::coordination::{Each, costs};
use floret_ir::artifact::Artifact;
use floret_ir::{Address, InputRow, RoleId, Value};
use floret_sim::world::{extent, run, run_of};

use crate::compile::compiled;
use crate::simulated::searched;

/// A program with rows for its inputs, each at a node of the input's role.
struct Case {
    program: &'static str,
    /// How many nodes each role has.
    members: &'static [u32],
    /// Input, node, values.
    rows: Vec<(&'static str, u32, Vec<i64>)>,
    /// How many rows the program sends by its channel `c` (to all nodes or to one), or keys its producers seal.
    paid: u32,
}

fn inputs(artifact: &Artifact, case: &Case) -> Vec<(Address, InputRow)> {
    let program = &artifact.stratified.program;
    let row = |(name, index, values): &(&str, u32, Vec<i64>)| {
        let relation = program.relation_named(name).unwrap();
        let role = program.relations[relation].role;
        let row = values.iter().map(|value| Value::Int(*value)).collect();
        (Address { role, index: *index }, InputRow { relation, row })
    };
    case.rows.iter().map(row).collect()
}

/// How many messages of the channels with these names are sent in a run without faults.
fn sent(artifact: &Artifact, case: &Case, channels: &[&str]) -> u32 {
    let program = &artifact.stratified.program;
    let found = searched(artifact, case.members, &inputs(artifact, case), None, "", 1, |job, faults| {
        let outcome = run(job, &run_of(job, faults, &extent(job, faults), 0));
        let records = &outcome.chronicle.records;
        let sends = outcome.chronicle.committed.iter().flat_map(|&number| &records[number].effects.sends);
        sends.filter(|send| channels.contains(&&*program.relations[send.relation].name)).count()
    });
    assert_eq!(found.failure, None);
    found.looked as u32
}

#[track_caller]
fn within_a_tenth(what: &str, predicted: u32, counted: u32) {
    println!("costs: {what}: {predicted} messages predicted, {counted} counted");
    assert!(predicted > 0 && predicted.abs_diff(counted) * 10 <= predicted, "{what}");
}

/// The program's one cost against what is counted, with its sequencer and without.
fn sequencer(case: &Case) {
    let with = compiled(case.program).artifact;
    let members = |role: RoleId| case.members[role.0 as usize];
    let found = costs(&with.stratified.program);
    let [cost] = &found[..] else { panic!("{found:?}") };
    assert_eq!(cost.each, Each::Row);
    let predicted = case.paid * cost.messages.count(members);
    within_a_tenth("with the sequencer", predicted, sent(&with, case, &["c", "$c::via"]));
    let without = compiled(&case.program.replace(" ordered via S", "")).artifact;
    assert_eq!(costs(&without.stratified.program), []);
    let predicted = case.paid * cost.messages_without.count(members);
    within_a_tenth("without it", predicted, sent(&without, case, &["c"]));
}

/// Writes of two Clients.
fn writes(count: i64) -> Vec<(&'static str, u32, Vec<i64>)> {
    (0..count).map(|number| ("set", (number % 2) as u32, vec![number % 5, number])).collect()
}

#[test]
fn a_sequencer_to_all() {
    sequencer(&Case {
        program: "role C; role R durable; role S durable;
             input event set(k: int, v: int) on C; table kept(k: int => v: int) on R;
             channel c(k: int, v: int) on R ordered via S;
             c@r(k, v) <~ set(k, v), R(r);
             kept(k, max(v)) <+- c(k, v);",
        members: &[2, 5, 1],
        rows: writes(40),
        paid: 40,
    });
}

#[test]
fn a_sequencer_to_one() {
    sequencer(&Case {
        program: "role C; role R durable; role S durable;
             input event set(k: int, v: int) on C; table kept(k: int => v: int) on R;
             channel c(k: int, v: int) on R ordered via S;
             c@R[k](k, v) <~ set(k, v);
             kept(k, max(v)) <+- c(k, v);",
        members: &[2, 3, 1],
        rows: writes(40),
        paid: 40,
    });
}

#[test]
fn seals() {
    // Each of 3 producers seals each of 4 keys at all 2 receivers, once it has 6 rows of it.
    let case = Case {
        program: "role P; role R;
             input event row(k: int, v: int) on P; table rows(k: int, v: int) on P;
             channel c(k: int, v: int) on R sealed by k from P;
             table counted(k: int => n: int) on R;
             rows(k, v) <= row(k, v);
             have(k, count()) <= rows(k, _);
             c@r(k, v) <~ row(k, v), R(r);
             seal c@r(k) <~ have(k, 6), R(r);
             counted(k, count()) <= c(k, _);",
        members: &[3, 2],
        rows: (0..72).map(|number| ("row", (number % 3) as u32, vec![number / 3 % 4, number])).collect(),
        paid: 12,
    };
    let artifact = compiled(case.program).artifact;
    let members = |role: RoleId| case.members[role.0 as usize];
    let found = costs(&artifact.stratified.program);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].each, found[0].rounds), (Each::Key, 1));
    let predicted = case.paid * found[0].messages.count(members);
    within_a_tenth("seals", predicted, sent(&artifact, &case, &["$c::seal"]));
    // The rows cost what they would cost anyway.
    within_a_tenth("rows of a sealed channel", 72 * 2, sent(&artifact, &case, &["c"]));
}
