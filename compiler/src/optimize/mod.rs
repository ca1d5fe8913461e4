//! Rewrites plan to plan, each keeping every sink's content. Each is a function in its own file and can be run,
//! printed and tested alone.
//!
//! What every rewrite respects:
//! - multiplicities (aggregates count them) are kept, except below operators that don't look at them;
//! - a mapping drops a row if any of its expressions has no value, so an expression that may have none is never
//!   dropped, moved to other rows, or made conditional;
//! - what is in a loop reads only what enters it, and no variable or feedback changes.

mod distinct;
mod fuse;
mod graph;
mod hoist;
mod keyed_joins;
mod mapping;
mod order_bodies;
mod prune;
mod push;
mod share;
#[cfg(test)]
mod tests;

use floret_ir::plan::Plan;

pub use order_bodies::order_bodies;

/// A rewrite.
pub type Rewrite = fn(Plan) -> Plan;

/// The rewrites with their names, in the order in which [`optimize`] runs them.
pub fn rewrites() -> &'static [(&'static str, Rewrite)] {
    &[
        ("drop-dead", drop_dead),
        ("hoist", hoist::hoist),
        ("fuse", fuse::fuse),
        ("keyed-joins", keyed_joins::keyed_joins),
        ("push", push::push),
        ("prune", prune::prune),
        ("distinct", distinct::distinct),
        ("share", share::share),
    ]
}

/// All rewrites in order, again and again until nothing changes.
pub fn optimize(plan: Plan) -> Plan {
    let mut plan = plan;
    // Each round leaves less to do; the bound is for the time of compiling, not for the result.
    for _ in 0..8 {
        let before = plan.clone();
        for (_, rewrite) in rewrites() {
            plan = rewrite(plan);
        }
        if plan == before {
            break;
        }
    }
    plan
}

/// Leaves out what no sink needs and numbers the rest in the order of rendering.
fn drop_dead(plan: Plan) -> Plan {
    graph::Graph::of(plan).into_plan()
}
