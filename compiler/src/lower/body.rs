//! Rule bodies: joins, lets, conditions and negations.

use std::collections::BTreeSet;

use floret_ir::plan::Mapping;
use floret_ir::{Atom, BinaryOp, Column, Expr, HeadTerm, Literal, NodeId, Rule, Scalar, Term, Type, VarId};

use super::builder::Builder;

/// An operator whose column `i` is the variable `vars[i]`.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    pub(super) node: NodeId,
    pub(super) vars: Vec<VarId>,
}

impl Bound {
    fn column(&self, var: VarId) -> Option<Column> {
        self.vars.iter().position(|bound| *bound == var)
    }

    /// An expression of the rule over the columns.
    pub(super) fn scalar(&self, expr: &Expr<VarId>) -> Scalar {
        scalar(expr, &self.vars)
    }
}

/// `expr` over columns: variable `vars[i]` is column `i`. Checked rules bind every variable they use.
fn scalar(expr: &Expr<VarId>, vars: &[VarId]) -> Scalar {
    expr.map_vars(&mut |var| Expr::Var(vars.iter().position(|bound| bound == var).unwrap_or(vars.len())))
}

/// The literals of a body other than its positive atoms, by whether they always have a value.
pub(super) struct Split<'r> {
    /// Those that always have one.
    pub(super) sure: Literals<'r>,
    /// Those that may have none: they are fallible or use a `let` that is.
    pub(super) risky: Literals<'r>,
    /// Variables of fallible lets, and of lets that use them.
    risky_vars: BTreeSet<VarId>,
}

/// Literals of one kind each, in body order.
#[derive(Default)]
pub(super) struct Literals<'r> {
    pub(super) lets: Vec<(VarId, &'r Expr<VarId>)>,
    pub(super) conditions: Vec<Expr<VarId>>,
    pub(super) negations: Vec<&'r Atom>,
}

