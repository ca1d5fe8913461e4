//! What can be wrong with inputs and outputs: the facts as data, the wording in one place.

use std::fmt;
use std::io;

use floret_ir::{Diagnostic, Finding, Type};

/// An error about a file, or about how files were named.
#[derive(Debug)]
pub struct DataError(Box<Facts>);

#[derive(Debug)]
struct Facts {
    file: Option<String>,
    line: Option<u64>,
    column: Option<String>,
    /// The beginning of the record, printable.
    text: Option<String>,
    problem: Problem,
}

/// What is wrong.
#[derive(Debug)]
pub enum Problem {
    /// The system failed to open, read or write the file.
    Io {
        /// As "open", "read", "write".
        action: &'static str,
        /// What the system said.
        error: io::Error,
    },
    /// A compressed file ends too early.
    GzTruncated,
    /// A compressed file is damaged.
    GzCorrupt {
        /// What the decoder said.
        detail: String,
    },
    /// A file that isn't named `.gz` is compressed.
    GzUnnamed,
    /// The file's name says nothing about its format.
    UnknownFormat,
    /// A record is longer than any sane record.
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// A quoted field doesn't end.
    OpenQuote,
    /// Text follows a field's closing quote.
    AfterQuote {
        /// The field's number, from 1.
        field: usize,
    },
    /// There isn't even a header line.
    NoHeader {
        /// The line to write.
        expected: String,
    },
    /// The first line doesn't look like a header at all.
    NotAHeader {
        /// The line to write.
        expected: String,
    },
    /// A column (of the header, or a field of an object) that the collection doesn't have.
    UnknownColumn {
        /// What was found.
        name: String,
        /// What is known.
        expected: String,
        /// What may be meant.
        suggestion: Option<String>,
    },
    /// A column twice.
    DuplicateColumn {
        /// Which.
        name: String,
    },
    /// Columns that are missing.
    MissingColumns {
        /// Which.
        names: Vec<String>,
        /// The collection's columns.
        expected: String,
    },
    /// A record with too few or too many fields.
    FieldCount {
        /// The fields there should be.
        expected: Vec<String>,
        /// How many there are.
        found: usize,
        /// Whether it is a JSON array.
        json: bool,
    },
    /// A line of a JSON lines file isn't JSON.
    Json {
        /// What the parser said.
        detail: String,
    },
    /// A line of a JSON lines file is neither an object nor an array.
    JsonShape {
        /// What it is.
        found: &'static str,
    },
    /// Bytes that aren't UTF-8.
    NotUtf8,
    /// A field that isn't a value of its column's type.
    Value {
        /// The type.
        ty: Type,
        /// Its text, "an int" or "the address of a Server".
        expected: String,
        /// The offending text, printable and quoted where it is a text.
        found: String,
        /// What may help.
        hint: Option<&'static str>,
    },
    /// An address of a node that this run doesn't have.
    NoSuchNode {
        /// The address.
        address: String,
        /// How many nodes the role has.
        count: u32,
    },
    /// Two different rows for one key.
    KeyConflict {
        /// The collection.
        relation: String,
        /// The key, as `key = "a", at = 3`.
        key: String,
        /// Where the first row is.
        first: String,
    },
    /// The `on Role[...]` expression of an input has no value for a row.
    NoPlace {
        /// The collection.
        relation: String,
        /// Why.
        why: String,
    },
    /// An input specification (`NAME=FILE`) that makes no sense.
    BadSpec {
        /// What is wrong.
        message: String,
        /// What to do.
        help: String,
    },
    /// Several files of a data directory fit one input.
    Ambiguous {
        /// The collection.
        relation: String,
        /// The files.
        files: Vec<String>,
    },
}

impl DataError {
    pub(crate) fn new(problem: Problem) -> Self {
        DataError(Box::new(Facts { file: None, line: None, column: None, text: None, problem }))
    }
    pub(crate) fn in_file(mut self, file: &str) -> Self {
        self.0.file = Some(file.to_owned());
        self
    }
    pub(crate) fn at_line(mut self, line: u64) -> Self {
        self.0.line = Some(line);
        self
    }
    pub(crate) fn in_column(mut self, name: &str) -> Self {
        self.0.column = Some(name.to_owned());
        self
    }
    pub(crate) fn with_text(mut self, record: &[u8]) -> Self {
        self.0.text = Some(crate::quote::shown(record));
        self
    }
    pub(crate) fn spec(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(Problem::BadSpec { message: message.into(), help: help.into() })
    }

    /// A file that can't be written.
    pub fn cannot_write(path: &std::path::Path, error: io::Error) -> Self {
        Self::new(Problem::Io { action: "write", error }).in_file(&path.display().to_string())
    }

