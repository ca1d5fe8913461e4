//! Invariants that say what can't be judged.

use floret_ir::{Diagnostic, Finding, Span};

/// Literals without a place, of two roles.
pub(in crate::front) struct ClaimAtTwoRoles {
    pub first: Span,
    pub first_role: String,
    pub span: Span,
    pub role: String,
}

impl Finding for ClaimAtTwoRoles {
    fn diagnostic(&self) -> Diagnostic {
        let ClaimAtTwoRoles { first_role, role, .. } = self;
        Diagnostic::error(
            "invariant-place",
            format!("no node is both a {first_role} and a {role}: which nodes does this invariant read?"),
        )
        .at(self.span, format!("at a {role}"))
        .because(self.first, format!("at a {first_role}"))
        .note("in an invariant all literals without `@` are at one node")
        .help("say at which node each is, as in `r@a(...)`; `a` is then any node of the role")
    }
}

/// `self` in an invariant all of whose literals have places.
pub(in crate::front) struct ClaimOfNoNode {
    pub span: Span,
}

impl Finding for ClaimOfNoNode {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("invariant-place", "`self` is no node here: this invariant is at none of its own")
            .at(self.span, "whose address?")
            .note("in an invariant `self` is the node of the literals without `@`, and all have one")
            .help("use the name that stands after an `@`")
    }
}

/// `now()` or `random()` in an invariant.
pub(in crate::front) struct ClaimAboutClock {
    pub word: String,
    pub span: Span,
}

impl Finding for ClaimAboutClock {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("invariant-clock", format!("an invariant has no tick to ask for `{}()`", self.word))
            .at(self.span, "of which node's tick?")
            .help("keep the value in a table by a rule, and read that")
    }
}

/// A built-in event in an invariant.
pub(in crate::front) struct ClaimAboutReports {
    pub span: Span,
}

impl Finding for ClaimAboutReports {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("invariant-report", "an invariant reads the program's own collections only")
            .at(self.span, "the language's own event")
            .help("keep its rows in a table by a rule, and read that")
    }
}
