//! What is planned before a run begins: its nodes' starts, what the host feeds, and the faults that have a time.

use std::collections::{BTreeMap, HashSet};

use floret_ir::Address;

use super::event::Event;
use super::job::Planted;
use super::run::{THINKING, World};
use crate::faults::{Fault, MILLISECOND};

/// Between two inputs of a node there is up to so much time.
const INPUT_GAP: i64 = 6 * MILLISECOND;

impl World<'_> {
    /// Plans everything.
    pub(super) fn set_out(&mut self) {
        let mut nodes: Vec<Address> = self.machines.keys().copied().collect();
        if self.job.planted == Some(Planted::HashOrder) {
            let unordered: HashSet<Address> = nodes.drain(..).collect();
            nodes.extend(unordered);
        }
        for fault in self.run.plan.events().cloned().collect::<Vec<_>>() {
            match &fault {
                Fault::Skew { node, by } => {
                    if let Some(machine) = self.machines.get_mut(node) {
                        machine.skew = *by;
                    }
                    self.happened.insert(fault);
                }
                Fault::Partition { from, .. } | Fault::Pause { from, .. } => {
                    self.plan(*from, Event::Begin(fault));
                }
                Fault::Crash { .. } | Fault::Lose(_) | Fault::Duplicate(_) | Fault::Slow(_) => {}
            }
        }
        self.plan_inputs();
        for (nth, node) in nodes.into_iter().enumerate() {
            let at = self.drawn(THINKING, &[1, nth as u64]);
            self.plan(at, Event::Start(node));
        }
    }

    /// Rows of tables are there at once, others one after the other.
    fn plan_inputs(&mut self) {
        let mut last: BTreeMap<Address, i64> = BTreeMap::new();
        let job = self.job;
        for (input, (time, (node, row))) in job.all_inputs().enumerate() {
            // Those that are left out have their time too: without them nothing moves.
            let table =
                self.job.program().relations.get(row.relation).is_some_and(floret_ir::Relation::is_table);
            let at = last.entry(*node).or_insert(0);
            let first = table && time == 0;
            if !first {
                *at = (*at).max(time);
                let gap = self.drawn(INPUT_GAP, &[2, input as u64]);
                // Some share a tick.
                *at += (gap - INPUT_GAP / 4).max(0);
            }
            let at = *at;
            if self.run.inputs.as_ref().is_some_and(|kept| !kept.contains(&input)) {
                continue;
            }
            self.fed.insert(input);
            if first {
                if let Some(machine) = self.machines.get_mut(node) {
                    machine.offered.push_back(input);
                }
            } else {
                self.plan(at, Event::Input { node: *node, input });
            }
        }
    }
}
