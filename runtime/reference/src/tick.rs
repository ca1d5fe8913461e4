//! The tick, exactly (LANGUAGE section 4).

use floret_ir::{
    Arrivals, Effects, EngineError, Observe, Program, Relation, RelationId, RuleOp, Site, Stratified,
    report_row,
};

use crate::arrive::arrive;
use crate::content::Content;
use crate::derive::derive;
use crate::findings::Findings;
use crate::fixpoint::{complete, stopped};
use crate::next::{Wishes, next};
use crate::observe::changes;
use crate::send::Outbox;
use crate::state::State;
use crate::stop::Stop;

/// How ticks are run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// Whose changes are shown.
    pub observe: Observe,
    /// How many rounds of a recursive component may derive something new.
    pub tick_limit: u64,
}

/// What doesn't change while a tick is worked out.
pub(crate) struct Context<'a> {
    pub(crate) stratified: &'a Stratified,
    pub(crate) site: &'a Site,
    pub(crate) options: Options,
}

impl<'a> Context<'a> {
    pub(crate) fn program(&self) -> &'a Program {
        &self.stratified.program
    }
    /// The relations of this node's role.
    pub(crate) fn relations(&self) -> impl Iterator<Item = (RelationId, &'a Relation)> {
        let role = self.site.me.role;
        self.program().relations.entries().filter(move |(_, relation)| relation.role == role)
    }
}

/// Runs one tick of the node at `site`: from what its earlier ticks left and what arrives to what it leaves and does.
///
/// # Errors
/// A tick that exceeds the limit, arrivals that the program has no place for, a fact without a value.
pub fn tick(
    stratified: &Stratified,
    site: &Site,
    state: &State,
    arrivals: &Arrivals,
    options: Options,
) -> Result<(State, Effects), EngineError> {
    tick_until(stratified, site, state, arrivals, options, &Stop::default())
}

/// As [`tick`], but it fails as soon as `stop` is set.
pub(crate) fn tick_until(
    stratified: &Stratified,
    site: &Site,
    state: &State,
    arrivals: &Arrivals,
    options: Options,
    stop: &Stop,
) -> Result<(State, Effects), EngineError> {
    let context = Context { stratified, site, options };
    let program = context.program();
    let mut findings = Findings::default();

    let mut base = arrive(&context, state, arrivals, &mut findings)?;
    let mut content = Content::new(site, arrivals).until(stop);
    let is_here = |relation: &RelationId| program.relations[*relation].role == site.me.role;
    for component in &stratified.strata.components {
        if component.relations.iter().any(is_here) {
            base = complete(&context, component, base, &mut content, &mut findings)?;
        }
    }

    let mut wishes = Wishes::default();
    let mut outbox = Outbox::default();
    for (id, rule) in program.rules.entries() {
        if rule.role != site.me.role || rule.op == RuleOp::Now {
            continue;
        }
        let derived = derive(rule, &mut content, site, None);
        findings.of_rule(&stratified.strata, id, &derived);
        match rule.op {
            RuleOp::Later => outbox.add(&context, state, id, derived),
            RuleOp::Now | RuleOp::Next | RuleOp::Delete | RuleOp::Replace => {
                wishes.add(rule.head.relation, rule.op, derived);
            }
        }
    }
    if content.is_stopped() {
        return Err(stopped());
    }
    let mut next = next(&context, &content, wishes, &mut findings);

    let content = content.into_rows();
    let mut reports = findings.each_tick;
    reports.extend(findings.on_change.difference(&state.standing).cloned());
    for (event, row) in reports.iter().filter_map(|report| report_row(program, report)) {
        next.waiting.entry(event).or_default().insert(row);
    }
    let effects = Effects {
        sends: outbox.sends,
        reports,
        changes: changes(&context, &state.content, &content),
        again: next.changed || !next.waiting.is_empty(),
    };
    let state = State {
        started: true,
        stored: next.stored,
        waiting: next.waiting,
        content,
        sendable: outbox.sendable,
        standing: findings.on_change,
    };
    Ok((state, effects))
}
