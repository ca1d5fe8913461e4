//! Bodies at several places that can't be split into messages.

use floret_ir::{Diagnostic, Finding, RuleOp, Span};

/// A body that reads at another node, with an operator that sends nothing.
pub(in crate::front) struct RemoteRead {
    pub name: String,
    pub span: Span,
    pub op: RuleOp,
    pub op_span: Span,
}

impl Finding for RemoteRead {
    fn diagnostic(&self) -> Diagnostic {
        let RemoteRead { name, op, .. } = self;
        Diagnostic::error("remote-read", format!("`{}` can't read `{name}` at another node", op.symbol()))
            .at(self.span, "this is at another node than the rest of the body")
            .because(self.op_span, format!("`{}` stays at its node", op.symbol()))
            .note("what is elsewhere is known only by messages, later")
            .help("declare a channel and fill it with `<~` from this body; then read the channel")
    }
}

/// An aggregate over several nodes.
pub(in crate::front) struct AggregateOverPlaces {
    pub span: Span,
    pub remote: Span,
}

impl Finding for AggregateOverPlaces {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error(
            "aggregate-over-places",
            "an aggregate counts what is at one node, and this body is at several",
        )
        .at(self.span, "over what is at several nodes")
        .because(self.remote, "this is at another node than the body's beginning")
        .help("send the rows to one node with `<~`, keep them in a table, and aggregate there")
    }
}

/// A body at several places over collections that stay.
pub(in crate::front) struct NothingArrives {
    pub head: Span,
    /// What is read.
    pub read: Vec<(String, Span)>,
}

impl Finding for NothingArrives {
    fn diagnostic(&self) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(
            "nothing-arrives",
            "it is not clear when this body at several places is to be asked",
        );
        for (name, span) in &self.read {
            diagnostic = diagnostic.at(*span, format!("the rows of `{name}` stay (or some of them do)"));
        }
        if self.read.is_empty() {
            diagnostic = diagnostic.at(self.head, "nothing makes it be sent");
        }
        diagnostic
            .note(
                "each part is read when the message arrives there, so a body over rows that stay would miss rows that come later",
            )
            .help("begin with an event or channel whose rows ask the question, or send the rows to one node and join them there")
    }
}

/// `r@n(..)` where nothing says what `n` is.
pub(in crate::front) struct UnknownNode {
    pub name: String,
    pub variable: String,
    pub span: Span,
    pub atom: Span,
}

impl Finding for UnknownNode {
    fn diagnostic(&self) -> Diagnostic {
        let UnknownNode { name, variable, .. } = self;
        Diagnostic::error("unknown-node", format!("at which node is `{name}` to be read?"))
            .at(self.span, format!("`{variable}` has no value before this is read"))
            .because(self.atom, "a message goes there with what is known by then")
            .help(format!(
                "bind `{variable}` at an earlier place of the body; `Role({variable})` gives all nodes of a role"
            ))
    }
}

/// A body with places that is too long.
pub(in crate::front) struct TooManyParts {
    pub span: Span,
    pub limit: usize,
}

impl Finding for TooManyParts {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error(
            "too-large",
            format!("a body at several places has at most {} literals", self.limit),
        )
        .at(self.span, "this rule has more")
        .help("name parts of it as views of their own")
    }
}
