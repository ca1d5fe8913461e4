//! Recursive queries and ticks, run by Floret's engine and by what it is compared with, each in a process of its own.

pub mod ascent;
pub mod differential;
pub mod floret;
pub mod plain;
pub mod plot;
pub mod rows;
pub mod table;
pub mod workload;

pub use rows::{Rows, Run};
pub use workload::{Facts, Size, Workload};

/// What runs a workload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum System {
    /// A Rust program for this one question, on one thread.
    Plain,
    /// Ascent's macro, on one thread.
    Ascent,
    /// Differential dataflow, written by hand, on this many workers.
    Differential(usize),
    /// Floret's engine, on this many workers.
    Floret(usize),
}

impl System {
    /// All that are compared, in the order of a round.
    pub const ALL: [System; 6] = [
        System::Plain,
        System::Ascent,
        System::Differential(1),
        System::Floret(1),
        System::Differential(2),
        System::Floret(2),
    ];

    /// Its name in tables and on the command line.
    pub fn name(self) -> String {
        match self {
            System::Plain => "plain".into(),
            System::Ascent => "ascent".into(),
            System::Differential(workers) => format!("differential-{workers}"),
            System::Floret(workers) => format!("floret-{workers}"),
        }
    }

    /// The system of this name.
    pub fn named(name: &str) -> Option<System> {
        System::ALL.into_iter().find(|system| system.name() == name)
    }

    /// Runs a workload; `None` if the system has no way to say it. With `keep` the result's rows come back too (and the
    /// time means nothing).
    ///
    /// # Errors
    /// Floret's engine fails.
    pub fn run(self, facts: &Facts, keep: bool) -> Result<Option<Run>, String> {
        match self {
            System::Plain => Ok(Some(plain::run(facts))),
            System::Ascent => Ok(ascent::run(facts)),
            System::Differential(workers) => Ok(differential::run(facts, workers, keep)),
            System::Floret(workers) => floret::run(facts, workers, keep).map(Some),
        }
    }
}
