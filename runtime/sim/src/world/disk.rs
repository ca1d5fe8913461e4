//! Ticks of durable nodes on their way to the disk, and what is there when they come back. The store is the one of real
//! nodes, on a disk that loses what wasn't synced.

use floret_ir::Address;
use floret_node::store::{Birth, EncodedSnapshot, Recovered, SnapshotPolicy};
use floret_node::{NodeStore, identity};
use floret_node::{Snapshot, TickEntry};

use super::chronicle::What;
use super::event::Event;
use super::job::Planted;
use super::machine::{Ran, Unfinished};
use super::run::World;
use crate::faults::{CrashPoint, Fault, MILLISECOND};

/// A sync takes up to this.
const SYNC: i64 = 4 * MILLISECOND;
/// A crash comes before one of so many operations of the disk.
const OPERATIONS: i64 = 12;
/// Snapshots are frequent, so that runs have some.
const POLICY: SnapshotPolicy = SnapshotPolicy { ticks: 5, bytes: 64 << 20 };

/// Whether a snapshot is to be made of the next tick.
pub(super) fn wants_snapshot(store: &NodeStore) -> bool {
    !store.is_writing_snapshot() && POLICY.is_due(store.size())
}

impl World<'_> {
    /// A tick has run. A node without a disk is done with it.
    pub(super) fn ran(&mut self, address: Address, life: u64, ran: Ran) {
        let (now, planted) = (self.now(), self.job.planted);
        let Some(node) = self.node(address, life) else { return };
        if node.store.is_none() {
            return match ran.crash.clone() {
                Some((CrashPoint::BeforeSync, fault)) => {
                    node.uncommitted = Some(ran);
                    self.crash(fault);
                }
                Some(_) | None => self.commit(address, life, ran),
            };
        }
        if planted == Some(Planted::CommitBeforeSync) {
            return self.commit_before_sync(address, life, ran);
        }
        let number = ran.tick.entry.number;
        node.uncommitted = Some(ran);
        let takes = self.drawn(SYNC, &[9, address.index.into(), number]);
        self.plan(now.saturating_add(takes), Event::Sync { node: address, life });
    }

    /// The tick that has run is put on disk, and is over for good then.
    pub(super) fn sync(&mut self, address: Address, life: u64) {
        if let Some(until) = self.paused(address) {
            return self.plan(until, Event::Sync { node: address, life });
        }
        let now = self.now();
        let Some(node) = self.node(address, life) else { return };
        let Some(ran) = &node.uncommitted else { return };
        let (number, crash) = (ran.tick.entry.number, ran.crash.clone());
        match crash {
            Some((CrashPoint::BeforeSync, fault)) => {
                self.write_in_part(address, life, number);
                self.crash(fault);
            }
            Some(_) | None => {
                if let Err(why) = self.keep(address, life) {
                    self.end = Some(super::End::Failed { node: address, why });
                    return;
                }
                self.chronicle.add(now, What::Stored { node: address, tick: number });
                let Some(ran) = self.node(address, life).and_then(|node| node.uncommitted.take()) else {
                    return;
                };
                self.commit(address, life, ran);
                self.stir(address);
            }
        }
    }

    /// Appends and syncs the tick that has run.
    fn keep(&mut self, address: Address, life: u64) -> Result<(), String> {
        let Some(node) = self.node(address, life) else { return Ok(()) };
        let (Some(store), Some(ran)) = (&mut node.store, &node.uncommitted) else { return Ok(()) };
        let number = ran.tick.entry.number;
        let kept = store.append(number, &ran.tick.entry).and_then(|()| store.sync());
        kept.map_err(|error| error.to_string())
    }

    /// The power fails while a tick is written: all of it may be on disk, or nothing.
    fn write_in_part(&mut self, address: Address, life: u64, number: u64) {
        let operations = self.drawn(OPERATIONS, &[10, address.index.into(), number, life]);
        let disk = self.machines.get(&address).and_then(|machine| machine.disk.clone());
        if let Some(disk) = disk {
            disk.power_off_after(operations.unsigned_abs());
        }
        // It fails, or it was done before the power failed.
        let _ = self.keep(address, life);
    }

    /// The planted mistake: the world sees the tick before the disk has it.
    fn commit_before_sync(&mut self, address: Address, life: u64, mut ran: Ran) {
        let crash = ran.crash.take();
        let (number, record, inputs) = (ran.tick.entry.number, ran.record, ran.inputs.clone());
        let entry = ran.tick.entry.clone();
        ran.before = None;
        self.commit(address, life, ran);
        if let Some((point, fault)) = crash {
            if point != CrashPoint::BeforeSync
                && let Some(store) = self.node(address, life).and_then(|node| node.store.as_mut())
            {
                let _ = store.append(number, &entry).and_then(|()| store.sync());
            }
            if let Some(machine) = self.machines.get_mut(&address) {
                machine.last = Some(Unfinished { number, inputs, record });
            }
            return self.crash(fault);
        }
        if let Some(store) = self.node(address, life).and_then(|node| node.store.as_mut()) {
            let _ = store.append(number, &entry).and_then(|()| store.sync());
        }
    }

    /// A snapshot of a committed tick is begun, if one was wanted.
    pub(super) fn begin_snapshot(&mut self, address: Address, ran: &mut Ran) {
        let Some(before) = ran.before.take() else { return };
        let Some(node) = self.machines.get_mut(&address).and_then(|machine| machine.node.as_mut()) else {
            return;
        };
        let snapshot = Snapshot { before, entry: ran.tick.entry.clone(), links: node.links.state() };
        if let Some(store) = &mut node.store {
            let begun = EncodedSnapshot::new(snapshot.entry.number, &snapshot)
                .and_then(|snapshot| store.begin_snapshot(snapshot));
            if let Err(error) = begun {
                self.end = Some(super::End::Failed { node: address, why: error.to_string() });
            }
        }
    }

    /// Opens a durable node's store when it starts; one that comes back goes on from what is there.
    pub(super) fn open_store(&mut self, address: Address, incarnation: u64) -> Result<(), String> {
        let (job, seed) = (self.job, self.run.seed);
        let Some(machine) = self.machines.get_mut(&address) else { return Ok(()) };
        let (Some(disk), Some(node)) = (&machine.disk, &mut machine.node) else { return Ok(()) };
        let identity = identity(job.program(), job.program_hash, address, job.deployment);
        if machine.lives == 1 {
            let birth = Birth { incarnation, sessions: incarnation, seed };
            let store =
                NodeStore::create(disk.open(), &identity, birth).map_err(|error| error.to_string())?;
            node.store = Some(store);
            return Ok(());
        }
        let (store, recovered) =
            NodeStore::open(disk.open(), &identity).map_err(|error| error.to_string())?;
        let last_tick = store.last_tick();
        node.store = Some(store);
        let last = machine.last.take();
        let survived = last.as_ref().is_some_and(|last| last.number <= last_tick);
        let record = last.as_ref().filter(|_| survived).map(|last| last.record);
        match last {
            Some(last) if survived => {
                machine.taken.extend(last.inputs);
                self.chronicle.committed.insert(last.record);
            }
            Some(last) => last.inputs.into_iter().rev().for_each(|input| machine.offered.push_front(input)),
            None => {}
        }
        if last_tick == 0 {
            return Ok(());
        }
        let Recovered { snapshot, mut entries, .. } = recovered;
        let again = self.plant(&mut entries);
        let Some(node) = self.machines.get_mut(&address).and_then(|machine| machine.node.as_mut()) else {
            return Ok(());
        };
        let resumed = node
            .core
            .resume(&mut node.links, snapshot.map(|(_, snapshot)| snapshot), entries)
            .map_err(|error| error.describe(job.program()).0)?;
        for message in again {
            node.links.receive_lossy(message.sender, message.relation, vec![message.row], 1);
        }
        self.contents.forget(address);
        self.show(address, &resumed.effects.changes, record);
        Ok(())
    }

    /// What the planted mistakes make of the log: messages that are taken again.
    fn plant(&self, entries: &mut [TickEntry]) -> Vec<floret_ir::Message> {
        let Some(last) = entries.last_mut() else { return Vec::new() };
        match self.job.planted {
            Some(Planted::ForgetNumber) => {
                for receipt in &mut last.links.receipts {
                    receipt.next = receipt.next.saturating_sub(1);
                }
                Vec::new()
            }
            Some(Planted::ReplayTwice) => last.arrivals.messages.clone(),
            Some(Planted::CommitBeforeSync | Planted::HashOrder) | None => Vec::new(),
        }
    }

    /// Whether the fault is this node's crash.
    pub(super) fn is_crash_of(fault: &Fault, address: Address) -> bool {
        matches!(fault, Fault::Crash { node, .. } if *node == address)
    }
}
