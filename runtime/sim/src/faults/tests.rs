//! Tests of fault specifications and plans; what is expected is written by hand.

use std::collections::BTreeSet;

use floret_ir::{Address, Deployment, RoleId};

use super::*;

fn spec(text: &str) -> Result<FaultSpec, String> {
    text.parse()
}

fn node(index: u32) -> Address {
    Address { role: RoleId(0), index }
}

fn five() -> Deployment {
    Deployment::new([5].into_iter().collect())
}

fn extent() -> Extent {
    Extent { until: 1_000 * MILLISECOND, ticks: five().nodes().map(|node| (node, 40)).collect() }
}

fn plan(text: &str, seed: u64) -> FaultPlan {
    FaultPlan::derive(&spec(text).unwrap(), seed, &five(), &extent())
}

fn frames(count: u64) -> impl Iterator<Item = FrameId> {
    (0..count).map(|number| FrameId { from: node(0), to: node(1), number })
}

fn events_of(plan: &FaultPlan) -> BTreeSet<Fault> {
    plan.events().cloned().collect()
}

#[test]
fn specifications_are_read() {
    let all = spec("loss=5%, dup=0.25%,delay=1..20,crash=2,restart,partition,pause=3,skew").unwrap();
    assert_eq!(
        all,
        FaultSpec {
            loss: 50_000,
            dup: 2_500,
            delay: Range { least: MILLISECOND, most: 20 * MILLISECOND },
            crashes: 2,
            restart: Some(Range { least: 20 * MILLISECOND, most: 500 * MILLISECOND }),
            partitions: 1,
            pauses: 3,
            skew: 100 * MILLISECOND,
        }
    );
    assert_eq!(spec("").unwrap(), FaultSpec::default());
    let times = spec("delay=500us..1s,crash,restart=7,skew=2s").unwrap();
    assert_eq!(times.delay, Range { least: 500_000, most: 1_000 * MILLISECOND });
    assert_eq!(times.restart, Some(Range { least: 7 * MILLISECOND, most: 7 * MILLISECOND }));
    assert_eq!((times.crashes, times.skew), (1, 2_000 * MILLISECOND));
}

#[test]
fn mistakes_are_told() {
    let cases = [
        ("los=5%", "there is no fault `los` (did you mean `loss`?)"),
        ("loss=5", "write a share from 0% to 90%"),
        ("loss", "`loss` needs a value, as in loss=5%"),
        ("loss=NaN%", "write a share"),
        ("dup=91%", "write a share"),
        ("delay", "`delay` needs a value"),
        ("delay=20..1", "the first time is above the second"),
        ("delay=-1..2", "`-1` is no time"),
        ("delay=2h", "`2h` is no time"),
        ("crash=-1", "write a number from 0 to 1000"),
        ("crash=1001", "write a number from 0 to 1000"),
        ("crash=2,crash=3", "`crash` is given twice"),
        ("restart", "say how many crash"),
        ("pause=x", "write a number"),
        ("skew=soon", "`soon` is no time"),
    ];
    for (text, expected) in cases {
        let told = spec(text).unwrap_err();
        assert!(told.contains(expected), "{text}: {told}");
    }
}

#[test]
fn a_seed_has_one_plan_and_seeds_differ() {
    let text = "loss=5%,dup=5%,delay=1..20,crash=2,restart,partition,pause,skew";
    assert_eq!(plan(text, 1), plan(text, 1));
    assert_ne!(events_of(&plan(text, 1)), events_of(&plan(text, 2)));
    let passages = |seed| frames(100).map(|id| plan(text, seed).passage(id)).collect::<Vec<_>>();
    assert_eq!(passages(1), passages(1));
    assert_ne!(passages(1), passages(2));
}

#[test]
fn kinds_are_drawn_independently() {
    let few = plan("crash=2,restart", 7);
    let more = plan("crash=2,restart,partition=4,pause=4,skew,loss=50%", 7);
    assert!(events_of(&few).is_subset(&events_of(&more)));
    assert!(events_of(&few).is_subset(&events_of(&plan("crash=3,restart", 7))));
}

