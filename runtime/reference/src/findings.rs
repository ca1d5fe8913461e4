//! What a tick has to report.

use std::collections::BTreeSet;

use floret_ir::{Firing, Presence, RelationId, Report, Row, RuleId, Strata};

use crate::derive::Derived;

/// The reports of a tick, by when they count as new.
#[derive(Default)]
pub(crate) struct Findings {
    /// Reported whenever they are found.
    pub(crate) each_tick: BTreeSet<Report>,
    /// Reported if the tick before did not find them.
    pub(crate) on_change: BTreeSet<Report>,
}

impl Findings {
    /// Takes a rule's errors and overflows.
    pub(crate) fn of_rule(&mut self, strata: &Strata, rule: RuleId, derived: &Derived) {
        let reports = match strata.firing[rule] {
            Firing::EachTick => &mut self.each_tick,
            Firing::OnChange => &mut self.on_change,
        };
        reports
            .extend(derived.errors.iter().map(|bindings| Report::Error { rule, bindings: bindings.clone() }));
        reports.extend(derived.overflows.iter().map(|group| Report::Overflow { rule, group: group.clone() }));
    }

    /// Takes derived rows that lost in T(t).
    pub(crate) fn lost(&mut self, strata: &Strata, relation: RelationId, lost: BTreeSet<Row>) {
        let reports = match strata.presence[relation] {
            Presence::Arriving => &mut self.each_tick,
            Presence::Stored | Presence::Mixed => &mut self.on_change,
        };
        reports.extend(conflicts(relation, lost));
    }

    /// Takes rows that came in this tick, or want to be in the next one, and lost.
    pub(crate) fn lost_now(&mut self, relation: RelationId, lost: BTreeSet<Row>) {
        self.each_tick.extend(conflicts(relation, lost));
    }
}

fn conflicts(relation: RelationId, lost: BTreeSet<Row>) -> impl Iterator<Item = Report> {
    lost.into_iter().map(move |lost| Report::Conflict { relation, lost })
}
