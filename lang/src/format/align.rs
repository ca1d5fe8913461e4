//! Lines to text: `//` comments at the ends of adjacent lines begin in one column.

use crate::format::fit::Line;

/// The text of these lines.
pub fn text(lines: &[Line<'_>]) -> String {
    let mut text = String::new();
    let mut rest = lines;
    while let Some(first) = rest.first() {
        let run = rest.iter().take_while(|line| line.comment.is_some()).count();
        let (run, after) = rest.split_at(run.max(1));
        let column = column(run, after.first());
        if first.comment.is_none() {
            text += &first.code;
            text.push('\n');
        }
        for (line, comment) in run.iter().filter_map(|line| line.comment.map(|comment| (line, comment))) {
            let space = column.saturating_sub(line.code.chars().count());
            text += &format!("{}{:space$}{comment}\n", line.code, "");
        }
        rest = after;
    }
    text
}

/// Where the comments of these lines begin. Not where a comment on its own line below them does: it would be read as
/// one of theirs.
fn column(run: &[Line<'_>], below: Option<&Line<'_>>) -> usize {
    let widest = run.iter().map(|line| line.code.chars().count()).max().unwrap_or(0);
    let own_below = below.filter(|line| line.code.trim_start().starts_with("//"));
    let taken = own_below.map(|line| line.code.len() - line.code.trim_start().len());
    widest + if taken == Some(widest + 1) { 2 } else { 1 }
}
