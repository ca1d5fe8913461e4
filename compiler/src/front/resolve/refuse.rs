//! Statements that later versions bring: refused by name, and what they declare causes no more messages.

use floret_ir::Diagnostics;
use floret_lang::tree::{Name, Statement, StatementKind, UseTarget};

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
        StatementKind::Module { name, .. } => refuse("modules (`module`)", name),
        StatementKind::Use { target, alias, .. } => {
            if let Some(name) = alias {
                names.refuse(&name.text);
            }
            match target {
                UseTarget::File(file) => {
                    let stem = file.text.rsplit('/').next().unwrap_or_default().trim_end_matches(".flo");
                    names.refuse(stem);
                }
                UseTarget::Path(path) => {
                    for part in &path.parts {
                        names.refuse(&part.text);
                    }
                }
            }
            sink.push(NotYet::new("modules (`use`)", statement.span));
        }
        StatementKind::Seal(rule) => sink.push(NotYet::new("seals (`seal`)", rule.head.span)),
        StatementKind::Confluent(path) => sink.push(NotYet::new("the assertion `confluent`", path.span)),
        StatementKind::Invariant { name, .. } => sink.push(NotYet::new("invariants", name.span)),
        StatementKind::Test { name, .. } => sink.push(NotYet::new("tests in a program (`test`)", name.span)),
        StatementKind::Monotone(_) => sink.push(NotYet::new("the assertion `monotone`", statement.span)),
        StatementKind::Role { .. }
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
        | StatementKind::Fact(_)
        | StatementKind::Rule(_) => {}
    }
}
