//! What every relation at every node ever held, and when.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::{Address, Changes, Program, Relation, RelationId, Row};

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
