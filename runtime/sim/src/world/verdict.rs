//! What becomes of a tick that is over for good, and whether all is still as it must be.

use floret_ir::{Address, Changes, Report, Row, print, row_text};
use floret_node::Core;

use super::chronicle::What;
use super::claim::{Wrong, WrongKind};
use super::job::End;
use super::machine::Ran;
use super::run::World;
use crate::faults::CrashPoint;
use crate::why::{Conflict, RowAt, why_conflict};

impl World<'_> {
    /// A tick is over for good.
    pub fn commit(&mut self, address: Address, life: u64, mut ran: Ran) {
        let Some(node) = self.node(address, life) else { return };
        let committed = Core::commit(&mut node.links, &mut ran.tick);
        if let Some(machine) = self.machines.get_mut(&address) {
            machine.taken.extend(ran.inputs.iter().copied());
        }
        self.loses |= !committed.given_up.is_empty();
        self.chronicle.committed.insert(ran.record);
        self.show(address, &ran.tick.effects.changes, Some(ran.record));
        self.begin_snapshot(address, &mut ran);
        if let Some((CrashPoint::BeforeSends, fault)) = ran.crash {
            return self.crash(fault);
        }
        for peer in committed.sent.into_iter().chain(committed.given_up) {
            self.pump_to(address, peer);
        }
        for sender in committed.acknowledged {
            self.speak_to(address, sender);
        }
        if let Some((CrashPoint::AfterSends, fault)) = ran.crash {
            self.crash(fault);
        }
    }

    /// What a committed tick changed is there for everybody to see; it is looked at whether all is as it must be. `record`:
    /// the tick, if it is committed only now.
    pub fn show(&mut self, address: Address, changes: &Changes, record: Option<usize>) {
        let job = self.job;
        let mut changed = self.contents.apply(job.program(), address, changes);
        changed.append(&mut self.forgotten);
        if self.end.is_some() {
            return;
        }
        let wrong = record.and_then(|record| self.key_conflict(address, record));
        self.memory.ticked.insert(address);
        let claims = || {
            job.claims.and_then(|claims| claims.check(&self.contents, address, &changed, &mut self.memory))
        };
        if let Some(wrong) = wrong.or_else(claims) {
            let now = self.now();
            self.is_wrong(now, wrong);
        }
    }

    fn is_wrong(&mut self, at: i64, wrong: Wrong) {
        self.chronicle.add(at, What::Wrong { claim: wrong.text() });
        self.end = Some(End::Wrong(wrong));
    }

    /// The run is over: it is looked at whether what was to come has come.
    pub fn finish(&mut self) {
        let at_rest = match self.end {
            None | Some(End::Rest) => true,
            Some(End::Time) => false,
            Some(End::Wrong(_) | End::Failed { .. }) => return,
        };
        let at = if at_rest { self.now() } else { self.job.until };
        let claims = self.job.claims;
        if let Some(wrong) = claims.and_then(|claims| claims.finish(&self.contents, at_rest, &self.memory)) {
            self.is_wrong(at, wrong);
        }
    }

    /// The first conflict that a tick reports.
    fn key_conflict(&self, address: Address, record: usize) -> Option<Wrong> {
        let program = self.job.program();
        let reports = &self.chronicle.records.get(record)?.effects.reports;
        let (relation, lost) = reports.iter().find_map(|report| match report {
            Report::Conflict { relation, lost } => Some((*relation, lost.clone())),
            Report::Error { .. } | Report::Overflow { .. } => None,
        })?;
        let declared = program.relations.get(relation)?;
        let same_key = |row: &Row| {
            row.iter().zip(&lost).take(declared.key.unwrap_or(0)).all(|(one, other)| one == other)
        };
        let rival = |row: &&Row| **row != lost && same_key(row);
        let stored = self.machines.get(&address)?.node.as_ref()?.core.stored();
        let next = [&stored.tables, &stored.waiting].into_iter().filter_map(|rows| rows.get(&relation));
        let next = next.flatten().find(rival).cloned();
        let conflict = Conflict { lost: RowAt { record, relation, row: lost.clone() }, next };
        let (_, stays) =
            why_conflict(self.job.stratified, self.job.deployment, &self.chronicle.records, &conflict);
        let text = |row: &Row| row_text(program, declared, row);
        let what = match stays {
            Some(stays) => format!("{} stays, {} is lost", text(&stays), text(&lost)),
            None => format!("{} is lost", text(&lost)),
        };
        Some(Wrong {
            name: declared.name.clone(),
            text: Some(what),
            values: if program.has_roles() { print::address(address, program) } else { String::new() },
            rows: Vec::new(),
            absent: Vec::new(),
            kind: WrongKind::Conflict(conflict),
        })
    }
}
