//! Replicas: whether all nodes of a role come to hold the same in an order-dependent collection that messages to all of
//! them feed. They do if it is a function of the batches of one channel `ordered via` a role (between two batches a node may
//! run any number of ticks, so that nothing may happen in these), or of messages in whatever order.

mod fed;
mod row;

use std::collections::BTreeSet;

use floret_ir::coordination::{Class, Replicas};
use floret_ir::{
    AtomSource, Expr, HeadTerm, IndexVec, Literal, RelationId, RelationKind, RoleId, Rule, RuleOp,
    Stratified, Term, VarId,
};

use super::fixpoint::{self, Context};
use crate::strata::graph::atoms;
use fed::Fed;
pub(super) use row::Row;

/// For each order-dependent collection that messages to all nodes of its role feed, whether they agree.
pub(super) fn verdicts(
    cx: &Context<'_>,
    stratified: &Stratified,
    weakened: Option<Row>,
) -> IndexVec<RelationId, Option<Replicas>> {
    let program = cx.program;
    let multicast: BTreeSet<RelationId> = program
        .rules
        .iter()
        .filter(|rule| is_multicast(rule, program.relations[rule.head.relation].role))
        .map(|rule| rule.head.relation)
        .collect();
    if multicast.is_empty() {
        return program.relations.iter().map(|_| None).collect();
    }
    let shared: BTreeSet<RelationId> =
        multicast.iter().copied().filter(|&id| is_shared(cx, id, weakened)).collect();
    let batches: Vec<Fed<'_>> = program
        .sequenced
        .iter()
        .filter(|sequenced| sequenced.to_all)
        .map(|sequenced| Fed::of(cx, BTreeSet::from([sequenced.channel]), true, weakened))
        .collect();
    let verdicts = Verdicts {
        cx,
        classes: fixpoint::classes_given(stratified, shared.clone()),
        batches,
        sets: program
            .roles
            .ids()
            .map(|role| {
                let here = |id: &RelationId| program.relations[*id].role == role;
                Fed::of(cx, shared.iter().copied().filter(here).collect(), false, weakened)
            })
            .collect(),
        multicast,
        weakened,
    };
    program.relations.ids().map(|id| verdicts.of(id)).collect()
}

struct Verdicts<'c> {
    cx: &'c Context<'c>,
    /// The classes if what goes to all nodes were the same in every run.
    classes: IndexVec<RelationId, Class>,
    /// What each sequenced channel feeds.
    batches: Vec<Fed<'c>>,
    /// What the same messages feed, in any order, at each role.
    sets: IndexVec<RoleId, Fed<'c>>,
    /// The channels some of whose messages go to all nodes.
    multicast: BTreeSet<RelationId>,
    weakened: Option<Row>,
}

impl Verdicts<'_> {
    fn of(&self, id: RelationId) -> Option<Replicas> {
        let cx = self.cx;
        let program = cx.program;
        if cx.classes[id] != Class::OrderDependent || is_hidden(cx, id) {
            return None;
        }
        let role = program.relations[id].role;
        let name = |id: RelationId| super::written(&program.relations[id].name).to_owned();
        let near = local_sources(cx, id);
        let channel = near.iter().copied().find(|source| self.multicast.contains(source))?;
        let here = self.batches.iter().filter(|fed| fed.roles(cx).contains(&role));
        let near_batches: Vec<&Fed<'_>> =
            here.filter(|fed| near.iter().any(|source| fed.channels.contains(source))).collect();
        let agree = |because: String, roles: BTreeSet<RoleId>| Replicas {
            agree: true,
            because,
            row: None,
            volatile: volatile(cx, roles),
        };
        let agreeing = near_batches.iter().find(|fed| fed.decides(id));
        let sets = &self.sets[role];
        let settled = self.classes[id] != Class::OrderDependent || self.weakened == Some(Row::OwnOrder);
        let settled = settled && sets.decides(id);
        let is_view =
            program.relations[id].kind == RelationKind::View && self.weakened != Some(Row::LastTick);
        let shows_tick = match agreeing {
            Some(fed) => shows_tick(cx, &fed.momentary, id, &mut BTreeSet::new()),
            None => settled && self.classes[id] == Class::Fleeting,
        };
        if is_view && shows_tick {
            return Some(Replicas {
                agree: false,
                because: Row::LastTick.words(&name(id), &name(channel)),
                row: Some(Row::LastTick.name().to_owned()),
                volatile: Vec::new(),
            });
        }
        if let Some(fed) = agreeing {
            let sequencer = senders(cx, fed.channels.iter().copied());
            let first = sequencer.iter().filter_map(|role| program.roles.get(*role)).next();
            let sequencer_name = first.map_or("?", |role| role.name.as_str());
            let because = format!(
                "all that it depends on comes by `{}`, in the batches of {sequencer_name}[0]",
                name(channel)
            );
            return Some(agree(because, sequencer.into_iter().chain([role]).collect()));
        }
        if settled {
            let from = senders(cx, near.iter().copied().filter(|source| sets.channels.contains(source)));
            let because = format!("in whatever order each node takes the messages of `{}`", name(channel));
            return Some(agree(because, from.into_iter().chain([role]).collect()));
        }
        let (row, what, channel) = match near_batches.first() {
            Some(fed) => {
                let (row, what) = fed.root(id);
                (row, what, fed.channels.first().copied().unwrap_or(channel))
            }
            None => {
                let (row, what) = sets.root(id);
                (row, what, channel)
            }
        };
        Some(Replicas {
            agree: false,
            because: row.words(&name(what), &name(channel)),
            row: Some(row.name().to_owned()),
            volatile: Vec::new(),
        })
    }
}

