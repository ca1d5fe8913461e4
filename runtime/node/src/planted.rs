//! Mistakes that tests plant in whole nodes, to see that they would be found. Only builds with the feature `planted` have
//! them; there `FLORET_PLANT` names one.

/// A mistake.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Plant {
    /// A tick's messages are acknowledged, and its own go out, before it is on disk.
    AcknowledgeBeforeSync,
    /// After a crash the node has forgotten the last number it took of each sender.
    ForgetNumber,
    /// After a crash the node doesn't know which messages it had taken.
    ReplayWithoutDedup,
    /// Rows that come again, as the connection broke before they were acknowledged, are taken again.
    KeepRepeats,
    /// A new connection goes on behind all that the broken one was given.
    ForgetSent,
}

#[cfg(feature = "planted")]
impl Plant {
    /// Whether this mistake is made.
    pub(crate) fn is_made(self) -> bool {
        static MADE: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
        let made = MADE.get_or_init(|| std::env::var("FLORET_PLANT").ok());
        let name = match self {
            Plant::AcknowledgeBeforeSync => "acknowledge-before-sync",
            Plant::ForgetNumber => "forget-number",
            Plant::ReplayWithoutDedup => "replay-without-dedup",
            Plant::KeepRepeats => "keep-repeats",
            Plant::ForgetSent => "forget-sent",
        };
        made.as_deref() == Some(name)
    }
}

#[cfg(not(feature = "planted"))]
impl Plant {
    /// No mistake is made.
    pub(crate) fn is_made(self) -> bool {
        false
    }
}
