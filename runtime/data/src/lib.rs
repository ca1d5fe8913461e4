//! Files in and out: CSV and JSON lines, plain or gzipped, read as typed rows; rows written as CSV, JSON lines and
//! tables for people. Also what the command line says about inputs: which file feeds which collection and node.
//!
//! Invariant: no input, however broken, panics, eats unbounded memory or is silently taken for something else.

mod assign;
mod csv_reader;
mod error;
mod find;
mod guess;
mod input;
mod json_reader;
mod keys;
mod output;
mod parse;
mod quote;
mod records;
mod spec;
mod table_text;
#[cfg(test)]
mod tests;

pub use assign::Assignment;
pub use error::{DataError, Problem};
pub use find::find_inputs;
pub use guess::guess_columns;
pub use input::{Format, InputFile};
pub use keys::KeyCheck;
pub use output::OutputRows;
pub use parse::value_of_text;
pub use spec::{InputSpec, ResolvedInput};
