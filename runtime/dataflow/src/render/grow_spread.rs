//! The insert-only way with several workers. Rows for other workers travel on a feedback edge, of which nobody waits for a
//! round: a worker derives what it can from what it has. It holds on to the half while it does; when all are done and
//! nothing is under way, the edge's frontier passes the half, and each worker shows its part of what is new.

use std::collections::BTreeMap;

use floret_ir::plan::Loop;
use timely::container::CapacityContainerBuilder;
use timely::dataflow::Stream;
use timely::dataflow::channels::pact::{Exchange, Pipeline};
use timely::dataflow::operators::generic::OutputBuilder;
use timely::dataflow::operators::generic::builder_rc::OperatorBuilder;
use timely::dataflow::operators::{CapabilitySet, ConnectLoop, Feedback};
use timely::progress::Antichain;

use super::Renderer;
use super::batch::{Batch, BatchBuilder};
use super::grow::{Inbox, Signal, report, show};
use crate::grow::Packet;
use crate::row::Class;
use crate::time::{Rounds, Time};

/// Packets that came, with the right to answer them.
type Came = Vec<(CapabilitySet<Time>, Vec<Packet>)>;

impl<'s> Renderer<'_, 's, '_> {
    /// The operator of one of several workers; one stream per variable.
    pub(super) fn grow_spread(
        &self,
        recursion: &Loop,
        inbox: Inbox,
        arrivals: Signal<'s>,
    ) -> Vec<Stream<'s, Time, Batch>> {
        let mut growth = self.part(recursion);
        let overrun = self.job.overrun.clone();
        let (feedback, packets) = self.scope.feedback::<Vec<Packet>>(Rounds(1));
        let mut builder = OperatorBuilder::new("Growth".to_owned(), self.scope);
        let mut signals = builder.new_input_connection(arrivals, Pipeline, []);
        let exchange = Exchange::new(|packet: &Packet| packet.to);
        let mut packets = builder.new_input_connection(packets, exchange, []);
        let answers = [(1, Antichain::from_elem(Rounds::default()))];
        let (sent, sent_stream) = builder.new_output_connection::<Vec<Packet>, _>(answers);
        let mut sent = OutputBuilder::<Time, CapacityContainerBuilder<Vec<Packet>>>::from(sent);
        sent_stream.connect_loop(feedback);
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
            let mut came: BTreeMap<u64, Came> = BTreeMap::new();
            let mut present: Option<Present> = None;
            move |frontiers| {
                signals.for_each(|_, _| {});
                packets.for_each(|capability, packets| {
                    let right = capability.retain_stamp(0);
                    for packets in packets.chunk_by(|a, b| a.half == b.half) {
                        if let Some(first) = packets.first() {
                            came.entry(first.half).or_default().push((right.clone(), packets.to_vec()));
                        }
                    }
                    packets.clear();
                });
                let first = |input: usize| {
                    frontiers.get(input).and_then(|f| f.frontier().iter().map(|time| time.half).min())
                };
                let open = first(0);
                loop {
                    if present.is_none() {
                        let due = [inbox.borrow().keys().next().copied(), came.keys().next().copied()];
                        // Halves follow one another: while one isn't at rest, its packets come here, too.
                        let ready = |half: &u64| {
                            open.is_none_or(|open| *half < open)
                                && first(1).is_none_or(|still| *half <= still)
                        };
                        let due = due.into_iter().flatten().min().filter(ready);
                        let Some(half) = due else { break };
                        let imports = inbox.borrow_mut().remove(&half).unwrap_or_default();
                        growth.begin();
                        for (at, (rows, count)) in imports.into_iter().enumerate() {
                            if let Err(unrest) = growth.import(at, rows, count) {
                                report(&overrun, unrest);
                            }
                        }
                        let mut right = CapabilitySet::new();
                        // (Where packets alone began the half, they brought the right to answer them.)
                        if let Some(held) = held.first_mut()
                            && let Some(own) = held.try_delayed(&Time::outside(half))
                        {
                            right.insert(own);
                            held.downgrade([Time::outside(half + 1)]);
                        }
                        present = Some(Present { half, right });
                    }
                    let Some(Present { half, right }) = &mut present else { break };
                    for (rights, packets) in came.remove(half).into_iter().flatten() {
                        rights.iter().for_each(|own| right.insert(own.clone()));
                        for packet in packets {
                            if let Err(unrest) = growth.receive(packet) {
                                report(&overrun, unrest);
                            }
                        }
                    }
                    if !right.is_empty() {
                        let more = growth.advance().unwrap_or_else(|unrest| {
                            report(&overrun, unrest);
                            false
                        });
                        let mut packets = growth.send(*half);
                        if !packets.is_empty() {
                            let mut output = sent.activate();
                            output.session(&*right).give_container(&mut packets);
                        }
                        if more {
                            activator.activate();
                            return;
                        }
                        *right = CapabilitySet::new();
                    }
                    // (Others may still have something for this worker.)
                    if first(1).is_some_and(|half_open| half_open <= *half) {
                        return;
                    }
                    let held = held.get_mut(1..).unwrap_or_default();
                    let all = show(&mut growth, *half, &classes, &mut outputs, held);
                    if !all {
                        activator.activate();
                        return;
                    }
                    present = None;
                }
                // Of its own accord this worker sends in halves that aren't complete, and in those that it hasn't begun;
                // what is to be shown may still come from others.
                let pending = inbox.borrow().keys().next().copied();
                let own = open.into_iter().chain(pending).min();
                let still = own.into_iter().chain(first(1)).min();
                for (at, held) in held.iter_mut().enumerate() {
                    held.downgrade(if at == 0 { own } else { still }.map(Time::outside));
                }
            }
        });
        streams
    }
}

/// The half that is being derived.
struct Present {
    half: u64,
    /// To send packets in it; empty when nothing more follows from what is here.
    right: CapabilitySet<Time>,
}
