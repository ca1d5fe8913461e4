//! Messages: which of the rows that `<~` rules derive are sent.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::{Firing, RuleId, Send};

use crate::derive::Derived;
use crate::state::State;
use crate::tick::Context;

/// The messages of a tick.
#[derive(Default)]
pub(crate) struct Outbox {
    /// What is sent.
    pub(crate) sends: BTreeSet<Send>,
    /// What each rule that sends on change derived: the next tick doesn't send it again.
    pub(crate) sendable: BTreeMap<RuleId, BTreeSet<Send>>,
}

impl Outbox {
    /// Takes what a `<~` rule derived. Rules are taken one by one: what one sends never silences another.
    pub(crate) fn add(&mut self, context: &Context<'_>, before: &State, rule: RuleId, derived: Derived) {
        let relation = context.program().rules[rule].head.relation;
        let messages: BTreeSet<Send> = derived
            .rows
            .into_iter()
            .filter_map(|head| {
                let to = head.place.unwrap_or(context.site.me);
                head.into_row().map(|row| Send { to, relation, row })
            })
            .collect();
        match context.stratified.strata.firing[rule] {
            Firing::EachTick => self.sends.extend(messages),
            Firing::OnChange => {
                let sent = before.sendable.get(&rule);
                let is_new = |message: &&Send| !sent.is_some_and(|sent| sent.contains(*message));
                self.sends.extend(messages.iter().filter(is_new).cloned());
                if !messages.is_empty() {
                    self.sendable.insert(rule, messages);
                }
            }
        }
    }
}
