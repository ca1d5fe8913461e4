//! `floret run --record` and `--replay`: a node's arrivals in a file, and the same run again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use floret_ir::artifact::{self, Artifact};
use floret_ir::{Address, Counters, Deployment, Engine, Site, print};
use floret_node::wire::Schema;
use floret_node::{RecordHeader, Recorder, Recording};

use crate::engines::{self, EngineOptions};
use crate::exit::Exit;
use crate::outputs::Outputs;
use crate::reports::Reports;

/// Starts the recording of a node, if one is asked for: in that file, or in one of the node's own in that directory.
///
/// # Errors
/// Exit code 3 if it can't be written.
pub fn recorder(
    path: Option<&PathBuf>,
    artifact: &Artifact,
    deployment: &Deployment,
    me: Address,
) -> Result<Option<Recorder>, Exit> {
    let Some(path) = path else { return Ok(None) };
    let role = &artifact.stratified.program.roles[me.role].name;
    let file = if path.is_dir() { path.join(format!("{role}.{}.recording", me.index)) } else { path.clone() };
    let program = artifact::program_hash(&artifact.stratified);
    let header = RecordHeader { program, me, deployment: deployment.clone() };
    let recorder = Recorder::create(&file, &header);
    recorder.map(Some).map_err(|error| Exit::Failed(format!("{}: {error}", file.display())))
}

/// The recording in a file, if it is one of this program.
///
/// # Errors
/// Exit code 1 if it is not, 3 if it can't be read.
pub fn open(path: &Path, artifact: &Artifact) -> Result<Recording, Exit> {
    let wrong = |why: &str| Exit::Wrong(format!("{}: {why}", path.display()));
    let recording = Recording::open(path).map_err(|error| wrong(&error.to_string()))?;
    let RecordHeader { program: hash, me, deployment } = recording.header();
    if *hash != artifact::program_hash(&artifact.stratified) {
        return Err(wrong("the recording is of another program, or of another version of it"));
    }
    let program = &artifact.stratified.program;
    let counts =
        deployment.counts.len() == program.roles.len() && deployment.counts.iter().all(|count| *count > 0);
    let node = deployment.counts.get(me.role).is_some_and(|count| me.index < *count);
    let params = deployment.params.len() == program.params.len()
        && deployment.params.iter().zip(&program.params).all(|(value, param)| value.is_of(param.ty));
    if counts && node && params { Ok(recording) } else { Err(wrong("the recording makes no sense")) }
}

/// Runs a recorded node again; messages it sends to others go nowhere.
///
/// # Errors
/// Those of a run, and a recording that is damaged.
pub fn replay(
    recording: Recording,
    artifact: &Artifact,
    options: EngineOptions,
    path: &Path,
    outputs: &mut Outputs,
    reports: &mut Reports<'_>,
) -> Result<BTreeMap<Address, Counters>, Exit> {
    let program = &artifact.stratified.program;
    let RecordHeader { me, deployment, .. } = recording.header().clone();
    let schema = Schema::new(Arc::new(program.clone()), deployment.clone());
    let site = Site { me, deployment };
    let mut engine: Box<dyn Engine> = engines::engine(artifact, &site, options)
        .map_err(|error| Exit::Failed(engines::engine_error(&error, program, me)))?;
    for (tick, arrivals) in recording.enumerate() {
        let wrong = |why: &dyn std::fmt::Display| {
            let node = print::address(me, program);
            Exit::Wrong(format!("{}: tick {} of {node}: {why}", path.display(), tick + 1))
        };
        let arrivals = arrivals.map_err(|error| wrong(&error))?;
        schema.fits_tick(me, &arrivals).map_err(|misfit| wrong(&misfit))?;
        let effects = engine.tick(&arrivals).map_err(|error| engines::tick_failure(&error, program, me))?;
        outputs.apply(me, &effects.changes);
        for report in &effects.reports {
            reports.add(me, report);
        }
    }
    Ok(BTreeMap::from([(me, engine.counters())]))
}
