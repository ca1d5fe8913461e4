//! Types of columns and expressions.

use serde::{Deserialize, Serialize};

use crate::RoleId;

/// A type. (Structured types and lattices join with the whole language.)
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Type {
    /// 64-bit signed, checked.
    Int,
    /// 64-bit IEEE with one NaN and one zero, totally ordered.
    Float,
    /// `false < true`.
    Bool,
    /// Unicode text, ordered by bytes.
    String,
    /// The address of a node of a role.
    Address(RoleId),
}
