//! Floret's nodes: Servers are processes with the dataflow engine; the Client is a node in this process whose engine is the load
//! itself (as a client library of Redis has no database in it, it has no dataflow).

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use floret_compiler::driver;
use floret_compiler::modules::OneFile;
use floret_dataflow::{Dataflow, Options};
use floret_ir::artifact::{Artifact, program_hash};
use floret_ir::plan::Plan;
use floret_ir::{
    Address, Arrivals, Counters, Deployment, Effects, Engine, EngineError, InputRow, Message, Observe,
    Program, RelationId, RoleId, Send, Site, Stored,
};
use floret_node::{Alone, Drive, Durable, Limits, NodeConfig, NodeError, NodeExit, run_node_blocking};
use tokio::sync::{mpsc, oneshot};

use crate::system::{Result, free_address, resident};

/// A run in which nothing is answered for so long has lost something.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a client asks, one request after the other.
pub trait Asks: std::marker::Send + 'static {
    /// The next request, as the Client's host would put it in; `None`: no more.
    fn ask(&mut self) -> Option<InputRow>;
    /// The message that the Client's rules make of it.
    fn route(&self, me: Address, ask: InputRow) -> Option<Send>;
    /// An answer came.
    fn hear(&mut self, message: &Message) -> std::result::Result<(), String>;
    /// Whether all requests are answered.
    fn is_quiet(&self) -> bool;
}

/// A program and its nodes.
pub struct Cluster {
    artifact: Artifact,
    deployment: Deployment,
    /// The Servers' addresses, then the Client's.
    addresses: Vec<String>,
}

impl Cluster {
    /// A program with these addresses; its Servers durable or not.
    pub fn new(text: &str, durable: bool, addresses: Vec<String>) -> Result<Cluster> {
        let text = if durable { text.to_owned() } else { text.replace(" durable;", ";") };
        let compilation = driver::compile("bench.flo", &text, &OneFile);
        let Some(artifact) = compilation.artifact else {
            return Err(format!("{:?}", compilation.diagnostics).into());
        };
        let servers = addresses.len() as u32 - 1;
        let count = |name: &str| if name == "Server" { servers } else { 1 };
        let counts = artifact.stratified.program.roles.iter().map(|role| count(&role.name)).collect();
        Ok(Cluster { deployment: Deployment::new(counts), artifact, addresses })
    }
    /// The program.
    pub fn program(&self) -> &Program {
        &self.artifact.stratified.program
    }
    /// How many nodes there are.
    pub fn deployment(&self) -> &Deployment {
        &self.deployment
    }
    /// A relation by its name.
    pub fn relation(&self, name: &str) -> Result<RelationId> {
        let found = self.program().relations.entries().find(|(_, relation)| relation.name == name);
        Ok(found.ok_or_else(|| format!("the program has no relation {name}"))?.0)
    }
    /// What a role's nodes run.
    pub fn plan(&self, role: RoleId) -> Result<&Plan> {
        Ok(self.artifact.plans.get(role).ok_or("there is no plan")?)
    }
    /// A node.
    pub fn node(&self, role: &str, index: u32) -> Result<Address> {
        let role = self.program().role_named(role).ok_or_else(|| format!("there is no role {role}"))?;
        Ok(Address { role, index })
    }
    fn config(&self, me: Address, drive: Drive, durable: Option<Durable>) -> Result<NodeConfig> {
        let nodes: Result<Vec<Address>> = (0..self.addresses.len() as u32 - 1)
            .map(|index| self.node("Server", index))
            .chain([self.node("Client", 0)])
            .collect();
        Ok(NodeConfig {
            me,
            program: Arc::new(self.program().clone()),
            program_hash: program_hash(&self.artifact.stratified),
            deployment: self.deployment.clone(),
            addresses: nodes?.into_iter().zip(self.addresses.iter().cloned()).collect(),
            token: "benchmark".into(),
            listener: None,
            drive,
            limits: Limits::default(),
            record: None,
            durable,
            note: Box::new(|text| eprintln!("{text}")),
        })
    }
}

/// Runs a Server in this process until it is killed.
pub fn serve(cluster: &Cluster, index: u32, directory: Option<&Path>) -> Result<()> {
    let me = cluster.node("Server", index)?;
    let hash = program_hash(&cluster.artifact.stratified);
    let durable = directory
        .map(|directory| Durable::open(directory, cluster.program(), hash, me, &cluster.deployment))
        .transpose()?;
    let alone = Alone {
        inputs: Vec::new(),
        feed: None,
        on_tick: Box::new(|_| Ok(())),
        shutdown: Box::pin(std::future::pending()),
    };
    let config = cluster.config(me, Drive::Alone(alone), durable)?;
    let site = Site { me, deployment: cluster.deployment.clone() };
    let (program, plan) = (cluster.program().clone(), cluster.plan(me.role)?.clone());
    let make = move || {
        let options = Options { observe: Observe::Outputs, ..Options::default() };
        Ok(Box::new(Dataflow::new(&program, &plan, &site, options)?) as Box<dyn Engine>)
    };
    run_node_blocking(config, make)?;
    Ok(())
}

