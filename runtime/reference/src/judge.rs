//! What becomes of one assignment: it derives a head row, is in error, or nothing.

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
    /// All literals hold; this is the head (for aggregates with the arguments' values).
    Derives(HeadRow),
}

/// Judges an assignment to the positive atoms. The `let`s go first, so that the order of the other literals is of no
/// importance; a `let` without a value leaves its variable without one.
pub(crate) fn judge(rule: &Rule, atoms: &Bindings, content: &Content, site: &Site) -> Judgement {
    let mut bindings = atoms.clone();
    // Whether each literal holds; `None`: it has no value.
    let mut literals: Vec<Option<bool>> = Vec::new();
    for literal in &rule.body {
        if let Literal::Let { var, value, .. } = literal {
            let value = evaluate(value, &|v: &VarId| bindings[*v].as_ref(), site).ok();
            literals.push(value.map(|value| {
                // An atom may have bound the variable too: then both must agree.
                let bound = bindings[*var].get_or_insert_with(|| value.clone());
                *bound == value
            }));
        }
    }
    for literal in &rule.body {
        match literal {
            Literal::Atom(_) | Literal::Let { .. } => {}
            Literal::Negation(atom) => literals.push(none_matches(atom, &bindings, content)),
            Literal::Condition { expr, .. } => literals.push(truth(expr, &bindings, site)),
        }
    }
    if literals.contains(&Some(false)) {
        return Judgement::Nothing;
    }
    match head_row(&rule.head, &bindings, site) {
        Ok(row) if !literals.contains(&None) => Judgement::Derives(row),
        Ok(_) | Err(_) => Judgement::Error,
    }
}

fn truth(expr: &Expr<VarId>, bindings: &Bindings, site: &Site) -> Option<bool> {
    match evaluate(expr, &|v: &VarId| bindings[*v].as_ref(), site) {
        Ok(Value::Bool(holds)) => Some(holds),
        Ok(_) | Err(_) => None,
    }
}
