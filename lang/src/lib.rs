//! Text to syntax tree, and diagnostics to text.
//!
//! `parse` never fails: it gives the tree of what it could read and pushes what it could not into the sink.
//! This crate never sees names' meanings; `codespan-reporting` is used only in [`render`].

pub mod tree;