/// Running Servers and the Client.
pub struct Floret<A> {
    asks: Arc<Mutex<A>>,
    feed: mpsc::Sender<Vec<InputRow>>,
    quiet: Receiver<std::result::Result<(), String>>,
    /// Dropped: the Client ends.
    _stop: oneshot::Sender<()>,
    _client: JoinHandle<std::result::Result<NodeExit, NodeError>>,
    servers: Vec<Child>,
}

impl<A: Asks> Floret<A> {
    /// Starts Servers of one of the programs, with their data in the directory if they are durable, and the Client.
    pub fn start(
        program: &str,
        servers: u32,
        directory: Option<PathBuf>,
        asks: impl FnOnce(&Cluster) -> Result<A>,
    ) -> Result<Self> {
        let addresses: Vec<String> = (0..=servers).map(|_| free_address()).collect::<Result<_>>()?;
        let cluster = Cluster::new(crate::text(program)?, directory.is_some(), addresses.clone())?;
        let asks = Arc::new(Mutex::new(asks(&cluster)?));
        let (feed, fed) = mpsc::channel(4);
        let (stop, stopped) = oneshot::channel::<()>();
        let (heard, quiet) = channel();
        let alone = Alone {
            inputs: Vec::new(),
            feed: Some(fed),
            on_tick: Box::new(|_| Ok(())),
            shutdown: Box::pin(async {
                let _ = stopped.await;
            }),
        };
        let me = cluster.node("Client", 0)?;
        let config = cluster.config(me, Drive::Alone(alone), None)?;
        let shared = Arc::clone(&asks);
        let make = move || Ok(Box::new(Caller { me, asks: shared, heard }) as Box<dyn Engine>);
        let client = std::thread::spawn(move || run_node_blocking(config, make));
        let mut children = Vec::new();
        for index in 0..servers {
            let mut command = Command::new(std::env::current_exe()?);
            command.args(["serve", program, &index.to_string()]);
            match &directory {
                Some(directory) => command.arg(directory.join(index.to_string())),
                None => command.arg("-"),
            };
            children.push(command.args(&addresses).stdin(Stdio::null()).spawn()?);
        }
        Ok(Floret { asks, feed, quiet, _stop: stop, _client: client, servers: children })
    }

    /// What the Client asks, at rest.
    pub fn asks(&mut self) -> std::sync::MutexGuard<'_, A> {
        self.asks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The Servers' memory in MiB.
    pub fn memory(&self) -> f64 {
        self.servers.iter().map(|server| resident(server.id())).sum()
    }

    /// Asks until there are no more requests and all are answered.
    pub fn run(&mut self, in_flight: usize) -> Result<()> {
        let first: Vec<InputRow> = {
            let mut asks = self.asks();
            (0..in_flight).map_while(|_| asks.ask()).collect()
        };
        self.feed.blocking_send(first).map_err(|_| "the Client is gone")?;
        Ok(self.quiet.recv_timeout(PATIENCE).map_err(|_| "requests are not answered")??)
    }
}

impl<A> Drop for Floret<A> {
    fn drop(&mut self) {
        for server in &mut self.servers {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

/// The Client's engine: each answer lets the next request go.
struct Caller<A> {
    me: Address,
    asks: Arc<Mutex<A>>,
    heard: std::sync::mpsc::Sender<std::result::Result<(), String>>,
}

impl<A: Asks> Engine for Caller<A> {
    fn tick(&mut self, arrivals: &Arrivals) -> std::result::Result<Effects, EngineError> {
        let mut asks = self.asks.lock().unwrap_or_else(PoisonError::into_inner);
        let mut effects = Effects::default();
        let mut wrong = None;
        for message in &arrivals.messages {
            wrong = wrong.or(asks.hear(message).err());
        }
        let next: Vec<InputRow> = arrivals.messages.iter().map_while(|_| asks.ask()).collect();
        let all = arrivals.inputs.iter().cloned().chain(next);
        effects.sends.extend(all.filter_map(|ask| asks.route(self.me, ask)));
        // Nobody listens when all is over.
        match wrong {
            Some(wrong) => drop(self.heard.send(Err(wrong))),
            None if !arrivals.messages.is_empty() && asks.is_quiet() => drop(self.heard.send(Ok(()))),
            None => {}
        }
        Ok(effects)
    }
    fn stored(&self) -> Stored {
        Stored::default()
    }
    fn resume(&mut self, _: Stored) -> std::result::Result<(), EngineError> {
        Ok(())
    }
    fn counters(&self) -> Counters {
        Counters::default()
    }
}
