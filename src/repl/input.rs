//! When what is being typed is complete.

use floret_lang::{TokenClass, classes, is_open};

/// Whether more lines must follow: a statement ends in `;` or in the `}` of a block, a query at the end of its line,
/// and neither inside of brackets; a command is one line. An empty line ends everything, so that nobody is stuck.
pub fn is_complete(text: &str) -> bool {
    let start = text.trim_start();
    if start.is_empty() || start.starts_with(':') {
        return true;
    }
    if is_given_up(text) {
        return true;
    }
    if is_open(text) {
        return false;
    }
    let pieces = classes(start.strip_prefix('?').unwrap_or(start));
    let last = pieces.iter().rev().find(|(_, class)| *class != TokenClass::Comment);
    match last {
        // Only comments.
        None => true,
        Some((range, class)) => {
            if let Some(asked) = start.strip_prefix('?') {
                asked.get(range.clone()) != Some(",") && *class != TokenClass::RuleOp
            } else {
                *class == TokenClass::End || start.get(range.clone()) == Some("}")
            }
        }
    }
}

/// Whether an unfinished statement was ended by an empty line.
pub fn is_given_up(text: &str) -> bool {
    text.contains('\n') && text.rsplit('\n').next().is_some_and(|line| line.trim().is_empty())
}

/// A text as the inputs that it holds, one after the other: pasted text can be many.
pub fn split(text: &str) -> Vec<String> {
    let mut inputs = Vec::new();
    let mut open: Option<String> = None;
    for line in text.split('\n') {
        let input = match open.take() {
            Some(before) => format!("{before}\n{line}"),
            None => line.to_owned(),
        };
        if is_complete(&input) { inputs.push(input) } else { open = Some(input) }
    }
    inputs.extend(open);
    inputs
}
