//! What observers see of a tick.

use std::collections::BTreeSet;

use floret_ir::{Changes, Observe, Row, RowChange};

use crate::state::Rows;
use crate::tick::Context;

/// Tables and views by their difference to the tick before, events and channels by all their rows.
pub(crate) fn changes(context: &Context<'_>, before: &Rows, after: &Rows) -> Changes {
    let nothing = BTreeSet::new();
    let mut changes = Changes::new();
    for (relation, declared) in context.relations() {
        let observed = match context.options.observe {
            Observe::Outputs => declared.output,
            Observe::Everything => true,
        };
        let after = after.get(&relation).unwrap_or(&nothing);
        let before = match before.get(&relation) {
            Some(before) if !declared.is_momentary() => before,
            Some(_) | None => &nothing,
        };
        let list = difference(before, after);
        if observed && !list.is_empty() {
            changes.insert(relation, list);
        }
    }
    changes
}

fn difference(before: &BTreeSet<Row>, after: &BTreeSet<Row>) -> Vec<RowChange> {
    before
        .symmetric_difference(after)
        .map(|row| RowChange { row: row.clone(), added: after.contains(row) })
        .collect()
}
