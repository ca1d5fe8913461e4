//! `floret run`: a program on this machine, from its inputs to its outputs.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use floret_cluster::{ClusterFile, Members};
use floret_data::DataError;
use floret_ir::artifact::Artifact;
use floret_ir::{Address, Counters, Deployment, Program, Site, closest};
use floret_node::wire::Schema;
use floret_node::{Clock, CoreError, SingleEnd, SingleError, SingleRun, SystemClock, random_u64, run_single};

use crate::bad_rows::{Aside, BadRows};
use crate::cli::{OutputFormat, RunArgs};
use crate::durable;
use crate::engines::{self, EngineOptions};
use crate::exit::Exit;
use crate::inputs::{self, Rows};
use crate::interrupt::{Interrupt, Interruptible};
use crate::load;
use crate::outputs::Outputs;
use crate::params;
use crate::progress::Progress;
use crate::replay;
use crate::reports::Reports;
use crate::run_nodes;
use crate::stats;

/// Everything a run needs that doesn't change while it runs. It lives as long as the process does.
pub struct Job<'a> {
    pub args: &'a RunArgs,
    pub artifact: &'static Artifact,
    pub deployment: &'static Deployment,
    pub rows: Rows<'static>,
    pub progress: Progress,
}

/// How a run ended, and what its nodes counted.
pub struct Ended {
    pub interrupted: bool,
    pub counters: BTreeMap<Address, Counters>,
}

/// Runs a program until its inputs are at their end and nothing is under way.
///
/// # Errors
/// See the exit codes in `floret run --help`.
pub fn run(args: &RunArgs) -> Result<Exit, Exit> {
    let start = Instant::now();
    let artifact: &'static Artifact = Box::leak(Box::new(load::program(&args.program)?));
    let program = &artifact.stratified.program;
    let recording = args.replay.as_ref().map(|path| replay::open(path, artifact)).transpose()?;
    let cluster = args.cluster.as_deref().map(|file| cluster(file, program)).transpose()?;
    let deployment = match (&recording, &cluster) {
        (Some(recording), _) => recording.header().deployment.clone(),
        (None, Some((_, members))) => Deployment {
            params: params::values(&args.params, program)?,
            seed: args.seed.unwrap_or(0),
            ..members.deployment.clone()
        },
        (None, None) => Deployment {
            params: params::values(&args.params, program)?,
            seed: args.seed.unwrap_or_else(|| if args.data_dir.is_some() { 0 } else { random_u64() }),
            ..deployment(&args.nodes, program)?
        },
    };
    let deployment: &'static Deployment = Box::leak(Box::new(deployment));
    let files = inputs::resolve(&args.inputs, args.data.as_deref(), program, deployment)?;
    let mut outputs = Outputs::new(Arc::new(program.clone()));
    let mut reports = Reports::new(artifact, deployment);
    if outputs.is_empty() {
        eprintln!("warning: the program has no outputs; mark what you want to see, as in `output NAME;`");
    }
    let progress = Progress::new(args.quiet);
    if args.out.is_some() && args.format == Some(OutputFormat::Table) {
        return Err(Exit::Usage("--format table prints; files under --out are csv or jsonl".into()));
    }
    let aside = Aside::create(&args.bad_rows)?;
    let set_aside = aside.as_ref().map(Aside::count);
    let job = Job {
        args,
        artifact,
        deployment,
        rows: Rows::new(files, program, deployment, aside),
        progress: progress.clone(),
    };
    let single = deployment.nodes().nth(1).is_none();
    if cluster.is_none() {
        data_directory(args, program)?;
    }
    if !single && args.ticks.is_some() {
        let why = "--ticks is for programs that run as one node; each node counts its own ticks (use --for)";
        return Err(Exit::Usage(why.into()));
    }
    let ended = if let (Some(recording), Some(path)) = (recording, &args.replay) {
        let options = job.engine_options();
        let counters = replay::replay(recording, artifact, options, path, &mut outputs, &mut reports);
        counters.map(|counters| Ended { interrupted: false, counters })
    } else if let Some((file, members)) = cluster {
        run_nodes::elsewhere(job, file.token, members, &mut outputs, &mut reports)
    } else if single {
        run_one(job, &mut outputs, &mut reports)
    } else {
        run_nodes::here(job, &mut outputs, &mut reports)
    };
    progress.clear();
    reports.finish();
    let ended = ended?;

    match &args.out {
        Some(dir) => outputs.save(dir, args.format.unwrap_or(OutputFormat::Csv))?,
        None => outputs.print(args.format)?,
    }
    if let (Some(count), BadRows::Skip(path)) = (set_aside, &args.bad_rows)
        && count.load(Ordering::Relaxed) > 0
    {
        let (count, path) = (count.load(Ordering::Relaxed), path.display());
        eprintln!("warning: {count} input records were no rows; they are set aside in {path}");
    }
    if let Some(path) = &args.stats {
        stats::save(path, program, deployment.seed, &ended.counters)?;
    }
    progress.summary(&stats::summary(&outputs, reports.total(), &ended.counters, start.elapsed()));
    Ok(if ended.interrupted { Exit::Interrupted } else { Exit::Done })
}

