//! A collection: what it is, when its rows are there, and whether it depends on order.

use std::fmt::Write;

use floret_ir::coordination::{Coordination, Reason};
use floret_ir::{InputMode, Presence, RelationId, Stratified, print};

use crate::coordination::{costs, replicas};

/// Writes what is known of a collection.
pub(super) fn describe(
    id: RelationId,
    stratified: &Stratified,
    coordination: &Coordination,
    out: &mut String,
) {
    let Stratified { program, strata } = stratified;
    let Some(relation) = program.relations.get(id) else { return };
    let _ = writeln!(out, "{};", print::relation(relation, program));
    let presence = match strata.presence.get(id) {
        Some(Presence::Stored) => "stored: its rows stay until something takes them away",
        Some(Presence::Arriving) => "arriving: its rows are there for the tick in which something arrives",
        Some(Presence::Mixed) | None => "mixed: some rows stay, some are there for one tick",
    };
    let _ = writeln!(out, "  {presence}");
    if relation.inferred && relation.is_table() {
        out.push_str(
            "  an undeclared view, kept as a table: what it is made of is forgotten when it is sealed\n",
        );
    }
    let stratum = strata.components.iter().position(|component| component.relations.contains(&id));
    if let Some((number, component)) = stratum.and_then(|at| Some((at, strata.components.get(at)?))) {
        let recursive = if component.recursive { ", recursive" } else { "" };
        let _ = writeln!(out, "  stratum {number} of {}{recursive}", strata.components.len());
    }
    if let Some(class) = coordination.classes.get(id) {
        let because = match coordination.reasons.get(id) {
            Some(Reason::Fixed) => "nothing changes it".to_owned(),
            Some(Reason::Input) => "the host feeds it".to_owned(),
            Some(Reason::Node) => "the node fills it".to_owned(),
            Some(Reason::Rule { because, .. }) => because.clone(),
            None => String::new(),
        };
        let _ = writeln!(out, "  order: {} ({because})", class.name());
    }
    if let (Some(words), Some(Some(found))) =
        (replicas(coordination, program, id), coordination.replicas.get(id))
    {
        let _ = writeln!(out, "  {words} ({})", found.because);
    }
    for cost in costs(program).iter().filter(|cost| cost.channel == id) {
        let _ = writeln!(out, "  {}", cost.text(program));
    }
    match relation.input {
        Some(InputMode::Add) => out.push_str("  fed by the host, which adds rows\n"),
        Some(InputMode::Static) => out.push_str("  fed by the host before the first tick\n"),
        Some(InputMode::Mutable) => out.push_str("  fed by the host, which adds and deletes rows\n"),
        None => {}
    }
    let facts = program.facts.iter().filter(|fact| fact.relation == id).count();
    if facts > 0 {
        let _ = writeln!(out, "  {facts} fact{}", if facts == 1 { "" } else { "s" });
    }
}
