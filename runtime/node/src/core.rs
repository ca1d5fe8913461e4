//! A node as a state machine: what goes into the next tick, whether one is due, and what comes of it. No clock, socket or disk:
//! what time it is, the caller says.
//!
//! Nothing of a tick is visible before [`Core::commit`]. Whoever drives a durable node keeps the tick's [`TickEntry`] on disk
//! before that, and hands them back to [`Core::resume`] after a crash.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use floret_ir::hash::seeded_hash;
use floret_ir::{
    Address, Arrivals, Changes, Counters, Effects, Engine, EngineError, InputMode, InputRow, Program,
    RelationId, RelationKind, Row, RowChange, Stored, Timers, Value,
};
use serde::{Deserialize, Serialize};

use crate::links::{Bundle, Committed, LinkLog, Links, LinksState, SendError, bundle};
use crate::wire::Schema;

/// A tick that has run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tick {
    /// Its number, all that it depended on, and what it took.
    pub entry: TickEntry,
    /// What it did.
    pub effects: Effects,
    /// Its messages as they go out.
    pub(crate) bundles: Vec<Bundle>,
}

impl Tick {
    /// Whether anybody outside of the node could tell that it ran: it took what others or the host will be told of, or it sends
    /// or shows something. If not, a durable node may forget it in a crash, with all such ticks after it, and run others
    /// in their place.
    pub fn is_seen(&self) -> bool {
        let Tick { entry: TickEntry { number: _, arrivals, links }, effects, bundles: _ } = self;
        !(links.receipts.is_empty()
            && links.events.is_empty()
            && arrivals.inputs.is_empty()
            && arrivals.deletes.is_empty()
            && effects.sends.is_empty()
            && effects.changes.is_empty()
            && effects.reports.is_empty())
    }
}

/// What a durable node keeps of a tick.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TickEntry {
    /// The tick's number; the first is 1.
    pub number: u64,
    /// All that it depended on.
    pub arrivals: Arrivals,
    /// What it took of the links.
    pub links: LinkLog,
}

/// What a durable node keeps instead of all ticks up to one: where that tick started from, the tick, and the links after
/// it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    /// What the tick started from.
    pub before: Stored,
    /// The tick.
    pub entry: TickEntry,
    /// The links after the tick.
    pub links: LinksState,
}

/// Why a tick failed; the node is lost with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CoreError {
    /// The engine failed.
    Engine(EngineError),
    /// The tick sent what can't be sent.
    Send(SendError),
}

impl CoreError {
    /// What happened, and whether the program is the cause.
    pub fn describe(&self, program: &Program) -> (String, bool) {
        match self {
            CoreError::Engine(EngineError::TickLimit { rounds, relation }) => {
                let name = program.relations.get(*relation).map_or("?", |relation| relation.name.as_str());
                let what =
                    format!("the recursion through `{name}` did not come to an end within {rounds} rounds");
                (what, true)
            }
            CoreError::Engine(EngineError::Failed(why)) => (why.clone(), false),
            CoreError::Send(error) => (error.describe(program), true),
        }
    }
}

impl From<EngineError> for CoreError {
    fn from(error: EngineError) -> Self {
        CoreError::Engine(error)
    }
}

/// What a tick is to run over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Due {
    entry: TickEntry,
}

/// One node without its surroundings and without its [`Links`], which others may use while a tick runs.
///
/// A message counts as sent when the tick that made it is committed, and as processed when the tick that took it is:
/// while it is anywhere between, the sums of the two over all nodes differ.
pub struct Core {
    me: Address,
    schema: Arc<Schema>,
    engine: Box<dyn Engine>,
    timers: Timers,
    /// What the ticks' random seeds are made of.
    seed: u64,
    inputs: Vec<InputRow>,
    ticks: u64,
    again: bool,
}

impl Due {
    /// The senders whose rows it takes.
    pub fn senders(&self) -> impl Iterator<Item = Address> {
        self.entry.links.receipts.iter().map(|receipt| receipt.sender)
    }
}

impl Core {
    /// A node before its first tick.
    pub fn new(me: Address, schema: Arc<Schema>, engine: Box<dyn Engine>, timers: Timers, seed: u64) -> Self {
        Core { me, schema, engine, timers, seed, inputs: Vec::new(), ticks: 0, again: false }
    }
    /// This node.
    pub fn me(&self) -> Address {
        self.me
    }
    /// How many ticks have run.
    pub fn ticks(&self) -> u64 {
        self.ticks
    }
    /// Takes rows from the host into the next tick.
    pub fn offer_inputs(&mut self, rows: impl IntoIterator<Item = InputRow>) {
        self.inputs.extend(rows);
    }
    /// The host is at the end of its inputs: the next tick hears of it, after all rows that were taken.
    pub fn end_inputs(&mut self) {
        let program = &self.schema.program;
        self.inputs.extend(program.ends_of_inputs(self.me.role));
    }
    /// Whether a row that the host gives before the node starts (again) is for it: a node that has run has those inputs that
    /// are fixed with the first tick.
    pub fn wants_given(&self, row: &InputRow) -> bool {
        let input = self.schema.program.relations.get(row.relation).and_then(|relation| relation.input);
        self.ticks == 0 || input != Some(InputMode::Static)
    }
    /// It is `now`: timers may beat.
    pub fn pass(&mut self, now: i64) {
        self.timers.pass(now);
    }
    /// When the next timer beats; `None`: there are no timers.
    pub fn next_beat(&self) -> Option<i64> {
        self.timers.next_beat()
    }
    /// How many rows from the host wait for the next tick.
    pub fn waiting_inputs(&self) -> usize {
        self.inputs.len()
    }
    /// Whether there is reason for a tick: it would be the first, something arrived, or the last one asked for it.
    pub fn is_due(&self, links: &Links) -> bool {
        self.ticks == 0
            || self.again
            || self.timers.has_beaten()
            || !self.inputs.is_empty()
            || links.is_ready()
    }

