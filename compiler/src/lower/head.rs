//! Rule heads: columns, aggregates, and what rules other than `<=` do.

use floret_ir::plan::{AggregateColumn, Mapping, Operator, Sink};
use floret_ir::{AggregateKind, Expr, HeadTerm, NodeId, Rule, RuleId, RuleOp, Scalar, Type, zero};

use super::body::{self, Bound};
use super::builder::Builder;
use super::errors;
use super::literals::Split;

/// Lowers a rule that isn't `<=`, into a sink.
pub(super) fn effect(builder: &mut Builder, id: RuleId) {
    let rows = rule(builder, id);
    // Rows of a rule can be derived in many ways; what leaves the dataflow is a set.
    let node = builder.within(id, |builder, _| builder.distinct(rows));
    let rule = &builder.program.rules[id];
    let relation = rule.head.relation;
    match rule.op {
        RuleOp::Now => {}
        RuleOp::Next => builder.sink(Sink::Insert { relation, node }),
        RuleOp::Delete => {
            let any = rule.head.terms.iter().enumerate();
            let any = any.filter(|(_, term)| **term == HeadTerm::Any).map(|(column, _)| column).collect();
            builder.sink(Sink::Delete { relation, node, any });
        }
        RuleOp::Replace => builder.sink(Sink::Replace { relation, node }),
        RuleOp::Later => {
            let firing = builder.strata.firing[id];
            builder.sink(Sink::Send { rule: id, relation, node, firing });
        }
    }
}

/// Lowers a rule whose errors can be found where it is: outside of loops. The result has the head's rows.
pub(super) fn rule(builder: &mut Builder, id: RuleId) -> NodeId {
    builder.within(id, |builder, rule| {
        let split = Split::of(rule);
        let base = body::base(builder, rule, &split);
        if split.can_fail(rule) {
            errors::branch(builder, id, rule, &split, &base);
        }
        let bound = body::complete(builder, &base, &split);
        rows(builder, id, rule, &bound)
    })
}

/// Lowers a rule that reads the variables of the open loop; its errors are found when the loop has come to rest
/// ([`errors::after_loop`]). No aggregate is among these.
pub(super) fn rule_in_loop(builder: &mut Builder, id: RuleId) -> NodeId {
    builder.within(id, |builder, rule| {
        let split = Split::of(rule);
        let base = body::base(builder, rule, &split);
        let bound = body::complete(builder, &base, &split);
        rows(builder, id, rule, &bound)
    })
}

/// The head's rows (for `<~` the address first), from the completed body.
fn rows(builder: &mut Builder, id: RuleId, rule: &Rule, bound: &Bound) -> NodeId {
    if rule.has_aggregate() {
        return aggregated(builder, id, rule, bound);
    }
    let mut columns: Vec<Scalar> = place(rule, |place| bound.scalar(place)).into_iter().collect();
    for (column, term) in rule.head.terms.iter().enumerate() {
        columns.push(match term {
            HeadTerm::Expr(expr) => bound.scalar(expr),
            HeadTerm::Any | HeadTerm::Aggregate { .. } => filler(builder, rule, column),
        });
    }
    builder.map(bound.node, Mapping { columns, ..Mapping::default() })
}

/// The address column of a `<~` rule: its place or this node.
fn place(rule: &Rule, scalar: impl FnOnce(&Expr<floret_ir::VarId>) -> Scalar) -> Option<Scalar> {
    match (rule.op, &rule.head.place) {
        (RuleOp::Later, Some(expr)) => Some(scalar(expr)),
        (RuleOp::Later, None) => Some(Expr::SelfAddress(rule.role)),
        (RuleOp::Now | RuleOp::Next | RuleOp::Delete | RuleOp::Replace, _) => None,
    }
}

/// Any value, for a column whose value doesn't matter.
fn filler(builder: &Builder, rule: &Rule, column: usize) -> Scalar {
    Expr::Const(zero(builder.program.relations[rule.head.relation].columns[column].ty))
}

fn aggregated(builder: &mut Builder, id: RuleId, rule: &Rule, bound: &Bound) -> NodeId {
    // The aggregate's input: the group (place, then the plain head columns), then the arguments.
    let mut input: Vec<Scalar> = rule.head.place.iter().map(|expr| bound.scalar(expr)).collect();
    let placed = input.len();
    for term in &rule.head.terms {
        if let HeadTerm::Expr(expr) = term {
            input.push(bound.scalar(expr));
        }
    }
    let group = input.len();
    let mut aggregates = Vec::new();
    for term in &rule.head.terms {
        if let HeadTerm::Aggregate { kind, argument, by } = term {
            let mut column = |expr: &Option<_>| {
                expr.as_ref().map(|expr| {
                    input.push(bound.scalar(expr));
                    input.len() - 1
                })
            };
            aggregates.push(AggregateColumn { kind: *kind, column: column(argument), by: column(by) });
        }
    }
    let input = builder.map(bound.node, Mapping { columns: input, ..Mapping::default() });
    let types = builder.columns(input).to_vec();
    let result = |aggregate: &AggregateColumn| match (aggregate.kind, aggregate.column) {
        (
            AggregateKind::Sum
            | AggregateKind::Min
            | AggregateKind::Max
            | AggregateKind::ArgMin
            | AggregateKind::ArgMax
            | AggregateKind::Any,
            Some(column),
        ) => types[column],
        (AggregateKind::Avg, _) => Type::Float,
        (AggregateKind::Collect, Some(column)) => Type::set(types[column]),
        (AggregateKind::Count | AggregateKind::CountDistinct, _) | (_, None) => Type::Int,
    };
    let columns: Vec<Type> = types.iter().take(group).copied().chain(aggregates.iter().map(result)).collect();
    let overflows = aggregates.iter().any(|a| a.kind == AggregateKind::Sum && result(a) == Type::Int);
    let aggregate = builder.aggregate(Operator::Aggregate { input, group, aggregates }, columns);
    if overflows {
        let node = builder.overflow(aggregate, group);
        let firing = builder.strata.firing[id];
        builder.sink(Sink::Overflow { rule: id, node, firing });
    }
    // Back into the head's order.
    let mut columns: Vec<Scalar> = place(rule, |_| Expr::Var(0)).into_iter().collect();
    let (mut next_group, mut next_aggregate) = (placed, group);
    for (column, term) in rule.head.terms.iter().enumerate() {
        let next = match term {
            HeadTerm::Expr(_) => &mut next_group,
            HeadTerm::Aggregate { .. } => &mut next_aggregate,
            HeadTerm::Any => {
                columns.push(filler(builder, rule, column));
                continue;
            }
        };
        columns.push(Expr::Var(*next));
        *next += 1;
    }
    builder.map(aggregate, Mapping { columns, ..Mapping::default() })
}
