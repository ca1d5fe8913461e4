//! What a program claims: its invariants, as a program of their own that is evaluated over the rows of all nodes.

use serde::{Deserialize, Serialize};

use crate::{RelationId, RoleId, Span, Stratified};

/// The invariants of a program.
///
/// Their program has the roles of the program that they are about, in the same order, and one more, last, with one node:
/// all its collections are there. It has the same parameters, too. Each collection of the program is a static input table
/// with the node as its last column; each invariant is a view of what violates it.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Claims {
    /// The program; empty if there are no invariants.
    pub stratified: Stratified,
    /// The collections that invariants read, each once, in the order of the claims' tables.
    pub reads: Vec<ClaimRead>,
    /// The invariants, in source order.
    pub invariants: Vec<Invariant>,
}

/// A collection that invariants read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ClaimRead {
    /// The collection of the program.
    pub of: RelationId,
    /// The claims' table: the columns of the collection (without a `sender` column), then the node's address.
    pub table: RelationId,
    /// It holds rows of one tick only.
    pub momentary: bool,
}

/// A claim that must hold at all times, over all nodes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Invariant {
    /// Its name.
    pub name: String,
    /// What is wrong when it is violated, in its author's words.
    pub text: Option<String>,
    /// The claims' view of what violates it; its columns are called as the invariant's variables, with `self` for the node
    /// of its literals without `@`.
    pub view: RelationId,
    /// Where it is.
    pub span: Span,
}

impl Claims {
    /// The role of the claims' own node.
    pub fn role(&self) -> Option<RoleId> {
        self.stratified.program.roles.ids().last()
    }
    /// Calls `visit` on every place in the source.
    pub fn for_each_span(&mut self, visit: &mut impl FnMut(&mut Span)) {
        self.stratified.program.for_each_span(visit);
        self.invariants.iter_mut().for_each(|invariant| visit(&mut invariant.span));
    }
}
