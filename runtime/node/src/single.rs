//! The only node of a program, driven in this thread: no sockets, no other nodes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use floret_ir::{Address, Arrivals, Engine, EngineError, InputRow, Program, RelationId};

use crate::clock::Clock;
use crate::core::{Core, Tick};

/// While it waits for a timer the node looks so often whether it is to stop.
const ATTENTION: Duration = Duration::from_millis(20);

/// How long a run may go on; the default is without end.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Until {
    /// So many ticks.
    pub ticks: Option<u64>,
    /// So long after its start.
    pub time: Option<Duration>,
}

/// What to run.
pub struct SingleRun<'a, I> {
    /// The program.
    pub program: &'a Program,
    /// The node.
    pub me: Address,
    /// Its engine.
    pub engine: Box<dyn Engine>,
    /// The rows, those of tables first.
    pub inputs: I,
    /// At most so many event rows share a tick (at least 1).
    pub batch: usize,
    /// The node's time, seeds and timers.
    pub clock: Clock,
    /// How long it may go on.
    pub until: Until,
    /// Set from outside to stop after the running tick.
    pub interrupted: &'a AtomicBool,
}

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SingleEnd {
    /// Inputs are at their end and no tick is due.
    Rest,
    /// It was told to stop.
    Interrupted,
    /// It went on for as long as it might.
    Over,
}

/// Why a run failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SingleError<E> {
    /// An input or the observer of ticks failed.
    Host(E),
    /// A tick failed.
    Engine(EngineError),
    /// A row of this table came after a row of an event: it would have missed the first tick.
    LateTable(RelationId),
    /// A message to another node, of which there is none.
    NoSuchNode(Address),
}

/// Runs a node to rest: all table rows are in the first tick, event rows come in batches, one tick each, then ticks
/// run until none is due; a program with timers goes on until it is stopped. `on_arrivals` sees what each tick depends on
/// before it runs, `on_tick` every tick and what it did.
///
/// # Errors
/// [`SingleError`]; ticks that `on_tick` has seen stay valid.
pub fn run_single<I, E>(
    run: SingleRun<'_, I>,
    mut on_arrivals: impl FnMut(&Arrivals) -> Result<(), E>,
    mut on_tick: impl FnMut(&Tick) -> Result<(), E>,
) -> Result<(SingleEnd, Core), SingleError<E>>
where
    I: Iterator<Item = Result<InputRow, E>>,
{
    let SingleRun { program, me, engine, inputs, batch, mut clock, until, interrupted } = run;
    let end = until.time.and_then(|time| Instant::now().checked_add(time));
    let mut core = Core::new(me, engine);
    let is_table = |row: &InputRow| program.relations.get(row.relation).is_some_and(|r| r.is_table());
    let mut inputs = inputs.peekable();
    while let Some(row) = inputs.next_if(|row| row.as_ref().map_or(true, is_table)) {
        core.offer_inputs([row.map_err(SingleError::Host)?]);
        if interrupted.load(Ordering::Relaxed) {
            return Ok((SingleEnd::Interrupted, core));
        }
    }
    let mut events = Vec::new();
    let mut more = true;
    loop {
        if interrupted.load(Ordering::Relaxed) {
            return Ok((SingleEnd::Interrupted, core));
        }
        let now = Instant::now();
        if end.is_some_and(|end| end <= now) || until.ticks.is_some_and(|ticks| core.next_tick() > ticks) {
            return Ok((SingleEnd::Over, core));
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
        core.offer_beats(clock.beats(Instant::now()));
        if !core.is_due() {
            if !clock.has_timers() {
                return Ok((SingleEnd::Rest, core));
            }
            let left = end.map_or(ATTENTION, |end| end.saturating_duration_since(now));
            let beat = clock.until_beat(Instant::now()).unwrap_or(ATTENTION);
            std::thread::sleep(ATTENTION.min(left).min(beat));
            continue;
        }
        let moment = clock.moment(core.next_tick());
        on_arrivals(core.at(moment)).map_err(SingleError::Host)?;
        let tick = core.tick_and_loop_back().map_err(SingleError::Engine)?;
        on_tick(&tick).map_err(SingleError::Host)?;
        if let Some(send) = tick.effects.sends.first() {
            return Err(SingleError::NoSuchNode(send.to));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::testing::{GO, Relay, SEED, input, numbers, program, program_with_timer};

    const ME: Address = Address { role: floret_ir::RoleId(0), index: 0 };

    fn check(
        inputs: Vec<Result<InputRow, &'static str>>,
        batch: usize,
    ) -> (Vec<String>, Result<SingleEnd, SingleError<&'static str>>) {
        let mut ticks = Vec::new();
        let run = SingleRun {
            program: &program(),
            me: ME,
            engine: Box::new(Relay::new(ME, 1)),
            inputs: inputs.into_iter(),
            batch,
            clock: Clock::new(&program(), ME, 0, Instant::now()),
            until: Until::default(),
            interrupted: &AtomicBool::new(false),
        };
        let end = run_single(
            run,
            |_| Ok(()),
            |tick| {
                let rows: Vec<_> =
                    tick.effects.changes.values().flatten().map(|change| numbers(&change.row)).collect();
                ticks.push(format!("{}: {rows:?}", tick.number));
                Ok(())
            },
        );
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
            program: &program(),
            me: ME,
            engine: Box::new(Relay::new(ME, 1)),
            inputs: (0..).map(|id| row(GO, id, 0)),
            batch: 10,
            clock: Clock::new(&program(), ME, 0, Instant::now()),
            until: Until::default(),
            interrupted: &interrupted,
        };
        let mut ticks = 0;
        let end = run_single(
            run,
            |_| Ok(()),
            |_| {
                ticks += 1;
                interrupted.store(ticks == 3, Ordering::Relaxed);
                Ok(())
            },
        );
        assert_eq!((end.map(|(end, _)| end), ticks), (Ok(SingleEnd::Interrupted), 3));
    }

    /// Runs with a timer that beats every few milliseconds: how it ended, and each tick's number of beats.
    fn beating(milliseconds: i64, until: Until) -> (SingleEnd, Vec<usize>) {
        let program = program_with_timer(milliseconds);
        let run = SingleRun {
            program: &program,
            me: ME,
            engine: Box::new(Relay::new(ME, 1)),
            inputs: [row(GO, 1, 0)].into_iter(),
            batch: 10,
            clock: Clock::new(&program, ME, 0, Instant::now()),
            until,
            interrupted: &AtomicBool::new(false),
        };
        let mut beats = Vec::new();
        let mut times = Vec::new();
        let seen = |arrivals: &Arrivals| {
            beats.push(arrivals.timers.len());
            times.push(arrivals.now);
            Ok(())
        };
        let (end, _) = run_single(run, seen, |_| Ok(())).unwrap();
        assert!(times.is_sorted() && times.iter().all(|at| *at > 1_700_000_000_000_000_000), "{times:?}");
        (end, beats)
    }

    #[test]
    fn a_program_with_timers_goes_on_as_long_as_it_may() {
        let (end, beats) = beating(2, Until { ticks: Some(4), time: None });
        // The first tick takes the input; the others come by the timer alone.
        assert_eq!((end, beats.len(), &beats[1..]), (SingleEnd::Over, 4, &[1, 1, 1][..]));
        let (end, beats) = beating(3_600_000, Until { ticks: None, time: Some(Duration::from_millis(30)) });
        assert_eq!((end, beats), (SingleEnd::Over, vec![0]));
    }
}
