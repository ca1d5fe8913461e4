//! The coordinator's connection to one node.

use std::time::Duration;

use floret_ir::Address;
use floret_node::wire::{
    Body, FrameError, FromNode, Hello, MAGIC, MAX_FRAME, PROTOCOL_VERSION, ToNode, Who, decode, encode,
    read_body, write_body,
};
use tokio::io::{BufReader, BufWriter};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(10);

/// An open connection.
pub(crate) struct Connection {
    reader: BufReader<OwnedReadHalf>,
    writer: BufWriter<OwnedWriteHalf>,
}

/// Why there is none.
#[derive(Debug)]
pub(crate) enum ConnectError {
    /// The node doesn't take us.
    Refused(String),
    /// It can't be reached.
    NotReached(String),
}

/// What the coordinator hears of a node.
#[derive(Debug)]
pub(crate) enum Heard {
    /// It says something.
    Said(FromNode),
    /// It said something that is no message of a node.
    Garbage(String),
    /// It is gone.
    Closed(String),
}

/// Connects to a node, trying on for as long as `patience` while nobody answers.
pub(crate) async fn connect(
    address: &str,
    token: &str,
    program_hash: u64,
    patience: Duration,
) -> Result<Connection, ConnectError> {
    let mut why = "nobody listens there".to_owned();
    let attempts = async {
        let mut pause = FIRST_PAUSE;
        loop {
            match greet(address, token, program_hash).await {
                Ok(connection) => return Ok(connection),
                Err(ConnectError::NotReached(reason)) => why = reason,
                Err(ConnectError::Refused(reason)) => return Err(ConnectError::Refused(reason)),
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    };
    match timeout(patience, attempts).await {
        Ok(result) => result,
        Err(_) => Err(ConnectError::NotReached(why)),
    }
}

async fn greet(address: &str, token: &str, program_hash: u64) -> Result<Connection, ConnectError> {
    let lost = |error: &dyn std::fmt::Display| ConnectError::NotReached(error.to_string());
    let stream = TcpStream::connect(address).await.map_err(|error| lost(&error))?;
    stream.set_nodelay(true).map_err(|error| lost(&error))?;
    let (reader, writer) = stream.into_split();
    let (mut reader, mut writer) = (BufReader::new(reader), BufWriter::new(writer));
    let hello = Hello {
        magic: MAGIC,
        version: PROTOCOL_VERSION,
        program: program_hash,
        token: token.to_owned(),
        who: Who::Control,
    };
    write_body(&mut writer, &encode(&Body::Hello(hello))).await.map_err(|error| lost(&error))?;
    let answer = timeout(HANDSHAKE_PATIENCE, read_body(&mut reader, MAX_FRAME)).await;
    let body = match answer {
        Err(_) => return Err(ConnectError::NotReached("it does not answer".into())),
        Ok(Ok(None)) => return Err(ConnectError::NotReached("it closed the connection".into())),
        Ok(Err(error)) if error.is_offence() => return Err(ConnectError::Refused(error.to_string())),
        Ok(Err(error)) => return Err(lost(&error)),
        Ok(Ok(Some(body))) => body,
    };
    match decode(&body) {
        Ok(Body::Welcome(_)) => Ok(Connection { reader, writer }),
        Ok(Body::Refused(why)) => Err(ConnectError::Refused(why)),
        Ok(
            Body::Hello(_)
            | Body::Data(_)
            | Body::Lossy(_)
            | Body::Ping
            | Body::Ack(_)
            | Body::Blocked(_)
            | Body::ToNode(_)
            | Body::FromNode(_),
        )
        | Err(_) => Err(ConnectError::Refused("it is no node of Floret".into())),
    }
}

impl Connection {
    /// Starts to carry words in both directions. What is heard waits in the bounded `heard`; what is to be said is
    /// bounded by those who say it. The connection closes when the returned sender is dropped.
    pub(crate) fn start(
        self,
        node: Address,
        tasks: &mut JoinSet<()>,
        heard: mpsc::Sender<(Address, Heard)>,
    ) -> mpsc::UnboundedSender<ToNode> {
        let Connection { mut reader, mut writer } = self;
        let (sender, mut words) = mpsc::unbounded_channel();
        tasks.spawn(async move {
            while let Some(word) = words.recv().await {
                // The reader notices a broken connection and says so.
                if write_body(&mut writer, &encode(&Body::ToNode(word))).await.is_err() {
                    return;
                }
            }
        });
        tasks.spawn(async move {
            loop {
                let word = match read_body(&mut reader, MAX_FRAME).await {
                    Ok(None) => Heard::Closed("it closed the connection".into()),
                    Ok(Some(body)) => match decode(&body) {
                        Ok(Body::FromNode(word)) => Heard::Said(word),
                        Ok(_) | Err(_) => Heard::Garbage(FrameError::Garbage.to_string()),
                    },
                    Err(error) if error.is_offence() => Heard::Garbage(error.to_string()),
                    Err(error) => Heard::Closed(error.to_string()),
                };
                let last = !matches!(word, Heard::Said(_));
                if heard.send((node, word)).await.is_err() || last {
                    return;
                }
            }
        });
        sender
    }
}
