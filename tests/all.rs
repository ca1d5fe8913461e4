//! Integration tests of the floret command and its crates.
