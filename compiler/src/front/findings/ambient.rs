//! What rules ask about their tick and their messages.

use floret_ir::{Diagnostic, Finding, Span};

/// `now()` or `random()` where there is no tick.
pub(in crate::front) struct ClockOutsideRule {
    pub span: Span,
    /// Why there is none.
    pub why: &'static str,
}

impl Finding for ClockOutsideRule {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("clock-outside-rule", "`now()` and `random()` have a value only in a rule")
            .at(self.span, self.why)
            .help("ask for it in a rule, where every tick has its time and its seed")
    }
}

/// `sender` in a body that doesn't have exactly one channel atom.
pub(in crate::front) struct SenderOfWhat {
    pub span: Span,
    pub channels: Vec<Span>,
}

impl Finding for SenderOfWhat {
    fn diagnostic(&self) -> Diagnostic {
        let (title, help) = if self.channels.is_empty() {
            (
                "`sender` is the address a message came from, and this body reads no channel",
                "read a channel in the same body, or bind the variable by an atom",
            )
        } else {
            (
                "`sender` could be the address of several messages here",
                "let each channel have a rule of its own, which keeps the sender in a column",
            )
        };
        let diagnostic = Diagnostic::error("sender-of-what", title).at(self.span, "whose sender?");
        self.channels
            .iter()
            .fold(diagnostic, |diagnostic, span| diagnostic.because(*span, "a message that has one"))
            .help(help)
    }
}

/// `sender` of a channel that several roles send to.
pub(in crate::front) struct SenderOfManyRoles {
    pub channel: String,
    pub span: Span,
    /// Heads that send, with their roles.
    pub senders: Vec<(String, Span)>,
}

impl Finding for SenderOfManyRoles {
    fn diagnostic(&self) -> Diagnostic {
        let title = format!("the senders of `{}` are nodes of several roles, or of none", self.channel);
        let diagnostic = Diagnostic::error("sender-of-many-roles", title)
            .at(self.span, "a `sender` has one type: the address of a node of one role");
        self.senders
            .iter()
            .fold(diagnostic, |diagnostic, (role, span)| diagnostic.because(*span, format!("sent by {role}")))
            .help("say who sends: `channel ... from ROLE`, with a channel for each role that sends")
    }
}
