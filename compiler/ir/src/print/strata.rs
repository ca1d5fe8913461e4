//! The strata as text.

use std::fmt::Write;

use crate::{Firing, Presence, RuleOp, Stratified};

use super::program::{relation_name, rule};

/// The components in order with the rules that fill them, then the rules that act at the tick's end.
pub fn strata(stratified: &Stratified) -> String {
    let Stratified { program, strata } = stratified;
    let mut out = String::new();
    for (number, component) in strata.components.iter().enumerate() {
        let relations: Vec<String> = component
            .relations
            .iter()
            .map(|relation| {
                let presence = strata.presence.get(*relation).copied().map_or("?", presence);
                format!("{} ({presence})", relation_name(program, *relation))
            })
            .collect();
        let recursive = if component.recursive { "  recursive" } else { "" };
        let _ = writeln!(out, "{number}: {}{recursive}", relations.join(", "));
        for id in &component.rules {
            if let Some(of) = program.rules.get(*id) {
                let _ = writeln!(out, "    {};  // rule {}", rule(of, program), id.0);
            }
        }
    }
    let mut title = "at the end of the tick:\n";
    for (id, of) in program.rules.entries().filter(|(_, rule)| rule.op != RuleOp::Now) {
        let firing = strata.firing.get(id).copied().map_or("?", firing);
        let _ = writeln!(out, "{title}    {};  // rule {}, {firing}", rule(of, program), id.0);
        title = "";
    }
    out
}

/// In words.
fn presence(presence: Presence) -> &'static str {
    match presence {
        Presence::Stored => "stored",
        Presence::Arriving => "arriving",
        Presence::Mixed => "mixed",
    }
}

/// In words.
pub(super) fn firing(firing: Firing) -> &'static str {
    match firing {
        Firing::EachTick => "each tick",
        Firing::OnChange => "on change",
    }
}
