//! `Antijoin`: the left rows less those that have a partner.

use floret_ir::plan::Mapping;
use floret_ir::{Column, Expr, NodeId};

use super::Renderer;
use super::arrange::{Arrangement, Key, arrange};
use super::distinct::distinct;
use super::join::{Side, pairs};
use super::map::transform;
use super::streams::{Coll, Rows, each_width};
use crate::options::Fault;
use crate::row::Class;
use crate::time::Time;

impl<'s> Renderer<'_, 's, '_> {
    /// The left rows, with their multiplicities, that equal no right row on `on`.
    pub(super) fn antijoin(&mut self, left: NodeId, right: NodeId, on: &[(Column, Column)]) -> Rows<'s> {
        let left_columns: Vec<Column> = on.iter().map(|(left, _)| *left).collect();
        let right_columns: Vec<Column> = on.iter().map(|(_, right)| *right).collect();
        let types = self.types(left);
        let key_types: Vec<_> = right_columns.iter().map(|column| self.types(right)[*column]).collect();
        let all = self.rows(left);
        let side = self.side(left, Key::of(&left_columns));
        let keys = Side {
            rows: self.present(right, &right_columns),
            key: Key::of(&(0..on.len()).collect::<Vec<_>>()),
            types: &key_types,
        };
        let on: Vec<(Column, Column)> = left_columns.iter().copied().zip(0..).collect();
        let mapping = columns_of(&(0..types.len()).collect::<Vec<_>>());
        let partnered = pairs(side, keys, &on, &mapping, &self.job.context);
        let negated = each_width!(partnered, rows => Rows::from(rows.negate()));
        all.union(vec![negated])
    }

    /// The distinct values of these columns, by themselves.
    fn present(&mut self, id: NodeId, columns: &[Column]) -> Arrangement<'s> {
        let wanted = (id, columns.to_vec());
        if let Some(arrangement) = self.present.get(&wanted) {
            return arrangement.clone();
        }
        let rows = match self.job.fault {
            Some(Fault::ForgottenRetraction) => {
                each_width!(self.rows(id), rows => Rows::from(only_gains(rows)))
            }
            Some(Fault::WrongStratumOrder) => each_width!(self.rows(id), rows => Rows::from(late(rows))),
            Some(
                Fault::LostDelete
                | Fault::CancelledRepeat
                | Fault::LostMerge
                | Fault::RepeatedElements
                | Fault::SwappedExtremes,
            )
            | None => self.rows(id),
        };
        let mapping = columns_of(columns);
        let keys = transform(rows, self.kernel(id, &mapping), Class::of(columns.len()));
        let all: Vec<Column> = (0..columns.len()).collect();
        let arrangement = arrange(distinct(keys, columns.len()), &Key::of(&all), columns.len());
        self.present.insert(wanted, arrangement.clone());
        arrangement
    }
}

/// The mapping to these columns.
fn columns_of(columns: &[Column]) -> Mapping {
    Mapping { columns: columns.iter().map(|column| Expr::Var(*column)).collect(), ..Mapping::default() }
}

/// A planted bug: rows never go.
fn only_gains<const W: usize>(rows: Coll<'_, W>) -> Coll<'_, W> {
    use differential_dataflow::AsCollection;
    use timely::dataflow::operators::vec::Filter;
    rows.inner.filter(|(_, _, diff)| *diff > 0).as_collection()
}

/// A planted bug: rows come when their half of the tick is over.
fn late<const W: usize>(rows: Coll<'_, W>) -> Coll<'_, W> {
    rows.delay(|time| Time { half: time.half + 1, round: time.round })
}
