//! Connections that others make to this node: who they are, and the messages of those that are nodes.
//!
//! Whatever doesn't belong is refused and counted, and its connection closed; the node goes on.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use floret_ir::{Address, Message, Row};
use tokio::io::{BufReader, BufWriter};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::{HANDSHAKE_PATIENCE, Shared};
use crate::wire::{
    Body, Data, FrameError, HELLO_LIMIT, Hello, MAGIC, MAX_FRAME, Misfit, PROTOCOL_VERSION, Welcome, Who,
    decode, encode, read_body, write_body,
};

/// More connections at once are refused.
const MAX_CONNECTIONS: usize = 1024;

pub(super) type Reader = BufReader<OwnedReadHalf>;
pub(super) type Writer = BufWriter<OwnedWriteHalf>;

/// A coordinator that was let in.
pub(super) struct ControlConnection {
    pub reader: Reader,
    pub writer: Writer,
}

/// Which rows have arrived from which incarnation of whom.
#[derive(Default)]
pub(super) struct Senders {
    /// The number of the next row.
    next: Mutex<HashMap<(Address, u64), u64>>,
}

impl Senders {
    /// A sender that keeps all its rows from number `first` connects: which row should it start with?
    fn meet(&self, sender: Address, incarnation: u64, first: u64) -> Result<u64, Misfit> {
        let mut all = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        // One that this node has not met may have sent to the node's earlier incarnation.
        let next = *all.entry((sender, incarnation)).or_insert(first);
        if first > next { Err(Misfit::Gap) } else { Ok(next) }
    }
    /// Rows arrive: hands on those that are new, and gives the number of the next.
    fn take(
        &self,
        sender: Address,
        incarnation: u64,
        first: u64,
        mut rows: Vec<Row>,
        hand_on: impl FnOnce(Vec<Row>),
    ) -> Result<u64, Misfit> {
        let mut all = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let next = all.get_mut(&(sender, incarnation)).ok_or(Misfit::Gap)?;
        let seen = next.checked_sub(first).ok_or(Misfit::Gap)?;
        let seen = usize::try_from(seen).unwrap_or(usize::MAX).min(rows.len());
        let after = first.checked_add(rows.len() as u64).ok_or(Misfit::Gap)?;
        rows.drain(..seen);
        // Under the lock: two connections of one sender can't both find a row new.
        hand_on(rows);
        *next = after.max(*next);
        Ok(*next)
    }
}

/// Why a connection was closed from this side.
enum Refusal {
    Frame(FrameError),
    Misfit(Misfit),
    Hello(&'static str),
}

impl From<FrameError> for Refusal {
    fn from(error: FrameError) -> Self {
        Refusal::Frame(error)
    }
}
impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        Refusal::Frame(FrameError::Io(error))
    }
}
impl From<Misfit> for Refusal {
    fn from(misfit: Misfit) -> Self {
        Refusal::Misfit(misfit)
    }
}
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Frame(error) => error.fmt(f),
            Refusal::Misfit(misfit) => misfit.fmt(f),
            Refusal::Hello(why) => f.write_str(why),
        }
    }
}

/// Accepts connections, for ever.
pub(super) async fn accept(
    shared: Arc<Shared>,
    listener: TcpListener,
    control: mpsc::Sender<ControlConnection>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if connections.len() < MAX_CONNECTIONS => {
                    connections.spawn(serve(Arc::clone(&shared), stream, control.clone()));
                }
                Ok(_) => shared.refuse("too many connections"),
                // Out of file descriptors, most likely: some will be closed.
                Err(_) => sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(shared: Arc<Shared>, stream: TcpStream, control: mpsc::Sender<ControlConnection>) {
    let from = stream.peer_addr().map_or_else(|_| "?".to_owned(), |address| address.to_string());
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let (reader, writer) = stream.into_split();
    match greet(&shared, BufReader::new(reader), BufWriter::new(writer), &control).await {
        // A connection that just breaks is nobody's offence.
        Ok(()) => {}
        Err(Refusal::Frame(error)) if !error.is_offence() => {}
        Err(refusal) => shared.refuse(&format!("from {from}: {refusal}")),
    }
}

/// Finds out who calls, and serves them.
async fn greet(
    shared: &Shared,
    mut reader: Reader,
    mut writer: Writer,
    control: &mpsc::Sender<ControlConnection>,
) -> Result<(), Refusal> {
    let hello = match timeout(HANDSHAKE_PATIENCE, read_body(&mut reader, HELLO_LIMIT)).await {
        Ok(Ok(Some(body))) => decode(&body)?,
        Ok(Ok(None)) => return Ok(()),
        Ok(Err(error)) => return Err(error.into()),
        Err(_) => return Err(Refusal::Hello("it did not say who it is")),
    };
    let answer = match check(shared, hello) {
        Ok(Who::Control) if shared.has_coordinator() => Err(Refusal::Hello("this node has a coordinator")),
        Ok(Who::Control) => Ok((Who::Control, 0)),
        Ok(Who::Node { address, incarnation, first }) => shared
            .senders
            .meet(address, incarnation, first)
            .map(|next| (Who::Node { address, incarnation, first }, next))
            .map_err(Refusal::Misfit),
        Err(why) => Err(Refusal::Hello(why)),
    };
    let (who, next) = match answer {
        Ok(answer) => answer,
        Err(refusal) => {
            // The reason helps whoever set the cluster up; if it doesn't get through, so be it.
            let _ = timeout(
                HANDSHAKE_PATIENCE,
                write_body(&mut writer, &encode(&Body::Refused(refusal.to_string()))),
            )
            .await;
            return Err(refusal);
        }
    };
    let welcome = Welcome { incarnation: shared.incarnation, next };
    write_body(&mut writer, &encode(&Body::Welcome(welcome))).await?;
    match who {
        Who::Node { address, incarnation, .. } => {
            take_messages(shared, &mut reader, &mut writer, address, incarnation).await
        }
        Who::Control => {
            // Fails only when the node is at its end.
            let _ = control.send(ControlConnection { reader, writer }).await;
            Ok(())
        }
    }
}

/// Whether the caller belongs here.
fn check(shared: &Shared, body: Body) -> Result<Who, &'static str> {
    let Body::Hello(Hello { magic, version, program, token, who }) = body else {
        return Err("it did not say who it is");
    };
    if magic != MAGIC {
        return Err("it is no part of Floret");
    }
    if version != PROTOCOL_VERSION {
        return Err("it speaks another version of the protocol; use the same Floret on all nodes");
    }
    if !same_secret(&token, &shared.token) {
        return Err("its token is not this cluster's");
    }
    if program != shared.program_hash {
        return Err("it runs another program; give all nodes the same artifact");
    }
    match who {
        Who::Node { address, .. } if address == shared.me || !shared.schema.has_node(address) => {
            Err("it is no other node of this cluster")
        }
        Who::Control if !shared.coordinated => Err("this node runs without a coordinator"),
        Who::Node { .. } | Who::Control => Ok(who),
    }
}

