//! The `floret` command: one file per subcommand, composition only.

mod bad_rows;
mod build;
mod check;
mod cli;
mod diff;
mod durable;
mod engines;
mod exit;
mod explain;
mod fmt;
mod inputs;
mod interrupt;
mod load;
mod node;
mod outputs;
mod params;
mod progress;
mod repl;
mod replay;
mod reports;
mod run;
mod run_nodes;
mod sim;
mod stats;
mod test;
mod witness;

use clap::Parser;

use crate::cli::{Cli, Command};

// (docs/decisions/011-allocator.md)
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    let cli = Cli::parse();
    let exit = match &cli.command {
        Command::Run(args) => run::run(args),
        Command::Check(args) => check::check(args),
        Command::Explain(args) => explain::explain(args),
        Command::Build(args) => build::build(args),
        Command::Fmt(args) => fmt::fmt(args),
        Command::Repl(args) => repl::repl(args),
        Command::Node(args) => node::node(args),
        Command::Sim(args) => sim::sim(args),
        Command::Test(args) => test::test(args),
    };
    exit.unwrap_or_else(|exit| exit).report().code()
}
