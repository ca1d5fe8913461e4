//! The tick loop's decisions: what goes into the next tick, and whether one is due. No clock, socket or disk: what time it
//! is, the caller says.

use floret_ir::hash::seeded_hash;
use floret_ir::{
    Address, Arrivals, Counters, Effects, Engine, EngineError, InputRow, Message, Timers, Value,
};

/// How many messages a node has sent and processed since it started, those to itself included.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Traffic {
    /// Messages in the effects of finished ticks.
    pub sent: u64,
    /// Messages that finished ticks took.
    pub processed: u64,
}

/// A finished tick.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tick {
    /// Its number; the first is 1.
    pub number: u64,
    /// All that it depended on.
    pub arrivals: Arrivals,
    /// What it did.
    pub effects: Effects,
}

/// One node without its surroundings.
///
/// A message counts as sent when the tick that made it is finished, and as processed when the tick that took it is:
/// while it is anywhere between, the sums of the two over all nodes differ.
pub struct Core {
    me: Address,
    engine: Box<dyn Engine>,
    timers: Timers,
    /// What the ticks' random seeds are made of.
    seed: u64,
    arrivals: Arrivals,
    ticks: u64,
    again: bool,
    traffic: Traffic,
}

impl Core {
    /// A node before its first tick.
    pub fn new(me: Address, engine: Box<dyn Engine>, timers: Timers, seed: u64) -> Self {
        Core {
            me,
            engine,
            timers,
            seed,
            arrivals: Arrivals::default(),
            ticks: 0,
            again: false,
            traffic: Traffic::default(),
        }
    }
    /// This node.
    pub fn me(&self) -> Address {
        self.me
    }
    /// Takes rows from the host into the next tick.
    pub fn offer_inputs(&mut self, rows: impl IntoIterator<Item = InputRow>) {
        self.arrivals.inputs.extend(rows);
    }
    /// Takes messages into the next tick.
    pub fn offer_messages(&mut self, messages: impl IntoIterator<Item = Message>) {
        self.arrivals.messages.extend(messages);
    }
    /// It is `now`: timers may beat.
    pub fn pass(&mut self, now: i64) {
        self.timers.pass(now);
    }
    /// When the next timer beats; `None`: there are no timers.
    pub fn next_beat(&self) -> Option<i64> {
        self.timers.next_beat()
    }
    /// How many messages wait for the next tick.
    pub fn waiting_messages(&self) -> usize {
        self.arrivals.messages.len()
    }
    /// How many rows from the host wait for the next tick.
    pub fn waiting_inputs(&self) -> usize {
        self.arrivals.inputs.len()
    }
    /// Whether there is reason for a tick: it would be the first, something arrived, or the last one asked for it.
    pub fn is_due(&self) -> bool {
        self.ticks == 0
            || self.again
            || self.timers.has_beaten()
            || !self.arrivals.inputs.is_empty()
            || !self.arrivals.messages.is_empty()
    }
    /// Runs a tick at `now` over everything that arrived. Messages to this node itself are in the effects like all others;
    /// whoever delivers them offers them back.
    ///
    /// # Errors
    /// Those of the engine; the node is lost then.
    pub fn tick(&mut self, now: i64) -> Result<Tick, EngineError> {
        let mut arrivals = std::mem::take(&mut self.arrivals);
        let number = Value::Int((self.ticks + 1).cast_signed());
        let of_tick = Value::tuple([Value::Address(self.me), number]);
        arrivals.now = now;
        arrivals.seed = seeded_hash(self.seed, &of_tick).cast_unsigned();
        arrivals.timers = self.timers.take();
        let effects = self.engine.tick(&arrivals)?;
        self.ticks += 1;
        self.again = effects.again;
        self.traffic.processed += arrivals.messages.len() as u64;
        self.traffic.sent += effects.sends.len() as u64;
        Ok(Tick { number: self.ticks, arrivals, effects })
    }
    /// Runs the tick, and takes its messages to this node itself out of the effects and into the next tick.
    ///
    /// # Errors
    /// Those of [`Core::tick`].
    pub fn tick_and_loop_back(&mut self, now: i64) -> Result<Tick, EngineError> {
        let mut tick = self.tick(now)?;
        let me = self.me;
        let to_me = tick.effects.sends.extract_if(.., |send| send.to == me);
        self.arrivals.messages.extend(to_me.map(|send| Message {
            relation: send.relation,
            row: send.row,
            sender: me,
        }));
        Ok(tick)
    }
    /// Messages so far.
    pub fn traffic(&self) -> Traffic {
        self.traffic
    }
    /// The engine's totals.
    pub fn counters(&self) -> Counters {
        self.engine.counters()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use floret_ir::{RelationId, RoleId, Send, Stored, Value};

    use super::*;

    const ME: Address = Address { role: RoleId(0), index: 0 };
    const OTHER: Address = Address { role: RoleId(0), index: 1 };

    /// Sends each arrived int to whom it is told, and asks again while an input above 0 was there.
    struct Echo {
        to: Address,
        seen: Vec<usize>,
    }

    impl Engine for Echo {
        fn tick(&mut self, arrivals: &Arrivals) -> Result<Effects, EngineError> {
            self.seen.push(arrivals.inputs.len() + arrivals.messages.len());
            if arrivals.inputs.iter().any(|input| input.row == [Value::Int(-1)]) {
                return Err(EngineError::Failed("told to".into()));
            }
            let sends: BTreeSet<Send> = arrivals
                .inputs
                .iter()
                .map(|input| Send { to: self.to, relation: RelationId(1), row: input.row.clone() })
                .collect();
            Ok(Effects { again: !sends.is_empty(), sends, ..Effects::default() })
        }
        fn stored(&self) -> Stored {
            Stored::default()
        }
        fn resume(&mut self, _: Stored) -> Result<(), EngineError> {
            Ok(())
        }
        fn counters(&self) -> Counters {
            Counters { ticks: self.seen.len() as u64, ..Counters::default() }
        }
    }

    fn core(to: Address) -> Core {
        Core::new(ME, Box::new(Echo { to, seen: Vec::new() }), Timers::default(), 0)
    }
    fn input(number: i64) -> InputRow {
        InputRow { relation: RelationId(0), row: vec![Value::Int(number)] }
    }

    #[test]
    fn first_tick_is_due_without_arrivals_and_once() {
        let mut core = core(OTHER);
        assert!(core.is_due());
        assert_eq!(core.tick(0).unwrap().number, 1);
        assert!(!core.is_due());
    }

    #[test]
    fn everything_that_arrived_is_one_tick() {
        let mut core = core(OTHER);
        core.offer_inputs([input(1), input(2)]);
        core.offer_messages([Message { relation: RelationId(1), row: vec![], sender: OTHER }]);
        let tick = core.tick(0).unwrap();
        assert_eq!(tick.effects.sends.len(), 2);
        assert_eq!(core.traffic(), Traffic { sent: 2, processed: 1 });
        // The engine asked for another tick; it comes without arrivals and is the last.
        assert!(core.is_due());
        core.tick(0).unwrap();
        assert!(!core.is_due());
    }

    #[test]
    fn messages_to_itself_wait_for_the_next_tick_and_count() {
        let mut core = core(ME);
        core.offer_inputs([input(7)]);
        let tick = core.tick_and_loop_back(0).unwrap();
        assert!(tick.effects.sends.is_empty());
        assert_eq!((core.waiting_messages(), core.traffic()), (1, Traffic { sent: 1, processed: 0 }));
        core.tick_and_loop_back(0).unwrap();
        assert_eq!((core.waiting_messages(), core.traffic()), (0, Traffic { sent: 1, processed: 1 }));
        assert!(!core.is_due());
    }

    #[test]
    fn a_failed_tick_counts_nothing() {
        let mut core = core(OTHER);
        core.offer_inputs([input(-1), input(3)]);
        assert_eq!(core.tick(0), Err(EngineError::Failed("told to".into())));
        assert_eq!(core.traffic(), Traffic::default());
    }
}
