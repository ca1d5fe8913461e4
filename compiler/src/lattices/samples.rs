//! Values of a type to try laws with: the edges first, then a few from a fixed sequence.

use floret_ir::{Address, Type, Value};

/// How many values of a type are tried at most.
const MOST: usize = 14;
/// How deep composite samples are made; below it a type has one sample.
const DEPTH: usize = 3;

/// Distinct values of a type, the same in every run.
pub(super) fn samples(ty: Type) -> Vec<Value> {
    let mut values = of(ty, DEPTH);
    values.truncate(MOST);
    values
}

fn of(ty: Type, depth: usize) -> Vec<Value> {
    if depth == 0 {
        return vec![floret_ir::zero(ty)];
    }
    let mut values: Vec<Value> = match ty {
        Type::Bool => vec![Value::Bool(false), Value::Bool(true)],
        Type::Int => numbers().map(Value::Int).collect(),
        Type::Time => numbers().map(Value::Time).collect(),
        Type::Duration => numbers().map(Value::Duration).collect(),
        Type::Float => {
            let edges = [0.0, 1.0, -1.0, 0.1, 0.2, 0.3, 1e300, -1e300, f64::INFINITY, f64::NEG_INFINITY];
            edges.into_iter().chain([f64::NAN, f64::MIN_POSITIVE, 3.0, 1e16]).map(Value::float).collect()
        }
        Type::String => texts().map(Value::string).collect(),
        Type::Bytes => texts().map(|text| Value::Bytes(text.as_bytes().into())).collect(),
        Type::Address(role) => (0..3).map(|index| Value::Address(Address { role, index })).collect(),
        Type::Node => {
            let address = |index| Address { role: floret_ir::RoleId(0), index };
            (0..3).map(|index| Value::Address(address(index))).collect()
        }
        Type::Tuple(_) | Type::Struct(_) => {
            rows(&ty.fields().unwrap_or_default(), depth).into_iter().map(Value::tuple).collect()
        }
        Type::List(element) => groups(*element, depth).into_iter().map(Value::list).collect(),
        Type::Set(element) => groups(*element, depth).into_iter().map(Value::set).collect(),
        Type::Map(key, value) => {
            let (keys, values) = (of(*key, depth - 1), of(*value, depth - 1));
            let pair = |turn: usize| {
                let key = keys.get(turn % 3 % keys.len().max(1))?;
                let value = values.get(turn * 5 / 3 % values.len().max(1))?;
                Some((key.clone(), value.clone()))
            };
            (0..MOST).map(|turn| Value::map((turn..turn + turn % 4).filter_map(pair))).collect()
        }
        Type::Option(content) => std::iter::once(Value::none())
            .chain(of(*content, depth - 1).into_iter().map(Value::some))
            .collect(),
        Type::Enum(declared) => {
            let mut by_variant: Vec<Vec<Value>> = Vec::new();
            for (index, (_, types)) in (0..).zip(&declared.variants) {
                let args = rows(types, depth);
                by_variant.push(args.into_iter().map(|args| Value::Variant(index, args.into())).collect());
            }
            // Each constructor gets its turn.
            let most = by_variant.iter().map(Vec::len).max().unwrap_or(0);
            (0..most).flat_map(|turn| by_variant.iter().filter_map(move |of| of.get(turn).cloned())).collect()
        }
    };
    let mut seen = std::collections::BTreeSet::new();
    values.retain(|value| seen.insert(value.clone()));
    values
}

fn numbers() -> impl Iterator<Item = i64> {
    let edges = [0, 1, -1, 2, -2, 3, 5, 7, 10, 100, i64::MAX, i64::MIN, i64::MAX - 1, -1000];
    edges.into_iter()
}

fn texts() -> impl Iterator<Item = &'static str> {
    ["", "a", "b", "ab", "ba", "A", " ", "ä", "0", "10", "9", "aa", "\u{10ffff}", "abc"].into_iter()
}

/// Rows of values of these types: every part goes through its samples at its own pace.
fn rows(types: &[Type], depth: usize) -> Vec<Vec<Value>> {
    let parts: Vec<Vec<Value>> = types.iter().map(|ty| of(*ty, depth - 1)).collect();
    let row = |turn: usize| -> Option<Vec<Value>> {
        let mut pace = 1;
        let mut row = Vec::new();
        for part in &parts {
            row.push(part.get(turn / pace % part.len().max(1))?.clone());
            // Two in a row stay, so that rows differ in one part only.
            pace = (pace * 3).min(64);
        }
        Some(row)
    };
    (0..MOST).filter_map(row).collect()
}

/// Groups of elements: none, single ones, and a few together.
fn groups(element: Type, depth: usize) -> Vec<Vec<Value>> {
    let elements = of(element, depth - 1);
    let starts = (0..MOST).map(|turn| (turn / 2, turn % 4));
    starts
        .map(|(from, count)| {
            elements.iter().cycle().skip(from).take(count.min(elements.len())).cloned().collect()
        })
        .collect()
}
