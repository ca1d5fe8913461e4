//! Texts and composite values as numbers, for one engine and all its workers.
//!
//! Equal values have equal ids; nothing else about ids means anything, so order, `hash` and all that leaves the engine
//! use the values. Entries are never dropped yet: an engine that sees new texts or composite values for ever grows.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, PoisonError, RwLock};

use floret_ir::Value;

use crate::row::FastHash;

/// The texts, bytes and composite values that an engine's rows mention.
#[derive(Default)]
pub(crate) struct Interner {
    texts: Pool<Arc<str>>,
    values: Pool<Value>,
}

/// Things of one kind by number and the other way round.
struct Pool<T>(RwLock<Table<T>>);

struct Table<T> {
    ids: HashMap<T, u64, FastHash>,
    things: Vec<T>,
}

impl Interner {
    /// The id of a text.
    pub(crate) fn intern(&self, text: &Arc<str>) -> u64 {
        self.texts.id(text)
    }

    /// The text of an id (the empty one for ids that were never given).
    pub(crate) fn text(&self, id: u64) -> Arc<str> {
        self.texts.get(id).unwrap_or_default()
    }

    /// The order of two ids' texts.
    pub(crate) fn compare(&self, a: u64, b: u64) -> Ordering {
        self.texts.compare(a, b)
    }

    /// The id of a value that is neither a text nor fits into a word.
    pub(crate) fn intern_value(&self, value: &Value) -> u64 {
        self.values.id(value)
    }

    /// The value of such an id (a bool, of which nothing can be taken, for ids that were never given).
    pub(crate) fn value(&self, id: u64) -> Value {
        self.values.get(id).unwrap_or(Value::Bool(false))
    }

    /// The order of two such ids' values.
    pub(crate) fn compare_values(&self, a: u64, b: u64) -> Ordering {
        self.values.compare(a, b)
    }
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Pool(RwLock::new(Table { ids: HashMap::default(), things: Vec::new() }))
    }
}

impl<T: Clone + Eq + Ord + Hash> Pool<T> {
    fn id(&self, thing: &T) -> u64 {
        if let Some(id) = self.0.read().unwrap_or_else(PoisonError::into_inner).ids.get(thing) {
            return *id;
        }
        let table = &mut *self.0.write().unwrap_or_else(PoisonError::into_inner);
        // Another worker may have been faster.
        *table.ids.entry(thing.clone()).or_insert_with(|| {
            table.things.push(thing.clone());
            table.things.len() as u64 - 1
        })
    }

    fn get(&self, id: u64) -> Option<T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).things.get(id as usize).cloned()
    }

    fn compare(&self, a: u64, b: u64) -> Ordering {
        if a == b {
            return Ordering::Equal;
        }
        let table = self.0.read().unwrap_or_else(PoisonError::into_inner);
        table.things.get(a as usize).cmp(&table.things.get(b as usize))
    }
}
