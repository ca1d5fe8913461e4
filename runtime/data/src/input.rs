//! An input file as a sequence of typed rows.

use floret_ir::{Program, Relation, Row};

use crate::csv_reader::{CsvReader, first_line};
use crate::json_reader::JsonReader;
use crate::parse::Schema;
use crate::records::Lines;
use crate::{DataError, Problem};

/// How rows are written in a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Comma-separated values with a header line.
    Csv,
    /// One JSON object or array per line.
    JsonLines,
}

impl Format {
    /// What a file's name says: `.csv`, `.jsonl`, `.ndjson`, `.json`, each also with `.gz`.
    pub fn of_path(path: &str) -> Option<Format> {
        let name = path.strip_suffix(".gz").unwrap_or(path);
        match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
            "csv" => Some(Format::Csv),
            "jsonl" | "ndjson" | "json" => Some(Format::JsonLines),
            _ => None,
        }
    }
}

enum Reader {
    Csv(CsvReader),
    Json(JsonReader),
}

/// A file (or standard input) that holds rows of one relation.
pub struct InputFile {
    schema: Schema,
    reader: Reader,
    /// An error after which there is nothing sensible to read.
    over: bool,
}

impl InputFile {
    /// Opens a file, or standard input for `-`, and reads a CSV file's header. The format is told by the file's name;
    /// standard input is CSV unless it starts with `{` or `[`, and may be compressed.
    ///
    /// # Errors
    /// The file can't be opened, its format isn't known, or its header doesn't name the relation's columns.
    pub fn open(path: &str, relation: &Relation, program: &Program) -> Result<InputFile, DataError> {
        let format = match (path, Format::of_path(path)) {
            ("-", _) => None,
            (_, Some(format)) => Some(format),
            (_, None) => return Err(DataError::new(Problem::UnknownFormat).in_file(path)),
        };
        InputFile::over(Lines::open(path)?, format, relation, program)
    }

    /// Bytes as if they were a file of that name and format, not compressed.
    ///
    /// # Errors
    /// A CSV header doesn't name the relation's columns.
    pub fn of_bytes(
        name: &str,
        bytes: Vec<u8>,
        format: Format,
        relation: &Relation,
        program: &Program,
    ) -> Result<InputFile, DataError> {
        let total = Some(bytes.len() as u64);
        let lines = Lines::over(name, std::io::Cursor::new(bytes), Some(false), total)?;
        InputFile::over(lines, Some(format), relation, program)
    }

    pub(crate) fn over(
        mut lines: Lines,
        format: Option<Format>,
        relation: &Relation,
        program: &Program,
    ) -> Result<InputFile, DataError> {
        let schema = Schema::new(relation, program);
        let mut first = Vec::new();
        lines.read(&mut first).map_err(|error| error.at_line(1))?;
        let format = format.unwrap_or(match first.first() {
            Some(b'{' | b'[') => Format::JsonLines,
            _ => Format::Csv,
        });
        let reader = match format {
            Format::Csv => Reader::Csv(CsvReader::open(lines, first, &schema)?),
            Format::JsonLines => Reader::Json(JsonReader::new(lines, first)),
        };
        Ok(InputFile { schema, reader, over: false })
    }

    /// The next row; `None` at the end. After an error that [is about one record](DataError::is_about_one_record)
    /// reading goes on with the record after it; after any other error there is nothing more.
    ///
    /// # Errors
    /// A record isn't a row of the relation, or the file can't be read.
    pub fn next_row(&mut self) -> Result<Option<Row>, DataError> {
        if self.over {
            return Ok(None);
        }
        let row = match &mut self.reader {
            Reader::Csv(reader) => reader.next_row(&self.schema),
            Reader::Json(reader) => reader.next_row(&self.schema),
        };
        if let Err(error) = &row {
            self.over = !error.is_about_one_record();
        }
        row
    }

    /// The line on which the last row's record starts, from 1.
    pub fn line(&self) -> u64 {
        match &self.reader {
            Reader::Csv(reader) => reader.line(),
            Reader::Json(reader) => reader.line(),
        }
    }
    /// The file as messages name it.
    pub fn name(&self) -> &str {
        self.lines().file()
    }
    /// How many bytes of the file (before decompression) were read.
    pub fn bytes_read(&self) -> u64 {
        self.lines().bytes_read()
    }
    /// How many bytes the file has, where that is known.
    pub fn total_bytes(&self) -> Option<u64> {
        self.lines().total_bytes()
    }
    /// The last row's record as it stands in the file.
    pub fn record(&self) -> &[u8] {
        match &self.reader {
            Reader::Csv(reader) => reader.record(),
            Reader::Json(reader) => reader.record(),
        }
    }
    /// An error about the last row.
    pub(crate) fn row_error(&self, problem: Problem) -> DataError {
        let text = first_line(self.record());
        DataError::new(problem).in_file(self.name()).at_line(self.line()).with_text(text)
    }
    #[cfg(test)]
    pub(crate) fn limit_records(&mut self, longest: usize) {
        match &mut self.reader {
            Reader::Csv(reader) => reader.lines_mut().limit(longest),
            Reader::Json(reader) => reader.lines_mut().limit(longest),
        }
    }
    fn lines(&self) -> &Lines {
        match &self.reader {
            Reader::Csv(reader) => reader.lines(),
            Reader::Json(reader) => reader.lines(),
        }
    }
}
