//! What the compiler says that sequencers and seals cost in messages and rounds, against what the simulator counts, on seven
//! programs. The numbers are worked out by hand.

use std::collections::BTreeMap;

use floret_compiler::coordination::{Each, costs};
use floret_ir::artifact::Artifact;
use floret_ir::{Address, InputRow, RelationId, RoleId, Row, Value};
use floret_sim::world::{extent, run, run_of};

use crate::compile::compiled;
use crate::simulated::searched;

/// A program with rows for its inputs, each at a node of the input's role.
struct Case {
    name: &'static str,
    program: &'static str,
    /// How many nodes each role has.
    members: &'static [u32],
    /// Input, node, values.
    rows: Vec<(&'static str, u32, Vec<i64>)>,
    /// For each channel that has a sequencer or seals how many rows the program sends by it (to all nodes or to one), or how
    /// many keys all producers together seal.
    paid: &'static [u32],
}

/// What messages of some channels cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Price {
    messages: u32,
    /// How many messages, the last one included, come one after the other.
    rounds: u32,
}

fn price(messages: u32, rounds: u32) -> Price {
    Price { messages, rounds }
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

/// What the channels with these names cost in a run without faults. A message comes after all that its sender had taken, in
/// whatever tick; so no node of the programs here both receives rows and is where rows begin.
fn counted(artifact: &Artifact, case: &Case, channels: &[&str]) -> Price {
    let program = &artifact.stratified.program;
    let found = searched(artifact, case.members, &inputs(artifact, case), None, "", 1, |job, faults| {
        let chronicle = run(job, &run_of(job, faults, &extent(job, faults), 0)).chronicle;
        let wanted = |relation: RelationId| channels.contains(&&*program.relations[relation].name);
        let mut price = price(0, 0);
        let mut taken: BTreeMap<Address, u32> = BTreeMap::new();
        let mut sent: BTreeMap<(Address, Address, RelationId, Row), u32> = BTreeMap::new();
        for &number in &chronicle.committed {
            let record = &chronicle.records[number];
            for message in &record.arrivals.messages {
                let rounds = sent[&(message.sender, record.node, message.relation, message.row.clone())];
                let taken = taken.entry(record.node).or_default();
                *taken = rounds.max(*taken);
                if wanted(message.relation) {
                    price.rounds = rounds.max(price.rounds);
                }
            }
            let rounds = taken.get(&record.node).map_or(1, |taken| taken + 1);
            for send in &record.effects.sends {
                sent.entry((record.node, send.to, send.relation, send.row.clone())).or_insert(rounds);
                price.messages += u32::from(wanted(send.relation));
            }
        }
        price
    });
    assert_eq!(found.failure, None);
    found.looked
}

/// What the compiler says, which is what is expected, and what is counted differ by a tenth of the former at most.
#[track_caller]
fn within_a_tenth(what: &str, expected: Price, predicted: Price, counted: Price) {
    println!(
        "costs: {what:<42} messages {:>4} predicted {:>4} counted, rounds {} predicted {} counted",
        predicted.messages, counted.messages, predicted.rounds, counted.rounds
    );
    assert_eq!(predicted, expected, "{what}");
    let near = |predicted: u32, counted: u32| predicted > 0 && predicted.abs_diff(counted) * 10 <= predicted;
    assert!(near(predicted.messages, counted.messages) && near(predicted.rounds, counted.rounds), "{what}");
}

/// The program's one cost against what is counted, with its sequencer and without. `before`: how many rounds a row has gone
/// when a rule sends it by the channel.
fn sequencer(case: &Case, before: u32, expected: Price, expected_without: Price) {
    let with = compiled(case.program).artifact;
    let members = |role: RoleId| case.members[role.0 as usize];
    let found = costs(&with.stratified.program);
    let ([cost], [paid]) = (&found[..], case.paid) else { panic!("{found:?}") };
    assert_eq!(cost.each, Each::Row);
    let predicted = price(paid * cost.messages.count(members), before + cost.rounds);
    let without = compiled(&case.program.replace(" ordered via S", "")).artifact;
    assert_eq!(costs(&without.stratified.program), []);
    let predicted_without = price(paid * cost.messages_without.count(members), before + cost.rounds_without);
    within_a_tenth(case.name, expected, predicted, counted(&with, case, &["c", "$c::via"]));
    let what = format!("{}, without it", case.name);
    within_a_tenth(&what, expected_without, predicted_without, counted(&without, case, &["c"]));
}

/// The costs of the program's sealed channels, each of which waits for the one before, against what is counted.
fn seals(case: &Case, channels: &[&str], expected: Price) -> Artifact {
    let artifact = compiled(case.program).artifact;
    let members = |role: RoleId| case.members[role.0 as usize];
    let found = costs(&artifact.stratified.program);
    assert_eq!(found.len(), case.paid.len());
    assert!(found.iter().all(|cost| (cost.each, cost.rounds_without) == (Each::Key, 0)));
    let messages = found.iter().zip(case.paid).map(|(cost, paid)| paid * cost.messages.count(members)).sum();
    let predicted = price(messages, found.iter().map(|cost| cost.rounds).sum());
    within_a_tenth(case.name, expected, predicted, counted(&artifact, case, channels));
    artifact
}

/// Writes of two Clients.
fn writes(count: i64) -> Vec<(&'static str, u32, Vec<i64>)> {
    (0..count).map(|number| ("set", (number % 2) as u32, vec![number % 5, number])).collect()
}

/// Rows of some producers, each with so many of each of 4 keys.
fn keyed(producers: i64, of_each_key: i64) -> Vec<(&'static str, u32, Vec<i64>)> {
    let row = |number| ("row", (number % producers) as u32, vec![number / producers % 4, number]);
    (0..producers * 4 * of_each_key).map(row).collect()
}

#[test]
fn a_sequencer_to_all() {
    let case = Case {
        name: "a sequencer to all",
        program: "role C; role R durable; role S durable;
             input event set(k: int, v: int) on C; table kept(k: int => v: int) on R;
             channel c(k: int, v: int) on R ordered via S;
             c@r(k, v) <~ set(k, v), R(r);
             kept(k, max(v)) <+- c(k, v);",
        members: &[2, 5, 1],
        rows: writes(40),
        paid: &[40],
    };
    // Each of 40 rows goes to the sequencer and from there to 5 nodes.
    sequencer(&case, 0, price(40 + 40 * 5, 2), price(40 * 5, 1));
}

#[test]
fn a_sequencer_to_one() {
    let case = Case {
        name: "a sequencer to one",
        program: "role C; role R durable; role S durable;
             input event set(k: int, v: int) on C; table kept(k: int => v: int) on R;
             channel c(k: int, v: int) on R ordered via S;
             c@R[k](k, v) <~ set(k, v);
             kept(k, max(v)) <+- c(k, v);",
        members: &[2, 3, 1],
        rows: writes(40),
        paid: &[40],
    };
    sequencer(&case, 0, price(40 + 40, 2), price(40, 1));
}

#[test]
fn a_sequencer_between_accounts() {
    let case = Case {
        name: "a sequencer between accounts",
        program: "role C; role Bank durable; role S durable;
             input event move(a: int, b: int, n: int) on C;
             table entry(a: int, n: int) on Bank;
             channel c(a: int, n: int) on Bank ordered via S;
             c@Bank[a](a, 0 - n) <~ move(a, _, n);
             c@Bank[b](b, n) <~ move(_, b, n);
             entry(a, n) <+ c(a, n);",
        members: &[2, 3, 1],
        // Each moves another amount.
        rows: (0..30).map(|n| ("move", (n % 2) as u32, vec![n % 4, n % 4 + 1, n + 1])).collect(),
        paid: &[60],
    };
    // Each of 30 moves is two rows.
    sequencer(&case, 0, price(60 + 60, 2), price(60, 1));
}

#[test]
fn a_sequencer_behind_a_front() {
    let case = Case {
        name: "a sequencer behind a front",
        program: "role C; role F; role R durable; role S durable;
             input event set(k: int, v: int) on C; table kept(k: int => v: int) on R;
             channel ask(k: int, v: int) on F;
             channel c(k: int, v: int) on R ordered via S;
             ask@F[k](k, v) <~ set(k, v);
             c@r(k, v) <~ ask(k, v), v % 2 == 0, R(r);
             kept(k, max(v)) <+- c(k, v);",
        members: &[2, 2, 3, 1],
        rows: writes(40),
        paid: &[20],
    };
    // The front lets the 20 even ones of 40 writes pass. Theirs is a round before.
    sequencer(&case, 1, price(20 + 20 * 3, 1 + 2), price(20 * 3, 1 + 1));
}

#[test]
fn seals_for_all() {
    let case = Case {
        name: "seals for all",
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
        rows: keyed(3, 6),
        paid: &[3 * 4],
    };
    // Each of 3 producers seals each of 4 keys at both receivers, once it has 6 rows of it.
    let artifact = seals(&case, &["$c::seal"], price(3 * 4 * 2, 1));
    // The rows cost what they would cost anyway.
    let rows = price(3 * 4 * 6 * 2, 1);
    within_a_tenth("rows of a sealed channel", rows, rows, counted(&artifact, &case, &["c"]));
}

#[test]
fn seals_for_one() {
    let case = Case {
        name: "seals for one",
        program: "role P; role R;
             input event row(k: int, v: int) on P; table rows(k: int, v: int) on P;
             channel c(k: int, v: int) on R sealed by k from P;
             table counted(k: int => n: int) on R;
             rows(k, v) <= row(k, v);
             have(k, count()) <= rows(k, _);
             c@R[k](k, v) <~ row(k, v);
             seal c@R[k](k) <~ have(k, 5);
             counted(k, count()) <= c(k, _);",
        members: &[4, 3],
        rows: keyed(4, 5),
        paid: &[4 * 4],
    };
    // Each of 4 producers seals each of 4 keys where its rows go.
    seals(&case, &["$c::seal"], price(4 * 4, 1));
}

#[test]
fn seals_one_after_the_other() {
    let case = Case {
        name: "seals one after the other",
        program: "role P; role M; role R;
             input event row(k: int, v: int) on P; table rows(k: int, v: int) on P;
             channel lines(k: int, v: int) on M sealed by k from P;
             channel words(k: int, v: int) on R sealed by k from M;
             table counted(k: int => n: int) on R;
             rows(k, v) <= row(k, v);
             have(k, count()) <= rows(k, _);
             lines@m(k, v) <~ row(k, v), M(m);
             seal lines@m(k) <~ have(k, 3), M(m);
             words@r(k, v) <~ lines(k, v), R(r);
             seal words@r(k) <~ lines::sealed(k), R(r);
             counted(k, count()) <= words(k, _);",
        members: &[2, 2, 3],
        rows: keyed(2, 3),
        paid: &[2 * 4, 2 * 4],
    };
    // Of each of 4 keys: 2 producers tell 2 nodes, and when these have all, they tell 3.
    seals(&case, &["$lines::seal", "$words::seal"], price(4 * 2 * 2 + 4 * 2 * 3, 1 + 1));
}
