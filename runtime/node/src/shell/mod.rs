//! A node on tokio: sockets around the tick thread.
//!
//! ```text
//!   peers ──► accept, receive ──► links ◄──► tick thread        links ──► peers ──► peers
//!   coordinator ◄─► control ────► inbox ────────┘ └──► frames for the coordinator
//! ```
//!
//! The links, the inbox and the coordinator's frames are bounded: a slow node slows those who send to it. What a tick sent
//! is kept whole, and no tick runs while much of it waits for a peer.

mod accept;
mod bells;
mod control;
mod inbox;
mod line;
mod peers;
mod receive;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod tick_thread;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use floret_ir::{Address, Deployment, Engine, EngineError, InputRow, Program, print};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::clock::SystemClock;
use crate::core::Tick;
use crate::durable::Durable;
use crate::links::{Limits, Links};
use crate::random::random_u64;
use crate::record::Recorder;
use crate::wire::Schema;
use bells::{Bell, Bells};
use control::{ByItself, ControlEnd, Coordinated};
use inbox::{Command, Inbox};
use line::Sent;
use tick_thread::{Host, TickError, TickThread};

/// Frames for the coordinator that may wait.
const CONTROL_FRAMES: usize = 16;
/// At its end a node waits so long for its last words to be heard.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// Without a limit for silent peers, a connection may be silent for so long.
const SILENCE: Duration = Duration::from_secs(5);
/// A node that loses its coordinator waits so long for its running tick.
const PARTING: Duration = Duration::from_millis(200);
/// A node that runs by itself waits so long at its end for peers to take its messages.
const FLUSH: Duration = Duration::from_secs(1);

/// The exit code of a node process that found its address in use: whoever chose the address may choose another.
pub const ADDRESS_IN_USE_EXIT_CODE: u8 = 4;

/// Which node to run, and how.
pub struct NodeConfig {
    /// The node.
    pub me: Address,
    /// The program.
    pub program: Arc<Program>,
    /// Its hash: nodes of different programs don't talk.
    pub program_hash: u64,
    /// How many nodes there are.
    pub deployment: Deployment,
    /// Where each node listens, as `host:port`.
    pub addresses: BTreeMap<Address, String>,
    /// The cluster's secret.
    pub token: String,
    /// Where this node listens, if it is already open; else its address is opened.
    pub listener: Option<std::net::TcpListener>,
    /// Who feeds it.
    pub drive: Drive,
    /// How much may wait.
    pub limits: Limits,
    /// Where its arrivals are recorded.
    pub record: Option<Recorder>,
    /// A durable node's data.
    pub durable: Option<Durable>,
    /// Hears what an operator might want to know (refused connections, lost peers), a line each.
    pub note: Box<dyn Fn(&str) + Send + Sync>,
}

/// Who feeds a node and sees what it does.
pub enum Drive {
    /// A coordinator, over a connection it makes.
    Coordinated {
        /// Whether the node stops when it loses its coordinator, or when none comes for a minute.
        stop_with_coordinator: bool,
    },
    /// The command that started it.
    Alone(Alone),
}

/// Sees a tick and what it did.
pub type OnTick = dyn FnMut(&Tick) -> Result<(), String> + Send;

/// What a node needs to run without a coordinator.
pub struct Alone {
    /// Its input rows. Those of tables are in the first tick, the others come after it. (A durable node that has run before
    /// has them.)
    pub inputs: Vec<InputRow>,
    /// More rows, at any time after the first tick. Whoever sends them waits while the node has enough to do. (Rows that fit no
    /// input of the node are refused and counted.)
    pub feed: Option<mpsc::Receiver<Vec<InputRow>>>,
    /// Sees each tick and what it did; if it fails, the node stops with this text.
    pub on_tick: Box<OnTick>,
    /// The node runs until this is done (and its running tick is).
    pub shutdown: Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// How a node ended in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NodeExit {
    /// It was asked to.
    Finished,
    /// It lost its coordinator.
    CoordinatorLost,
}

