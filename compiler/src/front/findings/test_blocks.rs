//! Tests that can't be run as they are written.

use floret_ir::{Diagnostic, Finding, RelationKind, Span};

use super::a;

/// `at` for a collection that is none.
pub(in crate::front) struct TestOfUnknownCollection {
    pub name: String,
    pub span: Span,
    pub suggestion: Option<String>,
}

impl Finding for TestOfUnknownCollection {
    fn diagnostic(&self) -> Diagnostic {
        let found = Diagnostic::error("unknown-name", format!("there is no collection `{}`", self.name))
            .at(self.span, "`at` feeds an input of the program");
        match &self.suggestion {
            Some(near) => found.help(format!("did you mean `{near}`?")),
            None => found,
        }
    }
}

/// `at` for a collection that the host can't feed.
pub(in crate::front) struct StepForNoInput {
    pub name: String,
    pub kind: RelationKind,
    pub span: Span,
    pub declared: Span,
}

impl Finding for StepForNoInput {
    fn diagnostic(&self) -> Diagnostic {
        let StepForNoInput { name, kind, .. } = self;
        let found = Diagnostic::error("test-input", format!("`{name}` is no input: a test can't feed it"))
            .at(self.span, "`at` gives rows as the host would")
            .because(self.declared, format!("{} that rules fill", a(*kind)));
        match kind {
            RelationKind::Table | RelationKind::Event => {
                found.help(format!("feed the input that `{name}` is filled from, or declare it as `input`"))
            }
            RelationKind::View | RelationKind::Channel { .. } | RelationKind::Timer { .. } => {
                found.help(format!("feed the input that `{name}` is filled from"))
            }
        }
    }
}

/// A row for a static input after the start.
pub(in crate::front) struct LateStaticRow {
    pub name: String,
    pub span: Span,
    pub declared: Span,
}

impl Finding for LateStaticRow {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("test-input", format!("`{}` is static: it gets no rows after the start", self.name))
            .at(self.span, "write `at 0`")
            .because(self.declared, "complete before the first tick")
    }
}

/// `with` and a name that is no role, or was there before.
pub(in crate::front) struct TestRole {
    pub name: String,
    pub span: Span,
    pub twice: bool,
    pub suggestion: Option<String>,
    pub has_roles: bool,
}

impl Finding for TestRole {
    fn diagnostic(&self) -> Diagnostic {
        let name = &self.name;
        if self.twice {
            return Diagnostic::error("duplicate-name", format!("`{name}` has two numbers of nodes"))
                .at(self.span, "here again");
        }
        let found = Diagnostic::error("unknown-name", format!("there is no role `{name}`"))
            .at(self.span, "`with` says how many nodes a role has");
        match (&self.suggestion, self.has_roles) {
            (Some(near), _) => found.help(format!("did you mean `{near}`?")),
            (None, true) => found,
            (None, false) => found.help("the program has no roles: it is one node; leave `with` out"),
        }
    }
}

/// A count of nodes that can't be.
pub(in crate::front) struct TestCountOfNodes {
    pub span: Span,
}

impl Finding for TestCountOfNodes {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("test-nodes", "a role has 1 to 1000 nodes").at(self.span, "not so many")
    }
}
