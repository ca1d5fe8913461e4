//! What becomes of the assignments of a body: each derives a head row, is in error, or nothing.

use std::collections::BTreeSet;

use floret_ir::{Expr, Literal, Rule, Site, Value, VarId, evaluate};

use crate::body::{Bindings, none_matches};
use crate::content::Content;
use crate::head::{HeadRow, head_row};

/// The judgement of an assignment.
pub(crate) enum Judgement {
    /// Some literal is false.
    Nothing,
    /// All literals that have a value hold, and some expression has none.
    Error,
    /// All literals hold; this is the head (for aggregates with the arguments' values), and this the assignment.
    Derives(HeadRow, Bindings),
}

/// An assignment on the way: what its variables are, and whether some literal has no value. (One with a false literal
/// is not kept.)
#[derive(Clone)]
struct Partial {
    bindings: Bindings,
    in_error: bool,
}

/// Judges all assignments that an assignment to the positive atoms becomes by unnesting. `let`s and unnestings go first,
/// in their order, so that the order of the other literals is of no importance; one without a value leaves its variable
/// without one.
pub(crate) fn judge(rule: &Rule, atoms: &Bindings, content: &Content, site: &Site) -> Vec<Judgement> {
    let mut partials = vec![Partial { bindings: atoms.clone(), in_error: false }];
    for literal in &rule.body {
        match literal {
            Literal::Let { var, value, .. } => {
                partials = bind_each(partials, *var, |bindings| Some(vec![value_of(value, bindings, site)?]));
            }
            Literal::Unnest { var, value, .. } => {
                partials = bind_each(partials, *var, |bindings| elements(value_of(value, bindings, site)?));
            }
            Literal::Atom(_) | Literal::Negation(_) | Literal::Condition { .. } => {}
        }
    }
    partials.into_iter().map(|partial| conclude(rule, partial, content, site)).collect()
}

/// Binds a variable to each of the values that `values` makes of the other variables. Where it is bound already, it must
/// be one of them.
fn bind_each(
    partials: Vec<Partial>,
    var: VarId,
    values: impl Fn(&Bindings) -> Option<Vec<Value>>,
) -> Vec<Partial> {
    let mut bound = Vec::new();
    for partial in partials {
        let Some(values) = values(&partial.bindings) else {
            bound.push(Partial { in_error: true, ..partial });
            continue;
        };
        for value in values {
            let mut next = partial.clone();
            if *next.bindings[var].get_or_insert_with(|| value.clone()) == value {
                bound.push(next);
            }
        }
    }
    bound
}

/// What `x in value` ranges over: each element once.
fn elements(value: Value) -> Option<Vec<Value>> {
    match value {
        Value::List(elements) => {
            Some(elements.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect())
        }
        Value::Set(elements) | Value::Variant(_, elements) => Some(elements.to_vec()),
        Value::Map(pairs) => {
            Some(pairs.iter().map(|(key, of)| Value::tuple([key.clone(), of.clone()])).collect())
        }
        Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::String(_)
        | Value::Address(_)
        | Value::Bytes(_)
        | Value::Time(_)
        | Value::Duration(_)
        | Value::Tuple(_) => None,
    }
}

fn conclude(rule: &Rule, partial: Partial, content: &Content, site: &Site) -> Judgement {
    let Partial { bindings, mut in_error } = partial;
    for literal in &rule.body {
        let holds = match literal {
            Literal::Atom(_) | Literal::Let { .. } | Literal::Unnest { .. } => Some(true),
            Literal::Negation(atom) => none_matches(atom, &bindings, content),
            Literal::Condition { expr, .. } => match value_of(expr, &bindings, site) {
                Some(Value::Bool(holds)) => Some(holds),
                Some(_) | None => None,
            },
        };
        match holds {
            Some(true) => {}
            Some(false) => return Judgement::Nothing,
            None => in_error = true,
        }
    }
    match head_row(&rule.head, &bindings, site) {
        Ok(row) if !in_error => Judgement::Derives(row, bindings),
        Ok(_) | Err(_) => Judgement::Error,
    }
}

fn value_of(expr: &Expr<VarId>, bindings: &Bindings, site: &Site) -> Option<Value> {
    evaluate(expr, &|v: &VarId| bindings[*v].as_ref(), site).ok()
}
