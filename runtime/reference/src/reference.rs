//! The reference evaluator as the engine of a node.

use std::collections::BTreeSet;

use floret_ir::{Arrivals, Counters, Effects, Engine, EngineError, RelationId, Row, Site, Stratified};

use crate::counters::count;
use crate::state::State;
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

    fn counters(&self) -> Counters {
        self.counters.clone()
    }
}
