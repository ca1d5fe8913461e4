//! CSV (RFC 4180): records over lines, quoted fields, a header that names the columns.
//!
//! Written here rather than taken from a library because messages need what libraries don't keep: the physical line
//! on which a record starts, its text, and a limit of its length.

use std::ops::Range;

use floret_ir::Row;
use memchr::{memchr, memchr2};

use crate::parse::Schema;
use crate::quote::shown;
use crate::records::Lines;
use crate::{DataError, Problem};
use floret_ir::closest;

/// Where a field's content is.
enum Field {
    /// In the record as it was read.
    Plain(Range<usize>),
    /// In `CsvReader::unquoted`.
    Quoted(Range<usize>),
}

/// The records of one file. All buffers are reused from record to record.
pub(crate) struct CsvReader {
    lines: Lines,
    record: Vec<u8>,
    /// The contents of the record's quoted fields.
    unquoted: Vec<u8>,
    fields: Vec<Field>,
    /// For each column of the relation the number of its field.
    order: Vec<usize>,
    /// The names of the fields as the header has them.
    header: Vec<String>,
    /// The line on which the record starts.
    line: u64,
}

impl CsvReader {
    /// Reads the header.
    pub(crate) fn open(lines: Lines, first: Vec<u8>, schema: &Schema) -> Result<CsvReader, DataError> {
        let mut reader = CsvReader {
            lines,
            record: first,
            unquoted: Vec::new(),
            fields: Vec::new(),
            order: Vec::new(),
            header: Vec::new(),
            line: 1,
        };
        // `first` is the file's first line; a blank one is a header only of a relation without columns.
        if schema.columns.is_empty() || !is_blank(&reader.record) {
            if !reader.record.is_empty() {
                reader.split()?;
            }
        } else if !reader.next_record(true)? {
            let problem = Problem::NoHeader { expected: schema.header() };
            return Err(DataError::new(problem).in_file(reader.lines.file()));
        }
        reader.take_header(schema)?;
        Ok(reader)
    }

    /// Reads the header's names only; there are no rows to be read from it, but records.
    pub(crate) fn without_schema(mut lines: Lines) -> Result<CsvReader, DataError> {
        let mut record = Vec::new();
        lines.read(&mut record).map_err(|error| error.at_line(1))?;
        let (unquoted, fields, order, header) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut reader = CsvReader { lines, record, unquoted, fields, order, header, line: 1 };
        if !reader.record.is_empty() {
            reader.split()?;
        }
        reader.header = reader.names()?;
        Ok(reader)
    }

    pub(crate) fn header(&self) -> &[String] {
        &self.header
    }
    pub(crate) fn lines(&self) -> &Lines {
        &self.lines
    }
    #[cfg(test)]
    pub(crate) fn lines_mut(&mut self) -> &mut Lines {
        &mut self.lines
    }
    pub(crate) fn line(&self) -> u64 {
        self.line
    }
    pub(crate) fn record(&self) -> &[u8] {
        &self.record
    }

    /// The next row.
    pub(crate) fn next_row(&mut self, schema: &Schema) -> Result<Option<Row>, DataError> {
        // For a relation without columns a blank line is a row.
        if !self.next_record(!schema.columns.is_empty())? {
            return Ok(None);
        }
        if self.fields.len() != self.header.len() {
            let problem =
                Problem::FieldCount { expected: self.header.clone(), found: self.fields.len(), json: false };
            return Err(self.error(problem));
        }
        let mut row = Row::with_capacity(schema.columns.len());
        for ((name, ty), field) in schema.columns.iter().zip(&self.order) {
            match schema.value(*ty, self.field(*field)) {
                Ok(value) => row.push(value),
                Err(problem) => return Err(self.error(problem).in_column(name)),
            }
        }
        Ok(Some(row))
    }

    pub(crate) fn field(&self, number: usize) -> &[u8] {
        match self.fields.get(number) {
            Some(Field::Plain(range)) => self.record.get(range.clone()),
            Some(Field::Quoted(range)) => self.unquoted.get(range.clone()),
            None => None,
        }
        .unwrap_or_default()
    }

    fn error(&self, problem: Problem) -> DataError {
        DataError::new(problem)
            .in_file(self.lines.file())
            .at_line(self.line)
            .with_text(first_line(&self.record))
    }

    /// Reads a record into `record` and `fields`; false at the end.
    pub(crate) fn next_record(&mut self, skip_blank: bool) -> Result<bool, DataError> {
        loop {
            self.record.clear();
            self.line = self.lines.next_line();
            if !self.lines.read(&mut self.record).map_err(|e| located(e, self.line, &self.record))? {
                return Ok(false);
            }
            // (The only row of one empty text is written `""`.)
            if !(skip_blank && is_blank(&self.record)) {
                break;
            }
        }
        self.split()?;
        Ok(true)
    }

