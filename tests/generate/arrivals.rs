//! Small values, and what the bytes of a tick stand for.

use std::collections::BTreeSet;

use floret_ir::{Arrivals, InputMode, InputRow, Program, RelationId, RelationKind, Row, Type, Value};

/// A small value of a type.
pub fn small_value(ty: Type, byte: u8) -> Value {
    match ty {
        Type::Int => Value::Int(i64::from(byte % 3)),
        Type::Float => Value::float([0.0, 0.5, -1.5, f64::NAN][usize::from(byte % 4)]),
        Type::Bool => Value::Bool(byte % 2 == 1),
        Type::String => Value::string(["b", "a", "", "ä"][usize::from(byte % 4)]),
        Type::Address(role) => Value::Address(floret_ir::Address { role, index: 0 }),
        Type::Tuple(_) | Type::Struct(_) => {
            let types = ty.fields().unwrap_or_default();
            Value::tuple(types.into_iter().zip(0u8..).map(|(ty, i)| small_value(ty, (byte >> i) + i)))
        }
        Type::List(of) => Value::list((0..byte % 4).map(|i| small_value(*of, byte / (i + 1)))),
        Type::Set(of) => Value::set((0..byte % 4).map(|i| small_value(*of, byte / (i + 1)))),
        Type::Option(_) | Type::Enum(_) => {
            let count = if let Type::Enum(of) = ty { of.variants.len() as u32 } else { 2 };
            let index = u32::from(byte) % count;
            let types = ty.variant(index).unwrap_or_default();
            Value::Variant(index, types.into_iter().map(|ty| small_value(ty, byte / 5)).collect())
        }
        Type::Map(key, value) => Value::map(
            (0..byte % 3).map(|i| (small_value(*key, byte / (i + 2)), small_value(*value, byte / 7))),
        ),
        Type::Time => Value::Time(i64::from(byte % 4)),
        Type::Duration => Value::Duration(i64::from(byte % 4)),
        Type::Bytes | Type::Node => floret_ir::zero(ty),
    }
}

/// A small row for a relation.
pub fn small_row(program: &Program, relation: RelationId, bytes: &[u8]) -> Row {
    let columns = &program.relations[relation].columns;
    columns.iter().enumerate().map(|(i, c)| small_value(c.ty, bytes.get(i).copied().unwrap_or(0))).collect()
}

/// What a tick's bytes stand for. Static inputs get rows only in the first tick (0). Of a mutable input one row in three is
/// deleted, and no key changes twice in a tick.
pub fn arrivals(program: &Program, bytes: &[[u8; 5]], tick: usize) -> Arrivals {
    let takes = |mode| tick == 0 || matches!(mode, InputMode::Add | InputMode::Mutable);
    let inputs: Vec<_> =
        program.relations.entries().filter(|(_, r)| r.input.is_some_and(takes)).map(|(id, _)| id).collect();
    let timers: Vec<_> = program
        .relations
        .entries()
        .filter(|(_, r)| matches!(r.kind, RelationKind::Timer { .. }))
        .map(|(id, _)| id)
        .collect();
    let sum = bytes.iter().flatten().map(|byte| u64::from(*byte)).sum::<u64>();
    let mut arrivals = Arrivals { now: tick as i64 / 2, seed: sum % 4, ..Arrivals::default() };
    let mut changed = BTreeSet::new();
    for row in bytes {
        if row[0] % 11 == 10 {
            arrivals.timers.extend(timers.get(usize::from(row[1]) % timers.len().max(1)));
            continue;
        }
        // Half of the rows are of events: what came from them goes again.
        let momentary: Vec<_> =
            inputs.iter().filter(|id| program.relations[**id].is_momentary()).copied().collect();
        let pool = if row[0] >= 128 && !momentary.is_empty() { &momentary } else { &inputs };
        let Some(relation) = pool.get(usize::from(row[0]) % pool.len().max(1)).copied() else { continue };
        let new = InputRow { relation, row: small_row(program, relation, &row[1..]) };
        let declared = &program.relations[relation];
        if declared.input != Some(InputMode::Mutable) {
            arrivals.inputs.push(new);
            continue;
        }
        let key = new.row[..declared.key.unwrap_or(declared.arity())].to_vec();
        if changed.insert((relation, key)) {
            let to = if row[4] % 3 == 2 { &mut arrivals.deletes } else { &mut arrivals.inputs };
            to.push(new);
        }
    }
    arrivals.timers.sort_unstable();
    arrivals.timers.dedup();
    arrivals
}

/// Whether a relation's rows are derived by rules alone.
pub fn is_derived(program: &Program, relation: RelationId) -> bool {
    program.relations[relation].kind == RelationKind::View
}
