//! The rows of a relation of a growing recursion: flat, in the order in which they came, each once.

use floret_ir::Lattice;

use super::ids::{Ids, fingerprint};
use crate::intern::Interner;
use crate::merge::Merging;

/// How many rows are looked up at a time, so that their cache misses overlap.
const BLOCK: usize = 32;

/// The rows of a relation.
pub(crate) struct Store {
    /// How many words each row has.
    pub(super) arity: usize,
    words: Vec<u64>,
    count: usize,
    /// How many rows the rules have seen.
    pub(super) taken: usize,
    kind: Kind,
}

enum Kind {
    /// Rows that come once anyway.
    Bag,
    /// Rows by all of their words.
    Set(Ids),
    /// One row per key, whose other columns merge.
    Merged(Box<Merged>),
}

struct Merged {
    ids: Ids,
    key: usize,
    merging: Merging,
    /// Rows that came or changed and that no rule has seen since.
    waiting: Vec<u32>,
    /// By row, whether it waits.
    waits: Vec<bool>,
    /// Rows that the tick found here and changed, as they were.
    before: Vec<(u32, Box<[u64]>)>,
    /// By row, whether it is among `before`.
    noted: Vec<bool>,
    /// How many rows there were when the tick began.
    old: usize,
}

/// What rules see of a store for the first time.
#[derive(Clone, Debug)]
pub(crate) enum Fresh {
    /// The rows from one number to another.
    Range(usize, usize),
    /// These rows.
    Rows(Vec<u32>),
}

impl Fresh {
    /// Whether there is nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many rows.
    pub(super) fn len(&self) -> usize {
        match self {
            Fresh::Range(start, end) => end - start,
            Fresh::Rows(rows) => rows.len(),
        }
    }

    /// The number of the row at a position.
    #[inline]
    pub(super) fn at(&self, position: usize) -> usize {
        match self {
            Fresh::Range(start, _) => start + position,
            Fresh::Rows(rows) => rows.get(position).map_or(0, |row| *row as usize),
        }
    }
}

impl Store {
    /// A store of rows; `distinct`: they may come more than once.
    pub(crate) fn new(arity: usize, distinct: bool) -> Store {
        let kind = if distinct { Kind::Set(Ids::default()) } else { Kind::Bag };
        Store { arity, words: Vec::new(), count: 0, taken: 0, kind }
    }

    /// A store of one row for each of the first `key` columns, which the others merge into.
    pub(crate) fn merged(key: usize, merges: &[Option<Lattice>]) -> Store {
        Store::merging(key + merges.len(), key, Merging::new(key, merges))
    }

    fn merging(arity: usize, key: usize, merging: Merging) -> Store {
        let merged = Merged {
            ids: Ids::default(),
            key,
            merging,
            waiting: Vec::new(),
            waits: Vec::new(),
            before: Vec::new(),
            noted: Vec::new(),
            old: 0,
        };
        let kind = Kind::Merged(Box::new(merged));
        Store { arity, words: Vec::new(), count: 0, taken: 0, kind }
    }

