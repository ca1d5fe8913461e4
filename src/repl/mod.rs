//! `floret repl`: a session in which programs grow line by line.
//!
//! `session` is the whole of it without a terminal: text in, answer out. Its state is the present program (`program`)
//! replayed (`replay`) on simulated nodes (`machine`) over everything that arrived (`definition`). `shell` is the
//! terminal around it, `pipe` what there is without one.

mod changes;
mod command;
mod complete;
mod data;
mod declare;
mod definition;
mod files;
mod helper;
mod input;
mod machine;
mod output;
mod pipe;
mod places;
mod program;
mod query;
mod replay;
mod session;
mod shell;
mod show;
#[cfg(test)]
mod tests;

use std::io::IsTerminal;

use crate::cli::ReplArgs;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::repl::machine::Failure;
use crate::repl::session::Session;

/// The width of printed tables where there is no terminal.
const TABLE_WIDTH: usize = 100;

/// Runs a session until its end.
///
/// # Errors
/// Exit code 1 if an input without a terminal was refused, 3 if the terminal fails.
pub fn repl(args: &ReplArgs) -> Result<Exit, Exit> {
    let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal() && !args.echo;
    let width = match console::Term::stdout().size_checked().filter(|_| terminal) {
        Some((_, columns)) => columns.into(),
        None => TABLE_WIDTH,
    };
    // Without a terminal Ctrl-C ends the process, as it does with any filter.
    let interrupt = if terminal { Some(Interrupt::listen_on()?) } else { None };
    let stop = interrupt.as_ref().map(Interrupt::shared).unwrap_or_default();
    let mut session = Session::new(now(), stop, width).map_err(|failure| match failure {
        Failure::Interrupted => Exit::Interrupted,
        Failure::Wrong(why) => Exit::Failed(why),
    })?;
    let mut failed = false;
    for line in opening(args) {
        let output = session.enter(&line);
        print!("{}", output.render(false));
        failed |= output.failed;
    }
    if failed {
        return Err(Exit::Wrong("the program could not be loaded".into()));
    }
    match &interrupt {
        Some(interrupt) => shell::run(&mut session, args, interrupt),
        None => pipe::run(&mut session, args.echo),
    }
}

/// The time, in nanoseconds since 1970, without the fraction of the second.
fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(0).saturating_mul(1_000_000_000))
}

/// What the command line asks for, as commands.
fn opening(args: &ReplArgs) -> Vec<String> {
    let load = args.program.iter().map(|path| format!(":load {}", path.display()));
    let nodes = (!args.nodes.is_empty()).then(|| format!(":nodes {}", args.nodes.join(" ")));
    let inputs = args.inputs.iter().map(|spec| format!(":load {spec}"));
    load.chain(nodes).chain(inputs).collect()
}
