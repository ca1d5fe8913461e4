//! What a run's outputs hold, and how they are shown.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal, Write};
use std::path::Path;

use floret_ir::{Address, Changes, Program, RelationId, Row, print};

use crate::exit::Exit;

/// The outputs of all nodes: tables and views as they are, events and channels every row they ever held.
#[derive(Clone, Debug)]
pub struct Outputs<'p> {
    program: &'p Program,
    rows: BTreeMap<RelationId, BTreeSet<(Address, Row)>>,
}

impl<'p> Outputs<'p> {
    /// Every output of the program, empty.
    pub fn new(program: &'p Program) -> Self {
        let outputs = program.relations.entries().filter(|(_, relation)| relation.output);
        Outputs { program, rows: outputs.map(|(id, _)| (id, BTreeSet::new())).collect() }
    }

    /// Takes over what a tick of a node changed.
    pub fn apply(&mut self, node: Address, changes: Changes) {
        for (relation, list) in changes {
            let Some(rows) = self.rows.get_mut(&relation) else { continue };
            for change in list {
                let row = (node, change.row);
                // Momentary rows are only ever added: they stay on record.
                if change.added {
                    rows.insert(row);
                } else {
                    rows.remove(&row);
                }
            }
        }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.values().map(BTreeSet::len).sum()
    }

    fn header(&self, relation: RelationId) -> Vec<String> {
        let columns = self.program.relations[relation].columns.iter().map(|column| column.name.clone());
        let node = self.program.has_roles().then(|| "node".to_owned());
        node.into_iter().chain(columns).collect()
    }

    fn text_rows(&self, relation: RelationId) -> Vec<Vec<String>> {
        let rows = self.rows.get(&relation).into_iter().flatten();
        rows.map(|(node, row)| {
            let node = self.program.has_roles().then(|| print::address(*node, self.program));
            node.into_iter().chain(row.iter().map(|value| print::value(value, self.program))).collect()
        })
        .collect()
    }

    /// Writes `DIR/NAME.csv` for every output: a header, then the rows, sorted.
    ///
    /// # Errors
    /// Exit code 3 if a file can't be written.
    pub fn write(&self, dir: &Path) -> Result<(), Exit> {
        let fail = |e: &dyn std::fmt::Display| Exit::Failed(format!("{}: {e}", dir.display()));
        std::fs::create_dir_all(dir).map_err(|e| fail(&e))?;
        for relation in self.rows.keys() {
            let path = dir.join(format!("{}.csv", self.program.relations[*relation].name));
            floret_data::write_csv(&path, &self.header(*relation), &self.text_rows(*relation)).map_err(|e| fail(&e))?;
        }
        Ok(())
    }

    /// Prints every output: tables on a terminal, CSV elsewhere.
    ///
    /// # Errors
    /// Exit code 3 if stdout is closed.
    pub fn print(&self) -> Result<(), Exit> {
        let stdout = std::io::stdout();
        let mut text = String::new();
        for (number, relation) in self.rows.keys().enumerate() {
            let name = &self.program.relations[*relation].name;
            let (header, rows) = (self.header(*relation), self.text_rows(*relation));
            if number > 0 {
                text.push('\n');
            }
            if stdout.is_terminal() {
                let plural = if rows.len() == 1 { "row" } else { "rows" };
                text.push_str(&format!("{name}: {} {plural}\n", rows.len()));
                text.push_str(&floret_data::table_text(&header, &rows));
            } else {
                // One output is plain CSV; several are told apart by a line each.
                if self.rows.len() > 1 {
                    text.push_str(&format!("# {name}\n"));
                }
                text.push_str(&floret_data::csv_text(&header, &rows));
            }
        }
        match stdout.lock().write_all(text.as_bytes()) {
            Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(Exit::Failed(format!("stdout: {e}"))),
            _ => Ok(()),
        }
    }
}
