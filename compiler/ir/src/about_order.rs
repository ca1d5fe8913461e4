//! What a program says about its dependence on order (LANGUAGE section 8): assertions to prove, and points it accepts.

use serde::{Deserialize, Serialize};

use crate::{RelationId, RuleId, Span};

/// All that a program says about order. It changes nothing of what the program does.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AboutOrder {
    /// `@accept("reason")`
    pub accepted: Vec<Accepted>,
    /// `confluent out;`
    pub confluent: Vec<Confluent>,
    /// `monotone { ... }`
    pub monotone: Vec<Monotone>,
}

/// `@accept("reason")` before a rule or a collection: its dependence on order is wanted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Accepted {
    /// The rule it stands before: all its parts, if it was split.
    pub rules: Vec<RuleId>,
    /// The collection it stands before.
    pub relation: Option<RelationId>,
    /// Why.
    pub reason: String,
    /// Where it is.
    pub span: Span,
}

/// `confluent out;`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Confluent {
    /// The collection.
    pub relation: RelationId,
    /// Where it is said.
    pub span: Span,
}

/// `monotone { ... }`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Monotone {
    /// The rules in it.
    pub rules: Vec<RuleId>,
    /// Where it is said.
    pub span: Span,
}

impl AboutOrder {
    /// Why the program wants the dependence on order of a rule or, without one, of the collection itself.
    pub fn accepts(&self, rule: Option<RuleId>, relation: RelationId) -> Option<&str> {
        let found = self.accepted.iter().find(|accepted| match rule {
            Some(rule) => accepted.rules.contains(&rule),
            None => accepted.relation == Some(relation),
        });
        found.map(|accepted| accepted.reason.as_str())
    }

    /// Calls `visit` on every place.
    pub(crate) fn for_each_span(&mut self, visit: &mut impl FnMut(&mut Span)) {
        self.accepted.iter_mut().for_each(|accepted| visit(&mut accepted.span));
        self.confluent.iter_mut().for_each(|confluent| visit(&mut confluent.span));
        self.monotone.iter_mut().for_each(|monotone| visit(&mut monotone.span));
    }
}
