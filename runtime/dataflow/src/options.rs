//! How an engine runs.

use floret_ir::Observe;

/// How an engine runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// Whose changes are shown.
    pub observe: Observe,
    /// How many threads share the work; one: the caller's.
    pub workers: usize,
    /// How many rounds a recursion may take.
    pub tick_limit: u64,
    /// Run every recursion by differences, also those whose collections only grow, and keep what comes of arrivals by its
    /// times like all else.
    pub by_differences: bool,
    /// A planted bug, for tests of the tests only.
    #[doc(hidden)]
    pub fault: Option<Fault>,
}

impl Default for Options {
    /// Outputs, on the caller's thread, with a million rounds.
    fn default() -> Self {
        Options {
            observe: Observe::Outputs,
            workers: 1,
            tick_limit: 1_000_000,
            by_differences: false,
            fault: None,
        }
    }
}

/// Bugs that tests plant, to see that they would be found. For tests only.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Negation doesn't see rows go.
    ForgottenRetraction,
    /// Negation reads what its right side held before the tick.
    WrongStratumOrder,
    /// `<-` has no effect.
    LostDelete,
    /// A row that arrives in two ticks in a row cancels out.
    CancelledRepeat,
    /// Rows of one key don't merge: the first of them stays.
    LostMerge,
    /// An element that a list has twice comes twice.
    RepeatedElements,
    /// `arg_min` is `arg_max`.
    SwappedExtremes,
}
