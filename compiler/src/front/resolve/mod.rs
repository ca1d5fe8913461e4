//! Names: tells apart what the tree calls, gives everything an id, makes undeclared heads views, and refuses what the
//! language has and the compiler doesn't.

mod args;
mod collection;
mod declared;
mod definitions;
mod expr;
mod fact;
mod head;
mod infer;
mod items;
mod names;
mod patterns;
mod promises;
pub(in crate::front) mod report;
mod rule;
mod sender;
mod types;

use floret_ir::{Diagnostics, FileId, IndexVec, RelationId, Role, Span, Type};
use floret_lang::tree::{StatementKind, Tree};

use super::resolved::{Relation, Resolved};
pub(super) use declared::{TYPE_DEPTH, TYPE_LIMIT};
pub(super) use expr::constructor_name;
use names::{NamedType, Names};
pub(crate) use names::{is_aggregate, is_builtin};

/// Resolves a program. `incomplete`: some of its statements could not be read. `types`: known without a declaration.
pub(super) fn resolve(
    tree: &Tree,
    file: FileId,
    incomplete: bool,
    types: &[(String, Type)],
    sink: &mut Diagnostics,
) -> Resolved {
    let mut names = Names::new(incomplete);
    for (name, ty) in types {
        names.add_type(name, NamedType { ty: *ty, lattice: None, is_lattice: false });
    }
    let mut resolved = Resolved { incomplete, ..Resolved::default() };
    items::declare_roles(&tree.statements, &mut names, &mut resolved.roles, sink);
    if resolved.roles.is_empty() {
        let span = Span { file, start: 0, end: 0 };
        resolved.roles.push(Role { name: "Node".into(), implicit: true, durable: false, span });
    }
    let items = items::flatten(&tree.statements, &names, sink);
    resolved.lattices = declared::declare(&items, &mut names, sink);
    definitions::define(&items, &mut names, &mut resolved, sink);
    for item in &items {
        let (name, relation) = match &item.statement.kind {
            StatementKind::Collection(collection) if names.declare(&collection.name, sink) => {
                (&collection.name, collection::declare(collection, item.home, &names, sink))
            }
            StatementKind::Timer { name, every, on } if names.declare(name, sink) => {
                (name, collection::timer(name, every, on.as_ref(), item.home, &names, sink))
            }
            _ => continue,
        };
        let id = resolved.relations.push(relation);
        names.add_relation(&name.text, id);
    }
    infer::views(&items, &mut names, &mut resolved.relations, sink);
    let mut promises = promises::Collector::default();
    for item in &items {
        promises.statement(item, &names, sink);
        match &item.statement.kind {
            StatementKind::Confluent(path) => promises.confluent(path, &names, sink),
            StatementKind::Output(path) => mark_output(path, &names, &mut resolved.relations, sink),
            StatementKind::Fact(call) => {
                resolved.facts.extend(fact::resolve(call, item.home, &mut names, &resolved.relations, sink));
            }
            StatementKind::Rule(rule) => {
                let span = item.statement.span;
                let rule = rule::resolve(rule, item.home, span, &mut names, &resolved.relations, sink);
                resolved.rules.push(rule);
            }
            // Done above: declared or refused.
            StatementKind::Role { .. }
            | StatementKind::Collection(_)
            | StatementKind::Timer { .. }
            | StatementKind::On { .. }
            | StatementKind::Monotone(_)
            | StatementKind::Seal(_)
            | StatementKind::Const { .. }
            | StatementKind::Param { .. }
            | StatementKind::Function { .. }
            | StatementKind::Struct { .. }
            | StatementKind::Enum { .. }
            | StatementKind::Lattice { .. }
            | StatementKind::Use { .. }
            | StatementKind::Module { .. }
            | StatementKind::Invariant { .. }
            | StatementKind::Test { .. } => {}
        }
    }
    resolved.about_order = promises.finish(&resolved.rules);
    sender::resolve(&mut resolved.rules, &mut resolved.relations, sink);
    let made = names.into_made();
    (resolved.locals, resolved.holes) = (made.locals, made.holes);
    resolved
}

fn mark_output(
    path: &floret_lang::tree::Path,
    names: &Names,
    relations: &mut IndexVec<RelationId, Relation>,
    sink: &mut Diagnostics,
) {
    let Some(name) = names.single(path, sink) else { return };
    match names.relation(&name.text) {
        Some(id) => relations[id].output = true,
        None if names.is_refused(&name.text) || names.incomplete => {}
        None => names.unknown(super::findings::NameKind::Collection, &name.text, name.span, sink),
    }
}
