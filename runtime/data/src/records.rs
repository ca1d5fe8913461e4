//! Lines of a file or of standard input, plain or gzipped, with their numbers, within a limit of length.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;
use memchr::memchr;

use crate::{DataError, Problem};

/// No record may be longer, so that garbage can't eat the memory.
pub(crate) const LONGEST_RECORD: usize = 64 << 20;

const BUFFER: usize = 128 << 10;
/// With which every gzip file starts. Neither CSV nor JSON text can.
const GZIP_MAGIC: u8 = 0x1f;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// The lines of one input.
pub(crate) struct Lines {
    /// As messages name it.
    file: String,
    input: Box<dyn BufRead + Send>,
    compressed: bool,
    /// The number of the line that is read next, from 1.
    next: u64,
    longest: usize,
    bytes_read: Arc<AtomicU64>,
    total_bytes: Option<u64>,
}

/// Counts what was read from the file itself, before decompression.
struct Counting<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl Lines {
    /// Opens a file (`-`: standard input, compressed or not).
    pub(crate) fn open(path: &str) -> Result<Lines, DataError> {
        let opening = |error| DataError::new(Problem::Io { action: "open", error }).in_file(path);
        if path == "-" {
            return Lines::over("standard input", io::stdin(), None, None);
        }
        let file = File::open(path).map_err(opening)?;
        let metadata = file.metadata().map_err(opening)?;
        if metadata.is_dir() {
            return Err(opening(io::ErrorKind::IsADirectory.into()));
        }
        let total = metadata.is_file().then_some(metadata.len());
        Lines::over(path, file, Some(path.ends_with(".gz")), total)
    }

    /// Lines of any reader. `compressed`: whether the name says so; `None`: there is no name, look.
    pub(crate) fn over(
        file: &str,
        reader: impl Read + Send + 'static,
        compressed: Option<bool>,
        total_bytes: Option<u64>,
    ) -> Result<Lines, DataError> {
        let bytes_read = Arc::new(AtomicU64::new(0));
        let counting = Counting { inner: reader, count: Arc::clone(&bytes_read) };
        let mut lines = Lines {
            file: file.to_owned(),
            input: Box::new(BufReader::with_capacity(BUFFER, counting)),
            compressed: false,
            next: 1,
            longest: LONGEST_RECORD,
            bytes_read,
            total_bytes,
        };
        let looks_compressed = match fill(&mut lines.input) {
            Ok(bytes) => bytes.first() == Some(&GZIP_MAGIC),
            Err(error) => return Err(lines.failure(error)),
        };
        lines.compressed = match compressed {
            Some(false) if looks_compressed => return Err(DataError::new(Problem::GzUnnamed).in_file(file)),
            Some(named) => named,
            None => looks_compressed,
        };
        if lines.compressed {
            lines.input = Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(lines.input)));
        }
        Ok(lines)
    }

    /// As messages name the input.
    pub(crate) fn file(&self) -> &str {
        &self.file
    }
    /// The number of the line that is read next.
    pub(crate) fn next_line(&self) -> u64 {
        self.next
    }
    /// Bytes read so far, before decompression.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Ordering::Relaxed)
    }
    /// The file's size, if it has one.
    pub(crate) fn total_bytes(&self) -> Option<u64> {
        self.total_bytes
    }
    #[cfg(test)]
    pub(crate) fn limit(&mut self, longest: usize) {
        self.longest = longest;
    }

    /// Adds the next line, with its line end, to `record`; false if there is none. A byte order mark at the very
    /// start is left out. The record's length is limited, however many lines it has.
    pub(crate) fn read(&mut self, record: &mut Vec<u8>) -> Result<bool, DataError> {
        let before = record.len();
        loop {
            let chunk = match fill(&mut self.input) {
                Ok(chunk) => chunk,
                Err(error) => return Err(self.failure(error).at_line(self.next)),
            };
            let newline = memchr(b'\n', chunk);
            let taken = newline.map_or(chunk.len(), |at| at + 1);
            let at_end = chunk.is_empty();
            record.extend_from_slice(chunk.get(..taken).unwrap_or(chunk));
            self.input.consume(taken);
            if newline.is_some() || at_end {
                break;
            }
            // Checked for every chunk, so the record never exceeds the limit by more than one.
            if record.len() > self.longest {
                break;
            }
        }
        if record.len() > self.longest {
            return Err(DataError::new(Problem::TooLong { limit: self.longest }).in_file(&self.file));
        }
        if record.len() == before {
            return Ok(false);
        }
        if self.next == 1 && record.starts_with(BOM) {
            record.drain(..BOM.len());
        }
        self.next += 1;
        Ok(true)
    }

    fn failure(&self, error: io::Error) -> DataError {
        let problem = match error.kind() {
            io::ErrorKind::UnexpectedEof if self.compressed => Problem::GzTruncated,
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData if self.compressed => {
                Problem::GzCorrupt { detail: error.to_string() }
            }
            _ => Problem::Io { action: "read", error },
        };
        DataError::new(problem).in_file(&self.file)
    }
}

/// The input's buffer, filled if it was empty; empty at the end.
fn fill(input: &mut Box<dyn BufRead + Send>) -> io::Result<&[u8]> {
    loop {
        match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
            // The buffer is full now, so this is no second read; returning the first borrow from a loop isn't allowed.
            Ok(_) => return input.fill_buf(),
        }
    }
}
