//! `floret node`: one node of a program, on this host.

use std::sync::Arc;

use floret_cluster::ClusterFile;
use floret_ir::{Address, Site, artifact};
use floret_node::{Alone, Drive, Limits, NodeConfig, NodeExit, run_node_blocking};

use crate::cli::NodeArgs;
use crate::durable;
use crate::engines::{self, EngineOptions};
use crate::exit::Exit;
use crate::inputs::{self, Rows};
use crate::interrupt::asked_to_end;
use crate::load;
use crate::outputs::Outputs;
use crate::params;
use crate::replay;

/// Runs the node until it is told to stop.
///
/// # Errors
/// Exit codes 1 to 3, or 4 if its address is in use (so that whoever chose the address can choose another).
pub fn node(args: &NodeArgs) -> Result<Exit, Exit> {
    if args.stop_with_stdin {
        stop_with_stdin()?;
    }
    let artifact = load::artifact(&args.artifact)?;
    let program = &artifact.stratified.program;
    let file = ClusterFile::read(&args.cluster).map_err(|e| Exit::Usage(e.to_string()))?;
    let mut members =
        file.resolve(program, &args.cluster.display().to_string()).map_err(|e| Exit::Usage(e.to_string()))?;
    members.deployment.params = params::values(&args.params, program)?;
    members.deployment.seed = args.seed;
    let role = program.role_named(&args.role).ok_or_else(|| {
        let names: Vec<&str> = program.roles.iter().map(|role| role.name.as_str()).collect();
        Exit::Usage(format!("the program has no role `{}`; its roles are {}", args.role, names.join(", ")))
    })?;
    let me = Address { role, index: args.index };
    let coordinated = file.stop_with_coordinator;
    if program.roles[role].durable && args.data_dir.is_none() && !coordinated {
        return Err(Exit::Usage(format!(
            "{} is durable: say where its nodes keep their data (--data-dir DIR)",
            args.role
        )));
    }
    let known = members.deployment.nodes().any(|node| node == me);
    let directory = args.data_dir.as_deref().filter(|_| known);
    let durable = durable::open(directory, &artifact, me, &mut members.deployment)?;
    let site = Site { me, deployment: members.deployment.clone() };

    let inputs = own_inputs(args, &site, &artifact)?;
    let outputs = Arc::new(std::sync::Mutex::new(
        Outputs::new(Arc::new(artifact.stratified.program.clone())).of_role(role),
    ));
    let drive = if coordinated {
        Drive::Coordinated { stop_with_coordinator: true }
    } else {
        let seen = Arc::clone(&outputs);
        Drive::Alone(Alone {
            inputs,
            feed: None,
            on_tick: Box::new(move |tick| {
                let mut seen = seen.lock().map_err(|_| "the outputs are lost".to_owned())?;
                seen.apply(me, &tick.effects.changes);
                Ok(())
            }),
            shutdown: Box::pin(asked_to_end()),
        })
    };
    // Under a coordinator nodes end together, so a silent one is waited for; unless the program asks to hear of it.
    let asks = floret_ir::peer_rows(program, role, &[]).next().is_some();
    let patient = coordinated && !asks;
    let limits = Limits::default();
    let limits = Limits { peer_patience: limits.peer_patience.filter(|_| !patient), ..limits };
    let config = NodeConfig {
        me,
        program: Arc::new(program.clone()),
        program_hash: artifact::program_hash(&artifact.stratified),
        deployment: members.deployment,
        addresses: members.addresses,
        token: file.token,
        listener: None,
        drive,
        limits,
        durable,
        record: replay::recorder(args.record.as_ref(), &artifact, &site.deployment, me)?,
        note: Box::new(|text| eprintln!("{text}")),
    };
    let options = EngineOptions { kind: args.engine, workers: args.workers, tick_limit: args.tick_limit };
    let make_engine = move || engines::engine(&artifact, &site, options);
    let exit = run_node_blocking(config, make_engine);
    match exit {
        Ok(NodeExit::Finished) if coordinated => Ok(Exit::Done),
        Ok(NodeExit::Finished) => {
            let outputs = outputs.lock().map_err(|_| Exit::Failed("the outputs are lost".into()))?;
            outputs.print(None)?;
            Ok(Exit::Interrupted)
        }
        Ok(NodeExit::CoordinatorLost) => Err(Exit::Failed("lost the coordinator".into())),
        Err(error) => Err(Exit::Node(error.exit_code(), error.to_string())),
    }
}

/// The rows that the command line gives this node.
fn own_inputs(
    args: &NodeArgs,
    site: &Site,
    artifact: &artifact::Artifact,
) -> Result<Vec<floret_ir::InputRow>, Exit> {
    let program = &artifact.stratified.program;
    let mut files = inputs::resolve(&args.inputs, None, program, &site.deployment)?;
    for file in &mut files {
        if program.relations[file.relation].role != site.me.role {
            let name = &program.relations[file.relation].name;
            return Err(Exit::Usage(format!(
                "`{name}` does not live on {}; feed it to a node where it lives",
                args.role
            )));
        }
        file.node = Some(site.me);
    }
    let rows = Rows::new(files, program, &site.deployment, None);
    rows.map(|row| row.map(|(_, row)| row).map_err(Exit::from)).collect()
}

/// Ends this process when its standard input ends.
fn stop_with_stdin() -> Result<(), Exit> {
    let wait = || {
        // Whatever is written there is read and forgotten; an error is an end too.
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        std::process::exit(3);
    };
    match std::thread::Builder::new().name("stdin".into()).spawn(wait) {
        Ok(_) => Ok(()),
        Err(e) => Err(Exit::Failed(format!("cannot start a thread: {e}"))),
    }
}
