//! Undeclared heads of `<=` rules: they are views.

use std::collections::HashSet;

use floret_ir::{Diagnostics, IndexVec, RelationId, RelationKind, RuleOp};
use floret_lang::tree::{Arg, ExprKind, Name, StatementKind};

use super::items::Item;
use super::names::Names;
use crate::front::resolved::{Column, ColumnType, Home, Relation};

/// Makes a view of each undeclared head. Its first head gives it its columns.
pub(super) fn views(
    items: &[Item<'_>],
    names: &mut Names,
    relations: &mut IndexVec<RelationId, Relation>,
    sink: &mut Diagnostics,
) {
    for item in items {
        let StatementKind::Rule(rule) = &item.statement.kind else { continue };
        let [name] = rule.head.path.parts.as_slice() else { continue };
        if rule.op != RuleOp::Now || is_taken(name, names) || !names.declare(name, sink) {
            continue;
        }
        let id = relations.push(Relation {
            name: name.text.clone(),
            kind: RelationKind::View,
            columns: columns(&rule.head.args),
            key: None,
            home: Home::Unwritten,
            input: None,
            shards: None,
            output: false,
            inferred: true,
            sender: None,
            span: name.span,
        });
        names.add_relation(&name.text, id);
    }
}

fn is_taken(name: &Name, names: &Names) -> bool {
    names.relation(&name.text).is_some() || names.is_refused(&name.text) || names.is_role(&name.text)
}

fn columns(args: &[Arg]) -> Vec<Column> {
    let mut taken: HashSet<String> = HashSet::new();
    let column = |(index, arg): (usize, &Arg)| {
        let wanted = match (&arg.name, &arg.value.kind) {
            (Some(name), _) => name.text.clone(),
            (None, ExprKind::Path(path)) if path.parts.len() == 1 => {
                path.parts.first().map_or_else(String::new, |part| part.text.clone())
            }
            (None, _) => format!("c{index}"),
        };
        let mut name = wanted.clone();
        let mut number = 2;
        while !taken.insert(name.clone()) {
            name = format!("{wanted}_{number}");
            number += 1;
        }
        Column { name, ty: ColumnType::Inferred, lattice: None, span: arg.value.span }
    };
    args.iter().enumerate().map(column).collect()
}
