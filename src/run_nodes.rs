//! `floret run` of programs with several nodes: processes of this machine, or nodes that were started on their hosts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use floret_cluster::{
    ClusterError, ClusterRun, Event, LocalRun, Members, RunEnd, RunSummary, coordinate, run_local,
};
use floret_data::DataError;
use floret_ir::{artifact, print};

use crate::cli::EngineKind;
use crate::exit::Exit;
use crate::interrupt::asked_to_end;
use crate::outputs::Outputs;
use crate::progress::Progress;
use crate::reports::Reports;
use crate::run::{Ended, Job};

/// One process per node, on this machine.
///
/// # Errors
/// See the exit codes in `floret run --help`.
pub fn here(job: Job<'_>, outputs: &mut Outputs, reports: &mut Reports<'_>) -> Result<Ended, Exit> {
    let exe =
        std::env::current_exe().map_err(|e| Exit::Failed(format!("cannot find this program's file: {e}")))?;
    let program = &job.artifact.stratified.program;
    let args = job.args;
    let engine = match args.engine {
        EngineKind::Dataflow => "dataflow",
        EngineKind::Reference => "reference",
    };
    if let Some(dir) = &args.record {
        std::fs::create_dir_all(dir).map_err(|error| Exit::Failed(format!("{}: {error}", dir.display())))?;
    }
    let record = args.record.iter().flat_map(|dir| ["--record".to_owned(), dir.display().to_string()]);
    let data_dir = args.data_dir.iter().flat_map(|dir| ["--data-dir".to_owned(), dir.display().to_string()]);
    let extra_args = [
        "--stop-with-stdin",
        "--workers",
        &args.workers.to_string(),
        "--tick-limit",
        &args.tick_limit.to_string(),
        "--engine",
        engine,
    ]
    .map(str::to_owned)
    .into_iter()
    .chain(args.params.iter().flat_map(|param| ["--param".to_owned(), param.clone()]))
    .chain(["--seed".to_owned(), job.deployment.seed.to_string()])
    .chain(record)
    .chain(data_dir)
    .collect();
    let over = AtomicBool::new(false);
    job.progress.say("starting nodes");
    let summary = run_local(LocalRun {
        exe: &exe,
        artifact: &artifact::encode(job.artifact),
        program: Arc::new(program.clone()),
        program_hash: artifact::program_hash(&job.artifact.stratified),
        deployment: job.deployment.clone(),
        inputs: job.rows,
        batch: args.batch,
        extra_args,
        on_event: heard(program, &job.progress, outputs, reports),
        shutdown: stopped(args.span, &over),
    });
    ended(summary, &over)
}

/// Nodes that run already or will soon, wherever they are.
///
/// # Errors
/// See the exit codes in `floret run --help`.
pub fn elsewhere(
    job: Job<'_>,
    token: String,
    members: Members,
    outputs: &mut Outputs,
    reports: &mut Reports<'_>,
) -> Result<Ended, Exit> {
    let program = &job.artifact.stratified.program;
    let over = AtomicBool::new(false);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| Exit::Failed(format!("cannot start threads: {e}")))?;
    job.progress.say("connecting to the nodes");
    let summary = runtime.block_on(coordinate(ClusterRun {
        program: Arc::new(program.clone()),
        program_hash: artifact::program_hash(&job.artifact.stratified),
        members: Members { deployment: job.deployment.clone(), ..members },
        token,
        inputs: job.rows,
        batch: job.args.batch,
        on_event: heard(program, &job.progress, outputs, reports),
        shutdown: stopped(job.args.span, &over),
    }));
    // An input that is still being read is not waited for.
    runtime.shutdown_background();
    ended(summary, &over)
}

/// What becomes of what the nodes tell.
fn heard<'a>(
    program: &'a floret_ir::Program,
    progress: &'a Progress,
    outputs: &'a mut Outputs,
    reports: &'a mut Reports<'_>,
) -> impl FnMut(Event) -> Result<(), DataError> {
    move |event| {
        match event {
            Event::Tick { node, changes, reports: said, .. } => {
                outputs.apply(node, &changes);
                for report in &said {
                    reports.add(node, report);
                }
            }
            Event::Progress(now) => progress.say(format!(
                "{} input rows, {} ticks, {} messages, {} rows in the outputs",
                now.rows_fed,
                now.ticks,
                now.messages,
                outputs.len()
            )),
            Event::Note { node, line } => eprintln!("{}: {line}", print::address(node, program)),
        }
        Ok(())
    }
}

/// Done when somebody asks this process to end, or after `span` nanoseconds, which are then `over`.
async fn stopped(span: Option<i64>, over: &AtomicBool) {
    let end = async {
        match span {
            Some(span) => tokio::time::sleep(Duration::from_nanos(span.unsigned_abs())).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = asked_to_end() => {}
        () = end => over.store(true, Ordering::Relaxed),
    }
}

fn ended(summary: Result<RunSummary, ClusterError<DataError>>, over: &AtomicBool) -> Result<Ended, Exit> {
    match summary {
        Ok(summary) => Ok(Ended {
            interrupted: summary.end == RunEnd::Interrupted && !over.load(Ordering::Relaxed),
            counters: summary.nodes.into_iter().map(|(node, status)| (node, status.counters)).collect(),
        }),
        Err(ClusterError::Host(error)) => Err(Exit::from(error)),
        Err(error) => Err(match error.exit_code() {
            Some(1) => Exit::Wrong(error.to_string()),
            _ => Exit::Failed(error.to_string()),
        }),
    }
}
