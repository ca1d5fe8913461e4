//! How much of each collection comes back after crashes of one volatile role: the greatest solution of what each rule keeps
//! of what it reads. Every row has a derivation of finite height in a run without crashes, so that what every rule keeps
//! is kept of all rows.

use std::collections::BTreeSet;

use floret_ir::coordination::{Class, Coordination};
use floret_ir::{Expr, IndexVec, InputMode, Program, RelationId, RelationKind, RoleId, Rule, RuleId, RuleOp};

use super::reach::Reach;
use super::{Given, LossKind, Mistake};
use crate::coordination::outcome::Ground;
use crate::coordination::retries;
use crate::strata::graph::atoms;

/// How often the rows that a run without crashes would show are there in spite of crashes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Level {
    /// Perhaps never.
    Lost,
    /// Each at least once, in some life of its node.
    Once,
    /// Each in the last life of its node, too; in a table or view, in the end.
    Back,
    /// Each again and again for ever.
    Again,
}

/// Why something is lost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cause {
    /// Here.
    Here { kind: LossKind, rule: Option<RuleId> },
    /// By what a rule reads.
    Reads { rule: RuleId, from: RelationId },
}

/// What a rule or relation has, and why if that is nothing.
type Has = Result<Level, Cause>;

/// The levels of all relations under crashes of one role.
pub(super) struct Levels<'a> {
    given: &'a Given<'a>,
    /// Whose nodes crash.
    pub role: RoleId,
    touched: IndexVec<RelationId, bool>,
    /// What is written out for a sealed channel or input that a crash can touch.
    sealed: BTreeSet<RelationId>,
    facts: BTreeSet<RelationId>,
    found: IndexVec<RelationId, Has>,
}

impl<'a> Levels<'a> {
    /// Finds them.
    pub fn of(given: &'a Given<'a>, role: RoleId, reach: &Reach) -> Self {
        let program = given.program;
        let inputs = program.sealed_inputs.iter();
        let inputs = inputs.flat_map(|of| of.relations().filter(|relation| *relation != of.input));
        let sealed = program.seals.iter().flat_map(floret_ir::Seal::relations).chain(inputs);
        let mut levels = Levels {
            given,
            role,
            touched: program.relations.ids().map(|relation| reach.has(relation)).collect(),
            sealed: sealed.filter(|relation| reach.has(*relation)).collect(),
            facts: program.facts.iter().map(|fact| fact.relation).collect(),
            found: program.relations.iter().map(|_| Ok(Level::Again)).collect(),
        };
        let mut due: BTreeSet<RelationId> = program.relations.ids().collect();
        while !due.is_empty() {
            // All by the same levels, so that a cause was there before what it causes.
            let round: Vec<(RelationId, Has)> =
                due.iter().map(|&relation| (relation, levels.relation(relation))).collect();
            due.clear();
            for (relation, has) in round {
                if has.unwrap_or(Level::Lost) < levels.level(relation) {
                    levels.found[relation] = has;
                    due.extend(&given.readers[relation]);
                }
            }
        }
        levels
    }

    /// What is there of a relation.
    pub fn level(&self, relation: RelationId) -> Level {
        self.found[relation].unwrap_or(Level::Lost)
    }

    /// Why nothing is proved of it.
    pub fn cause(&self, relation: RelationId) -> Option<Cause> {
        self.found[relation].err()
    }

    fn relation(&self, relation: RelationId) -> Has {
        let here = |kind| Err(Cause::Here { kind, rule: None });
        match self.given.class(relation) {
            Class::Static => return Ok(Level::Back),
            Class::OrderDependent if self.touched[relation] => return here(LossKind::Order),
            Class::OrderDependent => return Ok(Level::Back),
            Class::Growing | Class::Fleeting | Class::Converging => {}
        }
        if self.sealed.contains(&relation) {
            return here(LossKind::Seal);
        }
        let mut least = self.own(relation)?;
        let rules: Vec<(RuleId, Has)> =
            self.given.fills[relation].iter().map(|&rule| (rule, self.rule(rule))).collect();
        for (rule, has) in &rules {
            if adds_nothing(self.given.coordination, *rule) {
                continue;
            }
            let of = |other: RuleId| rules.iter().find(|(rule, _)| *rule == other).map(|(_, has)| *has);
            let covers = self.given.covers.iter().filter(|(covered, _)| covered == rule);
            let best = covers.filter_map(|(_, by)| of(*by)?.ok()).max();
            let level = match (*has, best) {
                (Ok(level), Some(best)) => level.max(best),
                (Ok(level), None) | (Err(_), Some(level)) => level,
                (Err(cause), None) => return Err(cause),
            };
            least = least.min(level);
        }
        Ok(least)
    }

    /// Of the host's rows and the facts.
    fn own(&self, relation: RelationId) -> Has {
        let declared = &self.given.program.relations[relation];
        let here = declared.role == self.role;
        match declared.input {
            Some(InputMode::Mutable) if here && !self.given.has(Mistake::Host) => {
                Err(Cause::Here { kind: LossKind::Host, rule: None })
            }
            Some(InputMode::Add) if here && !declared.is_table() && !self.given.has(Mistake::Events) => {
                Ok(Level::Once)
            }
            Some(InputMode::Add | InputMode::Static | InputMode::Mutable) => Ok(Level::Back),
            None if self.facts.contains(&relation) => Ok(Level::Back),
            None => Ok(Level::Again),
        }
    }

