//! One node's engine: ticks from arrivals to effects.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use floret_ir::plan::{Operator, Plan};
use floret_ir::{
    Arrivals, Counters, Effects, Engine, EngineError, Fact, Id, InputMode, InputRow, Message, Program,
    Relation, RelationColumn, RelationId, RelationKind, Report, Row, Site, Stored, Value, VarId, evaluate,
    peer_rows, report_row,
};

use crate::delta::{Delta, Deltas};
use crate::drivers::Driver;
use crate::effects::{Exit, Gathered, Wishes, extend};
use crate::graph::{Fed, Feed, Outcome};
use crate::intern::Interner;
use crate::moments::Moments;
use crate::options::{Fault, Options};
use crate::render::Job;
use crate::row::{Words, decode, encode, int_word};
use crate::scalar::Context;
use crate::tables::{RowSet, Table};
use crate::validate::validate;

/// A node's plan, running.
pub struct Dataflow {
    driver: Driver,
    pub(crate) program: Program,
    pub(crate) context: Context,
    options: Options,
    exits: Vec<Exit>,
    /// What is fed, in the order of the driver's inputs.
    inputs: Vec<Fed>,
    /// The clock's row of the last tick.
    clock: Option<Words>,
    pub(crate) tables: BTreeMap<RelationId, Table>,
    /// What `<+` put into events for the next tick.
    pub(crate) waiting: BTreeMap<RelationId, RowSet>,
    /// What is to be fed before the next tick's arrivals: tables as the last tick left them, its arrivals gone.
    between: Deltas,
    /// What the tables held when it resumed, to be fed in its first tick.
    pub(crate) resumed: Option<Deltas>,
    /// One more than the relation whose recursion exceeded the limit.
    overrun: Arc<AtomicU64>,
    pub(crate) counters: Counters,
    failed: Option<EngineError>,
}

impl Dataflow {
    /// Renders a plan for a node.
    ///
    /// # Errors
    /// Plans that can't be run: wider rows than 16 columns, a role that isn't deployed, a corrupted artifact.
    pub fn new(program: &Program, plan: &Plan, site: &Site, options: Options) -> Result<Self, EngineError> {
        validate(program, plan, site)?;
        let context = Context { interner: Arc::new(Interner::default()), site: Arc::new(site.clone()) };
        let sources: BTreeSet<Fed> = plan
            .nodes
            .iter()
            .filter_map(|node| match node.operator {
                Operator::Source { relation } => Some(Fed::Relation(relation)),
                Operator::Clock => Some(Fed::Clock),
                _ => None,
            })
            .collect();
        let inputs: Vec<Fed> = sources.into_iter().filter(|fed| arity(program, *fed).is_some()).collect();
        let moments = match options.fault {
            // What goes wrong with these shows in what is kept of arrivals and in the differences of negations.
            Some(Fault::CancelledRepeat | Fault::ForgottenRetraction | Fault::WrongStratumOrder) => {
                Moments::default()
            }
            Some(Fault::LostDelete | Fault::LostMerge | Fault::RepeatedElements | Fault::SwappedExtremes)
            | None => match options.by_differences {
                true => Moments::default(),
                false => Moments::of(program, plan),
            },
        };
        let exits: Vec<Exit> =
            plan.sinks.iter().map(|sink| Exit::new(sink, program, plan, options.observe, &moments)).collect();
        let overrun = Arc::new(AtomicU64::new(0));
        let job = Job {
            plan: plan.clone(),
            context: context.clone(),
            inputs: inputs.iter().filter_map(|fed| Some((*fed, arity(program, *fed)?))).collect(),
            sinks: exits.iter().map(|exit| exit.mode).collect(),
            limit: options.tick_limit,
            overrun: overrun.clone(),
            moments,
            grows: !options.by_differences,
            fault: options.fault,
        };
        let tables = program
            .relations
            .entries()
            .filter(|(_, declared)| declared.is_table() && declared.role == site.me.role);
        Ok(Dataflow {
            driver: Driver::new(job, options.workers)?,
            tables: tables.map(|(id, declared)| (id, table(declared))).collect(),
            program: program.clone(),
            context,
            options,
            exits,
            inputs,
            clock: None,
            waiting: BTreeMap::new(),
            between: Vec::new(),
            resumed: None,
            overrun,
            counters: Counters::default(),
            failed: None,
        })
    }