/// The nodes that run on their hosts and wait for this command.
fn cluster(path: &Path, program: &Program) -> Result<(ClusterFile, Members), Exit> {
    let usage = |error: floret_cluster::ClusterFileError| Exit::Usage(error.to_string());
    let file = ClusterFile::read(path).map_err(usage)?;
    if !file.stop_with_coordinator {
        let path = path.display();
        return Err(Exit::Usage(format!(
            "{path}: its nodes run by themselves and wait for nobody; write `stop_with_coordinator = true` there for all of them"
        )));
    }
    let members = file.resolve(program, &path.display().to_string()).map_err(usage)?;
    Ok((file, members))
}

/// Whether `--data-dir` makes sense for the program.
fn data_directory(args: &RunArgs, program: &Program) -> Result<(), Exit> {
    match (&args.data_dir, program.roles.iter().find(|role| role.durable)) {
        (Some(_), None) => Err(Exit::Usage(
            "--data-dir is for durable roles, as in `durable role Server;`; the program has none".into(),
        )),
        (None, Some(role)) if args.replay.is_none() => {
            eprintln!(
                "warning: {} is durable; its data are gone after this run (keep them by --data-dir DIR)",
                role.name
            );
            Ok(())
        }
        (Some(_), Some(_)) | (None, Some(_) | None) => Ok(()),
    }
}

/// `Server=3,Client=2` as a deployment; roles not named have one node.
pub fn deployment(specs: &[String], program: &Program) -> Result<Deployment, Exit> {
    let mut counts: floret_ir::IndexVec<_, u32> = program.roles.iter().map(|_| 1).collect();
    for spec in specs {
        let usage = |what: String| Exit::Usage(format!("--nodes {spec}: {what}"));
        let (name, count) =
            spec.split_once('=').ok_or_else(|| usage("write ROLE=N, for example Server=3".into()))?;
        let names: Vec<&str> =
            program.roles.iter().filter(|role| !role.implicit).map(|role| role.name.as_str()).collect();
        let Some(role) = program.role_named(name).filter(|role| !program.roles[*role].implicit) else {
            let meant = closest(name, names.iter().copied())
                .map_or(String::new(), |n| format!(" (did you mean `{n}`?)"));
            return Err(usage(match names.as_slice() {
                [] => "the program has no roles; it runs as one node".into(),
                [only] => format!("the program has no role `{name}`{meant}; its only role is {only}"),
                _ => format!("the program has no role `{name}`{meant}; its roles are {}", names.join(", ")),
            }));
        };
        counts[role] = match count.parse() {
            Ok(count @ 1..=1000) => count,
            _ => return Err(usage(format!("`{count}` is not a number of nodes from 1 to 1000"))),
        };
    }
    Ok(Deployment::new(counts))
}

impl Job<'_> {
    fn engine_options(&self) -> EngineOptions {
        EngineOptions { kind: self.args.engine, workers: self.args.workers, tick_limit: self.args.tick_limit }
    }
}

/// A program with one node runs in this process.
fn run_one(job: Job<'_>, outputs: &mut Outputs, reports: &mut Reports<'_>) -> Result<Ended, Exit> {
    let program = &job.artifact.stratified.program;
    let Some(me) = job.deployment.nodes().next() else { return Err(Exit::Failed("there is no node".into())) };
    let mut deployment = job.deployment.clone();
    let durable = durable::open(job.args.data_dir.as_deref(), job.artifact, me, &mut deployment)?;
    let seed = deployment.seed;
    let site = Site { me, deployment };
    let failed = |error| Exit::Failed(engines::engine_error(&error, program, me));
    let engine = engines::engine(job.artifact, &site, job.engine_options()).map_err(failed)?;
    let interrupt = Interrupt::listen()?;
    let inputs = Interruptible::new(job.rows, &interrupt)?.map(|row| row.map(|(_, row)| row));
    job.progress.say("reading inputs");
    let mut record = replay::recorder(job.args.record.as_ref(), job.artifact, job.deployment, me)?;
    let single = SingleRun {
        schema: Arc::new(Schema::new(Arc::new(program.clone()), job.deployment.clone())),
        me,
        engine,
        inputs,
        batch: job.args.batch,
        interrupted: interrupt.flag(),
        clock: &SystemClock,
        seed,
        durable,
        until: job.args.span.map(|span| SystemClock.now().saturating_add(span)),
        ticks: job.args.ticks,
    };
    let end = run_single(single, |tick| {
        if let (Some(record), Some(path)) = (&mut record, &job.args.record) {
            record.add(&tick.entry.arrivals).map_err(|error| DataError::cannot_write(path, error))?;
        }
        outputs.apply(me, &tick.effects.changes);
        for report in &tick.effects.reports {
            reports.add(me, report);
        }
        job.progress.say(format!("tick {}, {} rows in the outputs", tick.entry.number, outputs.len()));
        Ok(())
    });
    match end {
        Ok((end, core)) => Ok(Ended {
            interrupted: end == SingleEnd::Interrupted,
            counters: BTreeMap::from([(me, core.counters())]),
        }),
        Err(SingleError::Host(error)) => Err(Exit::from(error)),
        Err(SingleError::Tick(CoreError::Engine(error))) => Err(engines::tick_failure(&error, program, me)),
        Err(SingleError::Tick(CoreError::Send(error))) => Err(Exit::Wrong(error.describe(program))),
        Err(SingleError::Store(why)) => Err(Exit::Failed(why)),
        Err(SingleError::LateTable(relation)) => Err(Exit::Failed(format!(
            "rows of the table `{}` came too late",
            program.relations[relation].name
        ))),
    }
}
