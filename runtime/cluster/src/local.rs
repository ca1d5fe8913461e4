//! All nodes of a program as processes of this machine.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use floret_ir::{Address, Deployment, InputRow, Program};
use floret_node::secret_token;
use floret_node::wire::Schema;
use tokio::sync::mpsc;

use crate::coordinator::{Event, RunEnd, RunSummary, Setting};
use crate::error::ClusterError;
use crate::file::{ClusterFile, Members, NodeEntry};
use crate::processes::{Launch, Processes};

/// A free port may be taken by someone else before the node opens it; then all start again, at most so often.
const ATTEMPTS: usize = 3;
/// Processes of a run that ended in order have so long to exit, and those of another one so short.
const EXIT_PATIENCE: Duration = Duration::from_secs(5);
const FAILED_EXIT_PATIENCE: Duration = Duration::from_millis(200);

/// What to run.
pub struct LocalRun<'a, I, F, S> {
    /// The program that knows the subcommand `node`, usually the running one.
    pub exe: &'a Path,
    /// The artifact for the nodes.
    pub artifact: &'a [u8],
    /// The program in it.
    pub program: Arc<Program>,
    /// Its hash, as the nodes will know it.
    pub program_hash: u64,
    /// How many nodes.
    pub deployment: Deployment,
    /// Rows and the nodes that get them, those of tables first. Read in a thread of its own.
    pub inputs: I,
    /// Rows of events per piece (at least 1).
    pub batch: usize,
    /// More arguments for `node`.
    pub extra_args: Vec<String>,
    /// Hears what happens; if it fails, the run does.
    pub on_event: F,
    /// When this is done the nodes are stopped after their running ticks.
    pub shutdown: S,
}

/// Runs a program on local processes until it is at rest or stopped. Whatever happens, none of them outlives the call;
/// if this process is killed, they end by themselves.
///
/// # Errors
/// [`ClusterError`].
pub fn run_local<I, E, F, S>(run: LocalRun<'_, I, F, S>) -> Result<RunSummary, ClusterError<E>>
where
    I: Iterator<Item = Result<(Address, InputRow), E>> + Send + 'static,
    E: Send + 'static,
    F: FnMut(Event) -> Result<(), E>,
    S: Future<Output = ()>,
{
    let system = |what: &str| {
        let what = what.to_owned();
        move |error: std::io::Error| ClusterError::System { what, why: error.to_string() }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(system("start the runtime"))?;
    let dir =
        tempfile::Builder::new().prefix("floret-").tempdir().map_err(system("make a temporary directory"))?;
    let artifact = dir.path().join("program.floret");
    std::fs::write(&artifact, run.artifact).map_err(system("write the artifact"))?;
    let files = Files { artifact, cluster: dir.path().join("cluster.toml") };
    let result = runtime.block_on(run_processes(run, &files));
    runtime.shutdown_background();
    result
}

struct Files {
    artifact: PathBuf,
    cluster: PathBuf,
}

async fn run_processes<I, E, F, S>(
    run: LocalRun<'_, I, F, S>,
    files: &Files,
) -> Result<RunSummary, ClusterError<E>>
where
    I: Iterator<Item = Result<(Address, InputRow), E>> + Send + 'static,
    E: Send + 'static,
    F: FnMut(Event) -> Result<(), E>,
    S: Future<Output = ()>,
{
    let mut on_event = run.on_event;
    let mut shutdown = std::pin::pin!(run.shutdown);
    let mut attempt = 1;
    loop {
        // From its first poll on a future of Ctrl-C hears it: before there are processes it could leave behind.
        let stopped = std::future::poll_fn(|cx| Poll::Ready(shutdown.as_mut().poll(cx).is_ready())).await;
        if stopped {
            return Ok(RunSummary::stopped_early());
        }
        let members = free_addresses(&run.deployment)?;
        let token = secret_token();
        cluster_file(&members, &run.program, &token).write(&files.cluster).map_err(|error| {
            ClusterError::System { what: "write the cluster file".into(), why: error.to_string() }
        })?;
        let launch = Launch {
            exe: run.exe,
            artifact: &files.artifact,
            cluster: &files.cluster,
            extra_args: &run.extra_args,
            program: &run.program,
        };
        let (news_sender, news) = mpsc::unbounded_channel();
        let processes = Processes::start(&launch, run.deployment.nodes(), &news_sender).map_err(|error| {
            ClusterError::System { what: format!("start {}", run.exe.display()), why: error.to_string() }
        })?;
        drop(news_sender);
        let mut setting = Setting {
            schema: Schema::new(Arc::clone(&run.program), run.deployment.clone()),
            program_hash: run.program_hash,
            token,
            members,
            on_event: &mut on_event,
            shutdown: shutdown.as_mut(),
            news: Some(news),
        };
        let connected = setting.connect().await;
        let result = match connected {
            Err(ClusterError::AddressesInUse { .. }) if attempt < ATTEMPTS => {
                attempt += 1;
                processes.stop(Duration::ZERO).await;
                continue;
            }
            Err(error) => Err(error),
            Ok(None) => Ok(RunSummary::stopped_early()),
            Ok(Some(connections)) => setting.drive(connections, run.inputs, run.batch).await,
        };
        // All connections are closed now, so the processes are about to exit.
        let patience = match &result {
            Ok(summary) if summary.end == RunEnd::Rest => EXIT_PATIENCE,
            Ok(_) | Err(_) => FAILED_EXIT_PATIENCE,
        };
        processes.stop(patience).await;
        return result;
    }
}

/// A free loopback port per node. They are all open at once, so they differ.
fn free_addresses<E>(deployment: &Deployment) -> Result<Members, ClusterError<E>> {
    let open = |node: Address| {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        Ok((node, listener.local_addr()?.to_string(), listener))
    };
    let open: Vec<_> =
        deployment.nodes().map(open).collect::<std::io::Result<_>>().map_err(|error| {
            ClusterError::System { what: "open local ports".into(), why: error.to_string() }
        })?;
    let addresses = open.into_iter().map(|(node, address, _)| (node, address)).collect();
    Ok(Members { deployment: deployment.clone(), addresses })
}

fn cluster_file(members: &Members, program: &Program, token: &str) -> ClusterFile {
    let entry = |(node, address): (&Address, &String)| NodeEntry {
        role: program.roles.get(node.role).map_or_else(String::new, |role| role.name.clone()),
        index: node.index,
        address: address.clone(),
    };
    ClusterFile {
        token: token.to_owned(),
        stop_with_coordinator: true,
        nodes: members.addresses.iter().map(entry).collect(),
    }
}
