//! Statements that later versions bring: refused by name, and what they declare causes no more messages.

use floret_ir::Diagnostics;
use floret_lang::tree::{Name, Statement, StatementKind};

use super::names::Names;
use crate::front::findings::{NameKind, NotYet};

/// Refuses the attributes of a statement.
pub(super) fn attributes(statement: &Statement, names: &Names, sink: &mut Diagnostics) {
    for attribute in &statement.attributes {
        if attribute.name.text == "accept" {
            sink.push(NotYet::new("the attribute `@accept`", attribute.name.span));
        } else {
            names.unknown(NameKind::Attribute, &attribute.name.text, attribute.name.span, sink);
        }
    }
}

/// Refuses the statement, if it is one that comes later.
pub(super) fn statement(statement: &Statement, names: &mut Names, sink: &mut Diagnostics) {
    let mut refuse = |construct: &str, name: &Name| {
        names.refuse(&name.text);
        sink.push(NotYet::new(construct, name.span));
    };
    match &statement.kind {
        StatementKind::Const { name, .. } => refuse("`const`", name),
        StatementKind::Param { name, .. } => refuse("`param`", name),
        StatementKind::Function { name, .. } => refuse("functions of the program (`fn`)", name),
        StatementKind::Struct { name, .. } => refuse("`struct` types", name),
        StatementKind::Lattice { name, .. } => refuse("lattice types (`lattice`)", name),
        StatementKind::Enum { name, variants } => {
            refuse("`enum` types", name);
            for (variant, _) in variants {
                names.refuse(&variant.text);
            }
        }
        StatementKind::Seal(rule) => sink.push(NotYet::new("seals (`seal`)", rule.head.span)),
        StatementKind::Confluent(path) => sink.push(NotYet::new("the assertion `confluent`", path.span)),
        StatementKind::Invariant { name, .. } => sink.push(NotYet::new("invariants", name.span)),
        StatementKind::Test { name, .. } => sink.push(NotYet::new("tests in a program (`test`)", name.span)),
        StatementKind::Monotone(_) => sink.push(NotYet::new("the assertion `monotone`", statement.span)),
        // Modules were expanded before.
        StatementKind::Use { .. }
        | StatementKind::Module { .. }
        | StatementKind::Role { .. }
        | StatementKind::Timer { .. }
        | StatementKind::Collection(_)
        | StatementKind::Output(_)
        | StatementKind::On { .. }
        | StatementKind::Fact(_)
        | StatementKind::Rule(_) => {}
    }
}
