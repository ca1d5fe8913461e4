//! Seeded random schedules.

use floret_ir::{Address, Engine};

use crate::delivery::DeliveryId;
use crate::error::SimError;
use crate::network::Network;

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rest {
    /// No node has anything to do; only what is held (so many deliveries) is still under way.
    Reached {
        /// Ticks run.
        steps: u64,
        /// Deliveries held.
        held: usize,
    },
    /// The program was still busy after that many ticks (it may tick for ever).
    Busy {
        /// Ticks run.
        steps: u64,
        /// Deliveries under way that may arrive.
        pending: usize,
    },
}

impl Rest {
    /// Whether the run came to rest.
    pub fn is_reached(self) -> bool {
        match self {
            Rest::Reached { .. } => true,
            Rest::Busy { .. } => false,
        }
    }
}

impl<E: Engine> Network<E> {
    /// Runs ticks until nothing is under way (but what is held) and no node asks for another tick, or `max_steps` ticks
    /// were run. Time stands still. Each step picks a node that has something to do and a random part of what is under way to it. Every
    /// delivery has the same chance again in every step: it arrives in the end.
    ///
    /// # Errors
    /// Those of [`Network::step`].
    pub fn run_to_rest(&mut self, max_steps: u64) -> Result<Rest, SimError> {
        for steps in 0..max_steps {
            let Some((node, ids)) = self.choose() else { return Ok(self.at_rest(steps)) };
            self.step(node, &ids)?;
        }
        if self.nodes.values().any(|node| node.is_ready()) {
            let pending = self.pending().filter(|delivery| !delivery.held).count();
            Ok(Rest::Busy { steps: max_steps, pending })
        } else {
            Ok(self.at_rest(max_steps))
        }
    }

    /// As [`Network::run_to_rest`] while so many nanoseconds pass. Where nothing is to be done time passes to the next
    /// beat of a timer; else it passes a little between ticks, and sometimes over a beat while nodes are busy.
    ///
    /// # Errors
    /// Those of [`Network::step`].
    pub fn run_for(&mut self, nanoseconds: i64, max_steps: u64) -> Result<Rest, SimError> {
        let end = self.now.saturating_add(nanoseconds.max(0));
        let mut steps = 0;
        loop {
            let next = self.next_beat().filter(|at| *at <= end);
            if !self.nodes.values().any(|node| node.is_ready()) {
                self.advance(next.unwrap_or(end) - self.now);
                if next.is_none() {
                    return Ok(self.at_rest(steps));
                }
                continue;
            }
            if steps == max_steps {
                let pending = self.pending().filter(|delivery| !delivery.held).count();
                return Ok(Rest::Busy { steps, pending });
            }
            let room = next.unwrap_or(end) - self.now;
            let part = usize::try_from(room / 8).unwrap_or(usize::MAX);
            let passes = if self.random.below(8) == 0 { room } else { self.random.below(part + 1) as i64 };
            self.advance(passes);
            if let Some((node, ids)) = self.choose() {
                self.step(node, &ids)?;
                steps += 1;
            }
        }
    }

    fn at_rest(&self, steps: u64) -> Rest {
        Rest::Reached { steps, held: self.pending().count() }
    }

    /// The next step: a node that has something to do, and what arrives; `None` at rest.
    fn choose(&mut self) -> Option<(Address, Vec<DeliveryId>)> {
        let ready: Vec<Address> =
            self.nodes.iter().filter(|(_, node)| node.is_ready()).map(|(address, _)| *address).collect();
        let address = *ready.get(self.random.below(ready.len()))?;
        let node = self.nodes.get(&address)?;
        let may_arrive: Vec<DeliveryId> =
            node.pending.values().filter(|delivery| node.may_arrive(delivery)).map(|of| of.id).collect();
        // Small batches show what order does, large ones what sharing a tick does.
        let mut ids: Vec<DeliveryId> = match self.random.below(3) {
            0 => Vec::new(),
            1 => may_arrive.iter().copied().filter(|_| self.random.below(2) == 0).collect(),
            _ => may_arrive.clone(),
        };
        // One alone; also where nothing else is a reason for a tick.
        let due = node.again || node.ticks == 0 || node.timers.has_beaten();
        if ids.is_empty() && (self.random.below(2) == 0 || !due) {
            ids.extend(may_arrive.get(self.random.below(may_arrive.len())));
        }
        Some((address, ids))
    }
}
