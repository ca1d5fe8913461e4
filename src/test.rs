//! `floret test`: a program's tests, each under many seeds.

use std::sync::atomic::{AtomicBool, Ordering};

use floret_ir::artifact::{self, Artifact};
use floret_ir::{Engine, Observe, RelationKind, Site, Sources, Span, Test, Value, closest};
use floret_reference::{Options, Reference};
use floret_sim::faults::FaultSpec;
use floret_sim::world::{
    Expectations, Invariants, Job, Outcome, RunOf, Trial, extent, run, run_of, search, shrink, story, telling,
};

use crate::cli::TestArgs;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::load;
use crate::params;
use crate::progress::Progress;

/// Virtual time, from the last step on, after which a program with timers is stopped.
const SPAN_WITH_TIMERS: i64 = 10_000_000_000;
/// Virtual time after which any other is.
const LONGEST_SPAN: i64 = 600_000_000_000;
/// Runs that may be made to find a smaller one that fails.
const TRIES: usize = 2_000;
/// Seeds, unless the command says otherwise.
const SEEDS: u64 = 100;

/// Runs a program's tests.
///
/// # Errors
/// See the exit codes in `floret test --help`.
pub fn test(args: &TestArgs) -> Result<Exit, Exit> {
    if args.program.extension().is_some_and(|ending| ending == "floret") {
        return Err(Exit::Usage("an artifact has no tests; give the program's text (.flo)".into()));
    }
    let faults: FaultSpec =
        args.faults.parse().map_err(|why| Exit::Usage(format!("--faults {}: {why}", args.faults)))?;
    let (artifact, tests) = load::compile_with_tests(&args.program)?;
    if tests.is_empty() {
        eprintln!("warning: {} has no tests; write one as `test \"...\" {{ ... }}`", args.program.display());
        return Ok(Exit::Done);
    }
    let params = params::values(&args.params, &artifact.stratified.program)?;
    let chosen = chosen(args, &tests)?;
    let interrupt = Interrupt::listen()?;
    let progress = Progress::new(args.quiet);
    let mut failed = 0;
    for test in &chosen {
        let testing = Testing { args, faults: &faults, artifact: &artifact, test, progress: &progress };
        failed += usize::from(!testing.passes(params.clone(), interrupt.flag())?);
        if interrupt.flag().load(Ordering::Relaxed) {
            return Ok(Exit::Interrupted);
        }
    }
    match (failed, chosen.len()) {
        (0, _) => Ok(Exit::Done),
        (failed, 1) => Err(Exit::Wrong(format!("{failed} test failed"))),
        (failed, all) => Err(Exit::Wrong(format!("{failed} of {all} tests failed"))),
    }
}

/// The tests that are to run.
fn chosen<'t>(args: &TestArgs, tests: &'t [Test]) -> Result<Vec<&'t Test>, Exit> {
    let Some(only) = &args.only else { return Ok(tests.iter().collect()) };
    let chosen: Vec<&Test> = tests.iter().filter(|test| test.name == *only).collect();
    if chosen.is_empty() {
        let names = tests.iter().map(|test| test.name.as_str());
        let meant = closest(only, names).map_or(String::new(), |name| format!(" (did you mean \"{name}\"?)"));
        return Err(Exit::Usage(format!("--only: there is no test \"{only}\"{meant}")));
    }
    Ok(chosen)
}

/// A test that is being run.
struct Testing<'a> {
    args: &'a TestArgs,
    faults: &'a FaultSpec,
    artifact: &'a Artifact,
    test: &'a Test,
    progress: &'a Progress,
}

impl Testing<'_> {
    /// Whether it passes, which is said.
    fn passes(&self, params: Vec<Value>, stop: &AtomicBool) -> Result<bool, Exit> {
        let Testing { args, faults, artifact, test, progress } = self;
        let (stratified, program) = (&artifact.stratified, &artifact.stratified.program);
        let first = args.seed.unwrap_or(0);
        let trial = Trial::new(test, program, params, first)
            .map_err(|why| Exit::Wrong(format!("test {:?}: {why}", test.name)))?;
        let deployment = &trial.deployment;
        let options = Options { observe: Observe::Everything, tick_limit: args.tick_limit };
        let engine = |me| {
            let site = Site { me, deployment: deployment.clone() };
            Box::new(Reference::new(stratified, site, options)) as Box<dyn Engine>
        };
        let texts = test.expectations.iter().map(|step| written(step.span, &artifact.sources)).collect();
        let invariants = Invariants::new(&artifact.claims, program, deployment);
        let expectations = Expectations::new(test, invariants, program, deployment, texts);
        let hash = artifact::program_hash(stratified);
        let mut job = Job::new(stratified, hash, deployment, &trial.inputs, &engine, self.until(&trial));
        job.times = &trial.times;
        job.claims = Some(&expectations);

        let seeds = args.seeds.unwrap_or(if args.seed.is_some() { 1 } else { SEEDS });
        let quiet = FaultSpec::default();
        if **faults != quiet {
            let of = run_of(&job, &quiet, &extent(&job, &quiet), first);
            let outcome = run(&job, &of);
            if outcome.failure(program).is_some() {
                self.tell(&job, of, outcome, "");
                return Ok(false);
            }
        }
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let searched = search(&job, faults, first..first.saturating_add(seeds), threads, stop, &|done| {
            progress.say(format!("{:?}: {done} of {seeds} schedules", test.name));
        });
        if let Some((of, outcome)) = searched.found {
            self.tell(&job, of, outcome, &args.faults);
            return Ok(false);
        }
        progress.clear();
        let schedules = if searched.runs == 1 { "schedule" } else { "schedules" };
        println!("ok     {:?} ({} {schedules})", test.name, searched.runs);
        Ok(true)
    }

    /// When a run is stopped.
    fn until(&self, trial: &Trial) -> i64 {
        let mut relations = self.artifact.stratified.program.relations.iter();
        let has_timers = relations.any(|relation| matches!(relation.kind, RelationKind::Timer { .. }));
        let span = if has_timers { SPAN_WITH_TIMERS } else { LONGEST_SPAN };
        self.args.span.unwrap_or(span).saturating_add(trial.times.last().copied().unwrap_or(0))
    }

    /// Tells a failing run in as little as it takes.
    fn tell(&self, job: &Job<'_>, of: RunOf, outcome: Outcome, faults: &str) {
        let name = &self.test.name;
        self.progress
            .say(format!("{name:?} fails with seed {}; looking for the least that it takes", of.seed));
        let shrunk = shrink(job, &of, outcome, TRIES);
        self.progress.clear();
        if self.args.trace {
            print!("{}", telling(&shrunk.outcome.chronicle, job.program()));
        }
        println!("FAILED {name:?}\n{}", story(job, &shrunk, &self.artifact.sources).trim_end());
        let mut again =
            format!("floret test {} --only {name:?} --seed {}", self.args.program.display(), of.seed);
        if !faults.is_empty() {
            again.push_str(&format!(" --faults {faults}"));
        }
        self.args.params.iter().for_each(|param| again.push_str(&format!(" --param {param}")));
        println!("\nAgain: {again}");
    }
}

/// A step as it is written, in one line and without its `;`.
fn written(span: Span, sources: &Sources) -> String {
    let text =
        sources.get(span.file).and_then(|source| source.text.get(span.start as usize..span.end as usize));
    let words: Vec<&str> = text.unwrap_or("").split_whitespace().collect();
    words.join(" ").trim_end_matches(';').to_owned()
}
