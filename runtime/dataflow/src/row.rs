//! Rows of words: what travels through the dataflow. Every value is one word. Texts, bytes and composite values are
//! interned by their content; of all others the order of words is the order of values. Columns beyond a row's arity are 0.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};

use floret_ir::{Address, Float, RoleId, Type, Value};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::intern::Interner;

/// How many columns the widest row can have.
pub(crate) const MAX_COLUMNS: usize = 16;

/// Turns the order of signed into that of unsigned numbers.
const SIGN: u64 = 1 << 63;

/// A row of at most `W` columns.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Row<const W: usize>(pub(crate) [u64; W]);

/// An encoded row outside of the dataflow: one word per column.
pub(crate) type Words = Box<[u64]>;

impl<const W: usize> Row<W> {
    /// The row of these words; missing ones are 0, further ones are cut off.
    #[inline]
    pub(crate) fn of(words: &[u64]) -> Self {
        let mut row = [0; W];
        for (to, from) in row.iter_mut().zip(words) {
            *to = *from;
        }
        Row(row)
    }
}

impl<const W: usize> Default for Row<W> {
    fn default() -> Self {
        Row([0; W])
    }
}

impl<const W: usize> fmt::Debug for Row<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

// Only so that rows may be exchanged: workers of one process pass them without encoding.
impl<const W: usize> Serialize for Row<W> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_slice().serialize(serializer)
    }
}
impl<'de, const W: usize> Deserialize<'de> for Row<W> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = Vec::<u64>::deserialize(deserializer)?;
        words.try_into().map(Row).map_err(|_| D::Error::custom("a row of another width"))
    }
}

/// The widths that rows come in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Class {
    W1,
    W2,
    W4,
    W8,
    W16,
}

impl Class {
    /// The narrowest class for this many columns. (Plans with wider rows are refused before anything is rendered.)
    pub(crate) fn of(columns: usize) -> Class {
        match columns {
            0 | 1 => Class::W1,
            2 => Class::W2,
            3..=4 => Class::W4,
            5..=8 => Class::W8,
            _ => Class::W16,
        }
    }
}

/// The word of an int.
#[inline]
pub(crate) fn int_word(int: i64) -> u64 {
    int as u64 ^ SIGN
}

/// The int of a word.
#[inline]
pub(crate) fn word_int(word: u64) -> i64 {
    (word ^ SIGN) as i64
}

/// The word of a value.
pub(crate) fn encode(value: &Value, interner: &Interner) -> u64 {
    match value {
        Value::Bool(b) => u64::from(*b),
        Value::Int(i) => int_word(*i),
        Value::Float(f) => f.ordered_bits(),
        Value::String(text) => interner.intern(text),
        Value::Address(Address { role, index }) => u64::from(role.0) << 32 | u64::from(*index),
        Value::Time(nanoseconds) | Value::Duration(nanoseconds) => int_word(*nanoseconds),
        Value::Bytes(_)
        | Value::Tuple(_)
        | Value::List(_)
        | Value::Set(_)
        | Value::Map(_)
        | Value::Variant(..) => interner.intern_value(value),
    }
}

/// The value of a word of a column of this type.
pub(crate) fn decode(word: u64, ty: Type, interner: &Interner) -> Value {
    match ty {
        Type::Bool => Value::Bool(word != 0),
        Type::Int => Value::Int(word_int(word)),
        Type::Float => Value::Float(Float::from_ordered_bits(word)),
        Type::String => Value::String(interner.text(word)),
        Type::Address(_) | Type::Node => {
            Value::Address(Address { role: RoleId((word >> 32) as u32), index: word as u32 })
        }
        Type::Time => Value::Time(word_int(word)),
        Type::Duration => Value::Duration(word_int(word)),
        Type::Bytes
        | Type::Tuple(_)
        | Type::List(_)
        | Type::Set(_)
        | Type::Map(..)
        | Type::Option(_)
        | Type::Struct(_)
        | Type::Enum(_) => interner.value(word),
    }
}

