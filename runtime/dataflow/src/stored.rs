//! What a node that comes back needs of its earlier ticks, as rows of values.

use std::collections::BTreeMap;

use floret_ir::{EngineError, Relation, RelationId, Row, Stored, Type};

use crate::effects::extend;
use crate::engine::Dataflow;
use crate::graph::Fed;
use crate::intern::Interner;
use crate::row::{Words, decode};

impl Dataflow {
    /// The tables' rows and the events' that wait.
    pub(crate) fn read_stored(&self) -> Stored {
        let tables = self.tables.iter().filter_map(|(id, table)| Some((*id, self.rows(*id, table.rows())?)));
        let waiting = self.waiting.iter().filter_map(|(id, rows)| Some((*id, self.rows(*id, rows.iter())?)));
        Stored { tables: tables.collect(), waiting: waiting.collect() }
    }

    fn rows<'a>(&self, relation: RelationId, rows: impl Iterator<Item = &'a Words>) -> Option<Vec<Row>> {
        let types: Vec<Type> = self.program.relations.get(relation)?.types().collect();
        let interner: &Interner = &self.context.interner;
        let value = |(word, ty): (&u64, &Type)| decode(*word, *ty, interner);
        let mut rows: Vec<Row> = rows.map(|row| row.iter().zip(&types).map(value).collect()).collect();
        rows.sort_unstable();
        (!rows.is_empty()).then_some(rows)
    }

    /// Takes what another engine of this node had stored.
    pub(crate) fn take_stored(&mut self, stored: &Stored) -> Result<(), EngineError> {
        if self.counters.ticks > 0 || self.resumed.is_some() {
            return Err(EngineError::Failed("a node that has run can't be resumed".into()));
        }
        let waiting = self.words_of_stored(&stored.waiting, Relation::is_momentary)?;
        let tables = self.words_of_stored(&stored.tables, Relation::is_table)?;
        let mut first = self.no_changes();
        for (relation, rows) in tables {
            let slot = self.slot(Fed::Relation(relation));
            let Some(table) = self.tables.get_mut(&relation) else { continue };
            let lost = table.admit(rows, &self.context.interner);
            if !lost.is_empty() {
                return Err(EngineError::Failed("the stored rows have two for one key".into()));
            }
            let log = table.log();
            if let Some(delta) = slot.and_then(|slot| first.get_mut(slot)) {
                extend(delta, &log);
            }
        }
        self.waiting = waiting.into_iter().map(|(id, rows)| (id, rows.into_iter().collect())).collect();
        self.resumed = Some(first);
        Ok(())
    }

    fn words_of_stored(
        &self,
        stored: &BTreeMap<RelationId, Vec<Row>>,
        takes: fn(&Relation) -> bool,
    ) -> Result<BTreeMap<RelationId, Vec<Words>>, EngineError> {
        let words = |(id, rows): (&RelationId, &Vec<Row>)| {
            let declared = self.here(*id, takes)?;
            let rows = rows.iter().map(|row| self.words(declared, row)).collect::<Result<_, _>>()?;
            Ok((*id, rows))
        };
        stored.iter().map(words).collect()
    }
}
