//! The artifact loader. Without its checksum, which is put right here, hardly any change would get past the first check.
#![no_main]

use floret_fuzz::fuzz_target;
use floret_ir::artifact;
use floret_ir::hash::hash_bytes;

fuzz_target!(|bytes: &[u8]| {
    let _ = artifact::decode(bytes);
    if let Some(end) = bytes.len().checked_sub(8) {
        let mut right = bytes[..end].to_vec();
        right.extend(hash_bytes(&bytes[..end]).to_le_bytes());
        let _ = artifact::decode(&right);
    }
});
