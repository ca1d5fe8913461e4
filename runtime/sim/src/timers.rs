//! The timers of a node in virtual time.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::{Program, RelationId, RelationKind, RoleId};

/// A timer's period and when it beats next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Timer {
    every: i64,
    next: i64,
}

/// A node's timers. They start to run at time 0.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Timers {
    running: BTreeMap<RelationId, Timer>,
    beaten: BTreeSet<RelationId>,
}

impl Timers {
    /// Those of a role.
    pub(crate) fn new(program: &Program, role: RoleId) -> Self {
        let timer = |(id, relation): (RelationId, &floret_ir::Relation)| match relation.kind {
            RelationKind::Timer { every } if relation.role == role => {
                Some((id, Timer { every: every.max(1), next: every.max(1) }))
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
    pub(crate) fn pass(&mut self, now: i64) {
        for (id, timer) in &mut self.running {
            if timer.next <= now {
                self.beaten.insert(*id);
                let missed = (now - timer.next) / timer.every;
                timer.next = timer.next.saturating_add(timer.every.saturating_mul(missed.saturating_add(1)));
            }
        }
    }

    /// Whether there are beats for the next tick.
    pub(crate) fn has_beaten(&self) -> bool {
        !self.beaten.is_empty()
    }

    /// The beats for the next tick.
    pub(crate) fn beaten(&self) -> Vec<RelationId> {
        self.beaten.iter().copied().collect()
    }

    /// The beats for the next tick, which is about to be run.
    pub(crate) fn take(&mut self) -> Vec<RelationId> {
        std::mem::take(&mut self.beaten).into_iter().collect()
    }

    /// When the next one beats.
    pub(crate) fn next_beat(&self) -> Option<i64> {
        self.running.values().map(|timer| timer.next).min()
    }
}
