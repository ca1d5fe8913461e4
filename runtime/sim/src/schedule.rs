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
    /// were run. Each step picks a node that has something to do and a random part of what is under way to it. Every
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
            node.pending.values().filter(|delivery| !delivery.held).map(|delivery| delivery.id).collect();
        // Small batches show what order does, large ones what sharing a tick does.
        let mut ids: Vec<DeliveryId> = match self.random.below(3) {
            0 => Vec::new(),
            1 => may_arrive.iter().copied().filter(|_| self.random.below(2) == 0).collect(),
            _ => may_arrive.clone(),
        };
        // One alone; also where nothing else is a reason for a tick.
        if ids.is_empty() && (self.random.below(2) == 0 || !(node.again || node.ticks == 0)) {
            ids.extend(may_arrive.get(self.random.below(may_arrive.len())));
        }
        Some((address, ids))
    }
}
