//! Where two different rows for one key may meet, and proofs that they don't.

use std::collections::BTreeSet;

use floret_ir::coordination::Class;
use floret_ir::{
    AtomSource, Expr, HeadTerm, InputMode, Literal, Relation, RelationId, RelationKind, Rule, RuleId, RuleOp,
    Term, VarId,
};

use super::fixpoint::Context;

/// The rules whose rows may meet others of the same key so that the outcome depends on which came first. Lattice columns
/// merge in any order.
///
/// Rows that are there in the first tick (facts, static inputs, `<=` over static) always meet in the same way.
pub(super) fn conflicting(
    cx: &Context<'_>,
    relation: RelationId,
    body_class: impl Fn(RuleId) -> Class,
) -> Vec<RuleId> {
    let keyed = &cx.program.relations[relation];
    let Some(key) = keyed.key.filter(|_| keyed.may_conflict()) else { return Vec::new() };
    // What passed a sequencer was settled there.
    if cx.program.sequenced.iter().any(|sequenced| sequenced.channel == relation) {
        return Vec::new();
    }
    let adds: Vec<RuleId> = cx.fills[relation]
        .iter()
        .copied()
        .filter(|&rule| cx.program.rules[rule].op != RuleOp::Delete)
        .collect();
    let fed = keyed.input == Some(InputMode::Add);
    // In a table what was there first stays; in an event facts meet the rows of the first tick only.
    let facts_meet = !keyed.is_table() && cx.facts.contains(&relation);
    if let [rule] = adds[..]
        && !fed
        && !facts_meet
        && is_functional(cx, &cx.program.rules[rule], keyed, key)
    {
        return Vec::new();
    }
    // Messages of one tick needn't arrive together.
    if keyed.is_channel() || fed {
        return adds;
    }
    adds.into_iter().filter(|&rule| body_class(rule) != Class::Static).collect()
}

/// Whether the host's rows may meet facts of the same key. (A second value for a key *from the host* is an input error.)
pub(super) fn input_meets_facts(cx: &Context<'_>, relation: RelationId) -> bool {
    let keyed = &cx.program.relations[relation];
    keyed.may_conflict() && keyed.input == Some(InputMode::Add) && cx.facts.contains(&relation)
}

/// Whether all rows that the rule ever derives at nodes that may meet in one collection agree where their keys do.
fn is_functional(cx: &Context<'_>, rule: &Rule, head: &Relation, key: usize) -> bool {
    // A view's or event's rows meet only those of the same tick, of the same node.
    let one_tick = match head.kind {
        RelationKind::View | RelationKind::Event | RelationKind::Timer { .. } => true,
        RelationKind::Table | RelationKind::Channel { .. } => false,
    };
    let one_sender = !head.is_channel();
    let (keys, values) = rule.head.terms.split_at(key.min(rule.head.terms.len()));
    let mut fixed: BTreeSet<VarId> = BTreeSet::new();
    let mut self_fixed = one_sender;
    let key_exprs = keys.iter().filter_map(|term| match term {
        HeadTerm::Expr(expr) => Some(expr),
        HeadTerm::Aggregate { .. } | HeadTerm::Any => None,
    });
    // The place is the node where the rows would meet.
    for expr in key_exprs.chain(&rule.head.place) {
        match expr {
            Expr::Var(var) => {
                fixed.insert(*var);
            }
            Expr::SelfAddress(_) => self_fixed = true,
            Expr::Const(_)
            | Expr::Member { .. }
            | Expr::Unary { .. }
            | Expr::Binary { .. }
            | Expr::If { .. }
            | Expr::Param { .. }
            | Expr::Construct { .. }
            | Expr::Project { .. }
            | Expr::Call { .. } => {}
        }
    }
    let known = |expr: &Expr<VarId>, fixed: &BTreeSet<VarId>| {
        (self_fixed || !mentions_self(expr)) && expr.vars().iter().all(|var| fixed.contains(var))
    };
    let mut before = None;
    while before != Some(fixed.len()) {
        before = Some(fixed.len());
        for literal in &rule.body {
            match literal {
                Literal::Let { var, value, .. } if known(value, &fixed) => {
                    fixed.insert(*var);
                }
                Literal::Atom(atom) if one_sender => {
                    let AtomSource::Relation(source) = atom.source else { continue };
                    let Some(key) = cx.program.relations[source].key else { continue };
                    let lasting = match cx.class_of(rule, atom) {
                        Class::Static | Class::Growing => true,
                        Class::Fleeting | Class::Converging | Class::OrderDependent => one_tick,
                    };
                    let (keys, values) = atom.terms.split_at(key.min(atom.terms.len()));
                    let found = keys.iter().all(|term| match term {
                        Term::Var(var) => fixed.contains(var),
                        Term::Const(_) => true,
                        Term::Any => false,
                    });
                    if lasting && found {
                        fixed.extend(values.iter().filter_map(|term| match term {
                            Term::Var(var) => Some(*var),
                            Term::Const(_) | Term::Any => None,
                        }));
                    }
                }
                Literal::Let { .. }
                | Literal::Unnest { .. }
                | Literal::Atom(_)
                | Literal::Negation(_)
                | Literal::Condition { .. } => {}
            }
        }
    }
    // Of one channel's messages the sender is told, too: it is one more value.
    if head.sender && !self_fixed {
        return false;
    }
    values.iter().zip(head.columns.iter().skip(key)).all(|(term, column)| match term {
        _ if column.lattice.is_some() => true,
        HeadTerm::Expr(expr) => known(expr, &fixed),
        // One row per group and tick, and the group is fixed by the key if the plain values are.
        HeadTerm::Aggregate { .. } => one_tick,
        HeadTerm::Any => false,
    }) && keys.iter().all(|term| match term {
        HeadTerm::Expr(_) => true,
        HeadTerm::Aggregate { .. } | HeadTerm::Any => false,
    })
}

pub(super) fn mentions_self(expr: &Expr<VarId>) -> bool {
    match expr {
        Expr::SelfAddress(_) => true,
        Expr::Const(_) | Expr::Param { .. } | Expr::Var(_) => false,
        Expr::Member { index: value, .. } | Expr::Unary { value, .. } | Expr::Project { value, .. } => {
            mentions_self(value)
        }
        Expr::Binary { left, right, .. } => mentions_self(left) || mentions_self(right),
        Expr::If { condition, then, otherwise } => {
            mentions_self(condition) || mentions_self(then) || mentions_self(otherwise)
        }
        Expr::Call { args, .. } | Expr::Construct { parts: args, .. } => args.iter().any(mentions_self),
    }
}
