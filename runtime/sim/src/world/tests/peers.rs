//! Nodes that crash and come back without a disk.

use floret_ir::{Promise, Value};

use super::common::{Case, node, puts};
use crate::faults::{CrashPoint, Fault};
use crate::world::{End, check_promises};

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
    let (mut went, mut came_back) = (0, 0);
    case.each_seed(200, "crash=1,restart=200", |seed, outcome| {
        assert_eq!(outcome.end, End::Rest, "seed {seed}");
        let worker_crashed = outcome.faults.iter().any(|fault| {
            matches!(fault, Fault::Crash { node: crashed, point, .. }
                if *crashed == node(1, 0) && *point != CrashPoint::BeforeTick)
        });
        let watcher_crashed =
            outcome.faults.iter().any(|fault| matches!(fault, Fault::Crash { node: of, .. } if *of == node(0, 0)));
        let seen = case.ever(outcome, node(0, 0), "seen");
        let told = |up| seen.contains(&vec![Value::Address(node(1, 0)), Value::Bool(up)]);
        if worker_crashed && !watcher_crashed {
            assert!(told(true), "seed {seed}: {seen:?}");
            went += usize::from(told(false));
            came_back += 1;
        }
    });
    assert!(came_back > 20 && went == came_back, "{went} of {came_back}");
}

#[test]
fn promises_between_lives_are_checked() {
    // The checker itself: a row taken twice by one life is told, by two lives it is not.
    let case = puts(2).promise("ack", Promise::Reliable);
    let mut outcome = case.run(1, "");
    let program = &case.stratified.program;
    check_promises(&outcome.chronicle, program, true).unwrap();
    let at = outcome.chronicle.records.iter().position(|record| !record.arrivals.messages.is_empty()).unwrap();
    let message = outcome.chronicle.records[at].arrivals.messages[0].clone();
    outcome.chronicle.records[at].arrivals.messages.push(message);
    let told = check_promises(&outcome.chronicle, program, false).unwrap_err();
    assert!(told.contains("sent 1 times and taken 2 times"), "{told}");
    outcome.chronicle.records[at].arrivals.messages.clear();
    assert!(check_promises(&outcome.chronicle, program, true).unwrap_err().contains("rows were sent"));
}
