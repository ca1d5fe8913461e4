//! A connection to a peer as far as sending goes. Whoever has something for the peer writes it, as much as the socket takes at
//! once: the tick thread what its tick sent (so no other thread has to wake for it), the connection's task the rest.

use std::io;
use std::sync::{Mutex, PoisonError};

use floret_ir::Address;
use tokio::net::tcp::OwnedWriteHalf;

use super::Shared;
use crate::links::Next;
use crate::wire::{Session, append_frame};

/// About so many bytes are handed to the socket at a time.
const CHUNK: usize = 64 << 10;

/// A connection that carries a session's frames.
#[derive(Debug)]
pub(super) struct Line {
    peer: Address,
    session: Session,
    socket: OwnedWriteHalf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// All rows below this number are in `bytes` or were.
    position: u64,
    /// What the socket has not taken begins at `written`.
    bytes: Vec<u8>,
    written: usize,
}

/// How a chunk went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sent {
    /// There is nothing to send.
    All,
    /// There may be more.
    Some,
    /// The socket takes nothing now.
    Full,
    /// So is the session: the connection is to be closed.
    Over,
}

impl Line {
    /// A connection whose peer has all rows below `position`.
    pub fn new(peer: Address, session: Session, socket: OwnedWriteHalf, position: u64) -> Line {
        let state = Mutex::new(State { position, bytes: Vec::new(), written: 0 });
        Line { peer, session, socket, state }
    }

    /// Sends a chunk of what waits for the peer.
    ///
    /// # Errors
    /// Those of the connection.
    pub fn send(&self, shared: &Shared) -> io::Result<Sent> {
        self.send_after(&[], shared)
    }

    /// Sends a frame's body, then a chunk of what waits for the peer.
    ///
    /// # Errors
    /// Those of the connection.
    pub fn send_after(&self, body: &[u8], shared: &Shared) -> io::Result<Sent> {
        // Nothing panics while it holds the lock, and no step leaves the state half changed.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !body.is_empty() {
            append_frame(&mut state.bytes, body);
        }
        if !self.fill(&mut state, shared) {
            return Ok(Sent::Over);
        }
        let Some(rest) = state.bytes.get(state.written..).filter(|rest| !rest.is_empty()) else {
            return Ok(Sent::All);
        };
        match self.socket.try_write(rest) {
            Ok(0) => Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => {
                let is_short = count == rest.len() && count < CHUNK;
                state.written += count;
                Ok(if is_short { Sent::All } else { Sent::Some })
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Sent::Full),
            Err(error) => Err(error),
        }
    }

    /// Done when the socket takes something.
    ///
    /// # Errors
    /// Those of the connection.
    pub async fn writable(&self) -> io::Result<()> {
        self.socket.writable().await
    }

    /// Puts frames where they wait for the socket, until they make a chunk; whether the session goes on.
    fn fill(&self, state: &mut State, shared: &Shared) -> bool {
        state.bytes.drain(..state.written);
        state.bytes.shrink_to(16 * CHUNK);
        state.written = 0;
        let mut links = shared.links();
        while state.bytes.len() < CHUNK {
            match links.next_frame(self.peer, self.session, state.position) {
                Next::Frame(frame, after) => {
                    append_frame(&mut state.bytes, frame.bytes());
                    state.position = after;
                }
                Next::Nothing => return true,
                Next::Over => return false,
            }
        }
        true
    }
}
