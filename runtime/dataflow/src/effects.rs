//! From what the sinks say of a tick to its effects.

use std::collections::{BTreeMap, HashMap};

use floret_ir::plan::{Plan, Sink};
use floret_ir::{
    Changes, Column, Effects, Firing, Observe, Program, RelationId, Report, Row, RowChange, Send, Type, Value,
};

use crate::delta::Delta;
use crate::graph::Outcome;
use crate::intern::Interner;
use crate::row::{FastHash, Words, decode};
use crate::sinks::{Mode, is_filled, is_set, mode, observed};
use crate::tables::Log;

/// A sink and what has to be remembered of it.
pub(crate) struct Exit {
    sink: Sink,
    /// What leaves the dataflow for it.
    pub(crate) mode: Mode,
    types: Vec<Type>,
    memory: Memory,
}

/// What a sink's difference to the tick before is completed with.
enum Memory {
    /// Nothing.
    None,
    /// Its content in the last tick, with multiplicities.
    Content(HashMap<Words, isize, FastHash>),
}

/// What of the tick's derivations concerns the next tick's start.
#[derive(Default)]
pub(crate) struct Wishes {
    /// How the content of tables changed that rules fill within the tick.
    pub(crate) content: Vec<(RelationId, Delta)>,
    /// `<-`: rows and the columns that match anything.
    pub(crate) delete: Vec<(RelationId, Words, Vec<Column>)>,
    /// `<+-`.
    pub(crate) replace: BTreeMap<RelationId, Vec<Words>>,
    /// `<+` and `<+-`.
    pub(crate) insert: BTreeMap<RelationId, Vec<Words>>,
}

/// What a tick's sinks came to.
#[derive(Default)]
pub(crate) struct Gathered {
    pub(crate) effects: Effects,
    pub(crate) wishes: Wishes,
    /// Rows that came to be.
    pub(crate) derived: BTreeMap<RelationId, u64>,
}

impl Exit {
    /// A sink of the plan, which was validated.
    pub(crate) fn new(sink: &Sink, program: &Program, plan: &Plan, observe: Observe) -> Exit {
        let mode = mode(sink, program, plan, observe);
        let node = &plan.nodes[sink.node()];
        let remembers = match sink {
            Sink::Content { relation, .. } => {
                mode == Mode::Change && program.relations[*relation].is_momentary()
            }
            Sink::Insert { .. } | Sink::Delete { .. } | Sink::Replace { .. } => true,
            Sink::Send { firing, .. }
            | Sink::Errors { firing, .. }
            | Sink::Overflow { firing, .. }
            | Sink::Conflicts { firing, .. } => *firing == Firing::OnChange && !is_set(&node.operator),
        };
        let memory = if remembers { Memory::Content(HashMap::default()) } else { Memory::None };
        Exit { sink: sink.clone(), mode, types: node.columns.clone(), memory }
    }

