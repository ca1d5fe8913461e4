//! Facts that can't be.

use floret_ir::{Diagnostic, Finding, NoValue, RelationKind, Span};

use super::word;

/// A fact for a view or channel.
pub(in crate::front) struct FactInto {
    pub relation: String,
    pub kind: RelationKind,
    pub span: Span,
    pub declared: Span,
}

impl Finding for FactInto {
    fn diagnostic(&self) -> Diagnostic {
        let kind = word(self.kind);
        Diagnostic::error(
            "impossible-fact",
            format!("`{}` is a {kind}, and a {kind} has no facts", self.relation),
        )
        .at(self.span, "facts are for tables (and events, in the first tick)")
        .because(self.declared, "it is this one")
        .help("make it a `table`, or put the fact into a table and fill this from it")
    }
}

/// A variable in a fact.
pub(in crate::front) struct VariableInFact {
    pub name: String,
    pub span: Span,
}

impl Finding for VariableInFact {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("impossible-fact", format!("`{}` is a variable, and a fact has none", self.name))
            .at(self.span, "nothing gives it a value")
            .help(format!("write a value, as the text \"{}\"", self.name))
    }
}

/// A fact with an expression that has no value.
pub(in crate::front) struct FactWithoutValue {
    pub span: Span,
    pub column: String,
    pub why: NoValue,
}

impl Finding for FactWithoutValue {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error(
            "impossible-fact",
            format!("column `{}` of this fact has no value: {}", self.column, self.why),
        )
        .at(self.span, "")
    }
}