    /// Splits the record that starts with the line in `record`; reads more lines if a quoted field goes on in them.
    fn split(&mut self) -> Result<(), DataError> {
        self.fields.clear();
        self.unquoted.clear();
        if is_blank(&self.record) {
            return Ok(());
        }
        let mut at = 0;
        loop {
            let quoted = self.record.get(at) == Some(&b'"');
            at = if quoted { self.quoted_field(at + 1)? } else { self.plain_field(at) };
            match self.record.get(at..).unwrap_or_default() {
                [b',', ..] => at += 1,
                [] | [b'\n', ..] | [b'\r'] | [b'\r', b'\n', ..] => return Ok(()),
                _ => return Err(self.error(Problem::AfterQuote { field: self.fields.len() })),
            }
        }
    }

    /// Takes the field that starts at `at`; returns where it ends.
    fn plain_field(&mut self, at: usize) -> usize {
        let rest = self.record.get(at..).unwrap_or_default();
        let mut length = memchr2(b',', b'\n', rest).unwrap_or(rest.len());
        // The line may end with \r\n, or the file with \r.
        if rest.get(length) != Some(&b',') && rest.get(..length).is_some_and(|field| field.ends_with(b"\r")) {
            length -= 1;
        }
        self.fields.push(Field::Plain(at..at + length));
        at + length
    }

    /// Takes the field whose opening quote is before `at`; returns where its closing quote ends.
    fn quoted_field(&mut self, mut at: usize) -> Result<usize, DataError> {
        let start = self.unquoted.len();
        loop {
            let rest = self.record.get(at..).unwrap_or_default();
            match memchr(b'"', rest) {
                Some(length) => {
                    self.unquoted.extend_from_slice(rest.get(..length).unwrap_or_default());
                    at += length + 1;
                    if self.record.get(at) != Some(&b'"') {
                        break;
                    }
                    self.unquoted.push(b'"');
                    at += 1;
                }
                None => {
                    self.unquoted.extend_from_slice(rest);
                    at = self.record.len();
                    if !self.lines.read(&mut self.record).map_err(|e| located(e, self.line, &self.record))? {
                        return Err(self.error(Problem::OpenQuote));
                    }
                }
            }
        }
        self.fields.push(Field::Quoted(start..self.unquoted.len()));
        Ok(at)
    }

    /// The fields' texts.
    fn names(&self) -> Result<Vec<String>, DataError> {
        let fields = (0..self.fields.len()).map(|number| self.field(number));
        fields
            .map(|field| std::str::from_utf8(field).map(str::to_owned))
            .collect::<Result<_, _>>()
            .map_err(|_| self.error(Problem::NotUtf8))
    }

    /// Finds the relation's columns in the header.
    fn take_header(&mut self, schema: &Schema) -> Result<(), DataError> {
        let names = self.names()?;
        if !schema.columns.is_empty()
            && !names.iter().any(|name| schema.names().any(|known| known == name))
            && !names.iter().any(|name| closest(name, schema.names()).is_some())
        {
            return Err(self.error(Problem::NotAHeader { expected: schema.header() }));
        }
        let mut order = Vec::with_capacity(schema.columns.len());
        let mut missing = Vec::new();
        for column in schema.names() {
            match names.iter().position(|name| name == column) {
                Some(number) => order.push(number),
                None => missing.push(column),
            }
        }
        for (number, name) in names.iter().enumerate() {
            if names.iter().take(number).any(|earlier| earlier == name) {
                return Err(self.error(Problem::DuplicateColumn { name: shown(name.as_bytes()) }));
            }
            if !schema.names().any(|known| known == name) {
                let suggestion = closest(name, missing.iter().copied());
                let problem = Problem::UnknownColumn {
                    name: shown(name.as_bytes()),
                    expected: schema.listed(),
                    suggestion,
                };
                return Err(self.error(problem));
            }
        }
        if !missing.is_empty() {
            let names = missing.into_iter().map(str::to_owned).collect();
            return Err(self.error(Problem::MissingColumns { names, expected: schema.listed() }));
        }
        self.order = order;
        self.header = names;
        Ok(())
    }
}

fn located(error: DataError, line: u64, record: &[u8]) -> DataError {
    let error = error.at_line(line);
    // What a damaged file gave of the record says nothing.
    if matches!(error.problem(), Problem::TooLong { .. }) {
        error.with_text(first_line(record))
    } else {
        error
    }
}

/// Whether a line has nothing in it.
fn is_blank(line: &[u8]) -> bool {
    matches!(line, b"" | b"\n" | b"\r\n" | b"\r")
}

/// A record's first line without its line end.
pub(crate) fn first_line(record: &[u8]) -> &[u8] {
    let line = memchr(b'\n', record).and_then(|end| record.get(..end)).unwrap_or(record);
    line.strip_suffix(b"\r").unwrap_or(line)
}
