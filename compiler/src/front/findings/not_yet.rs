//! What the language has and this compiler doesn't, yet.

use floret_ir::{Diagnostic, Finding, Span};

/// A construct of the language that is read and understood, but not supported yet.
pub(in crate::front) struct NotYet {
    /// The construct, named as the language's manual does.
    pub construct: String,
    pub span: Span,
}

impl NotYet {
    pub fn new(construct: impl Into<String>, span: Span) -> Self {
        NotYet { construct: construct.into(), span }
    }
}

impl Finding for NotYet {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("not-yet", format!("not supported yet: {}", self.construct))
            .at(self.span, "Floret has this, but this version of the compiler can't build it")
    }
}
