//! The insert-only way to run a loop: what it imports is collected until the imports are complete for a half, then one
//! operator derives everything and shows what is new, at that half.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use floret_ir::Id;
use floret_ir::plan::{Loop, Operator};
use floret_ir::way::takes_back;
use timely::Accountable;
use timely::container::CapacityContainerBuilder;
use timely::dataflow::Stream;
use timely::dataflow::channels::pact::Pipeline;
use timely::dataflow::operators::generic::OutputBuilder;
use timely::dataflow::operators::generic::builder_rc::OperatorBuilder;
use timely::dataflow::operators::generic::operator::Operator as _;
use timely::dataflow::operators::{CapabilitySet, Concatenate};

use super::Renderer;
use super::batch::{Batch, BatchBuilder, unpack};
use super::distinct::distinct;
use super::streams::each_width;
use crate::grow::{Growth, Peers, Unrest};
use crate::row::Class;
use crate::time::Time;

/// How many rows are shown before those who read them have a turn.
pub(super) const TURN: usize = 1 << 15;

/// A stream that carries nothing but its frontier.
pub(super) type Signal<'s> = Stream<'s, Time, Vec<()>>;

/// Rows that were imported, by half and import: flat, and how many.
pub(super) type Inbox = Rc<RefCell<BTreeMap<u64, Vec<(Vec<u64>, usize)>>>>;

impl<'s> Renderer<'_, 's, '_> {
    /// A recursive component whose collections only grow.
    pub(super) fn growth(&mut self, recursion: &Loop) {
        let inbox: Inbox = Rc::default();
        let count = recursion.imports.len();
        let arrivals: Vec<Signal<'s>> = (0..count)
            .zip(&recursion.imports)
            .map(|(at, import)| {
                let arity = self.arity(*import);
                let rows = match takes_back(&self.job.plan, *import) {
                    true => distinct(self.rows(*import), arity),
                    false => self.rows(*import),
                };
                each_width!(rows, rows => {
                    let inbox = inbox.clone();
                    rows.inner.unary::<CapacityContainerBuilder<Vec<()>>, _, _, _>(Pipeline, "Import", move |_, _| {
                        move |input, _output| input.for_each(|_, rows| {
                            let mut inbox = inbox.borrow_mut();
                            for rows in rows.chunk_by(|(_, a, _), (_, b, _)| a.half == b.half) {
                                let Some((_, time, _)) = rows.first() else { continue };
                                let half = inbox.entry(time.half).or_insert_with(|| vec![Default::default(); count]);
                                let Some((words, rows_there)) = half.get_mut(at) else { continue };
                                for (row, _, _) in rows.iter().filter(|(_, _, diff)| *diff > 0) {
                                    words.extend_from_slice(&row.0[..arity]);
                                    *rows_there += 1;
                                }
                            }
                        })
                    })
                })
            })
            .collect();
        let arrivals = self.scope.concatenate(arrivals);
        let shown = if self.scope.peers() > 1 {
            self.grow_spread(recursion, inbox, arrivals)
        } else {
            self.grow_alone(recursion, inbox, arrivals)
        };
        for export in &recursion.exports {
            if let Operator::Leave { inner } = self.job.plan.nodes[*export].operator
                && let Some(at) = recursion.variables.iter().position(|variable| variable.feedback == inner)
                && let Some(batches) = shown.get(at)
            {
                let class = Class::of(self.arity(*export));
                self.rows.get_mut().insert(*export, unpack(batches.clone(), class));
            }
        }
    }

    /// This worker's part of a component.
    pub(super) fn part(&self, recursion: &Loop) -> Growth {
        let peers = Peers { index: self.scope.index(), count: self.scope.peers() };
        Growth::new(&self.job.plan, recursion, &self.job.context, self.job.limit, peers)
    }

    /// The operator of a single worker; one stream per variable.
    fn grow_alone(
        &self,
        recursion: &Loop,
        inbox: Inbox,
        arrivals: Signal<'s>,
    ) -> Vec<Stream<'s, Time, Batch>> {
        let mut growth = self.part(recursion);
        let overrun = self.job.overrun.clone();
        let mut builder = OperatorBuilder::new("Growth".to_owned(), self.scope);
        let mut input = builder.new_input_connection(arrivals, Pipeline, []);
        let classes: Vec<Class> =
            recursion.variables.iter().map(|variable| Class::of(self.arity(variable.feedback))).collect();
        let (outputs, streams): (Vec<_>, Vec<_>) =
            classes.iter().map(|_| builder.new_output_connection::<Batch, _>([])).unzip();
        let mut outputs: Vec<OutputBuilder<Time, BatchBuilder>> =
            outputs.into_iter().map(OutputBuilder::from).collect();
        let activator = self.scope.activator_for(builder.operator_info().address);
        builder.build(move |capabilities| {
            let mut held: Vec<CapabilitySet<Time>> =
                capabilities.into_iter().map(CapabilitySet::from_elem).collect();
            // The half whose rows are being shown.
            let mut showing: Option<u64> = None;
            move |frontiers| {
                input.for_each(|_, _| {});
                let open = frontiers.first().and_then(|f| f.frontier().iter().map(|time| time.half).min());
                loop {
                    let half = match showing {
                        Some(half) => half,
                        None => {
                            let due = inbox.borrow_mut().first_entry().and_then(|first| {
                                let complete = open.is_none_or(|open| *first.key() < open);
                                complete.then(|| first.remove_entry())
                            });
                            let Some((half, imports)) = due else { break };
                            let derived = imports
                                .into_iter()
                                .enumerate()
                                .try_for_each(|(at, (rows, count))| growth.import(at, rows, count))
                                .and_then(|()| {
                                    growth.begin();
                                    while growth.advance()? {}
                                    Ok(())
                                });
                            if let Err(unrest) = derived {
                                report(&overrun, unrest);
                            }
                            half
                        }
                    };
                    showing = Some(half);
                    let all = show(&mut growth, half, &classes, &mut outputs, &mut held);
                    if !all {
                        activator.activate();
                        return;
                    }
                    showing = None;
                }
                held.iter_mut().for_each(|held| held.downgrade(open.map(Time::outside)));
            }
        });
        streams
    }
}

/// Shows what is new at this half, a part of it at a time; whether that is all. `classes`, `outputs` and `held` have an
/// item per variable.
pub(super) fn show(
    growth: &mut Growth,
    half: u64,
    classes: &[Class],
    outputs: &mut [OutputBuilder<Time, BatchBuilder>],
    held: &mut [CapabilitySet<Time>],
) -> bool {
    let time = Time::outside(half);
    let mut all = true;
    for (at, ((output, held), class)) in outputs.iter_mut().zip(held).zip(classes).enumerate() {
        let capability = held.delayed(&time);
        let mut output = output.activate();
        let mut batch = Batch::new(*class);
        all &= growth.show(at, TURN, |row, diff| batch.push(row, time, diff));
        if batch.record_count() > 0 {
            output.session_with_builder(&capability).give_container(&mut batch);
        }
    }
    all
}

/// Tells the engine that a component doesn't come to rest.
pub(super) fn report(overrun: &AtomicU64, unrest: Unrest) {
    let number = match unrest {
        Unrest::Rounds(relation) => relation.index() as u64 + 1,
        Unrest::Rows => u64::MAX,
    };
    overrun.store(number, Ordering::SeqCst);
}
