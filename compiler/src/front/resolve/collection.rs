//! Declared collections: kind, columns, types, place, modifiers and clauses.

use std::collections::HashMap;

use floret_ir::{Diagnostics, InputMode, Promise, RelationKind, Span, Type, Value};
use floret_lang::tree::{self, Clause, Collection, CollectionKind, ColumnDecl, Modifier, Name};

use super::expr::{self, Scope, Site};
use super::names::Names;
use super::types;
use crate::front::findings::{Duplicate, ImpossibleDeclaration, OutsideBlock, Placed, UnknownColumn};
use crate::front::resolved::{Column, ColumnType, Expr, ExprKind, Home, Relation};
use floret_ir::closest;

/// Resolves a declaration; `block` is the `on ROLE { ... }` around it.
pub(super) fn declare(
    collection: &Collection,
    block: Home,
    names: &Names,
    sink: &mut Diagnostics,
) -> Relation {
    let columns = columns(collection, names, sink);
    let kind = kind(collection, names, sink);
    let (input, output) = modifiers(collection, sink);
    // `=>` before nothing makes no difference: the whole row is the key.
    let key = collection.key.filter(|&key| key < columns.len());
    let shards = collection.shards.as_ref().and_then(|e| shards(e, collection, &columns, names, sink));
    Relation {
        name: collection.name.text.clone(),
        kind,
        columns,
        key,
        home: home(&collection.name.text, collection.on.as_ref(), block, names, sink),
        input,
        shards,
        output,
        inferred: false,
        sender: None,
        span: collection.name.span,
    }
}

/// Resolves `timer name every period on ROLE;`: an event that the clock fills.
pub(super) fn timer(
    name: &Name,
    every: &tree::Expr,
    on: Option<&Name>,
    block: Home,
    names: &Names,
    sink: &mut Diagnostics,
) -> Relation {
    let mut scope = Scope::new(names, Site::Outside);
    let period = expr::resolve(every, &mut scope, sink);
    let every = match period.kind {
        ExprKind::Const(Value::Duration(period)) if period > 0 => period,
        ExprKind::Error => 1,
        _ => {
            sink.push(ImpossibleDeclaration {
                title: format!("`{}` needs a fixed period that is longer than nothing", name.text),
                span: period.span,
                label: "no such duration",
                help: "write a duration, as in `timer beat every 500ms;`",
            });
            1
        }
    };
    let at = ColumnType::Declared(Type::Time, name.span);
    Relation {
        name: name.text.clone(),
        kind: RelationKind::Timer { every },
        columns: vec![Column { name: "at".into(), ty: at, lattice: None, span: name.span }],
        key: None,
        home: home(&name.text, on, block, names, sink),
        input: None,
        shards: None,
        output: false,
        inferred: false,
        sender: None,
        span: name.span,
    }
}

fn home(name: &str, on: Option<&Name>, block: Home, names: &Names, sink: &mut Diagnostics) -> Home {
    let Some(on) = on else { return block };
    let Some(role) = names.role(on, sink) else { return Home::Unknown };
    if let Home::At(other, span) = block
        && other != role
    {
        sink.push(OutsideBlock {
            placed: Placed { name: name.to_owned(), role: on.text.clone(), span: on.span },
            block_role: names.role_name(other).unwrap_or("another role").to_owned(),
            block: span,
        });
    }
    Home::At(role, on.span)
}

fn columns(collection: &Collection, names: &Names, sink: &mut Diagnostics) -> Vec<Column> {
    let declared = &collection.columns;
    let mut first: HashMap<&str, Span> = HashMap::new();
    for column in declared {
        let name = &column.name;
        match first.get(name.text.as_str()) {
            Some(&first) => {
                sink.push(Duplicate { name: name.text.clone(), first, second: name.span });
            }
            None => {
                first.insert(&name.text, name.span);
            }
        }
    }
    // Without key columns before it, `=>` makes no column a value.
    let key = collection.key.unwrap_or(declared.len());
    let column = |(index, column): (usize, &ColumnDecl)| {
        let (ty, lattice) = types::column(&column.ty, index >= key, names, sink);
        Column { name: column.name.text.clone(), ty, lattice, span: column.name.span }
    };
    declared.iter().enumerate().map(column).collect()
}

fn kind(collection: &Collection, names: &Names, sink: &mut Diagnostics) -> RelationKind {
    let is_channel = collection.kind == CollectionKind::Channel;
    let mut from = None;
    let mut promised: Option<(Promise, Span)> = None;
    for clause in &collection.clauses {
        let (word, span) = match clause {
            Clause::From(role) => ("from", role.span),
            Clause::Reliable(span) => ("reliable", *span),
            Clause::Ordered { span, .. } => ("ordered", *span),
            Clause::Lossy(span) => ("lossy", *span),
            // Written out before.
            Clause::Sealed { .. } => continue,
            Clause::Durable(span) => {
                sink.push(ImpossibleDeclaration {
                    title: format!("`durable` is for roles, and `{}` is a collection", collection.name.text),
                    span: *span,
                    label: "nodes survive as a whole: their tables and their messages",
                    help: "declare its role so, as in `role Server durable;`",
                });
                continue;
            }
        };
        if !is_channel {
            sink.push(ImpossibleDeclaration {
                title: format!("`{word}` is for channels, and `{}` is none", collection.name.text),
                span,
                label: "no messages arrive here",
                help: "leave it out, or declare a `channel`",
            });
            continue;
        }
        match clause {
            Clause::From(role) => from = names.role(role, sink),
            // Of roles that there are it was written out before.
            Clause::Ordered { via: Some(role), .. } => {
                names.role(role, sink);
                promise(Promise::Ordered, span, &mut promised, sink);
            }
            Clause::Ordered { via: None, .. } => promise(Promise::Ordered, span, &mut promised, sink),
            Clause::Lossy(_) => promise(Promise::Lossy, span, &mut promised, sink),
            Clause::Reliable(_) => promise(Promise::Reliable, span, &mut promised, sink),
            Clause::Sealed { .. } | Clause::Durable(_) => {}
        }
    }
    match collection.kind {
        CollectionKind::Table => RelationKind::Table,
        CollectionKind::View => RelationKind::View,
        CollectionKind::Event => RelationKind::Event,
        CollectionKind::Channel => {
            RelationKind::Channel { from, promise: promised.map_or_else(Promise::default, |of| of.0) }
        }
    }
}

