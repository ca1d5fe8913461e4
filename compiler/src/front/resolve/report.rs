//! The built-in events that tell a program of its errors, its conflicts and its peers.

use floret_ir::{NoticeKind, RelationKind, Span, Type};

use crate::front::resolved::{Column, ColumnType, Home, Relation};

/// The event, as if it were declared at `span`.
pub(in crate::front) fn event(kind: NoticeKind, span: Span) -> Relation {
    let column = |(name, ty): &(&str, Type)| Column {
        name: (*name).to_owned(),
        ty: ColumnType::Declared(*ty, span),
        lattice: None,
        span,
    };
    Relation {
        name: kind.name().to_owned(),
        kind: RelationKind::Event,
        columns: kind.columns().iter().map(column).collect(),
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
