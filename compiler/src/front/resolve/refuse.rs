//! Statements that later versions bring: refused by name, and what they declare causes no more messages.

use floret_ir::Diagnostics;
use floret_lang::tree::{Statement, StatementKind};

use crate::front::findings::NotYet;

/// Refuses the statement, if it is one that comes later.
pub(super) fn statement(statement: &Statement, sink: &mut Diagnostics) {
    match &statement.kind {
        StatementKind::Test { name, .. } => sink.push(NotYet::new("tests in a program (`test`)", name.span)),
        // Modules were expanded before, and seals written out.
        StatementKind::Use { .. }
        | StatementKind::Module { .. }
        | StatementKind::Seal(_)
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
        | StatementKind::Confluent(_)
        | StatementKind::Monotone(_)
        | StatementKind::On { .. }
        // Compiled apart, over the rows of all nodes.
        | StatementKind::Invariant { .. }
        | StatementKind::Fact(_)
        | StatementKind::Rule(_) => {}
    }
}
