//! Unpredictable numbers for incarnations and tokens, from the seed that the operating system gives std's hash maps.

use std::hash::{BuildHasher, RandomState};

/// A number that no two calls and no two processes are likely to share.
pub fn random_u64() -> u64 {
    RandomState::new().hash_one("floret")
}

/// A token for a new cluster: 128 bits in hex.
pub fn secret_token() -> String {
    format!("{:016x}{:016x}", random_u64(), random_u64())
}