    /// Takes everything that arrived, for a tick at `now`.
    pub fn begin(&mut self, links: &mut Links, now: i64) -> Due {
        let number = self.ticks + 1;
        let of_tick = Value::tuple([Value::Address(self.me), Value::Int(number.cast_signed())]);
        // The first tick is that of the facts and of the input tables; others, who may have begun earlier, come after it.
        let taken = links.take(self.ticks > 0);
        let arrivals = Arrivals {
            inputs: std::mem::take(&mut self.inputs),
            messages: taken.messages,
            timers: self.timers.take(),
            peers: taken.peers,
            now,
            seed: seeded_hash(self.seed, &of_tick).cast_unsigned(),
            ..Arrivals::default()
        };
        Due { entry: TickEntry { number, arrivals, links: taken.log } }
    }
    /// Runs a tick.
    ///
    /// # Errors
    /// [`CoreError`]; the node is lost then.
    pub fn run(&mut self, due: Due) -> Result<Tick, CoreError> {
        let entry = due.entry;
        let effects = self.engine.tick(&entry.arrivals)?;
        let bundles = bundle(self.me, &self.schema, &effects.sends).map_err(CoreError::Send)?;
        self.ticks = entry.number;
        self.again = effects.again;
        Ok(Tick { entry, effects, bundles })
    }
    /// A tick is over for good (of a durable node: it is on disk). Ticks are committed in their order.
    pub fn commit(links: &mut Links, tick: &mut Tick) -> Committed {
        links.commit(tick.entry.number, &tick.entry.links, std::mem::take(&mut tick.bundles))
    }

    /// Begins, runs and commits a tick of a volatile node at `now`.
    ///
    /// # Errors
    /// Those of [`Core::run`].
    pub fn tick(&mut self, links: &mut Links, now: i64) -> Result<Tick, CoreError> {
        let due = self.begin(links, now);
        let mut tick = self.run(due)?;
        Core::commit(links, &mut tick);
        Ok(tick)
    }

    /// What the next tick starts from, for a [`Snapshot`] after it.
    pub fn stored(&self) -> Stored {
        self.engine.stored()
    }
    /// Brings a node that has run no tick to where it was: a snapshot, and the ticks since then in order (from the first one on, if
    /// there is no snapshot). Their effects have long been seen, all but what waits in the links.
    ///
    /// The given tick is the last one; its changes are all that tables and views among the outputs hold.
    ///
    /// # Errors
    /// [`CoreError`]: what is kept is not of this program, or fails as it must have failed before.
    pub fn resume(
        &mut self,
        links: &mut Links,
        snapshot: Option<Snapshot>,
        entries: impl IntoIterator<Item = TickEntry>,
    ) -> Result<Tick, CoreError> {
        let mut held = Held::default();
        if let Some(Snapshot { before, entry, links: state }) = snapshot {
            self.engine.resume(before)?;
            let effects = self.engine.tick(&entry.arrivals)?;
            (self.ticks, self.again) = (entry.number, effects.again);
            held.take(effects.changes);
            links.restore(state);
        }
        for entry in entries {
            let mut tick = self.run(Due { entry })?;
            links.recall(tick.entry.number, &tick.entry.links, std::mem::take(&mut tick.bundles));
            held.take(tick.effects.changes);
        }
        let effects = Effects { changes: held.all(&self.schema.program), ..Effects::default() };
        let entry = TickEntry { number: self.ticks, ..TickEntry::default() };
        Ok(Tick { entry, effects, bundles: Vec::new() })
    }

    /// The engine's totals.
    pub fn counters(&self) -> Counters {
        self.engine.counters()
    }
}

/// What relations hold, by their changes.
#[derive(Default)]
struct Held(BTreeMap<RelationId, BTreeSet<Row>>);

impl Held {
    fn take(&mut self, changes: Changes) {
        for (relation, changes) in changes {
            let rows = self.0.entry(relation).or_default();
            for RowChange { row, added } in changes {
                if added {
                    rows.insert(row);
                } else {
                    rows.remove(&row);
                }
            }
        }
    }
    /// Of tables and views: what others held is over.
    fn all(self, program: &Program) -> Changes {
        let lasts = |id: &RelationId| {
            program.relations.get(*id).is_some_and(|relation| match relation.kind {
                RelationKind::Table | RelationKind::View => true,
                RelationKind::Event | RelationKind::Channel { .. } | RelationKind::Timer { .. } => false,
            })
        };
        let rows = |rows: BTreeSet<Row>| rows.into_iter().map(|row| RowChange { row, added: true }).collect();
        let held = self.0.into_iter().filter(|(id, rows)| lasts(id) && !rows.is_empty());
        held.map(|(id, held)| (id, rows(held))).collect()
    }
}

#[cfg(test)]
mod tests;
