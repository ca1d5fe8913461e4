//! Keyed input tables: a second, different row for a key is an input error.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use floret_ir::{Address, Program, Relation, Row, Type, print};

use crate::{DataError, InputFile, Problem};

/// The rows that one keyed input table was given, over all its files.
pub struct KeyCheck {
    relation: String,
    key: Vec<(String, Type)>,
    /// The numbers of the value columns that don't merge.
    values: Vec<usize>,
    /// Per node and key: those columns, and where they came from.
    rows: HashMap<(Address, Row), (Row, Arc<str>, u64)>,
    last_file: Arc<str>,
}

impl KeyCheck {
    /// A check for `relation`, if it needs one: for events two rows of a key may well come in two ticks.
    pub fn new(relation: &Relation) -> Option<KeyCheck> {
        let count = relation.key.filter(|_| relation.is_table())?;
        let values = (count..relation.arity()).zip(relation.merges());
        let values: Vec<usize> =
            values.filter(|(_, merge)| merge.is_none()).map(|(column, _)| column).collect();
        if values.is_empty() {
            return None;
        }
        Some(KeyCheck {
            relation: relation.name.clone(),
            key: relation.columns.iter().take(count).map(|column| (column.name.clone(), column.ty)).collect(),
            values,
            rows: HashMap::new(),
            last_file: "".into(),
        })
    }

    /// Checks `row`, which was just read from `file` and goes to `node`.
    ///
    /// # Errors
    /// The node was given a different row with the same key.
    pub fn check(
        &mut self,
        node: Address,
        row: &Row,
        file: &InputFile,
        program: &Program,
    ) -> Result<(), DataError> {
        if *self.last_file != *file.name() {
            self.last_file = file.name().into();
        }
        let key: Row = row.iter().take(self.key.len()).cloned().collect();
        let rest: Row = self.values.iter().filter_map(|column| row.get(*column).cloned()).collect();
        match self.rows.entry((node, key)) {
            Entry::Vacant(entry) => {
                entry.insert((rest, Arc::clone(&self.last_file), file.line()));
                Ok(())
            }
            Entry::Occupied(entry) => {
                let (first, first_file, first_line) = entry.get();
                if *first == rest {
                    return Ok(());
                }
                let (_, key) = entry.key();
                let key: Vec<String> = self
                    .key
                    .iter()
                    .zip(key)
                    .map(|((name, ty), value)| format!("{name} = {}", print::literal(value, *ty, program)))
                    .collect();
                Err(file.row_error(Problem::KeyConflict {
                    relation: self.relation.clone(),
                    key: key.join(", "),
                    first: format!("{first_file}:{first_line}"),
                }))
            }
        }
    }
}
