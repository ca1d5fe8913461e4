//! `Errors`: the rows that a mapping has no value for.

use floret_ir::NodeId;
use floret_ir::plan::Mapping;

use super::Renderer;
use super::streams::{Rows, each_width};

impl<'s> Renderer<'_, 's, '_> {
    /// The operator's rows that the mapping finds in error.
    pub(super) fn errors(&self, rows: Rows<'s>, input: NodeId, mapping: &Mapping) -> Rows<'s> {
        let mut kernel = self.kernel(input, mapping);
        each_width!(rows, stream => Rows::from(stream.filter(move |row| {
            let inputs = kernel.inputs();
            let arity = inputs.len();
            inputs.copy_from_slice(&row.0[..arity]);
            kernel.fails()
        })))
    }
}
