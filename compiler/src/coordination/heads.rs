//! How a head takes what its rule's body gives.

use floret_ir::coordination::Class;
use floret_ir::{Atom, InputMode, RelationKind, Rule, RuleOp};

use super::fixpoint::Context;
use super::outcome::{Ground, Outcome};
use crate::strata::graph::relation_of;

/// The class that a rule gives to its head. `conflict`: whether its rows may meet others of the same key.
pub(super) fn take(cx: &Context<'_>, rule: &Rule, body: Outcome, conflict: bool) -> Outcome {
    if body.ground == Ground::Inherited {
        return body;
    }
    let applies = |ground: Ground| cx.weakened != Some(ground);
    match rule.op {
        RuleOp::Delete if applies(Ground::Deleted) => return overwrite(cx, rule, Ground::Deleted),
        RuleOp::Replace if applies(Ground::Replaced) => return overwrite(cx, rule, Ground::Replaced),
        RuleOp::Delete | RuleOp::Replace | RuleOp::Now | RuleOp::Next | RuleOp::Later => {}
    }
    if body.class == Class::OrderDependent {
        return body;
    }
    // The host's deletions meet what rules put in.
    let mutable = cx.program.relations[rule.head.relation].input == Some(InputMode::Mutable);
    if mutable && applies(Ground::HostDeletes) {
        return overwrite(cx, rule, Ground::HostDeletes);
    }
    let replaces = rule.op == RuleOp::Replace && !applies(Ground::Replaced);
    if conflict && !replaces && applies(Ground::KeyConflict) {
        return overwrite(cx, rule, Ground::KeyConflict);
    }
    match cx.program.relations[rule.head.relation].kind {
        RelationKind::Table => {
            let outcome = into_table(rule, body);
            let wrong = outcome.ground == Ground::Remembered && !applies(Ground::Remembered);
            if wrong { outcome.weakened() } else { outcome }
        }
        RelationKind::View | RelationKind::Timer { .. } => body,
        RelationKind::Event => into_event(rule, body),
        RelationKind::Channel { .. } => into_channel(cx, rule, body),
    }
}

/// "a reliable channel takes static, growing or fleeting and gives fleeting"; "`lossy` gives order-dependent (loss) unless the
/// rule is an ungated timer resend of growing rows"
fn into_channel(cx: &Context<'_>, rule: &Rule, body: Outcome) -> Outcome {
    let is_resent = body.ground == Ground::Resent && rule.negated_atoms().next().is_none();
    if cx.is_lossy(rule.head.relation) && !is_resent && cx.weakened != Some(Ground::Lost) {
        return overwrite(cx, rule, Ground::Lost);
    }
    Outcome { class: body.class.join(Class::Fleeting), ..body }
}

/// "a table keeps growing and turns fleeting into growing (it remembers)"; "`<+` turns static into growing"
fn into_table(rule: &Rule, body: Outcome) -> Outcome {
    if body.class == Class::Fleeting {
        return Outcome::confluent(Class::Growing, Ground::Remembered);
    }
    let class = if rule.op == RuleOp::Next { body.class.join(Class::Growing) } else { body.class };
    Outcome { class, ..body }
}

/// "an event by `<=` takes its body's class"; "`<+` turns static into fleeting"
fn into_event(rule: &Rule, body: Outcome) -> Outcome {
    let class = if rule.op == RuleOp::Next { body.class.join(Class::Fleeting) } else { body.class };
    Outcome { class, ..body }
}

/// Order-dependent by what the head does, whatever the body is.
/// "a possible key conflict, `<-` or `<+-` makes the table order-dependent (overwrite)"
fn overwrite(cx: &Context<'_>, rule: &Rule, ground: Ground) -> Outcome {
    // A beat says only when.
    let timer = |atom: &&Atom| relation_of(atom).is_some_and(|relation| cx.is_timer(relation));
    let mut atoms: Vec<_> = rule.positive_atoms().filter(|atom| !timer(atom)).collect();
    // What arrives is to blame before what is always there.
    atoms.sort_by_key(|atom| cx.class_of(rule, atom) == Class::Static);
    Outcome::order_dependent(ground, atoms.into_iter().filter_map(relation_of).collect())
}
