//! Text to tree, and back by the formatter.
#![no_main]

use floret_ir::{Diagnostics, FileId};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut sink = Diagnostics::new();
    let _ = floret_lang::parse(text, FileId(0), &mut sink);
    if sink.has_errors() {
        return;
    }
    if let Ok(formatted) = floret_lang::format(text) {
        let again = floret_lang::format(&formatted);
        assert_eq!(again.as_ref(), Ok(&formatted), "formatting again changes it");
    }
});
