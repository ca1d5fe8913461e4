//! JSON lines: each line is one row, as an object with the columns as fields or as an array in column order.

use std::fmt;

use floret_ir::Row;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;

use crate::csv_reader::first_line;
use crate::parse::Schema;
use crate::quote::shown;
use crate::records::Lines;
use crate::{DataError, Problem};
use floret_ir::closest;

/// The rows of one file.
pub(crate) struct JsonReader {
    lines: Lines,
    record: Vec<u8>,
    line: u64,
    /// Whether `record` holds a line that wasn't parsed yet.
    waiting: bool,
}

/// A line. Objects keep repeated fields, which `serde_json::Value` would silently drop.
enum Line {
    Object(Vec<(String, Json)>),
    Array(Vec<Json>),
    Other(&'static str),
}

impl JsonReader {
    /// `first` is the file's first line.
    pub(crate) fn new(lines: Lines, first: Vec<u8>) -> JsonReader {
        JsonReader { lines, waiting: !first.is_empty(), record: first, line: 1 }
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
        loop {
            if !self.waiting {
                self.record.clear();
                self.line = self.lines.next_line();
                if !self.lines.read(&mut self.record).map_err(|error| error.at_line(self.line))? {
                    return Ok(None);
                }
            }
            self.waiting = false;
            if !self.record.trim_ascii().is_empty() {
                return self.row(schema).map(Some);
            }
        }
    }

    fn error(&self, problem: Problem) -> DataError {
        DataError::new(problem)
            .in_file(self.lines.file())
            .at_line(self.line)
            .with_text(first_line(&self.record))
    }

    fn row(&self, schema: &Schema) -> Result<Row, DataError> {
        if std::str::from_utf8(&self.record).is_err() {
            return Err(self.error(Problem::NotUtf8));
        }
        match serde_json::from_slice(self.record.trim_ascii_end()) {
            Ok(Line::Object(fields)) => self.object(schema, &fields),
            Ok(Line::Array(values)) => self.array(schema, &values),
            Ok(Line::Other(found)) => Err(self.error(Problem::JsonShape { found })),
            Err(error) => {
                let said = error.to_string();
                let said = said.split(" at line ").next().unwrap_or_default();
                let detail = if error.is_eof() {
                    "the line ends in the middle of one".to_owned()
                } else {
                    format!("at byte {} {said}", error.column())
                };
                Err(self.error(Problem::Json { detail }))
            }
        }
    }

    fn object(&self, schema: &Schema, fields: &[(String, Json)]) -> Result<Row, DataError> {
        for (number, (name, _)) in fields.iter().enumerate() {
            if fields.iter().take(number).any(|(earlier, _)| earlier == name) {
                return Err(self.error(Problem::DuplicateColumn { name: shown(name.as_bytes()) }));
            }
            if !schema.names().any(|known| known == name) {
                let missing = schema.names().filter(|known| !fields.iter().any(|(name, _)| name == known));
                let suggestion = closest(name, missing);
                let name = shown(name.as_bytes());
                return Err(self.error(Problem::UnknownColumn {
                    name,
                    expected: schema.listed(),
                    suggestion,
                }));
            }
        }
        let mut row = Row::with_capacity(schema.columns.len());
        let mut missing = Vec::new();
        for (column, ty) in &schema.columns {
            match fields.iter().find(|(name, _)| name == column) {
                Some((_, json)) => match schema.json_value(*ty, json) {
                    Ok(value) => row.push(value),
                    Err(problem) => return Err(self.error(problem).in_column(column)),
                },
                None => missing.push(column.clone()),
            }
        }
        if missing.is_empty() {
            Ok(row)
        } else {
            Err(self.error(Problem::MissingColumns { names: missing, expected: schema.listed() }))
        }
    }

    fn array(&self, schema: &Schema, values: &[Json]) -> Result<Row, DataError> {
        if values.len() != schema.columns.len() {
            let expected = schema.names().map(str::to_owned).collect();
            return Err(self.error(Problem::FieldCount { expected, found: values.len(), json: true }));
        }
        let columns = schema.columns.iter().zip(values);
        columns
            .map(|((name, ty), json)| {
                schema.json_value(*ty, json).map_err(|problem| self.error(problem).in_column(name))
            })
            .collect()
    }
}

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Line, D::Error> {
        deserializer.deserialize_any(LineVisitor)
    }
}

struct LineVisitor;

impl<'de> Visitor<'de> for LineVisitor {
    type Value = Line;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Line, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Line::Object(fields))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Line, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element()? {
            values.push(value);
        }
        Ok(Line::Array(values))
    }
    fn visit_bool<E>(self, _: bool) -> Result<Line, E> {
        Ok(Line::Other("true or false"))
    }
    fn visit_i64<E>(self, _: i64) -> Result<Line, E> {
        Ok(Line::Other("a number"))
    }
    fn visit_u64<E>(self, _: u64) -> Result<Line, E> {
        Ok(Line::Other("a number"))
    }
    fn visit_f64<E>(self, _: f64) -> Result<Line, E> {
        Ok(Line::Other("a number"))
    }
    fn visit_str<E>(self, _: &str) -> Result<Line, E> {
        Ok(Line::Other("a text"))
    }
    fn visit_unit<E>(self) -> Result<Line, E> {
        Ok(Line::Other("null"))
    }
}
