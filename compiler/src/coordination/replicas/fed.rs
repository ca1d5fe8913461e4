//! What channels feed at their receivers, as far as it is a function of their messages and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::coordination::Class;
use floret_ir::{Expr, HeadTerm, Literal, RelationId, RelationKind, RoleId, Rule, RuleOp, VarId};

use super::super::fixpoint::Context;
use super::super::keys::mentions_self;
use super::is_to_all;
use super::row::Row;
use crate::strata::graph::{atoms, reads_clock, relation_of};

/// Why a collection isn't a function of the batches.
#[derive(Clone, Copy)]
enum Blocked {
    /// For itself.
    By(Row),
    /// It reads one that isn't.
    Reads(RelationId),
}

/// What channels feed whose messages all nodes of a role get.
pub(super) struct Fed<'c> {
    cx: &'c Context<'c>,
    /// One channel in batches, or all that come in any order.
    pub channels: BTreeSet<RelationId>,
    batches: bool,
    weakened: Option<Row>,
    /// The collections that hold rows in ticks with a batch only.
    pub momentary: BTreeSet<RelationId>,
    /// Those that are no function of the batches or of the messages.
    blocked: BTreeMap<RelationId, Blocked>,
}

impl<'c> Fed<'c> {
    pub fn of(
        cx: &'c Context<'c>,
        channels: BTreeSet<RelationId>,
        batches: bool,
        weakened: Option<Row>,
    ) -> Self {
        let (momentary, blocked) = (BTreeSet::new(), BTreeMap::new());
        let mut fed = Fed { cx, channels, batches, weakened, momentary, blocked };
        fed.find_momentary();
        fed.block();
        fed
    }

    /// Where they arrive.
    pub fn roles(&self, cx: &Context<'_>) -> BTreeSet<RoleId> {
        self.channels.iter().map(|channel| cx.program.relations[*channel].role).collect()
    }

