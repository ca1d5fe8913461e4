//! The links of two nodes, a wire between them that the test holds in its hands, and a program with a channel of each
//! promise.

mod promises;
mod rules;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use floret_ir::{Address, Deployment, Program, RelationId, Send};

use super::*;
use crate::shell::testing::{HOP, program, row, worker};
use crate::wire::{Blocked, Body, Schema, decode};

/// The program's ordered channel, and its lossy one.
const ORDER: RelationId = RelationId(4);
const NOISE: RelationId = RelationId(5);
const SENDER: Address = Address { role: crate::shell::testing::WORKER, index: 0 };
const RECEIVER: Address = Address { role: crate::shell::testing::WORKER, index: 1 };

fn schema(program: Program) -> Arc<Schema> {
    Arc::new(Schema::new(Arc::new(program), Deployment::new([3].into_iter().collect())))
}

/// A node's links and the number of its last tick.
struct Node {
    me: Address,
    schema: Arc<Schema>,
    links: Links,
    ticks: u64,
}

impl Node {
    fn new(me: Address, schema: &Arc<Schema>, incarnation: u64, limits: Limits) -> Node {
        let mut links = Links::new(me, &schema.program, (0..3).map(worker), incarnation, limits);
        links.start(0);
        Node { me, schema: Arc::clone(schema), links, ticks: 0 }
    }
    fn bundles(&self, sends: &[(Address, RelationId, i64)]) -> Vec<Bundle> {
        let send = |(to, relation, id): &(Address, RelationId, i64)| Send {
            to: *to,
            relation: *relation,
            row: row(*id, 0),
        };
        let sends: BTreeSet<Send> = sends.iter().map(send).collect();
        bundle(self.me, &self.schema, &sends).unwrap()
    }
    /// A tick that sends these; what it took.
    fn tick(&mut self, sends: &[(Address, RelationId, i64)]) -> Taken {
        let taken = self.links.take(true);
        self.ticks += 1;
        let bundles = self.bundles(sends);
        self.links.commit(self.ticks, &taken.log, bundles);
        taken
    }
    /// A frame from the other comes in over a connection of this session. Gives what was refused.
    fn receive(&mut self, from: Address, session: Session, frame: &Encoded) -> Result<(), Misfit> {
        match decode(frame.bytes()).unwrap() {
            Body::Data(data) => {
                let rows = arrived(&self.schema, self.me, from, data)?;
                self.links.receive(from, session, rows)
            }
            Body::Lossy(lossy) => {
                let (relation, rows, weight) = arrived_lossy(&self.schema, self.me, from, &lossy)?;
                self.links.receive_lossy(from, relation, rows, weight);
                Ok(())
            }
            other => panic!("{other:?}"),
        }
    }
}

/// A connection that one node made to another.
#[derive(Clone)]
struct Wire {
    session: Session,
    position: u64,
    frames: VecDeque<Encoded>,
}

/// Connects.
fn connect(from: &mut Node, to: &mut Node) -> Result<Wire, Misfit> {
    let (session, first) = from.links.hello(to.me).ok_or(Misfit::OldSession)?;
    let welcome = to.links.meet(from.me, session, first)?;
    let position = from.links.welcomed(to.me, session, &welcome)?;
    Ok(Wire { session, position, frames: VecDeque::new() })
}

impl Wire {
    /// The sender puts its next frame on the wire.
    fn load(&mut self, from: &mut Node, to: Address) -> bool {
        match from.links.next_frame(to, self.session, self.position) {
            Next::Frame(frame, after) => {
                self.frames.push_back(frame);
                self.position = after;
                true
            }
            Next::Nothing | Next::Over => false,
        }
    }
    /// The receiver takes the next frame from the wire.
    fn unload(&mut self, from: Address, to: &mut Node) -> Result<bool, Misfit> {
        match self.frames.pop_front() {
            Some(frame) => to.receive(from, self.session, &frame).map(|()| true),
            None => Ok(false),
        }
    }
    /// Everything there is goes over.
    fn carry_all(&mut self, from: &mut Node, to: &mut Node) {
        while self.load(from, to.me) || self.unload(from.me, to).unwrap() {}
    }
    /// What the receiver says goes back.
    fn acknowledge(&self, from: &mut Node, to: &Node) -> Result<bool, Misfit> {
        match to.links.acknowledgement(from.me, self.session) {
            Some(next) => from.links.acknowledged(to.me, self.session, next),
            None => Ok(false),
        }
    }
}

/// The ids of messages on a channel.
fn ids(taken: &Taken, relation: RelationId) -> Vec<i64> {
    let of = |message: &Message| {
        (message.relation == relation).then(|| crate::shell::testing::numbers(&message.row).0)
    };
    taken.messages.iter().filter_map(of).collect()
}
