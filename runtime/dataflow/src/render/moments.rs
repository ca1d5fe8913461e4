//! Operators over rows that are there for one tick only ([`crate::moments::Moments`]). Such rows come at the first half and are never
//! taken back; nothing is kept of them. What has to know all of a tick's rows waits for the half's end; what is stored
//! lies on a [`Shelf`], where they look it up.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use differential_dataflow::AsCollection;
use floret_ir::plan::{Operator, Sink};
use floret_ir::{Column, NodeId};
use timely::ContainerBuilder;
use timely::container::CapacityContainerBuilder;
use timely::dataflow::channels::pact::{Exchange, Pipeline};
use timely::dataflow::operators::CapabilitySet;
use timely::dataflow::operators::generic::builder_rc::OperatorBuilder;
use timely::dataflow::operators::generic::{OutputBuilder, operator::Operator as _};
use timely::dataflow::operators::vec::Filter;
use timely::dataflow::{Scope, Stream};

use super::Renderer;
use super::arrange::Key;
use super::batch::{BatchBuilder, unpack};
use super::grow::Signal;
use super::streams::{Coll, Rows, each_width};
use crate::delta::Delta;
use crate::kernel::Kernel;
use crate::row::{Class, Row};
use crate::shelf::Shelf;
use crate::sinks::Mode;
use crate::time::Time;

/// Rows that came, by half.
type Inbox = Rc<RefCell<BTreeMap<u64, Delta>>>;

/// Rows for an operator that waits for the end of their half.
#[derive(Clone)]
pub(super) struct Collected<'s> {
    inbox: Inbox,
    signal: Signal<'s>,
}

/// What lies on a shelf, and what is about to.
#[derive(Clone)]
pub(super) struct Shelved<'s> {
    rows: Collected<'s>,
    store: Rc<RefCell<Store>>,
}

struct Store {
    inbox: Inbox,
    key: Key,
    shelf: Shelf,
    overrun: Arc<AtomicU64>,
}

/// What an operator does at the end of a half.
pub(super) trait Work<CB>: 'static {
    /// All rows up to this half have come.
    fn bring(&mut self, _half: u64) {}
    /// Makes output of the half's rows.
    fn run(&mut self, rows: &Delta, time: Time, to: &mut CB);
}

impl<'s> Renderer<'_, 's, '_> {
    /// The momentary output of an operator that has one; `None`: it is rendered like any other, and filtered.
    pub(super) fn momentary(&mut self, id: NodeId) -> Option<Rows<'s>> {
        let moments = &self.job.moments;
        Some(match &self.job.plan.nodes[id].operator {
            Operator::Map { input, mapping } => self.map(self.moment(*input), *input, mapping),
            Operator::Errors { input, mapping } => self.errors(self.moment(*input), *input, mapping),
            Operator::Unnest { input, value } => self.unnest(self.moment(*input), *input, value),
            Operator::Union { inputs } => {
                self.union(inputs.iter().map(|input| self.moment(*input)), self.arity(id))
            }
            Operator::Aggregate { input, group, aggregates } => {
                self.aggregate(id, *input, *group, aggregates)
            }
            Operator::Overflow { aggregate } => self.left_out(*aggregate, self.arity(id)),
            // What is sent is a set in the end.
            Operator::Distinct { input } if self.is_only_sent(id) => self.moment(*input),
            Operator::Distinct { input } => {
                let arity = self.arity(id);
                let key = Key::Hashed((0..arity).collect());
                let rows = collect(self.moment(*input), &key, arity);
                let class = Class::of(arity);
                unpack(at_end(self.scope, "Distinct", rows, None, Once { class }), class)
            }
            Operator::Join { left, right, on, mapping } => {
                let (left_key, right_key) = keys(on);
                let (left_types, right_types) = (self.types(*left), self.types(*right));
                let types = [left_types, right_types].concat();
                let count = types.len();
                let width = left_types.len();
                let equal = match left_key {
                    Key::Exact(_) => Vec::new(),
                    Key::Hashed(_) => on.iter().map(|(l, r)| (*l, width + *r)).collect(),
                };
                let kernel =
                    Kernel::new(mapping, types, (0..count).collect(), count, equal, &self.job.context);
                let class = Class::of(mapping.columns.len());
                let (asking, key, stored, stored_key, start, other) =
                    match (moments.contains(*left), moments.contains(*right)) {
                        (true, false) => (*left, left_key, *right, right_key, 0, width),
                        (false, true) => (*right, right_key, *left, left_key, width, 0),
                        (true, true) | (false, false) => return None,
                    };
                let rows = collect(self.moment(asking), &key, self.arity(asking));
                let shelf = self.shelved(stored, stored_key);
                let work = Lookup { store: shelf.store, key, kernel, start, other, class };
                unpack(at_end(self.scope, "Lookup", rows, Some(shelf.rows.signal), work), class)
            }
            Operator::Antijoin { left, right, on } if !moments.contains(*right) => {
                let (left_key, right_key) = keys(on);
                let rows = collect(self.moment(*left), &left_key, self.arity(*left));
                let shelf = self.shelved(*right, right_key);
                let class = Class::of(self.arity(id));
                let work = Absent { store: shelf.store, key: left_key, on: on.clone(), class };
                unpack(at_end(self.scope, "Absent", rows, Some(shelf.rows.signal), work), class)
            }
            // Both sides of a join may be of the tick; then, as in all that follows here, nothing is looked up.
            Operator::Antijoin { .. }
            | Operator::Source { .. }
            | Operator::Members { .. }
            | Operator::Unit
            | Operator::Clock
            | Operator::Resolve { .. }
            | Operator::Losers { .. }
            | Operator::Variable { .. }
            | Operator::Leave { .. } => return None,
        })
    }

    /// Whether nothing but messages is made of an operator's rows.
    fn is_only_sent(&self, id: NodeId) -> bool {
        let plan = &self.job.plan;
        let mut sinks = plan.sinks.iter().zip(&self.job.sinks).filter(|(sink, _)| sink.node() == id);
        sinks.all(|(sink, mode)| matches!(sink, Sink::Send { .. }) && *mode == Mode::Arrived)
            && !plan.nodes.iter().any(|node| node.operator.inputs().contains(&id))
    }

    /// An operator's rows as arrivals look them up.
    fn shelved(&mut self, id: NodeId, key: Key) -> Shelved<'s> {
        let wanted = (id, key.clone());
        if let Some(shelved) = self.shelves.get(&wanted) {
            return shelved.clone();
        }
        let arity = self.arity(id);
        let rows = collect(self.rows(id), &key, arity);
        let (inbox, overrun) = (rows.inbox.clone(), self.job.overrun.clone());
        let store = Rc::new(RefCell::new(Store { inbox, key, shelf: Shelf::new(arity), overrun }));
        let shelved = Shelved { rows, store };
        self.shelves.insert(wanted, shelved.clone());
        shelved
    }
}

