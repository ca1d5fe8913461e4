//! The thread that owns the engine (which can't move between threads): takes from the inbox, runs ticks, hands on what
//! they did.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use floret_ir::{Engine, EngineError, Program, RelationId, Timers, print};
use tokio::sync::watch;

use super::Shared;
use super::inbox::Command;
use crate::clock::{Clock, SystemClock};
use crate::core::{Core, CoreError, Snapshot, Tick};
use crate::durable::{Durable, Keeper};
use crate::planted::Plant;
use crate::record::Recorder;
use crate::store::StoreError;
use crate::wire::Status;

/// How often a node that waits for a peer to take its messages looks whether they wait for each other.
const STALL: Duration = Duration::from_millis(5);

/// Who hears what the tick thread says.
pub(super) trait Host: Send {
    /// The engine is made.
    fn ready(&mut self);
    /// So many input rows went into the next tick.
    fn taken(&mut self, rows: u64);
    /// A tick is finished.
    fn tick(&mut self, tick: &Tick) -> Result<(), TickError>;
    /// The answer to a probe.
    fn status(&mut self, status: Status);
    /// The last word.
    fn finished(&mut self, status: Status);
    /// The last word after a failure.
    fn failed(&mut self, why: &str, by_program: bool);
}

/// Why a node can't go on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum TickError {
    Tick(CoreError),
    /// The disk failed, or the data are not what was written.
    Store(String),
    /// A row that a tick shows is too large for a frame.
    TooLarge {
        relation: Option<RelationId>,
        size: usize,
    },
    /// Whoever watches the ticks failed.
    Host(String),
}

impl TickError {
    /// What happened, and whether the program is the cause.
    pub(super) fn describe(&self, program: &Program) -> (String, bool) {
        match self {
            TickError::Tick(error) => error.describe(program),
            TickError::TooLarge { relation: Some(relation), size } => {
                let name = program.relations.get(*relation).map_or("?", |relation| relation.name.as_str());
                (format!("a row of `{name}` of {size} bytes is too large to be shown"), true)
            }
            TickError::TooLarge { relation: None, size } => {
                (format!("a report of {size} bytes is too large to be shown"), true)
            }
            TickError::Store(why) | TickError::Host(why) => (why.clone(), false),
        }
    }
}

/// What the thread works with.
pub(super) struct TickThread {
    pub shared: Arc<Shared>,
    /// What time it is.
    pub clock: SystemClock,
    /// What the ticks' random seeds are made of.
    pub seed: u64,
    /// How long to wait at the end for peers to take the last messages.
    pub flush: Duration,
}

/// The thread's life.
pub(super) fn run(
    thread: &TickThread,
    record: Option<Recorder>,
    durable: Option<Durable>,
    recovered: &watch::Sender<bool>,
    make_engine: impl FnOnce() -> Result<Box<dyn Engine>, EngineError>,
    host: &mut dyn Host,
) -> Result<(), TickError> {
    let result = make_engine().map_err(|error| TickError::Tick(error.into())).and_then(|engine| {
        let (me, schema) = (thread.shared.me, Arc::clone(&thread.shared.schema));
        let timers = Timers::new(&schema.program, me.role, thread.clock.now());
        let mut core = Core::new(me, schema, engine, timers, thread.seed);
        let (keeper, last) = match durable {
            Some(durable) => {
                let replayed = durable.recovered.entries.len();
                let resumed = durable.resume(&mut core, &mut thread.shared.links());
                let (keeper, last) = resumed.map_err(TickError::Tick)?;
                if last.is_some() {
                    let ticks = core.ticks();
                    thread.shared.note(&format!("goes on after tick {ticks} ({replayed} were run again)"));
                }
                (Some(keeper), last)
            }
            None => (None, None),
        };
        thread.shared.links().start(thread.shared.now());
        recovered.send_replace(true);
        host.ready();
        if let Some(last) = last {
            host.tick(&last)?;
        }
        let commands = VecDeque::new();
        Loop { core, keeper, record, thread, commands, started: false, inputs_done: false }.run(host)
    });
    if let Err(error) = &result {
        let (why, by_program) = error.describe(&thread.shared.schema.program);
        host.failed(&why, by_program);
        // A coordinator is to hear it. No tick runs any more, so nothing is acknowledged to peers.
        recovered.send_replace(true);
    }
    result
}

struct Loop<'a> {
    core: Core,
    /// Of a durable node.
    keeper: Option<Keeper>,
    record: Option<Recorder>,
    thread: &'a TickThread,
    /// Taken and not yet followed.
    commands: VecDeque<Command>,
    started: bool,
    inputs_done: bool,
}

/// Whether a tick may run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outlook {
    /// There is no reason for one.
    Idle,
    /// It is due.
    Due,
    /// It is due, and a peer takes no messages.
    Blocked,
}

