//! Small builders that the grammar's actions call.

use floret_ir::{BinaryOp, FileId, Span, UnaryOp};

use lalrpop_util::ParseError;

use crate::literal::Number;
use crate::token::Token;
use crate::tree::{
    Clause, Collection, CollectionKind, ColumnDecl, Expr, ExprKind, Modifier, Name, Path, TypeExpr,
};
use crate::unit::Stop;

/// A clause after a collection's columns, as read.
#[derive(Clone, PartialEq, Debug)]
pub enum CollectionClause {
    /// `on R`, `on R[e]`
    On(Name, Option<Expr>),
    /// Any other.
    Other(Clause),
}

/// The span of `start..end`.
pub fn span(file: FileId, start: u32, end: u32) -> Span {
    Span { file, start, end }
}

/// A name.
pub fn name(text: &str, span: Span) -> Name {
    Name { text: text.to_owned(), span }
}

/// `outer::...::last`
pub fn path(mut outer: Vec<Name>, last: Name) -> Path {
    let span = outer.first().map_or(last.span, |first| first.span.to(last.span));
    outer.push(last);
    Path { parts: outer, span }
}

/// An expression.
pub fn expr(kind: ExprKind, span: Span) -> Expr {
    Expr { kind, span }
}

/// A name as an expression.
pub fn path_expr(path: Path) -> Expr {
    let span = path.span;
    expr(ExprKind::Path(path), span)
}

/// A number as an expression.
pub fn number_expr(number: Number, span: Span) -> Expr {
    let kind = match number {
        Number::Int(value) => ExprKind::Int(value),
        Number::Float(value) => ExprKind::Float(value),
        Number::Duration(text) => ExprKind::Duration(text),
    };
    expr(kind, span)
}

/// `left op right`
pub fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    let span = left.span.to(right.span);
    expr(ExprKind::Binary(op, Box::new(left), Box::new(right)), span)
}

/// `op value`, with the operator at `start`.
pub fn unary(op: UnaryOp, value: Expr, file: FileId, start: u32) -> Expr {
    let span = span(file, start, value.span.end);
    expr(ExprKind::Unary(op, Box::new(value)), span)
}

/// `value[index]`
pub fn index_expr(value: Expr, index: Expr, end: u32) -> Expr {
    let span = Span { end, ..value.span };
    expr(ExprKind::Index(Box::new(value), Box::new(index)), span)
}

/// `value.field`
pub fn field_expr(value: Expr, field: Name) -> Expr {
    let span = value.span.to(field.span);
    expr(ExprKind::Field(Box::new(value), field), span)
}

/// `value.0`; the lexer takes the numbers of `value.0.1` for one.
pub fn parts_expr(value: Expr, number: Number, at: Span) -> Expr {
    let text = match number {
        Number::Int(Some(number)) => number.to_string(),
        Number::Float(number) => format!("{number:?}"),
        Number::Int(None) | Number::Duration(_) => String::new(),
    };
    let length = (at.end - at.start) as usize;
    let parts: Vec<&str> = text.split('.').collect();
    // What is not written as it is read, as `1e3` or `0.10`, names no part.
    if text.len() != length || parts.iter().any(|part| !part.bytes().all(|b| b.is_ascii_digit())) {
        return field_expr(value, name("?", at));
    }
    let mut start = at.start;
    parts.iter().fold(value, |value, part| {
        let end = start + part.len() as u32;
        let field = name(part, Span { start, end, ..at });
        start = end + 1;
        field_expr(value, field)
    })
}

/// `(first, rest...)`
pub fn tuple(first: Expr, rest: Vec<Expr>) -> ExprKind {
    ExprKind::Tuple(std::iter::once(first).chain(rest).collect())
}

/// `path<args>`; `end` is where the arguments end.
pub fn named_type(path: Path, args: Vec<TypeExpr>, end: Option<u32>) -> TypeExpr {
    let span = Span { end: end.unwrap_or(path.span.end), ..path.span };
    TypeExpr::Named { path, args, span }
}

/// Columns with `=>` between key and values.
pub fn keyed(key: Vec<ColumnDecl>, values: Vec<ColumnDecl>) -> (Vec<ColumnDecl>, Option<usize>) {
    let width = key.len();
    (key.into_iter().chain(values).collect(), Some(width))
}

/// A collection without modifiers. `from R` right after `sealed` or `sealed by k` belongs to it.
pub fn collection(
    kind: CollectionKind,
    name: Name,
    (columns, key): (Vec<ColumnDecl>, Option<usize>),
    clauses: Vec<CollectionClause>,
) -> Result<Collection, ParseError<u32, Token, Stop>> {
    let mut collection = Collection {
        modifiers: Vec::new(),
        kind,
        name,
        columns,
        key,
        on: None,
        shards: None,
        clauses: Vec::new(),
    };
    for clause in clauses {
        match clause {
            CollectionClause::On(role, shards) => {
                if let Some(first) = &collection.on {
                    let error = Stop::SecondPlace { first: first.span, second: role.span };
                    return Err(ParseError::User { error });
                }
                collection.on = Some(role);
                collection.shards = shards;
            }
            CollectionClause::Other(Clause::From(role)) => match collection.clauses.last_mut() {
                Some(Clause::Sealed { from: from @ None, .. }) => *from = Some(role),
                _ => collection.clauses.push(Clause::From(role)),
            },
            CollectionClause::Other(clause) => collection.clauses.push(clause),
        }
    }
    Ok(collection)
}

/// The collection with one more modifier in front.
pub fn with_modifier(modifier: (Modifier, Span), mut rest: Collection) -> Collection {
    rest.modifiers.insert(0, modifier);
    rest
}
