//! Durable nodes: whatever crashes, every message is taken once, and nothing that was told is forgotten.

use std::collections::BTreeMap;

use floret_ir::{Promise, Value};

use super::common::{ALL, Case, node, puts};
use crate::faults::{CrashPoint, Fault};
use crate::tests::testing;
use crate::world::{End, Planted, check_promises};

/// Clients and servers with disks.
fn durable_puts(count: i64) -> Case {
    puts(count).durable(0).durable(1)
}

#[test]
fn messages_between_durable_nodes_are_taken_once_through_crashes() {
    let case = durable_puts(12);
    let mut points: BTreeMap<CrashPoint, usize> = BTreeMap::new();
    case.each_seed(300, ALL, |seed, outcome| {
        assert_eq!(outcome.end, End::Rest, "seed {seed}");
        assert!(!outcome.loses, "seed {seed}");
        check_promises(&outcome.chronicle, &case.stratified.program, true)
            .unwrap_or_else(|why| panic!("seed {seed}: {why}"));
        // Every answer is there, though the servers and clients went.
        let done = |client| case.ever(outcome, node(0, client), "done").len();
        assert_eq!((done(0), done(1)), (6, 6), "seed {seed}");
        for fault in &outcome.faults {
            if let Fault::Crash { point, .. } = fault {
                *points.entry(*point).or_default() += 1;
            }
        }
    });
    assert!(points.len() == 4 && points.values().all(|count| *count > 100), "{points:?}");
}

#[test]
fn ordered_batches_stay_in_order_through_crashes() {
    let mut case = Case::new(
        "role Source; role Sink; input event say(n) on Source; channel first(n) on Sink; channel second(n) on Source;
         first@Sink[0](n) <~ say(n); first@Sink[0](n + 1000) <~ say(n); second@Source[0](n) <~ first(n);
         output event heard(n) on Source; heard(n) <= second(n);",
        &[2, 1],
    )
    .promise("first", Promise::Ordered)
    .promise("second", Promise::Ordered)
    .durable(0)
    .durable(1);
    for n in 0..12 {
        case = case.input(node(0, n % 2), "say", &n.to_string());
    }
    case.each_seed(200, ALL, |seed, outcome| {
        assert_eq!(outcome.end, End::Rest, "seed {seed}");
        check_promises(&outcome.chronicle, &case.stratified.program, true)
            .unwrap_or_else(|why| panic!("seed {seed}: {why}"));
    });
}

#[test]
fn a_sum_over_messages_is_exact() {
    // Each message adds to a balance by `<+-`: once more or once less would be seen in the end.
    let mut case = Case::new(
        "role Teller; role Bank; input event pay(id, amount) on Teller; channel deposit(id, amount) on Bank;
         table balance(one => sum) on Bank; balance(0, 0);
         deposit@Bank[0](i, a) <~ pay(i, a);
         view paid(sum(a)) on Bank; paid(sum(a)) <= deposit(_, a);
         balance(0, b + a) <+- balance(0, b), paid(a);",
        &[2, 1],
    )
    .durable(0)
    .durable(1);
    for id in 0..12 {
        case = case.input(node(0, id % 2), "pay", &format!("{id}, {}", 1 << id));
    }
    let balance = testing::relation(&case.stratified, "balance");
    case.each_seed(300, ALL, |seed, outcome| {
        assert_eq!(outcome.end, End::Rest, "seed {seed}");
        let committed = outcome.chronicle.records.iter().enumerate();
        let mut held = Value::Int(0);
        for (at, record) in committed
            .filter(|(at, record)| record.node == node(1, 0) && outcome.chronicle.committed.contains(at))
        {
            let _ = at;
            for change in record.effects.changes.get(&balance).into_iter().flatten() {
                if change.added {
                    held = change.row[1].clone();
                }
            }
        }
        assert_eq!(held, Value::Int((1 << 12) - 1), "seed {seed}");
    });
}

#[test]
fn planted_mistakes_of_the_transport_are_found() {
    for planted in [Planted::CommitBeforeSync, Planted::ForgetNumber, Planted::ReplayTwice] {
        let mut case = durable_puts(12);
        case.planted = Some(planted);
        let found = case.first_failure(1_000, ALL);
        assert!(found.is_some(), "{planted:?}");
    }
}
