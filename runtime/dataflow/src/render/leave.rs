//! `Leave`: what a loop holds when it has come to rest.
//!
//! Differences of (half, any round) become differences of (half, 0). The operator tells nobody that its output depends
//! on its input; instead it holds the capability to send at (half, 0) until its input's frontier shows that the loop is
//! at rest for that half. (A path summary that resets the round would be sound too, but the frontier downstream would
//! go back and forth with every round of the loop while timely works out the reachability.)

use differential_dataflow::AsCollection;
use timely::container::CapacityContainerBuilder;
use timely::dataflow::channels::pact::Pipeline;
use timely::dataflow::operators::CapabilitySet;
use timely::dataflow::operators::generic::OutputBuilder;
use timely::dataflow::operators::generic::builder_rc::OperatorBuilder;

use super::streams::{Coll, Rows, each_width};
use crate::row::Row;
use crate::time::Time;

/// The rows outside of the loop.
pub(super) fn leave(rows: Rows<'_>) -> Rows<'_> {
    each_width!(rows, stream => Rows::from(restamp(stream)))
}

fn restamp<const W: usize>(stream: Coll<'_, W>) -> Coll<'_, W> {
    let mut builder = OperatorBuilder::new("Leave".to_owned(), stream.scope());
    let mut input = builder.new_input_connection(stream.inner, Pipeline, []);
    let (output, left) = builder.new_output_connection::<Vec<(Row<W>, Time, isize)>, _>([]);
    let mut output = OutputBuilder::<Time, CapacityContainerBuilder<_>>::from(output);

    builder.build(move |capabilities| {
        let mut held: CapabilitySet<Time> = capabilities.into();
        move |frontiers| {
            let mut output = output.activate();
            input.for_each(|capability, rows| {
                // All rows' times are beyond some time of the stamp, so their halves are beyond its halves.
                let stamp: CapabilitySet<Time> =
                    capability.stamp().iter().map(|time| held.delayed(&Time::outside(time.half))).collect();
                for (_, time, _) in rows.iter_mut() {
                    time.round = 0;
                }
                output.session(&stamp).give_container(rows);
            });
            let open = frontiers.first().and_then(|f| f.frontier().iter().map(|time| time.half).min());
            held.downgrade(open.map(Time::outside));
        }
    });
    left.as_collection()
}
