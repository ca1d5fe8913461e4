//! How library functions treat what goes up.

use floret_ir::{Effect, Function};

use super::expr::{Reading, both};
use super::sense::Sense;

/// The reading of a call, given its arguments'.
pub(super) fn call(function: Function, args: Vec<Reading>) -> Reading {
    if args.iter().all(|arg| arg.sense.is_plain()) {
        return together(args, Sense::Plain);
    }
    match (function, <[Reading; 1]>::try_from(args)) {
        (Function::Size | Function::LenSet, Ok([set])) if set.sense == Sense::Set => {
            set.then(Sense::Up).loses_joins()
        }
        (Function::SizeMap | Function::LenMap, Ok([map])) if is_map(&map) => {
            map.then(Sense::Up).loses_joins()
        }
        (Function::Keys, Ok([map])) if is_map(&map) => map.then(Sense::Set),
        (function, Ok([value])) => {
            // All other functions of one argument that go up do so in the order of its type.
            match function.effect() {
                Effect::Monotone if value.sense.is_chain() => value,
                Effect::Monotone | Effect::Morphism | Effect::Exact => value.then(Sense::Exact),
            }
        }
        (function, Err(args)) => match <[Reading; 2]>::try_from(args) {
            Ok([a, b]) => of_two(function, a, b),
            Err(args) => together(args, Sense::Exact),
        },
    }
}

fn of_two(function: Function, a: Reading, b: Reading) -> Reading {
    let is_set = |of: &Reading| matches!(of.sense, Sense::Set | Sense::Plain);
    match function {
        Function::Greatest | Function::Least => both(a, b),
        Function::ContainsSet if a.sense == Sense::Set && b.sense.is_plain() => a.and(b, Sense::Up),
        Function::ContainsKey if is_map(&a) && b.sense.is_plain() => a.and(b, Sense::Up),
        // The element is fixed, so the set that has it or lacks it still gets all that the argument gets.
        Function::InsertSet | Function::RemoveSet | Function::Difference
            if a.sense == Sense::Set && b.sense.is_plain() =>
        {
            a.and(b, Sense::Set)
        }
        Function::Union | Function::Intersection if is_set(&a) && is_set(&b) => a.and(b, Sense::Set),
        Function::IsSubset if a.sense.is_plain() && b.sense == Sense::Set => {
            a.and(b, Sense::Up).loses_joins()
        }
        _ => a.and(b, Sense::Exact),
    }
}

fn is_map(of: &Reading) -> bool {
    matches!(of.sense, Sense::Map(_))
}

fn together(args: Vec<Reading>, sense: Sense) -> Reading {
    args.into_iter().fold(Reading::plain(), |all, arg| all.and(arg, sense.clone()))
}
