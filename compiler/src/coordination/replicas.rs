//! Replicas: whether all nodes of a role come to hold the same in an order-dependent collection that messages to all of
//! them feed. They do if it is a function of the batches of one channel `ordered via` a role (between two batches a node may
//! run any number of ticks, so that nothing may happen in these), or of messages in whatever order.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::coordination::{Class, Replicas};
use floret_ir::{
    AtomSource, Expr, HeadTerm, IndexVec, Literal, RelationId, RelationKind, RoleId, Rule, RuleOp,
    Stratified, Term, VarId,
};

use super::fixpoint::{self, Context};
use super::keys::mentions_self;
use crate::strata::graph::{atoms, reads_clock, relation_of};

/// What keeps replicas from agreeing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Row {
    /// Messages that no sequencer orders.
    OwnOrder,
    /// Messages of another channel beside those of the sequenced one.
    OtherChannel,
    /// Messages that each node may lose for itself.
    Lost,
    /// Messages that don't go to all nodes.
    NotToAll,
    /// The host feeds each node.
    Input,
    /// Each node reports its own errors, conflicts and peers.
    Reports,
    /// A timer, `now()` or `random()`.
    Clock,
    /// `self`.
    OwnAddress,
    /// A fact at one node.
    PlacedFact,
    /// What changes in a tick without a batch.
    AnyTick,
    /// An event in the tick after a batch.
    NextTick,
    /// A view of what is there for one tick, observed after the last one.
    LastTick,
}

impl Row {
    /// All of them.
    pub const ALL: [Row; 12] = [
        Row::OwnOrder,
        Row::OtherChannel,
        Row::Lost,
        Row::NotToAll,
        Row::Input,
        Row::Reports,
        Row::Clock,
        Row::OwnAddress,
        Row::PlacedFact,
        Row::AnyTick,
        Row::NextTick,
        Row::LastTick,
    ];

    /// Its name, stable for tools.
    pub fn name(self) -> &'static str {
        match self {
            Row::OwnOrder => "own-order",
            Row::OtherChannel => "other-channel",
            Row::Lost => "lost",
            Row::NotToAll => "not-to-all",
            Row::Input => "input",
            Row::Reports => "reports",
            Row::Clock => "clock",
            Row::OwnAddress => "own-address",
            Row::PlacedFact => "placed-fact",
            Row::AnyTick => "any-tick",
            Row::NextTick => "next-tick",
            Row::LastTick => "last-tick",
        }
    }

    /// In words; `what` is the collection where it is so.
    fn words(self, what: &str, channel: &str) -> String {
        match self {
            Row::OwnOrder => format!("each node takes the messages of `{channel}` in an order of its own"),
            Row::OtherChannel => {
                format!("the messages of `{what}` come in between those of `{channel}` as they happen to")
            }
            Row::Lost => format!("each node may lose other messages of `{what}`"),
            Row::NotToAll => format!("not all nodes get the same messages of `{what}`"),
            Row::Input => format!("the host feeds `{what}` at each node by itself"),
            Row::Reports => format!("each node fills `{what}` by itself"),
            Row::Clock => format!("each node has its own time and random values in `{what}`"),
            Row::OwnAddress => format!("`self` is another address at each node in `{what}`"),
            Row::PlacedFact => format!("a fact of `{what}` is at one node"),
            Row::AnyTick => {
                format!(
                    "`{what}` changes in ticks without messages of `{channel}`, too, of which each node runs its own"
                )
            }
            Row::LastTick => {
                format!(
                    "`{what}` holds in the end what its node's last tick had of `{channel}`, and not all nodes have the same last tick"
                )
            }
            Row::NextTick => {
                format!(
                    "`{what}` holds in the tick after, in which the next messages of `{channel}` may come or not"
                )
            }
        }
    }
}

/// Why a collection isn't a function of the batches.
#[derive(Clone, Copy)]
enum Blocked {
    /// For itself.
    By(Row),
    /// It reads one that isn't.
    Reads(RelationId),
}

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
        let agreeing = near_batches.iter().find(|fed| !fed.blocked.contains_key(&id));
        let sets = &self.sets[role];
        let settled = self.classes[id] != Class::OrderDependent || self.weakened == Some(Row::OwnOrder);
        let settled = settled && !sets.blocked.contains_key(&id);
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
    let blocked = || Fed::of(cx, BTreeSet::from([channel]), true, None).blocked;
    (could && !of.sender && of.role == role && !blocked().contains_key(&id)).then_some(channel)
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

/// What channels feed whose messages all nodes of a role get.
struct Fed<'c> {
    cx: &'c Context<'c>,
    /// One channel in batches, or all that come in any order.
    channels: BTreeSet<RelationId>,
    batches: bool,
    weakened: Option<Row>,
    /// The collections that hold rows in ticks with a batch only.
    momentary: BTreeSet<RelationId>,
    /// Those that are no function of the batches or of the messages.
    blocked: BTreeMap<RelationId, Blocked>,
}

impl<'c> Fed<'c> {
    fn of(cx: &'c Context<'c>, channels: BTreeSet<RelationId>, batches: bool, weakened: Option<Row>) -> Self {
        let (momentary, blocked) = (BTreeSet::new(), BTreeMap::new());
        let mut fed = Fed { cx, channels, batches, weakened, momentary, blocked };
        fed.find_momentary();
        fed.block();
        fed
    }

    /// Where they arrive.
    fn roles(&self, cx: &Context<'_>) -> BTreeSet<RoleId> {
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
            let between = cx.fills[id].iter().find_map(|&rule| self.between_batches(&cx.program.rules[rule]));
            if let Some(row) = between {
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

    /// What blocks it in the end, and where.
    fn root(&self, id: RelationId) -> (Row, RelationId) {
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
