//! How a node ends, and its talk with a coordinator.

use floret_ir::{Arrivals, Counters, Effects, Engine, EngineError, RowChange, Stored};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::super::testing::{ECHO, GO, HOP, SEED, row, worker};
use super::super::{Drive, NodeError, NodeExit, run_node};
use super::{BOUND, Doors, Made, PROGRAM_HASH, TOKEN, config, relay};
use crate::wire::{
    Body, FromNode, Hello, MAGIC, MAX_FRAME, OutputRows, PROTOCOL_VERSION, Status, ToNode, Who, decode,
    encode, pack, read_body, write_body,
};

/// An engine that does this in its first tick.
struct Doing(fn() -> Result<Effects, EngineError>);

impl Engine for Doing {
    fn tick(&mut self, _: &Arrivals) -> Result<Effects, EngineError> {
        (self.0)()
    }
    fn stored(&self) -> Stored {
        Stored::default()
    }
    fn resume(&mut self, _: Stored) -> Result<(), EngineError> {
        Ok(())
    }
    fn counters(&self) -> Counters {
        Counters::default()
    }
}

struct Coordinated {
    address: String,
    node: JoinHandle<Result<NodeExit, NodeError>>,
    notes: mpsc::UnboundedReceiver<String>,
}

fn start(make_engine: impl FnOnce() -> Made + Send + 'static) -> Coordinated {
    let mut doors = Doors::open(1);
    let listener = doors.listeners.pop();
    let (note_sender, notes) = mpsc::unbounded_channel();
    let drive = Drive::Coordinated { stop_with_coordinator: true };
    let config = config(worker(0), &doors, listener, drive, &note_sender);
    let address = doors.addresses[&worker(0)].clone();
    Coordinated { address, node: tokio::spawn(run_node(config, make_engine)), notes }
}

impl Coordinated {
    async fn call(&self) -> Line {
        let stream = TcpStream::connect(&self.address).await.unwrap();
        let mut line = Line(stream);
        let hello = Hello {
            magic: MAGIC,
            version: PROTOCOL_VERSION,
            program: PROGRAM_HASH,
            token: TOKEN.into(),
            who: Who::Control,
        };
        line.say(&Body::Hello(hello)).await;
        line
    }
    async fn end(self) -> Result<NodeExit, NodeError> {
        timeout(BOUND, self.node).await.unwrap().unwrap()
    }
}

/// A coordinator's end of the line.
struct Line(TcpStream);

impl Line {
    async fn say(&mut self, body: &Body) {
        write_body(&mut self.0, &encode(body)).await.unwrap();
    }
    async fn tell(&mut self, word: ToNode) {
        self.say(&Body::ToNode(word)).await;
    }
    async fn hear(&mut self) -> Option<Body> {
        let body = timeout(BOUND, read_body(&mut self.0, MAX_FRAME)).await.unwrap().unwrap();
        body.map(|body| decode(&body).unwrap())
    }
    async fn hear_word(&mut self) -> FromNode {
        match self.hear().await {
            Some(Body::FromNode(word)) => word,
            other => panic!("{other:?}"),
        }
    }
    async fn ready(&mut self) {
        assert!(matches!(self.hear().await, Some(Body::Welcome(_))));
        assert_eq!(self.hear_word().await, FromNode::Ready);
    }
    async fn probe(&mut self, wave: u64) -> Status {
        self.tell(ToNode::Probe(wave)).await;
        match self.hear_word().await {
            FromNode::Status(status) if status.wave == wave => status,
            other => panic!("{other:?}"),
        }
    }
}

fn rows(relation: floret_ir::RelationId, rows: &[floret_ir::Row]) -> ToNode {
    ToNode::Inputs { relation, rows: pack(rows).unwrap().pop().unwrap() }
}

fn echo(tick: u64, shown: &[floret_ir::Row]) -> [FromNode; 2] {
    let changes: Vec<RowChange> =
        shown.iter().map(|row| RowChange { row: row.clone(), added: true }).collect();
    let rows = OutputRows::Changes(ECHO, pack(&changes).unwrap().pop().unwrap());
    [FromNode::Outputs { tick, rows }, FromNode::TickEnd(tick)]
}

#[tokio::test]
async fn a_node_does_what_its_coordinator_says() {
    let node = start(relay(worker(0), 1));
    let mut line = node.call().await;
    line.ready().await;
    line.tell(rows(SEED, &[row(1, 0), row(2, 0)])).await;
    assert_eq!(line.hear_word().await, FromNode::Taken(2));
    // Not started: no tick, and not idle.
    let status = line.probe(1).await;
    assert_eq!((status.idle, status.inputs_done, status.counters.ticks), (false, false, 0));
    line.tell(ToNode::Start).await;
    for word in echo(1, &[row(1, 0), row(2, 0)]) {
        assert_eq!(line.hear_word().await, word);
    }
    line.tell(rows(GO, &[row(3, 1)])).await;
    assert_eq!(line.hear_word().await, FromNode::Taken(1));
    for word in echo(2, &[row(3, 1)]).into_iter().chain(echo(3, &[row(3, 0)])) {
        assert_eq!(line.hear_word().await, word);
    }
    let status = line.probe(2).await;
    assert_eq!((status.idle, status.inputs_done), (true, false));
    line.tell(ToNode::EndOfInputs).await;
    let status = line.probe(3).await;
    assert_eq!((status.idle, status.inputs_done, status.sent, status.processed), (true, true, 1, 1));
    line.tell(ToNode::Finish).await;
    assert!(matches!(line.hear_word().await, FromNode::Finished(_)));
    assert_eq!(line.hear().await, None);
    drop(line);
    assert_eq!(node.end().await.unwrap(), NodeExit::Finished);
}

