//! Seals that nothing could wait for, and rules that could wait for ever.

use floret_ir::{Diagnostic, Finding, Span};

/// A `seal` statement that seals no key of a sealed channel.
pub(in crate::front) struct SealsNothing {
    /// What is wrong, in one line.
    pub title: String,
    pub span: Span,
    pub label: String,
    pub help: String,
}

impl Finding for SealsNothing {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("seal", self.title.clone())
            .at(self.span, self.label.clone())
            .help(self.help.clone())
    }
}

/// A negation or aggregate over a sealed channel that doesn't say for which key's seal it waits.
pub(in crate::front) struct WaitsForNoKey {
    pub channel: String,
    /// The key's column.
    pub column: String,
    /// Whether it is an aggregate.
    pub aggregate: bool,
    pub span: Span,
    /// Where the channel is declared.
    pub declared: Span,
}

impl Finding for WaitsForNoKey {
    fn diagnostic(&self) -> Diagnostic {
        let WaitsForNoKey { channel, column, aggregate, span, declared } = self;
        let (what, help) = if *aggregate {
            (
                "this aggregate takes the rows of many keys together",
                format!("let `{column}` be a column of the head, so that each group is one key"),
            )
        } else {
            (
                "this negation is over the rows of all keys",
                format!("name the value of `{column}` whose seal it waits for"),
            )
        };
        let title =
            format!("a rule over `{channel}` waits for the seal of a `{column}`, and doesn't say which");
        Diagnostic::error("seal", title)
            .at(*span, what)
            .because(*declared, format!("`{channel}` is sealed by `{column}`"))
            .help(format!(
                "{help}; or keep the rows in a table of your own and read that, which waits for nothing"
            ))
    }
}

/// `sender` in a rule that waits.
pub(in crate::front) struct SenderOfKept {
    pub channel: String,
    pub span: Span,
}

impl Finding for SenderOfKept {
    fn diagnostic(&self) -> Diagnostic {
        let channel = &self.channel;
        Diagnostic::error(
            "seal",
            format!("a rule that waits for seals of `{channel}` can't ask for the `sender`"),
        )
        .at(self.span, "the rows that it reads came in many messages")
        .help("let the messages carry their sender's address in a column")
    }
}
