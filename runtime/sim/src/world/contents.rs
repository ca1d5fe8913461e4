//! What the relations of all nodes hold, as far as anybody may see it: in each node's last committed tick.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::{Address, Changes, Program, RelationId, Row};

/// The rows of the relations of every node.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Contents(BTreeMap<Address, BTreeMap<RelationId, BTreeSet<Row>>>);

impl Contents {
    /// What a relation holds at a node.
    pub fn rows(&self, node: Address, relation: RelationId) -> &BTreeSet<Row> {
        static NONE: BTreeSet<Row> = BTreeSet::new();
        self.0.get(&node).and_then(|of| of.get(&relation)).unwrap_or(&NONE)
    }

    /// A node's next tick is committed; gives the relations that hold something else now.
    pub(super) fn apply(
        &mut self,
        program: &Program,
        node: Address,
        changes: &Changes,
    ) -> BTreeSet<RelationId> {
        let of = self.0.entry(node).or_default();
        let mut changed = BTreeSet::new();
        of.retain(|relation, rows| {
            let momentary = program.relations.get(*relation).is_some_and(floret_ir::Relation::is_momentary);
            if momentary && !rows.is_empty() {
                changed.insert(*relation);
            }
            !momentary
        });
        for (relation, list) in changes {
            changed.insert(*relation);
            let rows = of.entry(*relation).or_default();
            for change in list {
                if change.added {
                    rows.insert(change.row.clone());
                } else {
                    rows.remove(&change.row);
                }
            }
        }
        changed
    }

    /// A node has lost everything.
    pub(super) fn forget(&mut self, node: Address) {
        self.0.remove(&node);
    }
}
