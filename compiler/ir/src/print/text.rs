//! Values as people, CSV and JSON read them, and as programs write them.

use serde_json::{Map, Number, Value as Json};

use crate::time::{duration_text, time_text};
use crate::{Address, Interned, Program, Type, Value};

/// The text of a value where no program is at hand: addresses print as `1[0]` (role number and member).
pub fn value_text(value: &Value, ty: Type) -> String {
    text(value, ty, None)
}

/// The text of a value as CSV and people read it: composite values as JSON, a `none` as nothing; addresses as `Server[0]`.
pub fn value(value: &Value, ty: Type, program: &Program) -> String {
    text(value, ty, Some(program))
}

/// A value as it is in JSON.
pub fn value_json(value: &Value, ty: Type, program: &Program) -> Json {
    json(value, ty, Some(program))
}

/// `Server[0]`.
pub fn address(node: Address, program: &Program) -> String {
    node_text(node, Some(program))
}

/// How the text of a `some` begins whose content's own text could be taken for something else.
pub const WRAPPED: &str = "{\"some\":";

fn node_text(node: Address, program: Option<&Program>) -> String {
    match program.map(|program| program.roles.get(node.role)) {
        Some(Some(role)) => format!("{}[{}]", role.name, node.index),
        Some(None) => format!("?[{}]", node.index),
        None => format!("{}[{}]", node.role.0, node.index),
    }
}

