//! `Map` and `Union`: rows one by one.

use floret_ir::NodeId;
use floret_ir::plan::Mapping;
use timely::dataflow::Stream;
use timely::dataflow::channels::pact::Pipeline;
use timely::dataflow::operators::generic::Operator;

use super::Renderer;
use super::batch::{Batch, BatchBuilder, unpack};
use super::streams::{Coll, Rows, each_width};
use crate::kernel::Kernel;
use crate::row::Class;
use crate::time::Time;

impl<'s> Renderer<'_, 's, '_> {
    /// The rows that a mapping makes of an operator's.
    pub(super) fn map(&self, rows: Rows<'s>, input: NodeId, mapping: &Mapping) -> Rows<'s> {
        transform(rows, self.kernel(input, mapping), Class::of(mapping.columns.len()))
    }

    /// All rows of all inputs.
    pub(super) fn union(&self, mut inputs: impl Iterator<Item = Rows<'s>>, arity: usize) -> Rows<'s> {
        match inputs.next() {
            Some(first) => first.union(inputs.collect()),
            None => Rows::empty(self.scope, arity),
        }
    }

    /// A mapping over the columns of an operator, in their order.
    pub(super) fn kernel(&self, input: NodeId, mapping: &Mapping) -> Kernel {
        let types = self.types(input).to_vec();
        let arity = types.len();
        Kernel::new(mapping, types, (0..arity).collect(), arity, Vec::new(), &self.job.context)
    }
}

/// The rows that a kernel makes of rows whose columns are its inputs.
pub(super) fn transform(rows: Rows<'_>, kernel: Kernel, class: Class) -> Rows<'_> {
    unpack(each_width!(rows, rows => batches(rows, kernel, class)), class)
}

fn batches<const W: usize>(rows: Coll<'_, W>, mut kernel: Kernel, class: Class) -> Stream<'_, Time, Batch> {
    rows.inner.unary::<BatchBuilder, _, _, _>(Pipeline, "Map", move |_, _| {
        move |input, output| {
            input.for_each(|capability, rows| {
                let mut session = output.session_with_builder(&capability);
                for (row, time, diff) in rows.drain(..) {
                    let inputs = kernel.inputs();
                    let arity = inputs.len();
                    inputs.copy_from_slice(&row.0[..arity]);
                    session.builder().push(class, &mut kernel, time, diff);
                }
                session.extract_and_send();
            });
        }
    })
}
