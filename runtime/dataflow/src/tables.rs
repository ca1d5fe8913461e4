//! The engine's copy of the tables: P(t) and how it becomes P(t+1).
//!
//! The dataflow is only told differences; what is a difference, which row of a key stays, what merges into it, and which
//! rows `<-` and `<+-` take away is decided here.

use std::collections::{HashMap, HashSet};

use floret_ir::{Column, Lattice, Type};

use crate::delta::Delta;
use crate::intern::Interner;
use crate::log::Log;
use crate::merge::Merging;
use crate::row::{FastHash, Words};

/// Rows.
pub(crate) type RowSet = HashSet<Words, FastHash>;

/// The stored rows of a table.
pub(crate) struct Table {
    types: Vec<Type>,
    rows: Stored,
    /// How rows of one key merge.
    merging: Merging,
    /// What changed since the log was last taken.
    log: Log,
    /// How P(t) differs from the content that the last tick had. Of the rows that it lost, those that rules derive again never
    /// leave the content, so no difference will tell.
    since: Log,
}

enum Stored {
    Set(RowSet),
    /// By the first columns.
    Keyed(usize, HashMap<Words, Words, FastHash>),
}

impl Table {
    /// An empty table with columns of these types, of which the first `key` are a key; the others may merge.
    pub(crate) fn new(types: Vec<Type>, key: Option<usize>, merges: &[Option<Lattice>]) -> Self {
        let rows = match key {
            None => Stored::Set(RowSet::default()),
            Some(key) => Stored::Keyed(key, HashMap::default()),
        };
        let merging = Merging::new(key.unwrap_or(types.len()), merges);
        Table { types, rows, merging, log: Log::default(), since: Log::default() }
    }

    /// The stored rows, in any order.
    pub(crate) fn rows(&self) -> Box<dyn Iterator<Item = &Words> + '_> {
        match &self.rows {
            Stored::Set(rows) => Box::new(rows.iter()),
            Stored::Keyed(_, rows) => Box::new(rows.values()),
        }
    }

    /// Adds rows. A key keeps the row it has, else takes its least new one; rows that agree with it in all columns that
    /// don't merge are merged into it, the others are returned.
    pub(crate) fn admit(&mut self, mut new: Vec<Words>, interner: &Interner) -> Vec<Words> {
        if let Stored::Keyed(..) = self.rows {
            new.sort_unstable_by(|a, b| self.merging.compare(a, b, &self.types, interner));
        }
        new.into_iter().filter_map(|row| self.insert(row, interner)).collect()
    }

    /// Adds a row; returns it if its key has another.
    fn insert(&mut self, row: Words, interner: &Interner) -> Option<Words> {
        match &mut self.rows {
            Stored::Set(rows) => {
                if rows.insert(row.clone()) {
                    self.log.note(row, 1);
                }
            }
            Stored::Keyed(key, rows) => match rows.get_mut(prefix(&row, *key)) {
                Some(stored) if !self.merging.agree(stored, &row) => return Some(row),
                Some(stored) => {
                    let mut merged = stored.clone();
                    self.merging.merge(&mut merged, &row, interner);
                    if *stored != merged {
                        self.log.note(std::mem::replace(stored, merged.clone()), -1);
                        self.log.note(merged, 1);
                    }
                }
                None => {
                    rows.insert(prefix(&row, *key).into(), row.clone());
                    self.log.note(row, 1);
                }
            },
        }
        None
    }

    /// Makes a row of the content the stored one. (Its key's stored row was merged into it.)
    fn hold(&mut self, row: &[u64]) {
        let old = match &mut self.rows {
            Stored::Set(rows) => {
                if !rows.insert(row.into()) {
                    return;
                }
                None
            }
            Stored::Keyed(key, rows) => rows.insert(prefix(row, *key).into(), row.into()),
        };
        if let Some(old) = old {
            self.log.note(old, -1);
        }
        self.log.note(row.into(), 1);
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
                    self.log.note(row, -1);
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
            self.log.note(row, -1);
        }
    }

    /// Removes the row of this row's key.
    pub(crate) fn vacate(&mut self, row: &[u64]) {
        let gone = match &mut self.rows {
            Stored::Set(rows) => rows.take(row),
            Stored::Keyed(key, rows) => rows.remove(prefix(row, *key)),
        };
        if let Some(row) = gone {
            self.log.note(row, -1);
        }
    }

    /// What the host deletes before a tick: the row, of a keyed table the row of its key.
    pub(crate) fn withdraw(&mut self, row: &[u64]) {
        let kept = std::mem::take(&mut self.log);
        self.vacate(row);
        for (row, diff) in std::mem::replace(&mut self.log, kept).iter() {
            self.since.note(row.clone(), *diff);
            self.log.note(row.clone(), *diff);
        }
    }

    /// Takes over what rules put into the table in this tick, given how its content changed since the tick before.
    pub(crate) fn settle(&mut self, content: &Delta) {
        let since = self.since.net();
        let mut lost: RowSet =
            since.iter().filter(|(_, diff)| *diff < 0).map(|(row, _)| row.clone()).collect();
        for (row, diff) in content.iter() {
            if diff > 0 {
                self.hold(row);
            } else {
                lost.remove(row);
            }
        }
        // Their content didn't change: they are derived (or were put in again).
        for row in lost {
            self.hold(&row);
        }
    }

    /// The changes since the last call.
    pub(crate) fn log(&mut self) -> Log {
        self.log.net()
    }

    /// The changes since the last call, which ended a tick.
    pub(crate) fn close(&mut self) -> Log {
        let log = self.log();
        self.since = log.clone();
        log
    }
}

fn prefix(row: &[u64], key: usize) -> &[u64] {
    row.get(..key).unwrap_or(row)
}

fn matches(stored: &[u64], row: &[u64], any: &[Column]) -> bool {
    stored.iter().zip(row).enumerate().all(|(column, (a, b))| a == b || any.contains(&column))
}