    /// Takes what the workers' sinks say.
    pub(crate) fn gather(
        &mut self,
        outcomes: Vec<Outcome>,
        program: &Program,
        observe: Observe,
        interner: &Interner,
        into: &mut Gathered,
    ) {
        let mut delta = Delta::new(self.types.len());
        let (mut count, mut sum) = (0, 0);
        for outcome in outcomes {
            match outcome {
                Outcome::Count(rows) => count += rows,
                Outcome::Sum(rows) => sum += rows,
                Outcome::Rows(rows) => delta.append(&rows),
            }
        }
        let came = count + u64::try_from(sum).unwrap_or_default();
        let types = self.types.clone();
        let value_row = |row: &[u64]| -> Row {
            row.iter().zip(&types).map(|(word, ty)| decode(*word, *ty, interner)).collect()
        };
        match self.sink.clone() {
            Sink::Content { relation, .. } => {
                self.content(relation, came, delta, program, observe, &value_row, into)
            }
            Sink::Send { relation, .. } => {
                for row in self.fresh(&delta) {
                    let mut values = value_row(&row);
                    if let Some(Value::Address(to)) = values.first().cloned() {
                        into.effects.sends.insert(Send { to, relation, row: values.split_off(1) });
                    }
                }
            }
            Sink::Insert { relation, .. } => {
                let rows = self.present(&delta);
                into.wishes.insert.entry(relation).or_default().extend(rows);
            }
            Sink::Replace { relation, .. } => {
                let rows = self.present(&delta);
                into.wishes.insert.entry(relation).or_default().extend(rows.iter().cloned());
                into.wishes.replace.entry(relation).or_default().extend(rows);
            }
            Sink::Delete { relation, any, .. } => {
                let rows = self.present(&delta);
                into.wishes.delete.extend(rows.into_iter().map(|row| (relation, row, any.clone())));
            }
            Sink::Errors { rule, .. } => {
                let rows = self.fresh(&delta);
                into.effects
                    .reports
                    .extend(rows.iter().map(|row| Report::Error { rule, bindings: value_row(row) }));
            }
            Sink::Overflow { rule, .. } => {
                let rows = self.fresh(&delta);
                into.effects
                    .reports
                    .extend(rows.iter().map(|row| Report::Overflow { rule, group: value_row(row) }));
            }
            Sink::Conflicts { relation, .. } => {
                let rows = self.fresh(&delta);
                into.effects
                    .reports
                    .extend(rows.iter().map(|row| Report::Conflict { relation, lost: value_row(row) }));
            }
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn content(
        &mut self,
        relation: RelationId,
        came: u64,
        delta: Delta,
        program: &Program,
        observe: Observe,
        value_row: &dyn Fn(&[u64]) -> Row,
        into: &mut Gathered,
    ) {
        let declared = &program.relations[relation];
        let mut came = came;
        if self.mode == Mode::Change {
            let changes: Vec<(Words, bool)> = match self.memory {
                Memory::Content(_) => self.present(&delta).into_iter().map(|row| (row, true)).collect(),
                Memory::None => delta.iter().map(|(row, diff)| (row.into(), diff > 0)).collect(),
            };
            came += changes.iter().filter(|(_, added)| *added).count() as u64;
            if observed(declared, observe) {
                show(&changes, relation, value_row, &mut into.effects.changes);
            }
        }
        if came > 0 && is_filled(program, relation) {
            *into.derived.entry(relation).or_default() += came;
        }
        if declared.is_table() {
            into.wishes.content.push((relation, delta));
        }
    }

    /// The rows that are there now and, unless only arrivals matter, weren't in the tick before.
    fn fresh(&mut self, delta: &Delta) -> Vec<Words> {
        match &mut self.memory {
            Memory::None => delta.iter().filter(|(_, diff)| *diff > 0).map(|(row, _)| row.into()).collect(),
            Memory::Content(content) => {
                let fresh = delta.iter().filter(|(row, diff)| *diff > 0 && !content.contains_key(*row));
                let fresh = fresh.map(|(row, _)| row.into()).collect();
                remember(content, delta);
                fresh
            }
        }
    }

    /// The rows that are there now.
    fn present(&mut self, delta: &Delta) -> Vec<Words> {
        match &mut self.memory {
            Memory::None => Vec::new(),
            Memory::Content(content) => {
                remember(content, delta);
                content.keys().cloned().collect()
            }
        }
    }
}

/// Brings a content up to date. All of its rows are there more than 0 times.
fn remember(content: &mut HashMap<Words, isize, FastHash>, delta: &Delta) {
    for (row, diff) in delta.iter() {
        match content.get_mut(row) {
            Some(count) => {
                *count += diff;
                if *count == 0 {
                    content.remove(row);
                }
            }
            None => {
                content.insert(row.into(), diff);
            }
        }
    }
}

fn show(
    changes: &[(Words, bool)],
    relation: RelationId,
    value_row: &dyn Fn(&[u64]) -> Row,
    into: &mut Changes,
) {
    let mut shown: Vec<RowChange> =
        changes.iter().map(|(row, added)| RowChange { row: value_row(row), added: *added }).collect();
    shown.sort_unstable();
    if !shown.is_empty() {
        into.insert(relation, shown);
    }
}

/// A table's changes as a difference.
pub(crate) fn extend(delta: &mut Delta, log: &Log) {
    for (row, diff) in log {
        delta.push(row, *diff);
    }
}
