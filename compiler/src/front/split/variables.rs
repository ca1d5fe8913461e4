//! The variables of expressions, and what stands for the rule's own node and tick at other nodes.

use std::collections::BTreeSet;

use floret_ir::Span;
use floret_lang::tree::{Call, Expr, ExprKind, Name, Path};

use super::names::Names;

/// The rule's own node, where a later step needs it.
pub(in crate::front) const OWN: &str = "$self";
/// The time of the tick in which the rule starts, where a later step needs it.
pub(super) const NOW: &str = "$now";

/// A variable as an expression.
pub(in crate::front) fn variable(name: &str, span: Span) -> Expr {
    let path = Path { parts: vec![Name { text: name.to_owned(), span }], span };
    Expr { kind: ExprKind::Path(path), span }
}

/// Adds the variables of an expression. `self` and `now()` count as the variables that carry them on.
pub(in crate::front) fn collect(expr: &Expr, names: &Names, into: &mut BTreeSet<String>) {
    match &expr.kind {
        ExprKind::Path(path) => {
            if let [name] = path.parts.as_slice()
                && !names.is_value(&name.text)
            {
                into.insert(name.text.clone());
            }
        }
        ExprKind::SelfNode => {
            into.insert(OWN.to_owned());
        }
        ExprKind::Call(call) if is_now(call) => {
            into.insert(NOW.to_owned());
        }
        ExprKind::Index(base, index) => {
            let is_role = matches!(&base.kind, ExprKind::Path(path)
                if matches!(path.parts.as_slice(), [name] if names.is_role_name(&name.text)));
            if !is_role {
                collect(base, names, into);
            }
            collect(index, names, into);
        }
        ExprKind::Match(value, arms) => {
            collect(value, names, into);
            for (pattern, result) in arms {
                let (mut bound, mut used) = (BTreeSet::new(), BTreeSet::new());
                collect(pattern, names, &mut bound);
                collect(result, names, &mut used);
                into.extend(used.difference(&bound).cloned());
            }
        }
        kind => kind.children().into_iter().for_each(|child| collect(child, names, into)),
    }
}

fn is_now(call: &Call) -> bool {
    call.args.is_empty() && matches!(call.path.parts.as_slice(), [name] if name.text == "now")
}

/// Puts the carried variables in the place of `self` and `now()`.
pub(in crate::front) fn carry(expr: &mut Expr) {
    let carried = match &expr.kind {
        ExprKind::SelfNode => Some(OWN),
        ExprKind::Call(call) if is_now(call) => Some(NOW),
        _ => None,
    };
    match carried {
        Some(name) => *expr = variable(name, expr.span),
        None => expr.kind.children_mut().into_iter().for_each(carry),
    }
}