    fn run(&mut self, arrivals: &Arrivals) -> Result<Effects, EngineError> {
        let mut reports = BTreeSet::new();
        let (momentary, arriving) = self.arrive(arrivals, &mut reports)?;
        let feed = Feed { tick: self.counters.ticks, between: std::mem::take(&mut self.between), arriving };
        let outcomes = self.driver.tick(feed)?;
        let overrun = self.overrun.load(Ordering::SeqCst);
        if overrun == u64::MAX {
            return Err(EngineError::Failed(
                "a recursion has more rows than one worker can number (4,294,967,295 per relation)".into(),
            ));
        }
        if let Some(relation) = overrun.checked_sub(1) {
            let relation = RelationId::from_index(relation as usize);
            return Err(EngineError::TickLimit { rounds: self.options.tick_limit, relation });
        }
        let mut gathered = self.gather(outcomes);
        self.between = self.no_changes();
        let again = self.settle(gathered.wishes, &mut reports);
        self.withdraw(&momentary);

        let mut effects = gathered.effects;
        effects.reports.append(&mut reports);
        effects.again = again | self.tell(&effects.reports);
        self.counters.ticks += 1;
        self.counters.inputs += arrivals.inputs.len() as u64;
        self.counters.received += arrivals.messages.len() as u64;
        self.counters.sent += effects.sends.len() as u64;
        self.counters.reports += effects.reports.len() as u64;
        for (relation, came) in std::mem::take(&mut gathered.derived) {
            *self.counters.derived.entry(relation).or_default() += came;
        }
        Ok(effects)
    }

    /// Puts reports into the events by which the program hears of them in the next tick; says whether it does.
    fn tell(&mut self, reports: &BTreeSet<Report>) -> bool {
        let rows: Vec<_> = reports.iter().filter_map(|report| report_row(&self.program, report)).collect();
        for (event, row) in &rows {
            let words = row.iter().map(|value| encode(value, &self.context.interner)).collect();
            self.waiting.entry(*event).or_default().insert(words);
        }
        !rows.is_empty()
    }

    /// Takes arrivals, facts and waiting rows: the rows of events and channels, and what is to be fed.
    fn arrive(
        &mut self,
        arrivals: &Arrivals,
        reports: &mut BTreeSet<Report>,
    ) -> Result<(BTreeMap<RelationId, RowSet>, Deltas), EngineError> {
        let mut new: BTreeMap<RelationId, RowSet> = std::mem::take(&mut self.waiting);
        let resumed = self.resumed.take();
        if self.counters.ticks == 0 && resumed.is_none() {
            for fact in &self.program.facts {
                if let Some(row) = self.fact(fact)? {
                    new.entry(fact.relation).or_default().insert(row);
                }
            }
        }
        for deleted in &arrivals.deletes {
            let row = self.deleted(deleted)?;
            if let Some(table) = self.tables.get_mut(&deleted.relation) {
                table.withdraw(&row);
                // A fact of the first tick may be deleted before anybody sees it.
                new.entry(deleted.relation).or_default().retain(|fact| !fact.starts_with(&row));
            }
        }
        // A table sees for itself which rows it has.
        let mut stored: BTreeMap<RelationId, Vec<Words>> = BTreeMap::new();
        for input in &arrivals.inputs {
            let row = self.arrival(input.relation, &input.row)?;
            if self.tables.contains_key(&input.relation) {
                stored.entry(input.relation).or_default().push(row);
            } else {
                new.entry(input.relation).or_default().insert(row);
            }
        }
        for relation in stored.keys() {
            new.entry(*relation).or_default();
        }
        for message in &arrivals.messages {
            let row = self.message(message)?;
            new.entry(message.relation).or_default().insert(row);
        }
        for timer in &arrivals.timers {
            let row = self.beat(*timer, arrivals.now)?;
            new.entry(*timer).or_default().insert(row);
        }
        for (event, rows) in peer_rows(&self.program, self.context.site.me.role, &arrivals.peers) {
            let rows: Vec<Words> =
                rows.iter().map(|row| self.words(self.declared(event)?, row)).collect::<Result<_, _>>()?;
            new.entry(event).or_default().extend(rows);
        }
        let mut momentary = BTreeMap::new();
        let mut arriving = resumed.unwrap_or_else(|| self.no_changes());
        // With the planted bug, what the last tick's arrivals leave behind goes now.
        if self.options.fault == Some(Fault::CancelledRepeat) {
            self.late_withdrawals(&mut arriving);
        }
        self.turn_clock(arrivals, &mut arriving);
        for (relation, rows) in new {
            let slot = self.slot(Fed::Relation(relation));
            match self.tables.get_mut(&relation) {
                Some(table) => {
                    let mut rows: Vec<Words> = rows.into_iter().collect();
                    rows.extend(stored.remove(&relation).into_iter().flatten());
                    let lost = table.admit(rows, &self.context.interner);
                    let log = table.log();
                    if let Some(delta) = slot.and_then(|slot| arriving.get_mut(slot)) {
                        extend(delta, &log);
                    }
                    reports.extend(lost.iter().map(|row| self.conflict(relation, row)));
                }
                None => {
                    if let Some(delta) = slot.and_then(|slot| arriving.get_mut(slot)) {
                        rows.iter().for_each(|row| delta.push(row, 1));
                    }
                    momentary.insert(relation, rows);
                }
            }
        }
        Ok((momentary, arriving))
    }

