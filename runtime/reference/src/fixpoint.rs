//! The `<=` rules, component by component: from P(t) and E(t) to T(t).

use std::collections::BTreeSet;

use floret_ir::{AtomSource, Component, EngineError, Row};

use crate::arrive::Base;
use crate::body::Only;
use crate::content::Content;
use crate::derive::derive;
use crate::findings::Findings;
use crate::keys::{row_of_key, settle};
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
        let kept = component.relations.iter().filter_map(|id| Some((*id, base.kept.remove(id)?))).collect();
        grow(context, content, kept);
        let rest = component.relations.iter().filter_map(|id| Some((*id, base.momentary.remove(id)?)));
        grow(context, content, rest.collect());
        recurse(context, component, content, findings)?;
    } else {
        let mut derived = derive_all(context, component, content, findings);
        for relation in &component.relations {
            let mut new = base.momentary.remove(relation).unwrap_or_default();
            new.extend(derived.remove(relation).unwrap_or_default());
            let kept = base.kept.remove(relation).unwrap_or_default();
            let settled = settle(&context.program().relations[*relation], kept, new);
            findings.lost(&context.stratified.strata, *relation, settled.lost);
            content.insert(*relation, settled.rows);
        }
    }
    Ok(base)
}

/// Rounds from below until nothing changes. The last round evaluates every rule over everything: it proves that this is
/// the fixpoint, and the errors it finds are those that count. (The strata see to it that keys in a recursive component
/// have one row by proof, up to what merges, and that what merges is read monotonically: so a row that was derived from
/// a value that has grown since is still right, or is merged into what replaces it.)
fn recurse(
    context: &Context<'_>,
    component: &Component,
    content: &mut Content,
    findings: &mut Findings,
) -> Result<(), EngineError> {
    let mut rounds = 0;
    loop {
        let mut found = Findings::default();
        let derived = derive_all(context, component, content, &mut found);
        let mut new = grow(context, content, derived);
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
            let derived = derive_from(context, component, content, &new);
            new = grow(context, content, derived);
        }
    }
}

/// Adds rows to the content, merging those of one key where columns are lattices: what is new in it.
fn grow(context: &Context<'_>, content: &mut Content, rows: Rows) -> Rows {
    let mut new = Rows::new();
    for (relation, rows) in rows {
        let declared = &context.program().relations[relation];
        let mut changed = BTreeSet::new();
        for row in rows {
            let holder = match declared.key.filter(|_| declared.has_lattice()).and_then(|key| row.get(..key))
            {
                Some(key) => row_of_key(content.rows(relation), key).cloned(),
                None => content.rows(relation).get(&row).cloned(),
            };
            match holder {
                None => {
                    content.insert(relation, [row.clone()]);
                    changed.insert(row);
                }
                Some(holder) => {
                    let merged = declared.merge(&holder, &row).unwrap_or_else(|| holder.clone());
                    if merged != holder {
                        content.remove(relation, &holder);
                        content.insert(relation, [merged.clone()]);
                        changed.remove(&holder);
                        changed.insert(merged);
                    }
                }
            }
        }
        if !changed.is_empty() {
            new.insert(relation, changed);
        }
    }
    new
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
        AtomSource::Members(_) | AtomSource::Clock => None,
    }
}
