//! Bytes of any kind: an answer, no panic. (Artifacts of real programs are tested where there is a compiler.)

use proptest::prelude::*;

use super::{FORMAT, MAGIC, Section, decode};
use crate::hash::hash_bytes;

/// Any payloads in a file that is otherwise right.
fn framed(payloads: &[Vec<u8>; 5]) -> Vec<u8> {
    let mut bytes = [MAGIC, &FORMAT.to_le_bytes()].concat();
    for (section, payload) in Section::ALL.into_iter().zip(payloads) {
        bytes.push(section.tag());
        bytes.extend((payload.len() as u64).to_le_bytes());
        bytes.extend(payload);
    }
    let checksum = hash_bytes(&bytes);
    bytes.extend(checksum.to_le_bytes());
    bytes
}

/// Small numbers make lengths and tags that lead somewhere; 255s are long varints.
fn payload() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![8 => 0..6_u8, 1 => any::<u8>(), 1 => Just(255)], 0..120)
}

proptest! {
    #[test]
    fn any_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(decode(&bytes).is_err());
    }

    #[test]
    fn any_payloads_get_an_answer(payloads in [payload(), payload(), payload(), payload(), payload()]) {
        if let Ok(artifact) = decode(&framed(&payloads)) {
            // What is let pass has one plan for each role.
            prop_assert_eq!(artifact.plans.len(), artifact.stratified.program.roles.len());
        }
    }
}

#[test]
fn a_length_of_four_billion_reserves_nothing() {
    // A list of 2^32 - 1 roles, of which none follows.
    let roles = vec![255, 255, 255, 255, 15];
    assert!(decode(&framed(&[roles, vec![], vec![], vec![], vec![]])).is_err());
}
