//! Text to syntax tree, text to well-formatted text, and diagnostics to text.
//!
//! `parse` never fails: it gives the tree of what it could read and pushes what it could not into the sink.
//! This crate never sees names' meanings; `codespan-reporting` is used only in [`render`].

mod classes;
mod expected;
mod format;
mod item;
mod lexer;
mod lexical_error;
mod literal;
mod parse;
mod print;
mod print_expr;
mod render;
mod structure_error;
mod syntax_error;
mod token;
pub mod tree;
mod tree_build;
mod unit;
mod walk;

pub use classes::{TokenClass, classes, is_open};
pub use format::format;
pub use parse::parse;
pub use print::{tokens, tree as print_tree};
pub use render::render;

lalrpop_util::lalrpop_mod!(
    #[allow(
        missing_docs,
        clippy::all,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::todo,
        clippy::unimplemented,
        unused
    )]
    grammar
);
