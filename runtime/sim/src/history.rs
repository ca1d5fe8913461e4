//! What every relation at every node ever held, and when.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::{Address, Changes, Program, RelationId, Row};

/// A time during which a relation held a row, in ticks of its node (from 1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Held {
    /// The first tick.
    pub from: u64,
    /// The first tick without it; `None`: it is still there.
    pub until: Option<u64>,
}

/// The contents of all relations over a run (COORDINATION's History and Final).
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct History {
    rows: BTreeMap<(Address, RelationId), BTreeMap<Row, Vec<Held>>>,
}

impl History {
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

    /// Final(C): the rows it holds since some tick; none for events and channels. Meaningful at rest.
    pub fn last(&self, node: Address, relation: RelationId) -> BTreeSet<Row> {
        let held = |times: &[Held]| times.last().is_some_and(|last| last.until.is_none());
        self.times(node, relation).filter(|(_, times)| held(times)).map(|(row, _)| row.clone()).collect()
    }
}