    fn here(&self) -> impl Iterator<Item = RelationId> + use<'c> {
        let cx = self.cx;
        let roles = self.roles(cx);
        let here = cx.program.relations.entries().filter(move |(_, of)| roles.contains(&of.role));
        here.map(|(id, _)| id)
    }

    /// Greatest fixpoint: those of which each rule reads one.
    fn find_momentary(&mut self) {
        let cx = self.cx;
        let arrives = |&id: &RelationId| {
            let arrives = match cx.program.relations[id].kind {
                RelationKind::Channel { .. } | RelationKind::Timer { .. } => true,
                RelationKind::Event => cx.program.relations[id].input.is_some() || cx.is_reports(id),
                RelationKind::Table | RelationKind::View => false,
            };
            // A row that is wrong on purpose takes what arrives for a batch.
            arrives && self.own(id).is_none()
        };
        let base: BTreeSet<RelationId> = self.here().filter(arrives).collect();
        let derived = |&id: &RelationId| match cx.program.relations[id].kind {
            RelationKind::View | RelationKind::Event => !cx.fills[id].is_empty() && !cx.facts.contains(&id),
            RelationKind::Table | RelationKind::Channel { .. } | RelationKind::Timer { .. } => false,
        };
        self.momentary = self.here().filter(derived).chain(base.iter().copied()).collect();
        let mut changed = true;
        while changed {
            let out: Vec<RelationId> = self
                .momentary
                .iter()
                .copied()
                .filter(|id| !base.contains(id))
                .filter(|&id| {
                    let mut rules = cx.fills[id].iter().map(|&rule| &cx.program.rules[rule]);
                    !rules.all(|rule| rule.op == RuleOp::Now && self.needs_a_batch(rule))
                })
                .collect();
            changed = !out.is_empty();
            self.momentary.retain(|id| !out.contains(id));
        }
    }

    /// Whether the rule holds in ticks with a batch only.
    fn needs_a_batch(&self, rule: &Rule) -> bool {
        rule.positive_atoms().filter_map(relation_of).any(|source| self.momentary.contains(&source))
    }

    /// Greatest fixpoint of what is not blocked, with a reason of what is: what happens between batches is the last to blame.
    fn block(&mut self) {
        let cx = self.cx;
        let all: Vec<RelationId> = self.here().filter(|id| !self.channels.contains(id)).collect();
        let is_channel = |id: RelationId| cx.program.relations[id].is_channel();
        for &id in &all {
            let of_rules = || cx.fills[id].iter().find_map(|&rule| self.rule(&cx.program.rules[rule]));
            let of_rules = || if is_channel(id) { None } else { of_rules() };
            if let Some(row) = self.own(id).or_else(of_rules) {
                self.blocked.insert(id, Blocked::By(row));
            }
        }
        self.block_readers(&all);
        for &id in all.iter().filter(|&&id| self.batches && !is_channel(id)) {
            // A fact of an event is there in the first tick.
            let first = cx.facts.contains(&id) && cx.program.relations[id].is_momentary();
            let first = if first { self.applies(Row::AnyTick) } else { None };
            let rules =
                || cx.fills[id].iter().find_map(|&rule| self.between_batches(&cx.program.rules[rule]));
            if let Some(row) = first.or_else(rules) {
                self.blocked.entry(id).or_insert(Blocked::By(row));
            }
        }
        self.block_readers(&all);
    }

    /// What reads what is blocked is, too.
    fn block_readers(&mut self, all: &[RelationId]) {
        let cx = self.cx;
        let mut changed = true;
        while changed {
            changed = false;
            for &id in all {
                if self.blocked.contains_key(&id) || cx.program.relations[id].is_channel() {
                    continue;
                }
                let mut sources =
                    cx.fills[id].iter().flat_map(|&rule| atoms(&cx.program.rules[rule])).map(|(_, of, _)| of);
                if let Some(source) = sources.find(|source| self.blocked.contains_key(source)) {
                    self.blocked.insert(id, Blocked::Reads(source));
                    changed = true;
                }
            }
        }
    }

    fn applies(&self, row: Row) -> Option<Row> {
        (self.weakened != Some(row)).then_some(row)
    }

    /// What blocks a collection whatever its rules say.
    fn own(&self, id: RelationId) -> Option<Row> {
        let cx = self.cx;
        let relation = &cx.program.relations[id];
        if self.channels.contains(&id) {
            return None;
        }
        if cx.is_reports(id) {
            return self.applies(Row::Reports);
        }
        if relation.input.is_some() {
            return self.applies(Row::Input);
        }
        let placed = cx.program.facts.iter().filter(|fact| fact.relation == id);
        if placed.into_iter().any(|fact| fact.place.is_some() || fact.values.iter().any(mentions_self)) {
            return self.applies(Row::PlacedFact);
        }
        match relation.kind {
            RelationKind::Channel { .. } if cx.is_lossy(id) => self.applies(Row::Lost),
            RelationKind::Channel { .. } if self.batches => self.applies(Row::OtherChannel),
            RelationKind::Channel { .. } if is_to_all(cx, id) => self.applies(Row::OwnOrder),
            RelationKind::Channel { .. } => self.applies(Row::NotToAll),
            RelationKind::Timer { .. } => self.applies(Row::Clock),
            RelationKind::Table | RelationKind::View | RelationKind::Event => None,
        }
    }

    /// What blocks the head of a rule whatever it reads.
    fn rule(&self, rule: &Rule) -> Option<Row> {
        if reads_clock(rule) {
            self.applies(Row::Clock)
        } else if asks_self(rule) {
            self.applies(Row::OwnAddress)
        } else {
            None
        }
    }

    /// What blocks the head of a rule that does something in ticks without a batch.
    fn between_batches(&self, rule: &Rule) -> Option<Row> {
        let head = rule.head.relation;
        let kind = self.cx.program.relations[head].kind;
        // A view holds what the tables and the batch of the tick say; what never changes holds in every tick.
        let stays = kind == RelationKind::View || self.cx.classes[head] == Class::Static;
        if kind == RelationKind::Event && rule.op == RuleOp::Next {
            self.applies(Row::NextTick)
        } else if !stays && !self.needs_a_batch(rule) {
            self.applies(Row::AnyTick)
        } else {
            None
        }
    }

    /// Whether what the collection comes of is the same at all nodes.
    pub fn decides(&self, id: RelationId) -> bool {
        !self.blocked.contains_key(&id)
    }

    /// What blocks it in the end, and where.
    pub fn root(&self, id: RelationId) -> (Row, RelationId) {
        let mut at = id;
        loop {
            match self.blocked.get(&at) {
                Some(Blocked::By(row)) => return (*row, at),
                // Each was blocked before its readers.
                Some(Blocked::Reads(source)) => at = *source,
                None => return (Row::OwnOrder, at),
            }
        }
    }
}

fn asks_self(rule: &Rule) -> bool {
    let of_head = |term: &HeadTerm| match term {
        HeadTerm::Expr(expr) => mentions_self(expr),
        HeadTerm::Aggregate { argument, by, .. } => argument.iter().chain(by).any(mentions_self),
        HeadTerm::Any => false,
    };
    let of_body = |literal: &Literal| {
        let expr: Option<&Expr<VarId>> = match literal {
            Literal::Condition { expr, .. } => Some(expr),
            Literal::Let { value, .. } | Literal::Unnest { value, .. } => Some(value),
            Literal::Atom(_) | Literal::Negation(_) => None,
        };
        expr.is_some_and(mentions_self)
    };
    rule.head.terms.iter().any(of_head) || rule.body.iter().any(of_body)
}
