//! From the syntax tree to the checked, placed program.
//!
//! `Tree` -split-> `Tree` -relay-> `Tree` -unseal-> `Tree` -resolve-> `Resolved` -placement-> `Places` -types-> `Types` -safety-> `Orders` -assemble-> `Program` -facts,
//! keys, `lattices::prepare`-> `Program`. Placement comes before types because the type of `self` is the role where it is read.

mod assemble;
mod build;
mod claims;
mod facts;
mod findings;
mod keys;
mod matches;
mod placement;
mod resolve;
mod resolved;
mod safety;
mod seals;
mod sequencers;
mod split;
mod test_blocks;
#[cfg(test)]
mod tests;
mod types;

use std::borrow::Cow;

use floret_ir::{Diagnostic, Diagnostics, FileId, Program, Type};
use floret_lang::tree::Tree;

pub use claims::claims;
pub(crate) use resolve::{is_aggregate, is_builtin};
pub(crate) use seals::sealed_name;
pub use test_blocks::tests;

/// Checks a program of one file. The result is meaningful if `sink` got no errors; it is empty if there are any.
///
/// All passes run over all that could be resolved, so that one run finds as many mistakes as it can. If `sink` has errors
/// already, those of the parser, then statements are missing from the tree, and names that it doesn't declare are let pass.
pub fn check(tree: &Tree, file: FileId, sink: &mut Diagnostics) -> Program {
    let unread = sink.has_errors();
    let split = split::split(tree, sink);
    let relayed = sequencers::relay(Cow::Borrowed(&*split.tree), sink);
    let unsealed = seals::unseal(Cow::Borrowed(&*relayed.tree), sink);
    let known = Known { types: &[], settled: &relayed.settled() };
    let mut program = check_local(&unsealed.tree, file, unread || split.incomplete, &known, sink);
    unsealed.name_parts(&mut program);
    relayed.name_parts(&mut program);
    relayed.explain(sink);
    unsealed.forget(&mut program);
    split.explain(sink);
    program
}

/// Checks a program each of whose rules is at one node, and whose types are known by names of the compiler's.
fn check_with(tree: &Tree, file: FileId, types: &[(String, Type)], sink: &mut Diagnostics) -> Program {
    check_local(tree, file, false, &Known { types, settled: &[] }, sink)
}

/// What is known of a tree that the compiler wrote parts of.
struct Known<'k> {
    /// Types by names of the compiler's.
    types: &'k [(String, Type)],
    /// Channels of whose keys another one has settled the conflicts.
    settled: &'k [&'k str],
}

/// Checks a program each of whose rules is at one node.
fn check_local(
    tree: &Tree,
    file: FileId,
    incomplete: bool,
    known: &Known<'_>,
    sink: &mut Diagnostics,
) -> Program {
    let resolved = resolve::resolve(tree, file, incomplete, known.types, sink);
    let places = placement::place(&resolved, sink);
    let types = types::infer(&resolved, &places, sink);
    let orders = safety::check(&resolved, sink);
    if sink.has_errors() {
        return Program::default();
    }
    let assembled = assemble::assemble(&resolved, &places, &types, &orders, sink);
    if sink.has_errors() {
        return Program::default();
    }
    let Some(mut program) = assembled else {
        let title = "the compiler lost a type or a place; please report this with the program";
        sink.add(Diagnostic::error("internal", title));
        return Program::default();
    };
    facts::check(&program, sink);
    keys::prove(&mut program, known.settled, sink);
    crate::lattices::prepare(&mut program, sink);
    if sink.has_errors() {
        return Program::default();
    }
    program
}
