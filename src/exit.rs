//! Exit codes, and the last words before one.

use std::process::ExitCode;

/// How a command ends.
#[derive(Clone, Debug)]
pub enum Exit {
    /// 0.
    Done,
    /// 1: the program or its data is wrong; diagnostics were printed before.
    Wrong(String),
    /// 2: the command line is wrong.
    Usage(String),
    /// 3: the system failed.
    Failed(String),
    /// The code that a node's failure has.
    Node(u8, String),
    /// 130: interrupted, with the outputs written.
    Interrupted,
}

impl Exit {
    /// Prints the message, if there is one.
    #[must_use]
    pub fn report(self) -> Exit {
        match &self {
            Exit::Done => {}
            Exit::Wrong(text) | Exit::Usage(text) | Exit::Failed(text) | Exit::Node(_, text) => {
                eprintln!("error: {}", text.trim_end());
            }
            Exit::Interrupted => eprintln!("interrupted; the outputs are those of the last finished tick"),
        }
        self
    }

    /// The process's exit code.
    pub fn code(self) -> ExitCode {
        ExitCode::from(match self {
            Exit::Done => 0,
            Exit::Wrong(_) => 1,
            Exit::Usage(_) => 2,
            Exit::Failed(_) => 3,
            Exit::Node(code, _) => code,
            Exit::Interrupted => 130,
        })
    }
}
