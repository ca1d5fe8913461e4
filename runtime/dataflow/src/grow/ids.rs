//! A hash table of row numbers: open addressing, one word per slot. The rows themselves are elsewhere.

/// Numbers of things, found by the hash of what they stand for.
#[derive(Default)]
pub(crate) struct Ids {
    /// A fingerprint in the upper half, one more than a number in the lower; 0 is free. A power of two of them.
    slots: Vec<u64>,
    used: usize,
}

/// Slots of the smallest table.
const LEAST: usize = 16;

impl Ids {
    /// The number of the thing with this fingerprint for which `is` holds. If there is none, `new` becomes its number.
    #[inline]
    pub(crate) fn find_or_add(&mut self, print: u32, new: u32, is: impl Fn(u32) -> bool) -> Option<u32> {
        // At most 5 of 8 slots are used, so there is always a free one.
        if (self.used + 1) * 8 > self.slots.len() * 5 {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut at = self.place(print);
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                self.slots[at] = u64::from(print) << 32 | (u64::from(new) + 1);
                self.used += 1;
                return None;
            }
            if (slot >> 32) as u32 == print && is((slot as u32) - 1) {
                return Some((slot as u32) - 1);
            }
            at = (at + 1) & mask;
        }
    }

    /// The number of the thing with this fingerprint for which `is` holds.
    #[inline]
    pub(crate) fn find(&self, print: u32, is: impl Fn(u32) -> bool) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let mask = self.slots.len() - 1;
        let mut at = self.place(print);
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                return None;
            }
            if (slot >> 32) as u32 == print && is((slot as u32) - 1) {
                return Some((slot as u32) - 1);
            }
            at = (at + 1) & mask;
        }
    }

    /// Brings the slot for this fingerprint near, so that what follows doesn't wait for it.
    #[inline]
    pub(crate) fn touch(&self, print: u32) -> u64 {
        if self.slots.is_empty() { 0 } else { self.slots[self.place(print)] }
    }

    /// Fingerprints' upper bits are their place, so that a growing table is copied front to back.
    #[inline]
    fn place(&self, print: u32) -> usize {
        (print as usize) >> (32 - self.slots.len().trailing_zeros())
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(LEAST);
        let old = std::mem::replace(&mut self.slots, vec![0; size]);
        for slot in old.into_iter().filter(|slot| *slot != 0) {
            let mut at = self.place((slot >> 32) as u32);
            while self.slots[at] != 0 {
                at = (at + 1) & (size - 1);
            }
            self.slots[at] = slot;
        }
    }
}

/// The fingerprint of some words.
#[inline]
pub(crate) fn fingerprint(words: &[u64]) -> u32 {
    let mut hash = 0u64;
    for word in words {
        let product = u128::from((hash ^ word).wrapping_add(0x9e37_79b9_7f4a_7c15)) * 0xd6e8_feb8_6659_fd93;
        hash = (product >> 64) as u64 ^ product as u64;
    }
    (hash >> 32) as u32
}
