//! From rules to operators: one naive, obviously right plan per role.
//!
//! Relations come first, component by component: a relation's content is the union of what the engine puts into it
//! (`Source`) and of what its `<=` rules derive. Then come the rules with `<+ <- <+- <~`, over those contents. A rule
//! is lowered in this order (each file does one part):
//!
//! 1. `body`: join the positive atoms left to right; constants and repeated variables are conditions on the atom. An
//!    unnesting that always has a value comes as soon as its collection is known.
//! 2. `body`: the other literals that always have a value (`literals` tells), negations last: the rule's *base*.
//! 3. `body`: the fallible lets, unnestings and conditions, then the negations that need them.
//! 4. `head`: the head's columns, aggregates, and the sink of a rule that isn't `<=`.
//! 5. `errors`: a second branch from the base, which finds the assignments in error.
//!
//! Joins keep multiplicities and relations are sets, so a row of a rule's join stands for as many assignments to all
//! columns of the positive atoms (`_` included) as it has copies. Aggregates count those; nothing before an aggregate
//! may merge rows.

mod body;
mod builder;
mod changes;
mod errors;
mod head;
mod literals;
mod relations;
#[cfg(test)]
mod tests;

use floret_ir::plan::Plan;
use floret_ir::{IndexVec, RoleId, RuleOp, Stratified};

use builder::Builder;

/// One unoptimised plan per role.
pub fn lower(stratified: &Stratified) -> IndexVec<RoleId, Plan> {
    stratified.program.roles.ids().map(|role| lower_role(stratified, role)).collect()
}

fn lower_role(stratified: &Stratified, role: RoleId) -> Plan {
    let program = &stratified.program;
    let mut builder = Builder::new(stratified, role);
    for component in &stratified.strata.components {
        // `<=` never leaves a node, so all relations of a component live at one role.
        if component.relations.iter().all(|&relation| program.relations[relation].role == role) {
            relations::component(&mut builder, component);
        }
    }
    for (id, rule) in program.rules.entries() {
        if rule.role == role && rule.op != RuleOp::Now {
            head::effect(&mut builder, id);
        }
    }
    let mut plan = builder.finish();
    changes::annotate(&mut plan, program);
    plan
}
