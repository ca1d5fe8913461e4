//! A program's text to an artifact, by all passes.
#![no_main]

use floret_fuzz::fuzz_target;

fuzz_target!(|text: &str| {
    // All passes are linear or close to it; what is long only makes the fuzzer slow.
    if text.len() < 4096 {
        let _ = floret_compiler::driver::compile("fuzz.flo", text, &floret_compiler::modules::OneFile);
    }
});
