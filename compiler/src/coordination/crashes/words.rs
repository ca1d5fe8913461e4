//! The second verdict in words.

use std::fmt::Write;

use floret_ir::coordination::PathStep;
use floret_ir::{Program, RelationId, RoleId, Rule, RuleId, Sources};

use super::{Crashes, Loss, LossKind, Return, Survival};
use crate::coordination::wording::written;

/// One line for the roles whose crashes a collection survives, then one for each other role, with a reason. Nothing for a
/// program without roles.
pub fn lines(crashes: &Crashes, program: &Program, relation: RelationId) -> Vec<String> {
    if !program.has_roles() {
        return Vec::new();
    }
    let name = |role: RoleId| program.roles.get(role).map_or("?", |role| role.name.as_str());
    let kept: Vec<&str> =
        crashes.each(relation).filter(|(_, of)| of.is_yes()).map(|(role, _)| name(role)).collect();
    let mut lines = Vec::new();
    if !kept.is_empty() {
        lines.push(format!("survives a crash of {}", kept.join(", ")));
    }
    for (role, of) in crashes.each(relation).filter(|(_, of)| !of.is_yes()) {
        lines.push(format!("not proved to survive a crash of {}: {}", name(role), brief(of, program, role)));
    }
    lines
}

/// Why, in a line.
pub fn brief(survival: &Survival, program: &Program, role: RoleId) -> String {
    let node = program.roles.get(role).map_or("?", |role| role.name.as_str());
    match survival {
        Survival::Durable => "its nodes are durable: a crash is a pause".to_owned(),
        Survival::Apart => format!("it rests on nothing that a {node} holds, sends or gets"),
        Survival::Restored(_) => format!("what it rests on at a {node} comes back"),
        Survival::Lost(loss) => lost(loss, program, node),
    }
}

fn name(program: &Program, relation: RelationId) -> String {
    let name = program.relations.get(relation).map_or("?", |of| of.name.as_str());
    if written(name) == name && name.starts_with('$') {
        "what a rule sends to read elsewhere".to_owned()
    } else {
        format!("`{}`", written(name))
    }
}

fn lost(loss: &Loss, program: &Program, node: &str) -> String {
    let what = name(program, loss.relation);
    match loss.kind {
        LossKind::Outbox => {
            format!("a message of {what} is sent once, and lost if the {node} that sends it crashes first")
        }
        LossKind::Inbox => {
            format!("a message of {what} is sent once, and lost with the {node} that it is for")
        }
        LossKind::Table => format!("a {node} loses {what}, which is filled by what comes once"),
        LossKind::Waiting => format!("a {node} loses the rows of {what} that are for its next tick"),
        LossKind::Host => format!("a {node} loses what the host changed in {what}"),
        LossKind::Seal => format!("{what} is sealed, and a {node} that comes back counts anew"),
        LossKind::Order => {
            let by = if program.notices.iter().any(|event| event.relation == loss.relation) {
                format!("{what}, which tells of crashes")
            } else {
                match loss.path.is_empty() {
                    true => format!("what is at a {node}"),
                    false => format!("{what} of a {node}"),
                }
            };
            format!("it depends on the order of messages, and on {by}")
        }
    }
}

/// Everything about one collection, for `floret explain`: each role with the reason and, rule by rule, the way from what is
/// lost, or how each part comes back.
pub fn told(crashes: &Crashes, program: &Program, sources: &Sources, relation: RelationId) -> String {
    let mut out = String::new();
    for (role, survival) in crashes.each(relation) {
        let node = program.roles.get(role).map_or("?", |role| role.name.as_str());
        let verdict = if survival.is_yes() { "survives" } else { "is not proved to survive" };
        let _ = writeln!(out, "{verdict} a crash of {node}: {}", brief(survival, program, role));
        match survival {
            Survival::Durable | Survival::Apart => {}
            Survival::Restored(parts) => {
                for (relation, how) in parts {
                    let _ = writeln!(out, "  {}", part(*relation, *how, program, sources, node));
                }
            }
            Survival::Lost(loss) => {
                if let Some(rule) = loss.rule {
                    let _ = writeln!(out, "  {}", ruled(rule, program, sources));
                }
                for PathStep { from, rule, to } in &loss.path {
                    let (from, to) = (name(program, *from), name(program, *to));
                    let _ = writeln!(out, "  {from} goes into {to} by {}", ruled(*rule, program, sources));
                }
            }
        }
    }
    out
}

fn part(relation: RelationId, how: Return, program: &Program, sources: &Sources, node: &str) -> String {
    let what = name(program, relation);
    match how {
        Return::ReadAgain => format!("{what} is the same in every life of a {node}"),
        Return::FedAgain => format!("{what} is fed again to a {node} that comes back"),
        Return::Seen => {
            format!("a row of {what} is over when a tick of a {node} has taken it, and fed again if none has")
        }
        Return::Beaten(rule) => {
            format!("{what} is sent again at every beat by {}", ruled(rule, program, sources))
        }
        Return::SentAgain(rule) => {
            format!("{what} is sent by each life of a {node} by {}", ruled(rule, program, sources))
        }
        Return::Kept => format!("{what} is sent again as often as what it comes from"),
    }
}

fn ruled(rule: RuleId, program: &Program, sources: &Sources) -> String {
    program.rules.get(rule).map_or_else(String::new, |rule| shown(rule, program, sources))
}

fn shown(rule: &Rule, program: &Program, sources: &Sources) -> String {
    let text = crate::explain::shown(rule, program, sources);
    let place = crate::explain::place(rule.span, sources);
    format!("{place}: {text}")
}
