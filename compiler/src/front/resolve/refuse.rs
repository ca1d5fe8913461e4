//! Statements that later versions bring: refused by name, and what they declare causes no more messages.

use floret_ir::Diagnostics;
use floret_lang::tree::{Statement, StatementKind};

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
pub(super) fn statement(statement: &Statement, sink: &mut Diagnostics) {
    match &statement.kind {
        StatementKind::Seal(rule) => sink.push(NotYet::new("seals (`seal`)", rule.head.span)),
        StatementKind::Confluent(path) => sink.push(NotYet::new("the assertion `confluent`", path.span)),
        StatementKind::Test { name, .. } => sink.push(NotYet::new("tests in a program (`test`)", name.span)),
        StatementKind::Monotone(_) => sink.push(NotYet::new("the assertion `monotone`", statement.span)),
        // Modules were expanded before.
        StatementKind::Use { .. }
        | StatementKind::Module { .. }
        | StatementKind::Role { .. }
        | StatementKind::Collection(_)
        | StatementKind::Timer { .. }
        | StatementKind::Const { .. }
        | StatementKind::Param { .. }
        | StatementKind::Function { .. }
        | StatementKind::Struct { .. }
        | StatementKind::Enum { .. }
        | StatementKind::Lattice { .. }
        | StatementKind::Output(_)
        | StatementKind::On { .. }
        // Compiled apart, over the rows of all nodes.
        | StatementKind::Invariant { .. }
        | StatementKind::Fact(_)
        | StatementKind::Rule(_) => {}
    }
}
