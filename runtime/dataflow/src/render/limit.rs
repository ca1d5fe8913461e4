//! The end of recursions without end: feedback beyond the tick limit is dropped, and the tick fails.

use std::sync::atomic::Ordering;

use differential_dataflow::AsCollection;
use floret_ir::{Id, RelationId};
use timely::dataflow::operators::vec::Filter;

use super::Renderer;
use super::streams::Coll;

impl Renderer<'_, '_, '_> {
    /// The feedback as far as the limit allows it.
    pub(super) fn limited<'s, const W: usize>(
        &self,
        feedback: Coll<'s, W>,
        relation: RelationId,
    ) -> Coll<'s, W> {
        let (limit, overrun) = (self.job.limit, self.job.overrun.clone());
        let within = feedback.inner.filter(move |(_, time, _)| {
            let within = time.round < limit;
            if !within {
                overrun.store(relation.index() as u64 + 1, Ordering::SeqCst);
            }
            within
        });
        within.as_collection()
    }
}