    /// Whether rows change after they came.
    pub(super) fn merges(&self) -> bool {
        matches!(self.kind, Kind::Merged(_))
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// A row.
    #[inline]
    pub(super) fn row(&self, number: usize) -> &[u64] {
        &self.words[number * self.arity..(number + 1) * self.arity]
    }

    /// Adds rows, flat. (Rows without columns come as `count` of nothing.) `false`: there are too many.
    pub(super) fn add(&mut self, rows: &[u64], count: usize, interner: &Interner) -> bool {
        if self.count + count >= u32::MAX as usize {
            return false;
        }
        match (&mut self.kind, self.arity) {
            (_, 0) => self.count = self.count.max(count.min(1)),
            (Kind::Bag, _) => {
                self.words.extend_from_slice(rows);
                self.count += count;
            }
            (Kind::Set(ids), 1) => add_set::<1>(ids, &mut self.words, &mut self.count, rows),
            (Kind::Set(ids), 2) => add_set::<2>(ids, &mut self.words, &mut self.count, rows),
            (Kind::Set(ids), 3) => add_set::<3>(ids, &mut self.words, &mut self.count, rows),
            (Kind::Set(ids), arity) => {
                for row in rows.chunks_exact(arity) {
                    let words = &self.words;
                    let is = |id: u32| words[id as usize * arity..(id as usize + 1) * arity] == *row;
                    if ids.find_or_add(fingerprint(row), self.count as u32, is).is_none() {
                        self.words.extend_from_slice(row);
                        self.count += 1;
                    }
                }
            }
            (Kind::Merged(merged), arity) => {
                for row in rows.chunks_exact(arity) {
                    merged.add(&mut self.words, &mut self.count, row, interner);
                }
            }
        }
        true
    }

    /// Adds rows that nobody else needs.
    pub(super) fn take_over(&mut self, rows: Vec<u64>, count: usize, interner: &Interner) -> bool {
        match self.kind {
            Kind::Bag if self.arity > 0 && self.count == 0 && count < u32::MAX as usize => {
                self.words = rows;
                self.count = count;
                true
            }
            Kind::Bag | Kind::Set(_) | Kind::Merged(_) => self.add(&rows, count, interner),
        }
    }

    /// What the rules haven't seen; from now on they have.
    pub(super) fn take(&mut self) -> Fresh {
        let start = std::mem::replace(&mut self.taken, self.count);
        match &mut self.kind {
            Kind::Bag | Kind::Set(_) => Fresh::Range(start, self.count),
            Kind::Merged(merged) => {
                let waiting = std::mem::take(&mut merged.waiting);
                waiting.iter().for_each(|row| merged.waits[*row as usize] = false);
                Fresh::Rows(waiting)
            }
        }
    }

    /// A store for copies of a store's rows; `once`: each of them comes once.
    pub(super) fn copy(of: &Store, once: bool) -> Store {
        match &of.kind {
            Kind::Merged(merged) => Store::merging(of.arity, merged.key, merged.merging.clone()),
            Kind::Bag | Kind::Set(_) => Store::new(of.arity, !once),
        }
    }

    /// Forgets rows that the rules have seen and that are in no index.
    pub(super) fn forget(&mut self) {
        if let Kind::Bag = self.kind
            && self.taken == self.count
        {
            (self.words, self.count, self.taken) = (Vec::new(), 0, 0);
        }
    }

    /// Whether rows come once anyway.
    pub(super) fn is_bag(&self) -> bool {
        matches!(self.kind, Kind::Bag)
    }

    /// The rows as they were and as they are, of those that the tick changed.
    pub(super) fn changed(&mut self) -> Vec<(u32, Box<[u64]>)> {
        match &mut self.kind {
            Kind::Bag | Kind::Set(_) => Vec::new(),
            Kind::Merged(merged) => {
                merged.old = self.count;
                merged.noted.resize(self.count, false);
                let before = std::mem::take(&mut merged.before);
                before.iter().for_each(|(row, _)| merged.noted[*row as usize] = false);
                before
            }
        }
    }
}

impl Merged {
    fn add(&mut self, words: &mut Vec<u64>, count: &mut usize, row: &[u64], interner: &Interner) {
        let (arity, key) = (row.len(), self.key);
        let is = |id: u32| words[id as usize * arity..id as usize * arity + key] == row[..key];
        let Some(id) = self.ids.find_or_add(fingerprint(&row[..key]), *count as u32, is) else {
            words.extend_from_slice(row);
            self.waiting.push(*count as u32);
            self.waits.push(true);
            *count += 1;
            return;
        };
        let at = id as usize;
        let stored = &mut words[at * arity..(at + 1) * arity];
        if !self.merging.improves(stored, row, interner) {
            return;
        }
        if at < self.old && !std::mem::replace(&mut self.noted[at], true) {
            self.before.push((id, (&*stored).into()));
        }
        self.merging.merge(stored, row, interner);
        if !std::mem::replace(&mut self.waits[at], true) {
            self.waiting.push(id);
        }
    }
}

/// Adds rows of a fixed width to a set.
fn add_set<const W: usize>(ids: &mut Ids, words: &mut Vec<u64>, count: &mut usize, rows: &[u64]) {
    let (rows, _) = rows.as_chunks::<W>();
    for block in rows.chunks(BLOCK) {
        let mut prints = [0u32; BLOCK];
        let mut near = 0;
        for (print, row) in prints.iter_mut().zip(block) {
            *print = fingerprint(row);
            near |= ids.touch(*print);
        }
        std::hint::black_box(near);
        for (print, row) in prints.iter().zip(block) {
            let (known, _) = words.as_chunks::<W>();
            if ids.find_or_add(*print, *count as u32, |id| known[id as usize] == *row).is_none() {
                words.extend_from_slice(row);
                *count += 1;
            }
        }
    }
}
