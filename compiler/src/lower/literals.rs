//! A body's literals other than its positive atoms, by whether they always have a value.

use std::collections::BTreeSet;

use floret_ir::{Atom, BinaryOp, Expr, HeadTerm, Literal, Rule, Term, Type, VarId};

/// The literals of a body other than its positive atoms.
pub(super) struct Split<'r> {
    /// Those that always have a value.
    pub(super) sure: Literals<'r>,
    /// Those that may have none: they are fallible or use a variable that is.
    pub(super) risky: Literals<'r>,
    /// Variables of fallible lets and unnestings, and of lets and unnestings that use them.
    risky_vars: BTreeSet<VarId>,
}

/// Literals of one side, each kind in body order.
#[derive(Default)]
pub(super) struct Literals<'r> {
    /// What binds variables.
    pub(super) bindings: Vec<Binding<'r>>,
    pub(super) conditions: Vec<Expr<VarId>>,
    pub(super) negations: Vec<&'r Atom>,
}

/// A literal that binds a variable.
#[derive(Clone, Copy)]
pub(super) enum Binding<'r> {
    /// `let var = value`; no atom binds the variable.
    Let(VarId, &'r Expr<VarId>),
    /// `var in value`; atoms may bind the variable, too.
    Unnest(VarId, &'r Expr<VarId>),
}

impl<'r> Split<'r> {
    pub(super) fn of(rule: &'r Rule) -> Self {
        let bound_by_atoms = rule.atom_variables();
        let (mut sure, mut risky) = (Literals::default(), Literals::default());
        let mut risky_vars = BTreeSet::new();
        // What binds goes first: a condition may stand before the let it uses.
        for literal in &rule.body {
            let (var, value) = match literal {
                Literal::Let { var, value, .. } | Literal::Unnest { var, value, .. } => (*var, value),
                Literal::Atom(_) | Literal::Negation(_) | Literal::Condition { .. } => continue,
            };
            let fallible = value.is_fallible() || value.vars().iter().any(|var| risky_vars.contains(var));
            let side = if fallible { &mut risky } else { &mut sure };
            let by_atom = bound_by_atoms.contains(&var);
            match literal {
                // An atom binds it too, so the let only compares.
                Literal::Let { .. } if by_atom => {
                    side.conditions.push(equal(rule.variables[var].ty, Expr::Var(var), value.clone()));
                }
                Literal::Unnest { .. } => side.bindings.push(Binding::Unnest(var, value)),
                Literal::Let { .. } | Literal::Atom(_) | Literal::Negation(_) | Literal::Condition { .. } => {
                    side.bindings.push(Binding::Let(var, value))
                }
            }
            if fallible && !by_atom {
                risky_vars.insert(var);
            }
        }
        for literal in &rule.body {
            match literal {
                Literal::Atom(_) | Literal::Let { .. } | Literal::Unnest { .. } => {}
                Literal::Condition { expr, .. } => {
                    let fallible =
                        expr.is_fallible() || expr.vars().iter().any(|var| risky_vars.contains(var));
                    let side = if fallible { &mut risky } else { &mut sure };
                    side.conditions.push(expr.clone());
                }
                Literal::Negation(atom) => {
                    let fallible = atom
                        .terms
                        .iter()
                        .any(|term| matches!(term, Term::Var(var) if risky_vars.contains(var)));
                    let side = if fallible { &mut risky } else { &mut sure };
                    side.negations.push(atom);
                }
            }
        }
        Split { sure, risky, risky_vars }
    }

    fn is_risky(&self, expr: &Expr<VarId>) -> bool {
        expr.is_fallible() || expr.vars().iter().any(|var| self.risky_vars.contains(var))
    }

    /// The expressions of the head (columns, place, aggregate arguments) that may have no value.
    pub(super) fn risky_head(&self, rule: &'r Rule) -> Vec<&'r Expr<VarId>> {
        let terms = rule.head.terms.iter().flat_map(|term| match term {
            HeadTerm::Expr(expr) => vec![expr],
            HeadTerm::Aggregate { argument, by, .. } => argument.iter().chain(by).collect(),
            HeadTerm::Any => Vec::new(),
        });
        rule.head.place.iter().chain(terms).filter(|expr| self.is_risky(expr)).collect()
    }

    /// Whether an assignment of this rule can be in error.
    pub(super) fn can_fail(&self, rule: &Rule) -> bool {
        !self.risky.bindings.is_empty()
            || !self.risky.conditions.is_empty()
            || !self.risky_head(rule).is_empty()
    }
}

/// `left == right`
pub(super) fn equal<V>(operands: Type, left: Expr<V>, right: Expr<V>) -> Expr<V> {
    Expr::Binary { op: BinaryOp::Equal, operands, left: Box::new(left), right: Box::new(right) }
}
