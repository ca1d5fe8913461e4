//! The statements as a flat list, each with the blocks around it.

use floret_ir::{Diagnostics, IndexVec, Role, RoleId, Span};
use floret_lang::tree::{Statement, StatementKind};

use super::names::Names;
use crate::front::resolved::Home;

/// A statement with the role that its block sets.
pub(super) struct Item<'t> {
    pub home: Home,
    /// The innermost `monotone { ... }` around it.
    pub monotone: Option<Span>,
    pub statement: &'t Statement,
}

/// Enters all roles, those in blocks too.
pub(super) fn declare_roles(
    statements: &[Statement],
    names: &mut Names,
    roles: &mut IndexVec<RoleId, Role>,
    sink: &mut Diagnostics,
) {
    for statement in statements {
        if let StatementKind::Role { name, durable } = &statement.kind {
            if names.declare(name, sink) {
                let id = roles.push(Role {
                    name: name.text.clone(),
                    implicit: false,
                    durable: durable.is_some(),
                    span: name.span,
                });
                names.add_role(&name.text, id);
            }
        } else if let StatementKind::On { statements, .. } | StatementKind::Monotone(statements) =
            &statement.kind
        {
            declare_roles(statements, names, roles, sink);
        }
    }
}

/// All statements, those in blocks too; the blocks stay in the list before what they hold.
pub(super) fn flatten<'t>(
    statements: &'t [Statement],
    names: &Names,
    sink: &mut Diagnostics,
) -> Vec<Item<'t>> {
    let mut items = Vec::new();
    flatten_into(statements, Home::Unwritten, None, names, &mut items, sink);
    items
}

fn flatten_into<'t>(
    statements: &'t [Statement],
    home: Home,
    monotone: Option<Span>,
    names: &Names,
    items: &mut Vec<Item<'t>>,
    sink: &mut Diagnostics,
) {
    for statement in statements {
        items.push(Item { home, monotone, statement });
        if let StatementKind::On { role, statements } = &statement.kind {
            let home = names.role(role, sink).map_or(Home::Unknown, |id| Home::At(id, role.span));
            flatten_into(statements, home, monotone, names, items, sink);
        } else if let StatementKind::Monotone(statements) = &statement.kind {
            flatten_into(statements, home, Some(statement.span), names, items, sink);
        }
    }
}
