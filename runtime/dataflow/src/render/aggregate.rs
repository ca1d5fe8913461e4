//! `Aggregate`: counts, sums and extremes per group.

use std::cmp::Ordering;
use std::sync::Arc;

use floret_ir::plan::AggregateColumn;
use floret_ir::{AggregateKind, Float, NodeId, Type};

use super::Renderer;
use super::arrange::{Key, Place};
use super::reduce::{Logic, Tag, reduce, runs, tagged};
use super::streams::Rows;
use crate::intern::Interner;
use crate::row::{compare, int_word, word_int};

impl<'s> Renderer<'_, 's, '_> {
    /// Per distinct first `group` columns: those, then the aggregates.
    pub(super) fn aggregate(
        &mut self,
        id: NodeId,
        input: NodeId,
        group: usize,
        aggregates: &[AggregateColumn],
    ) -> Rows<'s> {
        let key = Key::of(&(0..group).collect::<Vec<_>>());
        let types = self.types(input);
        let places = key.places(types.len());
        let columns = aggregates.iter().map(|aggregate| {
            let column =
                aggregate.column.and_then(|column| Some((*places.get(column)?, *types.get(column)?)));
            (aggregate.kind, column)
        });
        let logic = Aggregation {
            prefix: match key {
                Key::Exact(_) => 0,
                Key::Hashed(_) => group,
            },
            exact: matches!(key, Key::Exact(_)),
            columns: columns.collect(),
            interner: self.job.context.interner.clone(),
        };
        let arity = self.arity(id);
        let reduced = reduce(self.arrange(input, &key), "Aggregate", Box::new(logic));
        self.reduced.insert(id, reduced.clone());
        tagged(reduced, Tag::Chosen, arity)
    }
}

struct Aggregation {
    /// How many of the values' first columns tell groups under one key word apart.
    prefix: usize,
    /// Whether the key word is the group.
    exact: bool,
    columns: Vec<(AggregateKind, Option<(Place, Type)>)>,
    interner: Arc<Interner>,
}

impl Logic for Aggregation {
    fn reduce(
        &mut self,
        key: u64,
        values: &mut dyn Iterator<Item = (&[u64], isize)>,
        emit: &mut dyn FnMut(Tag, &[u64]),
    ) {
        let values: Vec<(&[u64], isize)> = values.filter(|(_, count)| *count > 0).collect();
        for members in runs(&values, self.prefix) {
            let mut row = match members.first() {
                Some(_) if self.exact => vec![key],
                Some((first, _)) => first.get(..self.prefix).unwrap_or_default().to_vec(),
                None => continue,
            };
            let group = row.len();
            let mut fits = true;
            for (kind, column) in &self.columns {
                let word = self.compute(*kind, *column, key, members);
                fits &= word.is_some();
                row.push(word.unwrap_or_default());
            }
            match fits {
                true => emit(Tag::Chosen, &row),
                false => emit(Tag::LeftOut, row.get(..group).unwrap_or_default()),
            }
        }
    }
}

impl Aggregation {
    /// The aggregate of a group; `None` if a sum doesn't fit.
    fn compute(
        &self,
        kind: AggregateKind,
        column: Option<(Place, Type)>,
        key: u64,
        members: &[(&[u64], isize)],
    ) -> Option<u64> {
        let (place, ty) = column.unwrap_or((Place::Key, Type::Int));
        let word = |row: &[u64]| match place {
            Place::Key => key,
            Place::Value(at) => row.get(at).copied().unwrap_or_default(),
        };
        let words = || members.iter().map(|(row, _)| word(row));
        match kind {
            AggregateKind::Count => Some(int_word(members.iter().map(|(_, count)| *count as i64).sum())),
            AggregateKind::CountDistinct => {
                let mut words: Vec<u64> = words().collect();
                words.sort_unstable();
                words.dedup();
                Some(int_word(words.len() as i64))
            }
            AggregateKind::Sum if ty == Type::Float => {
                let mut floats: Vec<(u64, isize)> =
                    members.iter().map(|(row, count)| (word(row), *count)).collect();
                // Words of floats have their order.
                floats.sort_unstable();
                let mut sum = 0.0;
                for (word, count) in floats {
                    let float = Float::from_ordered_bits(word).get();
                    (0..count).for_each(|_| sum += float);
                }
                Some(Float::new(sum).ordered_bits())
            }
            AggregateKind::Sum => {
                let sum: i128 =
                    members.iter().map(|(row, count)| i128::from(word_int(word(row))) * *count as i128).sum();
                i64::try_from(sum).ok().map(int_word)
            }
            AggregateKind::Min => words().min_by(|a, b| self.order(*a, *b, ty)),
            AggregateKind::Max => words().max_by(|a, b| self.order(*a, *b, ty)),
        }
    }

    fn order(&self, a: u64, b: u64, ty: Type) -> Ordering {
        compare(a, b, ty, &self.interner)
    }
}
