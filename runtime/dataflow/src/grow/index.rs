//! Rows of a store by some of their columns, brought up to date when somebody looks.

use floret_ir::Column;

use super::ids::{Ids, fingerprint};
use super::store::Store;

/// Rows by a key.
pub(crate) struct Index {
    /// Whose rows.
    pub(super) store: usize,
    /// By which columns.
    pub(super) key: Vec<Column>,
    /// The other columns, which the index holds; of rows that change their numbers instead.
    payload: Vec<Column>,
    by_number: bool,
    ids: Ids,
    /// Keys, flat, one per group.
    keys: Vec<u64>,
    groups: Vec<Group>,
    /// The groups' values, `width` words each.
    space: Vec<u64>,
    width: usize,
    /// How many of the store's rows are in it.
    upto: usize,
}

/// The values of one key: a part of the space.
#[derive(Clone, Copy, Default)]
struct Group {
    start: usize,
    len: u32,
    room: u32,
}

/// What an index has for a key.
#[derive(Clone, Copy)]
pub(super) struct Matches<'i> {
    /// Flat.
    pub(super) words: &'i [u64],
    /// How many. (They may have no words.)
    pub(super) count: usize,
}

impl Index {
    /// An index that knows nothing yet.
    pub(super) fn new(number: usize, store: &Store, key: Vec<Column>) -> Index {
        let payload: Vec<Column> = (0..store.arity).filter(|column| !key.contains(column)).collect();
        let by_number = store.merges();
        let width = if by_number { 1 } else { payload.len() };
        let (ids, keys, groups, space) = (Ids::default(), Vec::new(), Vec::new(), Vec::new());
        Index { store: number, key, payload, by_number, ids, keys, groups, space, width, upto: 0 }
    }

    /// The columns that matches have, in order; none if they are numbers of rows.
    pub(super) fn payload(&self) -> Option<&[Column]> {
        (!self.by_number).then_some(self.payload.as_slice())
    }

    /// The values of a key.
    #[inline]
    pub(super) fn get(&self, key: &[u64]) -> Matches<'_> {
        let none = Matches { words: &[], count: 0 };
        let wide = key.len();
        let is = |id: u32| self.keys[id as usize * wide..(id as usize + 1) * wide] == *key;
        match self.ids.find(fingerprint(key), is) {
            None => none,
            Some(id) => {
                let group = self.groups[id as usize];
                let (start, end) = (group.start, group.start + group.len as usize * self.width);
                Matches { words: &self.space[start..end], count: group.len as usize }
            }
        }
    }

    /// Takes in the store's rows that the rules have seen.
    pub(super) fn catch_up(&mut self, store: &Store) {
        let (from, to) = (std::mem::replace(&mut self.upto, store.taken), store.taken);
        if from >= to {
            return;
        }
        // All room that is needed is made at once, one part after the other.
        let mut group_of: Vec<u32> = Vec::with_capacity(to - from);
        let mut more: Vec<u32> = vec![0; self.groups.len()];
        let mut key = vec![0; self.key.len()];
        for number in from..to {
            let row = store.row(number);
            for (to, column) in key.iter_mut().zip(&self.key) {
                *to = row[*column];
            }
            let wide = key.len();
            let keys = &self.keys;
            let is = |id: u32| keys[id as usize * wide..(id as usize + 1) * wide] == *key;
            let new = self.groups.len() as u32;
            let group = self.ids.find_or_add(fingerprint(&key), new, is).unwrap_or(new);
            if group == new {
                self.keys.extend_from_slice(&key);
                self.groups.push(Group::default());
                more.push(0);
            }
            more[group as usize] += 1;
            group_of.push(group);
        }
        for (group, more) in self.groups.iter_mut().zip(&more).filter(|(_, more)| **more > 0) {
            if group.len + more > group.room {
                // A group that grows again is likely to go on.
                let room = if group.room == 0 { *more } else { (group.len + more).max(2 * group.room) };
                let start = self.space.len();
                self.space.extend_from_within(group.start..group.start + group.len as usize * self.width);
                self.space.resize(start + room as usize * self.width, 0);
                (group.start, group.room) = (start, room);
            }
        }
        for (number, group) in (from..to).zip(group_of) {
            let group = &mut self.groups[group as usize];
            let at = group.start + group.len as usize * self.width;
            group.len += 1;
            let to = &mut self.space[at..at + self.width];
            if self.by_number {
                to.fill(number as u64);
                continue;
            }
            let row = store.row(number);
            for (to, column) in to.iter_mut().zip(&self.payload) {
                *to = row[*column];
            }
        }
    }
}
