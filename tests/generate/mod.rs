//! Random programs over a fixed, rich set of collections, as text: what they may read and fill is chosen so that most
//! rules compile; those that don't are dropped one by one (`compile_what_compiles`).
//!
//! Every choice is read from bytes, so that proptest shrinks a case by shortening and zeroing its bytes: byte 0 always
//! means the simplest choice.

pub mod rule;
pub mod schema;

use std::collections::BTreeSet;

use floret_ir::{Arrivals, InputRow, Program, RelationKind, Row, Type, Value};

/// Choices read from bytes; after the end everything is 0.
pub struct Choices<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Choices<'b> {
    pub fn new(bytes: &'b [u8]) -> Self {
        Choices { bytes, at: 0 }
    }
    pub fn byte(&mut self) -> u8 {
        let byte = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        byte
    }
    /// A number below `count` (0 if there is nothing to choose from).
    pub fn below(&mut self, count: usize) -> usize {
        usize::from(self.byte()) % count.max(1)
    }
    /// True in about `percent` of 100 cases, false for byte 0.
    pub fn chance(&mut self, percent: usize) -> bool {
        usize::from(self.byte()) * 100 / 256 >= 100 - percent
    }
    pub fn pick<'t, T>(&mut self, items: &'t [T]) -> Option<&'t T> {
        if items.is_empty() { None } else { items.get(self.below(items.len())) }
    }
}

/// The bytes of a case.
#[derive(Clone, Debug)]
pub struct Seedling {
    /// One rule each.
    pub rules: Vec<Vec<u8>>,
    /// Per tick, one arriving row each.
    pub ticks: Vec<Vec<[u8; 5]>>,
}

/// A proptest strategy for cases.
pub fn seedlings(
    rules: std::ops::Range<usize>,
    ticks: std::ops::Range<usize>,
) -> impl proptest::strategy::Strategy<Value = Seedling> {
    use proptest::collection::vec;
    use proptest::prelude::*;
    (vec(vec(any::<u8>(), 28), rules), vec(vec(any::<[u8; 5]>(), 0..10), ticks))
        .prop_map(|(rules, ticks)| Seedling { rules, ticks })
}

/// A program's text: the schema's declarations, then one rule per line.
pub fn program_text(schema: &schema::Schema, rules: &[String]) -> String {
    let mut text = schema.declarations();
    for rule in rules {
        text.push_str(rule);
        text.push('\n');
    }
    text
}

/// Compiles the rules that compile: a rule that an error's label points into is dropped and the rest tried again.
/// `None` if an error can't be blamed on a rule.
pub fn compile_what_compiles(
    schema: &schema::Schema,
    mut rules: Vec<String>,
) -> Option<(Vec<String>, crate::compile::Compiled)> {
    let first_rule_line = schema.declarations().lines().count() + 1;
    loop {
        let text = program_text(schema, &rules);
        match crate::compile::compile(&text) {
            Ok(compiled) => return Some((rules, compiled)),
            Err(failed) => {
                let mut blamed: BTreeSet<usize> = BTreeSet::new();
                for diagnostic in failed.errors() {
                    // One rule per error is enough to drop: the first label is the place itself.
                    if let Some(label) = diagnostic.labels.first() {
                        let (line, _) = failed.source.line_column(label.span.start);
                        blamed.extend(line.checked_sub(first_rule_line));
                    }
                }
                blamed.retain(|index| *index < rules.len());
                if blamed.is_empty() {
                    panic!("a generated declaration does not compile:\n{text}\n{}", failed.rendered());
                }
                rules = rules
                    .into_iter()
                    .enumerate()
                    .filter(|(i, _)| !blamed.contains(i))
                    .map(|(_, r)| r)
                    .collect();
            }
        }
    }
}

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
        Type::Bytes | Type::Time | Type::Duration | Type::Node | Type::Map(..) => floret_ir::zero(ty),
    }
}

/// A small row for a relation.
pub fn small_row(program: &Program, relation: floret_ir::RelationId, bytes: &[u8]) -> Row {
    let columns = &program.relations[relation].columns;
    columns.iter().enumerate().map(|(i, c)| small_value(c.ty, bytes.get(i).copied().unwrap_or(0))).collect()
}

/// What a tick's bytes stand for. Static inputs get rows only in the first tick (0). Of a mutable input one row in three is
/// deleted, and no key changes twice in a tick.
pub fn arrivals(program: &Program, bytes: &[[u8; 5]], tick: usize) -> Arrivals {
    let takes = |mode| tick == 0 || matches!(mode, floret_ir::InputMode::Add | floret_ir::InputMode::Mutable);
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
        if declared.input != Some(floret_ir::InputMode::Mutable) {
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
pub fn is_derived(program: &Program, relation: floret_ir::RelationId) -> bool {
    program.relations[relation].kind == RelationKind::View
}
