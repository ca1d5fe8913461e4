//! Frames: a body's length (u32, little-endian) and the body.

use std::fmt;
use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// No frame's body is longer.
pub const MAX_FRAME: usize = 16 << 20;
/// Before the other side has shown the token its frames may not be longer.
pub const HELLO_LIMIT: usize = 4096;
/// Memory is taken as bytes come in, this much at first: a length alone costs nothing.
const FIRST_ALLOCATION: usize = 64 << 10;

/// Why a frame could not be read.
#[derive(Debug)]
pub enum FrameError {
    /// Its length is above the limit.
    TooLong {
        /// The length it claims.
        length: usize,
        /// The limit.
        limit: usize,
    },
    /// The connection ended inside it.
    Cut,
    /// Its body is not a message of this protocol.
    Garbage,
    /// The connection failed.
    Io(io::Error),
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FrameError::TooLong { length, limit } => {
                write!(f, "a frame of {length} bytes is over the limit of {limit}")
            }
            FrameError::Cut => f.write_str("the connection ended inside a frame"),
            FrameError::Garbage => f.write_str("a frame holds no message of Floret's protocol"),
            FrameError::Io(error) => write!(f, "{error}"),
        }
    }
}

impl From<io::Error> for FrameError {
    fn from(error: io::Error) -> Self {
        FrameError::Io(error)
    }
}

impl FrameError {
    /// Whether the other side said something it may not say (else the connection just ended).
    pub fn is_offence(&self) -> bool {
        match self {
            FrameError::TooLong { .. } | FrameError::Garbage => true,
            FrameError::Cut | FrameError::Io(_) => false,
        }
    }
}

/// The next frame's body, or `None` where the connection ends between frames.
///
/// # Errors
/// [`FrameError`]; the connection is of no use afterwards.
pub async fn read_body(
    reader: &mut (impl AsyncRead + Unpin),
    limit: usize,
) -> Result<Option<Vec<u8>>, FrameError> {
    let mut prefix = [0; 4];
    let first = reader.read(&mut prefix).await?;
    if first == 0 {
        return Ok(None);
    }
    read_rest(reader, &mut prefix, first).await?;
    let length = u32::from_le_bytes(prefix) as usize;
    if length > limit {
        return Err(FrameError::TooLong { length, limit });
    }
    let mut body = Vec::with_capacity(length.min(FIRST_ALLOCATION));
    reader.take(length as u64).read_to_end(&mut body).await?;
    if body.len() < length { Err(FrameError::Cut) } else { Ok(Some(body)) }
}

/// Whether bytes that have come begin with a whole frame.
pub fn holds_frame(bytes: &[u8]) -> bool {
    bytes.split_first_chunk().is_some_and(|(prefix, body)| body.len() >= u32::from_le_bytes(*prefix) as usize)
}

async fn read_rest(
    reader: &mut (impl AsyncRead + Unpin),
    prefix: &mut [u8; 4],
    from: usize,
) -> Result<(), FrameError> {
    match reader.read_exact(&mut prefix[from..]).await {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(FrameError::Cut),
        Err(error) => Err(FrameError::Io(error)),
    }
}

/// Writes a frame and sees it off. The body comes from [`super::encode`], which keeps the limit.
///
/// # Errors
/// Those of the connection.
pub async fn write_body(writer: &mut (impl AsyncWrite + Unpin), body: &[u8]) -> io::Result<()> {
    put_body(writer, body).await?;
    writer.flush().await
}

/// Writes a frame, perhaps into a buffer only.
///
/// # Errors
/// Those of the connection.
pub async fn put_body(writer: &mut (impl AsyncWrite + Unpin), body: &[u8]) -> io::Result<()> {
    writer.write_all(&prefix(body)).await?;
    writer.write_all(body).await
}

/// Puts a frame after bytes.
pub fn append_frame(bytes: &mut Vec<u8>, body: &[u8]) {
    bytes.extend_from_slice(&prefix(body));
    bytes.extend_from_slice(body);
}

fn prefix(body: &[u8]) -> [u8; 4] {
    (body.len() as u32).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn check(bytes: &[u8], limit: usize) -> String {
        let mut reader = bytes;
        match read_body(&mut reader, limit).await {
            Ok(Some(body)) => format!("body {body:?}, {} left", reader.len()),
            Ok(None) => "end".into(),
            Err(error) => error.to_string(),
        }
    }

    #[tokio::test]
    async fn frames_are_read_whole_or_refused() {
        assert_eq!(check(&[2, 0, 0, 0, 7, 8, 9], 10).await, "body [7, 8], 1 left");
        assert_eq!(check(&[0, 0, 0, 0], 10).await, "body [], 0 left");
        assert_eq!(check(&[], 10).await, "end");
        assert_eq!(check(&[2, 0], 10).await, "the connection ended inside a frame");
        assert_eq!(check(&[2, 0, 0, 0, 7], 10).await, "the connection ended inside a frame");
        assert_eq!(
            check(&[0xff, 0xff, 0xff, 0xff], MAX_FRAME).await,
            "a frame of 4294967295 bytes is over the limit of 16777216"
        );
    }

    #[test]
    fn whole_frames_are_seen() {
        assert!(
            holds_frame(&[2, 0, 0, 0, 7, 8])
                && holds_frame(&[0, 0, 0, 0])
                && holds_frame(&[1, 0, 0, 0, 7, 8])
        );
        assert!(!holds_frame(&[2, 0, 0, 0, 7]) && !holds_frame(&[0, 0, 0]) && !holds_frame(&[]));
    }

    #[tokio::test]
    async fn what_is_written_is_read() {
        let mut wire = Vec::new();
        write_body(&mut wire, b"one").await.unwrap();
        write_body(&mut wire, b"").await.unwrap();
        let mut reader = wire.as_slice();
        assert_eq!(read_body(&mut reader, 3).await.unwrap().unwrap(), b"one");
        assert_eq!(read_body(&mut reader, 3).await.unwrap().unwrap(), b"");
        assert!(read_body(&mut reader, 3).await.unwrap().is_none());
    }
}
