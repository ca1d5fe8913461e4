//! Peers and strangers that stall, flood or lie: they are refused, counted or given up; the node and its other peers go on.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::super::testing::{GO, input, row, worker};
use super::refusals::{frame, hello};
use super::{BOUND, Doors, Nodes};
use crate::links::Limits;
use crate::wire::{Body, MAX_FRAME, Welcome, decode, encode, read_body, write_body};

/// Silent peers are given up after so long here.
const PATIENCE: Duration = Duration::from_secs(2);

fn limits() -> Limits {
    Limits { peer_patience: Some(PATIENCE), ..Limits::default() }
}

/// `rounds` rows that go from node 0 to node 1 and back, with the rows that nodes show.
fn ping_pong(rounds: i64) -> (BTreeMap<u32, Vec<floret_ir::InputRow>>, super::Rows) {
    let inputs = BTreeMap::from([(0, vec![input(GO, 1, rounds)])]);
    (inputs, (0..=rounds).map(|hops| (((rounds - hops) % 2) as u32, 1, hops)).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_strangers_keep_nobody_out() {
    let doors = Doors::open(2);
    let target = doors.addresses[&worker(1)].clone();
    // More than may wait to say who they are, before the node's peer comes; each with a part of a frame. (As many as the
    // system lets wait before anybody accepts them.)
    let mut strangers = Vec::new();
    for _ in 0..100 {
        let mut stranger = TcpStream::connect(&target).await.unwrap();
        stranger.write_all(&[9, 0]).await.unwrap();
        strangers.push(stranger);
    }
    let (inputs, expected) = ping_pong(200);
    let mut nodes = Nodes::start(doors, limits(), inputs, |doors| doors.addresses.clone());
    assert_eq!(nodes.rows(expected.len()).await, expected);
    let note = timeout(BOUND, nodes.notes.recv()).await.unwrap().unwrap();
    assert_eq!(note, "refused: too many connections that do not say who they are");
    nodes.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hello_that_comes_bit_by_bit_is_not_waited_for() {
    let doors = Doors::open(1);
    let target = doors.addresses[&worker(0)].clone();
    let mut nodes = Nodes::start(doors, limits(), BTreeMap::new(), |doors| doors.addresses.clone());
    let mut stranger = TcpStream::connect(&target).await.unwrap();
    let bytes = frame(&Body::Hello(hello())).await;
    let drip = async {
        for byte in &bytes {
            if stranger.write_all(&[*byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(PATIENCE / 4).await;
        }
    };
    let note = async { nodes.notes.recv().await.unwrap() };
    let (note, ()) = timeout(BOUND, async { tokio::join!(note, drip) }).await.unwrap();
    assert!(note.ends_with(": it did not say who it is"), "{note}");
    nodes.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_stops_inside_a_frame_is_hung_up() {
    let doors = Doors::open(3);
    let target = doors.addresses[&worker(0)].clone();
    let mut doors = doors;
    doors.listeners.truncate(2);
    let (inputs, expected) = ping_pong(200);
    // The circle of two nodes; worker 2 is the one that stalls.
    let mut nodes = Nodes::start(doors, limits(), inputs, |doors| doors.addresses.clone());
    let mut stalled = TcpStream::connect(&target).await.unwrap();
    let mut hello = hello();
    hello.who = super::refusals::who(worker(2), 5);
    stalled.write_all(&frame(&Body::Hello(hello)).await).await.unwrap();
    stalled.write_all(&(MAX_FRAME as u32).to_le_bytes()).await.unwrap();
    stalled.write_all(&[0; 1000]).await.unwrap();
    assert_eq!(nodes.rows(expected.len()).await, expected);
    // It hears until then that the node lives.
    let end = async { while let Ok(Some(_)) = read_body(&mut stalled, MAX_FRAME).await {} };
    timeout(BOUND, end).await.unwrap();
    nodes.stop().await;
}

/// A node 1 that greets and then says this to whatever comes; what it heard is thrown away.
async fn false_node(listener: TcpListener, words: impl Fn() -> Vec<Body>) {
    let mut connections = JoinSet::new();
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let words = words();
        connections.spawn(async move {
            let Ok(Some(_)) = read_body(&mut stream, MAX_FRAME).await else { return };
            for word in words {
                if write_body(&mut stream, &encode(&word)).await.is_err() {
                    return;
                }
            }
            while let Ok(Some(_)) = read_body(&mut stream, MAX_FRAME).await {}
        });
    }
}

fn welcome(next: u64) -> Body {
    Body::Welcome(Welcome { incarnation: 77, next })
}

/// Three nodes in a circle; the messages for node 1 go to a false one.
async fn among_false(words: impl Fn() -> Vec<Body> + Send + 'static) -> (Nodes, JoinSet<()>) {
    let doors = Doors::open(3);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let mut ways = doors.addresses.clone();
    ways.insert(worker(1), listener.local_addr().unwrap().to_string());
    let mut tasks = JoinSet::new();
    tasks.spawn(false_node(listener, words));
    // To node 1 from node 0, and from node 2 to node 0.
    let inputs =
        BTreeMap::from([(0, (0..50).map(|id| input(GO, id, 1)).collect()), (2, vec![input(GO, 100, 1)])]);
    let limits = Limits { outgoing_rows: 20, ..limits() };
    (Nodes::start(doors, limits, inputs, |_| ways.clone()), tasks)
}

/// Node 0 shows its 50 rows and that of node 2, which may come when node 0 has given node 1 up.
async fn others_go_on(nodes: &mut Nodes) {
    let mut expected: super::Rows = (0..50).map(|id| (0, id, 1)).collect();
    expected.extend([(2, 100, 1), (0, 100, 0)]);
    assert_eq!(nodes.rows(expected.len()).await, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_takes_nothing_is_given_up_when_others_wait() {
    let (mut nodes, _tasks) = among_false(|| vec![welcome(0)]).await;
    others_go_on(&mut nodes).await;
    let note = timeout(BOUND, nodes.notes.recv()).await.unwrap().unwrap();
    assert_eq!(
        note,
        "Worker[1] is given up: it gives no sign of life; 50 messages are lost with peers so far"
    );
    nodes.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_acknowledges_what_it_was_not_sent_is_refused() {
    let (mut nodes, _tasks) = among_false(|| vec![welcome(0), Body::Ack(1 << 40)]).await;
    let note = timeout(BOUND, nodes.notes.recv()).await.unwrap().unwrap();
    assert_eq!(note, "refused: from Worker[1]: it acknowledges rows after a gap");
    others_go_on(&mut nodes).await;
    nodes.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_talks_nonsense_is_hung_up_and_others_go_on() {
    let (mut nodes, _tasks) = among_false(|| vec![welcome(0), Body::Refused("x".into())]).await;
    others_go_on(&mut nodes).await;
    nodes.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_floods_waits_for_the_node() {
    let doors = Doors::open(2);
    let target = doors.addresses[&worker(0)].clone();
    let schema = crate::wire::Schema::new(std::sync::Arc::new(super::program()), doors.deployment());
    let mut doors = doors;
    doors.listeners.truncate(1);
    let limits = Limits { inbox_rows: 10, tick_rows: 10, ..limits() };
    let mut nodes = Nodes::start(doors, limits, BTreeMap::new(), |doors| doors.addresses.clone());
    let mut stream = TcpStream::connect(&target).await.unwrap();
    stream.write_all(&frame(&Body::Hello(hello())).await).await.unwrap();
    // Every frame comes three times, and far more than there is room for.
    let flood = async {
        for id in 0..2000_i64 {
            let rows = crate::wire::pack(&[row(id, 0)]).unwrap().remove(0);
            let data = crate::wire::Data {
                channel: schema.channel(super::super::testing::HOP),
                relation: super::super::testing::HOP,
                first: id.cast_unsigned(),
                tick: 1,
                last: true,
                rows,
            };
            let bytes = frame(&Body::Data(data)).await;
            for _ in 0..3 {
                stream.write_all(&bytes).await.unwrap();
            }
        }
        // Until all is acknowledged.
        while let Ok(Some(body)) = read_body(&mut stream, MAX_FRAME).await {
            if decode(&body).unwrap() == Body::Ack(2000) {
                return;
            }
        }
        panic!("hung up");
    };
    let (rows, ()) = timeout(BOUND, async { tokio::join!(nodes.rows(2000), flood) }).await.unwrap();
    assert_eq!(rows, (0..2000).map(|id| (0, id, 0)).collect());
    nodes.stop().await;
}