#[test]
fn shares_are_kept_and_delays_in_range() {
    let plan = plan("loss=5%,dup=20%,delay=2..4", 3);
    let passages: Vec<Passage> = frames(20_000).map(|id| plan.passage(id)).collect();
    let lost = passages.iter().filter(|passage| passage.lost).count();
    let again = passages.iter().filter(|passage| passage.again.is_some()).count();
    // Means 1,000 and 4,000; standard deviations 31 and 57.
    assert!((800..1_200).contains(&lost) && (3_600..4_400).contains(&again), "{lost} {again}");
    assert!(passages.iter().all(|of| (2 * MILLISECOND..=4 * MILLISECOND).contains(&of.delay)));
    assert!(passages.iter().any(|of| of.delay < 3 * MILLISECOND));
    assert!(passages.iter().any(|of| of.delay > 3 * MILLISECOND));
}

#[test]
fn events_are_within_the_run() {
    for seed in 0..200 {
        for fault in plan("crash=5,partition=5,pause=5,skew=30", seed).events() {
            match fault {
                Fault::Crash { tick, back, .. } => {
                    assert!((1..=40).contains(tick));
                    assert_eq!(*back, None);
                }
                Fault::Partition { side, from, until } => {
                    assert!((1..5).contains(&side.len()));
                    assert!(0 <= *from && from < until && *from <= extent().until);
                }
                Fault::Pause { from, until, .. } => assert!(0 <= *from && from < until),
                Fault::Skew { by, .. } => assert!(by.abs() <= 30 * MILLISECOND),
                Fault::Lose(_) | Fault::Duplicate(_) | Fault::Slow(_) => panic!("a frame's fault"),
            }
        }
    }
}

#[test]
fn every_node_and_point_crashes_under_some_seed() {
    let mut seen = BTreeSet::new();
    for seed in 0..400 {
        for fault in plan("crash=1", seed).events() {
            if let Fault::Crash { node, point, .. } = fault {
                seen.insert((*node, *point));
            }
        }
    }
    assert_eq!(seen.len(), 5 * 4);
}

#[test]
fn one_fault_is_taken_out_and_the_others_stay() {
    let whole = plan("loss=10%,dup=10%,delay=1..20,crash=3,restart,partition", 11);
    let faults = |plan: &FaultPlan| -> BTreeSet<Fault> {
        let of_frames = frames(200)
            .flat_map(|id| [Fault::Lose(id), Fault::Duplicate(id), Fault::Slow(id)])
            .filter(|fault| plan.holds(fault));
        plan.events().cloned().chain(of_frames).collect()
    };
    let all = faults(&whole);
    assert!(all.len() > 200, "{}", all.len());
    for one in &all {
        let mut rest = all.clone();
        rest.remove(one);
        assert_eq!(faults(&whole.exactly(&rest)), rest);
    }
    assert_eq!(faults(&whole.exactly(&all)), all);
}

#[test]
fn what_a_plan_does_not_have_is_not_put_into_it() {
    let id = FrameId { from: node(0), to: node(1), number: 0 };
    let foreign = BTreeSet::from([
        Fault::Lose(id),
        Fault::Crash { node: node(1), tick: 1, point: CrashPoint::BeforeTick, back: None },
    ]);
    let plan = plan("", 1).exactly(&foreign);
    assert_eq!(plan.events().count(), 0);
    assert_eq!(plan.passage(id), Passage { delay: MILLISECOND, lost: false, again: None });
}

#[test]
fn a_quiet_plan_does_nothing() {
    let quiet = FaultPlan::quiet(&spec("loss=90%,dup=90%,delay=3..9,crash=9").unwrap());
    for id in frames(100) {
        assert_eq!(quiet.passage(id), Passage { delay: 3 * MILLISECOND, lost: false, again: None });
    }
    assert_eq!(quiet.events().count(), 0);
}
