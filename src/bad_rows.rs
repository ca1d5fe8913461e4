//! What becomes of input records that are no rows: they end the run, or are set aside in a file.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use floret_data::{DataError, InputFile};
use serde_json::json;

use crate::exit::Exit;

/// What `--bad-rows` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadRows {
    /// The first one ends the run, before anything is written.
    End,
    /// They are written to this file, and the run goes on.
    Skip(PathBuf),
}

impl FromStr for BadRows {
    type Err = String;

    fn from_str(text: &str) -> Result<BadRows, String> {
        match text.split_once('=') {
            None if text == "end" => Ok(BadRows::End),
            Some(("skip", file)) if !file.is_empty() => Ok(BadRows::Skip(file.into())),
            _ => Err("write `end` or `skip=FILE`".into()),
        }
    }
}

/// The file of records that were set aside: JSON lines with `input`, `file`, `line`, `column`, `problem` and `record`.
pub struct Aside {
    path: PathBuf,
    out: BufWriter<File>,
    count: Arc<AtomicU64>,
}

impl Aside {
    /// Creates the file; `None` if bad records end the run.
    ///
    /// # Errors
    /// Exit code 3 if it can't be created.
    pub fn create(what: &BadRows) -> Result<Option<Aside>, Exit> {
        let BadRows::Skip(path) = what else { return Ok(None) };
        let file = File::create(path).map_err(|e| Exit::Failed(format!("{}: {e}", path.display())))?;
        Ok(Some(Aside { path: path.clone(), out: BufWriter::new(file), count: Arc::default() }))
    }

    /// How many there are, also after the run has taken this over.
    pub fn count(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.count)
    }

    /// Sets a record aside.
    ///
    /// # Errors
    /// The error itself, if it is not about this record alone; and failures to write.
    pub fn put(&mut self, input: &str, file: &InputFile, error: DataError) -> Result<(), DataError> {
        if !error.is_about_one_record() {
            return Err(error);
        }
        let line = json!({
            "input": input,
            "file": file.name(),
            "line": error.line(),
            "column": error.column(),
            "problem": error.problem().to_string(),
            "record": String::from_utf8_lossy(file.record()).trim_end_matches(['\r', '\n']),
        });
        self.count.fetch_add(1, Ordering::Relaxed);
        // Each record is on disk before its successor is read: a run that fails later has lost none of them.
        writeln!(self.out, "{line}")
            .and_then(|()| self.out.flush())
            .map_err(|e| DataError::cannot_write(&self.path, e))
    }
}
