//! The JSON lines reader, over columns of every type.
#![no_main]

use floret_data::Format;
use floret_fuzz::fuzz_target;

fuzz_target!(|bytes: &[u8]| floret_fuzz::read(Format::JsonLines, bytes));
