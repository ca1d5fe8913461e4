//! Rule bodies: joins, lets, unnestings, conditions and negations.

use floret_ir::plan::Mapping;
use floret_ir::{Atom, Column, Expr, Rule, Scalar, Term, VarId};

use super::builder::Builder;
use super::literals::{Binding, Literals, Split, equal};

/// An operator whose column `i` is the variable `vars[i]`.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    pub(super) node: floret_ir::NodeId,
    pub(super) vars: Vec<VarId>,
}

impl Bound {
    pub(super) fn column(&self, var: VarId) -> Option<Column> {
        self.vars.iter().position(|bound| *bound == var)
    }

    /// An expression of the rule over the columns.
    pub(super) fn scalar(&self, expr: &Expr<VarId>) -> Scalar {
        scalar(expr, &self.vars)
    }

    fn binds_all(&self, expr: &Expr<VarId>) -> bool {
        expr.vars().iter().all(|var| self.vars.contains(var))
    }
}

/// `expr` over columns: variable `vars[i]` is column `i`. Checked rules bind every variable they use.
fn scalar(expr: &Expr<VarId>, vars: &[VarId]) -> Scalar {
    expr.map_vars(&mut |var| Expr::Var(vars.iter().position(|bound| bound == var).unwrap_or(vars.len())))
}

/// The positive atoms joined, and all literals applied that always have a value.
pub(super) fn base(builder: &mut Builder, rule: &Rule, split: &Split) -> Bound {
    let mut atoms = rule.positive_atoms();
    let mut bound = match atoms.next() {
        Some(first) => atom(builder, first),
        None => Bound { node: builder.unit(), vars: Vec::new() },
    };
    let mut pending = split.sure.bindings.clone();
    unnest_early(builder, &mut bound, &mut pending);
    for next in atoms {
        let right = atom(builder, next);
        bound = join(builder, &bound, &right);
        unnest_early(builder, &mut bound, &mut pending);
    }
    literals(builder, bound, &pending, &split.sure)
}

/// Applies the literals that may have no value; assignments in error are dropped.
pub(super) fn complete(builder: &mut Builder, base: &Bound, split: &Split) -> Bound {
    literals(builder, base.clone(), &split.risky.bindings, &split.risky)
}

/// Applies the unnestings whose collections are known by now, with the lets that those need: their elements are keys to
/// join on.
fn unnest_early(builder: &mut Builder, bound: &mut Bound, pending: &mut Vec<Binding>) {
    loop {
        let ready = pending.iter().position(|binding| match binding {
            Binding::Unnest(_, value) => bound.binds_all(value),
            Binding::Let(_, value) => bound.binds_all(value) && feeds_unnesting(binding, pending),
        });
        let Some(ready) = ready else { return };
        match pending.remove(ready) {
            Binding::Unnest(var, value) => *bound = unnest(builder, bound, &[], var, value),
            Binding::Let(var, value) => *bound = with_lets(builder, bound, &[(var, value)], &[]),
        }
    }
}

/// Whether an unnesting that is still to come uses the let's variable, perhaps through other lets.
fn feeds_unnesting(of: &Binding, pending: &[Binding]) -> bool {
    let Binding::Let(var, _) = of else { return false };
    pending.iter().any(|other| match other {
        Binding::Unnest(_, value) => value.vars().contains(var),
        // What a binding uses is bound earlier, so this comes to an end.
        Binding::Let(_, value) => value.vars().contains(var) && feeds_unnesting(other, pending),
    })
}

/// Applies these bindings, then the conditions and negations.
fn literals(builder: &mut Builder, bound: Bound, bindings: &[Binding], literals: &Literals) -> Bound {
    let mut bound = bound;
    let mut lets: Vec<(VarId, &Expr<VarId>)> = Vec::new();
    for binding in bindings {
        match binding {
            Binding::Let(var, value) => lets.push((*var, *value)),
            Binding::Unnest(var, value) => {
                bound = with_lets(builder, &bound, &std::mem::take(&mut lets), &[]);
                bound = unnest(builder, &bound, &[], *var, value);
            }
        }
    }
    bound = with_lets(builder, &bound, &lets, &literals.conditions);
    for negation in &literals.negations {
        let right = atom(builder, negation);
        let on = shared(&bound, &right);
        bound.node = builder.antijoin(bound.node, right.node, on);
    }
    bound
}

/// The rows with these lets as columns, where these conditions hold.
fn with_lets(
    builder: &mut Builder,
    bound: &Bound,
    lets: &[(VarId, &Expr<VarId>)],
    conditions: &[Expr<VarId>],
) -> Bound {
    if lets.is_empty() && conditions.is_empty() {
        return bound.clone();
    }
    let lets: Vec<_> = lets.iter().map(|(var, value)| (*var, (*value).clone())).collect();
    let (mut mapping, vars) = mapping(bound, &lets, conditions);
    mapping.columns = (0..vars.len()).map(Expr::Var).collect();
    Bound { node: builder.map(bound.node, mapping), vars }
}

/// The rows once per element of a value over the columns and `lets`. Rows for which it has none are dropped, as are those
/// of whose elements none is the variable's value, if it has one already. The lets are no columns of the result.
pub(super) fn unnest(
    builder: &mut Builder,
    bound: &Bound,
    lets: &[(VarId, Expr<VarId>)],
    var: VarId,
    value: &Expr<VarId>,
) -> Bound {
    let width = bound.vars.len();
    let (mut mapping, vars) = mapping(bound, lets, &[]);
    mapping.columns = (0..width).map(Expr::Var).chain([scalar(value, &vars)]).collect();
    let collected = builder.map(bound.node, mapping);
    let elements = builder.unnest(collected, Expr::Var(width));
    let mut mapping = Mapping { columns: (0..width).map(Expr::Var).collect(), ..Mapping::default() };
    let mut vars = bound.vars.clone();
    match bound.column(var) {
        Some(column) => {
            let ty = builder.columns(elements)[column];
            mapping.conditions.push(equal(ty, Expr::Var(column), Expr::Var(width + 1)));
        }
        None => {
            mapping.columns.push(Expr::Var(width + 1));
            vars.push(var);
        }
    }
    Bound { node: builder.map(elements, mapping), vars }
}

/// A mapping without columns yet over `bound`, and the variables that its columns and lets are.
pub(super) fn mapping(
    bound: &Bound,
    lets: &[(VarId, Expr<VarId>)],
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
