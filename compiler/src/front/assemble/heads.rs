//! What heads and facts put into columns: plain values of `lww` columns get their stamp, and an aggregate that is the
//! column's merge becomes a write for each assignment.

use floret_ir::{
    AggregateKind, Expr, Function, HeadTerm, Lattice, Relation, RelationColumn, Shape, Type, Value, VarId,
};

use super::expr::{Builder, Typed};
use crate::front::resolved;

/// The terms of a rule's head.
pub(super) fn terms(
    rule: &resolved::Rule,
    relation: &Relation,
    builder: &mut Builder<'_, '_>,
) -> Option<Vec<HeadTerm>> {
    let aggregates =
        rule.head.terms.iter().filter(|term| matches!(term, resolved::HeadTerm::Aggregate { .. })).count();
    let mut terms = Vec::new();
    for (term, column) in rule.head.terms.iter().zip(&relation.columns) {
        terms.push(match term {
            resolved::HeadTerm::Any => HeadTerm::Any,
            resolved::HeadTerm::Expr(value) => {
                let value = builder.typed(value)?;
                HeadTerm::Expr(stamped(value, column, builder)?)
            }
            resolved::HeadTerm::Aggregate { kind, argument, by, .. } => {
                let argument = match argument {
                    Some(argument) => Some(builder.typed(argument)?),
                    None => None,
                };
                let by = builder.optional(by.as_ref())?;
                match (column.lattice.as_ref(), argument) {
                    (Some(lattice), Some(argument)) if aggregates == 1 && is_merge(*kind, lattice) => {
                        HeadTerm::Expr(written(*kind, argument))
                    }
                    (_, argument) => HeadTerm::Aggregate {
                        kind: *kind,
                        argument: argument.map(|argument| argument.expr),
                        by,
                    },
                }
            }
        });
    }
    Some(terms)
}

/// Whether the aggregate of some values is what they merge into.
fn is_merge(kind: AggregateKind, lattice: &Lattice) -> bool {
    match (kind, lattice) {
        (AggregateKind::Min, Lattice::Min(_) | Lattice::All)
        | (AggregateKind::Max, Lattice::Max(_) | Lattice::Any)
        | (AggregateKind::Collect, Lattice::Set(_)) => true,
        (
            AggregateKind::Count
            | AggregateKind::CountDistinct
            | AggregateKind::Sum
            | AggregateKind::Min
            | AggregateKind::Max
            | AggregateKind::Avg
            | AggregateKind::ArgMin
            | AggregateKind::ArgMax
            | AggregateKind::Collect
            | AggregateKind::Any,
            _,
        ) => false,
    }
}

/// What one assignment writes, where the aggregate is the merge.
fn written(kind: AggregateKind, value: Typed) -> Expr<VarId> {
    if kind != AggregateKind::Collect {
        return value.expr;
    }
    let list = Type::list(value.ty);
    let one = Expr::Construct { shape: Shape::List, parts: vec![value.expr], ty: list };
    Expr::Call { function: Function::SetOf, args: vec![one], types: vec![list], result: Type::set(value.ty) }
}

/// The value of a `lww` column: a plain one is stamped with the time and the node.
fn stamped(value: Typed, column: &RelationColumn, builder: &mut Builder<'_, '_>) -> Option<Expr<VarId>> {
    if !matches!(column.lattice, Some(Lattice::Lww(_))) || value.ty == column.ty {
        return Some(value.expr);
    }
    let now = Expr::Var(builder.now());
    let parts = vec![now, Expr::SelfAddress(builder.role?), value.expr];
    Some(Expr::Construct { shape: Shape::Tuple, parts, ty: column.ty })
}

/// A fact's value; facts are there before all time.
pub(super) fn fact_value(
    value: &resolved::Expr,
    column: &RelationColumn,
    builder: &mut Builder<'_, '_>,
) -> Option<Expr<VarId>> {
    let value = builder.typed(value)?;
    if !matches!(column.lattice, Some(Lattice::Lww(_))) || value.ty == column.ty {
        return Some(value.expr);
    }
    let parts = vec![Expr::Const(Value::Time(0)), Expr::SelfAddress(builder.role?), value.expr];
    Some(Expr::Construct { shape: Shape::Tuple, parts, ty: column.ty })
}