/// Whether a view shows what is there for one tick, in whichever way.
fn shows_tick(
    cx: &Context<'_>,
    momentary: &BTreeSet<RelationId>,
    id: RelationId,
    seen: &mut BTreeSet<RelationId>,
) -> bool {
    let sources = cx.fills[id].iter().flat_map(|&rule| atoms(&cx.program.rules[rule]));
    let sources: Vec<RelationId> = sources.map(|(_, source, _)| source).collect();
    sources.into_iter().any(|source| {
        momentary.contains(&source)
            || (cx.program.relations[source].kind == RelationKind::View
                && seen.insert(source)
                && shows_tick(cx, momentary, source, seen))
    })
}

/// Whether all nodes of its role get the same messages by the channel.
fn is_shared(cx: &Context<'_>, channel: RelationId, weakened: Option<Row>) -> bool {
    // Of two rows for one key each node takes the one that comes first, unless a sequencer did.
    let settled = cx.program.sequenced.iter().any(|of| of.channel == channel);
    let settled = settled || !cx.program.relations[channel].may_conflict();
    is_to_all(cx, channel) && (weakened == Some(Row::Lost) || !cx.is_lossy(channel)) && settled
}

/// Whether all its messages go to all nodes of its role.
fn is_to_all(cx: &Context<'_>, channel: RelationId) -> bool {
    let role = cx.program.relations[channel].role;
    cx.fills[channel].iter().all(|&rule| {
        let rule = &cx.program.rules[rule];
        is_multicast(rule, role) && !uses_receiver(rule)
    })
}

/// The roles that send to these channels.
fn senders(cx: &Context<'_>, channels: impl Iterator<Item = RelationId>) -> BTreeSet<RoleId> {
    let rules = channels.flat_map(|channel| &cx.fills[channel]);
    rules.map(|&rule| cx.program.rules[rule].role).collect()
}

/// The channel, if there is one, by which the nodes would come to hold the same in the collection, were it ordered via a role.
pub(super) fn remedy(cx: &Context<'_>, id: RelationId) -> Option<RelationId> {
    let program = cx.program;
    let role = program.relations[id].role;
    if program.relations[id].is_channel() {
        return None;
    }
    let mut channels =
        local_sources(cx, id).into_iter().filter(|source| program.relations[*source].is_channel());
    let (Some(channel), None) = (channels.next(), channels.next()) else { return None };
    let taken = program.sequenced.iter().any(|of| of.channel == channel)
        || program.seals.iter().any(|of| of.channel == channel);
    let of = &program.relations[channel];
    let could = !cx.fills[channel].is_empty() && is_shared(cx, channel, None) && !taken && !of.is_generated();
    let decides = || Fed::of(cx, BTreeSet::from([channel]), true, None).decides(id);
    (could && !of.sender && of.role == role && decides()).then_some(channel)
}

/// Whether a multicast says something else about the node that it addresses.
fn uses_receiver(rule: &Rule) -> bool {
    let Some(Expr::Var(receiver)) = rule.head.place else { return false };
    let of_expr = |expr: &Expr<VarId>| expr.vars().contains(&receiver);
    let of_head = |term: &HeadTerm| match term {
        HeadTerm::Expr(expr) => of_expr(expr),
        HeadTerm::Aggregate { argument, by, .. } => argument.iter().chain(by).any(of_expr),
        HeadTerm::Any => false,
    };
    let of_body = |literal: &Literal| match literal {
        Literal::Atom(atom) | Literal::Negation(atom) => atom.terms.contains(&Term::Var(receiver)),
        Literal::Condition { expr, .. } => of_expr(expr),
        Literal::Let { value, .. } | Literal::Unnest { value, .. } => of_expr(value),
    };
    let uses = rule.body.iter().filter(|literal| of_body(literal)).count();
    rule.head.terms.iter().any(of_head) || uses > 1
}

/// What the compiler wrote out, and what the node fills.
fn is_hidden(cx: &Context<'_>, id: RelationId) -> bool {
    cx.program.relations[id].is_generated() || cx.is_reports(id) || cx.is_timer(id)
}

fn volatile(cx: &Context<'_>, roles: BTreeSet<RoleId>) -> Vec<RoleId> {
    let is_volatile = |role: &RoleId| cx.program.roles.get(*role).is_none_or(|role| !role.durable);
    roles.into_iter().filter(is_volatile).collect()
}

/// Whether the rule's messages go to each node of the role.
pub(super) fn is_multicast(rule: &Rule, to: RoleId) -> bool {
    let Some(Expr::Var(receiver)) = rule.head.place else { return false };
    rule.op == RuleOp::Later
        && rule.positive_atoms().any(|atom| {
            atom.source == AtomSource::Members(to) && atom.terms.as_slice() == [Term::Var(receiver)]
        })
}

/// What a collection comes of at its own node, itself first.
fn local_sources(cx: &Context<'_>, id: RelationId) -> Vec<RelationId> {
    let mut found = vec![id];
    let mut next = 0;
    while let Some(&at) = found.get(next) {
        next += 1;
        for &rule in &cx.fills[at] {
            let rule = &cx.program.rules[rule];
            if rule.op == RuleOp::Later {
                continue;
            }
            for (_, source, _) in atoms(rule) {
                if !found.contains(&source) {
                    found.push(source);
                }
            }
        }
    }
    found
}