/// Why a node failed.
#[derive(Debug)]
pub enum NodeError {
    /// The cluster has no such node.
    NotInCluster {
        /// The node's name.
        node: String,
    },
    /// Somebody else listens at its address.
    AddressInUse {
        /// The address.
        address: String,
    },
    /// It can't listen at its address.
    Listen {
        /// The address.
        address: String,
        /// Why.
        error: std::io::Error,
    },
    /// The system gives no thread.
    Thread(std::io::Error),
    /// A tick failed.
    Tick {
        /// Why.
        why: String,
        /// Whether the program is the cause (else the system is).
        by_program: bool,
    },
    /// No coordinator came.
    NoCoordinator,
}

impl fmt::Display for NodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NodeError::NotInCluster { node } => {
                write!(f, "{node} is not in the cluster file; add it there or start another node")
            }
            NodeError::AddressInUse { address } => {
                write!(f, "{address} is in use; stop what listens there or change the cluster file")
            }
            NodeError::Listen { address, error } => {
                write!(f, "cannot listen at {address}: {error}; check the node's address in the cluster file")
            }
            NodeError::Thread(error) => write!(f, "cannot start a thread: {error}"),
            NodeError::Tick { why, .. } => f.write_str(why),
            NodeError::NoCoordinator => f.write_str("no coordinator came; start the nodes by `floret run`"),
        }
    }
}

impl std::error::Error for NodeError {}

impl NodeError {
    /// The exit code of a node process that ends this way.
    pub fn exit_code(&self) -> u8 {
        match self {
            NodeError::Tick { by_program: true, .. } => 1,
            NodeError::NotInCluster { .. } => 2,
            NodeError::AddressInUse { .. } => ADDRESS_IN_USE_EXIT_CODE,
            NodeError::Listen { .. }
            | NodeError::Thread(_)
            | NodeError::Tick { by_program: false, .. }
            | NodeError::NoCoordinator => 3,
        }
    }
}

/// What the parts of a node share.
struct Shared {
    me: Address,
    schema: Arc<Schema>,
    program_hash: u64,
    token: String,
    limits: Limits,
    coordinated: bool,
    /// Whether a coordinator is connected.
    coordinator: AtomicBool,
    /// No lock is held while a tick runs.
    links: Mutex<Links>,
    bells: Bells,
    inbox: Arc<Inbox>,
    /// When the links' time began.
    start: Instant,
    refused: AtomicU64,
    note: Box<dyn Fn(&str) + Send + Sync>,
}

impl Shared {
    fn links(&self) -> MutexGuard<'_, Links> {
        // Nothing panics while it holds the lock, and no step leaves the links half changed.
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        links.at(self.now());
        links
    }
    /// The links' time.
    fn now(&self) -> i64 {
        i64::try_from(self.start.elapsed().as_nanos()).unwrap_or(i64::MAX)
    }
    /// A connection that is silent for so long is of no use.
    fn silence(&self) -> Duration {
        self.limits.peer_patience.unwrap_or(SILENCE)
    }
    /// Whoever calls or is called has so long to say who it is.
    fn handshake(&self) -> Duration {
        2 * self.silence()
    }
    /// How often a node says to its senders that it lives.
    fn sign_of_life(&self) -> Duration {
        self.silence() / 20
    }
    fn note(&self, text: &str) {
        (self.note)(text);
    }
    /// Counts a refused connection or frame.
    fn refuse(&self, why: &str) {
        self.refused.fetch_add(1, Ordering::Relaxed);
        self.note(&format!("refused: {why}"));
    }
    /// Sends what waits for a peer; `false`: not all of it, the connection has to go on.
    fn sends_all(&self, peer: Address) -> bool {
        let line = self.bells.of(peer).and_then(Bell::line);
        line.is_some_and(|line| matches!(line.send(self), Ok(Sent::All)))
    }
    /// Whether there is a coordinator; from now on there is one.
    fn has_coordinator(&self) -> bool {
        self.coordinator.swap(true, Ordering::AcqRel)
    }
}

/// [`run_node`] on a runtime of its own, with one thread for the node's sockets. A tick that is still running when the node
/// ends is not waited for.
///
/// # Errors
/// [`NodeError`].
pub fn run_node_blocking(
    config: NodeConfig,
    make_engine: impl FnOnce() -> Result<Box<dyn Engine>, EngineError> + Send + 'static,
) -> Result<NodeExit, NodeError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(NodeError::Thread)?;
    let exit = runtime.block_on(run_node(config, make_engine));
    runtime.shutdown_background();
    exit
}

