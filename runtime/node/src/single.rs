//! The only node of a program, driven in this thread: no sockets, no other nodes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use floret_ir::{Address, Engine, InputRow, RelationId, Timers};

use crate::clock::Clock;
use crate::core::{Core, CoreError, Snapshot, Tick};
use crate::durable::{Durable, Keeper};
use crate::links::{Limits, Links};
use crate::store::StoreError;
use crate::wire::Schema;

/// What to run.
pub struct SingleRun<'a, I> {
    /// The program and its only node.
    pub schema: Arc<Schema>,
    /// The node.
    pub me: Address,
    /// Its engine.
    pub engine: Box<dyn Engine>,
    /// The rows, those of tables first.
    pub inputs: I,
    /// At most so many event rows share a tick (at least 1).
    pub batch: usize,
    /// Set from outside to stop after the running tick.
    pub interrupted: &'a AtomicBool,
    /// What time it is.
    pub clock: &'a dyn Clock,
    /// What the ticks' random seeds are made of.
    pub seed: u64,
    /// Stop at this time (nanoseconds since 1970), after the running tick.
    pub until: Option<i64>,
    /// Stop after so many ticks.
    pub ticks: Option<u64>,
    /// A durable node's data.
    pub durable: Option<Durable>,
}

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SingleEnd {
    /// Inputs are at their end and no tick is due.
    Rest,
    /// It was told to stop.
    Interrupted,
    /// Its time or its number of ticks is over.
    Over,
}

/// Why a run failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SingleError<E> {
    /// An input or the observer of ticks failed.
    Host(E),
    /// A tick failed.
    Tick(CoreError),
    /// The node's data can't be written.
    Store(String),
    /// A row of this table came after a row of an event: it would have missed the first tick.
    LateTable(RelationId),
}

/// Runs a node to rest: all table rows are in the first tick, event rows come in batches, one tick each, then ticks
/// run until none is due. A program with timers never rests. `on_tick` sees every tick and what it did.
///
/// # Errors
/// [`SingleError`]; ticks that `on_tick` has seen stay valid.
pub fn run_single<I, E>(
    run: SingleRun<'_, I>,
    mut on_tick: impl FnMut(&Tick) -> Result<(), E>,
) -> Result<(SingleEnd, Core), SingleError<E>>
where
    I: Iterator<Item = Result<InputRow, E>>,
{
    let SingleRun { schema, me, engine, inputs, batch, interrupted, clock, seed, until, ticks, durable } =
        run;
    let program = Arc::clone(&schema.program);
    let timers = Timers::new(&program, me.role, clock.now());
    let mut core = Core::new(me, Arc::clone(&schema), engine, timers, seed);
    let incarnation = durable.as_ref().map_or(0, |durable| durable.birth().incarnation);
    let mut links = Links::new(me, &program, [], incarnation, Limits::default());
    let mut keeper = None;
    if let Some(durable) = durable {
        let (kept, last) = durable.resume(&mut core, &mut links).map_err(SingleError::Tick)?;
        keeper = Some(kept);
        if let Some(last) = last {
            on_tick(&last).map_err(SingleError::Host)?;
        }
    }
    links.start(0);
    let is_table = |row: &InputRow| program.relations.get(row.relation).is_some_and(|r| r.is_table());
    let mut inputs = inputs.peekable();
    while let Some(row) = inputs.next_if(|row| row.as_ref().map_or(true, is_table)) {
        let row = row.map_err(SingleError::Host)?;
        core.offer_inputs(core.wants_given(&row).then_some(row));
        if interrupted.load(Ordering::Relaxed) {
            return Ok((SingleEnd::Interrupted, core));
        }
    }
    let mut events = Vec::new();
    let (mut more, mut ended) = (true, false);
    loop {
        if interrupted.load(Ordering::Relaxed) {
            return Ok((SingleEnd::Interrupted, core));
        }
        while more && events.len() < batch.max(1) {
            match inputs.next() {
                None => more = false,
                Some(row) => {
                    let row = row.map_err(SingleError::Host)?;
                    if is_table(&row) {
                        return Err(SingleError::LateTable(row.relation));
                    }
                    events.push(row);
                }
            }
        }
        core.offer_inputs(events.drain(..));
        if !more && !ended {
            ended = true;
            core.end_inputs();
        }
        core.pass(clock.now());
        if !core.is_due(&links) {
            let Some(beat) = core.next_beat() else { return Ok((SingleEnd::Rest, core)) };
            clock.wait_until(until.map_or(beat, |until| until.min(beat)), interrupted);
            core.pass(clock.now());
        }
        if until.is_some_and(|until| until <= clock.now()) {
            return Ok((SingleEnd::Over, core));
        }
        if !core.is_due(&links) {
            continue;
        }
        let tick = kept_tick(&mut core, &mut links, keeper.as_mut(), clock.now())?;
        on_tick(&tick).map_err(SingleError::Host)?;
        if ticks.is_some_and(|ticks| tick.entry.number >= ticks) {
            return Ok((SingleEnd::Over, core));
        }
    }
}

