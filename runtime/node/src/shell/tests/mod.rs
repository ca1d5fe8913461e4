//! Nodes over loopback TCP in one process, with the engine of [`super::testing`]. Tests wait for what they expect,
//! bounded by [`BOUND`]; no port is fixed.

mod delivery;
mod durable;
mod ends;
mod hostile;
mod refusals;

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use floret_ir::{Address, Deployment, Engine, EngineError, InputRow};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::testing::{ECHO, Relay, numbers, program, worker};
use super::{Alone, Drive, NodeConfig, NodeError, NodeExit, run_node};
use crate::links::Limits;

pub(super) const BOUND: Duration = Duration::from_secs(60);
pub(super) const TOKEN: &str = "secret";
pub(super) const PROGRAM_HASH: u64 = 7;

/// Open listeners for some nodes, and their addresses.
pub(super) struct Doors {
    pub listeners: Vec<TcpListener>,
    pub addresses: BTreeMap<Address, String>,
}

impl Doors {
    pub fn open(count: u32) -> Doors {
        let listeners: Vec<TcpListener> =
            (0..count).map(|_| TcpListener::bind(("127.0.0.1", 0)).unwrap()).collect();
        let address = |listener: &TcpListener| listener.local_addr().unwrap().to_string();
        let addresses = (0..count).map(worker).zip(listeners.iter().map(address)).collect();
        Doors { listeners, addresses }
    }
    pub fn deployment(&self) -> Deployment {
        Deployment::new([self.addresses.len() as u32].into_iter().collect())
    }
}

/// What a node with this drive is configured as.
pub(super) fn config(
    me: Address,
    doors: &Doors,
    listener: Option<TcpListener>,
    drive: Drive,
    notes: &mpsc::UnboundedSender<String>,
) -> NodeConfig {
    let notes = notes.clone();
    NodeConfig {
        me,
        program: Arc::new(program()),
        program_hash: PROGRAM_HASH,
        deployment: doors.deployment(),
        addresses: doors.addresses.clone(),
        token: TOKEN.into(),
        listener,
        drive,
        limits: Limits::default(),
        record: None,
        durable: None,
        note: Box::new(move |note| {
            let _ = notes.send(note.to_owned());
        }),
    }
}

pub(super) type Made = Result<Box<dyn Engine>, EngineError>;

pub(super) fn relay(me: Address, count: u32) -> impl FnOnce() -> Made + Send + 'static {
    move || Ok(Box::new(Relay::new(me, count)))
}

/// Rows that nodes showed: node, id, hops.
pub(super) type Rows = BTreeSet<(u32, i64, i64)>;

/// A node's task, and how to stop it.
type Running = (oneshot::Sender<()>, JoinHandle<Result<NodeExit, NodeError>>);

/// Nodes that run by themselves.
pub(super) struct Nodes {
    nodes: Vec<Running>,
    /// The rows they show: node, id, hops.
    shown: mpsc::UnboundedReceiver<(u32, i64, i64)>,
    pub notes: mpsc::UnboundedReceiver<String>,
}

impl Nodes {
    /// Starts nodes. `reach` says where one node reaches the others.
    pub fn start(
        mut doors: Doors,
        limits: Limits,
        mut inputs: BTreeMap<u32, Vec<InputRow>>,
        reach: impl Fn(&Doors) -> BTreeMap<Address, String>,
    ) -> Nodes {
        let (shown_sender, shown) = mpsc::unbounded_channel();
        let (note_sender, notes) = mpsc::unbounded_channel();
        let listeners = std::mem::take(&mut doors.listeners);
        let count = listeners.len() as u32;
        let start = |(index, listener)| {
            let (stop, stopped) = oneshot::channel::<()>();
            let shown: mpsc::UnboundedSender<(u32, i64, i64)> = shown_sender.clone();
            let alone = Alone {
                inputs: inputs.remove(&index).unwrap_or_default(),
                feed: None,
                on_tick: Box::new(move |tick| {
                    for change in tick.effects.changes.get(&ECHO).into_iter().flatten() {
                        let (id, hops) = numbers(&change.row);
                        shown.send((index, id, hops)).map_err(|_| "nobody looks".to_owned())?;
                    }
                    Ok(())
                }),
                shutdown: Box::pin(async {
                    let _ = stopped.await;
                }),
            };
            let mut config = config(worker(index), &doors, Some(listener), Drive::Alone(alone), &note_sender);
            config.limits = limits;
            config.addresses = reach(&doors);
            (stop, tokio::spawn(run_node(config, relay(worker(index), count))))
        };
        let nodes = (0..count).zip(listeners).map(start).collect();
        Nodes { nodes, shown, notes }
    }

    /// Waits for this many rows. None may come twice.
    pub async fn rows(&mut self, count: usize) -> Rows {
        let mut rows = BTreeSet::new();
        while rows.len() < count {
            let row = timeout(BOUND, self.shown.recv()).await;
            let row = row.unwrap_or_else(|_| panic!("{} rows of {count} came in time", rows.len()));
            assert!(rows.insert(row.unwrap()), "{row:?} came twice");
        }
        rows
    }

    /// Stops the nodes, which end in order and show nothing more.
    pub async fn stop(mut self) {
        for (stop, node) in self.nodes {
            let _ = stop.send(());
            assert_eq!(timeout(BOUND, node).await.unwrap().unwrap().unwrap(), NodeExit::Finished);
        }
        assert_eq!(self.shown.recv().await, None);
    }
}
