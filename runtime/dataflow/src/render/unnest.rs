//! `Unnest`: each row once per element of a value.

use std::sync::Arc;

use floret_ir::{NodeId, Scalar, Value};
use timely::dataflow::Stream;
use timely::dataflow::channels::pact::Pipeline;
use timely::dataflow::operators::generic::Operator;

use super::Renderer;
use super::batch::{Batch, BatchBuilder, unpack};
use super::streams::{Coll, Rows, each_width};
use crate::intern::Interner;
use crate::options::Fault;
use crate::row::{Class, encode};
use crate::scalar::{Columns, Frame, ValueCode, valued};
use crate::time::Time;

impl<'s> Renderer<'_, 's, '_> {
    /// The operator's rows with each distinct element of the value.
    pub(super) fn unnest(&self, rows: Rows<'s>, input: NodeId, value: &Scalar) -> Rows<'s> {
        let types = self.types(input).to_vec();
        let arity = types.len();
        let columns = Columns { types, places: (0..arity).collect(), inputs: arity };
        let unnesting = Unnesting {
            value: valued(value, &columns, &self.job.context),
            arity,
            class: Class::of(arity + 1),
            interner: self.job.context.interner.clone(),
            repeats: self.job.fault == Some(Fault::RepeatedElements),
        };
        let class = unnesting.class;
        unpack(each_width!(rows, rows => batches(rows, unnesting)), class)
    }
}

struct Unnesting {
    value: ValueCode,
    arity: usize,
    class: Class,
    interner: Arc<Interner>,
    /// A planted bug: an element that a list has twice comes twice.
    repeats: bool,
}

impl Unnesting {
    fn push(&self, row: &[u64], time: Time, diff: isize, builder: &mut BatchBuilder) {
        let row = row.get(..self.arity).unwrap_or(row);
        let valid = vec![true; self.arity];
        let Ok(value) = (self.value)(&Frame { words: row, valid: &valid }) else { return };
        let mut words: Vec<u64> = elements(&value, &self.interner);
        if !self.repeats {
            words.sort_unstable();
            words.dedup();
        }
        let mut whole = row.to_vec();
        for word in words {
            whole.truncate(self.arity);
            whole.push(word);
            builder.push_words(self.class, &whole, time, diff);
        }
    }
}

/// The words of a collection's elements, of a map's pairs.
pub(crate) fn elements(value: &Value, interner: &Interner) -> Vec<u64> {
    match value {
        Value::List(elements) | Value::Set(elements) | Value::Variant(_, elements) => {
            elements.iter().map(|element| encode(element, interner)).collect()
        }
        Value::Map(pairs) => pairs
            .iter()
            .map(|(key, value)| encode(&Value::tuple([key.clone(), value.clone()]), interner))
            .collect(),
        Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::String(_)
        | Value::Address(_)
        | Value::Bytes(_)
        | Value::Time(_)
        | Value::Duration(_)
        | Value::Tuple(_) => Vec::new(),
    }
}

fn batches<const W: usize>(rows: Coll<'_, W>, unnesting: Unnesting) -> Stream<'_, Time, Batch> {
    rows.inner.unary::<BatchBuilder, _, _, _>(Pipeline, "Unnest", move |_, _| {
        move |input, output| {
            input.for_each(|capability, rows| {
                let mut session = output.session_with_builder(&capability);
                for (row, time, diff) in rows.drain(..) {
                    unnesting.push(&row.0, time, diff, session.builder());
                }
                session.extract_and_send();
            });
        }
    })
}
