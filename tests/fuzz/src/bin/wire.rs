//! What peers say: frames one after the other (a length in two bytes, a body), taken as far as a node would. The hashes of
//! channels are put right, else hardly any rows would get past them. Every row that a tick takes fits its channel.
#![no_main]

use std::sync::Arc;

use floret_fuzz::{channels, fuzz_target};
use floret_ir::{Address, Arrivals, Counters, Effects, Engine, EngineError, RoleId, Stored, Timers};
use floret_node::links::{arrived, arrived_lossy};
use floret_node::wire::{Body, Data, Lossy, Schema, Session, Who, decode};
use floret_node::{Core, Limits, Links};

const ME: Address = Address { role: RoleId(0), index: 0 };
const PEER: Address = Address { role: RoleId(0), index: 1 };

/// Wants rows that fit.
struct Checks(Arc<Schema>);

impl Engine for Checks {
    fn tick(&mut self, arrivals: &Arrivals) -> Result<Effects, EngineError> {
        for message in &arrivals.messages {
            let channel = &self.0.program.relations[message.relation];
            assert_eq!(self.0.fits_message(&message.row, channel), Ok(()));
            assert_eq!(message.sender, PEER);
        }
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

fuzz_target!(|bytes: &[u8]| {
    let schema = channels();
    let limits = Limits { inbox_rows: 50, tick_rows: 20, outgoing_rows: 50, batch_rows: 100, ..Limits::default() };
    let mut links = Links::new(ME, &schema.program, [ME, PEER], 1, limits);
    links.start(0);
    let mut core = Core::new(ME, Arc::clone(&schema), Box::new(Checks(Arc::clone(&schema))), Timers::default(), 0);
    let mut session = Session { incarnation: 0, generation: 0 };
    let (mut rest, mut now) = (bytes, 0);
    while let Some(([low, high], after)) = rest.split_first_chunk() {
        let (frame, after) = after.split_at(after.len().min(usize::from(u16::from_le_bytes([*low, *high]))));
        rest = after;
        let Ok(body) = decode(frame) else { continue };
        match body {
            Body::Hello(hello) => {
                if let Who::Node { session: new, first, .. } = hello.who
                    && links.meet(PEER, new, first).is_ok()
                {
                    session = new;
                }
            }
            Body::Data(data) => {
                let data = Data { channel: schema.channel(data.relation), ..data };
                if let Ok(rows) = arrived(&schema, ME, PEER, data)
                    && links.has_room(PEER)
                {
                    let _ = links.receive(PEER, session, rows);
                }
            }
            Body::Lossy(lossy) => {
                let lossy = Lossy { channel: schema.channel(lossy.relation), ..lossy };
                if let Ok((relation, rows, weight)) = arrived_lossy(&schema, ME, PEER, &lossy) {
                    links.receive_lossy(PEER, relation, rows, weight);
                }
            }
            Body::Ack(next) => {
                if let Some((ours, _)) = links.hello(PEER) {
                    let _ = links.acknowledged(PEER, ours, next);
                }
            }
            Body::Welcome(welcome) => {
                if let Some((ours, _)) = links.hello(PEER) {
                    let _ = links.welcomed(PEER, ours, &welcome);
                }
            }
            Body::Blocked(word) => {
                links.hear_blocked(PEER, word);
            }
            Body::Refused(_) => links.disconnected(PEER),
            // Time passes, and a tick runs.
            Body::Ping | Body::ToNode(_) | Body::FromNode(_) => {
                now += 1_000_000_000;
                links.pass(now);
                assert!(core.tick(&mut links, now).is_ok());
                let state = links.state();
                links.restore(state);
            }
        }
    }
});
