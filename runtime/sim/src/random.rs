//! A small generator of random numbers that is the same on all platforms and versions.

/// SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Random(u64);

impl Random {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Self {
        Random(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    /// A number from 0 up to, but not including, `end` (0 if that is 0).
    pub fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.bits()) * end as u128) >> 64) as usize
    }
}

/// 64 bits that depend on all of `parts` and their order: the same question always has the same answer, whatever else was
/// asked before.
pub(crate) fn mix(parts: &[u64]) -> u64 {
    parts.iter().fold(0, |mixed, part| Random::new(mixed ^ part).bits())
}
