//! One worker's rendered plan: its inputs and what its sinks have kept.

use differential_dataflow::input::InputSession;
use floret_ir::RelationId;
use timely::dataflow::Scope;
use timely::dataflow::operators::probe;

use crate::delta::{Delta, Deltas};
use crate::render::Rows;
use crate::row::{Class, Row};
use crate::time::Time;

/// What a sink has to say of a tick.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// How many rows came to be.
    Count(u64),
    /// A worker's share of how many rows came to be.
    Sum(i64),
    /// Rows and their differences, none of which is 0.
    Rows(Delta),
}

/// What the engine feeds into the dataflow.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Fed {
    /// What it puts into a relation.
    Relation(RelationId),
    /// The tick's time and seed.
    Clock,
}

/// Takes what a sink has kept.
pub(crate) type Drain = Box<dyn FnMut() -> Outcome>;

/// The half-ticks' input: what is withdrawn and stored after the tick before, and what arrives.
#[derive(Clone, Debug, Default)]
pub(crate) struct Feed {
    /// The tick.
    pub(crate) tick: u64,
    /// Differences at 2t-1, one per input. (Nothing for the first tick.)
    pub(crate) between: Deltas,
    /// Differences at 2t, one per input.
    pub(crate) arriving: Deltas,
}

/// Feeds a relation or the clock.
pub(crate) enum Input {
    W1(InputSession<u64, Row<1>, isize>),
    W2(InputSession<u64, Row<2>, isize>),
    W4(InputSession<u64, Row<4>, isize>),
    W8(InputSession<u64, Row<8>, isize>),
    W16(InputSession<u64, Row<16>, isize>),
}

macro_rules! each_input {
    ($input:expr, $session:ident => $result:expr) => {
        match $input {
            Input::W1($session) => $result,
            Input::W2($session) => $result,
            Input::W4($session) => $result,
            Input::W8($session) => $result,
            Input::W16($session) => $result,
        }
    };
}

impl Input {
    /// An input for rows of this arity.
    pub(crate) fn new(arity: usize) -> Input {
        match Class::of(arity) {
            Class::W1 => Input::W1(InputSession::new()),
            Class::W2 => Input::W2(InputSession::new()),
            Class::W4 => Input::W4(InputSession::new()),
            Class::W8 => Input::W8(InputSession::new()),
            Class::W16 => Input::W16(InputSession::new()),
        }
    }

    /// Its rows in the inner scope.
    pub(crate) fn enter<'s>(&mut self, outer: Scope<'_, u64>, inner: Scope<'s, Time>) -> Rows<'s> {
        each_input!(self, session => Rows::from(session.to_collection(outer).enter(inner)))
    }

    fn feed(&mut self, half: u64, delta: &Delta) {
        each_input!(self, session => {
            session.advance_to(half);
            for (row, diff) in delta.iter() {
                session.update(Row::of(row), diff);
            }
        });
    }

    fn flush(&mut self) {
        each_input!(self, session => session.flush());
    }

    fn close(&mut self, half: u64) {
        each_input!(self, session => {
            session.advance_to(half + 1);
            session.flush();
        });
    }
}

/// A rendered plan.
pub(crate) struct Graph {
    inputs: Vec<Input>,
    drains: Vec<Drain>,
    probe: probe::Handle<Time>,
}

impl Graph {
    /// Puts the parts together.
    pub(crate) fn new(inputs: Vec<Input>, drains: Vec<Drain>, probe: probe::Handle<Time>) -> Self {
        Graph { inputs, drains, probe }
    }

    /// Feeds a tick.
    pub(crate) fn feed(&mut self, feed: &Feed) {
        self.put(feed);
        self.close(feed.tick);
    }

    /// Feeds a tick's rows, to which more may come.
    pub(crate) fn put(&mut self, feed: &Feed) {
        let half = 2 * feed.tick;
        for (input, delta) in self.inputs.iter_mut().zip(&feed.between) {
            input.feed(half - 1, delta);
        }
        for (input, delta) in self.inputs.iter_mut().zip(&feed.arriving) {
            input.feed(half, delta);
        }
    }

    /// Sends on the rows that were put.
    pub(crate) fn flush(&mut self) {
        self.inputs.iter_mut().for_each(Input::flush);
    }

    /// No more rows of a tick come.
    pub(crate) fn close(&mut self, tick: u64) {
        self.inputs.iter_mut().for_each(|input| input.close(2 * tick));
    }

    /// Whether all sinks have seen all of a tick.
    pub(crate) fn is_done(&self, tick: u64) -> bool {
        self.probe.with_frontier(|frontier| frontier.iter().all(|time| time.half > 2 * tick))
    }

    /// What the sinks have kept.
    pub(crate) fn take(&mut self) -> Vec<Outcome> {
        self.drains.iter_mut().map(|drain| drain()).collect()
    }
}
