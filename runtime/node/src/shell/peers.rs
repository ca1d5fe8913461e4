//! Messages on their way out: a queue and a connection per peer.
//!
//! Rows are numbered per peer from 0. A frame stays in its queue until the peer has acknowledged it; a connection that
//! breaks is made again for ever, and starts with the first row the peer has not seen.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use floret_ir::{Address, Send, print};
use tokio::io::{AsyncRead, AsyncWrite, BufReader, BufWriter};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use super::inbox::Inbox;
use super::{HANDSHAKE_PATIENCE, Shared};
use crate::wire::{
    Body, Data, FrameError, Hello, MAGIC, MAX_FRAME, PROTOCOL_VERSION, Schema, Who, decode, encode, pack,
    read_body, write_body,
};

const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// All that is on its way out.
pub(super) struct Outgoing {
    peers: BTreeMap<Address, Arc<Peer>>,
    /// Rows in all queues.
    waiting: Arc<AtomicUsize>,
    limit: usize,
}

/// A peer and what it has not acknowledged.
pub(super) struct Peer {
    pub address: Address,
    target: String,
    queue: Mutex<Queue>,
    /// Frames were added.
    added: Notify,
    waiting: Arc<AtomicUsize>,
    limit: usize,
    inbox: Arc<Inbox>,
}

#[derive(Default)]
struct Queue {
    frames: VecDeque<Outbound>,
    /// The number of the next row.
    next: u64,
}

struct Outbound {
    first: u64,
    rows: u64,
    body: Arc<[u8]>,
}

/// Why messages can't be sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum SendError {
    /// There is no such node.
    NoSuchNode(Address),
    /// A row is too large for a frame.
    TooLarge { relation: floret_ir::RelationId, size: usize },
}

impl Outgoing {
    /// Empty queues to everybody but `me`.
    pub(super) fn new(
        me: Address,
        addresses: &BTreeMap<Address, String>,
        limit: usize,
        inbox: &Arc<Inbox>,
    ) -> Self {
        let waiting = Arc::new(AtomicUsize::new(0));
        let peer = |(address, target): (&Address, &String)| {
            let peer = Peer {
                address: *address,
                target: target.clone(),
                queue: Mutex::default(),
                added: Notify::new(),
                waiting: Arc::clone(&waiting),
                limit,
                inbox: Arc::clone(inbox),
            };
            (*address, Arc::new(peer))
        };
        let peers = addresses.iter().filter(|(address, _)| **address != me).map(peer).collect();
        Outgoing { peers, waiting, limit }
    }

    /// The peers.
    pub(super) fn peers(&self) -> impl Iterator<Item = &Arc<Peer>> {
        self.peers.values()
    }

    /// Whether so much waits that no tick should add to it.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.load(Ordering::Acquire) >= self.limit
    }

    /// Whether everything was acknowledged.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.load(Ordering::Acquire) == 0
    }

    /// Queues what a tick sent. Nothing is queued if anything can't be.
    pub(super) fn send(&self, sends: &BTreeSet<Send>, schema: &Schema) -> Result<(), SendError> {
        let mut packed = Vec::new();
        // Ordered by receiver and channel, so equal ones are neighbours.
        let sends: Vec<&Send> = sends.iter().collect();
        for group in sends.chunk_by(|a, b| a.to == b.to && a.relation == b.relation) {
            let Some(Send { to, relation, .. }) = group.first() else { continue };
            let peer = self.peers.get(to).ok_or(SendError::NoSuchNode(*to))?;
            let pieces = pack(group.iter().map(|send| &send.row))
                .map_err(|error| SendError::TooLarge { relation: *relation, size: error.size })?;
            packed.push((peer, *relation, pieces));
        }
        for (peer, relation, pieces) in packed {
            for rows in pieces {
                peer.push(|first| Data { channel: schema.channel(relation), relation, first, rows });
            }
        }
        Ok(())
    }
}

