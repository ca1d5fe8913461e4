//! What goes over a connection: frames (a length and a postcard body), the messages in them, rows packed by content,
//! and the check that rows fit the relation they are for.

mod frame;
mod message;
mod packed;
mod schema;
#[cfg(test)]
mod tests;

pub use frame::{FrameError, HELLO_LIMIT, MAX_FRAME, read_body, write_body};
pub use message::{
    Body, Data, FromNode, Hello, MAGIC, OutputRows, PROTOCOL_VERSION, Status, ToNode, Welcome, Who, decode,
    encode,
};
pub use packed::{CHUNK, Packed, TooLarge, pack};
pub use schema::{Misfit, Schema};