/// A channel makes one promise.
fn promise(of: Promise, span: Span, promised: &mut Option<(Promise, Span)>, sink: &mut Diagnostics) {
    let (first, _) = *promised.get_or_insert((of, span));
    if first != of {
        let word = |of: Promise| of.clause().unwrap_or("reliable");
        sink.push(ImpossibleDeclaration {
            title: format!("a channel can't be both `{}` and `{}`", word(first), word(of)),
            span,
            label: "another promise",
            help: "leave one of the two out; `ordered` channels are reliable, too",
        });
    }
}

fn modifiers(collection: &Collection, sink: &mut Diagnostics) -> (Option<InputMode>, bool) {
    let find =
        |wanted| collection.modifiers.iter().find(|(modifier, _)| *modifier == wanted).map(|(_, span)| *span);
    let input = find(Modifier::Input);
    let name = &collection.name.text;
    if let Some(span) = input {
        let kind = match collection.kind {
            CollectionKind::View => {
                Some(("view", "a view holds what its rules derive; make it an `input table`"))
            }
            CollectionKind::Channel => Some((
                "channel",
                "a channel is filled by messages; make it an `input event` and send from that",
            )),
            CollectionKind::Table | CollectionKind::Event => None,
        };
        if let Some((kind, help)) = kind {
            let title = format!("`{name}` is a {kind}, and a {kind} can't be an input");
            sink.push(ImpossibleDeclaration { title, span, label: "the host can't feed it", help });
        }
    }
    let fixed = find(Modifier::Static);
    if let Some(span) = fixed
        && (input.is_none() || collection.kind != CollectionKind::Table)
    {
        sink.push(ImpossibleDeclaration {
            title: format!("only input tables are static, and `{name}` is none"),
            span,
            label: "complete before the first tick, then fixed",
            help: "write `static input table`, or leave `static` out",
        });
    }
    let mutable = find(Modifier::Mutable);
    if let Some(span) = mutable
        && fixed.is_some()
    {
        sink.push(ImpossibleDeclaration {
            title: format!("`{name}` can't be both `mutable` and `static`"),
            span,
            label: "the host may delete rows, and the input is fixed",
            help: "leave one of the two out",
        });
    } else if let Some(span) = mutable
        && (input.is_none() || collection.kind != CollectionKind::Table)
    {
        sink.push(ImpossibleDeclaration {
            title: format!("only input tables are mutable, and `{name}` is none"),
            span,
            label: "the host may delete rows",
            help: "write `mutable input table`, or leave `mutable` out",
        });
    }
    let mode = match (fixed, mutable) {
        (Some(_), _) => InputMode::Static,
        (None, Some(_)) => InputMode::Mutable,
        (None, None) => InputMode::Add,
    };
    (input.map(|_| mode), find(Modifier::Output).is_some())
}

/// `on R[expr]`: the expression's variables are the columns, by number.
fn shards(
    expr: &floret_lang::tree::Expr,
    collection: &Collection,
    columns: &[Column],
    names: &Names,
    sink: &mut Diagnostics,
) -> Option<Expr> {
    let name = &collection.name.text;
    if !collection.modifiers.iter().any(|(modifier, _)| *modifier == Modifier::Input) {
        sink.push(ImpossibleDeclaration {
            title: format!("`{name}` is no input, so it has no members to choose"),
            span: expr.span,
            label: "says which node the host gives a row to",
            help: "leave the `[...]` out; rows of other collections stay where they are derived",
        });
        return None;
    }
    let mut scope = Scope::new(names, Site::Outside);
    for column in columns {
        scope.variable(&column.name, column.span);
    }
    let known = scope.variables.len();
    let resolved = expr::resolve(expr, &mut scope, sink);
    for variable in scope.variables.iter().skip(known) {
        sink.push(UnknownColumn {
            relation: name.clone(),
            column: variable.name.clone(),
            span: variable.span,
            declared: Some(collection.name.span),
            columns: columns.iter().map(|column| column.name.clone()).collect(),
            suggestion: closest(&variable.name, columns.iter().map(|column| column.name.as_str())),
        });
    }
    if resolved.contains_self().is_some() {
        sink.push(ImpossibleDeclaration {
            title: format!("the member that gets a row of `{name}` can't depend on `self`"),
            span: expr.span,
            label: "the host computes this, outside of all nodes",
            help: "compute it from the row's columns, as in `on Server[hash(key)]`",
        });
        return None;
    }
    (scope.variables.len() == known).then_some(resolved)
}
