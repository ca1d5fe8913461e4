//! What a run's outputs hold, and how they are shown.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;

use floret_data::OutputRows;
use floret_ir::{Address, Changes, Program, RelationId, RoleId, Row};

use crate::cli::OutputFormat;
use crate::exit::Exit;

/// The width of printed tables where the terminal doesn't say its own.
const TABLE_WIDTH: usize = 100;

/// The outputs of all nodes: tables and views as they are, events and channels every row they ever held.
#[derive(Clone, Debug)]
pub struct Outputs {
    program: Arc<Program>,
    rows: BTreeMap<RelationId, BTreeSet<(Address, Row)>>,
}

impl Outputs {
    /// Every output of the program, empty.
    pub fn new(program: Arc<Program>) -> Self {
        let outputs = program.relations.entries().filter(|(_, relation)| relation.output);
        let rows = outputs.map(|(id, _)| (id, BTreeSet::new())).collect();
        Outputs { program, rows }
    }

    /// Only the outputs that live at one role.
    #[must_use]
    pub fn of_role(mut self, role: RoleId) -> Self {
        self.rows.retain(|relation, _| self.program.relations[*relation].role == role);
        self
    }

    /// Takes over what a tick of a node changed.
    pub fn apply(&mut self, node: Address, changes: &Changes) {
        for (relation, list) in changes {
            let Some(rows) = self.rows.get_mut(relation) else { continue };
            for change in list {
                let row = (node, change.row.clone());
                // Momentary rows are only ever added: they stay on record.
                if change.added {
                    rows.insert(row);
                } else {
                    rows.remove(&row);
                }
            }
        }
    }

    /// Whether the program has no outputs.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.values().map(BTreeSet::len).sum()
    }

    /// Names and rows of all outputs, in the order of their declarations.
    fn all(&self) -> impl Iterator<Item = (&str, OutputRows<'_>)> {
        self.rows.iter().map(|(id, rows)| {
            let relation = &self.program.relations[*id];
            (relation.name.as_str(), OutputRows::new(relation, &self.program, rows.iter().cloned()))
        })
    }

    /// Writes `DIR/NAME.csv` (or `.jsonl`) for every output: a header, then the rows, sorted.
    ///
    /// # Errors
    /// Exit code 3 if a file can't be written.
    pub fn save(&self, dir: &Path, format: OutputFormat) -> Result<(), Exit> {
        std::fs::create_dir_all(dir).map_err(|e| Exit::Failed(format!("{}: {e}", dir.display())))?;
        for (name, rows) in self.all() {
            // `q::won` is `q.won.csv`: colons are no part of file names everywhere.
            let name = name.replace("::", ".");
            match format {
                OutputFormat::Jsonl => rows.save_json_lines(&dir.join(format!("{name}.jsonl")))?,
                OutputFormat::Csv | OutputFormat::Table => rows.save_csv(&dir.join(format!("{name}.csv")))?,
            }
        }
        Ok(())
    }

    /// Prints every output; `None`: as tables on a terminal, as CSV elsewhere.
    ///
    /// # Errors
    /// Exit code 3 if stdout can't be written.
    pub fn print(&self, format: Option<OutputFormat>) -> Result<(), Exit> {
        let stdout = std::io::stdout();
        let usual = if stdout.is_terminal() { OutputFormat::Table } else { OutputFormat::Csv };
        match self.write_to(&mut std::io::BufWriter::new(stdout.lock()), format.unwrap_or(usual)) {
            // Whoever reads (`| head`) has enough.
            Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            Err(e) => Err(Exit::Failed(format!("stdout: {e}"))),
            Ok(()) => Ok(()),
        }
    }

    fn write_to(&self, out: &mut impl Write, format: OutputFormat) -> std::io::Result<()> {
        for (number, (name, rows)) in self.all().enumerate() {
            if number > 0 {
                writeln!(out)?;
            }
            if format == OutputFormat::Table {
                let count = rows.rows().len();
                writeln!(out, "{name}: {count} row{}", if count == 1 { "" } else { "s" })?;
                let width =
                    console::Term::stdout().size_checked().map_or(TABLE_WIDTH, |(_, columns)| columns.into());
                write!(out, "{}", rows.table_text(width))?;
            } else {
                // One output is plain CSV; several are told apart by a line each.
                if self.rows.len() > 1 {
                    writeln!(out, "# {name}")?;
                }
                match format {
                    OutputFormat::Jsonl => rows.write_json_lines(out)?,
                    OutputFormat::Csv | OutputFormat::Table => rows.write_csv(out)?,
                }
            }
        }
        out.flush()
    }
}
