//! Values from text and from JSON, by their column's type.

use floret_ir::time::{parse_duration, parse_time};
use floret_ir::{
    Address, EnumType, Float, Function, Id, Interned, Program, Relation, RoleId, Type, Value, print,
};
use serde_json::Value as Json;

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
            Type::Bytes => "bytes as hexadecimal digits, as 00ff".into(),
            Type::Time => "a time, as 2026-11-25T14:02:12Z".into(),
            Type::Duration => "a duration, as 1h30m or 500ms".into(),
            Type::Address(role) => format!("the address of a node, as {}[0]", self.role(role)),
            Type::Node => "the address of a node".into(),
            Type::Tuple(parts) => format!("an array of {} parts", parts.len()),
            Type::List(_) | Type::Set(_) => "an array".into(),
            Type::Map(key, _) if *key == Type::String => "an object".into(),
            Type::Map(..) => "an array of [key, value] pairs".into(),
            Type::Option(of) => format!("nothing or {}", self.expected(*of)),
            Type::Struct(of) => {
                let fields: Vec<&str> = of.fields.iter().map(|(name, _)| name.as_str()).collect();
                format!("an object with the fields {}", fields.join(", "))
            }
            Type::Enum(of) => {
                let variants: Vec<&str> = of.variants.iter().map(|(name, _)| name.as_str()).collect();
                format!("one of {}", variants.join(", "))
            }
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
            Type::Bytes => bytes(text),
            Type::Time => parse_time(text).map(Value::Time),
            Type::Duration => parse_duration(text).map(Value::Duration),
            Type::Address(role) => self.address(role, text),
            Type::Node => self.node(text),
            Type::Option(_) if text.is_empty() => Some(Value::none()),
            Type::Option(_) if text.starts_with(print::WRAPPED) => return self.json_text(ty, text),
            Type::Option(of) => return self.value(*of, field).map(Value::some),
            Type::Enum(_) if !text.starts_with('{') => {
                return self.json_value(ty, &Json::String(text.to_owned()));
            }
            Type::Tuple(_)
            | Type::List(_)
            | Type::Set(_)
            | Type::Map(..)
            | Type::Struct(_)
            | Type::Enum(_) => {
                return self.json_text(ty, text);
            }
        };
        value.ok_or_else(|| {
            let found =
                if text.is_empty() { "an empty field".into() } else { format!("\"{}\"", shown(field)) };
            self.wrong(ty, found, hint(ty, text))
        })
    }

    /// The value that a field spells in JSON.
    fn json_text(&self, ty: Type, text: &str) -> Result<Value, Problem> {
        let json = serde_json::from_str(text).map_err(|_| {
            let found = if text.is_empty() { "an empty field".into() } else { shown(text.as_bytes()) };
            self.wrong(
                ty,
                found,
                Some("such a value is written as JSON; its quotes are doubled in CSV: \"[\"\"a\"\"]\""),
            )
        })?;
        self.json_value(ty, &json)
    }

    /// The value that a JSON value stands for.
    pub(crate) fn json_value(&self, ty: Type, json: &Json) -> Result<Value, Problem> {
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
            (Type::Bytes, Json::String(text)) => bytes(text),
            (Type::Time, Json::String(text)) => parse_time(text).map(Value::Time),
            (Type::Duration, Json::String(text)) => parse_duration(text).map(Value::Duration),
            (Type::Address(role), Json::String(text)) => self.address(role, text),
            (Type::Node, Json::String(text)) => self.node(text),
            (Type::Option(_), Json::Null) => Some(Value::none()),
            (Type::Option(of), Json::Object(fields)) if fields.len() == 1 && fields.contains_key("some") => {
                let content = fields.get("some").unwrap_or(&Json::Null);
                return self.json_value(*of, content).map(Value::some);
            }
            (Type::Option(of), _) => return self.json_value(*of, json).map(Value::some),
            (Type::List(of), Json::Array(elements)) => return self.list(*of, elements).map(Value::list),
            (Type::Set(of), Json::Array(elements)) => return self.list(*of, elements).map(Value::set),
            (Type::Tuple(types), Json::Array(parts)) if parts.len() == types.len() => {
                return self.several(types.iter().copied().zip(parts)).map(Value::tuple);
            }
            (Type::Map(key, of), Json::Object(fields)) if *key == Type::String => {
                let pairs =
                    fields.iter().map(|(name, json)| Ok((Value::string(name), self.json_value(*of, json)?)));
                return pairs.collect::<Result<Vec<_>, Problem>>().map(Value::map);
            }
            (Type::Map(key, of), Json::Array(pairs)) => return self.pairs(ty, (*key, *of), pairs),
            (Type::Struct(of), Json::Object(fields))
                if fields.len() == of.fields.len()
                    && of.fields.iter().all(|(name, _)| fields.contains_key(name)) =>
            {
                let parts = of.fields.iter().map(|(name, ty)| (*ty, fields.get(name).unwrap_or(&Json::Null)));
                return self.several(parts).map(Value::tuple);
            }
            (Type::Enum(of), Json::String(name)) => variant(of, name)
                .filter(|(_, types)| types.is_empty())
                .map(|(index, _)| Value::Variant(index, [].into())),
            (Type::Enum(of), Json::Object(fields)) if fields.len() == 1 => {
                return self.variant(ty, of, fields);
            }
            (
                Type::String
                | Type::Int
                | Type::Float
                | Type::Bool
                | Type::Bytes
                | Type::Time
                | Type::Duration
                | Type::Address(_)
                | Type::Node
                | Type::List(_)
                | Type::Set(_)
                | Type::Tuple(_)
                | Type::Map(..)
                | Type::Struct(_)
                | Type::Enum(_),
                _,
            ) => None,
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
                (Type::Enum(_), Json::String(_)) => {
                    Some("a constructor with arguments is written {\"Name\": argument} or {\"Name\": [a, b]}")
                }
                _ => None,
            };
            self.wrong(ty, shown(json.to_string().as_bytes()), hint)
        })
    }

    fn list(&self, of: Type, elements: &[Json]) -> Result<Vec<Value>, Problem> {
        self.several(elements.iter().map(|json| (of, json)))
    }

    fn several<'j>(&self, parts: impl Iterator<Item = (Type, &'j Json)>) -> Result<Vec<Value>, Problem> {
        parts.map(|(ty, json)| self.json_value(ty, json)).collect()
    }

    fn pairs(&self, ty: Type, (key, of): (Type, Type), pairs: &[Json]) -> Result<Value, Problem> {
        let pair = |json: &Json| match json.as_array().map(Vec::as_slice) {
            Some([k, v]) => Ok((self.json_value(key, k)?, self.json_value(of, v)?)),
            Some(_) | None => Err(self.wrong(ty, shown(json.to_string().as_bytes()), None)),
        };
        pairs.iter().map(pair).collect::<Result<Vec<_>, Problem>>().map(Value::map)
    }

    /// `{"Name": argument}`, `{"Name": [a, b]}`
    fn variant(
        &self,
        ty: Type,
        of: Interned<EnumType>,
        fields: &serde_json::Map<String, Json>,
    ) -> Result<Value, Problem> {
        let found = || {
            fields.iter().next().map_or_else(String::new, |(name, json)| format!("{{\"{name}\": {json}}}"))
        };
        let wrong = || self.wrong(ty, shown(found().as_bytes()), None);
        let (name, json) = fields.iter().next().ok_or_else(wrong)?;
        let (index, types) = variant(of, name).ok_or_else(wrong)?;
        let args = match (types.as_slice(), json) {
            ([only], json) => vec![self.json_value(*only, json)?],
            (types, Json::Array(args)) if args.len() == types.len() => {
                self.several(types.iter().copied().zip(args))?
            }
            _ => return Err(wrong()),
        };
        Ok(Value::Variant(index, args.into()))
    }

    fn node(&self, text: &str) -> Option<Value> {
        let (name, _) = text.split_once('[')?;
        let role = self.roles.iter().position(|role| role == name)?;
        self.address(RoleId::from_index(role), text)
    }

    fn address(&self, role: RoleId, text: &str) -> Option<Value> {
        let index = text.strip_prefix(self.role(role))?.strip_prefix('[')?.strip_suffix(']')?;
        let digits = index.bytes().all(|b| b.is_ascii_digit());
        let index = if digits { index.parse().ok()? } else { return None };
        Some(Value::Address(Address { role, index }))
    }
}

