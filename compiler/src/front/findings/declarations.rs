//! Declarations that say what can't be.

use floret_ir::{Diagnostic, Finding, Span};

/// A modifier or clause on a collection that can't have it.
pub(in crate::front) struct ImpossibleDeclaration {
    /// What is wrong, in one line.
    pub title: String,
    pub span: Span,
    pub label: &'static str,
    pub help: &'static str,
}

impl Finding for ImpossibleDeclaration {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("impossible-declaration", self.title.clone())
            .at(self.span, self.label)
            .help(self.help)
    }
}
