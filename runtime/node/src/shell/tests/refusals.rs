//! What doesn't belong is refused, counted, and its connection closed; the node lives.

use std::collections::BTreeMap;
use std::sync::Arc;

use floret_ir::{Address, RelationId, RoleId, Row, Value};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::super::testing::{ECHO, GO, HOP, program, row, worker};
use super::{BOUND, Doors, Nodes, PROGRAM_HASH, TOKEN};
use crate::links::Limits;
use crate::wire::{
    Body, Data, Hello, MAGIC, MAX_FRAME, PROTOCOL_VERSION, Schema, Session, ToNode, Who, decode, encode,
    pack, read_body, write_body,
};

/// A stranger's connection to node 0 of two.
struct Stranger {
    nodes: Nodes,
    address: String,
    schema: Schema,
}

impl Stranger {
    fn start() -> Stranger {
        let doors = Doors::open(2);
        let address = doors.addresses[&worker(0)].clone();
        let schema = Schema::new(Arc::new(program()), doors.deployment());
        // Node 0 is the only one that runs.
        let mut doors = doors;
        doors.listeners.truncate(1);
        let nodes = Nodes::start(doors, Limits::default(), BTreeMap::new(), |doors| doors.addresses.clone());
        Stranger { nodes, address, schema }
    }

    /// Sends frames; gives what came back until the connection ended, and what the node noted.
    async fn check(&mut self, frames: &[Vec<u8>]) -> (Vec<Body>, String) {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        for frame in frames {
            // The node may have closed the connection at an earlier one.
            if stream.write_all(frame).await.is_err() {
                break;
            }
        }
        let mut answers = Vec::new();
        while let Ok(Some(body)) = timeout(BOUND, read_body(&mut stream, MAX_FRAME)).await.unwrap() {
            match decode(&body).unwrap() {
                // A sign of life.
                Body::Ack(0) => {}
                answer => answers.push(answer),
            }
        }
        let note = timeout(BOUND, self.nodes.notes.recv()).await.unwrap().unwrap();
        let note = note.strip_prefix("refused: from 127.0.0.1:").unwrap();
        (answers, note.split_once(": ").unwrap().1.to_owned())
    }

    async fn refused(&mut self, hello: Hello, why: &str) {
        let hello = frame(&Body::Hello(hello)).await;
        assert_eq!(self.check(&[hello]).await, (vec![Body::Refused(why.into())], why.to_owned()));
    }

    /// A frame after a good hello is refused without an answer.
    async fn refused_later(&mut self, body: Vec<u8>, why: &str) {
        let (answers, note) = self.check(&[frame(&Body::Hello(hello())).await, body]).await;
        assert!(matches!(answers.as_slice(), [Body::Welcome(_)]), "{answers:?}");
        assert_eq!(note, why);
    }

    fn data(&self, relation: RelationId, rows: &[Row]) -> Data {
        let rows = pack(rows).unwrap().pop().unwrap();
        Data { channel: self.schema.channel(relation), relation, first: 0, tick: 1, last: true, rows }
    }

    /// The node still takes what belongs.
    async fn lives(mut self) {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        let body = Body::Data(self.data(HOP, &[row(5, 0)]));
        for body in [Body::Hello(Hello { who: caller(99), ..hello() }), body] {
            stream.write_all(&frame(&body).await).await.unwrap();
        }
        assert_eq!(self.nodes.rows(1).await, [(0, 5, 0)].into());
        self.nodes.stop().await;
    }
}

pub(super) async fn frame(body: &Body) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_body(&mut bytes, &encode(body)).await.unwrap();
    bytes
}

pub(super) fn who(address: Address, incarnation: u64) -> Who {
    Who::Node { address, session: Session { incarnation, generation: 0 }, first: 0 }
}

fn caller(incarnation: u64) -> Who {
    who(worker(1), incarnation)
}

