//! `Aggregate`: counts, sums, extremes and collections per group.

use std::cmp::Ordering;

use floret_ir::hash::seeded_hash;
use floret_ir::plan::AggregateColumn;
use floret_ir::{AggregateKind, Column, Float, NodeId, Type, Value, mean};

use super::Renderer;
use super::arrange::{Key, Place};
use super::reduce::{Logic, Tag, reduce, reduce_at_end, runs, tagged};
use super::streams::Rows;
use crate::options::Fault;
use crate::row::{compare, decode, encode, int_word, word_int};
use crate::scalar::Context;

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
        let argument = |column: Option<Column>| {
            column.and_then(|column| Some((*places.get(column)?, *types.get(column)?)))
        };
        let columns = aggregates.iter().map(|aggregate| One {
            kind: aggregate.kind,
            column: argument(aggregate.column),
            by: argument(aggregate.by),
        });
        let logic = Aggregation {
            prefix: match key {
                Key::Exact(_) => 0,
                Key::Hashed(_) => group,
            },
            exact: matches!(key, Key::Exact(_)),
            columns: columns.collect(),
            context: self.job.context.clone(),
            swapped: self.job.fault == Some(Fault::SwappedExtremes),
        };
        let arity = self.arity(id);
        let reduced = if self.job.moments.contains(id) {
            reduce_at_end(self.scope, self.moment(input), &key, types.len(), "Aggregate", Box::new(logic))
        } else {
            reduce(self.arrange(input, &key), "Aggregate", Box::new(logic))
        };
        self.reduced.insert(id, reduced.clone());
        tagged(reduced, Tag::Chosen, arity)
    }
}

struct Aggregation {
    /// How many of the values' first columns tell groups under one key word apart.
    prefix: usize,
    /// Whether the key word is the group.
    exact: bool,
    columns: Vec<One>,
    context: Context,
    /// A planted bug: `arg_min` is `arg_max`.
    swapped: bool,
}

/// One aggregate, with where its arguments are.
struct One {
    kind: AggregateKind,
    column: Option<(Place, Type)>,
    by: Option<(Place, Type)>,
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
            for one in &self.columns {
                let word = self.compute(one, key, members);
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
    fn compute(&self, one: &One, key: u64, members: &[(&[u64], isize)]) -> Option<u64> {
        let (place, ty) = one.column.unwrap_or((Place::Key, Type::Int));
        let words = || members.iter().map(|(row, _)| word(place, key, row));
        let counted = || members.iter().map(|(row, count)| (word(place, key, row), *count));
        match one.kind {
            AggregateKind::Count => Some(int_word(counted().map(|(_, count)| count as i64).sum())),
            AggregateKind::CountDistinct => Some(int_word(distinct(words()).len() as i64)),
            AggregateKind::Sum if ty == Type::Float => Some(Float::new(float_sum(counted())).ordered_bits()),
            AggregateKind::Sum => i64::try_from(int_sum(counted())).ok().map(int_word),
            AggregateKind::Min => words().min_by(|a, b| self.order(*a, *b, ty)),
            AggregateKind::Max => words().max_by(|a, b| self.order(*a, *b, ty)),
            AggregateKind::Avg => {
                let rows: i64 = counted().map(|(_, count)| count as i64).sum();
                Some(if ty == Type::Float {
                    Float::new(float_sum(counted()) / rows as f64).ordered_bits()
                } else {
                    encode(&mean(int_sum(counted()), rows.unsigned_abs()), &self.context.interner)
                })
            }
            AggregateKind::ArgMin | AggregateKind::ArgMax => {
                let greatest = (one.kind == AggregateKind::ArgMax) != self.swapped;
                self.extreme(one, greatest, key, members)
            }
            AggregateKind::Collect => {
                let interner = &self.context.interner;
                let values = distinct(words()).into_iter().map(|word| decode(word, ty, interner));
                Some(encode(&Value::set(values), interner))
            }
            AggregateKind::Any => {
                let (interner, seed) = (&self.context.interner, self.context.site.deployment.seed);
                let hash = |word: u64| seeded_hash(seed, &decode(word, ty, interner));
                let hashed = distinct(words()).into_iter().map(|word| (hash(word), word));
                let least = |a: &(i64, u64), b: &(i64, u64)| a.0.cmp(&b.0).then(self.order(a.1, b.1, ty));
                hashed.min_by(least).map(|(_, word)| word)
            }
        }
    }

    /// The argument of the row with the least or greatest `by`; of several, the least.
    fn extreme(&self, one: &One, greatest: bool, key: u64, members: &[(&[u64], isize)]) -> Option<u64> {
        let ((place, ty), (by_place, by_ty)) = (one.column?, one.by?);
        let pairs = members.iter().map(|(row, _)| (word(by_place, key, row), word(place, key, row)));
        let best = pairs.min_by(|a, b| {
            let by = self.order(a.0, b.0, by_ty);
            let by = if greatest { by.reverse() } else { by };
            by.then(self.order(a.1, b.1, ty))
        });
        best.map(|(_, word)| word)
    }

    fn order(&self, a: u64, b: u64, ty: Type) -> Ordering {
        compare(a, b, ty, &self.context.interner)
    }
}

fn word(place: Place, key: u64, row: &[u64]) -> u64 {
    match place {
        Place::Key => key,
        Place::Value(at) => row.get(at).copied().unwrap_or_default(),
    }
}

fn distinct(words: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut words: Vec<u64> = words.collect();
    words.sort_unstable();
    words.dedup();
    words
}

fn int_sum(words: impl Iterator<Item = (u64, isize)>) -> i128 {
    words.map(|(word, count)| i128::from(word_int(word)) * count as i128).sum()
}

/// The sum in ascending order.
fn float_sum(words: impl Iterator<Item = (u64, isize)>) -> f64 {
    let mut floats: Vec<(u64, isize)> = words.collect();
    // Words of floats have their order.
    floats.sort_unstable();
    let mut sum = 0.0;
    for (word, count) in floats {
        let float = Float::from_ordered_bits(word).get();
        (0..count).for_each(|_| sum += float);
    }
    sum
}
