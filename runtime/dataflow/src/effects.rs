//! From what the sinks say of a tick to its effects.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use floret_ir::plan::{Plan, Sink};
use floret_ir::{
    Changes, Column, Effects, Firing, Observe, Program, RelationId, Report, Row, RowChange, RuleOp, Send,
    Type, Value,
};

use crate::delta::Delta;
use crate::graph::Outcome;
use crate::intern::Interner;
use crate::log::Log;
use crate::moments::Moments;
use crate::row::{FastHash, Words, decode};
use crate::sinks::{Mode, is_filled, is_head, is_set, mode, observed};

/// A sink and what has to be known of it.
pub(crate) struct Exit {
    sink: Sink,
    /// What leaves the dataflow for it.
    pub(crate) mode: Mode,
    types: Vec<Type>,
    memory: Memory,
    /// For contents: what they are for.
    uses: Uses,
}

/// What a sink's difference to the tick before is completed with.
enum Memory {
    /// Nothing.
    None,
    /// Nothing, as that was empty when this tick began.
    Empty,
    /// Its content in the last tick, with multiplicities.
    Content(HashMap<Words, isize, FastHash>),
}

/// What the content of a relation is for.
#[derive(Clone, Copy, Default)]
struct Uses {
    /// Its changes are shown.
    shown: bool,
    /// Its new rows are counted.
    counted: bool,
    /// It is stored.
    stored: bool,
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
    pub(crate) fn new(
        sink: &Sink,
        program: &Program,
        plan: &Plan,
        observe: Observe,
        moments: &Moments,
    ) -> Exit {
        let mode = mode(sink, program, plan, observe, moments);
        let node = &plan.nodes[sink.node()];
        let mut uses = Uses::default();
        let remembers = match sink {
            Sink::Content { relation, .. } => {
                let declared = &program.relations[*relation];
                uses.shown = observed(declared, observe);
                uses.counted = is_filled(program, *relation);
                uses.stored = declared.is_table() && is_head(program, *relation, RuleOp::Now);
                mode == Mode::Change && declared.is_momentary()
            }
            Sink::Insert { .. } | Sink::Delete { .. } | Sink::Replace { .. } => true,
            Sink::Send { firing, .. }
            | Sink::Errors { firing, .. }
            | Sink::Overflow { firing, .. }
            | Sink::Conflicts { firing, .. } => match firing {
                Firing::OnChange => !is_set(&node.operator),
                Firing::EachTick => mode == Mode::Change,
            },
        };
        let memory = match (mode, remembers) {
            (Mode::Arrived, _) => Memory::Empty,
            (_, true) => Memory::Content(HashMap::default()),
            (_, false) => Memory::None,
        };
        Exit { sink: sink.clone(), mode, types: node.columns.clone(), memory, uses }
    }

    /// Takes what the workers' sinks say.
    pub(crate) fn gather(&mut self, outcomes: Vec<Outcome>, interner: &Interner, into: &mut Gathered) {
        let Exit { sink, mode, types, memory, uses } = self;
        let mut delta = Delta::new(types.len());
        let (mut count, mut sum) = (0, 0);
        for outcome in outcomes {
            match outcome {
                Outcome::Count(rows) => count += rows,
                Outcome::Sum(rows) => sum += rows,
                Outcome::Rows(rows) => delta.append(&rows),
            }
        }
        let values = |row: &[u64]| -> Row {
            row.iter().zip(&*types).map(|(word, ty)| decode(*word, *ty, interner)).collect()
        };
        let Gathered { effects, wishes, derived } = into;
        match sink {
            Sink::Content { relation, .. } => {
                let mut came = count + u64::try_from(sum).unwrap_or_default();
                if matches!(mode, Mode::Change | Mode::Arrived) {
                    let changes = memory.changes(&delta);
                    came += changes.iter().filter(|(_, added)| *added).count() as u64;
                    if uses.shown {
                        show(&changes, *relation, &values, &mut effects.changes);
                    }
                }
                if uses.counted && came > 0 {
                    *derived.entry(*relation).or_default() += came;
                }
                if uses.stored {
                    wishes.content.push((*relation, delta));
                }
            }
            Sink::Send { relation, firing, .. } => {
                for row in memory.fired(&delta, *firing) {
                    let mut values = values(&row);
                    if let Some(Value::Address(to)) = values.first().cloned() {
                        effects.sends.insert(Send { to, relation: *relation, row: values.split_off(1) });
                    }
                }
            }
            Sink::Insert { relation, .. } => {
                wishes.insert.entry(*relation).or_default().extend(memory.present(&delta));
            }
            Sink::Replace { relation, .. } => {
                let rows = memory.present(&delta);
                wishes.insert.entry(*relation).or_default().extend(rows.iter().cloned());
                wishes.replace.entry(*relation).or_default().extend(rows);
            }
            Sink::Delete { relation, any, .. } => {
                let rows = memory.present(&delta).into_iter();
                wishes.delete.extend(rows.map(|row| (*relation, row, any.clone())));
            }
            Sink::Errors { rule, firing, .. } => {
                let report = |row: Words| Report::Error { rule: *rule, bindings: values(&row) };
                effects.reports.extend(memory.fired(&delta, *firing).into_iter().map(report));
            }
            Sink::Overflow { rule, firing, .. } => {
                let report = |row: Words| Report::Overflow { rule: *rule, group: values(&row) };
                effects.reports.extend(memory.fired(&delta, *firing).into_iter().map(report));
            }
            Sink::Conflicts { relation, firing, .. } => {
                let report = |row: Words| Report::Conflict { relation: *relation, lost: values(&row) };
                effects.reports.extend(memory.fired(&delta, *firing).into_iter().map(report));
            }
        }
    }
}

impl Memory {
    /// The rows that came and went since the tick before; of what has a memory, the rows that are there.
    fn changes(&mut self, delta: &Delta) -> Vec<(Words, bool)> {
        match self {
            Memory::Content(_) | Memory::Empty => {
                let rows: BTreeSet<Words> = self.present(delta).into_iter().collect();
                rows.into_iter().map(|row| (row, true)).collect()
            }
            Memory::None => delta.iter().map(|(row, diff)| (row.into(), diff > 0)).collect(),
        }
    }

    /// The rows for which a sink acts in this tick.
    fn fired(&mut self, delta: &Delta, firing: Firing) -> Vec<Words> {
        match (&self, firing) {
            (Memory::Content(_), Firing::EachTick) => self.present(delta),
            (Memory::Content(_), Firing::OnChange) | (Memory::None | Memory::Empty, _) => self.fresh(delta),
        }
    }

    /// The rows that are there now and, unless only arrivals matter, weren't in the tick before.
    fn fresh(&mut self, delta: &Delta) -> Vec<Words> {
        match self {
            Memory::None | Memory::Empty => gains(delta),
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
        match self {
            Memory::None => Vec::new(),
            Memory::Empty => gains(delta),
            Memory::Content(content) => {
                remember(content, delta);
                content.keys().cloned().collect()
            }
        }
    }
}

/// The rows that come.
fn gains(delta: &Delta) -> Vec<Words> {
    delta.iter().filter(|(_, diff)| *diff > 0).map(|(row, _)| row.into()).collect()
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
    for (row, diff) in log.iter() {
        delta.push(row, *diff);
    }
}
