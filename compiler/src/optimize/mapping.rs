//! Algebra of mappings.

use std::collections::BTreeSet;

use floret_ir::plan::Mapping;
use floret_ir::{Column, Expr, Scalar, Value};

/// Lets deeper than this are not put into the expressions that use them, so that expressions stay shallow.
const INLINE_DEPTH: usize = 16;

/// The mapping that keeps these columns.
pub(super) fn projection(columns: impl IntoIterator<Item = Column>) -> Mapping {
    Mapping { columns: columns.into_iter().map(Expr::Var).collect(), ..Mapping::default() }
}

/// The mapping that keeps rows of this width where all of `conditions` hold.
pub(super) fn filter(width: usize, conditions: Vec<Scalar>) -> Mapping {
    Mapping { conditions, ..projection(0..width) }
}

/// If the mapping only picks columns: which.
pub(super) fn picked(mapping: &Mapping) -> Option<Vec<Column>> {
    if !mapping.lets.is_empty() || !mapping.conditions.is_empty() {
        return None;
    }
    mapping
        .columns
        .iter()
        .map(|column| match column {
            Expr::Var(column) => Some(*column),
            Expr::Const(_)
            | Expr::SelfAddress(_)
            | Expr::Member { .. }
            | Expr::Unary { .. }
            | Expr::Binary { .. }
            | Expr::If { .. }
            | Expr::Param { .. }
            | Expr::Construct { .. }
            | Expr::Project { .. }
            | Expr::Call { .. } => None,
        })
        .collect()
}

/// The scalar over other columns.
pub(super) fn renamed(scalar: &Scalar, to: &impl Fn(Column) -> Column) -> Scalar {
    scalar.map_vars(&mut |column| Expr::Var(to(*column)))
}

/// The mapping over an input of another width whose column `to(c)` holds what column `c` held.
pub(super) fn reindexed(
    mapping: &Mapping,
    width: usize,
    new_width: usize,
    to: impl Fn(Column) -> Column,
) -> Mapping {
    let to = |column: Column| if column < width { to(column) } else { column - width + new_width };
    rename_all(mapping, &to)
}

fn rename_all(mapping: &Mapping, to: &impl Fn(Column) -> Column) -> Mapping {
    let all = |scalars: &[Scalar]| scalars.iter().map(|scalar| renamed(scalar, to)).collect();
    Mapping { lets: all(&mapping.lets), conditions: all(&mapping.conditions), columns: all(&mapping.columns) }
}

/// Which of the input's columns (of `width`) the mapping reads.
pub(super) fn reads(mapping: &Mapping, width: usize) -> BTreeSet<Column> {
    let all = mapping.lets.iter().chain(&mapping.conditions).chain(&mapping.columns);
    all.flat_map(Expr::vars).filter(|column| *column < width).collect()
}

/// `outer` after `inner`, over `inner`'s input of `width` columns.
pub(super) fn compose(inner: &Mapping, width: usize, outer: &Mapping) -> Mapping {
    let mut lets = inner.lets.clone();
    let mut given: Vec<Scalar> = Vec::new();
    for column in &inner.columns {
        if is_plain(column) {
            given.push(column.clone());
        } else {
            // As a let it is computed once, and still drops the row if it has no value, used or not.
            given.push(Expr::Var(width + lets.len()));
            lets.push(column.clone());
        }
    }
    let (outer_width, offset) = (inner.columns.len(), width + lets.len());
    let over = |scalar: &Scalar| {
        scalar.map_vars(&mut |column| match given.get(*column) {
            Some(scalar) => scalar.clone(),
            None => Expr::Var(column - outer_width + offset),
        })
    };
    let outer_lets: Vec<Scalar> = outer.lets.iter().map(over).collect();
    let mapping = Mapping {
        lets: lets.into_iter().chain(outer_lets).collect(),
        conditions: inner.conditions.iter().cloned().chain(outer.conditions.iter().map(over)).collect(),
        columns: outer.columns.iter().map(over).collect(),
    };
    simplify(&mapping, width)
}

/// Costs nothing and always has a value.
fn is_plain(scalar: &Scalar) -> bool {
    match scalar {
        Expr::Const(_) | Expr::Param { .. } | Expr::Var(_) | Expr::SelfAddress(_) => true,
        Expr::Member { .. }
        | Expr::Construct { .. }
        | Expr::Project { .. }
        | Expr::Unary { .. }
        | Expr::Binary { .. }
        | Expr::If { .. }
        | Expr::Call { .. } => false,
    }
}

