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

/// A channel that is sealed as a whole without a `seal`, where its rows have no end that is known.
pub(in crate::front) struct NobodySeals {
    pub channel: String,
    pub span: Span,
    /// The receivers' role.
    pub role: String,
    /// What may get rows at any time: its name, its declaration, and whether it is an input.
    pub endless: Option<(String, Span, bool)>,
    /// Whether its rows come of itself.
    pub own: bool,
}

impl Finding for NobodySeals {
    fn diagnostic(&self) -> Diagnostic {
        let NobodySeals { channel, span, role, endless, own } = self;
        let variable = role.chars().next().map_or('r', |letter| letter.to_ascii_lowercase());
        let by_hand =
            format!("say when it is complete: `seal {channel}@{variable}() <~ ..., {role}({variable});`");
        let found = Diagnostic::error("seal", format!("nobody seals `{channel}`"));
        let label = match own {
            true => "its rows come of its own, so that it would wait for itself",
            false => "it is sealed as a whole, and no `seal` says when; what its rows come of has no end",
        };
        let found = found.at(*span, label);
        match endless {
            Some((name, declared, true)) => found
                .because(*declared, format!("rows of `{name}` may come at any time"))
                .help(format!("declare `{name}` to be `sealed`, if the host gives all of it; or {by_hand}")),
            Some((name, declared, false)) => {
                found.because(*declared, format!("rows of `{name}` may come at any time")).help(by_hand)
            }
            None => found.help(by_hand),
        }
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
