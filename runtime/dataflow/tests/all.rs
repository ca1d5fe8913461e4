//! All tests of this crate, in one binary beside the library.
//!
//! The library's own test build is switched off, for it would compile every operator a second time. The modules with
//! unit tests inside need none of the operators, so they are compiled into this binary once more.

#[cfg(test)]
mod cases;

#[path = "../src/intern.rs"]
#[allow(dead_code)]
mod intern;
#[path = "../src/row.rs"]
#[allow(dead_code)]
mod row;
#[path = "../src/scalar.rs"]
#[allow(dead_code)]
mod scalar;
#[path = "../src/time.rs"]
#[allow(dead_code)]
mod time;