/// Runs a node until it is told to stop or fails. The engine is made and used in a thread of its own. If the node
/// loses its coordinator, a tick that is running is not waited for: the process should end.
///
/// # Errors
/// [`NodeError`].
pub async fn run_node(
    config: NodeConfig,
    make_engine: impl FnOnce() -> Result<Box<dyn Engine>, EngineError> + Send + 'static,
) -> Result<NodeExit, NodeError> {
    let NodeConfig {
        me,
        program,
        program_hash,
        deployment,
        addresses,
        token,
        listener,
        drive,
        limits,
        record,
        durable,
        note,
    } = config;
    let seed = deployment.seed;
    let listener = listen(me, &program, &addresses, listener).await?;
    let inbox = Arc::new(Inbox::new(limits.inbox_rows));
    let incarnation = durable.as_ref().map_or_else(random_u64, |durable| durable.birth().incarnation);
    let links = Links::new(me, &program, addresses.keys().copied(), incarnation, limits);
    let has_run = durable.as_ref().is_some_and(Durable::has_run);
    let shared = Arc::new(Shared {
        me,
        schema: Arc::new(Schema::new(program, deployment)),
        program_hash,
        token,
        limits,
        coordinated: matches!(drive, Drive::Coordinated { .. }),
        coordinator: AtomicBool::new(false),
        bells: Bells::new(links.peers()),
        links: Mutex::new(links),
        inbox: Arc::clone(&inbox),
        start: Instant::now(),
        refused: AtomicU64::new(0),
        note,
    });

    let (connection_sender, mut connections) = mpsc::channel(1);
    let mut tasks = JoinSet::new();
    let (recovered, knows) = watch::channel(false);
    tasks.spawn(after(knows.clone(), accept::accept(Arc::clone(&shared), listener, connection_sender)));
    for (peer, target) in addresses.into_iter().filter(|(peer, _)| *peer != me) {
        tasks.spawn(after(knows.clone(), peers::serve_peer(Arc::clone(&shared), peer, target)));
    }
    tasks.spawn(after(knows, pass_time(Arc::clone(&shared))));
    // From here on the tick thread ends whenever this future does.
    let _close = CloseOnDrop(Arc::clone(&inbox));
    let start = |flush: Duration, host: Box<dyn Host>| {
        let thread = TickThread { shared: Arc::clone(&shared), clock: SystemClock, seed, flush };
        spawn(thread, record, durable, recovered, make_engine, host)
    };
    match drive {
        Drive::Coordinated { stop_with_coordinator } => {
            let (frame_sender, mut frames) = mpsc::channel(CONTROL_FRAMES);
            let mut done = start(Duration::ZERO, Box::new(Coordinated { frames: frame_sender }))?;
            let mut control =
                std::pin::pin!(control::serve(&shared, &mut connections, &mut frames, stop_with_coordinator));
            tokio::select! {
                biased;
                end = &mut done => {
                    let _ = timeout(LAST_WORDS, control).await;
                    end_of(end, &shared)
                }
                end = &mut control => {
                    inbox.close();
                    // The coordinator may have gone because of a failure that it was just told.
                    let tick_thread = timeout(PARTING, done).await.map(|end| end_of(end, &shared));
                    match (tick_thread, end) {
                        (Ok(Err(failure)), _) => Err(failure),
                        (Ok(Ok(_)) | Err(_), ControlEnd::Said) => Ok(NodeExit::Finished),
                        (Ok(Ok(_)) | Err(_), ControlEnd::Lost) => Ok(NodeExit::CoordinatorLost),
                        (Ok(Ok(_)) | Err(_), ControlEnd::None) => Err(NodeError::NoCoordinator),
                    }
                }
            }
        }
        Drive::Alone(mut alone) => {
            let inputs = std::mem::take(&mut alone.inputs);
            // It may have been stopped in the midst of them: nobody knows then that it has all.
            let cut_short = has_run && !inputs.is_empty();
            if cut_short {
                shared.note("the node goes on from its data; the inputs that it was given are not fed again");
            }
            let (tables, events) = inputs.into_iter().filter(|_| !has_run).partition(|row| {
                shared.schema.program.relations.get(row.relation).is_some_and(|relation| relation.is_table())
            });
            for command in [Command::Inputs(tables), Command::Start, Command::Inputs(events)] {
                inbox.push(command);
            }
            let feed = alone.feed.take();
            let shutdown = std::mem::replace(&mut alone.shutdown, Box::pin(std::future::pending()));
            let mut done = start(FLUSH, Box::new(ByItself { alone }))?;
            let feeding = async {
                take_feed(&shared, feed).await;
                if !cut_short {
                    inbox.push(Command::EndOfInputs);
                }
                std::future::pending::<Infallible>().await
            };
            tokio::select! {
                biased;
                end = &mut done => end_of(end, &shared),
                never = feeding => match never {},
                () = shutdown => {
                    inbox.push(Command::Finish);
                    end_of(done.await, &shared)
                }
            }
        }
    }
}