    /// The clock's row is replaced in every tick (and stays between them).
    fn turn_clock(&mut self, arrivals: &Arrivals, arriving: &mut Deltas) {
        let Some(delta) = self.slot(Fed::Clock).and_then(|slot| arriving.get_mut(slot)) else { return };
        let row: Words = [int_word(arrivals.now), int_word(arrivals.seed as i64)].into();
        if let Some(old) = self.clock.replace(row.clone()) {
            delta.push(&old, -1);
        }
        delta.push(&row, 1);
    }

    fn gather(&mut self, workers: Vec<Vec<Outcome>>) -> Gathered {
        let mut gathered = Gathered::default();
        let mut workers: Vec<_> = workers.into_iter().map(Vec::into_iter).collect();
        for exit in &mut self.exits {
            let outcomes = workers.iter_mut().filter_map(Iterator::next).collect();
            exit.gather(outcomes, &self.context.interner, &mut gathered);
        }
        gathered
    }

    /// Makes P(t+1) of T(t) and says whether another tick is due.
    fn settle(&mut self, mut wishes: Wishes, reports: &mut BTreeSet<Report>) -> bool {
        for (relation, content) in &wishes.content {
            if let Some(table) = self.tables.get_mut(relation) {
                table.settle(content);
            }
        }
        let mut logs: BTreeMap<RelationId, Vec<_>> =
            self.tables.iter_mut().map(|(relation, table)| (*relation, vec![table.log()])).collect();
        if self.options.fault != Some(Fault::LostDelete) {
            for (relation, row, any) in &wishes.delete {
                if let Some(table) = self.tables.get_mut(relation) {
                    table.delete(row, any);
                }
            }
        }
        for (relation, rows) in &wishes.replace {
            if let Some(table) = self.tables.get_mut(relation) {
                rows.iter().for_each(|row| table.vacate(row));
            }
        }
        for (relation, rows) in std::mem::take(&mut wishes.insert) {
            match self.tables.get_mut(&relation) {
                Some(table) => {
                    let lost = table.admit(rows, &self.context.interner);
                    reports.extend(lost.iter().map(|row| self.conflict(relation, row)));
                }
                None if rows.is_empty() => {}
                None => self.waiting.entry(relation).or_default().extend(rows),
            }
        }
        let mut again = !self.waiting.is_empty();
        for (relation, table) in &mut self.tables {
            let log = table.close();
            again |= !log.is_empty();
            logs.entry(*relation).or_default().push(log);
        }
        for (relation, logs) in logs {
            if let Some(delta) =
                self.slot(Fed::Relation(relation)).and_then(|slot| self.between.get_mut(slot))
            {
                logs.iter().for_each(|log| extend(delta, log));
            }
        }
        again
    }

    /// The tick's arrivals are gone in its second half.
    fn withdraw(&mut self, momentary: &BTreeMap<RelationId, RowSet>) {
        for (relation, rows) in momentary {
            if let Some(delta) =
                self.slot(Fed::Relation(*relation)).and_then(|slot| self.between.get_mut(slot))
            {
                rows.iter().for_each(|row| delta.push(row, -1));
            }
        }
    }

    /// A planted bug: moves withdrawals from between the ticks into the tick.
    fn late_withdrawals(&mut self, arriving: &mut Deltas) {
        let relations = self.inputs.iter().zip(self.between.iter_mut().zip(arriving));
        for (fed, (between, arriving)) in relations {
            if !matches!(fed, Fed::Relation(relation) if self.tables.contains_key(relation)) {
                arriving.append(&std::mem::take(between));
            }
        }
    }

    /// The row of a fact, if it is for this node.
    fn fact(&self, fact: &Fact) -> Result<Option<Words>, EngineError> {
        let declared = self.declared(fact.relation)?;
        let value = |expr| {
            evaluate(expr, &|_: &VarId| None, &self.context.site).map_err(|why| {
                EngineError::Failed(format!("a fact for `{}` has no value here: {why}", declared.name))
            })
        };
        let me = self.context.site.me;
        let here = match &fact.place {
            None => declared.role == me.role,
            Some(place) => value(place)? == Value::Address(me),
        };
        if !here {
            return Ok(None);
        }
        let row: Row = fact.values.iter().map(value).collect::<Result<_, _>>()?;
        self.words(declared, &row).map(Some)
    }

