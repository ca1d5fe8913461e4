//! A node's running totals.

use floret_ir::{Arrivals, Counters, Effects, Program, RuleOp};

use crate::state::State;

/// Adds a tick to the totals. A relation is filled by rules if it is the head of a `<=`, `<+` or `<+-` rule.
pub(crate) fn count(
    totals: &mut Counters,
    program: &Program,
    arrivals: &Arrivals,
    before: &State,
    after: &State,
    effects: &Effects,
) {
    totals.ticks += 1;
    totals.inputs += arrivals.inputs.len() as u64;
    totals.received += arrivals.messages.len() as u64;
    totals.sent += effects.sends.len() as u64;
    totals.reports += effects.reports.len() as u64;
    for (relation, rows) in &after.content {
        let filled = program.rules.iter().any(|rule| {
            let fills = match rule.op {
                RuleOp::Now | RuleOp::Next | RuleOp::Replace => true,
                RuleOp::Delete | RuleOp::Later => false,
            };
            fills && rule.head.relation == *relation
        });
        let came = match before.content.get(relation) {
            Some(before) if !program.relations[*relation].is_momentary() => rows.difference(before).count(),
            Some(_) | None => rows.len(),
        };
        if filled && came > 0 {
            *totals.derived.entry(*relation).or_default() += came as u64;
        }
    }
}
