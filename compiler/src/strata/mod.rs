//! The order in which a tick's `<=` rules are evaluated, and when rules fire.

use floret_ir::{Diagnostics, Program, Strata, Stratified};

/// Finds the strata. Cycles through negation, aggregates or unproven keys are errors in `sink`.
pub fn stratify(program: Program, _sink: &mut Diagnostics) -> Stratified {
    Stratified { program, strata: Strata::default() }
}
