//! Integration tests of the floret command and its crates: one binary, so that it links once.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod book;
mod classics;
mod cluster;
mod compile;
mod confluence;
mod conformance;
mod coordination;
mod cuts;
mod debian;
mod dependencies;
mod diagnostics;
mod durable;
mod ends;
mod equivalence;
mod examples;
mod floret;
mod fmt;
mod generate;
mod hosts;
mod inside;
mod ledger;
mod long;
mod mutations;
mod options;
mod overload;
mod places;
mod proxy;
mod repl;
mod seals;
mod sim;
mod simulated;
mod test_blocks;
mod ways_out;
