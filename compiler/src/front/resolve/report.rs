//! The built-in events that tell a program of its errors and conflicts.

use floret_ir::{RelationKind, ReportKind, Span, Type};

use crate::front::resolved::{Column, ColumnType, Home, Relation};

/// The event, as if it were declared at `span`.
pub(in crate::front) fn event(kind: ReportKind, span: Span) -> Relation {
    let (name, columns): (&str, &[(&str, Type)]) = match kind {
        ReportKind::Error => {
            ("floret::error", &[("rule", Type::Int), ("at", Type::String), ("values", Type::String)])
        }
        ReportKind::Conflict => ("floret::conflict", &[("collection", Type::String), ("row", Type::String)]),
    };
    let column = |(name, ty): &(&str, Type)| Column {
        name: (*name).to_owned(),
        ty: ColumnType::Declared(*ty, span),
        lattice: None,
        span,
    };
    Relation {
        name: name.to_owned(),
        kind: RelationKind::Event,
        columns: columns.iter().map(column).collect(),
        key: None,
        home: Home::Unwritten,
        input: None,
        shards: None,
        output: false,
        inferred: false,
        sender: None,
        span,
    }
}
