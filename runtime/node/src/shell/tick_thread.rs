//! The thread that owns the engine (which can't move between threads): takes from the inbox, runs ticks, hands on what
//! they did.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use floret_ir::{Engine, EngineError, Program, RelationId, Timers, print};

use super::inbox::{Command, Inbox};
use super::peers::{Outgoing, SendError};
use super::{Limits, Shared};
use crate::clock::{Clock, SystemClock};
use crate::core::{Core, Tick};
use crate::wire::Status;

/// How long a tick that waits for its peers to take what the last ones sent leaves the inbox over its limit. Then it
/// takes one more frame: nodes that wait for each other in a circle go on, slowly, instead of standing still.
const STALL: Duration = Duration::from_millis(20);

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
    Engine(EngineError),
    Send(SendError),
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
        let name =
            |id: &RelationId| program.relations.get(*id).map_or("?", |relation| relation.name.as_str());
        match self {
            TickError::Engine(EngineError::TickLimit { rounds, relation }) => {
                let name = name(relation);
                (
                    format!("the recursion through `{name}` did not come to an end within {rounds} rounds"),
                    true,
                )
            }
            TickError::Engine(EngineError::Failed(why)) => (why.clone(), false),
            TickError::Send(SendError::NoSuchNode(to)) => (
                format!("a message to {}, which is no node of this cluster", print::address(*to, program)),
                true,
            ),
            TickError::Send(SendError::TooLarge { relation, size }) => {
                (format!("a row of `{}` of {size} bytes is too large for a message", name(relation)), true)
            }
            TickError::TooLarge { relation: Some(relation), size } => {
                (format!("a row of `{}` of {size} bytes is too large to be shown", name(relation)), true)
            }
            TickError::TooLarge { relation: None, size } => {
                (format!("a report of {size} bytes is too large to be shown"), true)
            }
            TickError::Host(why) => (why.clone(), false),
        }
    }
}

/// What the thread works with.
pub(super) struct TickThread {
    pub shared: Arc<Shared>,
    pub outgoing: Arc<Outgoing>,
    pub limits: Limits,
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
    make_engine: impl FnOnce() -> Result<Box<dyn Engine>, EngineError>,
    host: &mut dyn Host,
) -> Result<(), TickError> {
    let result = make_engine().map_err(TickError::Engine).and_then(|engine| {
        host.ready();
        let me = thread.shared.me;
        let timers = Timers::new(&thread.shared.schema.program, me.role, thread.clock.now());
        let core = Core::new(me, engine, timers, thread.seed);
        Loop { core, thread, commands: VecDeque::new(), started: false, inputs_done: false }.run(host)
    });
    if let Err(error) = &result {
        let (why, by_program) = error.describe(&thread.shared.schema.program);
        host.failed(&why, by_program);
    }
    result
}

struct Loop<'a> {
    core: Core,
    thread: &'a TickThread,
    /// Taken and not yet followed.
    commands: VecDeque<Command>,
    started: bool,
    inputs_done: bool,
}

impl Loop<'_> {
    fn run(mut self, host: &mut dyn Host) -> Result<(), TickError> {
        let TickThread { shared, outgoing, limits, .. } = self.thread;
        let inbox: &Inbox = &shared.inbox;
        let mut overdraw = false;
        loop {
            self.core.pass(self.thread.clock.now());
            let due = self.is_due();
            let stalled = due && outgoing.is_full();
            let patience = match (due || !self.commands.is_empty(), stalled) {
                (false, _) => self.until_beat(),
                (true, false) => Some(Duration::ZERO),
                (true, true) => Some(STALL),
            };
            let room = match (self.started, overdraw) {
                // Messages from nodes that started earlier stay in the inbox.
                (false, _) => 0,
                (true, false) => limits.tick_rows.saturating_sub(self.core.waiting_messages()),
                (true, true) => 1,
            };
            let taken = inbox.take(room, patience);
            if taken.closed {
                return Ok(());
            }
            overdraw = stalled && taken.timed_out;
            self.core.offer_messages(taken.messages);
            self.commands.extend(taken.commands);
            if self.commands.contains(&Command::Finish) {
                self.flush();
                host.finished(self.status(0));
                return Ok(());
            }
            self.follow_commands(host);
            if self.is_due() && !outgoing.is_full() {
                let tick =
                    self.core.tick_and_loop_back(self.thread.clock.now()).map_err(TickError::Engine)?;
                outgoing.send(&tick.effects.sends, &shared.schema).map_err(TickError::Send)?;
                host.tick(&tick)?;
            }
        }
    }

    /// How long until a timer beats, if one does. (Before the start none is to wake anybody.)
    fn until_beat(&self) -> Option<Duration> {
        let beat = self.core.next_beat().filter(|_| self.started)?;
        Some(Duration::from_nanos(beat.saturating_sub(self.thread.clock.now()).max(0).unsigned_abs()))
    }

    fn is_due(&self) -> bool {
        self.started && self.core.is_due()
    }

    /// Follows commands up to the next tick: the first tick has the rows from before `Start`, others a bounded number.
    fn follow_commands(&mut self, host: &mut dyn Host) {
        while let Some(command) = self.commands.pop_front() {
            match command {
                Command::Inputs(rows) => {
                    host.taken(rows.len() as u64);
                    self.core.offer_inputs(rows);
                    if self.started && self.core.waiting_inputs() >= self.thread.limits.tick_rows {
                        return;
                    }
                }
                Command::Start => {
                    self.started = true;
                    return;
                }
                Command::EndOfInputs => self.inputs_done = true,
                Command::Probe(wave) => host.status(self.status(wave)),
                Command::Finish => return,
            }
        }
    }

    fn status(&self, wave: u64) -> Status {
        let traffic = self.core.traffic();
        Status {
            wave,
            // With a timer it will never be at rest.
            idle: self.started && !self.core.is_due() && self.core.next_beat().is_none(),
            inputs_done: self.inputs_done,
            sent: traffic.sent,
            processed: traffic.processed,
            refused: self.thread.shared.refused.load(Ordering::Relaxed),
            counters: self.core.counters(),
        }
    }

    /// Waits, not for long, until peers have what was sent to them.
    fn flush(&self) {
        let start = Instant::now();
        while !self.thread.outgoing.is_empty() {
            let left = self.thread.flush.saturating_sub(start.elapsed());
            if left.is_zero() || self.thread.shared.inbox.take(0, Some(left)).closed {
                return;
            }
        }
    }
}
