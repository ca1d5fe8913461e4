//! Loops: variables that take their feedback one round later.

use differential_dataflow::operators::iterate::VecVariable;
use floret_ir::NodeId;
use floret_ir::plan::{Loop, Operator};

use super::Renderer;
use super::leave::leave;
use super::streams::{Rows, each_class};
use crate::row::{Class, Row};
use crate::time::{Rounds, Time};

/// A variable whose feedback is still to come.
enum Open<'s> {
    W1(VecVariable<'s, Time, Row<1>, isize>),
    W2(VecVariable<'s, Time, Row<2>, isize>),
    W4(VecVariable<'s, Time, Row<4>, isize>),
    W8(VecVariable<'s, Time, Row<8>, isize>),
    W16(VecVariable<'s, Time, Row<16>, isize>),
}

macro_rules! opens {
    ($($class:ident $width:literal)*) => {$(
        impl<'s> From<VecVariable<'s, Time, Row<$width>, isize>> for Open<'s> {
            fn from(variable: VecVariable<'s, Time, Row<$width>, isize>) -> Self {
                Open::$class(variable)
            }
        }
    )*};
}
opens! { W1 1 W2 2 W4 4 W8 8 W16 16 }

impl<'s> Renderer<'_, 's, '_> {
    /// A recursive component.
    pub(super) fn recursion(&mut self, recursion: &Loop) {
        let mut open = Vec::new();
        for variable in &recursion.variables {
            let (unset, rows): (Open<'s>, Rows<'s>) = each_class!(Class::of(self.arity(variable.variable)), W => {
                let (unset, rows): (VecVariable<'s, Time, Row<W>, isize>, _) = VecVariable::new(self.scope, Rounds(1));
                (unset.into(), rows.into())
            });
            self.rows.get_mut().insert(variable.variable, rows);
            open.push((unset, variable));
        }
        for item in &recursion.items {
            self.operator(*item);
        }
        for (unset, variable) in open {
            let feedback = self.rows(variable.feedback);
            // The arms differ in width only; validation made the widths agree.
            match (unset, feedback) {
                (Open::W1(unset), Rows::W1(rows)) => unset.set(self.limited(rows, variable.relation)),
                (Open::W2(unset), Rows::W2(rows)) => unset.set(self.limited(rows, variable.relation)),
                (Open::W4(unset), Rows::W4(rows)) => unset.set(self.limited(rows, variable.relation)),
                (Open::W8(unset), Rows::W8(rows)) => unset.set(self.limited(rows, variable.relation)),
                (Open::W16(unset), Rows::W16(rows)) => unset.set(self.limited(rows, variable.relation)),
                (Open::W1(_) | Open::W2(_) | Open::W4(_) | Open::W8(_) | Open::W16(_), _) => {}
            }
        }
        for export in &recursion.exports {
            self.export(*export);
        }
    }

    fn export(&mut self, id: NodeId) {
        if let Operator::Leave { inner } = self.job.plan.nodes[id].operator {
            let rows = leave(self.rows(inner));
            self.rows.get_mut().insert(id, rows);
        }
    }
}
