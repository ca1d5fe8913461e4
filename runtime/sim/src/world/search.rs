//! Many runs of one job, seed after seed.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::job::{Job, Outcome, RunOf};
use super::run::run;
use super::story::Tally;
use crate::faults::{Extent, FaultPlan, FaultSpec};

/// What came of many runs.
pub struct Searched {
    /// How many runs there were.
    pub runs: u64,
    /// What happened in them.
    pub tally: Tally,
    /// The run with the smallest seed that failed.
    pub found: Option<(RunOf, Outcome)>,
}

/// How far a run goes in which nothing goes wrong: where faults are put.
pub fn extent(job: &Job<'_>, spec: &FaultSpec) -> Extent {
    run(job, &RunOf { seed: 0, plan: FaultPlan::quiet(spec), inputs: None }).extent
}

/// The run of a seed.
pub fn run_of(job: &Job<'_>, spec: &FaultSpec, extent: &Extent, seed: u64) -> RunOf {
    RunOf { seed, plan: FaultPlan::derive(spec, seed, job.deployment, extent), inputs: None }
}

/// Runs the seeds on some threads until one fails (then the smaller ones are still run) or `stop` is set. The result doesn't
/// depend on the number of threads, but for how many runs there were. `progress` hears how many are done.
pub fn search(
    job: &Job<'_>,
    spec: &FaultSpec,
    seeds: Range<u64>,
    threads: usize,
    stop: &AtomicBool,
    progress: &(dyn Fn(u64) + Sync),
) -> Searched {
    let extent = extent(job, spec);
    let (next, done) = (AtomicU64::new(seeds.start), AtomicU64::new(0));
    // Seeds from here on need not be run.
    let end = AtomicU64::new(seeds.end);
    let result = Mutex::new((Tally::default(), None::<(RunOf, Outcome)>));
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                let mut tally = Tally::default();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end.load(Ordering::Relaxed) || stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let of = run_of(job, spec, &extent, seed);
                    let outcome = run(job, &of);
                    tally.add(&outcome);
                    if outcome.failure(job.program()).is_some() {
                        end.fetch_min(seed, Ordering::Relaxed);
                        let mut result = result.lock().unwrap_or_else(PoisonError::into_inner);
                        if result.1.as_ref().is_none_or(|(found, _)| seed < found.seed) {
                            result.1 = Some((of, outcome));
                        }
                    }
                    progress(done.fetch_add(1, Ordering::Relaxed) + 1);
                }
                result.lock().unwrap_or_else(PoisonError::into_inner).0.join(tally);
            });
        }
    });
    let (tally, found) = result.into_inner().unwrap_or_else(PoisonError::into_inner);
    Searched { runs: done.into_inner(), tally, found }
}
