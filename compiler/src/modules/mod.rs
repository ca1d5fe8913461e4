//! Modules: a program's files become one tree without `use` and `module`.
//!
//! `Files` -expand-> `Tree`. Every instance's declarations are there under their full name, `d::send` (one
//! [`floret_lang::tree::Name`] whose text contains `::`), in the place of the `use` that makes it; what its text says
//! is renamed accordingly. Later passes know nothing of modules. The places of an instance are in a file of its own
//! until [`Origins`] puts them back.

mod args;
mod expand;
mod findings;
mod load;
mod origin;
mod rename;
mod scope;
mod template;
#[cfg(test)]
mod tests;
mod uses;

use floret_ir::Diagnostics;
use floret_lang::tree::Tree;

pub use load::{Files, Loader, OneFile, load};
pub use origin::Origins;

/// A program without modules.
#[derive(Clone, Debug)]
pub struct Expanded {
    /// Its statements.
    pub tree: Tree,
    /// Which of them belong to which instance.
    pub origins: Origins,
}

/// Makes all instances.
pub fn expand(files: &Files, sink: &mut Diagnostics) -> Expanded {
    let mut templates = template::Templates::of(files, sink);
    uses::resolve(&mut templates, files, sink);
    let mut expander = expand::Expander::new(&templates, files.sources.len(), sink);
    let statements = expander.main();
    let origins = expander.origins;
    let comments = files.main().map(|tree| tree.comments.clone()).unwrap_or_default();
    Expanded { tree: Tree { statements, comments }, origins }
}
