//! Text forms: values and types here, and one file for each stage that `floret build --emit` prints.

mod coordination;
mod dot;
mod expr;
mod operator;
mod plan;
mod program;
mod strata;

pub use coordination::coordination;
pub use dot::dot;
pub use expr::expr;
pub use plan::plan;
pub use program::{aggregate, program, relation, rule};
pub use strata::strata;

use crate::{Address, Program, Type, Value};

/// The text of a value without names at hand: addresses print as `1[0]` (role number and member).
pub fn value_text(value: &Value) -> String {
    match value {
        Value::Bool(b) => b.to_string(),
        Value::Int(i) => i.to_string(),
        Value::Float(f) => f.to_string(),
        Value::String(s) => s.to_string(),
        Value::Address(Address { role, index }) => format!("{}[{index}]", role.0),
    }
}

/// The text of a value as CSV, JSON and people read it; addresses print as `Server[0]`.
pub fn value(value: &Value, program: &Program) -> String {
    match value {
        Value::Address(node) => address(*node, program),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::String(_) => value_text(value),
    }
}

/// A value as it is written in a program: texts in quotes.
pub fn literal(v: &Value, program: &Program) -> String {
    match v {
        Value::String(s) => format!("{s:?}"),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Address(_) => value(v, program),
    }
}

/// `Server[0]`.
pub fn address(node: Address, program: &Program) -> String {
    match program.roles.get(node.role) {
        Some(role) => format!("{}[{}]", role.name, node.index),
        None => format!("?[{}]", node.index),
    }
}

/// A type as it is written.
pub fn ty(ty: Type, program: &Program) -> String {
    match ty {
        Type::Int => "int".into(),
        Type::Float => "float".into(),
        Type::Bool => "bool".into(),
        Type::String => "string".into(),
        Type::Address(role) => program.roles.get(role).map_or_else(|| "?".into(), |role| role.name.clone()),
    }
}
