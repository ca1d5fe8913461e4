//! Values from text and from JSON, by their column's type.

use floret_ir::{Address, Float, Id, Program, Relation, RoleId, Type, Value};

use crate::Problem;
use crate::quote::shown;

/// What reading rows needs to know of a relation.
#[derive(Clone, Debug)]
pub(crate) struct Schema {
    pub(crate) columns: Vec<(String, Type)>,
    roles: Vec<String>,
}

impl Schema {
    pub(crate) fn new(relation: &Relation, program: &Program) -> Self {
        Schema {
            columns: relation.columns.iter().map(|column| (column.name.clone(), column.ty)).collect(),
            roles: program.roles.iter().map(|role| role.name.clone()).collect(),
        }
    }
    /// The columns' names as a header line.
    pub(crate) fn header(&self) -> String {
        self.names().collect::<Vec<_>>().join(",")
    }
    /// The columns' names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(name, _)| name.as_str())
    }
    /// The columns' names for sentences.
    pub(crate) fn listed(&self) -> String {
        self.names().collect::<Vec<_>>().join(", ")
    }
    fn role(&self, role: RoleId) -> &str {
        self.roles.get(role.index()).map_or("?", String::as_str)
    }
    fn expected(&self, ty: Type) -> String {
        match ty {
            Type::Int => "an int".into(),
            Type::Float => "a float".into(),
            Type::Bool => "true or false".into(),
            Type::String => "a text".into(),
            Type::Address(role) => format!("the address of a node, as {}[0]", self.role(role)),
        }
    }
    fn wrong(&self, ty: Type, found: String, hint: Option<&'static str>) -> Problem {
        Problem::Value { ty, expected: self.expected(ty), found, hint }
    }

    /// The value that a CSV field spells.
    pub(crate) fn value(&self, ty: Type, field: &[u8]) -> Result<Value, Problem> {
        let Ok(text) = std::str::from_utf8(field) else {
            return Err(Problem::NotUtf8);
        };
        let value = match ty {
            Type::String => Some(Value::string(text)),
            Type::Int => text.parse().ok().map(Value::Int),
            Type::Float => text.parse().ok().map(Value::float),
            Type::Bool => text.parse().ok().map(Value::Bool),
            Type::Address(role) => self.address(role, text),
        };
        value.ok_or_else(|| {
            let found =
                if text.is_empty() { "an empty field".into() } else { format!("\"{}\"", shown(field)) };
            self.wrong(ty, found, hint(ty, text))
        })
    }

    /// The value that a JSON value stands for.
    pub(crate) fn json_value(&self, ty: Type, json: &serde_json::Value) -> Result<Value, Problem> {
        use serde_json::Value as Json;
        let value = match (ty, json) {
            (Type::String, Json::String(text)) => Some(Value::string(text)),
            (Type::Int, Json::Number(number)) => number.as_i64().map(Value::Int),
            (Type::Float, Json::Number(number)) => number.as_f64().map(Value::float),
            // JSON has no numbers for these; they are written as texts.
            (Type::Float, Json::String(text)) => match text.as_str() {
                "NaN" => Some(f64::NAN),
                "inf" => Some(f64::INFINITY),
                "-inf" => Some(f64::NEG_INFINITY),
                _ => None,
            }
            .map(|number| Value::Float(Float::new(number))),
            (Type::Bool, Json::Bool(b)) => Some(Value::Bool(*b)),
            (Type::Address(role), Json::String(text)) => self.address(role, text),
            (Type::String | Type::Int | Type::Float | Type::Bool | Type::Address(_), _) => None,
        };
        value.ok_or_else(|| {
            let hint = match (ty, json) {
                (_, Json::Null) => Some("there is no null: every column needs a value"),
                (Type::String, Json::Number(_) | Json::Bool(_)) => Some("put it into quotes"),
                (Type::Int | Type::Float, Json::String(text)) if text.parse::<f64>().is_ok() => {
                    Some("write the number without quotes")
                }
                (Type::Bool, Json::String(text)) if text.parse::<bool>().is_ok() => {
                    Some("write it without quotes")
                }
                (Type::Int, Json::Number(number)) => hint(ty, &number.to_string()),
                _ => None,
            };
            self.wrong(ty, shown(json.to_string().as_bytes()), hint)
        })
    }

    fn address(&self, role: RoleId, text: &str) -> Option<Value> {
        let index = text.strip_prefix(self.role(role))?.strip_prefix('[')?.strip_suffix(']')?;
        let digits = index.bytes().all(|b| b.is_ascii_digit());
        let index = if digits { index.parse().ok()? } else { return None };
        Some(Value::Address(Address { role, index }))
    }
}

/// What may help who wrote `text` for a value of type `ty`.
fn hint(ty: Type, text: &str) -> Option<&'static str> {
    let trimmed = text.trim();
    let spaces = trimmed.len() != text.len();
    match ty {
        Type::Int if spaces && trimmed.parse::<i64>().is_ok() => Some("remove the spaces around it"),
        Type::Float if spaces && trimmed.parse::<f64>().is_ok() => Some("remove the spaces around it"),
        Type::Bool if spaces && trimmed.parse::<bool>().is_ok() => Some("remove the spaces around it"),
        Type::Int if is_whole(text) => Some("an int is between -9223372036854775808 and 9223372036854775807"),
        Type::Int if text.parse::<f64>().is_ok() => {
            Some("an int has no point and no exponent; if these numbers do, declare the column as float")
        }
        Type::Bool if ["true", "false", "0", "1", "yes", "no"].contains(&text.to_lowercase().as_str()) => {
            Some("write `true` or `false`, in lower case")
        }
        Type::Int | Type::Float | Type::Bool | Type::String | Type::Address(_) => None,
    }
}

fn is_whole(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}