impl Peer {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, data: impl FnOnce(u64) -> Data) {
        let mut queue = self.lock();
        let first = queue.next;
        let data = data(first);
        let rows = u64::from(data.rows.count());
        queue.next += rows;
        queue.frames.push_back(Outbound { first, rows, body: encode(&Body::Data(data)).into() });
        self.waiting.fetch_add(rows as usize, Ordering::AcqRel);
        drop(queue);
        self.added.notify_one();
    }

    /// The number of the oldest row that is kept, or of the next if none is.
    fn first(&self) -> u64 {
        let queue = self.lock();
        queue.frames.front().map_or(queue.next, |frame| frame.first)
    }

    /// Drops frames all of whose rows are below `next`.
    fn acknowledged(&self, next: u64) {
        let mut queue = self.lock();
        let mut rows = 0;
        while let Some(frame) = queue.frames.pop_front_if(|frame| frame.first + frame.rows <= next) {
            rows += frame.rows as usize;
        }
        let before = self.waiting.fetch_sub(rows, Ordering::AcqRel);
        drop(queue);
        if (before >= self.limit && before - rows < self.limit) || (rows > 0 && before == rows) {
            self.inbox.wake();
        }
    }

    /// The frame that holds row `position`, as soon as there is one, and the number after its last row.
    async fn frame_at(&self, position: u64) -> (Arc<[u8]>, u64) {
        loop {
            let found = {
                let queue = self.lock();
                let index = queue.frames.partition_point(|frame| frame.first + frame.rows <= position);
                queue.frames.get(index).map(|frame| (Arc::clone(&frame.body), frame.first + frame.rows))
            };
            match found {
                Some(found) => return found,
                // `notify_one` leaves a permit where nobody waits: nothing added in between is missed.
                None => self.added.notified().await,
            }
        }
    }
}

/// Keeps the messages to a peer going, for ever.
pub(super) async fn serve_peer(shared: Arc<Shared>, peer: Arc<Peer>) {
    let mut pause = FIRST_PAUSE;
    let mut noted = false;
    loop {
        peer.frame_at(peer.first()).await;
        let mut welcome = false;
        let error = match converse(&shared, &peer, &mut welcome).await {
            Ok(()) => "it closed the connection".to_owned(),
            Err(error) => error,
        };
        if welcome {
            (pause, noted) = (FIRST_PAUSE, false);
        }
        // Once for each time it goes away, not for each attempt; and not while it is still starting.
        if !noted && pause >= LONGEST_PAUSE / 4 {
            let name = print::address(peer.address, &shared.schema.program);
            shared.note(&format!("cannot send to {name} at {}: {error}; trying on", peer.target));
            noted = true;
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// One connection's life.
async fn converse(shared: &Shared, peer: &Peer, welcome: &mut bool) -> Result<(), String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let stream = timeout(HANDSHAKE_PATIENCE, TcpStream::connect(peer.target.as_str()))
        .await
        .map_err(|_| "no answer".to_owned())?
        .map_err(|error| text(&error))?;
    stream.set_nodelay(true).map_err(|error| text(&error))?;
    let (reader, writer) = stream.into_split();
    let (mut reader, mut writer) = (BufReader::new(reader), BufWriter::new(writer));
    let hello = Hello {
        magic: MAGIC,
        version: PROTOCOL_VERSION,
        program: shared.program_hash,
        token: shared.token.clone(),
        who: Who::Node { address: shared.me, incarnation: shared.incarnation, first: peer.first() },
    };
    write_body(&mut writer, &encode(&Body::Hello(hello))).await.map_err(|error| text(&error))?;
    let answer = timeout(HANDSHAKE_PATIENCE, read_message(&mut reader))
        .await
        .map_err(|_| "no answer".to_owned())?
        .map_err(|error| text(&error))?;
    let next = match answer {
        Some(Body::Welcome(welcome)) => welcome.next,
        Some(Body::Refused(why)) => return Err(format!("refused: {why}")),
        Some(_) => return Err(text(&FrameError::Garbage)),
        None => return Ok(()),
    };
    *welcome = true;
    peer.acknowledged(next);
    tokio::select! {
        result = read_acks(&mut reader, peer) => result,
        result = write_frames(&mut writer, peer, next) => result,
    }
    .map_err(|error| text(&error))
}

async fn read_acks(reader: &mut (impl AsyncRead + Unpin), peer: &Peer) -> Result<(), FrameError> {
    while let Some(body) = read_message(reader).await? {
        match body {
            Body::Ack(next) => peer.acknowledged(next),
            Body::Hello(_)
            | Body::Welcome(_)
            | Body::Refused(_)
            | Body::Data(_)
            | Body::ToNode(_)
            | Body::FromNode(_) => return Err(FrameError::Garbage),
        }
    }
    Ok(())
}

async fn write_frames(
    writer: &mut (impl AsyncWrite + Unpin),
    peer: &Peer,
    mut position: u64,
) -> Result<(), FrameError> {
    loop {
        let (body, after) = peer.frame_at(position).await;
        write_body(writer, &body).await?;
        position = after;
    }
}

async fn read_message(reader: &mut (impl AsyncRead + Unpin)) -> Result<Option<Body>, FrameError> {
    match read_body(reader, MAX_FRAME).await? {
        Some(body) => decode(&body).map(Some),
        None => Ok(None),
    }
}
