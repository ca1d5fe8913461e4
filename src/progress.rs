//! A progress line on terminals, nothing elsewhere.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A line that says what is going on.
#[derive(Clone, Debug)]
pub struct Progress {
    bar: ProgressBar,
    shown: bool,
}

impl Progress {
    /// A line on stderr, if that is a terminal and the user did not ask for quiet.
    pub fn new(quiet: bool) -> Progress {
        let shown = !quiet && std::io::stderr().is_terminal();
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
            bar.set_style(style);
        }
        if shown {
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        Progress { bar, shown }
    }

    /// Replaces what the line says.
    pub fn say(&self, text: impl Into<String>) {
        self.bar.set_message(text.into());
    }

    /// A last line that stays, on terminals.
    pub fn summary(&self, text: &str) {
        if self.shown {
            eprintln!("{text}");
        }
    }

    /// Takes the line away.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
