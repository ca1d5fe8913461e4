//! `--data-dir`: where durable nodes keep what they did.

use std::path::Path;

use floret_ir::artifact::{self, Artifact};
use floret_ir::{Address, Deployment};
use floret_node::Durable;

use crate::exit::Exit;

/// Opens the data of a node, if its role is durable and there is a directory for them, and gives the deployment the seed
/// that the node began with.
///
/// # Errors
/// Exit code 3: they can't be read, or are not this node's.
pub fn open(
    directory: Option<&Path>,
    artifact: &Artifact,
    me: Address,
    deployment: &mut Deployment,
) -> Result<Option<Durable>, Exit> {
    let program = &artifact.stratified.program;
    let (Some(directory), Some(role)) = (directory, program.roles.get(me.role)) else { return Ok(None) };
    if !role.durable {
        return Ok(None);
    }
    let own = directory.join(format!("{}-{}", role.name, me.index));
    let hash = artifact::program_hash(&artifact.stratified);
    let durable = Durable::open(&own, program, hash, me, deployment)
        .map_err(|error| Exit::Failed(format!("{}: {error}", own.display())))?;
    deployment.seed = durable.birth().seed;
    Ok(Some(durable))
}
