//! The ticks of a run by node and life, and what relations held in them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use floret_ir::{Address, Program, RelationId, Row, Value};

use super::{Before, Gone, RowAt};
use crate::Record;

/// The rows of relations; relations that are absent are empty.
pub(super) type Rows = BTreeMap<RelationId, BTreeSet<Row>>;

/// A run, to be asked about.
pub(super) struct Past<'r> {
    pub program: &'r Program,
    pub records: &'r [Record],
    /// Per record the one before it in the same life of its node.
    before: Vec<Option<usize>>,
    /// Per record: it was lost in a crash, and its node went on from an earlier one.
    undone: Vec<bool>,
    /// Per node its records, of all lives.
    of_node: BTreeMap<Address, Vec<usize>>,
    contents: RefCell<HashMap<usize, Rc<Rows>>>,
}

impl<'r> Past<'r> {
    pub fn new(program: &'r Program, records: &'r [Record]) -> Self {
        let (mut before, mut undone) = (Vec::new(), vec![false; records.len()]);
        let mut of_node: BTreeMap<Address, Vec<usize>> = BTreeMap::new();
        // The present life of each node.
        let mut lives: BTreeMap<Address, Vec<usize>> = BTreeMap::new();
        for (at, record) in records.iter().enumerate() {
            let life = lives.entry(record.node).or_default();
            if record.tick == 1 {
                life.clear();
            }
            // A node that comes back from its disk counts on from the last tick that was there.
            while let Some(last) =
                life.pop_if(|last| records.get(*last).is_some_and(|of| of.tick >= record.tick))
            {
                if let Some(undone) = undone.get_mut(last) {
                    *undone = true;
                }
            }
            before.push(life.last().copied());
            life.push(at);
            of_node.entry(record.node).or_default().push(at);
        }
        Past { program, records, before, undone, of_node, contents: RefCell::default() }
    }

    /// The tick before in the same life.
    pub fn before(&self, record: usize) -> Option<usize> {
        self.before.get(record).copied().flatten()
    }

    fn is_momentary(&self, relation: RelationId) -> bool {
        self.program.relations.get(relation).is_some_and(floret_ir::Relation::is_momentary)
    }

    /// T(t) of the tick's node.
    pub fn content(&self, record: usize) -> Rc<Rows> {
        // From the last known tick on; a recursion could be as deep as a run is long.
        let mut unknown = Vec::new();
        let mut at = Some(record);
        let mut rows = Rc::new(Rows::new());
        while let Some(of) = at {
            if let Some(known) = self.contents.borrow().get(&of) {
                rows = Rc::clone(known);
                break;
            }
            unknown.push(of);
            at = self.before(of);
        }
        for of in unknown.into_iter().rev() {
            let mut next: Rows = (*rows).clone();
            next.retain(|relation, _| !self.is_momentary(*relation));
            for (relation, changes) in self.records.get(of).into_iter().flat_map(|of| &of.effects.changes) {
                let rows = next.entry(*relation).or_default();
                for change in changes {
                    if change.added {
                        rows.insert(change.row.clone());
                    } else {
                        rows.remove(&change.row);
                    }
                }
            }
            rows = Rc::new(next);
            self.contents.borrow_mut().insert(of, Rc::clone(&rows));
        }
        rows
    }

    /// The tick since which a row, which is there in this one, has been.
    pub fn since(&self, of: &RowAt) -> usize {
        let mut at = of.record;
        if self.is_momentary(of.relation) {
            return at;
        }
        loop {
            let changes = self.records.get(at).and_then(|record| record.effects.changes.get(&of.relation));
            let came = changes.is_some_and(|all| all.iter().any(|one| one.added && one.row == of.row));
            match self.before(at) {
                Some(before) if !came => at = before,
                Some(_) | None => return at,
            }
        }
    }

    /// The tick of `sender` before `record` that last sent this.
    pub fn sent(&self, sender: Address, record: usize, message: &floret_ir::Send) -> Option<usize> {
        let ticks = self.of_node.get(&sender)?;
        let earlier = ticks.iter().rev().filter(|at| **at < record && !self.is_undone(**at));
        earlier
            .copied()
            .find(|at| self.records.get(*at).is_some_and(|record| record.effects.sends.contains(message)))
    }

    fn is_undone(&self, record: usize) -> bool {
        self.undone.get(record).copied().unwrap_or(false)
    }

    /// The last row like this that the node of a tick had before, though it has none now.
    pub fn last_like(
        &self,
        record: usize,
        relation: RelationId,
        pattern: &[Option<Value>],
    ) -> Option<Before> {
        if self.is_momentary(relation) {
            return None;
        }
        let like = |row: &Row| {
            row.len() == pattern.len()
                && pattern.iter().zip(row).all(|(wanted, value)| wanted.as_ref().is_none_or(|of| of == value))
        };
        let node = self.records.get(record)?.node;
        let earlier = self.of_node.get(&node)?.iter().rev().copied().filter(|at| *at < record);
        let mut changed = None;
        let mut of_this_life = Some(record);
        for at in earlier {
            let changes = self.records.get(at).and_then(|of| of.effects.changes.get(&relation));
            let mut changes = changes.into_iter().flatten();
            // Which of the ticks are of this life.
            while of_this_life.is_some_and(|of| of > at) {
                of_this_life = of_this_life.and_then(|of| self.before(of));
            }
            let same_life = of_this_life == Some(at);
            let (mut came, mut went) = (None, false);
            for change in changes.by_ref().filter(|change| like(&change.row)) {
                if change.added {
                    came = Some(change.row.clone());
                } else {
                    went = true;
                }
            }
            if let Some(row) = came {
                let gone = match changed {
                    Some(changed) => Gone::Changed(changed),
                    None if same_life => Gone::Changed(record),
                    None => Gone::Crash,
                };
                return Some(Before { of: RowAt { record: at, relation, row }, gone });
            }
            if went && changed.is_none() {
                changed = Some(at);
            }
        }
        None
    }
}
