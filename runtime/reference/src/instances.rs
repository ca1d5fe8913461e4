//! By which assignments a rule derives a row, for explanations. Ticks don't need it.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::{
    Address, AggregateKind, Arrivals, AtomSource, HeadTerm, IndexVec, RelationId, Row, Rule, Site, Value,
    VarId,
};

use crate::aggregate::{aggregate, group_of};
use crate::body::{Bindings, for_each_assignment};
use crate::content::Content;
use crate::head::HeadRow;
use crate::judge::{Judgement, judge};

/// The values of a rule's variables in an assignment that makes its body true.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Instance {
    /// Per variable; `None` only for variables that occur nowhere.
    pub bindings: IndexVec<VarId, Option<Value>>,
}

/// A row that a rule derives, and by which assignments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Instances {
    /// The addressed node, if the head names one.
    pub place: Option<Address>,
    /// The row; `None` for columns with `_`.
    pub columns: Vec<Option<Value>>,
    /// Each of them derives the row, or all together where the head has an aggregate. Of a group whose aggregates only pick
    /// members (`min` and the like) those that were picked.
    pub instances: Vec<Instance>,
}

/// All that `rule` derives at `site` from `rows`, the content of relations in the tick of `arrivals`.
pub fn instances(
    rule: &Rule,
    site: &Site,
    rows: &BTreeMap<RelationId, BTreeSet<Row>>,
    arrivals: &Arrivals,
) -> Vec<Instances> {
    let mut content = Content::new(site, arrivals);
    let read: BTreeSet<AtomSource> =
        rule.positive_atoms().chain(rule.negated_atoms()).map(|atom| atom.source).collect();
    for source in read {
        match source {
            AtomSource::Relation(relation) => {
                content.insert(relation, rows.get(&relation).into_iter().flatten().cloned());
            }
            AtomSource::Members(_) | AtomSource::Clock => {}
        }
    }
    let mut found: Vec<(HeadRow, Bindings)> = Vec::new();
    for_each_assignment(rule, &mut content, None, &mut |atoms, content| {
        for judgement in judge(rule, atoms, content, site) {
            match judgement {
                Judgement::Nothing | Judgement::Error => {}
                Judgement::Derives(row, bindings) => found.push((row, bindings)),
            }
        }
    });
    let mut by_row: BTreeMap<HeadRow, Vec<(HeadRow, Bindings)>> = BTreeMap::new();
    for (row, bindings) in found {
        let group = if rule.has_aggregate() { group_of(&rule.head, &row) } else { row.clone() };
        by_row.entry(group).or_default().push((row, bindings));
    }
    let mut all = Vec::new();
    for (group, members) in by_row {
        let row = if rule.has_aggregate() {
            let arguments = members.iter().map(|(row, _)| row.clone()).collect();
            match aggregate(&rule.head, arguments, site.deployment.seed).rows.into_iter().next() {
                Some(row) => row,
                None => continue,
            }
        } else {
            group
        };
        let terms = || rule.head.terms.iter().enumerate();
        let all_count = terms().all(|(_, term)| !is_pick(term)) || terms().any(|(_, term)| is_sum(term));
        let decides = |arguments: &HeadRow| {
            all_count || terms().any(|(column, term)| is_pick(term) && picked(arguments, &row, column))
        };
        let members = members.into_iter().filter(|(arguments, _)| decides(arguments));
        all.push(Instances {
            place: row.place,
            columns: row.columns.clone(),
            instances: members.map(|(_, bindings)| Instance { bindings }).collect(),
        });
    }
    all
}

/// Whether the term's value is that of one member of the group.
fn is_pick(term: &HeadTerm) -> bool {
    match term {
        HeadTerm::Expr(_) | HeadTerm::Any => false,
        HeadTerm::Aggregate { kind, .. } => match kind {
            AggregateKind::Min
            | AggregateKind::Max
            | AggregateKind::ArgMin
            | AggregateKind::ArgMax
            | AggregateKind::Any => true,
            AggregateKind::Count
            | AggregateKind::CountDistinct
            | AggregateKind::Sum
            | AggregateKind::Avg
            | AggregateKind::Collect => false,
        },
    }
}

/// Whether all members of the group make the term's value.
fn is_sum(term: &HeadTerm) -> bool {
    matches!(term, HeadTerm::Aggregate { .. }) && !is_pick(term)
}

/// Whether the column's value is this member's. (Of `arg_min` and `arg_max` the argument is the second of a pair.)
fn picked(arguments: &HeadRow, row: &HeadRow, column: usize) -> bool {
    match (arguments.columns.get(column), row.columns.get(column)) {
        (Some(Some(Value::Tuple(pair))), Some(Some(value))) if pair.get(1) == Some(value) => true,
        (argument, value) => argument == value,
    }
}
