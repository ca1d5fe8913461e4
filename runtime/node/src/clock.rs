//! The clock of a node in the world: what time a tick has, its seed, and which timers beat. The core takes all of it as
//! arguments.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use floret_ir::hash::tick_seed;
use floret_ir::{Address, Program, RelationId, RelationKind};

/// What a tick may ask of the world besides what arrives.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Moment {
    /// `now()`: nanoseconds since 1970 (UTC).
    pub now: i64,
    /// The tick's random seed.
    pub seed: u64,
}

/// A timer and when it beats next; `None` if that is beyond what the system's clock can say.
#[derive(Clone, Copy, Debug)]
struct Timer {
    relation: RelationId,
    every: Duration,
    next: Option<Instant>,
}

/// A node's clock.
#[derive(Clone, Debug)]
pub struct Clock {
    me: Address,
    seed: u64,
    timers: Vec<Timer>,
}

impl Clock {
    /// The clock of a node whose timers start to run at `start`; seeds of ticks are made from `seed`.
    pub fn new(program: &Program, me: Address, seed: u64, start: Instant) -> Self {
        let timer = |(relation, declared): (RelationId, &floret_ir::Relation)| match declared.kind {
            RelationKind::Timer { every } if declared.role == me.role => {
                let every = Duration::from_nanos(every.max(1).unsigned_abs());
                Some(Timer { relation, every, next: start.checked_add(every) })
            }
            RelationKind::Timer { .. }
            | RelationKind::Table
            | RelationKind::View
            | RelationKind::Event
            | RelationKind::Channel { .. } => None,
        };
        Clock { me, seed, timers: program.relations.entries().filter_map(timer).collect() }
    }

    /// Whether there are timers: a run with some lasts until it is stopped.
    pub fn has_timers(&self) -> bool {
        !self.timers.is_empty()
    }

    /// The timers that have beaten by `now`, each once; beats missed until then are not made up.
    pub fn beats(&mut self, now: Instant) -> Vec<RelationId> {
        let mut beats = Vec::new();
        for timer in &mut self.timers {
            let Some(next) = timer.next.filter(|next| *next <= now) else { continue };
            beats.push(timer.relation);
            let late = now.duration_since(next).as_nanos() % timer.every.as_nanos().max(1);
            let late = Duration::from_nanos(u64::try_from(late).unwrap_or(0));
            timer.next = now.checked_add(timer.every.saturating_sub(late));
        }
        beats
    }

    /// How long it is from `now` to the next beat.
    pub fn until_beat(&self, now: Instant) -> Option<Duration> {
        self.timers
            .iter()
            .filter_map(|timer| timer.next)
            .min()
            .map(|next| next.saturating_duration_since(now))
    }

    /// The moment of the node's tick of that number, now.
    pub fn moment(&self, tick: u64) -> Moment {
        let now = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |nanos| -nanos),
        };
        Moment { now, seed: tick_seed(self.seed, self.me, tick) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::testing::{BEAT, program_with_timer, worker};

    #[test]
    fn beats_come_in_time_and_missed_ones_are_not_made_up() {
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let mut clock = Clock::new(&program_with_timer(10), worker(0), 0, start);
        assert_eq!(clock.beats(at(9)), []);
        assert_eq!(clock.until_beat(at(9)), Some(Duration::from_millis(1)));
        assert_eq!(clock.beats(at(10)), [BEAT]);
        assert_eq!(clock.beats(at(11)), []);
        // Busy until 47: the beats of 20, 30 and 40 are one, and the next is in time.
        assert_eq!(clock.beats(at(47)), [BEAT]);
        assert_eq!(clock.until_beat(at(47)), Some(Duration::from_millis(3)));
        assert_eq!(clock.beats(at(50)), [BEAT]);
    }

    #[test]
    fn seeds_differ_by_run_node_and_tick() {
        let program = program_with_timer(10);
        let seed =
            |seed, node, tick| Clock::new(&program, worker(node), seed, Instant::now()).moment(tick).seed;
        assert_eq!(seed(1, 0, 1), seed(1, 0, 1));
        let all: std::collections::BTreeSet<u64> =
            [seed(1, 0, 1), seed(2, 0, 1), seed(1, 1, 1), seed(1, 0, 2)].into();
        assert_eq!(all.len(), 4);
    }
}
