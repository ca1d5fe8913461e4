//! A rule as one of its literals sees it: for each row that this one has not seen, the rows of the others are looked up
//! one after the other, and what comes out goes into the rule's relation.

use std::sync::Arc;

use floret_ir::Value;

use super::index::Index;
use super::store::Store;
use crate::intern::Interner;
use crate::kernel::Kernel;
use crate::render::elements;
use crate::scalar::{Frame, ValueCode};

/// One way to run a rule.
pub(crate) struct Stage {
    /// The store whose fresh rows it starts from.
    pub(super) driver: usize,
    /// How many words the driver's rows have; they come first in the frame.
    pub(super) width: usize,
    pub(super) steps: Vec<Step>,
    /// The frame's words that make the row.
    pub(super) emit: Vec<usize>,
    /// The store they go into.
    pub(super) target: usize,
    /// The words that all steps share; constants are in it from the start.
    pub(super) frame: Vec<u64>,
}

/// What is done with what is known so far.
pub(super) enum Step {
    /// Look up rows; they go to `at` in the frame.
    Probe {
        /// In which index.
        index: usize,
        /// The frame's words that make the key.
        key: Vec<usize>,
        /// Where matches go, or the rows that they name.
        at: usize,
    },
    /// Go on only if two words are equal (or not).
    Check {
        /// One word.
        left: usize,
        /// The other.
        right: usize,
        /// Whether they must be equal.
        equal: bool,
    },
    /// Compute words.
    Compute {
        /// How.
        kernel: Kernel,
        /// From which words of the frame.
        from: Vec<usize>,
        /// Where to.
        at: usize,
        /// How many.
        width: usize,
    },
    /// Go on once for each element of a value.
    Unnest {
        /// The value.
        value: ValueCode,
        /// From which words of the frame.
        from: Vec<usize>,
        /// Where each element goes.
        at: usize,
        /// For the elements' words.
        interner: Arc<Interner>,
    },
}

/// What stages look things up in.
#[derive(Clone, Copy)]
pub(super) struct Known<'k> {
    pub(super) stores: &'k [Store],
    pub(super) indexes: &'k [Index],
}

/// The rows that come out, flat, and how many.
#[derive(Default)]
pub(super) struct Output {
    pub(super) words: Vec<u64>,
    pub(super) count: usize,
}

impl Stage {
    /// Starts from a row.
    #[inline]
    pub(super) fn run(&mut self, row: &[u64], known: Known<'_>, output: &mut Output) {
        self.frame[..self.width].copy_from_slice(row);
        step(&mut self.steps, &mut self.frame, &self.emit, known, output);
    }

    /// The indexes that it looks into.
    pub(super) fn indexes(&self) -> impl Iterator<Item = usize> {
        self.steps.iter().filter_map(|step| match step {
            Step::Probe { index, .. } => Some(*index),
            Step::Check { .. } | Step::Compute { .. } | Step::Unnest { .. } => None,
        })
    }
}

fn step(steps: &mut [Step], frame: &mut [u64], emit: &[usize], known: Known<'_>, output: &mut Output) {
    let Some((first, rest)) = steps.split_first_mut() else {
        output.words.extend(emit.iter().map(|at| frame[*at]));
        output.count += 1;
        return;
    };
    match first {
        Step::Check { left, right, equal } => {
            if (frame[*left] == frame[*right]) == *equal {
                step(rest, frame, emit, known, output);
            }
        }
        Step::Probe { index, key, at } => {
            let index = &known.indexes[*index];
            let matches = match key.as_slice() {
                [key] => index.get(&[frame[*key]]),
                [a, b] => index.get(&[frame[*a], frame[*b]]),
                key => index.get(&key.iter().map(|at| frame[*at]).collect::<Vec<_>>()),
            };
            let Some(payload) = index.payload() else {
                let store = &known.stores[index.store];
                for number in matches.words {
                    frame[*at..*at + store.arity].copy_from_slice(store.row(*number as usize));
                    step(rest, frame, emit, known, output);
                }
                return;
            };
            let width = payload.len();
            if width == 0 {
                // Equal rows lead to equal results.
                if matches.count > 0 {
                    step(rest, frame, emit, known, output);
                }
            } else if rest.is_empty() {
                last(matches.words, *at, width, frame, emit, output);
            } else {
                for values in matches.words.chunks_exact(width) {
                    frame[*at..*at + width].copy_from_slice(values);
                    step(rest, frame, emit, known, output);
                }
            }
        }
        Step::Compute { kernel, from, at, width } => {
            for (to, place) in kernel.inputs().iter_mut().zip(&*from) {
                *to = frame[*place];
            }
            if kernel.write(&mut frame[*at..*at + *width]) {
                step(rest, frame, emit, known, output);
            }
        }
        Step::Unnest { value, from, at, interner } => {
            let words: Vec<u64> = from.iter().map(|place| frame[*place]).collect();
            let valid = vec![true; words.len()];
            let found: Result<Value, _> = value(&Frame { words: &words, valid: &valid });
            let Ok(found) = found else { return };
            let mut found = elements(&found, interner);
            found.sort_unstable();
            found.dedup();
            for element in found {
                frame[*at] = element;
                step(rest, frame, emit, known, output);
            }
        }
    }
}

/// The last step of most rules: a row for each match, without the frame.
#[inline]
fn last(matches: &[u64], at: usize, width: usize, frame: &[u64], emit: &[usize], output: &mut Output) {
    let rows = matches.len() / width;
    output.count += rows;
    output.words.reserve(rows * emit.len());
    match *emit {
        // One new word, alone, or beside one that stays.
        [a] if width == 1 && a == at => output.words.extend_from_slice(matches),
        [a, b] if width == 1 && a != at && b == at => {
            let first = frame[a];
            output.words.extend(matches.iter().flat_map(|word| [first, *word]));
        }
        [a, b] if width == 1 && a == at && b != at => {
            let second = frame[b];
            output.words.extend(matches.iter().flat_map(|word| [*word, second]));
        }
        _ => {
            for values in matches.chunks_exact(width) {
                output.words.extend(emit.iter().map(|place| match place.checked_sub(at) {
                    Some(offset) if offset < width => values[offset],
                    Some(_) | None => frame[*place],
                }));
            }
        }
    }
}
