//! Programs from and to files.

use std::path::Path;

use crate::exit::Exit;
use crate::load;
use crate::repl::definition::{Arrival, Definition, Piece};

/// A program's text.
///
/// # Errors
/// In words.
pub fn program(path: &str) -> Result<Piece, String> {
    match load::read_text(Path::new(path)) {
        Ok(text) => Ok(Piece::whole(path, text)),
        Err(Exit::Wrong(text) | Exit::Usage(text) | Exit::Failed(text) | Exit::Node(_, text)) => Err(text),
        Err(Exit::Done | Exit::Interrupted) => Err(format!("{path} could not be read")),
    }
}

/// Writes the program, then the facts; what a program can't say becomes a comment. Says what was written.
///
/// # Errors
/// In words.
pub fn save(path: &str, definition: &Definition) -> Result<String, String> {
    let mut text = String::new();
    for statement in &definition.statements {
        text.push_str(statement.piece.text().trim());
        text.push('\n');
    }
    let mut facts = 0;
    for arrival in &definition.arrivals {
        match &**arrival {
            Arrival::Facts(list) => {
                for fact in list {
                    text.push_str(fact.piece.text().trim());
                    text.push('\n');
                    facts += 1;
                }
            }
            Arrival::Delete(fact) => text.push_str(&format!("// :delete {}\n", fact.piece.text().trim())),
            Arrival::Send(fact) => text.push_str(&format!("// :send {}\n", fact.piece.text().trim())),
            Arrival::Data(data) => text.push_str(&format!("// :load {}\n", data.spec)),
            Arrival::Tick(_)
            | Arrival::Hold(_)
            | Arrival::Unhold
            | Arrival::Deliver(_)
            | Arrival::Run
            | Arrival::Pass(_)
            | Arrival::Clock(_) => {}
        }
    }
    std::fs::write(path, text).map_err(|error| format!("{path}: {error}"))?;
    let (statements, s) =
        (definition.statements.len(), if definition.statements.len() == 1 { "" } else { "s" });
    let f = if facts == 1 { "" } else { "s" };
    Ok(format!("{path}: {statements} statement{s}, {facts} fact{f}"))
}
