//! Which sinks have a tick's rows before the tick is known to have no more, to hold `floret_ir::waits` against.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::{Arrivals, EngineError};

use crate::drivers::Driver;
use crate::engine::Dataflow;
use crate::graph::{Feed, Outcome};

impl Dataflow {
    /// For each of the plan's sinks, whether the first tick's rows came as they were fed, all of them and no others, and
    /// not only when it was known that no more come. For tests only; with one worker.
    ///
    /// # Errors
    /// Arrivals that aren't of the program, or several workers.
    #[doc(hidden)]
    pub fn early(mut self, arrivals: &Arrivals) -> Result<Vec<bool>, EngineError> {
        let (_, arriving) = self.arrive(arrivals, &mut BTreeSet::new())?;
        let Driver::Inline(inline) = &mut self.driver else {
            return Err(EngineError::Failed("several workers".into()));
        };
        let (early, late) = inline.tick_in_two(&Feed { tick: 0, between: Vec::new(), arriving });
        Ok(early
            .iter()
            .zip(&late)
            .map(|(early, late)| !content(early).is_empty() && content(late).is_empty())
            .collect())
    }
}

/// Rows and how often they came, those that were taken back left out.
fn content(outcome: &Outcome) -> BTreeMap<&[u64], isize> {
    let mut content = BTreeMap::new();
    if let Outcome::Rows(delta) = outcome {
        for (row, diff) in delta.iter() {
            *content.entry(row).or_default() += diff;
        }
    }
    content.retain(|_, diff| *diff != 0);
    content
}
