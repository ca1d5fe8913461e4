//! One rule over one content: what it derives, and which assignments and groups are in error.

use std::collections::BTreeSet;

use floret_ir::{Row, Rule, Site};

use crate::aggregate::aggregate;
use crate::body::{Bindings, Only, for_each_assignment};
use crate::content::Content;
use crate::head::HeadRow;
use crate::judge::{Judgement, judge};

/// What a rule derives.
#[derive(Default)]
pub(crate) struct Derived {
    /// The head rows.
    pub(crate) rows: BTreeSet<HeadRow>,
    /// The values of `Rule::atom_variables` in assignments that are in error.
    pub(crate) errors: BTreeSet<Row>,
    /// The groups with a sum that doesn't fit.
    pub(crate) overflows: BTreeSet<Row>,
}

impl Derived {
    /// The head rows of a head without `_`, at this node.
    pub(crate) fn into_rows(self) -> impl Iterator<Item = Row> {
        self.rows.into_iter().filter_map(HeadRow::into_row)
    }
}

/// Evaluates a rule; with `only` one of its positive atoms ranges over some rows alone.
pub(crate) fn derive(rule: &Rule, content: &mut Content, site: &Site, only: Option<Only<'_>>) -> Derived {
    let identity = rule.atom_variables();
    let mut derived = Derived::default();
    let mut ungrouped = Vec::new();
    for_each_assignment(rule, content, only, &mut |atoms: &Bindings, content| {
        for judgement in judge(rule, atoms, content, site) {
            match judgement {
                Judgement::Nothing => {}
                Judgement::Error => {
                    derived.errors.insert(identity.iter().filter_map(|var| atoms[*var].clone()).collect());
                }
                Judgement::Derives(row, _) if rule.has_aggregate() => ungrouped.push(row),
                Judgement::Derives(row, _) => {
                    derived.rows.insert(row);
                }
            }
        }
    });
    if rule.has_aggregate() {
        let groups = aggregate(&rule.head, ungrouped, site.deployment.seed);
        derived.rows = groups.rows;
        derived.overflows = groups.overflows;
    }
    derived
}
