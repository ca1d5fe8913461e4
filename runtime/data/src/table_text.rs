//! Rows as a table for terminals: columns aligned, numbers to the right, nothing wider than the terminal.

use floret_ir::{Type, Value, print};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::OutputRows;
use crate::quote::push_printable;

/// Between columns.
const GAP: &str = "  ";
/// No column is cut to less than this.
const NARROWEST: usize = 4;

impl OutputRows<'_> {
    /// The rows as an aligned table, at most `max_width` wide where the number of columns allows it. Texts too wide
    /// for their column are cut and end in `…`.
    pub fn table_text(&self, max_width: usize) -> String {
        let cells: Vec<Vec<String>> = self
            .rows
            .iter()
            .map(|row| row.iter().zip(&self.types).map(|(value, ty)| self.cell(value, *ty)).collect())
            .collect();
        let mut widths: Vec<usize> = self.header.iter().map(|name| name.width()).collect();
        for row in &cells {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        let right = self.right_aligned();
        fit(&mut widths, &right, max_width);
        let mut out = String::new();
        push_line(&mut out, &self.header, &widths, &right);
        let rules: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
        push_line(&mut out, &rules, &widths, &right);
        for row in &cells {
            push_line(&mut out, row, &widths, &right);
        }
        out
    }

    fn cell(&self, value: &Value, ty: Type) -> String {
        let mut text = String::new();
        print::value(value, ty, self.program).chars().for_each(|c| push_printable(&mut text, c));
        text
    }

    /// Numbers and durations go to the right.
    fn right_aligned(&self) -> Vec<bool> {
        self.types.iter().map(|ty| matches!(ty, Type::Int | Type::Float | Type::Duration)).collect()
    }
}

/// Makes the widest columns narrower until the table fits. Numbers are never cut: a part of one is another number.
fn fit(widths: &mut [usize], numbers: &[bool], max_width: usize) {
    let gaps = GAP.len() * widths.len().saturating_sub(1);
    let available = max_width.saturating_sub(gaps);
    loop {
        let total: usize = widths.iter().sum();
        let texts = || widths.iter().zip(numbers).filter(|(_, number)| !**number).map(|(width, _)| *width);
        let Some(widest) = texts().max().filter(|widest| *widest > NARROWEST && total > available) else {
            return;
        };
        let next = texts().filter(|width| *width < widest).max().unwrap_or(0).max(NARROWEST);
        let many = texts().filter(|width| *width == widest).count();
        // All widest columns shrink alike, to the next narrower one at most.
        let step = (total - available).div_ceil(many).min(widest - next).max(1);
        for (width, number) in widths.iter_mut().zip(numbers) {
            if !*number && *width == widest {
                *width = widest - step;
            }
        }
    }
}

fn push_line(out: &mut String, cells: &[String], widths: &[usize], right: &[bool]) {
    let start = out.len();
    for (number, ((cell, width), right)) in cells.iter().zip(widths).zip(right).enumerate() {
        if number > 0 {
            out.push_str(GAP);
        }
        let (cell, used) = cut(cell, *width);
        let padding = " ".repeat(width.saturating_sub(used));
        if *right {
            out.push_str(&padding);
            out.push_str(&cell);
        } else {
            out.push_str(&cell);
            out.push_str(&padding);
        }
    }
    let end = out.get(start..).map_or(start, |line| start + line.trim_end_matches(' ').len());
    out.truncate(end);
    out.push('\n');
}

/// The text, cut to `width`, and its width.
fn cut(text: &str, width: usize) -> (String, usize) {
    let whole = text.width();
    if whole <= width {
        return (text.to_owned(), whole);
    }
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide + 1 > width {
            break;
        }
        out.push(c);
        used += wide;
    }
    out.push('…');
    (out, used + 1)
}
