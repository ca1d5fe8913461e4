//! What a program's rules cost: where each runs, what it joins there, and the messages that it sends. In words, for
//! `floret explain`.

mod collection;
mod proof;
mod steps;
#[cfg(test)]
mod tests;

pub use proof::proof;
pub(crate) use proof::{place, shown};

use std::fmt::Write;

use floret_ir::coordination::Coordination;
use floret_ir::{AtomSource, Program, RelationId, RuleId, Seal, Sources, Stratified};

/// What is to be explained.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// All rules.
    Everything,
    /// A rule by its number in the text, from 1.
    Rule(usize),
    /// A collection: what it is, and the rules that fill it.
    Collection(RelationId),
}

/// The explanation; `None`: there is no such rule.
pub fn explain(
    stratified: &Stratified,
    coordination: &Coordination,
    sources: &Sources,
    what: What,
) -> Option<String> {
    let program = &stratified.program;
    let rules = written_rules(program);
    let mut out = String::new();
    match what {
        What::Everything => {
            for (number, rule) in rules.iter().enumerate() {
                if number > 0 {
                    out.push('\n');
                }
                chain(number + 1, *rule, stratified, sources, &mut out);
            }
        }
        What::Rule(number) => {
            let rule = *rules.get(number.checked_sub(1)?)?;
            chain(number, rule, stratified, sources, &mut out);
        }
        What::Collection(relation) => {
            collection::describe(relation, stratified, coordination, &mut out);
            for (number, rule) in rules.iter().enumerate() {
                let fills = steps::chain(*rule, program)
                    .iter()
                    .any(|part| program.rules.get(*part).is_some_and(|part| part.head.relation == relation));
                if fills {
                    out.push('\n');
                    chain(number + 1, *rule, stratified, sources, &mut out);
                }
            }
        }
    }
    Some(out)
}

/// How many rules the program's text has.
pub fn rule_count(program: &Program) -> usize {
    written_rules(program).len()
}

/// The rules as they are written: not those that only go on where a message of one arrives, and not what was written out
/// for sealed channels.
fn written_rules(program: &Program) -> Vec<RuleId> {
    let is_part = |rule: &floret_ir::Rule| {
        let head = rule.head.relation;
        let own = program.relations.get(head).is_some_and(|relation| relation.is_generated());
        let sealed = program.seals.iter().any(|seal| seal.relations().any(|of| of == head))
            || program.sealed_inputs.iter().any(|input| input.relations().any(|of| of == head));
        // A seal that nobody wrote is where its channel is declared.
        let declared = |channel| program.relations.get(channel).is_some_and(|of| of.span == rule.span);
        let closes = |seal: &Seal| seal.closed == head && !declared(seal.channel);
        let written = program.seals.iter().any(|seal| closes(seal) || seal.rows.contains(&head));
        (sealed || (own && !steps::is_hop(program, head))) && !written
    };
    let goes_on = |rule: &floret_ir::Rule| {
        is_part(rule)
            || rule.positive_atoms().any(|atom| match atom.source {
                AtomSource::Relation(id) => steps::is_hop(program, id),
                AtomSource::Members(_) | AtomSource::Clock => false,
            })
    };
    program.rules.entries().filter(|(_, rule)| !goes_on(rule)).map(|(id, _)| id).collect()
}

/// A rule with all its steps.
fn chain(number: usize, rule: RuleId, stratified: &Stratified, sources: &Sources, out: &mut String) {
    let program = &stratified.program;
    let Some(first) = program.rules.get(rule) else { return };
    let source = sources.get(first.span.file);
    let place = source.map_or_else(String::new, |source| {
        format!(" ({}:{})", source.name, source.line_column(first.span.start).0)
    });
    let text = source.and_then(|source| source.text.get(first.span.start as usize..first.span.end as usize));
    let text = text.map_or_else(
        || floret_ir::print::rule(first, program),
        |text| text.split_whitespace().collect::<Vec<_>>().join(" "),
    );
    let _ = writeln!(out, "rule {number}{place}: {text}");
    let parts = steps::chain(rule, program);
    for (at, part) in parts.iter().enumerate() {
        let mark = if parts.len() > 1 { format!("{}. ", at + 1) } else { String::new() };
        steps::describe(*part, &mark, stratified, out);
    }
}