    /// What is wrong.
    pub fn problem(&self) -> &Problem {
        &self.0.problem
    }
    /// The file as the user named it.
    pub fn file(&self) -> Option<&str> {
        self.0.file.as_deref()
    }
    /// The line on which the record starts, from 1.
    pub fn line(&self) -> Option<u64> {
        self.0.line
    }
    /// The column's name, where one column is at fault.
    pub fn column(&self) -> Option<&str> {
        self.0.column.as_deref()
    }
    /// Whether the system failed; else the data or the command line is wrong.
    pub fn is_system_failure(&self) -> bool {
        match &self.0.problem {
            // A file that isn't there is a wrong name, not a failing system.
            Problem::Io { error, .. } => error.kind() != io::ErrorKind::NotFound,
            _ => false,
        }
    }
    /// Whether the command line is wrong (a bad `NAME=FILE`); else the data is.
    pub fn is_usage(&self) -> bool {
        matches!(self.0.problem, Problem::BadSpec { .. })
    }
    /// Whether reading can go on after this error of `next_row`: it is about one record only.
    pub fn is_about_one_record(&self) -> bool {
        match &self.0.problem {
            Problem::FieldCount { .. }
            | Problem::AfterQuote { .. }
            | Problem::Json { .. }
            | Problem::JsonShape { .. }
            | Problem::NotUtf8
            | Problem::Value { .. }
            | Problem::NoSuchNode { .. }
            | Problem::KeyConflict { .. }
            | Problem::NoPlace { .. }
            // In JSON lines every object has its own columns (a bad CSV header fails `open` already).
            | Problem::UnknownColumn { .. }
            | Problem::DuplicateColumn { .. }
            | Problem::MissingColumns { .. } => true,
            Problem::Io { .. }
            | Problem::GzTruncated
            | Problem::GzCorrupt { .. }
            | Problem::GzUnnamed
            | Problem::UnknownFormat
            | Problem::TooLong { .. }
            | Problem::OpenQuote
            | Problem::NoHeader { .. }
            | Problem::NotAHeader { .. }
            | Problem::BadSpec { .. }
            | Problem::Ambiguous { .. } => false,
        }
    }

    /// The message's first line: place and problem.
    fn title(&self) -> String {
        let Facts { file, line, column, .. } = &*self.0;
        let mut place = file.clone().unwrap_or_default();
        if let Some(line) = line {
            place += &format!(":{line}");
        }
        if let Some(column) = column {
            place += &format!(", column {column}");
        }
        let message = self.0.problem.message();
        if place.is_empty() { message } else { format!("{place}: {message}") }
    }
}

