//! `Map` and `Union`: rows one by one.

use floret_ir::NodeId;
use floret_ir::plan::Mapping;

use super::Renderer;
use super::streams::{Coll, Rows, each_class, each_width};
use crate::kernel::Kernel;
use crate::row::{Class, Row};

impl<'s> Renderer<'_, 's, '_> {
    /// The rows that a mapping makes of an operator's.
    pub(super) fn map(&self, input: NodeId, mapping: &Mapping, arity: usize) -> Rows<'s> {
        let kernel = self.kernel(input, mapping);
        each_width!(self.rows(input), stream => each_class!(Class::of(arity), W => {
            Rows::from(map::<_, W>(stream, kernel))
        }))
    }

    /// All rows of all inputs.
    pub(super) fn union(&self, inputs: &[NodeId], arity: usize) -> Rows<'s> {
        let mut inputs = inputs.iter().map(|input| self.rows(*input));
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

fn map<'s, const V: usize, const W: usize>(stream: Coll<'s, V>, mut kernel: Kernel) -> Coll<'s, W> {
    stream.flat_map(move |row: Row<V>| {
        let inputs = kernel.inputs();
        let arity = inputs.len();
        inputs.copy_from_slice(&row.0[..arity]);
        kernel.row::<W>()
    })
}
