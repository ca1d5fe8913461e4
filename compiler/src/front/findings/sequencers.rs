//! What can't be asked of messages that passed a sequencer.

use floret_ir::{Diagnostic, Finding, Span};

/// `sender` in a rule over a channel `ordered via` a role.
pub(in crate::front) struct SenderOfSequenced {
    pub channel: String,
    pub span: Span,
}

impl Finding for SenderOfSequenced {
    fn diagnostic(&self) -> Diagnostic {
        let channel = &self.channel;
        Diagnostic::error("sequencer", format!("a rule over `{channel}` can't ask for the `sender`"))
            .at(self.span, "its messages all come from the sequencer")
            .help("let the messages carry their sender's address in a column: `self` in the rule that sends")
    }
}
