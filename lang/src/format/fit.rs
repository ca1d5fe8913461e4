//! Layout to lines: a group whose line would be too long ends its lines.

use crate::format::piece::Piece;

/// The most characters of a line, comments at its end apart.
const WIDTH: usize = 100;

/// How far what nests is indented.
const INDENT: usize = 4;

/// A line of the result.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Line<'a> {
    /// What stands on it, indented.
    pub code: String,
    /// The `//` comment at its end.
    pub comment: Option<&'a str>,
}

/// The lines of a layout.
pub fn lines<'a>(pieces: &[Piece<'a>]) -> Vec<Line<'a>> {
    let mut writer = Writer { lines: Vec::new(), line: Line::default(), width: 0, indent: 0 };
    // For each open group, whether its lines end; the text's do.
    let mut groups = vec![true];
    for (at, piece) in pieces.iter().enumerate() {
        let ends = groups.last().is_none_or(|ends| *ends);
        match *piece {
            Piece::Text(text) => writer.text(text),
            Piece::Line(_) if ends => writer.end_line(),
            Piece::Line(flat) => writer.text(flat),
            Piece::Hard { blank } => {
                writer.end_line();
                if blank {
                    writer.blank_line();
                }
            }
            Piece::Open { broken, stiff: _ } => {
                groups.push(ends && (broken || !fits(&pieces[at + 1..], &groups, writer.room())));
            }
            Piece::Close => {
                groups.pop();
            }
            Piece::Indent => writer.indent += INDENT,
            Piece::Dedent => writer.indent = writer.indent.saturating_sub(INDENT),
            Piece::CommaIfBroken if ends => writer.text(","),
            Piece::CommaIfBroken => {}
            Piece::Trailing(comment) if comment.is_line() => writer.line.comment = Some(comment.text),
            Piece::Trailing(comment) => {
                writer.text(" ");
                writer.text_lines(comment.text, |line| line.to_owned());
            }
            Piece::Below(text) => writer.line.comment = Some(text),
            Piece::Own(comment) => {
                let indent = writer.indent;
                writer.text_lines(comment.text, |line| shifted(line, comment.indent, indent));
            }
        }
    }
    writer.end_line();
    let mut lines = writer.lines;
    while lines.last().is_some_and(|last| *last == Line::default()) {
        lines.pop();
    }
    lines
}

/// Whether the group that begins with these pieces fits on the line with what follows it there.
fn fits(pieces: &[Piece<'_>], outer: &[bool], room: usize) -> bool {
    let mut room = room;
    // The groups that opened here, innermost last, then the outer ones that did not close yet.
    let (mut inner, mut outer) = (vec![false], outer);
    for piece in pieces {
        let ends = inner.last().or(outer.last()).is_none_or(|ends| *ends);
        let width = match piece {
            Piece::Text(text) => text.chars().count(),
            Piece::Line(_) | Piece::Hard { .. } if ends => return true,
            Piece::Line(flat) => flat.len(),
            Piece::CommaIfBroken => usize::from(ends),
            Piece::Open { broken, stiff } => {
                inner.push(*broken || inner.is_empty() && !stiff);
                0
            }
            Piece::Close => {
                if inner.pop().is_none() {
                    outer = outer.split_last().map_or(&[], |(_, rest)| rest);
                }
                0
            }
            // As wide as it is between two items, where it may have stood before.
            Piece::Trailing(comment) if comment.is_inline() => comment.text.chars().count() + 1,
            Piece::Hard { .. } | Piece::Trailing(_) | Piece::Below(_) | Piece::Own(_) => return true,
            Piece::Indent | Piece::Dedent => 0,
        };
        match room.checked_sub(width) {
            Some(left) => room = left,
            None => return false,
        }
    }
    true
}

/// A further line of a comment that began in column `from` and now begins in column `to`.
fn shifted(line: &str, from: usize, to: usize) -> String {
    let spaces = line.chars().take_while(|c| c.is_whitespace()).take(from).map(char::len_utf8).sum();
    format!("{:to$}{}", "", line.get(spaces..).unwrap_or(""))
}

struct Writer<'a> {
    lines: Vec<Line<'a>>,
    /// The line that is written.
    line: Line<'a>,
    /// Its characters.
    width: usize,
    indent: usize,
}

impl Writer<'_> {
    fn room(&self) -> usize {
        WIDTH.saturating_sub(self.width.max(self.indent))
    }

    fn text(&mut self, text: &str) {
        if self.line.code.is_empty() {
            self.line.code = " ".repeat(self.indent);
            self.width = self.indent;
        }
        self.line.code += text;
        self.width += text.chars().count();
    }

    /// A text with line ends; its further lines go through `shift`.
    fn text_lines(&mut self, text: &str, shift: impl Fn(&str) -> String) {
        for (at, line) in text.lines().enumerate() {
            if at == 0 {
                self.text(line);
            } else {
                self.end_line();
                self.line.code = shift(line);
            }
        }
    }

    /// Ends the line; empty ones at the beginning of the text are left out.
    fn end_line(&mut self) {
        let mut line = std::mem::take(&mut self.line);
        self.width = 0;
        line.code.truncate(line.code.trim_end().len());
        if !self.lines.is_empty() || line != Line::default() {
            self.lines.push(line);
        }
    }

    fn blank_line(&mut self) {
        if !self.lines.is_empty() {
            self.lines.push(Line::default());
        }
    }
}
