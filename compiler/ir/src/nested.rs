//! Reading nested data from files: its depth is bounded, so that a damaged or hostile file can't exhaust the stack, and
//! nothing is reserved on the word of a length.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

/// How deep expressions of an artifact may nest. The parser's limit is 200; passes add little.
pub const DEPTH_LIMIT: usize = 400;

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// One level, left when dropped.
struct Level;

impl Level {
    fn enter<E: Error>() -> Result<Level, E> {
        DEPTH.with(|depth| {
            if depth.get() >= DEPTH_LIMIT {
                return Err(E::custom("expressions nest too deep"));
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
