//! The artifact loader, and what shows a loaded artifact. Sections are changed one by one, their lengths and the checksum
//! put right: else hardly any change would get past the first checks.
#![no_main]

use floret_compiler::explain::{What, explain};
use floret_fuzz::fuzz_target;
use floret_ir::artifact::{self, Artifact};
use floret_ir::hash::hash_bytes;
use floret_ir::print;
use libfuzzer_sys::{fuzz_mutator, fuzzer_mutate};

/// Magic and format.
const HEAD: usize = 8;

fuzz_target!(|bytes: &[u8]| {
    let Ok(loaded) = artifact::decode(bytes) else { return };
    let encoded = artifact::encode(&loaded);
    let again = artifact::decode(&encoded).expect("what was loaded can be written and loaded");
    assert!(artifact::encode(&again) == encoded, "loading and writing changes it");
    show(&loaded);
});

fn show(loaded: &Artifact) {
    let (stratified, coordination) = (&loaded.stratified, &loaded.coordination);
    let program = &stratified.program;
    let _ = artifact::program_hash(stratified);
    let _ = print::program(program);
    let _ = print::strata(stratified);
    let _ = print::coordination(coordination, program);
    for plan in loaded.plans.iter() {
        let _ = print::plan(plan, program, &loaded.sources);
        let _ = print::dot(plan, program);
    }
    let _ = explain(stratified, coordination, &loaded.sources, What::Everything);
    for (relation, _) in program.relations.entries() {
        let _ = explain(stratified, coordination, &loaded.sources, What::Collection(relation));
    }
}

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let choice = seed as usize;
    match sections(&data[..size]) {
        Some(mut sections) if choice % 16 != 0 && size < max_size => {
            let rest = max_size - size;
            let at = choice / 16 % sections.len();
            let payload = &mut sections[at].1;
            let length = payload.len();
            payload.resize(length + rest, 0);
            let changed = fuzzer_mutate(payload, length, length + rest);
            payload.truncate(changed);
            let bytes = framed(&data[..HEAD], &sections);
            data[..bytes.len()].copy_from_slice(&bytes);
            bytes.len()
        }
        Some(_) | None => fuzzer_mutate(data, size, max_size),
    }
});

/// Tags and payloads, if that is what the bytes are.
fn sections(bytes: &[u8]) -> Option<Vec<(u8, Vec<u8>)>> {
    let mut rest = bytes.get(HEAD..bytes.len().checked_sub(8)?)?;
    let mut sections = Vec::new();
    while let Some((tag, after)) = rest.split_first() {
        let (length, after) = after.split_first_chunk()?;
        let (payload, after) = after.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        sections.push((*tag, payload.to_vec()));
        rest = after;
    }
    (!sections.is_empty()).then_some(sections)
}

fn framed(head: &[u8], sections: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = head.to_vec();
    for (tag, payload) in sections {
        bytes.push(*tag);
        bytes.extend((payload.len() as u64).to_le_bytes());
        bytes.extend(payload);
    }
    bytes.extend(hash_bytes(&bytes).to_le_bytes());
    bytes
}
