//! What goes over a connection: frames (a length and a postcard body), the messages in them, rows packed by content,
//! and the check that rows fit the relation they are for.

mod encoded;
mod frame;
mod message;
mod packed;
mod schema;
#[cfg(test)]
mod tests;

pub use encoded::Encoded;
pub use frame::{
    FrameError, HELLO_LIMIT, MAX_FRAME, append_frame, holds_frame, put_body, read_body, write_body,
};
pub use message::{
    Blocked, Body, Data, FromNode, Hello, Lossy, MAGIC, OutputRows, PROTOCOL_VERSION, Session, Status,
    ToNode, Welcome, Who, decode, encode,
};
pub use packed::{CHUNK, Packed, TooLarge, pack};
pub use schema::{Misfit, Schema};