fn keys(on: &[(Column, Column)]) -> (Key, Key) {
    let (left, right): (Vec<Column>, Vec<Column>) = on.iter().copied().unzip();
    (Key::of(&left), Key::of(&right))
}

/// The rows that a momentary operator's usual rendering adds in a tick.
pub(super) fn arriving(rows: Rows<'_>) -> Rows<'_> {
    each_width!(rows, rows => {
        Rows::from(rows.inner.filter(|(_, time, _)| time.half % 2 == 0).as_collection())
    })
}

/// Momentary rows as differences: they go in their tick's second half. What takes them back is sent when that half is complete
/// everywhere else, so that nobody who sees a tick's rows as they come has it too early.
pub(super) fn passing(rows: Rows<'_>) -> Rows<'_> {
    each_width!(rows, rows => Rows::from(rows.clone().concat(gone(rows))))
}

fn gone<const W: usize>(rows: Coll<'_, W>) -> Coll<'_, W> {
    let mut builder = OperatorBuilder::new("Gone".to_owned(), rows.scope());
    let mut input = builder.new_input_connection(rows.inner, Pipeline, []);
    let (output, gone) = builder.new_output_connection::<Vec<(Row<W>, Time, isize)>, _>([]);
    let mut output = OutputBuilder::<Time, CapacityContainerBuilder<_>>::from(output);
    builder.build(move |capabilities| {
        let mut held: CapabilitySet<Time> = capabilities.into();
        let mut waiting = BTreeMap::<u64, Vec<(Row<W>, Time, isize)>>::new();
        move |frontiers| {
            input.for_each(|_, rows| {
                for (row, time, diff) in rows.drain(..) {
                    let half = time.half + 1;
                    waiting.entry(half).or_default().push((row, Time::outside(half), -diff));
                }
            });
            let mut output = output.activate();
            let open = frontiers.first().and_then(|f| f.frontier().iter().map(|time| time.half).min());
            while let Some(first) = waiting.first_entry()
                && open.is_none_or(|open| open > *first.key())
            {
                let capability = held.delayed(&Time::outside(*first.key()));
                output.session(&capability).give_container(&mut first.remove());
            }
            let next = waiting.first_key_value().map(|(half, _)| *half);
            held.downgrade(open.into_iter().chain(next).min().map(Time::outside));
        }
    });
    gone.as_collection()
}

/// Keeps rows until their half is complete, all of a key at one worker.
pub(super) fn collect<'s>(rows: Rows<'s>, key: &Key, arity: usize) -> Collected<'s> {
    let inbox: Inbox = Rc::default();
    let signal = each_width!(rows, rows => collect_width(rows, key, arity, inbox.clone()));
    Collected { inbox, signal }
}

fn collect_width<'s, const W: usize>(rows: Coll<'s, W>, key: &Key, arity: usize, inbox: Inbox) -> Signal<'s> {
    let key = key.clone();
    let by_key = Exchange::new(move |(row, _, _): &(Row<W>, Time, isize)| key.route(&row.0));
    rows.inner.unary::<CapacityContainerBuilder<Vec<()>>, _, _, _>(by_key, "Collect", move |_, _| {
        move |input, _output| {
            input.for_each(|_, rows| {
                let mut inbox = inbox.borrow_mut();
                for rows in rows.chunk_by(|(_, a, _), (_, b, _)| a.half == b.half) {
                    let Some((_, time, _)) = rows.first() else { continue };
                    let half = inbox.entry(time.half).or_insert_with(|| Delta::new(arity));
                    rows.iter().for_each(|(row, _, diff)| half.push(&row.0, *diff));
                }
            });
        }
    })
}

