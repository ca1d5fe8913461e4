//! A node that ticks on the interpreter: enough of an engine to see what sources hold at the times 2t and 2t+1.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::plan::{Plan, Sink};
use floret_ir::{InputMode, Program, Relation, RelationKind, Row, Site, VarId, evaluate};

use super::interpret::{Bag, Clock, Contents, Sources, interpret};
use super::random::Random;

/// A node between ticks.
pub(crate) struct Machine<'a> {
    program: &'a Program,
    plan: &'a Plan,
    site: &'a Site,
    /// P(t+1).
    stored: Sources,
    /// What `<+` put into events.
    waiting: Sources,
    first: bool,
}

impl<'a> Machine<'a> {
    pub(crate) fn new(program: &'a Program, plan: &'a Plan, site: &'a Site) -> Self {
        Machine { program, plan, site, stored: Sources::new(), waiting: Sources::new(), first: true }
    }

    /// One tick with random arrivals: the contents at 2t and at 2t+1. `None` if a loop doesn't come to rest.
    pub(crate) fn tick(&mut self, random: &mut Random) -> Option<[Contents; 2]> {
        let mut sources = self.stored.clone();
        for (relation, rows) in std::mem::take(&mut self.waiting) {
            sources.entry(relation).or_default().extend(rows);
        }
        let clock: Clock = (random.below(3) as i64, random.below(2) as i64);
        for (id, relation) in self.program.relations.entries() {
            if relation.role != self.site.me.role {
                continue;
            }
            if relation.input == Some(InputMode::Mutable) {
                sources.entry(id).or_default().retain(|_| random.below(3) > 0);
            }
            let mut new = self.arriving(relation, random);
            if self.first {
                new.extend(self.facts(id));
            }
            let held = sources.entry(id).or_default();
            for row in new {
                put(relation, held, row);
            }
        }
        self.first = false;
        let now = interpret(self.plan, self.site, &sources, clock)?;
        self.leave(&now);
        let after = interpret(self.plan, self.site, &self.stored, clock)?;
        Some([now, after])
    }

    fn arriving(&self, relation: &Relation, random: &mut Random) -> BTreeSet<Row> {
        let columns: Vec<_> = relation.columns.iter().map(|column| column.ty).collect();
        match (relation.kind, relation.input) {
            (RelationKind::Table, Some(InputMode::Static)) if !self.first => BTreeSet::new(),
            (RelationKind::Table | RelationKind::Event, Some(_))
            | (RelationKind::Channel { .. } | RelationKind::Timer { .. }, _) => random.rows(&columns, 4),
            (RelationKind::Table | RelationKind::Event | RelationKind::View, _) => BTreeSet::new(),
        }
    }

    fn facts(&self, relation: floret_ir::RelationId) -> Vec<Row> {
        let closed = |_: &VarId| None;
        let here = |place: &floret_ir::Expr<VarId>| {
            evaluate(place, &closed, self.site) == Ok(floret_ir::Value::Address(self.site.me))
        };
        let facts = self.program.facts.iter().filter(|fact| fact.relation == relation);
        facts
            .filter(|fact| fact.place.as_ref().is_none_or(here))
            .map(|fact| {
                fact.values.iter().map(|value| evaluate(value, &closed, self.site).unwrap()).collect()
            })
            .collect()
    }

    /// P(t+1) = (tables of T(t) minus D) plus I.
    fn leave(&mut self, contents: &Contents) {
        let mut inserts: BTreeMap<_, BTreeSet<Row>> = BTreeMap::new();
        let mut stored = Sources::new();
        for sink in &self.plan.sinks {
            if let Sink::Content { relation, node } = sink
                && self.program.relations[*relation].is_table()
            {
                stored.insert(*relation, contents[*node].keys().cloned().collect());
            }
        }
        for sink in &self.plan.sinks {
            let rows: &Bag = &contents[sink.node()];
            match sink {
                Sink::Delete { relation, any, .. } => {
                    let same =
                        |gone: &Row, row: &Row| (0..row.len()).all(|i| any.contains(&i) || gone[i] == row[i]);
                    if let Some(held) = stored.get_mut(relation) {
                        held.retain(|row| !rows.keys().any(|gone| same(gone, row)));
                    }
                }
                Sink::Replace { relation, .. } => {
                    let key = self.program.relations[*relation].key.unwrap();
                    if let Some(held) = stored.get_mut(relation) {
                        held.retain(|row| !rows.keys().any(|new| new[..key] == row[..key]));
                    }
                    inserts.entry(*relation).or_default().extend(rows.keys().cloned());
                }
                Sink::Insert { relation, .. } => {
                    inserts.entry(*relation).or_default().extend(rows.keys().cloned());
                }
                Sink::Content { .. }
                | Sink::Send { .. }
                | Sink::Errors { .. }
                | Sink::Overflow { .. }
                | Sink::Conflicts { .. } => {}
            }
        }
        for (relation, rows) in inserts {
            let declared = &self.program.relations[relation];
            let into = if declared.is_table() { &mut stored } else { &mut self.waiting };
            let held = into.entry(relation).or_default();
            for row in rows {
                put(declared, held, row);
            }
        }
        self.stored = stored;
    }
}

/// Adds a row to what is held. In a table, a row whose key is taken is merged into the row there, or lost if it differs
/// from it in a column that doesn't merge (rows come in ascending order, so the least wins).
fn put(relation: &Relation, held: &mut BTreeSet<Row>, row: Row) {
    let key = relation.key.unwrap_or(row.len());
    let taken = held.iter().find(|other| relation.is_table() && other[..key] == row[..key]).cloned();
    let Some(taken) = taken else {
        held.insert(row);
        return;
    };
    let columns = relation.columns.iter().zip(taken.iter().zip(&row));
    let merged: Option<Row> = columns
        .map(|(column, (a, b))| match &column.lattice {
            Some(lattice) => Some(lattice.merge(a, b).unwrap()),
            None => (a == b).then(|| a.clone()),
        })
        .collect();
    if let Some(merged) = merged {
        held.remove(&taken);
        held.insert(merged);
    }
}
