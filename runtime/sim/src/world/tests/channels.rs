//! The promises of channels, over many seeds.

use floret_ir::Promise;

use super::common::{Case, ROUGH, node, puts};
use crate::faults::{Fault, FaultSpec};
use crate::world::{End, check_promises};

#[test]
fn without_faults_everything_arrives_once() {
    let case = puts(20);
    case.each_seed(50, "", |seed, outcome| {
        assert_eq!(outcome.end, End::Rest, "seed {seed}");
        check_promises(&outcome.chronicle, &case.stratified.program, true).unwrap();
        for client in 0..2 {
            assert_eq!(case.ever(outcome, node(0, client), "done").len(), 10, "seed {seed}");
        }
    });
}

#[test]
fn reliable_channels_deliver_once_whatever_breaks() {
    let case = puts(20);
    let (mut lost, mut twice) = (0, 0);
    case.each_seed(1_000, ROUGH, |seed, outcome| {
        assert_eq!(outcome.end, End::Rest, "seed {seed}");
        let complete = !outcome.loses;
        check_promises(&outcome.chronicle, &case.stratified.program, complete)
            .unwrap_or_else(|why| panic!("seed {seed}: {why}"));
        if complete {
            let done = |client| case.ever(outcome, node(0, client), "done").len();
            assert_eq!((done(0), done(1)), (10, 10), "seed {seed}");
        }
        lost += usize::from(outcome.faults.iter().any(|fault| matches!(fault, Fault::Lose(_))));
        twice += usize::from(outcome.faults.iter().any(|fault| matches!(fault, Fault::Duplicate(_))));
    });
    // The faults were there.
    assert!(lost > 500 && twice > 500, "{lost} {twice}");
}

/// A source sends what comes in order, two rows for each input, over two hops.
fn ordered() -> Case {
    let mut case = Case::new(
        "role Source; role Sink; input event say(n) on Source; channel first(n) on Sink; channel second(n) on Source;
         first@Sink[0](n) <~ say(n); first@Sink[0](n + 1000) <~ say(n); second@Source[0](n) <~ first(n);
         output event heard(n) on Source; heard(n) <= second(n);",
        &[2, 1],
    )
    .promise("first", Promise::Ordered)
    .promise("second", Promise::Ordered);
    for n in 0..20 {
        case = case.input(node(0, n % 2), "say", &n.to_string());
    }
    case
}

#[test]
fn ordered_channels_keep_batches_and_their_order() {
    let case = ordered();
    case.each_seed(1_000, ROUGH, |seed, outcome| {
        assert_eq!(outcome.end, End::Rest, "seed {seed}");
        check_promises(&outcome.chronicle, &case.stratified.program, !outcome.loses)
            .unwrap_or_else(|why| panic!("seed {seed}: {why}"));
    });
}

#[test]
fn a_checker_of_order_finds_what_a_reliable_channel_does() {
    // Without the promise rows overtake nothing on one connection, but share ticks.
    let mut case = ordered();
    let outcome = (0..200).map(|seed| case.run(seed, ROUGH)).find(|outcome| {
        // Asked of what ran as reliable.
        let mut program = case.stratified.program.clone();
        for relation in program.relations.iter_mut() {
            if let floret_ir::RelationKind::Channel { promise, .. } = &mut relation.kind {
                *promise = Promise::Ordered;
            }
        }
        check_promises(&outcome.chronicle, &program, false).is_err()
    });
    assert!(outcome.is_none());
    case = case.promise("first", Promise::Reliable).promise("second", Promise::Reliable);
    let ordered = ordered();
    let found = (0..200).find(|seed| {
        let outcome = case.run(*seed, ROUGH);
        check_promises(&outcome.chronicle, &ordered.stratified.program, false).is_err()
    });
    assert!(found.is_some());
}

#[test]
fn lossy_rows_arrive_at_most_once_and_some_do_not() {
    let case = puts(40).promise("put", Promise::Lossy).promise("ack", Promise::Lossy);
    let mut kept = 0;
    case.each_seed(300, ROUGH, |seed, outcome| {
        assert_eq!(outcome.end, End::Rest, "seed {seed}");
        check_promises(&outcome.chronicle, &case.stratified.program, false)
            .unwrap_or_else(|why| panic!("seed {seed}: {why}"));
        kept += (0..2).map(|server| case.ever(outcome, node(1, server), "kept").len()).sum::<usize>();
    });
    // What is sent before there is a connection is lost.
    assert!((1_000..11_000).contains(&kept), "{kept} of 12000");
}

#[test]
fn virtual_time_and_timers() {
    // Every 100 ms.
    let mut case =
        Case::new("timer beat() every 100000000; table beats(at: time); beats(t) <= beat(t);", &[1]);
    case.seconds = 10;
    let outcome = case.run(3, "delay=1..5");
    assert_eq!(outcome.end, End::Time);
    // The node starts within the first 2 ms.
    assert_eq!(case.ever(&outcome, node(0, 0), "beats").len(), 99);
    assert_eq!(outcome.extent.ticks[&node(0, 0)], outcome.chronicle.records.len() as u64);
}

#[test]
fn a_partition_holds_frames_up() {
    let case = puts(20);
    let spec: FaultSpec = "partition=3".parse().unwrap();
    let extent = case.extent(&spec);
    let quiet = case.run(1, "");
    let later = (0..100).filter(|seed| {
        let plan = crate::faults::FaultPlan::derive(&spec, *seed, &case.deployment, &extent);
        let outcome = case.run_plan(*seed, plan, None);
        assert_eq!(outcome.end, End::Rest);
        outcome.at > quiet.at * 2
    });
    assert!(later.count() > 20);
}
