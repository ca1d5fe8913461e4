//! Declared collections: kind, columns, types, place, modifiers and clauses.

use std::collections::HashMap;

use floret_ir::time::parse_duration;
use floret_ir::{Diagnostics, InputMode, RelationKind, Span, Type};
use floret_lang::tree::{Clause, Collection, CollectionKind, ColumnDecl, Modifier, Name, TypeExpr};

use super::expr::{self, Scope};
use super::names::Names;
use crate::front::findings::{
    Duplicate, ImpossibleDeclaration, NameKind, NotYet, OutsideBlock, Placed, UnknownColumn,
};
use crate::front::resolved::{Column, ColumnType, Expr, ExprKind, Home, Relation};
use floret_ir::closest;

/// Resolves a declaration; `block` is the `on ROLE { ... }` around it.
pub(super) fn declare(
    collection: &Collection,
    block: Home,
    names: &Names,
    sink: &mut Diagnostics,
) -> Relation {
    let columns = columns(&collection.columns, names, sink);
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
        home: home(collection, block, names, sink),
        sender: false,
        input,
        shards,
        output,
        inferred: false,
        span: collection.name.span,
    }
}

/// Resolves a timer.
pub(super) fn timer(
    name: &Name,
    every: &floret_lang::tree::Expr,
    on: Option<&Name>,
    block: Home,
    names: &Names,
    sink: &mut Diagnostics,
) -> Relation {
    let period = match &every.kind {
        floret_lang::tree::ExprKind::Duration(text) => parse_duration(text).filter(|every| *every > 0),
        _ => None,
    };
    if period.is_none() {
        sink.push(ImpossibleDeclaration {
            title: format!("the timer `{}` needs a period that is more than nothing", name.text),
            span: every.span,
            label: "no such duration",
            help: "write a number and a unit, as in `every 500ms` (d, h, m, s, ms, us, ns)",
        });
    }
    let ty = ColumnType::Declared(Type::Time, name.span);
    Relation {
        name: name.text.clone(),
        kind: RelationKind::Timer { every: period.unwrap_or(i64::MAX) },
        columns: vec![Column { name: "at".into(), ty, span: name.span }],
        key: None,
        home: place(&name.text, on, block, names, sink),
        sender: false,
        input: None,
        shards: None,
        output: false,
        inferred: false,
        span: name.span,
    }
}

fn home(collection: &Collection, block: Home, names: &Names, sink: &mut Diagnostics) -> Home {
    place(&collection.name.text, collection.on.as_ref(), block, names, sink)
}

fn place(name: &str, on: Option<&Name>, block: Home, names: &Names, sink: &mut Diagnostics) -> Home {
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

fn columns(declared: &[ColumnDecl], names: &Names, sink: &mut Diagnostics) -> Vec<Column> {
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
    let column = |column: &ColumnDecl| Column {
        name: column.name.text.clone(),
        ty: column_type(&column.ty, names, sink),
        span: column.name.span,
    };
    declared.iter().map(column).collect()
}

fn column_type(ty: &TypeExpr, names: &Names, sink: &mut Diagnostics) -> ColumnType {
    let (path, span) = match ty {
        TypeExpr::Tuple(_, span) => {
            sink.push(NotYet::new("tuple types", *span));
            return ColumnType::Unknown;
        }
        TypeExpr::Named { path, span, .. } => (path, *span),
    };
    let Some(name) = names.single(path, sink) else { return ColumnType::Unknown };
    let later = match name.text.as_str() {
        "int" => return ColumnType::Declared(Type::Int, span),
        "float" => return ColumnType::Declared(Type::Float, span),
        "bool" => return ColumnType::Declared(Type::Bool, span),
        "string" => return ColumnType::Declared(Type::String, span),
        "bytes" | "time" | "duration" => format!("the type `{}`", name.text),
        "list" | "option" => format!("structured types (`{}<...>`)", name.text),
        "max" | "min" | "any" | "all" | "set" | "map" | "lww" => {
            format!("lattice types (`{}<...>`)", name.text)
        }
        text => {
            if let Some(role) = names.role_quietly(text) {
                return ColumnType::Declared(Type::Address(role), span);
            }
            if !names.is_refused(text) && !names.incomplete {
                names.unknown(NameKind::Type, text, span, sink);
            }
            return ColumnType::Unknown;
        }
    };
    sink.push(NotYet::new(later, span));
    ColumnType::Unknown
}

fn kind(collection: &Collection, names: &Names, sink: &mut Diagnostics) -> RelationKind {
    let is_channel = collection.kind == CollectionKind::Channel;
    let mut from = None;
    for clause in &collection.clauses {
        let (word, span) = match clause {
            Clause::From(role) => ("from", role.span),
            Clause::Reliable(span) => ("reliable", *span),
            Clause::Ordered { span, .. } => ("ordered", *span),
            Clause::Lossy(span) => ("lossy", *span),
            Clause::Sealed { span, .. } => {
                sink.push(NotYet::new("seals (`sealed by`)", *span));
                continue;
            }
            Clause::Durable(span) => {
                sink.push(NotYet::new("`durable` collections", *span));
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
            Clause::Ordered { .. } => sink.push(NotYet::new("`ordered` channels", span)),
            Clause::Lossy(_) => sink.push(NotYet::new("`lossy` channels", span)),
            Clause::Reliable(_) | Clause::Sealed { .. } | Clause::Durable(_) => {}
        }
    }
    match collection.kind {
        CollectionKind::Table => RelationKind::Table,
        CollectionKind::View => RelationKind::View,
        CollectionKind::Event => RelationKind::Event,
        CollectionKind::Channel => RelationKind::Channel { from },
    }
}

fn modifiers(collection: &Collection, sink: &mut Diagnostics) -> (Option<InputMode>, bool) {
    let find =
        |wanted| collection.modifiers.iter().find(|(modifier, _)| *modifier == wanted).map(|(_, span)| *span);
    let input = find(Modifier::Input);
    let name = &collection.name.text;
    let mutable = find(Modifier::Mutable);
    if let Some(span) = mutable
        && (input.is_none() || collection.kind != CollectionKind::Table)
    {
        sink.push(ImpossibleDeclaration {
            title: format!("only input tables are mutable by the host, and `{name}` is none"),
            span,
            label: "the host may delete its rows",
            help: "write `mutable input table`, or leave `mutable` out",
        });
    }
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
    if let (Some(span), Some(_)) = (mutable, fixed) {
        sink.push(ImpossibleDeclaration {
            title: format!("`{name}` can't be both `mutable` and `static`"),
            span,
            label: "the host may delete rows, and the input is fixed",
            help: "leave one of the two out",
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
    let mut scope = Scope::new(names);
    for column in columns {
        scope.variable(&column.name, column.span);
    }
    let known = scope.variables.len();
    let resolved = expr::resolve(expr, &mut scope, sink);
    if scope.refuse_clock("the host computes which node gets a row, outside of all ticks", sink) {
        return None;
    }
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
    if contains_self(&resolved) {
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

fn contains_self(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::SelfAddress => true,
        ExprKind::Const(_) | ExprKind::Var(_) | ExprKind::Error => false,
        ExprKind::Member(_, value) | ExprKind::Unary(_, value) => contains_self(value),
        ExprKind::Binary(_, left, right) => contains_self(left) || contains_self(right),
        ExprKind::If(a, b, c) => contains_self(a) || contains_self(b) || contains_self(c),
        ExprKind::Call(_, args) => args.iter().any(contains_self),
    }
}
