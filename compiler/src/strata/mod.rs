//! The order in which a tick's `<=` rules are evaluated, and when rules fire.

pub(crate) mod components;
mod cycles;
mod endless;
pub(crate) mod graph;
mod presence;
mod sends;
#[cfg(test)]
mod tests;

use floret_ir::{Diagnostics, Program, Strata, Stratified};

use crate::lattices::LatticeFlow;

/// Finds the strata. Cycles through negation, aggregates, unproven keys or exact reads of lattices are errors in `sink`,
/// and so are `<~` rules of which it can't be said when they fire. The strata are complete even then.
pub fn stratify(program: Program, sink: &mut Diagnostics) -> Stratified {
    let reads = graph::now_reads(&program, &LatticeFlow::of(&program));
    let components = components::of_program(&program, &reads);
    cycles::report(&program, &reads, &components, sink);
    let presence = presence::of_relations(&program);
    let firing = presence::of_rules(&program, &presence);
    sends::report(&program, &presence, &firing, sink);
    endless::report(&program, &presence, sink);
    Stratified { program, strata: Strata { components, presence, firing } }
}
