//! Values, rows and their text form.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{RoleId, Type};

/// A node: member `index` of a role.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Address {
    /// The role.
    pub role: RoleId,
    /// The member, from 0.
    pub index: u32,
}

/// A float with one total order: every NaN is the same and greatest, `-0.0` is `0.0`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(from = "f64", into = "f64")]
pub struct Float(f64);

impl Float {
    /// The canonical form of `value`.
    pub fn new(value: f64) -> Self {
        // `+ 0.0` turns -0.0 into 0.0.
        Float(if value.is_nan() { f64::NAN } else { value + 0.0 })
    }
    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }
    /// Bits whose unsigned order is the total order of floats.
    pub fn ordered_bits(self) -> u64 {
        let bits = self.0.to_bits();
        if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
    }
    /// The inverse of [`Float::ordered_bits`].
    pub fn from_ordered_bits(bits: u64) -> Self {
        Float::new(f64::from_bits(if bits >> 63 == 1 { bits & !(1 << 63) } else { !bits }))
    }
}

impl From<f64> for Float {
    fn from(value: f64) -> Self {
        Float::new(value)
    }
}
impl From<Float> for f64 {
    fn from(value: Float) -> f64 {
        value.0
    }
}
impl PartialEq for Float {
    fn eq(&self, other: &Self) -> bool {
        self.ordered_bits() == other.ordered_bits()
    }
}
impl Eq for Float {}
impl PartialOrd for Float {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Float {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.ordered_bits().cmp(&other.ordered_bits())
    }
}
impl std::hash::Hash for Float {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.ordered_bits().hash(state);
    }
}
impl fmt::Display for Float {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `{:?}` keeps the point ("1.0") and is the shortest text that reads back the same.
        write!(f, "{:?}", self.0)
    }
}

/// A value. Values of one type have one total order (the derived one); columns never mix types.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Value {
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float.
    Float(Float),
    /// A text.
    String(Arc<str>),
    /// A node.
    Address(Address),
    /// Bytes.
    Bytes(Arc<[u8]>),
    /// A point in time: nanoseconds since 1970 (UTC).
    Time(i64),
    /// A span of time in nanoseconds.
    Duration(i64),
    /// A tuple, or a struct (its fields in order).
    Tuple(#[serde(deserialize_with = "crate::nested::parts")] Arc<[Value]>),
    /// A list.
    List(#[serde(deserialize_with = "crate::nested::parts")] Arc<[Value]>),
    /// A set: ascending, each once. Make it by [`Value::set`].
    Set(#[serde(deserialize_with = "crate::nested::set")] Arc<[Value]>),
    /// A map: ascending by key, each key once. Make it by [`Value::map`].
    Map(#[serde(deserialize_with = "crate::nested::map")] Arc<[(Value, Value)]>),
    /// A constructor of an enum, by number, with its arguments; of an option: 0 `none`, 1 `some(x)`.
    Variant(u32, #[serde(deserialize_with = "crate::nested::parts")] Arc<[Value]>),
}

impl Value {
    /// A text value.
    pub fn string(text: &str) -> Self {
        Value::String(text.into())
    }
    /// A float value.
    pub fn float(number: f64) -> Self {
        Value::Float(Float::new(number))
    }
    /// A tuple or struct.
    pub fn tuple(parts: impl IntoIterator<Item = Value>) -> Self {
        Value::Tuple(parts.into_iter().collect())
    }
    /// A list.
    pub fn list(elements: impl IntoIterator<Item = Value>) -> Self {
        Value::List(elements.into_iter().collect())
    }
    /// The set of these elements.
    pub fn set(elements: impl IntoIterator<Item = Value>) -> Self {
        let elements: std::collections::BTreeSet<Value> = elements.into_iter().collect();
        Value::Set(elements.into_iter().collect())
    }
    /// The map of these pairs; of several values for one key the last stays.
    pub fn map(pairs: impl IntoIterator<Item = (Value, Value)>) -> Self {
        let pairs: std::collections::BTreeMap<Value, Value> = pairs.into_iter().collect();
        Value::Map(pairs.into_iter().collect())
    }
    /// `none`
    pub fn none() -> Self {
        Value::Variant(0, [].into())
    }
    /// `some(value)`
    pub fn some(value: Value) -> Self {
        Value::Variant(1, [value].into())
    }

    /// Whether this is a value of that type (with addresses of that role).
    pub fn is_of(&self, ty: Type) -> bool {
        match (self, ty) {
            (Value::Bool(_), Type::Bool)
            | (Value::Int(_), Type::Int)
            | (Value::Float(_), Type::Float)
            | (Value::String(_), Type::String)
            | (Value::Bytes(_), Type::Bytes)
            | (Value::Time(_), Type::Time)
            | (Value::Duration(_), Type::Duration)
            | (Value::Address(_), Type::Node) => true,
            (Value::Address(node), Type::Address(role)) => node.role == role,
            (Value::Tuple(parts), Type::Tuple(_) | Type::Struct(_)) => {
                ty.fields().is_some_and(|types| all_of(parts, &types))
            }
            (Value::List(elements), Type::List(of)) | (Value::Set(elements), Type::Set(of)) => {
                elements.iter().all(|element| element.is_of(*of))
            }
            (Value::Map(pairs), Type::Map(key, of)) => {
                pairs.iter().all(|(k, value)| k.is_of(*key) && value.is_of(*of))
            }
            (Value::Variant(index, args), Type::Option(_) | Type::Enum(_)) => {
                ty.variant(*index).is_some_and(|types| all_of(args, &types))
            }
            (
                Value::Bool(_)
                | Value::Int(_)
                | Value::Float(_)
                | Value::String(_)
                | Value::Address(_)
                | Value::Bytes(_)
                | Value::Time(_)
                | Value::Duration(_)
                | Value::Tuple(_)
                | Value::List(_)
                | Value::Set(_)
                | Value::Map(_)
                | Value::Variant(..),
                _,
            ) => false,
        }
    }

    /// Calls `visit` on every address inside.
    pub fn for_each_address(&self, visit: &mut impl FnMut(Address)) {
        match self {
            Value::Address(address) => visit(*address),
            Value::Tuple(parts) | Value::List(parts) | Value::Set(parts) | Value::Variant(_, parts) => {
                parts.iter().for_each(|part| part.for_each_address(visit));
            }
            Value::Map(pairs) => pairs.iter().for_each(|(key, value)| {
                key.for_each_address(visit);
                value.for_each_address(visit);
            }),
            Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::String(_)
            | Value::Bytes(_)
            | Value::Time(_)
            | Value::Duration(_) => {}
        }
    }
}

fn all_of(values: &[Value], types: &[Type]) -> bool {
    values.len() == types.len() && values.iter().zip(types).all(|(value, ty)| value.is_of(*ty))
}

/// A row of a relation: one value per column.
pub type Row = Vec<Value>;