impl Loop<'_> {
    fn run(mut self, host: &mut dyn Host) -> Result<(), TickError> {
        let shared = &self.thread.shared;
        let mut said_blocked = None;
        loop {
            let outlook = self.look();
            let patience = match (outlook, self.commands.is_empty() || self.has_enough()) {
                (_, false) | (Outlook::Due, true) => Some(Duration::ZERO),
                (Outlook::Blocked, true) => Some(STALL),
                (Outlook::Idle, true) => self.until_beat(),
            };
            let taken = shared.inbox.take(patience);
            if taken.closed {
                return Ok(());
            }
            self.commands.extend(taken.commands);
            if self.commands.contains(&Command::Finish) {
                self.flush();
                host.finished(self.status(0));
                return Ok(());
            }
            self.follow_commands(host);
            match self.look() {
                Outlook::Idle => {}
                Outlook::Due => self.tick(host)?,
                Outlook::Blocked => {
                    if said_blocked.is_none_or(|said: Instant| said.elapsed() >= STALL) {
                        said_blocked = Some(Instant::now());
                        shared.links().say_blocked();
                        shared.bells.ring_all_words();
                    }
                }
            }
        }
    }

    fn look(&mut self) -> Outlook {
        self.core.pass(self.thread.clock.now());
        if !self.started {
            // Messages from nodes that started earlier wait.
            return Outlook::Idle;
        }
        let links = self.thread.shared.links();
        match (self.core.is_due(&links), links.is_blocked()) {
            (false, _) => Outlook::Idle,
            (true, false) => Outlook::Due,
            (true, true) => Outlook::Blocked,
        }
    }

    fn tick(&mut self, host: &mut dyn Host) -> Result<(), TickError> {
        let shared = &self.thread.shared;
        let before = self.keeper.as_ref().is_some_and(Keeper::wants_snapshot).then(|| self.core.stored());
        let due = self.core.begin(&mut shared.links(), self.thread.clock.now());
        // There is room for what they send.
        shared.bells.ring_words(due.senders());
        let mut tick = self.core.run(due).map_err(TickError::Tick)?;
        if let Some(record) = &mut self.record {
            let lost = |error| TickError::Host(format!("cannot write the recording: {error}"));
            record.add(&tick.entry.arrivals).map_err(lost)?;
        }
        let lost = |error: StoreError| TickError::Store(error.to_string());
        let too_early = Plant::AcknowledgeBeforeSync.is_made();
        if let Some(keeper) = self.keeper.as_mut().filter(|_| !too_early) {
            keeper.keep(&tick).map_err(lost)?;
        }
        let committed = Core::commit(&mut shared.links(), &mut tick);
        let late = committed.sent.into_iter().filter(|peer| !shared.sends_all(*peer));
        shared.bells.ring_frames(late.chain(committed.given_up.iter().copied()));
        shared.bells.ring_words(committed.acknowledged);
        if let Some(keeper) = self.keeper.as_mut().filter(|_| too_early) {
            keeper.keep(&tick).map_err(lost)?;
        }
        for peer in committed.given_up {
            let name = print::address(peer, &shared.schema.program);
            let lost = shared.links().traffic().lost;
            shared.note(&format!(
                "{name} is given up: it gives no sign of life; {lost} messages are lost with peers so far"
            ));
        }
        host.tick(&tick)?;
        if let (Some(keeper), Some(before)) = (&mut self.keeper, before) {
            let links = shared.links().state();
            keeper.begin_snapshot(Snapshot { before, entry: tick.entry, links });
        }
        Ok(())
    }

    /// How long until a timer beats, if one does. (Before the start none is to wake anybody.)
    fn until_beat(&self) -> Option<Duration> {
        let beat = self.core.next_beat().filter(|_| self.started)?;
        Some(Duration::from_nanos(beat.saturating_sub(self.thread.clock.now()).max(0).unsigned_abs()))
    }

    /// Whether inputs come next and as many as share a tick wait already: the others stay where the host sees that there is no
    /// room.
    fn has_enough(&self) -> bool {
        let inputs = matches!(self.commands.front(), Some(Command::Inputs(_)));
        inputs && self.started && self.core.waiting_inputs() >= self.thread.shared.limits.tick_rows
    }

    /// Follows commands up to the next tick: the first tick has the rows from before `Start`, others a bounded number.
    fn follow_commands(&mut self, host: &mut dyn Host) {
        while !self.has_enough()
            && let Some(command) = self.commands.pop_front()
        {
            match command {
                Command::Inputs(mut rows) => {
                    host.taken(rows.len() as u64);
                    self.thread.shared.inbox.taken(rows.len());
                    if !self.started {
                        rows.retain(|row| self.core.wants_given(row));
                    }
                    self.core.offer_inputs(rows);
                }
                Command::Start => {
                    self.started = true;
                    return;
                }
                Command::EndOfInputs => {
                    self.inputs_done = true;
                    self.core.end_inputs();
                }
                Command::Probe(wave) => host.status(self.status(wave)),
                Command::Finish => return,
            }
        }
    }

    fn status(&self, wave: u64) -> Status {
        let links = self.thread.shared.links();
        let traffic = links.traffic();
        Status {
            wave,
            // With a timer it will never be at rest.
            idle: self.started && !self.core.is_due(&links) && self.core.next_beat().is_none(),
            inputs_done: self.inputs_done,
            flushed: links.is_flushed(),
            sent: traffic.sent,
            processed: traffic.processed,
            refused: self.thread.shared.refused.load(Ordering::Relaxed),
            lost: traffic.lost,
            repeated: traffic.repeated,
            lossy_lost: traffic.lossy_lost,
            counters: self.core.counters(),
        }
    }

    /// Waits, not for long, until peers have what was sent to them.
    fn flush(&self) {
        let start = Instant::now();
        while !self.thread.shared.links().is_flushed() {
            let left = self.thread.flush.saturating_sub(start.elapsed());
            if left.is_zero() || self.thread.shared.inbox.take(Some(left)).closed {
                return;
            }
        }
    }
}
