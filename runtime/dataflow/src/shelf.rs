//! What a collection holds now, by key: what arrivals look up. It has no times: rows of a tick are brought in when
//! the tick's half is complete, and nobody asks for what was before.

use std::collections::HashMap;

use crate::row::{FastHash, hash_words};

/// No row.
const NONE: u32 = u32::MAX;

/// Rows with their multiplicities, chained by the word of their key.
pub(crate) struct Shelf {
    arity: usize,
    /// Flat; of places that are free, whatever was there.
    words: Vec<u64>,
    places: Vec<Place>,
    /// The first place of each key word's chain.
    heads: HashMap<u64, u32, FastHash>,
    /// The first place of each row hash's chain.
    rows: HashMap<u64, u32, FastHash>,
    free: Vec<u32>,
}

/// A row's multiplicity and its neighbours.
#[derive(Clone, Copy)]
struct Place {
    count: isize,
    before: u32,
    after: u32,
    /// The next row with the same hash.
    same: u32,
}

/// There are more rows than can be numbered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Full;

impl Shelf {
    /// An empty one for rows of so many columns.
    pub(crate) fn new(arity: usize) -> Self {
        Shelf {
            arity,
            words: Vec::new(),
            places: Vec::new(),
            heads: HashMap::default(),
            rows: HashMap::default(),
            free: Vec::new(),
        }
    }

    /// Changes a row's multiplicity.
    pub(crate) fn change(&mut self, key: u64, row: &[u64], diff: isize) -> Result<(), Full> {
        let hash = hash_words(row.iter().copied());
        let head = self.rows.get(&hash).copied().unwrap_or(NONE);
        let (mut last, mut at) = (NONE, head);
        while let Some(place) = self.places.get(at as usize) {
            if self.row(at) == row {
                break;
            }
            (last, at) = (at, place.same);
        }
        match self.places.get_mut(at as usize) {
            None => self.add(key, hash, head, row, diff)?,
            Some(place) if place.count + diff != 0 => place.count += diff,
            Some(place) => {
                let Place { before, after, same, .. } = *place;
                relink(&mut self.rows, &mut self.places, hash, last, same, |place| &mut place.same);
                relink(&mut self.heads, &mut self.places, key, before, after, |place| &mut place.after);
                if let Some(next) = self.places.get_mut(after as usize) {
                    next.before = before;
                }
                self.free.push(at);
            }
        }
        Ok(())
    }

    fn add(&mut self, key: u64, hash: u64, same: u32, row: &[u64], count: isize) -> Result<(), Full> {
        let after = self.heads.get(&key).copied().unwrap_or(NONE);
        let place = Place { count, before: NONE, after, same };
        let at = match self.free.pop() {
            Some(at) => {
                let start = at as usize * self.arity;
                if let (Some(words), Some(free)) =
                    (self.words.get_mut(start..start + self.arity), self.places.get_mut(at as usize))
                {
                    words.copy_from_slice(row);
                    *free = place;
                }
                at
            }
            None => {
                let at = u32::try_from(self.places.len()).ok().filter(|at| *at != NONE).ok_or(Full)?;
                self.words.extend_from_slice(row);
                self.places.push(place);
                at
            }
        };
        if let Some(next) = self.places.get_mut(after as usize) {
            next.before = at;
        }
        self.heads.insert(key, at);
        self.rows.insert(hash, at);
        Ok(())
    }

    /// The rows of a key word, with their multiplicities.
    pub(crate) fn of(&self, key: u64) -> impl Iterator<Item = (&[u64], isize)> {
        let mut at = self.heads.get(&key).copied().unwrap_or(NONE);
        std::iter::from_fn(move || {
            let place = self.places.get(at as usize)?;
            let row = self.row(at);
            at = place.after;
            Some((row, place.count))
        })
    }

    fn row(&self, at: u32) -> &[u64] {
        let start = at as usize * self.arity;
        self.words.get(start..start + self.arity).unwrap_or_default()
    }
}

/// Takes an item out of a chain: what pointed at it (its neighbour or the chain's head) points at the one after.
fn relink(
    heads: &mut HashMap<u64, u32, FastHash>,
    places: &mut [Place],
    of: u64,
    before: u32,
    after: u32,
    link: fn(&mut Place) -> &mut u32,
) {
    match places.get_mut(before as usize) {
        Some(place) => *link(place) = after,
        None if after == NONE => drop(heads.remove(&of)),
        None => drop(heads.insert(of, after)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_holds_what_a_map_holds(changes in vec((0u64..4, 0u64..3, -1isize..3), 0..60)) {
            let (mut shelf, mut model) = (Shelf::new(2), BTreeMap::<[u64; 2], isize>::new());
            for (key, value, diff) in changes {
                let row = [key, value];
                // No multiplicity is ever below 0.
                let diff = diff.max(-model.get(&row).copied().unwrap_or_default());
                if diff != 0 {
                    shelf.change(key % 2, &row, diff).unwrap();
                    *model.entry(row).or_default() += diff;
                }
                model.retain(|_, count| *count != 0);
                for key in 0..2 {
                    let found: BTreeMap<Vec<u64>, isize> =
                        shelf.of(key).map(|(row, count)| (row.to_vec(), count)).collect();
                    let right: BTreeMap<Vec<u64>, isize> = model
                        .iter()
                        .filter(|(row, _)| row[0] % 2 == key)
                        .map(|(row, count)| (row.to_vec(), *count))
                        .collect();
                    prop_assert_eq!(shelf.of(key).count(), right.len());
                    prop_assert_eq!(found, right);
                }
            }
        }
    }
}
