//! Values, rows and their text form.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::RoleId;

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

/// A value. Values of one type have one total order; columns never mix types.
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
}

/// A row of a relation: one value per column.
pub type Row = Vec<Value>;
