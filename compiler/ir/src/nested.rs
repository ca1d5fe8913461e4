//! Reading nested data from files: its depth is bounded, so that a damaged or hostile file can't exhaust the stack, and
//! nothing is reserved on the word of a length.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

use crate::Value;

/// How deep expressions, types and values of a file or frame may nest. The parser's limit is 200; passes add little.
pub const DEPTH_LIMIT: usize = 400;

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// One level, left when dropped.
pub(crate) struct Level;

impl Level {
    /// One level deeper, unless that is too deep.
    pub(crate) fn enter<E: Error>() -> Result<Level, E> {
        DEPTH.with(|depth| {
            if depth.get() >= DEPTH_LIMIT {
                return Err(E::custom("it nests too deep"));
            }
            depth.set(depth.get() + 1);
            Ok(Level)
        })
    }
}

impl Drop for Level {
    fn drop(&mut self) {
        DEPTH.with(|depth| depth.set(depth.get().saturating_sub(1)));
    }
}

/// Reads a boxed part one level deeper.
pub(crate) fn boxed<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Box<T>, D::Error> {
    let _level = Level::enter()?;
    T::deserialize(deserializer).map(Box::new)
}

/// Reads a list of parts one level deeper.
pub(crate) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    struct List<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
            let mut items = Vec::new();
            while let Some(item) = seq.next_element()? {
                items.push(item);
            }
            Ok(items)
        }
    }

    let _level = Level::enter()?;
    deserializer.deserialize_seq(List(PhantomData))
}

/// Reads the parts of a value one level deeper.
pub(crate) fn parts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<[Value]>, D::Error> {
    list(deserializer).map(Into::into)
}

/// Reads the elements of a set; they are put into order whatever the file says.
pub(crate) fn set<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<[Value]>, D::Error> {
    let elements: BTreeSet<Value> = list(deserializer)?.into_iter().collect();
    Ok(elements.into_iter().collect())
}

/// Reads the pairs of a map; they are put into order whatever the file says.
pub(crate) fn map<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<[(Value, Value)]>, D::Error> {
    let pairs: BTreeMap<Value, Value> = list(deserializer)?.into_iter().collect();
    Ok(pairs.into_iter().collect())
}
