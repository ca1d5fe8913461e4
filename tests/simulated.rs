//! The simulator's search over seeds, for a program in a test.

use std::sync::atomic::AtomicBool;

use floret_ir::artifact::{self, Artifact};
use floret_ir::{Address, Deployment, Engine, InputRow, Observe, Site};
use floret_reference::{Options, Reference};
use floret_sim::faults::FaultSpec;
use floret_sim::world::{Claim, Invariants, Job, Planted, Tally, search};

use crate::long;

/// What a search saw.
pub struct Found<T> {
    pub tally: Tally,
    /// What the first run in which something is wrong says, with its seed.
    pub failure: Option<String>,
    /// What was looked at afterwards.
    pub looked: T,
}

/// Searches so many seeds of up to ten minutes of a program's nodes, as many as `members` says of each role, with its
/// invariants, if any, and looks at the job afterwards.
pub fn searched<T>(
    artifact: &Artifact,
    members: &[u32],
    rows: &[(Address, InputRow)],
    planted: Option<Planted>,
    faults: &str,
    seeds: u64,
    look: impl FnOnce(&Job<'_>, &FaultSpec) -> T,
) -> Found<T> {
    let program = &artifact.stratified.program;
    let deployment = Deployment::new(members.iter().copied().collect());
    let options = Options { observe: Observe::Everything, tick_limit: 1000 };
    let engine = |me| {
        let site = Site { me, deployment: deployment.clone() };
        Box::new(Reference::new(&artifact.stratified, site, options)) as Box<dyn Engine>
    };
    let hash = artifact::program_hash(&artifact.stratified);
    let minutes = 60_000_000_000;
    let mut job = Job::new(&artifact.stratified, hash, &deployment, rows, &engine, 10 * minutes);
    let invariants = Invariants::new(&artifact.claims, program, &deployment);
    job.claims = invariants.as_ref().map(|invariants| invariants as &dyn Claim);
    job.planted = planted;
    let spec = faults.parse().unwrap();
    let searched = search(&job, &spec, 0..seeds, long::threads(), &AtomicBool::new(false), &|_| {});
    let failure =
        searched.found.map(|(of, outcome)| format!("seed {}: {:?}", of.seed, outcome.failure(program)));
    Found { tally: searched.tally, failure, looked: look(&job, &spec) }
}