    /// What a rule's body has, at the node where it runs.
    fn body(&self, id: RuleId, rule: &Rule) -> Has {
        let program = self.given.program;
        let mut momentary: Option<Level> = None;
        let beats = has_beat(program, rule);
        for (_, source, negated) in atoms(rule) {
            let ignored = (negated && self.given.has(Mistake::Negated))
                || (beats && self.given.has(Mistake::Beats))
                || is_timer(program, source);
            if ignored {
                continue;
            }
            let level = self.found[source].map_err(|_| Cause::Reads { rule: id, from: source })?;
            if self.given.class(source) == Class::Fleeting {
                momentary = Some(momentary.map_or(level, |other| other.min(level)));
            } else if level < Level::Back {
                return Err(Cause::Reads { rule: id, from: source });
            }
        }
        // What is stored is read in one tick as in any other; a row of a tick is read in it alone.
        Ok(if beats { Level::Again } else { momentary.unwrap_or(Level::Back) })
    }

    /// What a rule gives to its head.
    fn rule(&self, id: RuleId) -> Has {
        let rule = &self.given.program.rules[id];
        let level = self.body(id, rule)?;
        let head = &self.given.program.relations[rule.head.relation];
        let (from_here, to_here) = (rule.role == self.role, head.role == self.role);
        let lost = |kind| Err(Cause::Here { kind, rule: Some(id) });
        let once = from_here && level < Level::Back;
        match head.kind {
            RelationKind::Channel { .. } => {
                if once && !self.given.has(Mistake::Outbox) {
                    return lost(LossKind::Outbox);
                }
                let own = from_here && (is_to_self(rule) || self.given.has(Mistake::Members));
                if to_here && level < Level::Again && !own && !self.given.has(Mistake::Inbox) {
                    return lost(LossKind::Inbox);
                }
                Ok(level.max(Level::Back))
            }
            RelationKind::Table if once && !self.given.has(Mistake::Tables) => lost(LossKind::Table),
            RelationKind::Table => Ok(level.max(Level::Back)),
            RelationKind::View | RelationKind::Event | RelationKind::Timer { .. } => {
                let waits = rule.op != RuleOp::Now;
                if once && waits && !self.given.has(Mistake::Waiting) {
                    return lost(LossKind::Waiting);
                }
                Ok(level)
            }
        }
    }
}

fn is_timer(program: &Program, relation: RelationId) -> bool {
    matches!(program.relations[relation].kind, RelationKind::Timer { .. })
}

/// Whether the rule holds at a timer's beats only.
pub(super) fn has_beat(program: &Program, rule: &Rule) -> bool {
    atoms(rule).any(|(_, source, negated)| !negated && is_timer(program, source))
}

/// Whether it is the node itself that the message is for.
fn is_to_self(rule: &Rule) -> bool {
    match &rule.head.place {
        None | Some(Expr::SelfAddress(_)) => true,
        Some(_) => false,
    }
}

/// "Another rule sends the same rows already."
pub(super) fn adds_nothing(coordination: &Coordination, rule: RuleId) -> bool {
    let verdict = coordination.verdicts.get(rule);
    verdict.is_some_and(|verdict| verdict.row == Ground::AddsNothing.name())
}

/// The pairs of rules of which the second derives at every beat of a timer all that the first ever derives.
pub(super) fn covers(
    program: &Program,
    coordination: &Coordination,
    fills: &IndexVec<RelationId, Vec<RuleId>>,
    any: bool,
) -> Vec<(RuleId, RuleId)> {
    let mut covers = Vec::new();
    for rules in fills.iter().filter(|rules| (2..=retries::MANY_RULES).contains(&rules.len())) {
        for &by in rules {
            let beating = &program.rules[by];
            // One that adds nothing may hold at some beats only: until an answer is there.
            if !has_beat(program, beating) || adds_nothing(coordination, by) {
                continue;
            }
            let beatless = Rule {
                body: beating.body.iter().filter(|literal| !is_beat(program, literal)).cloned().collect(),
                ..beating.clone()
            };
            let covered = rules.iter().copied().filter(|&rule| {
                let other = &program.rules[rule];
                rule != by && other.op == beating.op && (any || retries::repeats(other, &beatless, false))
            });
            covers.extend(covered.map(|rule| (rule, by)));
        }
    }
    covers
}

fn is_beat(program: &Program, literal: &floret_ir::Literal) -> bool {
    match literal {
        floret_ir::Literal::Atom(atom) => {
            crate::strata::graph::relation_of(atom).is_some_and(|relation| is_timer(program, relation))
        }
        floret_ir::Literal::Negation(_)
        | floret_ir::Literal::Condition { .. }
        | floret_ir::Literal::Let { .. }
        | floret_ir::Literal::Unnest { .. } => false,
    }
}
