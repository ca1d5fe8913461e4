//! Ending an evaluation from outside, for people who wait for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that ends a tick when it is set; the default is never set.
#[derive(Clone, Default, Debug)]
pub struct Stop(Option<Arc<AtomicBool>>);

impl Stop {
    /// Stops when `flag` is set.
    pub fn on(flag: Arc<AtomicBool>) -> Stop {
        Stop(Some(flag))
    }

    /// Whether it is set.
    pub(crate) fn is_set(&self) -> bool {
        self.0.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed))
    }
}
