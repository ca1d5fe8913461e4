//! What the grammar reads at once: a statement, or the beginning of a block up to its `{`.

use floret_ir::Span;

use crate::tree::{Attribute, Expr, ModuleParam, Name, StatementKind};

/// A statement or the beginning of a block.
#[derive(Clone, PartialEq, Debug)]
pub struct Item {
    /// `@accept("...")` and the like.
    pub attributes: Vec<Attribute>,
    /// What it is.
    pub kind: ItemKind,
    /// Without the attributes.
    pub span: Span,
}

/// What an item is.
#[allow(clippy::large_enum_variant)] // One at a time, and most are statements.
#[derive(Clone, PartialEq, Debug)]
pub enum ItemKind {
    /// A whole statement.
    Statement(StatementKind),
    /// All of a block before its contents.
    Open(Header),
}

/// The beginning of a block.
#[derive(Clone, PartialEq, Debug)]
pub enum Header {
    /// `on Server {`
    On(Name),
    /// `monotone {`
    Monotone,
    /// `module M(...) {`
    Module {
        /// Its name.
        name: Name,
        /// Its parameters.
        params: Vec<ModuleParam>,
    },
    /// `test "..." with ... {`
    Test {
        /// Its name.
        name: Name,
        /// Node counts.
        nodes: Vec<(Name, Expr)>,
    },
}
