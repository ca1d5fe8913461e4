//! The branch that finds a rule's assignments in error: all literals that have a value hold, and some expression of
//! the rule has none.

use floret_ir::plan::{Mapping, Sink};
use floret_ir::{Atom, Expr, NodeId, Rule, RuleId, Term, VarId};

use super::body::{self, Bound, Split};
use super::builder::Builder;

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

/// The errors branch from a rule's base, into its sink.
pub(super) fn branch(builder: &mut Builder, id: RuleId, rule: &Rule, split: &Split, base: &Bound) {
    let (mut mapping, vars) = body::mapping(base, &split.risky.lets, &split.risky.conditions);
    let all = Bound { node: base.node, vars };
    mapping.columns = split.risky_head(rule).into_iter().map(|expr| all.scalar(expr)).collect();
    let mut found = Bound { node: builder.errors(base.node, mapping), vars: base.vars.clone() };
    for negation in &split.risky.negations {
        found.node = without_matches(builder, split, &found, negation);
    }
    let columns = rule.atom_variables().into_iter().map(|var| found.scalar(&Expr::Var(var))).collect();
    let bindings = builder.map(found.node, Mapping { columns, ..Mapping::default() });
    let node = builder.distinct(bindings);
    let firing = builder.strata.firing[id];
    builder.sink(Sink::Errors { rule: id, node, firing });
}

/// The found rows but those for which the negated atom has a value (its variables have one) and does not hold.
fn without_matches(builder: &mut Builder, split: &Split, found: &Bound, negation: &Atom) -> NodeId {
    let key: Vec<VarId> = negation
        .terms
        .iter()
        .filter_map(|term| match term {
            Term::Var(var) => Some(*var),
            Term::Const(_) | Term::Any => None,
        })
        .collect();
    // Only the lets that the key needs: a row whose other lets have no value still has a key.
    let (mut mapping, vars) = body::mapping(found, &split.lets_for(key), &[]);
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