/// The order of two values of one type.
#[inline]
pub(crate) fn compare(a: u64, b: u64, ty: Type, interner: &Interner) -> Ordering {
    match ty {
        Type::String => interner.compare(a, b),
        Type::Bool
        | Type::Int
        | Type::Float
        | Type::Time
        | Type::Duration
        | Type::Address(_)
        | Type::Node => a.cmp(&b),
        Type::Bytes
        | Type::Tuple(_)
        | Type::List(_)
        | Type::Set(_)
        | Type::Map(..)
        | Type::Option(_)
        | Type::Struct(_)
        | Type::Enum(_) => interner.compare_values(a, b),
    }
}

/// A word that stands for several: the key of arrangements on other than one column. Different words may share one,
/// so whoever uses it compares the words too.
#[inline]
pub(crate) fn hash_words(words: impl Iterator<Item = u64>) -> u64 {
    let mut hasher = FastHasher::default();
    words.for_each(|word| hasher.write_u64(word));
    hasher.finish()
}

/// A quick hash for tables in memory (not stable, not for keys from afar that must not collide on purpose: a collision
/// costs time only).
#[derive(Clone, Copy, Default)]
pub(crate) struct FastHasher(u64);

/// Builds [`FastHasher`]s.
pub(crate) type FastHash = BuildHasherDefault<FastHasher>;

impl Hasher for FastHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }
    #[inline]
    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    #[inline]
    fn finish(&self) -> u64 {
        let x = (self.0 ^ (self.0 >> 32)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        x ^ (x >> 29)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::option::of as option;
    use proptest::prelude::*;

    use super::*;

    fn value() -> impl Strategy<Value = (Value, Value, Type)> {
        let role = RoleId(3);
        let address = move |index| Value::Address(Address { role, index });
        let float = prop_oneof![any::<f64>(), Just(0.0), Just(-0.0), Just(f64::NAN), Just(f64::INFINITY)];
        prop_oneof![
            any::<(i64, i64)>().prop_map(|(a, b)| (Value::Int(a), Value::Int(b), Type::Int)),
            any::<(bool, bool)>().prop_map(|(a, b)| (Value::Bool(a), Value::Bool(b), Type::Bool)),
            (float.clone(), float).prop_map(|(a, b)| (Value::float(a), Value::float(b), Type::Float)),
            any::<(u32, u32)>().prop_map(move |(a, b)| (address(a), address(b), Type::Address(role))),
            ("[a-cé]{0,2}", "[a-cé]{0,2}").prop_map(|(a, b)| (
                Value::string(&a),
                Value::string(&b),
                Type::String
            )),
            any::<(i64, i64)>().prop_map(|(a, b)| (Value::Time(a), Value::Time(b), Type::Time)),
            any::<(i64, i64)>().prop_map(|(a, b)| (Value::Duration(a), Value::Duration(b), Type::Duration)),
            any::<(u32, u32)>().prop_map(move |(a, b)| (address(a), address(b), Type::Node)),
            (vec(0u8..3, 0..3), vec(0u8..3, 0..3)).prop_map(|(a, b)| (
                Value::Bytes(a.into()),
                Value::Bytes(b.into()),
                Type::Bytes
            )),
            (vec(0i64..3, 0..3), vec(0i64..3, 0..3)).prop_map(|(a, b)| {
                let list = |of: Vec<i64>| Value::list(of.into_iter().map(Value::Int));
                (list(a), list(b), Type::list(Type::Int))
            }),
            (option("[ab]"), option("[ab]")).prop_map(|(a, b)| {
                let option =
                    |of: Option<String>| of.map_or(Value::none(), |s| Value::some(Value::string(&s)));
                (option(a), option(b), Type::option(Type::String))
            }),
        ]
    }

    proptest! {
        #[test]
        fn words_have_the_values_order_and_come_back((a, b, ty) in value()) {
            let interner = Interner::default();
            let (x, y) = (encode(&a, &interner), encode(&b, &interner));
            prop_assert_eq!(compare(x, y, ty, &interner), a.cmp(&b));
            prop_assert_eq!(x == y, a == b);
            prop_assert_eq!(decode(x, ty, &interner), a);
        }
    }
}
