//! Every message arrives once: over good connections, over bad ones, and with hardly any room.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use floret_ir::InputRow;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, copy_bidirectional};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use super::super::testing::{GO, SEED, input, worker};
use super::{Doors, Nodes, Rows};
use crate::links::Limits;
use crate::wire::{MAX_FRAME, read_body, write_body};

/// `go(id, hops)` for `ids` ids at each of `count` nodes, and the rows that must be shown: a row with `h` hops left of
/// one that started at node n with H hops is shown at node n + H - h, in a circle.
pub(super) fn going(count: u32, ids: i64, hops: i64) -> (BTreeMap<u32, Vec<InputRow>>, Rows) {
    let (mut inputs, mut expected) = (BTreeMap::<u32, Vec<InputRow>>::new(), BTreeSet::new());
    for node in 0..count {
        for id in i64::from(node) * ids..(i64::from(node) + 1) * ids {
            inputs.entry(node).or_default().push(input(GO, id, hops));
            expected.extend((0..=hops).map(|h| ((node + (hops - h) as u32) % count, id, h)));
        }
    }
    (inputs, expected)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_reach_the_nodes_they_are_for() {
    let inputs = BTreeMap::from([(0, vec![input(GO, 1, 3)]), (2, vec![input(GO, 2, 1), input(SEED, 3, 9)])]);
    let mut nodes = Nodes::start(Doors::open(3), Limits::default(), inputs, |doors| doors.addresses.clone());
    // By hand: node, id, hops left.
    let expected = [(0, 1, 3), (1, 1, 2), (2, 1, 1), (0, 1, 0), (2, 2, 1), (0, 2, 0), (2, 3, 9)];
    assert_eq!(nodes.rows(7).await, BTreeSet::from(expected));
    nodes.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_with_hardly_any_room_do_not_stand_still() {
    let (inputs, expected) = going(3, 100, 20);
    let limits = Limits { inbox_rows: 1, tick_rows: 1, outgoing_rows: 1, ..Limits::default() };
    let mut nodes = Nodes::start(Doors::open(3), limits, inputs, |doors| doors.addresses.clone());
    assert_eq!(nodes.rows(expected.len()).await, expected);
    nodes.stop().await;
}

/// A way to `target` that breaks time and again: each connection is cut after some bytes, in turn in the direction of
/// the messages and in that of the acknowledgements, now and then late enough for the largest frame.
async fn bad_way(listener: TcpListener, target: String, cuts: Arc<AtomicUsize>) {
    for number in 0.. {
        let (client, _) = listener.accept().await.unwrap();
        let server = TcpStream::connect(&target).await.unwrap();
        let (cuts, step) = (Arc::clone(&cuts), number % 20);
        tokio::spawn(async move {
            let ((from_client, to_client), (from_server, to_server)) =
                (client.into_split(), server.into_split());
            let (there, back) =
                if number % 2 == 0 { (300 + 400 * step, u64::MAX) } else { (u64::MAX, 20 + 10 * step) };
            // Whichever direction ends first takes the other with it.
            let cut = tokio::select! {
                cut = carry(from_client, to_server, there) => cut,
                cut = carry(from_server, to_client, back) => cut,
            };
            if cut {
                cuts.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
}

/// Carries at most so many bytes; whether it had to stop because of that.
async fn carry(from: OwnedReadHalf, mut to: OwnedWriteHalf, limit: u64) -> bool {
    let mut from = from.take(limit);
    // Either side may hang up.
    let _ = copy(&mut from, &mut to).await;
    let _ = to.flush().await;
    from.limit() == 0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_arrive_once_over_connections_that_break() {
    let doors = Doors::open(3);
    let cuts = Arc::new(AtomicUsize::new(0));
    let mut ways = BTreeMap::new();
    let mut tasks = tokio::task::JoinSet::new();
    for (node, target) in &doors.addresses {
        let way = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        ways.insert(*node, way.local_addr().unwrap().to_string());
        tasks.spawn(bad_way(way, target.clone(), Arc::clone(&cuts)));
    }
    let (inputs, expected) = going(3, 100, 60);
    // Few rows to a tick: many small frames.
    let limits = Limits { tick_rows: 5, ..Limits::default() };
    let mut nodes = Nodes::start(doors, limits, inputs, |_| ways.clone());
    assert_eq!(nodes.rows(expected.len()).await, expected);
    nodes.stop().await;
    assert!(cuts.load(Ordering::Relaxed) >= 10, "only {cuts:?} connections broke");
}

/// The first connection is cut while a frame is on its way through; the frame comes out when the second connection
/// has begun, so the node gets it twice.
async fn slow_way(listener: TcpListener, target: String) {
    let connect = async || {
        let (client, _) = listener.accept().await.unwrap();
        let server = TcpStream::connect(&target).await.unwrap();
        (client, server)
    };
    let pass = async |from: &mut TcpStream, to: &mut TcpStream| {
        let body = read_body(from, MAX_FRAME).await.unwrap().unwrap();
        write_body(to, &body).await.unwrap();
    };
    let (mut client, mut old_server) = connect().await;
    pass(&mut client, &mut old_server).await;
    pass(&mut old_server, &mut client).await;
    let held = read_body(&mut client, MAX_FRAME).await.unwrap().unwrap();
    drop(client);
    let (mut client, mut server) = connect().await;
    pass(&mut client, &mut server).await;
    pass(&mut server, &mut client).await;
    write_body(&mut old_server, &held).await.unwrap();
    // The node has it when it acknowledges it.
    read_body(&mut old_server, MAX_FRAME).await.unwrap().unwrap();
    let _ = copy_bidirectional(&mut client, &mut server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_that_comes_again_over_an_old_connection_is_dropped() {
    let doors = Doors::open(2);
    let way = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let mut ways = doors.addresses.clone();
    let target = ways.insert(worker(1), way.local_addr().unwrap().to_string()).unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(slow_way(way, target));
    let inputs = BTreeMap::from([(0, vec![input(GO, 1, 3)])]);
    let mut nodes = Nodes::start(doors, Limits::default(), inputs, |_| ways.clone());
    // By hand; the last row follows the repeated one on the same connection.
    assert_eq!(nodes.rows(4).await, [(0, 1, 3), (1, 1, 2), (0, 1, 1), (1, 1, 0)].into());
    nodes.stop().await;
}
