//! The `floret` command.
fn main() {}
