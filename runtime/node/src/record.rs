//! Recordings: all arrivals of a node, tick by tick. Replayed, they make it do the same again.
//!
//! The file: `FLORET-RECORDING`, a version (two bytes), then pieces, each a length (eight bytes), a postcard payload and
//! its checksum (eight bytes): first the [`RecordHeader`], then the arrivals of each tick. Numbers are little-endian.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use floret_ir::hash::hash_bytes;
use floret_ir::{Address, Arrivals, Deployment};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

const MAGIC: &[u8; 16] = b"FLORET-RECORDING";
const VERSION: u16 = 1;
/// No tick's arrivals are longer, in bytes.
const PIECE_LIMIT: u64 = 1 << 32;

/// What a recording is of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RecordHeader {
    /// The program's hash.
    pub program: u64,
    /// The node.
    pub me: Address,
    /// The nodes, parameters and seed it ran with.
    pub deployment: Deployment,
}

/// A recording that is being made.
#[derive(Debug)]
pub struct Recorder(BufWriter<File>);

impl Recorder {
    /// Starts a recording.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn create(path: &Path, header: &RecordHeader) -> io::Result<Self> {
        let mut file = BufWriter::new(File::create(path)?);
        file.write_all(MAGIC)?;
        file.write_all(&VERSION.to_le_bytes())?;
        write_piece(&mut file, header)?;
        Ok(Recorder(file))
    }

    /// Adds a tick's arrivals; what was added is in the file.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn add(&mut self, arrivals: &Arrivals) -> io::Result<()> {
        write_piece(&mut self.0, arrivals)
    }
}

fn write_piece(file: &mut BufWriter<File>, piece: &impl Serialize) -> io::Result<()> {
    let payload = postcard::to_allocvec(piece).map_err(io::Error::other)?;
    file.write_all(&(payload.len() as u64).to_le_bytes())?;
    file.write_all(&payload)?;
    file.write_all(&hash_bytes(&payload).to_le_bytes())?;
    file.flush()
}

/// Why a recording can't be read.
#[derive(Debug)]
pub enum RecordError {
    /// The file can't be read.
    Io(io::Error),
    /// It is none, or of another version of Floret.
    NotARecording,
    /// It ends in the middle of a tick, or was damaged.
    Damaged,
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordError::Io(error) => error.fmt(f),
            RecordError::NotARecording => f.write_str(
                "this is no recording of this version of Floret; `floret run --record FILE` makes one",
            ),
            RecordError::Damaged => f.write_str("the recording is damaged or ends in the middle of a tick"),
        }
    }
}

impl std::error::Error for RecordError {}

/// A recording: its ticks' arrivals in order.
#[derive(Debug)]
pub struct Recording {
    header: RecordHeader,
    file: BufReader<File>,
    failed: bool,
}

impl Recording {
    /// Opens a recording.
    ///
    /// # Errors
    /// It can't be read.
    pub fn open(path: &Path) -> Result<Self, RecordError> {
        let mut file = BufReader::new(File::open(path).map_err(RecordError::Io)?);
        let mut start = [0; MAGIC.len() + 2];
        file.read_exact(&mut start).map_err(|_| RecordError::NotARecording)?;
        if start.strip_prefix(MAGIC) != Some(&VERSION.to_le_bytes()) {
            return Err(RecordError::NotARecording);
        }
        let header = read_piece(&mut file)?.ok_or(RecordError::Damaged)?;
        Ok(Recording { header, file, failed: false })
    }

    /// What it is of.
    pub fn header(&self) -> &RecordHeader {
        &self.header
    }
}

impl Iterator for Recording {
    type Item = Result<Arrivals, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let piece = read_piece(&mut self.file).transpose();
        self.failed = matches!(piece, Some(Err(_)));
        piece
    }
}

/// The next piece; `None` at the end. Nothing is reserved on the word of a length.
fn read_piece<T: DeserializeOwned>(file: &mut BufReader<File>) -> Result<Option<T>, RecordError> {
    let read = |file: &mut BufReader<File>, length: u64| {
        let mut bytes = Vec::new();
        file.take(length).read_to_end(&mut bytes).map_err(RecordError::Io)?;
        Ok(bytes)
    };
    let length = read(file, 8)?;
    if length.is_empty() {
        return Ok(None);
    }
    let length = u64::from_le_bytes(length.try_into().map_err(|_| RecordError::Damaged)?);
    if length > PIECE_LIMIT {
        return Err(RecordError::Damaged);
    }
    let payload = read(file, length)?;
    let checksum = read(file, 8)?;
    if checksum != hash_bytes(&payload).to_le_bytes() {
        return Err(RecordError::Damaged);
    }
    match postcard::take_from_bytes(&payload) {
        Ok((piece, [])) => Ok(Some(piece)),
        Ok(_) | Err(_) => Err(RecordError::Damaged),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::testing::{ECHO, GO, input, worker};

    fn sample(name: &str) -> (std::path::PathBuf, RecordHeader, Vec<Arrivals>) {
        let path = std::env::temp_dir().join(format!("floret-{name}-{}.recording", crate::random_u64()));
        let deployment = Deployment { seed: 7, ..Deployment::new([2].into_iter().collect()) };
        let header = RecordHeader { program: 3, me: worker(1), deployment };
        let first = Arrivals { inputs: vec![input(GO, 1, 2)], now: 5, seed: 9, ..Arrivals::default() };
        let second = Arrivals { timers: vec![ECHO], now: 6, ..Arrivals::default() };
        let mut recorder = Recorder::create(&path, &header).unwrap();
        recorder.add(&first).unwrap();
        recorder.add(&second).unwrap();
        (path, header, vec![first, second])
    }

    #[test]
    fn what_is_recorded_is_read() {
        let (path, header, ticks) = sample("read");
        let recording = Recording::open(&path).unwrap();
        assert_eq!(recording.header(), &header);
        assert_eq!(recording.map(Result::unwrap).collect::<Vec<_>>(), ticks);
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn cut_and_damaged_recordings_are_refused() {
        let (path, _, ticks) = sample("damaged");
        let whole = std::fs::read(&path).unwrap();
        let read = |bytes: &[u8]| -> Result<usize, RecordError> {
            std::fs::write(&path, bytes).unwrap();
            let ticks: Result<Vec<Arrivals>, RecordError> = Recording::open(&path)?.collect();
            ticks.map(|ticks| ticks.len())
        };
        assert_eq!(read(&whole).unwrap(), ticks.len());
        // It may end between ticks, nowhere else.
        let good = (0..whole.len()).filter(|length| read(&whole[..*length]).is_ok()).count();
        assert_eq!(good, ticks.len());
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x40;
            assert!(read(&bytes).is_err(), "byte {at}");
        }
        std::fs::remove_file(path).unwrap();
    }
}
