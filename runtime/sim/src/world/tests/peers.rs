//! Nodes that crash and come back without a disk.

use floret_ir::{Promise, Value};

use super::common::{Case, node, puts};
use crate::faults::Fault;
use crate::world::{End, What, check_promises};

#[test]
fn crashes_lose_tables_but_break_no_promise() {
    let case = puts(20);
    let mut crashed = 0;
    case.each_seed(500, "loss=3%,dup=3%,delay=1..10,crash=2,restart", |seed, outcome| {
        assert_eq!(outcome.end, End::Rest, "seed {seed}");
        check_promises(&outcome.chronicle, &case.stratified.program, !outcome.loses)
            .unwrap_or_else(|why| panic!("seed {seed}: {why}"));
        crashed += outcome.faults.iter().filter(|fault| matches!(fault, Fault::Crash { .. })).count();
    });
    assert!(crashed > 700, "{crashed}");
}

#[test]
fn a_node_that_stays_down_is_given_up() {
    let case = puts(20);
    case.each_seed(30, "crash=1", |seed, outcome| {
        assert_eq!(outcome.end, End::Rest, "seed {seed}");
    });
}

#[test]
fn the_program_hears_who_went_and_came() {
    // A watcher keeps what it hears of workers, which it greets.
    let mut case = Case::new(
        "role Watcher; role Worker; reports peer() on Watcher; table seen(who: node, up: bool) on Watcher;
         channel hello(x) on Worker; input event go(x) on Watcher; hello@Worker[0](x) <~ go(x);
         seen(w, u) <= peer(w, u);",
        &[1, 1],
    );
    for n in 0..20 {
        case = case.input(node(0, 0), "go", &n.to_string());
    }
    let mut crashes = 0;
    case.each_seed(200, "crash=1,restart=200", |seed, outcome| {
        assert_eq!(outcome.end, End::Rest, "seed {seed}");
        let crash_of = |of| {
            let happenings = &outcome.chronicle.happenings;
            happenings.iter().position(
                |happening| matches!(&happening.what, What::Begins(Fault::Crash { node, .. }) if *node == of),
            )
        };
        let (worker_crash, watcher_crash) = (crash_of(node(1, 0)), crash_of(node(0, 0)));
        // Whether the watcher knew that life of the worker.
        let known = outcome.chronicle.happenings.iter().take(worker_crash.unwrap_or(0)).any(|happening| {
            matches!(&happening.what, What::Tick { record }
                if !outcome.chronicle.records[*record].arrivals.peers.is_empty())
        });
        let seen = case.ever(outcome, node(0, 0), "seen");
        let told = |up| seen.contains(&vec![Value::Address(node(1, 0)), Value::Bool(up)]);
        if known && watcher_crash.is_none() {
            assert!(told(true), "seed {seed}: {seen:?}");
            assert!(told(false), "seed {seed}: {seen:?}");
            crashes += 1;
        }
    });
    assert!(crashes > 20, "{crashes}");
}

#[test]
fn promises_between_lives_are_checked() {
    // The checker itself: a row taken twice by one life is told, by two lives it is not.
    let case = puts(2).promise("ack", Promise::Reliable);
    let mut outcome = case.run(1, "");
    let program = &case.stratified.program;
    check_promises(&outcome.chronicle, program, true).unwrap();
    let at =
        outcome.chronicle.records.iter().position(|record| !record.arrivals.messages.is_empty()).unwrap();
    let message = outcome.chronicle.records[at].arrivals.messages[0].clone();
    outcome.chronicle.records[at].arrivals.messages.push(message);
    let told = check_promises(&outcome.chronicle, program, false).unwrap_err();
    assert!(told.contains("sent 1 times and taken 2 times"), "{told}");
    outcome.chronicle.records[at].arrivals.messages.clear();
    assert!(check_promises(&outcome.chronicle, program, true).unwrap_err().contains("rows were sent"));
}
