//! How nodes crash and come back.

use floret_ir::Address;

use super::chronicle::What;
use super::connection::{ConnectionId, Side};
use super::event::Event;
use super::machine::Unfinished;
use super::run::World;
use crate::faults::{Fault, MILLISECOND};
use crate::random::mix;

impl World<'_> {
    /// A node crashes. Half of the time its peers are told by the system it ran on, else they have to find out.
    pub(super) fn crash(&mut self, fault: Fault) {
        let Fault::Crash { node: address, back, tick, .. } = fault else { return };
        let now = self.now();
        let Some(machine) = self.machines.get_mut(&address) else { return };
        let Some(node) = machine.node.take() else { return };
        let life = machine.lives;
        self.loses |= machine.disk.is_none();
        self.happened.insert(fault.clone());
        self.chronicle.add(now, What::Begins(fault.clone()));
        if let Some(ran) = node.uncommitted.as_ref() {
            let (number, inputs) = (ran.tick.entry.number, ran.inputs.clone());
            machine.last = Some(Unfinished { number, inputs, record: ran.record });
        }
        match &machine.disk {
            // What the disk of a node that is down has, holds; when it is back, there may be a tick more.
            Some(disk) => disk.crash(mix(&[self.run.seed, 8, address.index.into(), tick])),
            None => self.lose(address),
        }
        drop(node);
        let told = self.drawn(1, &[7, address.index.into(), tick]) == 0;
        let of_node: Vec<(ConnectionId, Side)> = self
            .connections
            .iter()
            .flat_map(|(id, connection)| {
                [Side::Caller, Side::Called].map(|side| (*id, side, connection.end(side)))
            })
            .filter(|(_, _, end)| *end == (address, life))
            .map(|(id, side, _)| (id, side))
            .collect();
        for (id, side) in of_node {
            let Some(connection) = self.connections.get_mut(&id) else { continue };
            let last = match side {
                Side::Caller => {
                    connection.caller_done = true;
                    connection.forth
                }
                Side::Called => {
                    connection.called_done = true;
                    connection.back
                }
            };
            connection.cut = true;
            let soon = last.max(now.saturating_add(MILLISECOND));
            // The system that is back knows nothing of the connection, and says so.
            let at = if told { Some(soon) } else { back.map(|back| soon.saturating_add(back)) };
            if let Some(at) = at {
                self.plan(at, Event::Ended { connection: id, side: side.other() });
            }
        }
        if let Some(back) = back {
            self.plan(now.saturating_add(back), Event::Start(address));
        }
    }

    /// What a crash takes.
    fn lose(&mut self, address: Address) {
        let relations = self.job.program().relations.entries();
        self.forgotten.extend(relations.filter(|(_, of)| of.role == address.role).map(|(id, _)| id));
        self.contents.forget(address);
    }

    /// A node begins another life.
    pub(super) fn comes_back(&mut self, address: Address) {
        let now = self.now();
        let is_its = |fault: &&Fault| World::is_crash_of(fault, address);
        let last = self.chronicle.happenings.iter().rev().find_map(|happening| match &happening.what {
            What::Begins(fault) => Some(fault).filter(is_its).cloned(),
            _ => None,
        });
        if let Some(fault) = last {
            self.chronicle.add(now, What::Ends(fault));
        }
        let Some(machine) = self.machines.get_mut(&address) else { return };
        if machine.disk.is_some() {
            return;
        }
        // What no finished tick has taken the host feeds again.
        if let Some(last) = machine.last.take() {
            last.inputs.into_iter().rev().for_each(|input| machine.offered.push_front(input));
        }
        // A node without a disk begins with the rows of its tables again, as its host starts it with them.
        let job = self.job;
        let Some(machine) = self.machines.get_mut(&address) else { return };
        let is_table = |input: &usize| {
            let row = job.input(*input).map(|(_, row)| row.relation);
            let relation = row.and_then(|relation| job.program().relations.get(relation));
            relation.is_some_and(floret_ir::Relation::is_table)
        };
        let tables: Vec<usize> = machine.taken.iter().copied().filter(is_table).collect();
        for input in tables.into_iter().rev() {
            machine.taken.remove(&input);
            machine.offered.push_front(input);
        }
    }
}
