//! The head of a random rule.

use super::Choices;
use super::expr::{self, Scope, bounded, constant};
use super::schema::{Collection, Kind, Schema, Ty};

/// The head's text; `None` if a column can't be filled.
pub fn text(
    schema: &Schema,
    head: &Collection,
    role: usize,
    op: &str,
    aggregate: bool,
    choices: &mut Choices<'_>,
    scope: &Scope,
) -> Option<String> {
    // Usually the last column that can be one is an aggregate, at times several are.
    let able = |ty: Ty| !matches!(ty, Ty::Node(_));
    let last = head.columns.iter().rposition(|ty| able(*ty));
    let key = head.key.unwrap_or(head.columns.len());
    let mut terms = Vec::new();
    for (i, ty) in head.columns.iter().enumerate() {
        let merges = i >= key && ty.is_lattice();
        let term = if aggregate && able(*ty) && (last == Some(i) || choices.chance(25)) {
            aggregated(ty.carrier(), choices, scope)?
        } else if op == "<-" && i >= key && (merges || choices.chance(60)) {
            "_".into()
        } else if merges {
            merged(schema, *ty, choices, scope)?
        } else {
            plain(schema, ty.carrier(), role, choices, scope)?
        };
        terms.push(term);
    }
    let place = if head.kind == Kind::Channel {
        place(schema, head.role, role, choices, scope)
    } else {
        String::new()
    };
    Some(format!("{}{place}({})", head.name, terms.join(", ")))
}

/// An aggregate with a result of this type.
fn aggregated(ty: Ty, choices: &mut Choices<'_>, scope: &Scope) -> Option<String> {
    let bound: Vec<&str> = scope.bound.iter().map(|(name, _)| name.as_str()).collect();
    let by = choices.pick(&bound).copied();
    let ints = scope.of(Ty::Int);
    let x = choices.pick(&scope.of(ty)).copied();
    let n = choices.pick(&ints).copied();
    let mut forms = Vec::new();
    if ty == Ty::Int {
        forms.push("count()".to_owned());
        forms.extend(by.map(|by| format!("count({by})")));
        forms.extend(x.map(|x| format!("sum({x})")));
    }
    if ty == Ty::Float {
        forms.extend(n.map(|n| format!("avg({n})")));
        forms.extend(x.map(|x| format!("sum({x})")));
        forms.extend(x.map(|x| format!("avg({x})")));
    }
    if ty == Ty::Set {
        forms.extend(n.map(|n| format!("collect({n})")));
    }
    if let Some(x) = x {
        forms.extend(["min", "max", "any"].map(|kind| format!("{kind}({x})")));
        let by = by.unwrap_or(x);
        forms.extend(["arg_min", "arg_max"].map(|kind| format!("{kind}({x}, {by})")));
    }
    choices.pick(&forms).cloned()
}

/// What goes into a lattice column: mostly what follows the growth of what it is made of.
fn merged(schema: &Schema, ty: Ty, choices: &mut Choices<'_>, scope: &Scope) -> Option<String> {
    let known = scope.of(ty.carrier());
    let how = choices.below(8);
    let Some(x) = choices.pick(&known) else { return constant(ty, choices) };
    Some(match (how, ty) {
        (0..=3, _) => expr::small(x, ty),
        (4, Ty::Max | Ty::Min | Ty::High) => format!("{x} + 1"),
        (5, Ty::Max | Ty::Min | Ty::High) => {
            format!("{}({x}, {})", ["greatest", "least"][choices.below(2)], choices.pick(&known)?)
        }
        (4 | 5, Ty::Set) => {
            format!("{}({x}, {})", ["union", "intersection"][choices.below(2)], choices.pick(&known)?)
        }
        (6, _) => constant(ty, choices)?,
        _ => {
            let n = expr::expr(schema, scope, Ty::Bool, 1, choices)?;
            format!("if {n} then {x} else {}", constant(ty, choices)?)
        }
    })
}

fn plain(schema: &Schema, ty: Ty, role: usize, choices: &mut Choices<'_>, scope: &Scope) -> Option<String> {
    let known = scope.of(ty);
    if let Ty::Node(of) = ty {
        return match choices.pick(&known) {
            Some(node) => Some((*node).to_owned()),
            None if scope.sender => Some("sender".into()),
            None if of == role => Some("self".into()),
            None => schema.roles.get(of).map(|name| format!("{name}[0]")),
        };
    }
    match (choices.below(8), choices.pick(&known)) {
        (0..=4, Some(x)) => Some(expr::small(x, ty)),
        (5 | 6, _) => match ty {
            // Times and bytes have no small bound to keep them in.
            Ty::Time | Ty::Bytes | Ty::Map => constant(ty, choices),
            _ => Some(bounded(expr::expr(schema, scope, ty, 2, choices)?, ty)),
        },
        _ => constant(ty, choices),
    }
}

/// A place of a role, as `@...`; nothing without roles.
pub fn place(schema: &Schema, of: usize, role: usize, choices: &mut Choices<'_>, scope: &Scope) -> String {
    let Some(name) = schema.roles.get(of) else { return String::new() };
    let nodes = scope.of(Ty::Node(of));
    if let Some(node) = choices.pick(&nodes) {
        return format!("@{node}");
    }
    match choices.pick(&scope.of(Ty::Int)) {
        Some(x) if choices.chance(70) => format!("@{name}[{x}]"),
        _ if of == role && choices.chance(30) => "@self".into(),
        _ => format!("@{name}[0]"),
    }
}
