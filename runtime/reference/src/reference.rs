//! The reference evaluator as the engine of a node.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::{
    Arrivals, Counters, Effects, Engine, EngineError, Relation, RelationId, Row, Site, Stored, Stratified,
};

use crate::counters::count;
use crate::state::{Rows, State};
use crate::stop::Stop;
use crate::tick::{Options, tick_until};

/// One node's state, ticking.
#[derive(Clone, Debug)]
pub struct Reference {
    stratified: Stratified,
    site: Site,
    options: Options,
    stop: Stop,
    state: State,
    counters: Counters,
}

impl Reference {
    /// A node before its first tick.
    pub fn new(stratified: &Stratified, site: Site, options: Options) -> Self {
        let (state, counters, stop) = (State::default(), Counters::default(), Stop::default());
        Reference { stratified: stratified.clone(), site, options, stop, state, counters }
    }

    /// Whose ticks fail as soon as `stop` is set.
    #[must_use]
    pub fn until(mut self, stop: Stop) -> Self {
        self.stop = stop;
        self
    }

    /// The content T(t) of a relation of this node in the last tick.
    pub fn holds(&self, relation: RelationId) -> &BTreeSet<Row> {
        static NONE: BTreeSet<Row> = BTreeSet::new();
        self.state.content.get(&relation).unwrap_or(&NONE)
    }

    /// What the node's ticks left so far.
    pub fn state(&self) -> &State {
        &self.state
    }
}

impl Engine for Reference {
    /// After an error the state is that before the tick.
    fn tick(&mut self, arrivals: &Arrivals) -> Result<Effects, EngineError> {
        let Reference { stratified, site, options, stop, state, .. } = &*self;
        let (state, effects) = tick_until(stratified, site, state, arrivals, *options, stop)?;
        count(&mut self.counters, &self.stratified.program, arrivals, &self.state, &state, &effects);
        self.state = state;
        Ok(effects)
    }

    fn stored(&self) -> Stored {
        let rows = |of: &Rows| {
            let filled = of.iter().filter(|(_, rows)| !rows.is_empty());
            filled.map(|(relation, rows)| (*relation, rows.iter().cloned().collect())).collect()
        };
        Stored { tables: rows(&self.state.stored), waiting: rows(&self.state.waiting) }
    }

    fn resume(&mut self, stored: Stored) -> Result<(), EngineError> {
        if self.state.started {
            return Err(EngineError::Failed("a node that has run can't be resumed".into()));
        }
        let program = &self.stratified.program;
        let fits = |relation: RelationId, rows: &[Row], takes: fn(&Relation) -> bool| {
            program.relations.get(relation).is_some_and(|declared| {
                declared.role == self.site.me.role
                    && takes(declared)
                    && rows.iter().all(|row| row.len() == declared.arity())
            })
        };
        let fit = stored.tables.iter().all(|(relation, rows)| fits(*relation, rows, Relation::is_table))
            && stored.waiting.iter().all(|(relation, rows)| fits(*relation, rows, Relation::is_momentary));
        if !fit {
            return Err(EngineError::Failed("the stored rows are not of this program".into()));
        }
        let rows = |of: BTreeMap<RelationId, Vec<Row>>| {
            of.into_iter().map(|(relation, rows)| (relation, rows.into_iter().collect())).collect()
        };
        let (stored, waiting) = (rows(stored.tables), rows(stored.waiting));
        self.state = State { started: true, stored, waiting, ..State::default() };
        Ok(())
    }

    fn counters(&self) -> Counters {
        self.counters.clone()
    }
}