/// Compares in a time that does not tell where they differ.
fn same_secret(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

async fn take_messages(
    shared: &Shared,
    reader: &mut Reader,
    writer: &mut Writer,
    sender: Address,
    incarnation: u64,
) -> Result<(), Refusal> {
    while let Some(body) = read_body(reader, MAX_FRAME).await? {
        let Body::Data(Data { channel, relation: id, first, rows }) = decode(&body)? else {
            return Err(Misfit::WrongMessage.into());
        };
        let relation = shared.schema.incoming(shared.me, sender, id, channel)?;
        let rows: Vec<Row> = rows.unpack(|row| shared.schema.fits_message(row, relation))?;
        shared.inbox.room_for_messages().await;
        let next = shared.senders.take(sender, incarnation, first, rows, |rows| {
            let message = |row| Message { relation: id, row, sender };
            shared.inbox.push_messages(rows.into_iter().map(message).collect());
        })?;
        write_body(writer, &encode(&Body::Ack(next))).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use floret_ir::{RoleId, Value};

    use super::*;

    const PEER: Address = Address { role: RoleId(0), index: 1 };

    fn rows(numbers: std::ops::Range<i64>) -> Vec<Row> {
        numbers.map(|n| vec![Value::Int(n)]).collect()
    }
    fn take(
        senders: &Senders,
        incarnation: u64,
        first: u64,
        given: Vec<Row>,
    ) -> Result<(u64, Vec<Row>), Misfit> {
        let mut new = Vec::new();
        let next = senders.take(PEER, incarnation, first, given, |rows| new = rows)?;
        Ok((next, new))
    }

    #[test]
    fn repeats_are_dropped_and_gaps_refused() {
        let senders = Senders::default();
        assert_eq!(senders.meet(PEER, 7, 0), Ok(0));
        assert_eq!(take(&senders, 7, 0, rows(0..3)), Ok((3, rows(0..3))));
        assert_eq!(take(&senders, 7, 0, rows(0..3)), Ok((3, rows(0..0))));
        assert_eq!(take(&senders, 7, 2, rows(2..5)), Ok((5, rows(3..5))));
        assert_eq!(take(&senders, 7, 6, rows(6..7)), Err(Misfit::Gap));
        assert_eq!(senders.meet(PEER, 7, 4), Ok(5));
        assert_eq!(senders.meet(PEER, 7, 6), Err(Misfit::Gap));
        assert_eq!(take(&senders, 7, u64::MAX, rows(0..1)), Err(Misfit::Gap));
    }

    #[test]
    fn another_incarnation_starts_where_it_says() {
        let senders = Senders::default();
        assert_eq!(senders.meet(PEER, 7, 0), Ok(0));
        assert_eq!(take(&senders, 7, 0, rows(0..3)), Ok((3, rows(0..3))));
        assert_eq!(senders.meet(PEER, 8, 10), Ok(10));
        assert_eq!(take(&senders, 8, 10, rows(0..1)), Ok((11, rows(0..1))));
        assert_eq!(take(&senders, 9, 0, rows(0..1)), Err(Misfit::Gap));
    }

    #[test]
    fn secrets_are_compared_whole() {
        assert!(same_secret("abc", "abc"));
        assert!(!same_secret("abc", "abd"));
        assert!(!same_secret("abc", "ab"));
    }
}
