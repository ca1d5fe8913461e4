//! What a crash of a role's nodes can touch at all: what they hold and send, and everything that is derived from it.

use std::collections::{BTreeMap, VecDeque};

use floret_ir::coordination::PathStep;
use floret_ir::{RelationId, RoleId, Rule, RuleId};

use super::Given;
use crate::strata::graph::atoms;

/// What is touched, and by which rule it was reached first.
pub(super) struct Reach {
    by: BTreeMap<RelationId, Option<PathStep>>,
}

impl Reach {
    /// Everything that rests on the role.
    pub fn of(given: &Given<'_>, role: RoleId) -> Reach {
        let program = given.program;
        let here = program.relations.entries().filter(|(_, relation)| relation.role == role);
        let here = here.map(|(id, _)| id);
        // Rules over nothing but members send, too.
        let alone = |rule: &&Rule| rule.role == role && atoms(rule).next().is_none();
        let sent = program.rules.iter().filter(alone).map(|rule| rule.head.relation);
        // They tell of crashes.
        let told = program.notices.iter().map(|event| event.relation);
        let mut by: BTreeMap<RelationId, Option<PathStep>> =
            here.chain(sent).chain(told).map(|relation| (relation, None)).collect();
        let mut queue: VecDeque<RelationId> = by.keys().copied().collect();
        while let Some(from) = queue.pop_front() {
            for &to in &given.readers[from] {
                if by.contains_key(&to) {
                    continue;
                }
                let reads =
                    |rule: &&RuleId| atoms(&program.rules[**rule]).any(|(_, source, _)| source == from);
                let step = given.fills[to].iter().find(reads).map(|&rule| PathStep { from, rule, to });
                by.insert(to, step);
                queue.push_back(to);
            }
        }
        Reach { by }
    }

    /// Whether a crash can touch it.
    pub fn has(&self, relation: RelationId) -> bool {
        self.by.contains_key(&relation)
    }

    /// A way from the role to the relation, the first step first.
    pub fn path(&self, relation: RelationId) -> Vec<PathStep> {
        let mut path = Vec::new();
        let mut at = relation;
        while let Some(Some(step)) = self.by.get(&at) {
            path.push(*step);
            at = step.from;
        }
        path.reverse();
        path
    }
}
