//! Heads: their collection, their place, aggregates and `_`.

use floret_ir::{AggregateKind, Diagnostics, IndexVec, RelationId, RuleOp, Span};
use floret_lang::tree::{self, Call};

use super::args::by_column;
use super::expr::{self, Scope};
use super::names::AGGREGATES;
use crate::front::findings::{
    AggregateArity, DeletedLattice, MisplacedAggregate, MisplacedWildcard, MissingColumn, NamedArgument,
    WildcardPlace,
};
use crate::front::resolved::{Expr, ExprKind, Head, HeadTerm, Relation};

/// Resolves a head whose collection is `relation`, if it is known.
pub(super) fn resolve(
    call: &Call,
    op: RuleOp,
    relation: Option<RelationId>,
    relations: &IndexVec<RelationId, Relation>,
    scope: &mut Scope<'_>,
    sink: &mut Diagnostics,
) -> Head {
    let place = call.place.as_deref().map(|place| expr::resolve(place, scope, sink));
    // `@self` is where every head without `<~` is anyway.
    let place = place.filter(|place| op == RuleOp::Later || !matches!(place.kind, ExprKind::SelfAddress));
    let found = relation.and_then(|id| Some((id, by_column(call, &relations[id], sink)?)));
    let Some((id, columns)) = found else {
        let terms = call.args.iter().map(|arg| unchecked_term(&arg.value, op, scope, sink)).collect();
        return Head { relation: None, place, terms, span: call.span };
    };
    let relation = &relations[id];
    let mut terms = Vec::new();
    for (index, (column, value)) in relation.columns.iter().zip(columns).enumerate() {
        // Only `<-` may leave a column open, and only what the key doesn't tell.
        let open = op == RuleOp::Delete && relation.key.is_some_and(|key| index >= key);
        terms.push(match value {
            None if open => HeadTerm::Any,
            None => {
                sink.push(MissingColumn {
                    relation: relation.name.clone(),
                    column: column.name.clone(),
                    span: call.span,
                    declared: column.span,
                });
                HeadTerm::Expr(Expr::error(call.span))
            }
            Some(value) if matches!(value.kind, tree::ExprKind::Wildcard) => {
                if !open {
                    let place =
                        if op == RuleOp::Delete { WildcardPlace::DeletedKey } else { WildcardPlace::Head };
                    sink.push(MisplacedWildcard { span: value.span, place });
                    // Not `Any`: that would leave the column's type open, and a second message would say so.
                    HeadTerm::Expr(Expr::error(value.span))
                } else {
                    HeadTerm::Any
                }
            }
            Some(value) if open && column.lattice.is_some() => {
                sink.push(DeletedLattice {
                    span: value.span,
                    column: column.name.clone(),
                    declared: column.span,
                });
                HeadTerm::Any
            }
            Some(value) => term(value, op, scope, sink),
        });
    }
    Head { relation: Some(id), place, terms, span: call.span }
}

/// An argument of a head that is wrong in another way: only its variables matter still.
fn unchecked_term(value: &tree::Expr, op: RuleOp, scope: &mut Scope<'_>, sink: &mut Diagnostics) -> HeadTerm {
    if matches!(value.kind, tree::ExprKind::Wildcard) { HeadTerm::Any } else { term(value, op, scope, sink) }
}

fn term(value: &tree::Expr, op: RuleOp, scope: &mut Scope<'_>, sink: &mut Diagnostics) -> HeadTerm {
    if let tree::ExprKind::Call(call) = &value.kind
        && let [name] = call.path.parts.as_slice()
        && AGGREGATES.contains(&name.text.as_str())
        && !scope.names.is_refused(&name.text)
        && scope.names.definition(&name.text).is_none()
    {
        return aggregate(&name.text, call, op, scope, sink)
            .unwrap_or_else(|| HeadTerm::Expr(Expr::error(value.span)));
    }
    HeadTerm::Expr(expr::resolve(value, scope, sink))
}

fn aggregate(
    name: &str,
    call: &Call,
    op: RuleOp,
    scope: &mut Scope<'_>,
    sink: &mut Diagnostics,
) -> Option<HeadTerm> {
    let span: Span = call.span;
    if op == RuleOp::Delete {
        sink.push(MisplacedAggregate { name: name.to_owned(), span, place: "in a head of `<-`" });
        return None;
    }
    for arg in &call.args {
        if let Some(named) = &arg.name {
            sink.push(NamedArgument { callee: name.to_owned(), span: named.span });
        }
    }
    let kind = match (name, call.args.len()) {
        ("count", 0) => AggregateKind::Count,
        ("count", 1) => AggregateKind::CountDistinct,
        ("sum", 1) => AggregateKind::Sum,
        ("min", 1) => AggregateKind::Min,
        ("max", 1) => AggregateKind::Max,
        ("avg", 1) => AggregateKind::Avg,
        ("collect", 1) => AggregateKind::Collect,
        ("any", 1) => AggregateKind::Any,
        ("arg_min", 2) => AggregateKind::ArgMin,
        ("arg_max", 2) => AggregateKind::ArgMax,
        _ => {
            sink.push(AggregateArity { name: name.to_owned(), span });
            return None;
        }
    };
    let mut args = call.args.iter().map(|arg| expr::resolve(&arg.value, scope, sink));
    let argument = args.next();
    Some(HeadTerm::Aggregate { kind, argument, by: args.next(), span })
}
