//! Lattices in checked programs (LANGUAGE section 7): which reads of lattice columns only follow their growth (`flow`),
//! saturating arithmetic (`saturate`), and the laws of declared lattices (`laws`).

mod expr;
pub(crate) mod flow;
mod functions;
mod laws;
mod samples;
mod saturate;
mod sense;
#[cfg(test)]
mod tests;

pub(crate) use flow::{RuleFlow, Why};
pub(crate) use sense::Sense;

use floret_ir::{Diagnostics, IndexVec, Program, RelationId, RuleId};

/// How every rule reads the declared lattice columns of its atoms.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct LatticeFlow {
    /// By rule.
    pub rules: IndexVec<RuleId, RuleFlow>,
}

impl LatticeFlow {
    /// Judges every rule by itself.
    pub fn of(program: &Program) -> Self {
        let declared = declared(program);
        LatticeFlow {
            rules: program.rules.iter().map(|rule| RuleFlow::of(program, rule, &declared)).collect(),
        }
    }
}

/// The order in which a relation's column goes up, by its declaration.
pub(crate) fn declared(program: &Program) -> impl Fn(RelationId, usize) -> Sense + '_ {
    |relation, column| {
        let column = program.relations.get(relation).and_then(|relation| relation.columns.get(column));
        column.and_then(|column| column.lattice.as_ref()).map_or(Sense::Plain, Sense::of)
    }
}

/// What the language says of lattices and no other pass looks at: declared lattices obey their laws (else errors in `sink`),
/// arithmetic on lattice values saturates, and an aggregate that is its column's merge is left to the merge.
pub fn prepare(program: &mut Program, sink: &mut Diagnostics) {
    laws::check(program, sink);
    saturate::rewrite(program);
}
