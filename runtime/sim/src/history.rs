//! What every relation at every node ever held, and when.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::{Address, Changes, Program, Relation, RelationId, Row};

use crate::world::Chronicle;

/// A time during which a relation held a row, in ticks of its node (from 1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Held {
    /// The first tick.
    pub from: u64,
    /// The first tick without it; `None`: it is still there.
    pub until: Option<u64>,
}

/// The contents of all relations over a run (COORDINATION's History and Final).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct History {
    rows: BTreeMap<(Address, RelationId), BTreeMap<Row, Vec<Held>>>,
    /// The relations with lattice columns.
    merging: BTreeMap<RelationId, Relation>,
}

impl History {
    /// Before the first tick.
    pub(crate) fn new(program: &Program) -> Self {
        let merging = program.relations.entries().filter(|(_, relation)| relation.has_lattice());
        History {
            rows: BTreeMap::new(),
            merging: merging.map(|(id, relation)| (id, relation.clone())).collect(),
        }
    }

    /// Of a run in which nodes may have crashed: all lives of a node together, its ticks counted on. What a node without a
    /// disk held ends with its life; what wasn't over for good never was.
    pub fn of_run(program: &Program, chronicle: &Chronicle) -> Self {
        let mut history = History::new(program);
        // The last tick's number in its life, and over all lives.
        let mut last: BTreeMap<Address, (u64, u64)> = BTreeMap::new();
        for record in chronicle.committed.iter().filter_map(|number| chronicle.records.get(*number)) {
            let (before, ticks) = last.get(&record.node).copied().unwrap_or((0, 0));
            let tick = ticks + 1;
            if record.tick <= before {
                history.forget(record.node, tick);
            }
            last.insert(record.node, (record.tick, tick));
            history.record(program, record.node, tick, &record.effects.changes);
        }
        history
    }

    /// A node has lost all that it held.
    fn forget(&mut self, node: Address, tick: u64) {
        let of_node = self.rows.iter_mut().filter(|((of, _), _)| *of == node);
        for held in of_node.flat_map(|(_, rows)| rows.values_mut()).flatten() {
            held.until.get_or_insert(tick);
        }
    }

    /// Adds the changes of a node's tick.
    pub(crate) fn record(&mut self, program: &Program, node: Address, tick: u64, changes: &Changes) {
        for (relation, changes) in changes {
            let momentary = program.relations[*relation].is_momentary();
            let rows = self.rows.entry((node, *relation)).or_default();
            for change in changes {
                let times = rows.entry(change.row.clone()).or_default();
                if change.added {
                    times.push(Held { from: tick, until: momentary.then_some(tick + 1) });
                } else if let Some(last) = times.last_mut() {
                    last.until = Some(tick);
                }
            }
        }
    }

    /// When a relation held which row.
    pub fn times(&self, node: Address, relation: RelationId) -> impl Iterator<Item = (&Row, &[Held])> {
        let rows = self.rows.get(&(node, relation));
        rows.into_iter().flatten().map(|(row, times)| (row, times.as_slice()))
    }

    /// History(C): every row the relation ever held at the node.
    pub fn ever(&self, node: Address, relation: RelationId) -> BTreeSet<Row> {
        self.times(node, relation).map(|(row, _)| row.clone()).collect()
    }

    /// History(C) up to merging: the rows of a relation with lattice columns that agree in all others are one, with the
    /// join of what they ever held. (On the way to it other schedules hold other values.)
    pub fn ever_merged(&self, node: Address, relation: RelationId) -> BTreeSet<Row> {
        let ever = self.ever(node, relation);
        let Some(declared) = self.merging.get(&relation) else { return ever };
        let mut merged: BTreeMap<Row, Row> = BTreeMap::new();
        for row in ever {
            let held = merged.entry(declared.plain_columns(&row)).or_insert_with(|| row.clone());
            if let Some(join) = declared.merge(held, &row) {
                *held = join;
            }
        }
        merged.into_values().collect()
    }

    /// Final(C): the rows it holds since some tick; none for events and channels. Meaningful at rest.
    pub fn last(&self, node: Address, relation: RelationId) -> BTreeSet<Row> {
        let held = |times: &[Held]| times.last().is_some_and(|last| last.until.is_none());
        self.times(node, relation).filter(|(_, times)| held(times)).map(|(row, _)| row.clone()).collect()
    }
}
