//! Sealed pieces: bytes with their checksum, and values in them. What doesn't check is never decoded.

use floret_ir::hash::StableHasher;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Length of a checksum in bytes.
const CHECKSUM: usize = 8;

/// The checksum of a piece at its place: a good piece at another place doesn't check either.
fn checksum(place: u64, payload: &[u8]) -> [u8; CHECKSUM] {
    let mut hasher = StableHasher::default();
    hasher.write(&place.to_le_bytes());
    hasher.write(payload);
    hasher.finish().to_le_bytes()
}

/// The payload followed by its checksum.
pub(super) fn seal(place: u64, mut payload: Vec<u8>) -> Vec<u8> {
    let sum = checksum(place, &payload);
    payload.extend_from_slice(&sum);
    payload
}

/// The payload of a sealed piece; `None`: it isn't what was sealed at this place.
pub(super) fn unseal(place: u64, sealed: &[u8]) -> Option<&[u8]> {
    let (payload, sum) = sealed.split_last_chunk::<CHECKSUM>()?;
    (checksum(place, payload) == *sum).then_some(payload)
}

/// A value in postcard's format.
pub(super) fn encode(value: &impl Serialize) -> Result<Vec<u8>, postcard::Error> {
    postcard::to_allocvec(value)
}

/// The value of exactly these bytes.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Some(value),
        Ok(_) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_is_unsealed_at_its_place_only() {
        let sealed = seal(3, b"abc".to_vec());
        assert_eq!(unseal(3, &sealed), Some(&b"abc"[..]));
        assert_eq!(unseal(4, &sealed), None);
        for length in 0..sealed.len() {
            assert_eq!(unseal(3, &sealed[..length]), None, "cut to {length}");
        }
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(unseal(3, &flipped), None, "bit {bit}");
        }
    }

    #[test]
    fn bytes_after_a_value_are_refused() {
        let mut bytes = encode(&(1_u64, "x".to_owned())).unwrap();
        assert_eq!(decode(&bytes), Some((1_u64, "x".to_owned())));
        bytes.push(0);
        assert_eq!(decode::<(u64, String)>(&bytes), None);
    }
}