/// The same mapping (input of `width` columns) without idle lets and conditions.
pub(super) fn simplify(mapping: &Mapping, width: usize) -> Mapping {
    let mut mapping = mapping.clone();
    mapping.conditions.retain(|condition| *condition != Expr::Const(Value::Bool(true)));
    let mut seen = Vec::new();
    mapping.conditions.retain(|condition| {
        let fresh = !seen.contains(condition);
        seen.push(condition.clone());
        fresh
    });
    let mapping = without_idle_lets(&mapping, width);
    inline_lets(&mapping, width)
}

/// Without lets that nothing uses and that always have a value.
fn without_idle_lets(mapping: &Mapping, width: usize) -> Mapping {
    let mut used: BTreeSet<Column> =
        mapping.conditions.iter().chain(&mapping.columns).flat_map(Expr::vars).collect();
    let mut kept = BTreeSet::new();
    for (index, value) in mapping.lets.iter().enumerate().rev() {
        if used.contains(&(width + index)) || value.is_fallible() {
            used.extend(value.vars());
            kept.insert(width + index);
        }
    }
    let kept_lets = mapping.lets.iter().enumerate().filter(|(index, _)| kept.contains(&(width + index)));
    let lets = kept_lets.map(|(_, value)| value.clone()).collect();
    let to = |column: Column| {
        if column < width { column } else { width + kept.range(..column).count() }
    };
    rename_all(&Mapping { lets, ..mapping.clone() }, &to)
}

/// Puts lets where they are used, if that neither repeats work nor lets an error go unnoticed.
fn inline_lets(mapping: &Mapping, width: usize) -> Mapping {
    let mut uses = vec![0_usize; width + mapping.lets.len()];
    for scalar in mapping.lets.iter().chain(&mapping.conditions).chain(&mapping.columns) {
        scalar.for_each_var(&mut |column| uses[*column] += 1);
    }
    let mut given: Vec<Scalar> = (0..width).map(Expr::Var).collect();
    let mut lets = Vec::new();
    for (index, value) in mapping.lets.iter().enumerate() {
        let column = width + index;
        let value = over(value, &given);
        // As a whole output column it drops the row without a value, as the let does.
        let is_column = uses[column] == 1 && mapping.columns.contains(&Expr::Var(column));
        let once = uses[column] == 1 && !value.is_fallible() && depth(&value) <= INLINE_DEPTH;
        if is_plain(&value) || is_column || once {
            given.push(value);
        } else {
            given.push(Expr::Var(width + lets.len()));
            lets.push(value);
        }
    }
    Mapping {
        lets,
        conditions: mapping.conditions.iter().map(|scalar| over(scalar, &given)).collect(),
        columns: mapping.columns.iter().map(|scalar| over(scalar, &given)).collect(),
    }
}

fn over(scalar: &Scalar, given: &[Scalar]) -> Scalar {
    scalar.map_vars(&mut |column| given[*column].clone())
}

fn depth(scalar: &Scalar) -> usize {
    1 + match scalar {
        Expr::Const(_) | Expr::Param { .. } | Expr::Var(_) | Expr::SelfAddress(_) => 0,
        Expr::Member { index: value, .. } | Expr::Unary { value, .. } | Expr::Project { value, .. } => {
            depth(value)
        }
        Expr::Binary { left, right, .. } => depth(left).max(depth(right)),
        Expr::If { condition, then, otherwise } => depth(condition).max(depth(then)).max(depth(otherwise)),
        Expr::Call { args, .. } | Expr::Construct { parts: args, .. } => {
            args.iter().map(depth).max().unwrap_or(0)
        }
    }
}

/// The condition over the input's columns alone, if it always has a value and is small: then it can be tried elsewhere.
pub(super) fn free_condition(mapping: &Mapping, condition: &Scalar, width: usize) -> Option<Scalar> {
    let free = if condition.vars().iter().all(|column| *column < width) {
        condition.clone()
    } else {
        let lets_over_inputs = mapping.lets.iter().all(|value| value.vars().iter().all(|c| *c < width));
        if !lets_over_inputs {
            return None;
        }
        condition.map_vars(&mut |column| {
            column.checked_sub(width).map_or(Expr::Var(*column), |index| mapping.lets[index].clone())
        })
    };
    (!free.is_fallible() && depth(&free) <= 2 * INLINE_DEPTH).then_some(free)
}
