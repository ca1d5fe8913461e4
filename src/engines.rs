//! The evaluators that can run a node's ticks.

use floret_dataflow::Dataflow;
use floret_ir::artifact::Artifact;
use floret_ir::{Engine, EngineError, Observe, Program, Site, print};
use floret_reference::Reference;

use crate::cli::EngineKind;
use crate::exit::Exit;

/// What the command line says about engines.
#[derive(Clone, Copy, Debug)]
pub struct EngineOptions {
    /// Which.
    pub kind: EngineKind,
    /// Dataflow threads.
    pub workers: usize,
    /// Rounds.
    pub tick_limit: u64,
}

/// An engine for one node, before its first tick.
///
/// # Errors
/// The plan can't be rendered (say, too many columns).
pub fn engine(
    artifact: &Artifact,
    site: &Site,
    options: EngineOptions,
) -> Result<Box<dyn Engine>, EngineError> {
    let EngineOptions { kind, workers, tick_limit } = options;
    Ok(match kind {
        EngineKind::Dataflow => {
            let plan = &artifact.plans[site.me.role];
            let options =
                floret_dataflow::Options { workers, tick_limit, ..floret_dataflow::Options::default() };
            Box::new(Dataflow::new(&artifact.stratified.program, plan, site, options)?)
        }
        EngineKind::Reference => {
            let options = floret_reference::Options { observe: Observe::Outputs, tick_limit };
            Box::new(Reference::new(&artifact.stratified, site.clone(), options))
        }
    })
}

/// The exit that a failed tick makes: an endless recursion is the program's fault.
pub fn tick_failure(error: &EngineError, program: &Program, node: floret_ir::Address) -> Exit {
    let text = engine_error(error, program, node);
    match error {
        EngineError::TickLimit { .. } => Exit::Wrong(text),
        EngineError::Failed(_) => Exit::Failed(text),
    }
}

/// Why a tick failed, in words.
pub fn engine_error(error: &EngineError, program: &Program, node: floret_ir::Address) -> String {
    let at = if program.has_roles() { format!("{}: ", print::address(node, program)) } else { String::new() };
    match error {
        EngineError::TickLimit { rounds, relation } => format!(
            "{at}a tick did not come to an end: the recursion through `{}` still derives new rows after {rounds} rounds; \
             bound it by a condition, or allow more with --tick-limit",
            program.relations[*relation].name
        ),
        EngineError::Failed(why) => format!("{at}{why}"),
    }
}