/// Begins when the node knows what it did before.
async fn after(mut knows: watch::Receiver<bool>, task: impl Future<Output = ()>) {
    if knows.wait_for(|knows| *knows).await.is_ok() {
        task.await;
    }
}

/// Takes what a host feeds, until it feeds no more.
async fn take_feed(shared: &Shared, feed: Option<mpsc::Receiver<Vec<InputRow>>>) {
    let Some(mut feed) = feed else { return };
    while let Some(mut rows) = feed.recv().await {
        rows.retain(|InputRow { relation: id, row }| {
            let relation = shared.schema.input(shared.me, *id);
            let fits = relation.and_then(|relation| shared.schema.fits(row, relation));
            fits.inspect_err(|misfit| shared.refuse(&format!("from the host: {misfit}"))).is_ok()
        });
        shared.inbox.room_for_inputs().await;
        shared.inbox.push(Command::Inputs(rows));
    }
}

/// Looks after silent peers, for ever.
async fn pass_time(shared: Arc<Shared>) {
    let often = i64::try_from(shared.sign_of_life().as_nanos()).unwrap_or(i64::MAX);
    let mut last = shared.now();
    loop {
        tokio::time::sleep(shared.sign_of_life()).await;
        let now = shared.now();
        let late = now.saturating_sub(last).saturating_sub(often);
        last = now;
        let mut links = shared.links();
        if late > often {
            links.excuse(late);
        }
        if links.pass(now) {
            shared.inbox.wake();
        }
    }
}

/// Ends the tick thread.
struct CloseOnDrop(Arc<Inbox>);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        self.0.close();
    }
}

async fn listen(
    me: Address,
    program: &Program,
    addresses: &BTreeMap<Address, String>,
    open: Option<std::net::TcpListener>,
) -> Result<TcpListener, NodeError> {
    let Some(address) = addresses.get(&me) else {
        return Err(NodeError::NotInCluster { node: print::address(me, program) });
    };
    let listener = match open {
        Some(open) => open.set_nonblocking(true).and_then(|()| TcpListener::from_std(open)),
        None => TcpListener::bind(address.as_str()).await,
    };
    listener.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => NodeError::AddressInUse { address: address.clone() },
        _ => NodeError::Listen { address: address.clone(), error },
    })
}

type Done = oneshot::Receiver<Result<(), TickError>>;

/// Starts the tick thread. The receiver fails if the thread panics.
fn spawn(
    thread: TickThread,
    record: Option<Recorder>,
    durable: Option<Durable>,
    recovered: watch::Sender<bool>,
    make_engine: impl FnOnce() -> Result<Box<dyn Engine>, EngineError> + Send + 'static,
    mut host: Box<dyn Host>,
) -> Result<Done, NodeError> {
    let (sender, done) = oneshot::channel();
    std::thread::Builder::new()
        .name("tick".into())
        .spawn(move || {
            let result = tick_thread::run(&thread, record, durable, &recovered, make_engine, host.as_mut());
            // Before the host goes: when the coordinator hears no more, the end is already known here.
            let _ = sender.send(result);
        })
        .map_err(NodeError::Thread)?;
    Ok(done)
}

fn end_of(
    end: Result<Result<(), TickError>, oneshot::error::RecvError>,
    shared: &Shared,
) -> Result<NodeExit, NodeError> {
    match end {
        Ok(Ok(())) => Ok(NodeExit::Finished),
        Ok(Err(error)) => {
            let (why, by_program) = error.describe(&shared.schema.program);
            Err(NodeError::Tick { why, by_program })
        }
        Err(_) => Err(NodeError::Tick { why: "the engine's thread panicked".into(), by_program: false }),
    }
}
