//! What differs between two texts, line by line, for people.

use std::fmt::Write;

/// Lines that are shown of one file.
const SHOWN: usize = 40;

/// Above this many pairs of lines the middle is taken to differ as a whole.
const MOST_PAIRS: usize = 4_000_000;

/// The lines that differ, `-` before the old and `+` before the new, with their numbers.
pub fn shown(old: &str, new: &str) -> String {
    let changes = changes(&old.lines().collect::<Vec<_>>(), &new.lines().collect::<Vec<_>>());
    let mut text = String::new();
    for change in changes.iter().take(SHOWN) {
        let _ = writeln!(text, "{:>6} {} {}", change.line, change.sign, change.text);
    }
    if changes.is_empty() {
        text += "       only at the ends of its lines\n";
    } else if changes.len() > SHOWN {
        let _ = writeln!(text, "       ... and {} more lines", changes.len() - SHOWN);
    }
    text
}

/// A line that is in one text only.
#[derive(Clone, PartialEq, Debug)]
struct Change<'a> {
    /// Its number there, from 1.
    line: usize,
    /// `-`: in the old text, `+`: in the new one.
    sign: char,
    text: &'a str,
}

fn changes<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<Change<'a>> {
    let before = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let (old, new) = (old.split_at(before).1, new.split_at(before).1);
    let after = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    let (old, new) = (old.split_at(old.len() - after).0, new.split_at(new.len() - after).0);
    let common = common(old, new);
    let (mut old_at, mut new_at) = (0, 0);
    let mut changes = Vec::new();
    for (old_next, new_next) in common.into_iter().chain([(old.len(), new.len())]) {
        let lines = |texts: &[&'a str], from: usize, to: usize, sign: char| {
            let lines = texts.iter().enumerate().take(to).skip(from);
            lines.map(move |(at, text)| Change { line: before + at + 1, sign, text }).collect::<Vec<_>>()
        };
        changes.extend(lines(old, old_at, old_next, '-'));
        changes.extend(lines(new, new_at, new_next, '+'));
        (old_at, new_at) = (old_next + 1, new_next + 1);
    }
    changes
}

/// The most lines that both have in the same order, as pairs of indexes.
fn common(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    if old.len().saturating_mul(new.len()) > MOST_PAIRS {
        return Vec::new();
    }
    // longest[i * width + j]: how many `old[i..]` and `new[j..]` have in common.
    let width = new.len() + 1;
    let mut longest = vec![0u32; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            longest[i * width + j] = if old[i] == new[j] {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < old.len() && j < new.len() {
        if old[i] == new[j] {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}
