//! Connections that others make to this node: who they are.
//!
//! Whatever doesn't belong is refused and counted, and its connection closed; the node goes on.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{BufReader, BufWriter};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};

use super::{Shared, receive};
use crate::wire::{
    Body, FrameError, HELLO_LIMIT, Hello, MAGIC, Misfit, PROTOCOL_VERSION, Welcome, Who, decode, encode,
    read_body, write_body,
};

/// More connections at once are refused.
const MAX_CONNECTIONS: usize = 1024;
/// Connections that have not said who they are: when there are more, the oldest is refused. So silent callers don't keep
/// out those that belong here, however many they are.
const MAX_STRANGERS: usize = 64;

pub(super) type Reader = BufReader<OwnedReadHalf>;
pub(super) type Writer = BufWriter<OwnedWriteHalf>;

/// A coordinator that was let in.
pub(super) struct ControlConnection {
    pub reader: Reader,
    pub writer: Writer,
}

/// Why a connection was closed from this side.
pub(super) enum Refusal {
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

/// A connection that has perhaps not said yet who it is.
struct Stranger {
    task: AbortHandle,
    greeted: Arc<AtomicBool>,
}

/// Accepts connections, for ever.
pub(super) async fn accept(
    shared: Arc<Shared>,
    listener: TcpListener,
    control: mpsc::Sender<ControlConnection>,
) {
    let mut connections = JoinSet::new();
    let mut strangers: VecDeque<Stranger> = VecDeque::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if connections.len() < MAX_CONNECTIONS => {
                    strangers.retain(|one| !one.task.is_finished() && !one.greeted.load(Ordering::Acquire));
                    if strangers.len() >= MAX_STRANGERS && let Some(oldest) = strangers.pop_front() {
                        oldest.task.abort();
                        shared.refuse("too many connections that do not say who they are");
                    }
                    let greeted = Arc::new(AtomicBool::new(false));
                    let served = serve(Arc::clone(&shared), stream, control.clone(), Arc::clone(&greeted));
                    strangers.push_back(Stranger { task: connections.spawn(served), greeted });
                }
                Ok(_) => shared.refuse("too many connections"),
                // Out of file descriptors, most likely: some will be closed.
                Err(_) => sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(
    shared: Arc<Shared>,
    stream: TcpStream,
    control: mpsc::Sender<ControlConnection>,
    greeted: Arc<AtomicBool>,
) {
    let from = stream.peer_addr().map_or_else(|_| "?".to_owned(), |address| address.to_string());
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let (reader, writer) = stream.into_split();
    match greet(&shared, BufReader::new(reader), BufWriter::new(writer), &control, &greeted).await {
        // A connection that just breaks is nobody's offence.
        Ok(()) => {}
        Err(Refusal::Frame(error)) if !error.is_offence() => {}
        Err(refusal) => shared.refuse(&format!("from {from}: {refusal}")),
    }
}

/// Finds out who calls, and serves them.
async fn greet(
    shared: &Arc<Shared>,
    mut reader: Reader,
    mut writer: Writer,
    control: &mpsc::Sender<ControlConnection>,
    greeted: &AtomicBool,
) -> Result<(), Refusal> {
    let hello = match timeout(shared.handshake(), read_body(&mut reader, HELLO_LIMIT)).await {
        Ok(Ok(Some(body))) => decode(&body)?,
        Ok(Ok(None)) => return Ok(()),
        Ok(Err(error)) => return Err(error.into()),
        Err(_) => return Err(Refusal::Hello("it did not say who it is")),
    };
    let answer = match check(shared, hello) {
        Ok(Who::Control) if shared.has_coordinator() => Err(Refusal::Hello("this node has a coordinator")),
        Ok(Who::Control) => {
            Ok((Who::Control, Welcome { incarnation: shared.links().incarnation(), next: 0 }))
        }
        Ok(who @ Who::Node { address, session, first }) => shared
            .links()
            .meet(address, session, first)
            .map(|welcome| (who, welcome))
            .map_err(Refusal::Misfit),
        Err(why) => Err(Refusal::Hello(why)),
    };
    let (who, welcome) = match answer {
        Ok(answer) => answer,
        Err(refusal) => {
            // The reason helps whoever set the cluster up; if it doesn't get through, so be it.
            let _ = timeout(
                shared.handshake(),
                write_body(&mut writer, &encode(&Body::Refused(refusal.to_string()))),
            )
            .await;
            return Err(refusal);
        }
    };
    greeted.store(true, Ordering::Release);
    write_body(&mut writer, &encode(&Body::Welcome(welcome))).await?;
    match who {
        Who::Node { address, session, .. } => {
            // There may be news of it.
            shared.inbox.wake();
            receive::serve(shared, &mut reader, &mut writer, address, session).await
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_compared_whole() {
        assert!(same_secret("abc", "abc"));
        assert!(!same_secret("abc", "abd"));
        assert!(!same_secret("abc", "ab"));
    }
}
