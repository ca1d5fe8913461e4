//! Rules that only repeat what another rule sends: "on reliable channels, a rule whose body contains another confluent
//! rule's body for the same head, address and columns, none of them an aggregate, adds no rows and is left out".

use std::collections::BTreeMap;

use floret_ir::{
    Atom, Expr, HeadTerm, Literal, RelationId, Rule, RuleId, RuleOp, Term, VarId, coordination::Class,
};

use super::fixpoint::Context;
use super::outcome::{Ground, Outcome};

/// How many literals are compared per pair of rules at most; beyond it the rules count as different.
const BUDGET: usize = 10_000;
/// Of more rules for one channel none is left out: pairs of them are compared.
pub(super) const MANY_RULES: usize = 60;

/// Gives each rule that only repeats a confluent one that rule's class.
pub(super) fn leave_out(cx: &Context<'_>, outcomes: &mut [(RuleId, Outcome)]) {
    let mut by_channel: BTreeMap<RelationId, Vec<RuleId>> = BTreeMap::new();
    for (id, _) in outcomes.iter() {
        let rule = &cx.program.rules[*id];
        if rule.op == RuleOp::Later && !rule.has_aggregate() && !cx.is_lossy(rule.head.relation) {
            by_channel.entry(rule.head.relation).or_default().push(*id);
        }
    }
    by_channel.retain(|_, rules| (2..=MANY_RULES).contains(&rules.len()));
    let weakened = cx.weakened == Some(Ground::AddsNothing);
    let confluent: BTreeMap<RuleId, Class> =
        outcomes.iter().filter(|(_, of)| of.class.is_confluent()).map(|(id, of)| (*id, of.class)).collect();
    for (id, outcome) in outcomes.iter_mut().filter(|(_, outcome)| !outcome.class.is_confluent()) {
        let rule = &cx.program.rules[*id];
        let others = by_channel.get(&rule.head.relation).into_iter().flatten();
        let repeated = others.filter_map(|other| Some((other, confluent.get(other)?)));
        let found =
            repeated.into_iter().find(|(other, _)| repeats(rule, &cx.program.rules[**other], weakened));
        if let Some((_, class)) = found {
            *outcome = Outcome::confluent(*class, Ground::AddsNothing);
        }
    }
}

/// Whether in every tick `rule` derives nothing that `other` doesn't: the same head over more conditions.
pub(super) fn repeats(rule: &Rule, other: &Rule, weakened: bool) -> bool {
    let mut names = Names::default();
    let same_place = match (&other.head.place, &rule.head.place) {
        (Some(a), Some(b)) => names.expr(a, b),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    let same_terms = other.head.terms.len() == rule.head.terms.len()
        && other.head.terms.iter().zip(&rule.head.terms).all(|pair| match pair {
            (HeadTerm::Expr(a), HeadTerm::Expr(b)) => names.expr(a, b),
            (HeadTerm::Any, HeadTerm::Any) => true,
            (HeadTerm::Expr(_) | HeadTerm::Any | HeadTerm::Aggregate { .. }, _) => false,
        });
    let mut budget = BUDGET;
    same_place
        && same_terms
        && rule.role == other.role
        && (weakened || contains(&rule.body, &other.body, &names, &mut budget))
}

/// Whether every literal of `part` is one of `body` under some names for its variables.
fn contains(body: &[Literal], part: &[Literal], names: &Names, budget: &mut usize) -> bool {
    let Some((first, rest)) = part.split_first() else { return true };
    body.iter().any(|literal| {
        *budget = budget.saturating_sub(1);
        let mut names = names.clone();
        *budget > 0 && names.literal(first, literal) && contains(body, rest, &names, budget)
    })
}

/// The variables of one rule as those of another.
#[derive(Clone, Default)]
struct Names(BTreeMap<VarId, VarId>);

impl Names {
    fn var(&mut self, a: VarId, b: VarId) -> bool {
        *self.0.entry(a).or_insert(b) == b
    }

    /// Whether the expressions are equal under names that are then kept.
    fn expr(&mut self, a: &Expr<VarId>, b: &Expr<VarId>) -> bool {
        let (ours, theirs) = (a.vars(), b.vars());
        if ours.len() != theirs.len() || !ours.iter().zip(theirs).all(|(a, b)| self.var(*a, b)) {
            return false;
        }
        a.map_vars(&mut |var| Expr::Var(self.0.get(var).copied().unwrap_or(*var))) == *b
    }

    fn atom(&mut self, a: &Atom, b: &Atom) -> bool {
        a.source == b.source
            && a.terms.len() == b.terms.len()
            && a.terms.iter().zip(&b.terms).all(|terms| match terms {
                (Term::Var(a), Term::Var(b)) => self.var(*a, *b),
                (Term::Const(a), Term::Const(b)) => a == b,
                (Term::Any, _) => true,
                (Term::Var(_) | Term::Const(_), _) => false,
            })
    }

    fn literal(&mut self, a: &Literal, b: &Literal) -> bool {
        match (a, b) {
            (Literal::Atom(a), Literal::Atom(b)) => self.atom(a, b),
            // What `_` negates is more than what a name does.
            (Literal::Negation(a), Literal::Negation(b)) => {
                let any = |atom: &Atom| atom.terms.iter().map(|term| *term == Term::Any).collect::<Vec<_>>();
                any(a) == any(b) && self.atom(a, b)
            }
            (Literal::Condition { expr: a, .. }, Literal::Condition { expr: b, .. }) => self.expr(a, b),
            (Literal::Let { var, value, .. }, Literal::Let { var: var_b, value: value_b, .. })
            | (Literal::Unnest { var, value, .. }, Literal::Unnest { var: var_b, value: value_b, .. }) => {
                self.expr(value, value_b) && self.var(*var, *var_b)
            }
            (
                Literal::Atom(_)
                | Literal::Negation(_)
                | Literal::Condition { .. }
                | Literal::Let { .. }
                | Literal::Unnest { .. },
                _,
            ) => false,
        }
    }
}