impl Problem {
    fn code(&self) -> &'static str {
        match self {
            Problem::Io { .. } => "io",
            Problem::GzTruncated | Problem::GzCorrupt { .. } | Problem::GzUnnamed => "bad-gzip",
            Problem::UnknownFormat => "unknown-format",
            Problem::TooLong { .. }
            | Problem::OpenQuote
            | Problem::AfterQuote { .. }
            | Problem::FieldCount { .. }
            | Problem::Json { .. }
            | Problem::JsonShape { .. } => "bad-record",
            Problem::NoHeader { .. }
            | Problem::NotAHeader { .. }
            | Problem::UnknownColumn { .. }
            | Problem::DuplicateColumn { .. }
            | Problem::MissingColumns { .. } => "bad-columns",
            Problem::NotUtf8 | Problem::Value { .. } => "bad-value",
            Problem::KeyConflict { .. } => "input-key-conflict",
            Problem::NoPlace { .. } | Problem::NoSuchNode { .. } => "no-such-node",
            Problem::BadSpec { .. } => "bad-input-option",
            Problem::Ambiguous { .. } => "ambiguous-input",
        }
    }

    /// What is wrong, in one line.
    fn message(&self) -> String {
        match self {
            Problem::Io { action: "open", error } if error.kind() == io::ErrorKind::NotFound => {
                "there is no such file or directory".into()
            }
            Problem::Io { action, error } => format!("could not {action}: {error}"),
            Problem::GzTruncated => "the compressed file ends too early".into(),
            Problem::GzCorrupt { detail } => format!("the compressed file is damaged ({detail})"),
            Problem::GzUnnamed => "the file is compressed, but its name doesn't end in .gz".into(),
            Problem::UnknownFormat => "the file's name doesn't tell its format".into(),
            Problem::TooLong { limit } => {
                format!("a record of more than {} MiB", limit >> 20)
            }
            Problem::OpenQuote => "a quoted field starts in this record and never ends".into(),
            Problem::AfterQuote { field } => format!("field {field} goes on after its closing quote"),
            Problem::NoHeader { expected } => format!("the file is empty, expected the header `{expected}`"),
            Problem::NotAHeader { expected } => format!("expected the header `{expected}`"),
            Problem::UnknownColumn { name, suggestion: None, .. } => format!("unknown column `{name}`"),
            Problem::UnknownColumn { name, suggestion: Some(suggestion), .. } => {
                format!("unknown column `{name}`, did you mean `{suggestion}`?")
            }
            Problem::DuplicateColumn { name } => format!("column `{name}` is there twice"),
            Problem::MissingColumns { names, .. } => match names.as_slice() {
                [name] => format!("column `{name}` is missing"),
                names => format!("columns `{}` are missing", names.join("`, `")),
            },
            Problem::FieldCount { expected, found, .. } => {
                format!("expected {} ({}), found {found}", fields(expected.len()), expected.join(", "))
            }
            Problem::Json { detail } => format!("expected a JSON object or array, but {detail}"),
            Problem::JsonShape { found } => format!("expected a JSON object or array, found {found}"),
            Problem::NotUtf8 => "the text is not UTF-8".into(),
            Problem::Value { expected, found, .. } => format!("expected {expected}, found {found}"),
            Problem::NoSuchNode { address, count } => {
                let nodes = if *count == 1 {
                    "there is only 1 node".into()
                } else {
                    format!("there are {count} nodes")
                };
                format!("there is no node {address}: {nodes} of this role")
            }
            Problem::KeyConflict { relation, key, first } => {
                format!("a second, different row of `{relation}` for the key {key}; the first is at {first}")
            }
            Problem::NoPlace { relation, why } => {
                format!("the node that `{relation}` gives this row to can't be computed: {why}")
            }
            Problem::BadSpec { message, .. } => message.clone(),
            Problem::Ambiguous { relation, files } => {
                format!("several files fit the input `{relation}`: {}", files.join(", "))
            }
        }
    }

    /// What to do about it.
    fn help(&self) -> Option<String> {
        match self {
            Problem::Io { error, .. } => match error.kind() {
                io::ErrorKind::NotFound => {
                    Some("check the file's name, and that you are in the right directory".into())
                }
                io::ErrorKind::PermissionDenied => {
                    Some("check the permissions of the file and its directory".into())
                }
                _ => None,
            },
            Problem::GzTruncated => Some("copy or download the file again".into()),
            Problem::GzCorrupt { .. } => Some("check it with `gzip -t`, or get the file again".into()),
            Problem::GzUnnamed => Some("rename it to end in .gz, or decompress it".into()),
            Problem::UnknownFormat => Some(
                "name it .csv, .jsonl, .ndjson or .json, each also with .gz; `-` reads standard input".into(),
            ),
            Problem::TooLong { .. } => {
                Some("check that the file is the right one and that no quote is left open".into())
            }
            Problem::OpenQuote => {
                Some("close the quote; a quote inside a quoted field is written twice: \"\"".into())
            }
            Problem::AfterQuote { .. } => {
                Some("put the whole field into quotes and write each quote inside it twice: \"\"".into())
            }
            Problem::NoHeader { .. } | Problem::NotAHeader { .. } => {
                Some("the first line of a CSV file names the columns, in any order".into())
            }
            Problem::UnknownColumn { expected, .. } | Problem::MissingColumns { expected, .. } => {
                Some(format!("the columns are {expected}, in any order"))
            }
            Problem::DuplicateColumn { .. } => Some("keep one of them".into()),
            Problem::FieldCount { json: true, .. } => {
                Some("an array has one value per column, in this order".into())
            }
            Problem::FieldCount { expected, found, json: false } => Some(
                if *found > expected.len() {
                    "a field with a comma in it goes into quotes: \"a, b\""
                } else {
                    "an empty text still needs its comma"
                }
                .into(),
            ),
            Problem::Json { .. } | Problem::JsonShape { .. } => {
                Some("each line is one row: {\"column\": value, ...} or [value, ...]".into())
            }
            Problem::NotUtf8 => Some("convert the file to UTF-8, as with `iconv -f latin1 -t utf-8`".into()),
            Problem::Value { hint, .. } => hint.map(str::to_owned),
            Problem::NoSuchNode { .. } => {
                Some("start more nodes with --nodes, or correct the address".into())
            }
            Problem::KeyConflict { .. } => Some("remove one of the two rows, or make the key wider".into()),
            Problem::NoPlace { .. } => Some("correct the row, or the expression after `on`".into()),
            Problem::BadSpec { help, .. } => Some(help.clone()),
            Problem::Ambiguous { relation, files } => Some(format!(
                "say which: --input {relation}={}",
                files.first().map_or("FILE", String::as_str)
            )),
        }
    }
}

fn fields(count: usize) -> String {
    if count == 1 { "1 field".into() } else { format!("{count} fields") }
}

impl Finding for DataError {
    fn diagnostic(&self) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(self.0.problem.code(), self.title());
        if let Some(text) = &self.0.text {
            diagnostic = diagnostic.note(format!("the line is: {text}"));
        }
        match self.0.problem.help() {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title())?;
        if let Some(text) = &self.0.text {
            let number = self.0.line.map(|line| line.to_string()).unwrap_or_default();
            write!(f, "\n  {number} | {text}")?;
        }
        match self.0.problem.help() {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for DataError {}
