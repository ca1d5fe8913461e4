//! `floret sim`: a program's nodes in virtual time, with faults.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use floret_ir::artifact::{self, Artifact};
use floret_ir::{Address, Deployment, Engine, InputRow, Observe, RelationKind, Site};
use floret_reference::{Options, Reference};
use floret_sim::world::{
    Claim, Invariants, Job, Outcome, extent, picture, run, run_of, search, shrink, story, telling,
};

use crate::cli::SimArgs;
use crate::exit::Exit;
use crate::inputs::{self, Rows};
use crate::interrupt::Interrupt;
use crate::load;
use crate::params;
use crate::progress::Progress;
use crate::run::deployment;

/// Virtual time after which a program with timers is stopped.
const SPAN_WITH_TIMERS: i64 = 10_000_000_000;
/// Virtual time after which any other is.
const LONGEST_SPAN: i64 = 600_000_000_000;
/// Runs that may be made to find a smaller one that fails.
const TRIES: usize = 2_000;

/// Runs a program under one seed or many.
///
/// # Errors
/// See the exit codes in `floret sim --help`.
pub fn sim(args: &SimArgs) -> Result<Exit, Exit> {
    let artifact = load::program(&args.program)?;
    let program = &artifact.stratified.program;
    let deployment = Deployment {
        params: params::values(&args.params, program)?,
        seed: args.seed,
        ..deployment(&args.nodes, program)?
    };
    let files = inputs::resolve(&args.inputs, args.data.as_deref(), program, &deployment)?;
    let rows: Vec<(Address, InputRow)> =
        Rows::new(files, program, &deployment, None).collect::<Result<_, _>>()?;
    let options = Options { observe: Observe::Everything, tick_limit: args.tick_limit };
    let engine = |me| {
        let site = Site { me, deployment: deployment.clone() };
        Box::new(Reference::new(&artifact.stratified, site, options)) as Box<dyn Engine>
    };
    let hash = artifact::program_hash(&artifact.stratified);
    let mut job = Job::new(&artifact.stratified, hash, &deployment, &rows, &engine, span(args, &artifact));
    let invariants = Invariants::new(&artifact.claims, program, &deployment);
    job.claims = invariants.as_ref().map(|invariants| invariants as &dyn Claim);
    if args.seeds == 1 { one(args, &job, &artifact) } else { many(args, &job, &artifact) }
}

fn span(args: &SimArgs, artifact: &Artifact) -> i64 {
    let has_timers = artifact
        .stratified
        .program
        .relations
        .iter()
        .any(|relation| matches!(relation.kind, RelationKind::Timer { .. }));
    args.span.unwrap_or(if has_timers { SPAN_WITH_TIMERS } else { LONGEST_SPAN })
}

/// One run: it is told how it ended.
fn one(args: &SimArgs, job: &Job<'_>, artifact: &Artifact) -> Result<Exit, Exit> {
    let of = run_of(job, &args.faults, &extent(job, &args.faults), args.seed);
    let outcome = run(job, &of);
    if outcome.failure(job.program()).is_some() {
        return fail(args, job, artifact, (of, outcome), &Progress::new(args.quiet));
    }
    show(args, job, &outcome)?;
    let mut tally = floret_sim::world::Tally::default();
    tally.add(&outcome);
    println!("seed {}: {}; {}", args.seed, outcome.end_text(job.program()), tally.text());
    Ok(Exit::Done)
}

/// Many runs, until one fails.
fn many(args: &SimArgs, job: &Job<'_>, artifact: &Artifact) -> Result<Exit, Exit> {
    let interrupt = Interrupt::listen()?;
    let progress = Progress::new(args.quiet);
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let seeds = args.seed..args.seed.saturating_add(args.seeds);
    let stop: &AtomicBool = interrupt.flag();
    let searched = search(job, &args.faults, seeds, threads, stop, &|done| {
        progress.say(format!("{done} of {} seeds, nothing wrong so far", args.seeds));
    });
    if let Some(found) = searched.found {
        return fail(args, job, artifact, found, &progress);
    }
    progress.clear();
    let what = match artifact.claims.invariants.len() {
        0 => "no node failed (the program has no invariants)".to_owned(),
        1 => "the invariant held".to_owned(),
        count => format!("all {count} invariants held"),
    };
    println!("{} seeds from {}: {what}; {}", searched.runs, args.seed, searched.tally.text());
    if stop.load(Ordering::Relaxed) { Ok(Exit::Interrupted) } else { Ok(Exit::Done) }
}

/// Tells a failing run in as little as it takes.
fn fail(
    args: &SimArgs,
    job: &Job<'_>,
    artifact: &Artifact,
    (of, outcome): (floret_sim::world::RunOf, Outcome),
    progress: &Progress,
) -> Result<Exit, Exit> {
    progress.say(format!("seed {} fails; looking for the least that it takes", of.seed));
    let shrunk = shrink(job, &of, outcome, TRIES);
    progress.clear();
    show(args, job, &shrunk.outcome)?;
    print!("{}", story(job, &shrunk, &artifact.sources));
    Err(Exit::Wrong(format!("seed {} fails", of.seed)))
}

/// What `--trace` and `--svg` ask for.
fn show(args: &SimArgs, job: &Job<'_>, outcome: &Outcome) -> Result<(), Exit> {
    if args.trace {
        print!("{}", telling(&outcome.chronicle, job.program()));
    }
    if let Some(path) = &args.svg {
        write(path, &picture(&outcome.chronicle, job.program(), job.deployment))?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), Exit> {
    std::fs::write(path, text).map_err(|error| Exit::Failed(format!("{}: {error}", path.display())))
}
