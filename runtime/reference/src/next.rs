//! P(t+1) = (tables of T(t) minus D) plus I.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::{RelationId, Row, RuleOp, Value};

use crate::content::Content;
use crate::derive::Derived;
use crate::findings::Findings;
use crate::keys::{row_of_key, settle};
use crate::state::Rows;
use crate::tick::Context;

/// What the rules of a tick want of the next one.
#[derive(Default)]
pub(crate) struct Wishes {
    /// Rows of `<-`: `None` matches any value.
    delete: BTreeMap<RelationId, BTreeSet<Vec<Option<Value>>>>,
    /// Rows of `<+-`, whose keys' old rows go.
    replace: Rows,
    /// I: rows of `<+` and `<+-`.
    insert: Rows,
}

impl Wishes {
    /// Takes what a `<+`, `<-` or `<+-` rule derived.
    pub(crate) fn add(&mut self, relation: RelationId, op: RuleOp, derived: Derived) {
        match op {
            RuleOp::Next => self.insert.entry(relation).or_default().extend(derived.into_rows()),
            RuleOp::Replace => {
                let rows: Vec<Row> = derived.into_rows().collect();
                self.replace.entry(relation).or_default().extend(rows.iter().cloned());
                self.insert.entry(relation).or_default().extend(rows);
            }
            RuleOp::Delete => {
                let patterns = derived.rows.into_iter().map(|head| head.columns);
                self.delete.entry(relation).or_default().extend(patterns);
            }
            // Not about the next tick's start: `<=` made T(t), `<~` leaves the node.
            RuleOp::Now | RuleOp::Later => {}
        }
    }
}

/// What a tick leaves to the next one.
pub(crate) struct Next {
    /// The tables.
    pub(crate) stored: Rows,
    /// The events' rows.
    pub(crate) waiting: Rows,
    /// Whether the tables differ from those of T(t).
    pub(crate) changed: bool,
}

/// Makes P(t+1) and the waiting event rows.
pub(crate) fn next(
    context: &Context<'_>,
    content: &Content,
    mut wishes: Wishes,
    findings: &mut Findings,
) -> Next {
    let mut next = Next { stored: Rows::new(), waiting: Rows::new(), changed: false };
    for (relation, declared) in context.relations() {
        let insert = wishes.insert.remove(&relation).unwrap_or_default();
        if !declared.is_table() {
            if !insert.is_empty() {
                next.waiting.insert(relation, insert);
            }
            continue;
        }
        let now = content.rows(relation);
        let mut remaining = now.clone();
        for pattern in wishes.delete.remove(&relation).unwrap_or_default() {
            match pattern.iter().cloned().collect::<Option<Row>>() {
                Some(row) => {
                    remaining.remove(&row);
                }
                None => remaining.retain(|row| !matches(&pattern, row)),
            }
        }
        let key = declared.key.unwrap_or(declared.arity());
        for row in wishes.replace.remove(&relation).unwrap_or_default() {
            while let Some(old) = row.get(..key).and_then(|key| row_of_key(&remaining, key)).cloned() {
                remaining.remove(&old);
            }
        }
        let settled = settle(declared, remaining, insert);
        findings.lost_now(relation, settled.lost);
        next.changed |= settled.rows != *now;
        if !settled.rows.is_empty() {
            next.stored.insert(relation, settled.rows);
        }
    }
    next
}

fn matches(pattern: &[Option<Value>], row: &Row) -> bool {
    pattern.iter().zip(row).all(|(wanted, value)| wanted.as_ref().is_none_or(|wanted| wanted == value))
}