impl<'r> Split<'r> {
    pub(super) fn of(rule: &'r Rule) -> Self {
        let bound_by_atoms = rule.atom_variables();
        let (mut sure, mut risky) = (Literals::default(), Literals::default());
        let mut risky_vars = BTreeSet::new();
        // Lets first: a condition may stand before the let it uses.
        for literal in &rule.body {
            let Literal::Let { var, value, .. } = literal else { continue };
            let fallible = value.is_fallible() || value.vars().iter().any(|var| risky_vars.contains(var));
            let side = if fallible { &mut risky } else { &mut sure };
            if bound_by_atoms.contains(var) {
                // An atom binds it too, so the let only compares.
                side.conditions.push(equal(rule.variables[*var].ty, Expr::Var(*var), value.clone()));
            } else {
                side.lets.push((*var, value));
                if fallible {
                    risky_vars.insert(*var);
                }
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
        let terms = rule.head.terms.iter().filter_map(|term| match term {
            HeadTerm::Expr(expr) => Some(expr),
            HeadTerm::Aggregate { argument, .. } => argument.as_ref(),
            HeadTerm::Any => None,
        });
        rule.head.place.iter().chain(terms).filter(|expr| self.is_risky(expr)).collect()
    }

    /// Whether an assignment of this rule can be in error.
    pub(super) fn can_fail(&self, rule: &Rule) -> bool {
        !self.risky.lets.is_empty() || !self.risky.conditions.is_empty() || !self.risky_head(rule).is_empty()
    }

    /// The risky lets that `vars` need, in order: those they name, and those that these use.
    pub(super) fn lets_for(&self, vars: impl IntoIterator<Item = VarId>) -> Vec<(VarId, &'r Expr<VarId>)> {
        let mut needed: BTreeSet<VarId> = vars.into_iter().collect();
        let mut lets = Vec::new();
        // Lets use only earlier ones, so one pass from the end finds all.
        for (var, value) in self.risky.lets.iter().rev() {
            if needed.contains(var) {
                needed.extend(value.vars());
                lets.push((*var, *value));
            }
        }
        lets.reverse();
        lets
    }
}

/// The positive atoms joined, and all literals applied that always have a value.
pub(super) fn base(builder: &mut Builder, rule: &Rule, split: &Split) -> Bound {
    let mut atoms = rule.positive_atoms();
    let mut bound = match atoms.next() {
        Some(first) => atom(builder, first),
        None => Bound { node: builder.unit(), vars: Vec::new() },
    };
    for next in atoms {
        let right = atom(builder, next);
        bound = join(builder, &bound, &right);
    }
    literals(builder, bound, &split.sure)
}

/// Applies the literals that may have no value; assignments in error are dropped.
pub(super) fn complete(builder: &mut Builder, base: &Bound, split: &Split) -> Bound {
    literals(builder, base.clone(), &split.risky)
}

fn literals(builder: &mut Builder, bound: Bound, literals: &Literals) -> Bound {
    let mut bound = bound;
    if !literals.lets.is_empty() || !literals.conditions.is_empty() {
        let (mut mapping, vars) = mapping(&bound, &literals.lets, &literals.conditions);
        mapping.columns = (0..vars.len()).map(Expr::Var).collect();
        bound = Bound { node: builder.map(bound.node, mapping), vars };
    }
    for negation in &literals.negations {
        let right = atom(builder, negation);
        let on = shared(&bound, &right);
        bound.node = builder.antijoin(bound.node, right.node, on);
    }
    bound
}

/// A mapping without columns yet over `bound`, and the variables that its columns and lets are.
pub(super) fn mapping(
    bound: &Bound,
    lets: &[(VarId, &Expr<VarId>)],
    conditions: &[Expr<VarId>],
) -> (Mapping, Vec<VarId>) {
    let mut vars = bound.vars.clone();
    let mut mapping = Mapping::default();
    for (var, value) in lets {
        mapping.lets.push(scalar(value, &vars));
        vars.push(*var);
    }
    mapping.conditions = conditions.iter().map(|condition| scalar(condition, &vars)).collect();
    (mapping, vars)
}

/// The rows that match an atom, one column for each of its variables.
pub(super) fn atom(builder: &mut Builder, atom: &Atom) -> Bound {
    let input = builder.read(atom.source);
    let mut mapping = Mapping::default();
    let mut vars: Vec<(VarId, Column)> = Vec::new();
    for (column, term) in atom.terms.iter().enumerate() {
        let ty = builder.columns(input)[column];
        match term {
            Term::Any => {}
            Term::Const(value) => {
                mapping.conditions.push(equal(ty, Expr::Var(column), Expr::Const(value.clone())));
            }
            Term::Var(var) => match vars.iter().find(|(bound, _)| bound == var) {
                Some((_, first)) => mapping.conditions.push(equal(ty, Expr::Var(*first), Expr::Var(column))),
                None => vars.push((*var, column)),
            },
        }
    }
    mapping.columns = vars.iter().map(|(_, column)| Expr::Var(*column)).collect();
    Bound { node: builder.map(input, mapping), vars: vars.into_iter().map(|(var, _)| var).collect() }
}

/// All pairs of rows that agree on the shared variables.
pub(super) fn join(builder: &mut Builder, left: &Bound, right: &Bound) -> Bound {
    let on = shared(left, right);
    let mut vars = left.vars.clone();
    let mut keep: Vec<Column> = (0..vars.len()).collect();
    for (column, var) in right.vars.iter().enumerate() {
        if left.column(*var).is_none() {
            keep.push(left.vars.len() + column);
            vars.push(*var);
        }
    }
    Bound { node: builder.join(left.node, right.node, on, keep), vars }
}

fn shared(left: &Bound, right: &Bound) -> Vec<(Column, Column)> {
    right
        .vars
        .iter()
        .enumerate()
        .filter_map(|(column, var)| left.column(*var).map(|other| (other, column)))
        .collect()
}

fn equal<V>(operands: Type, left: Expr<V>, right: Expr<V>) -> Expr<V> {
    Expr::Binary { op: BinaryOp::Equal, operands, left: Box::new(left), right: Box::new(right) }
}