fn text(value: &Value, ty: Type, program: Option<&Program>) -> String {
    match value {
        Value::Variant(0, args) if args.is_empty() && matches!(ty, Type::Option(_)) => String::new(),
        Value::Variant(1, args) if matches!(ty, Type::Option(_)) => {
            let content = ty.element().unwrap_or(Type::Bool);
            let plain = args.first().map_or_else(String::new, |some| text(some, content, program));
            // What could be read as a none, or as what is written here, is wrapped.
            if plain.is_empty() || plain.starts_with(WRAPPED) {
                let some = args.first().map_or(Json::Null, |some| json(some, content, program));
                one("some", some).to_string()
            } else {
                plain
            }
        }
        Value::Tuple(_) | Value::List(_) | Value::Set(_) | Value::Map(_) | Value::Variant(..) => {
            match json(value, ty, program) {
                Json::String(plain) => plain,
                other => other.to_string(),
            }
        }
        Value::Bool(b) => b.to_string(),
        Value::Int(i) => i.to_string(),
        Value::Float(f) => f.to_string(),
        Value::String(s) => s.to_string(),
        Value::Bytes(bytes) => hex(bytes),
        Value::Time(at) => time_text(*at),
        Value::Duration(span) => duration_text(*span),
        Value::Address(node) => node_text(*node, program),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The JSON of a value; of a value that is not of `ty`, as much as can be told.
fn json(value: &Value, ty: Type, program: Option<&Program>) -> Json {
    let element = || ty.element().unwrap_or(Type::Bool);
    let list = |values: &[Value]| Json::Array(values.iter().map(|of| json(of, element(), program)).collect());
    match value {
        Value::Bool(b) => Json::Bool(*b),
        Value::Int(i) => Json::Number((*i).into()),
        // JSON has no NaN and no infinities: they are texts there.
        Value::Float(f) => {
            Number::from_f64(f.get()).map_or_else(|| Json::String(f.to_string()), Json::Number)
        }
        Value::String(_) | Value::Address(_) | Value::Bytes(_) | Value::Time(_) | Value::Duration(_) => {
            Json::String(text(value, ty, program))
        }
        Value::List(values) | Value::Set(values) => list(values),
        Value::Tuple(parts) => match ty {
            Type::Struct(of) => {
                let fields = of.fields.iter().zip(parts.iter());
                Json::Object(fields.map(|((name, ty), of)| (name.clone(), json(of, *ty, program))).collect())
            }
            _ => several(parts, &ty.fields().unwrap_or_default(), program),
        },
        Value::Map(pairs) => {
            let (key, of) = if let Type::Map(key, of) = ty { (*key, *of) } else { (Type::Bool, Type::Bool) };
            if key == Type::String {
                let entry = |(k, v): &(Value, Value)| (text(k, key, program), json(v, of, program));
                Json::Object(pairs.iter().map(entry).collect())
            } else {
                let pair =
                    |(k, v): &(Value, Value)| Json::Array(vec![json(k, key, program), json(v, of, program)]);
                Json::Array(pairs.iter().map(pair).collect())
            }
        }
        Value::Variant(index, args) => {
            let types = ty.variant(*index).unwrap_or_default();
            match (ty, &**args) {
                (Type::Option(_), []) => Json::Null,
                (Type::Option(of), [some]) => match json(some, *of, program) {
                    // Else it could be taken for a none, or for what is written here.
                    content if content.is_null() || is_wrapped(&content) => one("some", content),
                    content => content,
                },
                (_, []) => Json::String(variant_name(ty, *index)),
                (_, [arg]) => one(
                    &variant_name(ty, *index),
                    json(arg, types.first().copied().unwrap_or(Type::Bool), program),
                ),
                (_, args) => one(&variant_name(ty, *index), several(args, &types, program)),
            }
        }
    }
}

/// Whether it looks like a wrapped content of an option.
fn is_wrapped(json: &Json) -> bool {
    json.as_object().is_some_and(|fields| fields.len() == 1 && fields.contains_key("some"))
}

fn one(name: &str, value: Json) -> Json {
    Json::Object(Map::from_iter([(name.to_owned(), value)]))
}

fn several(values: &[Value], types: &[Type], program: Option<&Program>) -> Json {
    let types = types.iter().copied().chain(std::iter::repeat(Type::Bool));
    Json::Array(values.iter().zip(types).map(|(of, ty)| json(of, ty, program)).collect())
}

fn variant_name(ty: Type, index: u32) -> String {
    match (ty, index) {
        (Type::Option(_), 0) => "none".into(),
        (Type::Option(_), 1) => "some".into(),
        (Type::Enum(of), _) => {
            of.variants.get(index as usize).map_or_else(|| format!("#{index}"), |(name, _)| name.clone())
        }
        _ => format!("#{index}"),
    }
}

/// A value as it is written in a program: texts in quotes, `Role[0]`, `(1, 2)`, `set([1])`, `S { a: 1 }`, `No("x")`.
pub fn literal(v: &Value, ty: Type, program: &Program) -> String {
    let list = |values: &[Value], types: &mut dyn Iterator<Item = Type>| {
        let texts: Vec<String> = values.iter().zip(types).map(|(of, ty)| literal(of, ty, program)).collect();
        texts.join(", ")
    };
    let element = ty.element().unwrap_or(Type::Bool);
    match v {
        Value::String(s) => format!("{s:?}"),
        Value::Bytes(bytes) => {
            let bytes: String =
                bytes.iter().flat_map(|byte| std::ascii::escape_default(*byte)).map(char::from).collect();
            format!("b\"{bytes}\"")
        }
        Value::Time(at) => format!("parse_time({:?})", time_text(*at)),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Address(_) | Value::Duration(_) => {
            value(v, ty, program)
        }
        Value::List(values) => format!("[{}]", list(values, &mut std::iter::repeat(element))),
        Value::Set(values) => format!("set([{}])", list(values, &mut std::iter::repeat(element))),
        Value::Map(pairs) => {
            let pairs: Vec<Value> =
                pairs.iter().map(|(key, value)| Value::tuple([key.clone(), value.clone()])).collect();
            format!("map([{}])", list(&pairs, &mut std::iter::repeat(element)))
        }
        Value::Tuple(parts) => match ty {
            Type::Struct(of) => {
                let fields = of.fields.iter().zip(parts.iter());
                let texts: Vec<String> =
                    fields.map(|((name, ty), of)| format!("{name}: {}", literal(of, *ty, program))).collect();
                format!("{} {{ {} }}", of.name, texts.join(", "))
            }
            _ => format!("({})", list(parts, &mut ty.fields().unwrap_or_default().into_iter())),
        },
        Value::Variant(index, args) => {
            let name = variant_name(ty, *index);
            if args.is_empty() {
                return name;
            }
            format!("{name}({})", list(args, &mut ty.variant(*index).unwrap_or_default().into_iter()))
        }
    }
}

/// A row's values as they are written, with commas between them.
pub fn row(row: &[Value], types: impl IntoIterator<Item = Type>, program: &Program) -> String {
    let values: Vec<String> = row.iter().zip(types).map(|(value, ty)| literal(value, ty, program)).collect();
    values.join(", ")
}

/// A type as it is written.
pub fn ty(of: Type, program: &Program) -> String {
    let name = |of: Interned<Type>| ty(*of, program);
    match of {
        Type::Int => "int".into(),
        Type::Float => "float".into(),
        Type::Bool => "bool".into(),
        Type::String => "string".into(),
        Type::Bytes => "bytes".into(),
        Type::Time => "time".into(),
        Type::Duration => "duration".into(),
        Type::Address(role) => program.roles.get(role).map_or_else(|| "?".into(), |role| role.name.clone()),
        Type::Node => "node".into(),
        Type::Tuple(parts) => {
            format!("({})", parts.iter().map(|part| ty(*part, program)).collect::<Vec<_>>().join(", "))
        }
        Type::List(element) => format!("list<{}>", name(element)),
        Type::Set(element) => format!("set<{}>", name(element)),
        Type::Map(key, value) => format!("map<{}, {}>", name(key), name(value)),
        Type::Option(content) => format!("option<{}>", name(content)),
        Type::Struct(of) => of.name.clone(),
        Type::Enum(of) => of.name.clone(),
    }
}

/// A lattice as it is written.
pub fn lattice(of: &crate::Lattice, program: &Program) -> String {
    use crate::Lattice as L;
    match of {
        L::Max(of) => format!("max<{}>", ty(*of, program)),
        L::Min(of) => format!("min<{}>", ty(*of, program)),
        L::Any => "any<bool>".into(),
        L::All => "all<bool>".into(),
        L::Set(of) => format!("set<{}>", ty(*of, program)),
        L::Map(key, of) => format!("map<{}, {}>", ty(*key, program), lattice(of, program)),
        L::Lww(of) => format!("lww<{}>", ty(*of, program)),
        L::Tuple(parts) => {
            format!("({})", parts.iter().map(|part| lattice(part, program)).collect::<Vec<_>>().join(", "))
        }
        L::Struct(of, _) => of.name.clone(),
        L::User(of) => of.name.clone(),
    }
}