pub(super) fn hello() -> Hello {
    Hello {
        magic: MAGIC,
        version: PROTOCOL_VERSION,
        program: PROGRAM_HASH,
        token: TOKEN.into(),
        who: caller(1),
    }
}

#[tokio::test]
async fn callers_that_do_not_belong() {
    let mut node = Stranger::start();
    node.refused(Hello { magic: *b"HTTP/1.1", ..hello() }, "it is no part of Floret").await;
    let why = "it speaks another version of the protocol; use the same Floret on all nodes";
    node.refused(Hello { version: PROTOCOL_VERSION + 1, ..hello() }, why).await;
    node.refused(Hello { token: "guess".into(), ..hello() }, "its token is not this cluster's").await;
    let why = "it runs another program; give all nodes the same artifact";
    node.refused(Hello { program: PROGRAM_HASH + 1, ..hello() }, why).await;
    let why = "it is no other node of this cluster";
    for address in [worker(0), worker(2), Address { role: RoleId(1), index: 0 }] {
        node.refused(Hello { who: who(address, 1), ..hello() }, why).await;
    }
    node.refused(Hello { who: Who::Control, ..hello() }, "this node runs without a coordinator").await;
    node.lives().await;
}

#[tokio::test]
async fn bytes_that_are_no_hello() {
    let mut node = Stranger::start();
    let long = "a frame of 4097 bytes is over the limit of 4096";
    assert_eq!(node.check(&[4097_u32.to_le_bytes().to_vec()]).await, (vec![], long.into()));
    let http = "a frame of 542393671 bytes is over the limit of 4096";
    assert_eq!(node.check(&[b"GET / HTTP/1.1\r\n\r\n".to_vec()]).await, (vec![], http.into()));
    let garbage = "a frame holds no message of Floret's protocol";
    assert_eq!(node.check(&[vec![3, 0, 0, 0, 0xff, 0xff, 0xff]]).await, (vec![], garbage.into()));
    let (answers, why) = node.check(&[frame(&Body::Ack(1)).await]).await;
    let silent = "it did not say who it is";
    assert_eq!((answers, why.as_str()), (vec![Body::Refused(silent.into())], silent));
    node.lives().await;
}

#[tokio::test]
async fn rows_that_do_not_fit() {
    let mut node = Stranger::start();
    let good = node.data(HOP, &[row(1, 1)]);
    let with = |change: &dyn Fn(&mut Data)| {
        let mut data = good.clone();
        change(&mut data);
        Body::Data(data)
    };
    let bad_type = vec![Value::Int(1), Value::string("x")];
    for (body, why) in [
        (with(&|data| data.channel += 1), "rows for a channel that is declared otherwise here"),
        (with(&|data| data.relation = GO), "rows for a relation that takes none here"),
        (with(&|data| data.relation = RelationId(77)), "rows for a relation that takes none here"),
        (Body::Data(node.data(ECHO, &[row(1, 1)])), "rows for a relation that takes none here"),
        (Body::Data(node.data(HOP, &[vec![Value::Int(1)]])), "a row with another number of columns"),
        (Body::Data(node.data(HOP, &[bad_type])), "a value of another type"),
        (with(&|data| data.first = 1), "rows after a gap"),
        (Body::ToNode(ToNode::Finish), "a message out of place"),
    ] {
        node.refused_later(frame(&body).await, why).await;
    }
    let mut cut = encode(&with(&|_| ()));
    let last = cut.len() - 1;
    // The length of the row's bytes is right, the row in them is not.
    cut[last] = 0xff;
    let mut bytes = (cut.len() as u32).to_le_bytes().to_vec();
    bytes.extend(cut);
    node.refused_later(bytes, "bytes that are not rows").await;
    let long = "a frame of 16777217 bytes is over the limit of 16777216";
    node.refused_later((MAX_FRAME as u32 + 1).to_le_bytes().to_vec(), long).await;
    node.lives().await;
}
