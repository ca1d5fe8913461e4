//! The `<=` rules, component by component: from P(t) and E(t) to T(t).

use std::collections::BTreeSet;

use floret_ir::{AtomSource, Component, EngineError, RelationId, Row};

use crate::arrive::Base;
use crate::body::Only;
use crate::content::Content;
use crate::derive::derive;
use crate::findings::Findings;
use crate::keys::settle;
use crate::state::Rows;
use crate::tick::Context;

/// Adds the content of a component's relations; all it reads of others is there.
pub(crate) fn complete(
    context: &Context<'_>,
    component: &Component,
    mut base: Base,
    content: &mut Content,
    findings: &mut Findings,
) -> Result<Base, EngineError> {
    if component.recursive {
        for relation in &component.relations {
            content.insert(*relation, base.kept.remove(relation).into_iter().flatten());
            content.insert(*relation, base.momentary.remove(relation).into_iter().flatten());
        }
        recurse(context, component, content, findings)?;
    } else {
        let mut derived = derive_all(context, component, content, findings);
        for relation in &component.relations {
            let mut new = base.momentary.remove(relation).unwrap_or_default();
            new.extend(derived.remove(relation).unwrap_or_default());
            let kept = base.kept.remove(relation).unwrap_or_default();
            let settled = settle(context.program().relations[*relation].resolved_key(), kept, new);
            findings.lost(&context.stratified.strata, *relation, settled.lost);
            content.insert(*relation, settled.rows);
        }
    }
    Ok(base)
}

/// Rounds until nothing new is derived. The last round evaluates every rule over everything: it proves that this is
/// the fixpoint, and the errors it finds are those that count. (Keys in a recursive component are proven: the strata
/// see to it.)
fn recurse(
    context: &Context<'_>,
    component: &Component,
    content: &mut Content,
    findings: &mut Findings,
) -> Result<(), EngineError> {
    let mut rounds = 0;
    loop {
        let mut found = Findings::default();
        let mut new = without_known(derive_all(context, component, content, &mut found), content);
        if new.is_empty() {
            findings.each_tick.append(&mut found.each_tick);
            findings.on_change.append(&mut found.on_change);
            return Ok(());
        }
        while let Some(relation) = new.keys().next() {
            if content.is_stopped() {
                return Err(stopped());
            }
            rounds += 1;
            if rounds > context.options.tick_limit {
                return Err(EngineError::TickLimit {
                    rounds: context.options.tick_limit,
                    relation: *relation,
                });
            }
            for (relation, rows) in &new {
                content.insert(*relation, rows.iter().cloned());
            }
            new = without_known(derive_from(context, component, content, &new), content);
        }
    }
}

/// The tick was given up.
pub(crate) fn stopped() -> EngineError {
    EngineError::Failed("stopped".to_owned())
}

/// What all rules of the component derive from the content.
fn derive_all(
    context: &Context<'_>,
    component: &Component,
    content: &mut Content,
    findings: &mut Findings,
) -> Rows {
    let mut rows = Rows::new();
    for rule in &component.rules {
        let derived = derive(&context.program().rules[*rule], content, context.site, None);
        findings.of_rule(&context.stratified.strata, *rule, &derived);
        let head = context.program().rules[*rule].head.relation;
        rows.entry(head).or_default().extend(derived.into_rows());
    }
    rows
}

/// What the rules derive by assignments that choose a row of `new` (already part of the content) for some atom.
fn derive_from(context: &Context<'_>, component: &Component, content: &mut Content, new: &Rows) -> Rows {
    let mut rows = Rows::new();
    for rule in &component.rules {
        let rule = &context.program().rules[*rule];
        for (position, atom) in rule.positive_atoms().enumerate() {
            if let Some(new) = rows_of(new, atom.source) {
                let only = Some(Only { atom: position, rows: new });
                let derived = derive(rule, content, context.site, only);
                rows.entry(rule.head.relation).or_default().extend(derived.into_rows());
            }
        }
    }
    rows
}

fn rows_of(rows: &Rows, source: AtomSource) -> Option<&BTreeSet<Row>> {
    match source {
        AtomSource::Relation(relation) => rows.get(&relation),
        AtomSource::Members(_) => None,
    }
}

/// The rows that are not in the content; relations without any are absent.
fn without_known(rows: Rows, content: &Content) -> Rows {
    let unknown = |relation: RelationId, mut rows: BTreeSet<_>| {
        rows.retain(|row| !content.rows(relation).contains(row));
        (relation, rows)
    };
    rows.into_iter()
        .map(|(relation, rows)| unknown(relation, rows))
        .filter(|(_, rows)| !rows.is_empty())
        .collect()
}
