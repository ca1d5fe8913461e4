//! Hashes that are the same on all platforms, versions and processes.

use crate::{Address, Value};

/// FNV-1a over 64 bits (Fowler, Noll, Vo), finished with the mixer of MurmurHash3 so that all bits depend on all
/// bytes: `Role[hash(k)]` uses the low ones.
#[derive(Clone, Copy, Debug)]
pub struct StableHasher(u64);

impl Default for StableHasher {
    fn default() -> Self {
        StableHasher(0xcbf2_9ce4_8422_2325)
    }
}

impl StableHasher {
    /// Adds bytes.
    pub fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    /// The hash of all bytes so far.
    pub fn finish(self) -> u64 {
        let mut x = self.0;
        x = (x ^ (x >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        x = (x ^ (x >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        x ^ (x >> 33)
    }
}

/// The stable hash of some bytes.
pub fn hash_bytes(bytes: &[u8]) -> u64 {
    let mut hasher = StableHasher::default();
    hasher.write(bytes);
    hasher.finish()
}

/// What `hash(value)` is in programs.
pub fn hash_value(value: &Value) -> i64 {
    let mut hasher = StableHasher::default();
    write_value(value, &mut hasher);
    hasher.finish() as i64
}

fn write_value(value: &Value, hasher: &mut StableHasher) {
    let several = |tag: u8, values: &mut dyn ExactSizeIterator<Item = &Value>, hasher: &mut StableHasher| {
        hasher.write(&[tag]);
        hasher.write(&(values.len() as u64).to_le_bytes());
        values.for_each(|value| write_value(value, hasher));
    };
    match value {
        Value::Bool(b) => hasher.write(&[0, u8::from(*b)]),
        Value::Int(i) => {
            hasher.write(&[1]);
            hasher.write(&i.to_le_bytes());
        }
        Value::Float(f) => {
            hasher.write(&[2]);
            hasher.write(&f.ordered_bits().to_le_bytes());
        }
        Value::String(s) => {
            hasher.write(&[3]);
            hasher.write(s.as_bytes());
        }
        Value::Address(Address { role, index }) => {
            hasher.write(&[4]);
            hasher.write(&role.0.to_le_bytes());
            hasher.write(&index.to_le_bytes());
        }
        Value::Bytes(bytes) => {
            hasher.write(&[5]);
            hasher.write(&(bytes.len() as u64).to_le_bytes());
            hasher.write(bytes);
        }
        Value::Time(at) => {
            hasher.write(&[6]);
            hasher.write(&at.to_le_bytes());
        }
        Value::Duration(span) => {
            hasher.write(&[7]);
            hasher.write(&span.to_le_bytes());
        }
        Value::Tuple(parts) => several(8, &mut parts.iter(), hasher),
        Value::List(elements) => several(9, &mut elements.iter(), hasher),
        Value::Set(elements) => several(10, &mut elements.iter(), hasher),
        Value::Map(pairs) => {
            several(11, &mut pairs.iter().map(|(key, _)| key), hasher);
            several(11, &mut pairs.iter().map(|(_, value)| value), hasher);
        }
        Value::Variant(index, args) => {
            hasher.write(&[12]);
            hasher.write(&index.to_le_bytes());
            several(8, &mut args.iter(), hasher);
        }
    }
}

/// A hash of a value that depends on a seed: what `random(x)` and `any(x)` go by.
pub fn seeded_hash(seed: u64, value: &Value) -> i64 {
    let mut hasher = StableHasher::default();
    hasher.write(&seed.to_le_bytes());
    write_value(value, &mut hasher);
    hasher.finish() as i64
}
