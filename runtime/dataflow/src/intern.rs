//! Texts as numbers, for one engine and all its workers.
//!
//! Equal texts have equal ids; nothing else about ids means anything, so order, `hash` and all that leaves the engine
//! use the texts. Entries are never dropped yet: an engine that sees new texts for ever grows.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::row::FastHash;

/// The texts that an engine's rows mention.
#[derive(Default)]
pub(crate) struct Interner {
    table: RwLock<Table>,
}

#[derive(Default)]
struct Table {
    ids: HashMap<Arc<str>, u64, FastHash>,
    texts: Vec<Arc<str>>,
}

impl Interner {
    /// The id of a text.
    pub(crate) fn intern(&self, text: &Arc<str>) -> u64 {
        if let Some(id) = self.table.read().unwrap_or_else(PoisonError::into_inner).ids.get(text) {
            return *id;
        }
        let table = &mut *self.table.write().unwrap_or_else(PoisonError::into_inner);
        // Another worker may have been faster.
        *table.ids.entry(text.clone()).or_insert_with(|| {
            table.texts.push(text.clone());
            table.texts.len() as u64 - 1
        })
    }

    /// The text of an id (the empty one for ids that were never given).
    pub(crate) fn text(&self, id: u64) -> Arc<str> {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        table.texts.get(id as usize).cloned().unwrap_or_default()
    }

    /// The order of two ids' texts.
    pub(crate) fn compare(&self, a: u64, b: u64) -> Ordering {
        if a == b {
            return Ordering::Equal;
        }
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        table.texts.get(a as usize).cmp(&table.texts.get(b as usize))
    }
}
