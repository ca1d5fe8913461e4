//! Functions over lists, sets, maps and options.

use std::collections::BTreeSet;

use super::Function;
use super::apply::SIZE_LIMIT;
use crate::{NoValue, Value};

/// The greatest number of elements that `range` makes.
const RANGE_LIMIT: i64 = 1_000_000;

/// Applies one of them.
pub(super) fn apply(function: Function, args: &[Value]) -> Result<Value, NoValue> {
    use Function as F;
    use Value::{Bool, Int, List, Map, Set, Variant};
    let option = |value: Option<&Value>| value.cloned().map_or_else(Value::none, Value::some);
    let length = |length: usize| Int(length as i64);
    Ok(match (function, args) {
        (F::LenList, [List(xs)]) | (F::LenSet | F::Size, [Set(xs)]) => length(xs.len()),
        (F::GetList, [List(xs), Int(at)]) => option(nth(xs, *at)),
        (F::Element, [List(xs), Int(at)]) => nth(xs, *at).cloned().ok_or(NoValue::Missing)?,
        (F::First, [List(xs)]) => option(xs.first()),
        (F::Last, [List(xs)]) => option(xs.last()),
        (F::Append, [List(xs), x]) => {
            fits(xs.len())?;
            Value::list(xs.iter().chain([x]).cloned())
        }
        (F::ConcatList, [List(xs), List(ys)]) => {
            fits(xs.len().saturating_add(ys.len()))?;
            Value::list(xs.iter().chain(&**ys).cloned())
        }
        (F::Slice, [List(xs), Int(start), Int(count)]) => {
            let end = start.saturating_add((*count).max(0)).max(0) as usize;
            let start = (*start).max(0) as usize;
            Value::list(xs.iter().skip(start).take(end.saturating_sub(start)).cloned())
        }
        (F::ReverseList, [List(xs)]) => Value::list(xs.iter().rev().cloned()),
        (F::Sort, [List(xs)]) => {
            let mut sorted = xs.to_vec();
            sorted.sort();
            Value::list(sorted)
        }
        (F::ContainsList, [List(xs), x]) => Bool(xs.contains(x)),
        (F::Enumerate, [List(xs)]) => {
            Value::list((0..).zip(xs.iter()).map(|(at, x)| Value::tuple([Int(at), x.clone()])))
        }
        (F::Range, [Int(from), Int(to)]) => {
            if to.saturating_sub(*from) > RANGE_LIMIT {
                return Err(NoValue::TooLarge);
            }
            Value::list((*from..*to).map(Int))
        }
        (F::Total, [List(xs)]) => {
            let mut total: i128 = 0;
            for x in xs.iter() {
                let Int(x) = x else { return Err(NoValue::Mistyped) };
                total += i128::from(*x);
            }
            Int(i64::try_from(total).map_err(|_| NoValue::Overflow)?)
        }
        (F::SetOf, [List(xs)]) => Value::set(xs.iter().cloned()),
        (F::ToList, [Set(xs)]) => List(xs.clone()),
        (F::ContainsSet, [Set(xs), x]) => Bool(xs.binary_search(x).is_ok()),
        (F::InsertSet, [Set(xs), x]) => Value::set(xs.iter().chain([x]).cloned()),
        (F::RemoveSet, [Set(xs), x]) => Set(xs.iter().filter(|y| *y != x).cloned().collect()),
        (F::Union, [Set(xs), Set(ys)]) => Value::set(xs.iter().chain(&**ys).cloned()),
        (F::Intersection, [Set(xs), Set(ys)]) => {
            Set(xs.iter().filter(|x| ys.binary_search(x).is_ok()).cloned().collect())
        }
        (F::Difference, [Set(xs), Set(ys)]) => {
            Set(xs.iter().filter(|x| ys.binary_search(x).is_err()).cloned().collect())
        }
        (F::IsSubset, [Set(xs), Set(ys)]) => Bool(xs.iter().all(|x| ys.binary_search(x).is_ok())),
        (F::MapOf, [List(pairs)]) => {
            let pair = |pair: &Value| match pair {
                Value::Tuple(parts) => match &**parts {
                    [key, value] => Ok((key.clone(), value.clone())),
                    _ => Err(NoValue::Mistyped),
                },
                _ => Err(NoValue::Mistyped),
            };
            Value::map(pairs.iter().map(pair).collect::<Result<Vec<_>, _>>()?)
        }
        (F::Pairs, [Map(pairs)]) => {
            Value::list(pairs.iter().map(|(key, value)| Value::tuple([key.clone(), value.clone()])))
        }
        (F::LenMap | F::SizeMap, [Map(pairs)]) => length(pairs.len()),
        (F::GetMap, [Map(pairs), key]) => option(find(pairs, key)),
        (F::GetOr, [Map(pairs), key, otherwise]) => find(pairs, key).unwrap_or(otherwise).clone(),
        (F::ContainsKey, [Map(pairs), key]) => Bool(find(pairs, key).is_some()),
        (F::InsertMap, [Map(pairs), key, value]) => {
            Value::map(pairs.iter().cloned().chain([(key.clone(), value.clone())]))
        }
        (F::RemoveMap, [Map(pairs), key]) => Map(pairs.iter().filter(|(k, _)| k != key).cloned().collect()),
        (F::Keys, [Map(pairs)]) => {
            Set(pairs.iter().map(|(key, _)| key.clone()).collect::<BTreeSet<_>>().into_iter().collect())
        }
        (F::Values, [Map(pairs)]) => Value::list(pairs.iter().map(|(_, value)| value.clone())),
        (F::IsSome, [Variant(index, _)]) => Bool(*index == 1),
        (F::IsNone, [Variant(index, _)]) => Bool(*index == 0),
        (F::UnwrapOr, [Variant(_, content), otherwise]) => content.first().unwrap_or(otherwise).clone(),
        (F::Content, [Variant(_, content)]) => content.first().cloned().ok_or(NoValue::Missing)?,
        _ => return Err(NoValue::Mistyped),
    })
}

fn fits(length: usize) -> Result<(), NoValue> {
    if length >= SIZE_LIMIT { Err(NoValue::TooLarge) } else { Ok(()) }
}

fn nth(elements: &[Value], at: i64) -> Option<&Value> {
    elements.get(usize::try_from(at).ok()?)
}

fn find<'v>(pairs: &'v [(Value, Value)], key: &Value) -> Option<&'v Value> {
    let at = pairs.binary_search_by(|(k, _)| k.cmp(key)).ok()?;
    pairs.get(at).map(|(_, value)| value)
}
