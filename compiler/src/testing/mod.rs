//! For tests of lowering and of rewrites: a naive interpreter of plans, a node that ticks on it, and random rows.

mod artifact;
mod interpret;
mod machine;
mod print;
mod programs;
mod random;

pub(crate) use interpret::{Bag, Contents, Sources, interpret};
pub(crate) use machine::Machine;
pub(crate) use programs::PROGRAMS;
pub(crate) use random::Random;

use floret_ir::{Address, Deployment, Diagnostics, RoleId, Site, Stratified};

/// The stratified program of a text without errors.
pub(crate) fn stratified(text: &str) -> Stratified {
    let mut sink = Diagnostics::new();
    let files = crate::modules::load("test.flo", text, &crate::modules::OneFile, &mut sink);
    let stratified = crate::driver::analyse(&files, &mut sink);
    let rendered = || floret_lang::render(&sink.sorted(), &files.sources, false);
    stratified.unwrap_or_else(|| panic!("{}", rendered()))
}

/// Member 0 of a role, with three nodes of each role.
pub(crate) fn site(stratified: &Stratified, role: RoleId) -> Site {
    let counts = stratified.program.roles.iter().map(|_| 3).collect();
    Site { me: Address { role, index: 0 }, deployment: Deployment::new(counts) }
}
