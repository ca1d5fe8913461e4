//! `floret check`.

use floret_compiler::coordination;

use crate::cli::{CheckArgs, Deny};
use crate::exit::Exit;
use crate::load;

/// Prints one line per output with its class, and every point of order.
///
/// # Errors
/// Exit code 1 for a program with errors or a denied finding.
pub fn check(args: &CheckArgs) -> Result<Exit, Exit> {
    let artifact = load::compile(&args.program)?;
    let program = &artifact.stratified.program;
    load::print_diagnostics(&coordination::findings(&artifact.coordination, program), &artifact.sources);
    print!("{}", coordination::summary(&artifact.coordination, program));
    let points = artifact.coordination.points.len();
    match args.deny {
        Some(Deny::Order) if points > 0 => {
            let plural = if points == 1 { "point of order is" } else { "points of order are" };
            Err(Exit::Wrong(format!("{points} {plural} left, and --deny order was given")))
        }
        Some(Deny::Order) | None => Ok(Exit::Done),
    }
}