#[tokio::test]
async fn a_second_coordinator_is_refused_and_the_loss_of_the_first_ends_the_node() {
    let mut node = start(relay(worker(0), 1));
    let mut first = node.call().await;
    first.ready().await;
    let mut second = node.call().await;
    assert_eq!(second.hear().await, Some(Body::Refused("this node has a coordinator".into())));
    assert_eq!(second.hear().await, None);
    assert!(node.notes.recv().await.unwrap().ends_with(": this node has a coordinator"));
    assert!(first.probe(1).await.refused == 1);
    drop(first);
    assert_eq!(node.end().await.unwrap(), NodeExit::CoordinatorLost);
}

#[tokio::test]
async fn a_coordinator_that_talks_nonsense_is_none() {
    let node = start(relay(worker(0), 1));
    let mut line = node.call().await;
    line.ready().await;
    line.tell(rows(ECHO, &[row(1, 1)])).await;
    assert_eq!(node.end().await.unwrap(), NodeExit::CoordinatorLost);
}

#[tokio::test]
async fn a_running_tick_does_not_keep_a_node_from_ending() {
    let (started, mut has_started) = mpsc::unbounded_channel();
    let (_hold, held) = std::sync::mpsc::channel::<()>();
    struct Long(mpsc::UnboundedSender<()>, std::sync::mpsc::Receiver<()>);
    impl Engine for Long {
        fn tick(&mut self, _: &Arrivals) -> Result<Effects, EngineError> {
            self.0.send(()).unwrap();
            // Until the test is over.
            let _ = self.1.recv();
            Ok(Effects::default())
        }
        fn stored(&self) -> Stored {
            Stored::default()
        }
        fn resume(&mut self, _: Stored) -> Result<(), EngineError> {
            Ok(())
        }
        fn counters(&self) -> Counters {
            Counters::default()
        }
    }
    let node = start(move || Ok(Box::new(Long(started, held))));
    let mut line = node.call().await;
    line.ready().await;
    line.tell(ToNode::Start).await;
    timeout(BOUND, has_started.recv()).await.unwrap().unwrap();
    drop(line);
    assert_eq!(node.end().await.unwrap(), NodeExit::CoordinatorLost);
}

async fn check_failure(make_engine: impl FnOnce() -> Made + Send + 'static, why: &str, by_program: bool) {
    let node = start(make_engine);
    let mut line = node.call().await;
    assert!(matches!(line.hear().await, Some(Body::Welcome(_))));
    line.tell(ToNode::Start).await;
    let word = match line.hear_word().await {
        FromNode::Ready => line.hear_word().await,
        word => word,
    };
    assert_eq!(word, FromNode::Failed { why: why.into(), by_program });
    line.0.shutdown().await.unwrap();
    drop(line);
    let error = node.end().await.unwrap_err();
    assert_eq!((error.to_string(), error.exit_code()), (why.to_owned(), if by_program { 1 } else { 3 }));
}

#[tokio::test]
async fn failures_are_the_last_words() {
    check_failure(|| Err(EngineError::Failed("no plan".into())), "no plan", false).await;
    let limit = || Err(EngineError::TickLimit { rounds: 9, relation: ECHO });
    let why = "the recursion through `echo` did not come to an end within 9 rounds";
    check_failure(move || Ok(Box::new(Doing(limit))), why, true).await;
    let stray = || {
        let send = floret_ir::Send { to: worker(5), relation: HOP, row: row(1, 1) };
        Ok(Effects { sends: [send].into(), ..Effects::default() })
    };
    let why = "a message to Worker[5], which is no node of this cluster";
    check_failure(move || Ok(Box::new(Doing(stray))), why, true).await;
}

#[tokio::test]
async fn a_panic_in_the_engine_is_a_failure_of_the_node() {
    let node = start(|| Ok(Box::new(Doing(|| panic!("part of the test")))));
    let mut line = node.call().await;
    line.ready().await;
    line.tell(ToNode::Start).await;
    assert_eq!(line.hear().await, None);
    drop(line);
    assert_eq!(node.end().await.unwrap_err().to_string(), "the engine's thread panicked");
}

#[tokio::test]
async fn a_node_needs_an_address_of_its_own() {
    let (notes, _) = mpsc::unbounded_channel();
    let drive = || Drive::Coordinated { stop_with_coordinator: true };
    // Somebody listens there: `doors` still does.
    let doors = Doors::open(1);
    let error =
        run_node(config(worker(0), &doors, None, drive(), &notes), relay(worker(0), 1)).await.unwrap_err();
    assert!(matches!(error, NodeError::AddressInUse { .. }), "{error}");
    assert_eq!(error.exit_code(), 4);
    let error =
        run_node(config(worker(1), &doors, None, drive(), &notes), relay(worker(1), 1)).await.unwrap_err();
    assert_eq!(error.to_string(), "Worker[1] is not in the cluster file; add it there or start another node");
    let mut doors = doors;
    doors.addresses.insert(worker(0), "no.such.host.invalid:1".into());
    let error =
        run_node(config(worker(0), &doors, None, drive(), &notes), relay(worker(0), 1)).await.unwrap_err();
    assert!(matches!(error, NodeError::Listen { .. }), "{error}");
}
