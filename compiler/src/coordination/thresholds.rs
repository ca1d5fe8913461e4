//! Aggregates over what grows that are only followed upward: once true, always true. Their columns are read as lattice
//! columns are, by the same judgement (`lattices::flow`).

use std::collections::BTreeMap;

use floret_ir::coordination::Class;
use floret_ir::{AggregateKind, Atom, AtomSource, HeadTerm, RelationId, RelationKind, Rule, RuleOp};

use super::body;
use super::fixpoint::Context;
use crate::lattices::{RuleFlow, Sense, declared};

/// How the rule reads lattice columns, the declared ones and those that aggregates over growing make.
pub(super) fn flow(cx: &Context<'_>, rule: &Rule) -> RuleFlow {
    let mut made: BTreeMap<RelationId, Vec<Sense>> = BTreeMap::new();
    for atom in rule.positive_atoms() {
        made.extend(aggregated(cx, atom));
    }
    let declared = declared(cx.program);
    RuleFlow::of(cx.program, rule, &|relation, column| match made.get(&relation) {
        Some(made) => made.get(column).cloned().unwrap_or(Sense::Plain),
        None => declared(relation, column),
    })
}

/// Whether the positive atom reads a view of aggregates over growing so that what it makes true stays true, if it reads
/// no aggregate exactly: columns of the group in any way, aggregates not at all or upward.
pub(super) fn may_stay_true(cx: &Context<'_>, rule: &Rule, atom: &Atom) -> bool {
    // Two aggregates of one group are one row or two, so an aggregate over this read is no threshold of the first.
    !rule.has_aggregate() && aggregated(cx, atom).is_some()
}

/// The atom's relation and its columns' orders, if it is a view whose rules aggregate over growing.
fn aggregated(cx: &Context<'_>, atom: &Atom) -> Option<(RelationId, Vec<Sense>)> {
    let AtomSource::Relation(relation) = atom.source else { return None };
    let declared = &cx.program.relations[relation];
    let converging = cx.classes[relation] == Class::Converging;
    if !converging || declared.kind != RelationKind::View || declared.resolved_key().is_some() {
        return None;
    }
    let mut orders = vec![Sense::Plain; declared.arity()];
    for &rule in &cx.fills[relation] {
        let rule = &cx.program.rules[rule];
        let grows = match body::without_aggregate(cx, rule).class {
            Class::Static | Class::Growing => true,
            Class::Fleeting | Class::Converging | Class::OrderDependent => false,
        };
        if rule.op != RuleOp::Now || !grows {
            return None;
        }
        for (term, order) in rule.head.terms.iter().zip(&mut orders) {
            *order = order.clone().with(order_of(term)?);
        }
    }
    Some((relation, orders))
}

/// Which way a head term goes while the rows under its aggregate grow. `None`: the row may vanish.
fn order_of(term: &HeadTerm) -> Option<Sense> {
    match term {
        HeadTerm::Expr(_) | HeadTerm::Any => Some(Sense::Plain),
        HeadTerm::Aggregate { kind, .. } => match kind {
            AggregateKind::Count | AggregateKind::CountDistinct | AggregateKind::Max => Some(Sense::Up),
            AggregateKind::Min => Some(Sense::Down),
            AggregateKind::Collect => Some(Sense::Set),
            // A sum goes both ways, and a group whose int sum overflows has no row; the others replace their values.
            AggregateKind::Sum
            | AggregateKind::Avg
            | AggregateKind::ArgMin
            | AggregateKind::ArgMax
            | AggregateKind::Any => None,
        },
    }
}
