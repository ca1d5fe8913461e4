//! The same seed gives the same run to the byte, and the test of it can see when not.

use super::common::{ALL, Case, ROUGH, puts};
use crate::faults::FaultPlan;
use crate::world::{Outcome, Planted, telling};

fn trace(case: &Case, seed: u64, faults: &str) -> String {
    telling(&case.run(seed, faults).chronicle, &case.stratified.program)
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    let case = puts(10);
    for seed in 0..50 {
        let one = trace(&case, seed, ALL);
        assert_eq!(one, trace(&puts(10), seed, ALL), "seed {seed}");
        assert_ne!(one, trace(&case, seed + 1, ALL));
    }
}

#[test]
fn the_same_seed_gives_the_same_trace_with_disks() {
    let case = || puts(8).durable(0).durable(1);
    for seed in 0..30 {
        assert_eq!(trace(&case(), seed, ALL), trace(&case(), seed, ALL), "seed {seed}");
    }
}

#[test]
fn the_faults_that_came_to_pass_make_the_same_run_alone() {
    for case in [puts(8), puts(8).durable(0).durable(1)] {
        let spec = ALL.parse().unwrap();
        let extent = case.extent(&spec);
        for seed in 0..60 {
            let plan = FaultPlan::derive(&spec, seed, &case.deployment, &extent);
            let outcome = case.run_plan(seed, plan.clone(), None);
            let again = case.run_plan(seed, plan.exactly(&outcome.faults), None);
            let told = |outcome: &Outcome| telling(&outcome.chronicle, &case.stratified.program);
            assert_eq!(told(&outcome), told(&again), "seed {seed}");
        }
    }
}

#[test]
fn a_dependence_on_hash_order_is_seen() {
    let mut case = puts(10);
    case.planted = Some(Planted::HashOrder);
    let differs = (0..20).filter(|seed| trace(&case, *seed, ROUGH) != trace(&case, *seed, ROUGH)).count();
    // Four nodes have 24 orders.
    assert!(differs >= 15, "{differs}");
}
