//! The engine's copy of the tables: P(t) and how it becomes P(t+1).
//!
//! The dataflow is only told differences; what is a difference, which row of a key stays, and which rows `<-` and `<+-`
//! take away is decided here.

use std::collections::{HashMap, HashSet};

use floret_ir::{Column, Type};

use crate::delta::Delta;
use crate::intern::Interner;
use crate::row::{FastHash, Words, compare_rows};

/// Rows.
pub(crate) type RowSet = HashSet<Words, FastHash>;
/// Rows and how often they come or go.
pub(crate) type Log = HashMap<Words, isize, FastHash>;

/// The stored rows of a table.
pub(crate) struct Table {
    types: Vec<Type>,
    rows: Stored,
    /// What changed since the log was last taken.
    log: Log,
    /// The rows that the last tick held but its end took away. Those that rules derive again never leave the content,
    /// so no difference will tell.
    taken: RowSet,
}

enum Stored {
    Set(RowSet),
    /// By the first columns.
    Keyed(usize, HashMap<Words, Words, FastHash>),
}

impl Table {
    /// An empty table with columns of these types, of which the first `key` are a key.
    pub(crate) fn new(types: Vec<Type>, key: Option<usize>) -> Self {
        let rows = match key {
            None => Stored::Set(RowSet::default()),
            Some(key) => Stored::Keyed(key, HashMap::default()),
        };
        Table { types, rows, log: Log::default(), taken: RowSet::default() }
    }

    /// Adds rows. A key keeps the row it has, else takes its least new one; the others are returned.
    pub(crate) fn admit(&mut self, mut new: Vec<Words>, interner: &Interner) -> Vec<Words> {
        if let Stored::Keyed(..) = self.rows {
            new.sort_unstable_by(|a, b| compare_rows(a, b, &self.types, interner));
        }
        new.into_iter().filter_map(|row| self.insert(row)).collect()
    }

    /// Adds a row; returns it if its key has another.
    fn insert(&mut self, row: Words) -> Option<Words> {
        let new = match &mut self.rows {
            Stored::Set(rows) => rows.insert(row.clone()),
            Stored::Keyed(key, rows) => match rows.get(prefix(&row, *key)) {
                Some(stored) if *stored == row => false,
                Some(_) => return Some(row),
                None => {
                    rows.insert(prefix(&row, *key).into(), row.clone());
                    true
                }
            },
        };
        if new {
            self.note(row, 1);
        }
        None
    }

    /// Removes a row that equals this one in all columns but `any` (which has no key columns).
    pub(crate) fn delete(&mut self, row: &[u64], any: &[Column]) {
        let gone = match &mut self.rows {
            Stored::Set(rows) if any.is_empty() => rows.take(row),
            Stored::Set(rows) => {
                let matching: Vec<Words> =
                    rows.iter().filter(|stored| matches(stored, row, any)).cloned().collect();
                for row in matching {
                    rows.remove(&row);
                    note(&mut self.log, row, -1);
                }
                None
            }
            Stored::Keyed(key, rows) => {
                let key = prefix(row, *key);
                let fits = rows.get(key).is_some_and(|stored| matches(stored, row, any));
                if fits { rows.remove(key) } else { None }
            }
        };
        if let Some(row) = gone {
            self.note(row, -1);
        }
    }

    /// Removes the row of this row's key.
    pub(crate) fn vacate(&mut self, row: &[u64]) {
        let gone = match &mut self.rows {
            Stored::Set(rows) => rows.take(row),
            Stored::Keyed(key, rows) => rows.remove(prefix(row, *key)),
        };
        if let Some(row) = gone {
            self.note(row, -1);
        }
    }

    /// Takes over what rules put into the table in this tick, given how its content changed since the tick before.
    pub(crate) fn settle(&mut self, content: &Delta) {
        let mut taken = std::mem::take(&mut self.taken);
        for (row, diff) in content.iter() {
            if diff > 0 {
                self.insert(row.into());
            } else {
                taken.remove(row);
            }
        }
        // Their content didn't change: they are derived (or were put in again).
        for row in taken {
            self.insert(row);
        }
    }

    /// The changes since the last call.
    pub(crate) fn log(&mut self) -> Log {
        let mut log = std::mem::take(&mut self.log);
        log.retain(|_, diff| *diff != 0);
        log
    }

    /// The changes since the last call, which ended a tick.
    pub(crate) fn close(&mut self) -> Log {
        let log = self.log();
        self.taken = log.iter().filter(|(_, diff)| **diff < 0).map(|(row, _)| row.clone()).collect();
        log
    }

    fn note(&mut self, row: Words, diff: isize) {
        note(&mut self.log, row, diff);
    }
}

fn note(log: &mut Log, row: Words, diff: isize) {
    *log.entry(row).or_default() += diff;
}

fn prefix(row: &[u64], key: usize) -> &[u64] {
    row.get(..key).unwrap_or(row)
}

fn matches(stored: &[u64], row: &[u64], any: &[Column]) -> bool {
    stored.iter().zip(row).enumerate().all(|(column, (a, b))| a == b || any.contains(&column))
}
