//! Integration tests of the floret command and its crates: one binary, so that it links once.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod compile;
mod confluence;
mod equivalence;
mod generate;
mod long;