/// An operator that works when a half is complete.
pub(super) fn at_end<'s, CB: ContainerBuilder>(
    scope: Scope<'s, Time>,
    name: &str,
    rows: Collected<'s>,
    stored: Option<Signal<'s>>,
    mut work: impl Work<CB>,
) -> Stream<'s, Time, CB::Container> {
    let Collected { inbox, signal } = rows;
    let mut builder = OperatorBuilder::new(name.to_owned(), scope);
    let mut inputs: Vec<_> = std::iter::once(signal)
        .chain(stored)
        .map(|signal| builder.new_input_connection(signal, Pipeline, []))
        .collect();
    let (output, stream) = builder.new_output_connection::<CB::Container, _>([]);
    let mut output = OutputBuilder::<Time, CB>::from(output);
    builder.build(move |capabilities| {
        let mut held: CapabilitySet<Time> = capabilities.into();
        move |frontiers| {
            inputs.iter_mut().for_each(|input| input.for_each(|_, _| {}));
            let open = frontiers.iter().flat_map(|f| f.frontier().iter().map(|time| time.half).min()).min();
            let mut output = output.activate();
            loop {
                let due = inbox.borrow_mut().first_entry().and_then(|first| {
                    open.is_none_or(|open| *first.key() < open).then(|| first.remove_entry())
                });
                let Some((half, rows)) = due else { break };
                work.bring(half);
                let time = Time::outside(half);
                let capability = held.delayed(&time);
                let mut session = output.session_with_builder(&capability);
                work.run(&rows, time, session.builder());
                session.extract_and_send();
            }
            if let Some(last) = open.and_then(|open| open.checked_sub(1)) {
                work.bring(last);
            }
            held.downgrade(open.map(Time::outside));
        }
    });
    stream
}

impl Store {
    fn bring(&mut self, half: u64) {
        let mut inbox = self.inbox.borrow_mut();
        while let Some(first) = inbox.first_entry().filter(|first| *first.key() <= half) {
            for (row, diff) in first.remove().iter() {
                if self.shelf.change(self.key.word(row), row, diff).is_err() {
                    self.overrun.store(u64::MAX, Ordering::SeqCst);
                }
            }
        }
    }
}

/// Each row once.
struct Once {
    class: Class,
}

impl Work<BatchBuilder> for Once {
    fn run(&mut self, rows: &Delta, time: Time, to: &mut BatchBuilder) {
        let mut rows: Vec<(&[u64], isize)> = rows.iter().collect();
        rows.sort_unstable();
        for same in rows.chunk_by(|(a, _), (b, _)| a == b) {
            if let Some((row, _)) = same.first()
                && same.iter().map(|(_, diff)| diff).sum::<isize>() > 0
            {
                to.push_words(self.class, row, time, 1);
            }
        }
    }
}

/// Pairs of a row that arrives and those that lie on the shelf, mapped.
struct Lookup {
    store: Rc<RefCell<Store>>,
    key: Key,
    kernel: Kernel,
    /// Where in the kernel's inputs the arriving row begins, and the other.
    start: usize,
    other: usize,
    class: Class,
}

impl Work<BatchBuilder> for Lookup {
    fn bring(&mut self, half: u64) {
        self.store.borrow_mut().bring(half);
    }
    fn run(&mut self, rows: &Delta, time: Time, to: &mut BatchBuilder) {
        let store = self.store.borrow();
        for (row, diff) in rows.iter() {
            for (stored, count) in store.shelf.of(self.key.word(row)) {
                let inputs = self.kernel.inputs();
                inputs[self.start..self.start + row.len()].copy_from_slice(row);
                inputs[self.other..self.other + stored.len()].copy_from_slice(stored);
                to.push(self.class, &mut self.kernel, time, diff * count);
            }
        }
    }
}

/// Rows that arrive and have no partner on the shelf.
struct Absent {
    store: Rc<RefCell<Store>>,
    key: Key,
    on: Vec<(Column, Column)>,
    class: Class,
}

impl Work<BatchBuilder> for Absent {
    fn bring(&mut self, half: u64) {
        self.store.borrow_mut().bring(half);
    }
    fn run(&mut self, rows: &Delta, time: Time, to: &mut BatchBuilder) {
        let store = self.store.borrow();
        for (row, diff) in rows.iter() {
            let is_partner = |(stored, count): (&[u64], isize)| {
                count > 0 && self.on.iter().all(|(left, right)| row.get(*left) == stored.get(*right))
            };
            if !store.shelf.of(self.key.word(row)).any(is_partner) {
                to.push_words(self.class, row, time, diff);
            }
        }
    }
}
