//! The connections that this node makes to send: one to each peer, made again for ever when they break.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use floret_ir::{Address, print};
use tokio::io::{AsyncRead, BufReader};
use tokio::net::TcpStream;
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};

use super::Shared;
use super::bells::Bell;
use super::line::{Line, Sent};
use crate::links::Outbox;
use crate::random::random_u64;
use crate::wire::{
    Body, FrameError, Hello, MAGIC, MAX_FRAME, Misfit, PROTOCOL_VERSION, Session, Who, decode, encode,
    read_body, write_body,
};

const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Keeps the messages to a peer going, for ever.
pub(super) async fn serve_peer(shared: Arc<Shared>, peer: Address, target: String) {
    let Some(bell) = shared.bells.of(peer) else { return };
    let mut pause = FIRST_PAUSE;
    let mut noted = false;
    loop {
        while !shared.links().wants_connection(peer) {
            bell.frames().await;
        }
        let mut welcome = false;
        let error = match converse(&shared, bell, peer, &target, &mut welcome).await {
            Ok(()) => "it closed the connection".to_owned(),
            Err(error) => error,
        };
        shared.links().disconnected(peer);
        if welcome {
            (pause, noted) = (FIRST_PAUSE, false);
        }
        // Once for each time it goes away, not for each attempt; not while it is still starting, nor when all end and nothing
        // waits for it.
        let over = shared.inbox.is_ending() && shared.links().outbox(peer).is_none_or(Outbox::is_empty);
        if !noted && !over && pause >= LONGEST_PAUSE / 4 {
            let name = print::address(peer, &shared.schema.program);
            shared.note(&format!("cannot send to {name} at {target}: {error}; trying on"));
            noted = true;
        }
        // Not all at once, when many lost the same peer.
        sleep(pause.mul_f64(0.5 + random_u64() as f64 / u64::MAX as f64 / 2.0)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// One connection's life.
async fn converse(
    shared: &Shared,
    bell: &Bell,
    peer: Address,
    target: &str,
    welcome: &mut bool,
) -> Result<(), String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    // A session that no committed tick knows yet is waited for.
    let Some((session, first)) = shared.links().hello(peer) else { return Ok(()) };
    let stream = timeout(shared.handshake(), TcpStream::connect(target))
        .await
        .map_err(|_| "no answer".to_owned())?
        .map_err(|error| text(&error))?;
    stream.set_nodelay(true).map_err(|error| text(&error))?;
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    let hello = Hello {
        magic: MAGIC,
        version: PROTOCOL_VERSION,
        program: shared.program_hash,
        token: shared.token.clone(),
        who: Who::Node { address: shared.me, session, first },
    };
    write_body(&mut writer, &encode(&Body::Hello(hello))).await.map_err(|error| text(&error))?;
    let answer = timeout(shared.handshake(), read_message(&mut reader))
        .await
        .map_err(|_| "no answer".to_owned())?
        .map_err(|error| text(&error))?;
    let greeting = match answer {
        Some(Body::Welcome(greeting)) => greeting,
        Some(Body::Refused(why)) => return Err(format!("refused: {why}")),
        Some(_) => return Err(text(&FrameError::Garbage)),
        None => return Ok(()),
    };
    let welcomed = shared.links().welcomed(peer, session, &greeting);
    let position = welcomed.map_err(|misfit| lie(shared, peer, misfit))?;
    *welcome = true;
    shared.inbox.wake();
    let line = Arc::new(Line::new(peer, session, writer, position));
    tokio::select! {
        result = read_words(shared, &mut reader, peer, session) => result,
        result = write_frames(shared, line, bell) => result.map_err(|error| text(&error)),
    }
}

/// The peer says that it has what it can't have. (A session that has just ended is nobody's fault.)
fn lie(shared: &Shared, peer: Address, misfit: Misfit) -> String {
    let why = format!("it acknowledges {misfit}");
    if misfit != Misfit::OldSession {
        shared.refuse(&format!("from {}: {why}", print::address(peer, &shared.schema.program)));
    }
    why
}

/// Hears what the peer has taken, until the connection ends or it gives no sign of life any more.
async fn read_words(
    shared: &Shared,
    reader: &mut (impl AsyncRead + Unpin),
    peer: Address,
    session: Session,
) -> Result<(), String> {
    loop {
        let body = timeout(shared.silence(), read_message(reader))
            .await
            .map_err(|_| "it gives no sign of life".to_owned())?
            .map_err(|error| error.to_string())?;
        let due = match body {
            None => return Ok(()),
            Some(Body::Ack(next)) => {
                let result = shared.links().acknowledged(peer, session, next);
                result.map_err(|misfit| lie(shared, peer, misfit))?
            }
            Some(Body::Blocked(word)) => {
                let (tell, due) = shared.links().hear_blocked(peer, word);
                if tell {
                    shared.bells.ring_all_words();
                }
                due
            }
            Some(
                Body::Hello(_)
                | Body::Welcome(_)
                | Body::Refused(_)
                | Body::Data(_)
                | Body::Lossy(_)
                | Body::Ping
                | Body::ToNode(_)
                | Body::FromNode(_),
            ) => return Err(FrameError::Garbage.to_string()),
        };
        if due {
            shared.inbox.wake();
        }
    }
}

/// Sends what there is, until the session is over.
async fn write_frames(shared: &Shared, line: Arc<Line>, bell: &Bell) -> io::Result<()> {
    bell.connect(Some(Arc::clone(&line)));
    let _disconnect = Disconnect(bell);
    let ping = encode(&Body::Ping);
    let mut sent = line.send(shared)?;
    loop {
        sent = match sent {
            Sent::Over => return Ok(()),
            Sent::Some => {
                yield_now().await;
                line.send(shared)?
            }
            Sent::Full => {
                line.writable().await?;
                line.send(shared)?
            }
            Sent::All => match timeout(shared.silence() / 4, bell.frames()).await {
                Ok(()) => line.send(shared)?,
                Err(_) => line.send_after(&ping, shared)?,
            },
        };
    }
}

/// Nobody is to send by a connection that is no more.
struct Disconnect<'a>(&'a Bell);

impl Drop for Disconnect<'_> {
    fn drop(&mut self) {
        self.0.connect(None);
    }
}

async fn read_message(reader: &mut (impl AsyncRead + Unpin)) -> Result<Option<Body>, FrameError> {
    match read_body(reader, MAX_FRAME).await? {
        Some(body) => decode(&body).map(Some),
        None => Ok(None),
    }
}
