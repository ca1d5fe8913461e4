//! What runs a rendered plan: this thread, or several of its own.

mod inline;
mod threads;

use floret_ir::EngineError;

use crate::graph::{Feed, Outcome};
use crate::render::Job;

pub(crate) use inline::Inline;
pub(crate) use threads::Threads;

/// Runs ticks.
pub(crate) enum Driver {
    /// On the caller's thread.
    Inline(Inline),
    /// On threads.
    Threads(Threads),
}

impl Driver {
    /// Renders a plan.
    pub(crate) fn new(job: Job, workers: usize) -> Result<Driver, EngineError> {
        if workers <= 1 {
            Ok(Driver::Inline(Inline::new(&job)))
        } else {
            Threads::new(job, workers).map(Driver::Threads)
        }
    }

    /// Runs a tick; returns what each worker's sinks say.
    pub(crate) fn tick(&mut self, feed: Feed) -> Result<Vec<Vec<Outcome>>, EngineError> {
        match self {
            Driver::Inline(inline) => Ok(vec![inline.tick(&feed)]),
            Driver::Threads(threads) => threads.tick(&feed),
        }
    }
}
