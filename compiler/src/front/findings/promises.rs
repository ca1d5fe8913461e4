//! `@accept` where or how it can't be.

use floret_ir::{Diagnostic, Finding, Span};

/// `@accept` before something that depends on nothing.
pub(in crate::front) struct MisplacedAccept {
    pub span: Span,
}

impl Finding for MisplacedAccept {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error(
            "misplaced-accept",
            "`@accept` stands before a rule or the declaration of a collection",
        )
        .at(self.span, "nothing here can depend on the order of messages")
        .help("put it right before the rule that `floret check` names")
    }
}

/// `@accept` that doesn't say why.
pub(in crate::front) struct NoReason {
    pub span: Span,
}

impl Finding for NoReason {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("no-reason", "`@accept` says why: it takes one text")
            .at(self.span, "the reason is missing")
            .help("write it for whoever reads this later, as `@accept(\"the last write may win here\")`")
    }
}
