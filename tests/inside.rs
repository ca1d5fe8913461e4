//! Nodes that run in threads of the test itself: it feeds them and sees every tick.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::JoinHandle;

use floret_ir::artifact::{self, Artifact};
use floret_ir::{Address, Deployment, Engine, InputRow, Observe, Program, RelationId, Site};
use floret_node::{Alone, Drive, Limits, NodeConfig, NodeError, NodeExit, Tick, run_node_blocking};
use floret_reference::{Options, Reference};
use tokio::sync::{mpsc, oneshot};

/// Sees each tick.
pub type OnTick = dyn FnMut(&Tick) -> Result<(), String> + Send;

/// Who a node is, and how it reaches the others.
pub struct Place {
    pub me: Address,
    pub deployment: Deployment,
    pub listener: TcpListener,
    pub addresses: BTreeMap<Address, String>,
    pub limits: Limits,
}

/// A running node.
pub struct Inside {
    /// Takes rows; whoever sends them waits while the node has enough to do.
    pub feed: mpsc::Sender<Vec<InputRow>>,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<Result<NodeExit, NodeError>>,
}

impl Inside {
    /// Starts a node. `on_tick` is called in its tick thread: while it is busy the node is.
    pub fn start(artifact: &Arc<Artifact>, place: Place, on_tick: Box<OnTick>) -> Inside {
        let Place { me, deployment, listener, addresses, limits } = place;
        let (feed, fed) = mpsc::channel(4);
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = Box::pin(async {
            let _ = stopped.await;
        });
        let config = NodeConfig {
            me,
            program: Arc::new(artifact.stratified.program.clone()),
            program_hash: artifact::program_hash(&artifact.stratified),
            deployment: deployment.clone(),
            addresses,
            token: TOKEN.into(),
            listener: Some(listener),
            drive: Drive::Alone(Alone { inputs: Vec::new(), feed: Some(fed), on_tick, shutdown }),
            limits,
            record: None,
            durable: None,
            note: Box::new(|text| eprintln!("{text}")),
        };
        let artifact = Arc::clone(artifact);
        let make = move || {
            let options = Options { observe: Observe::Outputs, tick_limit: 1000 };
            let engine = Reference::new(&artifact.stratified, Site { me, deployment }, options);
            Ok(Box::new(engine) as Box<dyn Engine>)
        };
        let thread = std::thread::spawn(move || run_node_blocking(config, make));
        Inside { feed, stop, thread }
    }
    /// Ends it in order.
    pub fn stop(self) {
        let Inside { feed, stop, thread } = self;
        drop(feed);
        let _ = stop.send(());
        assert_eq!(thread.join().unwrap().unwrap(), NodeExit::Finished);
    }
}

/// The secret of such nodes' clusters.
pub const TOKEN: &str = "secret";

/// A relation by its name.
pub fn named(program: &Program, name: &str) -> RelationId {
    program.relations.entries().find(|(_, relation)| relation.name == name).unwrap().0
}