/// The value of a type that a text spells, as in a CSV field.
///
/// # Errors
/// What was expected and found, in words.
pub fn value_of_text(text: &str, ty: Type, program: &Program) -> Result<Value, String> {
    let roles = program.roles.iter().map(|role| role.name.clone()).collect();
    let schema = Schema { columns: Vec::new(), roles };
    schema.value(ty, text.as_bytes()).map_err(|problem| problem.to_string())
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
        Type::Duration if text.parse::<f64>().is_ok() => Some("write its unit: d h m s ms us ns"),
        Type::Time if text.contains(' ') => {
            Some("write a `T` between date and time, and `Z` or an offset at the end")
        }
        Type::Int
        | Type::Float
        | Type::Bool
        | Type::String
        | Type::Bytes
        | Type::Time
        | Type::Duration
        | Type::Address(_)
        | Type::Node
        | Type::Tuple(_)
        | Type::List(_)
        | Type::Set(_)
        | Type::Map(..)
        | Type::Option(_)
        | Type::Struct(_)
        | Type::Enum(_) => None,
    }
}

/// The number and the arguments' types of a constructor.
fn variant(of: Interned<EnumType>, name: &str) -> Option<(u32, Vec<Type>)> {
    let index = of.variants.iter().position(|(known, _)| known == name)?;
    let (_, types) = of.variants.get(index)?;
    Some((u32::try_from(index).ok()?, types.clone()))
}

fn bytes(text: &str) -> Option<Value> {
    Function::ParseHex.apply(&[Value::string(text)], &[Type::String]).ok()
}

fn is_whole(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}