/// Runs a tick, and keeps it on disk if the node is durable.
fn kept_tick<E>(
    core: &mut Core,
    links: &mut Links,
    keeper: Option<&mut Keeper>,
    now: i64,
) -> Result<Tick, SingleError<E>> {
    let Some(keeper) = keeper else { return core.tick(links, now).map_err(SingleError::Tick) };
    let lost = |error: StoreError| SingleError::Store(error.to_string());
    let before = keeper.wants_snapshot().then(|| core.stored());
    let due = core.begin(links, now);
    let mut tick = core.run(due).map_err(SingleError::Tick)?;
    keeper.keep(&tick).map_err(lost)?;
    Core::commit(links, &mut tick);
    if let Some(before) = before {
        let snapshot = Snapshot { before, entry: tick.entry.clone(), links: links.state() };
        keeper.begin_snapshot(snapshot);
    }
    Ok(tick)
}

#[cfg(test)]
mod tests {
    use floret_ir::Deployment;

    use super::*;
    use crate::shell::testing::{GO, Relay, SEED, input, numbers, program};

    const ME: Address = Address { role: floret_ir::RoleId(0), index: 0 };

    fn schema() -> Arc<Schema> {
        Arc::new(Schema::new(Arc::new(program()), Deployment::new([1].into_iter().collect())))
    }

    fn check(
        inputs: Vec<Result<InputRow, &'static str>>,
        batch: usize,
    ) -> (Vec<String>, Result<SingleEnd, SingleError<&'static str>>) {
        let mut ticks = Vec::new();
        let run = SingleRun {
            schema: schema(),
            me: ME,
            engine: Box::new(Relay::new(ME, 1)),
            inputs: inputs.into_iter(),
            batch,
            interrupted: &AtomicBool::new(false),
            clock: &crate::clock::SystemClock,
            seed: 0,
            until: None,
            ticks: None,
            durable: None,
        };
        let end = run_single(run, |tick| {
            let rows: Vec<_> =
                tick.effects.changes.values().flatten().map(|change| numbers(&change.row)).collect();
            ticks.push(format!("{}: {rows:?}", tick.entry.number));
            Ok(())
        });
        (ticks, end.map(|(end, _)| end))
    }
    fn row(relation: RelationId, id: i64, hops: i64) -> Result<InputRow, &'static str> {
        Ok(input(relation, id, hops))
    }

    // `Relay` shows everything that arrived, and sends `hop(id, n - 1)` for each `go(id, n)` or `hop(id, n)`, n > 0.
    #[test]
    fn tables_first_then_batches_then_until_nothing_is_due() {
        let inputs = vec![row(SEED, 1, 0), row(SEED, 2, 0), row(GO, 3, 0), row(GO, 4, 1), row(GO, 5, 0)];
        let (ticks, end) = check(inputs, 2);
        assert_eq!(ticks, ["1: [(1, 0), (2, 0), (3, 0), (4, 1)]", "2: [(4, 0), (5, 0)]"]);
        assert_eq!(end, Ok(SingleEnd::Rest));
    }

    #[test]
    fn without_inputs_there_is_one_tick() {
        assert_eq!(check(vec![], 1000), (vec!["1: []".to_owned()], Ok(SingleEnd::Rest)));
    }

    #[test]
    fn a_table_row_after_events_is_an_error() {
        let (ticks, end) = check(vec![row(GO, 1, 0), row(SEED, 2, 0)], 1000);
        assert_eq!((ticks.len(), end), (0, Err(SingleError::LateTable(SEED))));
    }

    #[test]
    fn a_failed_input_ends_the_run_after_what_came_before() {
        let (ticks, end) = check(vec![row(GO, 1, 0), Err("line 2")], 1);
        assert_eq!((ticks.len(), end), (1, Err(SingleError::Host("line 2"))));
    }

    #[test]
    fn an_interrupted_run_says_so() {
        let interrupted = AtomicBool::new(false);
        let run = SingleRun {
            schema: schema(),
            me: ME,
            engine: Box::new(Relay::new(ME, 1)),
            inputs: (0..).map(|id| row(GO, id, 0)),
            batch: 10,
            interrupted: &interrupted,
            clock: &crate::clock::SystemClock,
            seed: 0,
            until: None,
            ticks: None,
            durable: None,
        };
        let mut ticks = 0;
        let end = run_single(run, |_| {
            ticks += 1;
            interrupted.store(ticks == 3, Ordering::Relaxed);
            Ok(())
        });
        assert_eq!((end.map(|(end, _)| end), ticks), (Ok(SingleEnd::Interrupted), 3));
    }
}
