//! The branch that finds a rule's assignments in error: all literals that have a value hold, and some expression of
//! the rule has none.

use std::collections::BTreeSet;

use floret_ir::plan::{Mapping, Sink};
use floret_ir::{Atom, Expr, NodeId, Projection, Rule, RuleId, Shape, Term, Type, VarId};

use super::body::{self, Bound};
use super::builder::Builder;
use super::literals::{Binding, Split};

/// The errors of a rule that was lowered inside a loop, over what the loop came to rest with: lowered again outside,
/// because an assignment in error in some round may have no error to report at the fixpoint and the other way round.
pub(super) fn after_loop(builder: &mut Builder, id: RuleId) {
    builder.within(id, |builder, rule| {
        let split = Split::of(rule);
        if split.can_fail(rule) {
            let base = body::base(builder, rule, &split);
            branch(builder, id, rule, &split, &base);
        }
    });
}

/// Assignments on the way: what the unnestings so far made of the base, and the lets that are still to be looked at.
struct Partial {
    bound: Bound,
    lets: Vec<(VarId, Expr<VarId>)>,
    /// Whether a collection had no value although it binds nothing.
    failed: bool,
}

/// The errors branch from a rule's base, into its sink.
pub(super) fn branch(builder: &mut Builder, id: RuleId, rule: &Rule, split: &Split, base: &Bound) {
    let found = partials(builder, rule, split, base)
        .iter()
        .map(|partial| in_error(builder, rule, split, partial))
        .collect();
    let bindings = builder.union_of(found);
    let node = builder.distinct(bindings);
    let firing = builder.strata.firing[id];
    builder.sink(Sink::Errors { rule: id, node, firing });
}

/// Applies the unnestings that may have no value, each in both ways: rows where it has one, with each element; and rows
/// where it has none, with a let without a value in its place.
fn partials(builder: &mut Builder, rule: &Rule, split: &Split, base: &Bound) -> Vec<Partial> {
    let mut partials = vec![Partial { bound: base.clone(), lets: Vec::new(), failed: false }];
    for binding in &split.risky.bindings {
        match binding {
            Binding::Let(var, value) => {
                partials.iter_mut().for_each(|partial| partial.lets.push((*var, (*value).clone())));
            }
            Binding::Unnest(var, value) => {
                let ways = partials.iter().flat_map(|partial| {
                    [
                        with_elements(builder, partial, *var, value),
                        without(builder, rule, partial, *var, value),
                    ]
                });
                partials = ways.collect();
            }
        }
    }
    partials
}

fn with_elements(builder: &mut Builder, partial: &Partial, var: VarId, value: &Expr<VarId>) -> Partial {
    let needed = lets_for(&partial.lets, value.vars());
    let bound = body::unnest(builder, &partial.bound, &needed, var, value);
    Partial { bound, lets: partial.lets.clone(), failed: partial.failed }
}

fn without(
    builder: &mut Builder,
    rule: &Rule,
    partial: &Partial,
    var: VarId,
    value: &Expr<VarId>,
) -> Partial {
    let (mut mapping, vars) = body::mapping(&partial.bound, &lets_for(&partial.lets, value.vars()), &[]);
    let all = Bound { node: partial.bound.node, vars };
    mapping.columns = vec![all.scalar(value)];
    let node = builder.errors(partial.bound.node, mapping);
    let mut without = Partial {
        bound: Bound { node, vars: partial.bound.vars.clone() },
        lets: partial.lets.clone(),
        failed: partial.failed,
    };
    match partial.bound.column(var) {
        Some(_) => without.failed = true,
        None => without.lets.push((var, missing(rule.variables[var].ty))),
    }
    without
}

/// An expression of this type without a value.
fn missing<V>(ty: Type) -> Expr<V> {
    let none = Expr::Construct { shape: Shape::Variant(0), parts: Vec::new(), ty: Type::option(ty) };
    Expr::Project { projection: Projection::Payload(1, 0), value: Box::new(none), ty }
}

/// Those of some assignments that are in error, by the variables that name them.
fn in_error(builder: &mut Builder, rule: &Rule, split: &Split, partial: &Partial) -> NodeId {
    let (mut mapping, vars) = body::mapping(&partial.bound, &partial.lets, &split.risky.conditions);
    let all = Bound { node: partial.bound.node, vars };
    mapping.columns = split.risky_head(rule).into_iter().map(|expr| all.scalar(expr)).collect();
    if partial.failed {
        mapping.columns.push(missing(Type::Bool));
    }
    let node = builder.errors(partial.bound.node, mapping);
    let mut found = Bound { node, vars: partial.bound.vars.clone() };
    for negation in &split.risky.negations {
        found.node = without_matches(builder, &partial.lets, &found, negation);
    }
    let columns = rule.atom_variables().into_iter().map(|var| found.scalar(&Expr::Var(var))).collect();
    builder.map(found.node, Mapping { columns, ..Mapping::default() })
}

/// The found rows but those for which the negated atom has a value (its variables have one) and does not hold.
fn without_matches(
    builder: &mut Builder,
    lets: &[(VarId, Expr<VarId>)],
    found: &Bound,
    negation: &Atom,
) -> NodeId {
    let key: Vec<VarId> = negation
        .terms
        .iter()
        .filter_map(|term| match term {
            Term::Var(var) => Some(*var),
            Term::Const(_) | Term::Any => None,
        })
        .collect();
    // Only the lets that the key needs: a row whose other lets have no value still has a key.
    let (mut mapping, vars) = body::mapping(found, &lets_for(lets, key), &[]);
    mapping.columns = (0..vars.len()).map(Expr::Var).collect();
    let keyed = Bound { node: builder.map(found.node, mapping), vars };
    let relation = body::atom(builder, negation);
    let matching = body::join(builder, &keyed, &relation);
    let columns = (0..found.vars.len()).map(Expr::Var).collect();
    let matching = builder.map(matching.node, Mapping { columns, ..Mapping::default() });
    let matching = builder.distinct(matching);
    let on = (0..found.vars.len()).map(|column| (column, column)).collect();
    builder.antijoin(found.node, matching, on)
}

/// The lets that `vars` need, in order: those they name, and those that these use.
fn lets_for(
    lets: &[(VarId, Expr<VarId>)],
    vars: impl IntoIterator<Item = VarId>,
) -> Vec<(VarId, Expr<VarId>)> {
    let mut needed: BTreeSet<VarId> = vars.into_iter().collect();
    let mut found = Vec::new();
    // Lets use only earlier ones, so one pass from the end finds all.
    for (var, value) in lets.iter().rev() {
        if needed.contains(var) {
            needed.extend(value.vars());
            found.push((*var, value.clone()));
        }
    }
    found.reverse();
    found
}