    /// A row that the host adds. (Hosts check before; this keeps a mistake of theirs from turning into wrong content.)
    fn arrival(&self, relation: RelationId, row: &Row) -> Result<Words, EngineError> {
        let declared = self.here(relation, |declared| match declared.kind {
            RelationKind::Table | RelationKind::Event => declared.input.is_some(),
            RelationKind::Channel { .. } | RelationKind::Timer { .. } | RelationKind::View => false,
        })?;
        self.words(declared, row)
    }

    /// A row that comes from another node, with its sender where the program asks for it.
    fn message(&self, message: &Message) -> Result<Words, EngineError> {
        let declared = self.here(message.relation, Relation::is_channel)?;
        if !declared.sender {
            return self.words(declared, &message.row);
        }
        let sender = Value::Address(message.sender);
        self.words(declared, &message.row.iter().cloned().chain([sender]).collect())
    }

    /// The row of a timer that beats.
    fn beat(&self, timer: RelationId, now: i64) -> Result<Words, EngineError> {
        let beats = |declared: &Relation| matches!(declared.kind, RelationKind::Timer { .. });
        let declared = self.here(timer, beats)?;
        self.words(declared, &vec![Value::Time(now)])
    }

    /// A row that the host deletes; of a keyed table its key is enough.
    fn deleted(&self, deleted: &InputRow) -> Result<Words, EngineError> {
        let declared = self.here(deleted.relation, |declared| declared.input == Some(InputMode::Mutable))?;
        let columns = declared.key.unwrap_or(declared.arity());
        self.words_of(declared, &declared.columns[..columns], deleted.row.get(..columns).unwrap_or_default())
    }

    /// A relation of this node that takes what arrives for it.
    pub(crate) fn here(
        &self,
        relation: RelationId,
        takes: impl Fn(&Relation) -> bool,
    ) -> Result<&Relation, EngineError> {
        let declared = self.declared(relation)?;
        if takes(declared) && declared.role == self.context.site.me.role {
            Ok(declared)
        } else {
            Err(EngineError::Failed(format!("a row arrived for `{}`, which takes none here", declared.name)))
        }
    }

    pub(crate) fn words(&self, declared: &Relation, row: &Row) -> Result<Words, EngineError> {
        self.words_of(declared, &declared.columns, row)
    }

    fn words_of(
        &self,
        declared: &Relation,
        columns: &[RelationColumn],
        row: &[Value],
    ) -> Result<Words, EngineError> {
        if row.len() == columns.len() && row.iter().zip(columns).all(|(value, column)| value.is_of(column.ty))
        {
            Ok(row.iter().map(|value| encode(value, &self.context.interner)).collect())
        } else {
            Err(EngineError::Failed(format!("a row for `{}` has other columns than it", declared.name)))
        }
    }

    fn declared(&self, relation: RelationId) -> Result<&Relation, EngineError> {
        let missing = || EngineError::Failed(format!("there is no relation {}", relation.0));
        self.program.relations.get(relation).ok_or_else(missing)
    }

    fn conflict(&self, relation: RelationId, row: &[u64]) -> Report {
        let columns = &self.program.relations[relation].columns;
        let values =
            row.iter().zip(columns).map(|(word, column)| decode(*word, column.ty, &self.context.interner));
        Report::Conflict { relation, lost: values.collect() }
    }

    pub(crate) fn slot(&self, fed: Fed) -> Option<usize> {
        self.inputs.binary_search(&fed).ok()
    }

    pub(crate) fn no_changes(&self) -> Deltas {
        let arity = |fed: &Fed| arity(&self.program, *fed).unwrap_or_default();
        self.inputs.iter().map(|fed| Delta::new(arity(fed))).collect()
    }
}

fn table(declared: &Relation) -> Table {
    let types = declared.columns.iter().map(|column| column.ty).collect();
    Table::new(types, declared.key, &declared.merges())
}

/// How many columns what is fed has; nothing for relations that don't exist.
fn arity(program: &Program, fed: Fed) -> Option<usize> {
    match fed {
        Fed::Relation(relation) => program.relations.get(relation).map(Relation::arity),
        Fed::Clock => Some(2),
    }
}

impl Engine for Dataflow {
    fn tick(&mut self, arrivals: &Arrivals) -> Result<Effects, EngineError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let effects = self.run(arrivals);
        self.failed = effects.as_ref().err().cloned();
        effects
    }

    fn stored(&self) -> Stored {
        self.read_stored()
    }

    fn resume(&mut self, stored: Stored) -> Result<(), EngineError> {
        self.take_stored(&stored)
    }

    fn counters(&self) -> Counters {
        self.counters.clone()
    }
}
