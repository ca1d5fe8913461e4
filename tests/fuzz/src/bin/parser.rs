//! Text to tree, and back by the formatter.
#![no_main]

use floret_fuzz::fuzz_target;
use floret_ir::{Diagnostics, FileId};

fuzz_target!(|text: &str| {
    let mut sink = Diagnostics::new();
    let _ = floret_lang::parse(text, FileId(0), &mut sink);
    if sink.has_errors() {
        return;
    }
    let formatted = floret_lang::format(text, FileId(0)).expect("what parses can be formatted");
    let again = floret_lang::format(&formatted, FileId(0)).expect("what is formatted parses");
    assert_eq!(again, formatted, "formatting again changes it");
});
