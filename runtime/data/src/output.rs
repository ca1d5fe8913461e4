//! Rows as CSV and JSON lines. Tables for people are in `table_text`.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use floret_ir::{Address, Program, Relation, Row, Type, Value, print};

use crate::{DataError, Problem};

/// What is to be written of a relation: sorted rows without repetition, first the node where the program has roles.
pub struct OutputRows<'p> {
    pub(crate) header: Vec<String>,
    pub(crate) types: Vec<Type>,
    pub(crate) rows: Vec<Row>,
    pub(crate) program: &'p Program,
}

impl<'p> OutputRows<'p> {
    /// Takes the rows of all nodes, in any order. A program with roles gets a first column `node` (`at_node` if the
    /// relation has a column of that name).
    pub fn new(
        relation: &Relation,
        program: &'p Program,
        rows: impl IntoIterator<Item = (Address, Row)>,
    ) -> OutputRows<'p> {
        let columns = relation.columns.iter().map(|column| column.name.clone());
        let (header, mut rows): (_, Vec<Row>) = if program.has_roles() {
            let taken = relation.columns.iter().any(|column| column.name == "node");
            let node = if taken { "at_node" } else { "node" };
            let with_node = |(node, row): (Address, Row)| {
                let mut with_node = Row::with_capacity(row.len() + 1);
                with_node.push(Value::Address(node));
                with_node.extend(row);
                with_node
            };
            (
                std::iter::once(node.to_owned()).chain(columns).collect(),
                rows.into_iter().map(with_node).collect(),
            )
        } else {
            (columns.collect(), rows.into_iter().map(|(_, row)| row).collect())
        };
        rows.sort_unstable();
        rows.dedup();
        let with_node = program.has_roles().then_some(Type::Node);
        let types = with_node.into_iter().chain(relation.columns.iter().map(|column| column.ty)).collect();
        OutputRows { header, types, rows, program }
    }

    /// The columns' names.
    pub fn header(&self) -> &[String] {
        &self.header
    }
    /// The rows in value order.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Writes a header and the rows, lines ending in `\n`. The caller buffers.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_csv(&self, out: &mut impl Write) -> io::Result<()> {
        let mut line = String::new();
        csv_line(&mut line, self.header.iter().map(String::as_str));
        out.write_all(line.as_bytes())?;
        let mut texts: Vec<String> = Vec::new();
        for row in &self.rows {
            line.clear();
            texts.clear();
            texts.extend(row.iter().zip(&self.types).map(|(value, ty)| match value {
                // Borrowed below; most columns are texts.
                Value::String(_) => String::new(),
                value => print::value(value, *ty, self.program),
            }));
            let fields = row.iter().zip(&texts).map(|(value, text)| match value {
                Value::String(s) => &**s,
                _ => text.as_str(),
            });
            csv_line(&mut line, fields);
            out.write_all(line.as_bytes())?;
        }
        Ok(())
    }

    /// Writes one JSON object per row. Floats that JSON has no number for are the texts `NaN`, `inf` and `-inf`.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_json_lines(&self, out: &mut impl Write) -> io::Result<()> {
        let names: Vec<String> = self.header.iter().map(|name| json_text(name)).collect();
        let mut line = String::new();
        for row in &self.rows {
            line.clear();
            line.push('{');
            for (number, (name, (value, ty))) in names.iter().zip(row.iter().zip(&self.types)).enumerate() {
                if number > 0 {
                    line.push(',');
                }
                line.push_str(name);
                line.push(':');
                match value {
                    // As in CSV.
                    Value::Float(float) if float.get().is_finite() => {
                        line.push_str(&print::value(value, *ty, self.program));
                    }
                    _ => line.push_str(&print::value_json(value, *ty, self.program).to_string()),
                }
            }
            line.push_str("}\n");
            out.write_all(line.as_bytes())?;
        }
        Ok(())
    }

    /// Writes the CSV file `path`; it appears whole or not at all.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn save_csv(&self, path: &Path) -> Result<(), DataError> {
        save(path, |out| self.write_csv(out))
    }

    /// Writes the JSON lines file `path`; it appears whole or not at all.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn save_json_lines(&self, path: &Path) -> Result<(), DataError> {
        save(path, |out| self.write_json_lines(out))
    }
}

/// Writes to a temporary name beside `path`, then renames.
fn save(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> Result<(), DataError> {
    let failed =
        |error| DataError::new(Problem::Io { action: "write", error }).in_file(&path.display().to_string());
    let name = path.file_name().ok_or_else(|| failed(io::ErrorKind::InvalidInput.into()))?;
    // The process id keeps two runs that write the same file apart.
    let temporary = path.with_file_name(format!(".{}.{}.tmp", name.to_string_lossy(), std::process::id()));
    let result = File::create(&temporary).and_then(|file| {
        let mut out = BufWriter::with_capacity(128 << 10, file);
        write(&mut out)?;
        out.flush()
    });
    result.and_then(|()| fs::rename(&temporary, path)).map_err(|error| {
        // It may not even exist; the first error is the one to tell.
        let _ = fs::remove_file(&temporary);
        failed(error)
    })
}

fn csv_line<'a>(line: &mut String, fields: impl ExactSizeIterator<Item = &'a str>) {
    // A line with nothing in it would be skipped by readers.
    let alone = fields.len() == 1;
    for (number, field) in fields.enumerate() {
        if number > 0 {
            line.push(',');
        }
        if (field.is_empty() && alone) || field.contains([',', '"', '\n', '\r']) {
            line.push('"');
            line.push_str(&field.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(field);
        }
    }
    line.push('\n');
}

fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
