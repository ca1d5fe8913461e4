//! The timers of a node: when they beat, given what time it is.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Program, Relation, RelationId, RelationKind, RoleId};

/// A timer's period and when it beats next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Timer {
    every: i64,
    next: i64,
}

/// A node's timers. What they should have beaten while nobody looked is missed, not made up.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Timers {
    running: BTreeMap<RelationId, Timer>,
    beaten: BTreeSet<RelationId>,
}

impl Timers {
    /// Those of a role, which start to run at `start` (nanoseconds since 1970).
    pub fn new(program: &Program, role: RoleId, start: i64) -> Self {
        let timer = |(id, relation): (RelationId, &Relation)| match relation.kind {
            RelationKind::Timer { every } if relation.role == role => {
                Some((id, Timer { every: every.max(1), next: start.saturating_add(every.max(1)) }))
            }
            RelationKind::Timer { .. }
            | RelationKind::Table
            | RelationKind::View
            | RelationKind::Event
            | RelationKind::Channel { .. } => None,
        };
        Timers { running: program.relations.entries().filter_map(timer).collect(), beaten: BTreeSet::new() }
    }

    /// It is `now`: each timer has beaten once, if it is time.
    pub fn pass(&mut self, now: i64) {
        for (id, timer) in &mut self.running {
            if timer.next <= now {
                self.beaten.insert(*id);
                let missed = now.saturating_sub(timer.next) / timer.every;
                timer.next = timer.next.saturating_add(timer.every.saturating_mul(missed.saturating_add(1)));
            }
        }
    }

    /// Whether there are none at all.
    pub fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// Whether there are beats for the next tick.
    pub fn has_beaten(&self) -> bool {
        !self.beaten.is_empty()
    }

    /// The beats for the next tick.
    pub fn beaten(&self) -> Vec<RelationId> {
        self.beaten.iter().copied().collect()
    }

    /// The beats for the next tick, which is about to be run.
    pub fn take(&mut self) -> Vec<RelationId> {
        std::mem::take(&mut self.beaten).into_iter().collect()
    }

    /// When the next one beats.
    pub fn next_beat(&self) -> Option<i64> {
        self.running.values().map(|timer| timer.next).min()
    }
}
