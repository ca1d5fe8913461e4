//! A compiled [`Mapping`]: what `Map`, `Join` and `Errors` do with a row.

use floret_ir::plan::Mapping;
use floret_ir::{BinaryOp, Scalar, Type};

use crate::row::{Row, encode};
use crate::scalar::{Code, Columns, Context, Frame, compile};

/// A mapping over input words that the caller puts into its frame.
pub(crate) struct Kernel {
    words: Vec<u64>,
    valid: Vec<bool>,
    /// How many of the words are inputs; the lets follow.
    inputs: usize,
    equal: Vec<(usize, usize)>,
    lets: Vec<Code>,
    conditions: Vec<Test>,
    columns: Vec<Output>,
}

/// A condition, the usual ones without a call.
enum Test {
    Words { left: usize, right: usize, equal: bool },
    Word { left: usize, right: u64, equal: bool },
    Code(Code),
}

/// An output column.
enum Output {
    Copy(usize),
    Word(u64),
    Code(Code),
}

/// What the literals say of a row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// All hold.
    Holds,
    /// None is false, but some has no value.
    Error,
    /// One is false.
    False,
}

impl Kernel {
    /// Compiles a mapping over columns of these types that lie at these places of `inputs` words. Only rows whose
    /// words are equal at each of the pairs of places in `equal` count at all.
    pub(crate) fn new(
        mapping: &Mapping,
        types: Vec<Type>,
        mut places: Vec<usize>,
        inputs: usize,
        equal: Vec<(usize, usize)>,
        context: &Context,
    ) -> Self {
        let arity = types.len();
        places.extend((0..mapping.lets.len()).map(|at| inputs + at));
        let mut columns = Columns { types, places, inputs: arity };
        let mut lets = Vec::new();
        for value in &mapping.lets {
            lets.push(compile(value, &columns, context));
            columns.types.push(columns.type_of(value));
        }
        let conditions = mapping.conditions.iter().map(|expr| test(expr, &columns, context)).collect();
        let outputs = mapping.columns.iter().map(|expr| output(expr, &columns, context)).collect();
        Kernel {
            words: vec![0; inputs + lets.len()],
            valid: vec![true; inputs + lets.len()],
            inputs,
            equal,
            lets,
            conditions,
            columns: outputs,
        }
    }

    /// The words of the inputs, to be filled in.
    #[inline]
    pub(crate) fn inputs(&mut self) -> &mut [u64] {
        &mut self.words[..self.inputs]
    }

    /// The row that the inputs become.
    #[inline]
    pub(crate) fn row<const W: usize>(&mut self) -> Option<Row<W>> {
        if self.judge() != Verdict::Holds {
            return None;
        }
        let frame = Frame { words: &self.words, valid: &self.valid };
        let mut row = Row::default();
        for (to, column) in row.0.iter_mut().zip(&self.columns) {
            *to = match column {
                Output::Copy(place) => *frame.words.get(*place)?,
                Output::Word(word) => *word,
                Output::Code(code) => code(&frame).ok()?,
            };
        }
        Some(row)
    }

    /// Writes the row that the inputs become; `false` if they become none.
    pub(crate) fn write(&mut self, to: &mut [u64]) -> bool {
        if self.judge() != Verdict::Holds {
            return false;
        }
        let frame = Frame { words: &self.words, valid: &self.valid };
        to.iter_mut().zip(&self.columns).all(|(to, column)| {
            let word = match column {
                Output::Copy(place) => frame.words.get(*place).copied(),
                Output::Word(word) => Some(*word),
                Output::Code(code) => code(&frame).ok(),
            };
            word.is_some_and(|word| {
                *to = word;
                true
            })
        })
    }

    /// Whether the inputs are in error: no condition is false, and some expression has no value.
    pub(crate) fn fails(&mut self) -> bool {
        match self.judge() {
            Verdict::False => false,
            Verdict::Error => true,
            Verdict::Holds => {
                let frame = Frame { words: &self.words, valid: &self.valid };
                self.columns.iter().any(|column| match column {
                    Output::Copy(_) | Output::Word(_) => false,
                    Output::Code(code) => code(&frame).is_err(),
                })
            }
        }
    }

    #[inline]
    fn judge(&mut self) -> Verdict {
        if self.equal.iter().any(|(a, b)| self.words.get(*a) != self.words.get(*b)) {
            return Verdict::False;
        }
        let mut verdict = Verdict::Holds;
        for (at, code) in self.lets.iter().enumerate() {
            let value = code(&Frame { words: &self.words, valid: &self.valid });
            let place = self.inputs + at;
            if let (Some(word), Some(valid)) = (self.words.get_mut(place), self.valid.get_mut(place)) {
                *valid = value.is_ok();
                *word = value.unwrap_or_default();
            }
            if value.is_err() {
                verdict = Verdict::Error;
            }
        }
        let frame = Frame { words: &self.words, valid: &self.valid };
        for condition in &self.conditions {
            let value = match condition {
                Test::Words { left, right, equal } => {
                    Ok((frame.words.get(*left) == frame.words.get(*right)) == *equal)
                }
                Test::Word { left, right, equal } => Ok((frame.words.get(*left) == Some(right)) == *equal),
                Test::Code(code) => code(&frame).map(|word| word != 0),
            };
            match value {
                Ok(true) => {}
                Ok(false) => return Verdict::False,
                Err(_) => verdict = Verdict::Error,
            }
        }
        verdict
    }
}

fn test(expr: &Scalar, columns: &Columns, context: &Context) -> Test {
    if let Scalar::Binary { op: op @ (BinaryOp::Equal | BinaryOp::NotEqual), left, right, .. } = expr {
        let equal = *op == BinaryOp::Equal;
        match (columns.place_of(left), columns.place_of(right), &**left, &**right) {
            (Some(left), Some(right), _, _) => return Test::Words { left, right, equal },
            (Some(left), None, _, Scalar::Const(value)) | (None, Some(left), Scalar::Const(value), _) => {
                return Test::Word { left, right: encode(value, &context.interner), equal };
            }
            (Some(_) | None, Some(_) | None, _, _) => {}
        }
    }
    Test::Code(compile(expr, columns, context))
}

fn output(expr: &Scalar, columns: &Columns, context: &Context) -> Output {
    match (columns.place_of(expr), expr) {
        (Some(place), _) => Output::Copy(place),
        (None, Scalar::Const(value)) => Output::Word(encode(value, &context.interner)),
        (None, _) => Output::Code(compile(expr, columns, context)),
    }
}
