//! Keys that may get two rows.

use floret_ir::{Diagnostic, Finding, RelationKind, Span};

use super::word;

/// It isn't proven that every key gets one row.
pub(in crate::front) struct KeyConflict {
    pub relation: String,
    pub kind: RelationKind,
    pub span: Span,
    /// The heads that fill it.
    pub heads: Vec<Span>,
}

impl Finding for KeyConflict {
    fn diagnostic(&self) -> Diagnostic {
        let name = &self.relation;
        let mut diagnostic =
            Diagnostic::warning("key-conflict", format!("`{name}` may get two different rows for one key"))
                .at(self.span, format!("this {}'s key determines its other columns", word(self.kind)));
        // Three heads say enough; a program can have hundreds.
        for head in self.heads.iter().take(3) {
            diagnostic = diagnostic.because(*head, "a row for a key can come from here");
        }
        let outcome = match self.kind {
            RelationKind::Table => {
                "the row that is there stays, else the least new row wins; the other one is dropped and reported"
            }
            RelationKind::View
            | RelationKind::Event
            | RelationKind::Channel { .. }
            | RelationKind::Timer { .. } => "the least row wins; the others are dropped and reported",
        };
        let mut help =
            format!("aggregate over the key (`{name}(key, max(value))`), or move `=>` to make the key wider");
        if self.kind == RelationKind::Table {
            help.push_str(", or replace the old row with `<+-`");
        }
        diagnostic.note(format!("where they meet, {outcome}")).help(help)
    }
}
