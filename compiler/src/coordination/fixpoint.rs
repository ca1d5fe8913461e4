//! The driver: classes start at the least and join upward until stable, one group of mutually dependent collections
//! after the other. A point of order is named where order-dependence starts: at rules whose body has none yet.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::coordination::{Class, Coordination, Reason, Verdict};
use floret_ir::{
    Atom, AtomSource, IndexVec, InputMode, NoticeEvent, NoticeKind, Program, Promise, RelationId,
    RelationKind, Rule, RuleId, Stratified,
};

use super::lineage::Origins;
use super::outcome::{Ground, Outcome};
use super::seals::{self, Seals};
use super::{body, heads, keys, paths, replicas, retries};
use crate::strata::components::strongly_connected;
use crate::strata::graph::atoms;

/// What the rows of the table ask about: the program and the classes so far.
pub(super) struct Context<'a> {
    /// The program.
    pub program: &'a Program,
    /// Which momentary rows come from one source row.
    pub origins: Origins,
    /// What was written out for sealed channels.
    pub seals: Seals<'a>,
    /// The rules that fill (or delete from) each relation.
    pub fills: IndexVec<RelationId, Vec<RuleId>>,
    /// The relations with facts.
    pub facts: BTreeSet<RelationId>,
    /// The classes so far.
    pub classes: IndexVec<RelationId, Class>,
    /// A row that is wrong on purpose.
    pub weakened: Option<Ground>,
    /// Channels whose messages are taken for given, whatever they depend on.
    given: BTreeSet<RelationId>,
    /// The class of each relation before it became order-dependent.
    before: IndexVec<RelationId, Class>,
}

/// A point of order before its evidence is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Start {
    /// The rule; `None`: the host's rows meet facts.
    pub rule: Option<RuleId>,
    /// The collection that becomes order-dependent.
    pub relation: RelationId,
    /// Why and whom to blame.
    pub outcome: Outcome,
}

impl<'a> Context<'a> {
    fn new(stratified: &'a Stratified, weakened: Option<Ground>, given: BTreeSet<RelationId>) -> Self {
        let program = &stratified.program;
        let mut fills: IndexVec<RelationId, Vec<RuleId>> =
            program.relations.iter().map(|_| Vec::new()).collect();
        for (rule_id, rule) in
            program.rules.entries().filter(|(_, rule)| !given.contains(&rule.head.relation))
        {
            fills[rule.head.relation].push(rule_id);
        }
        let least: IndexVec<RelationId, Class> = program.relations.iter().map(|_| Class::Static).collect();
        Context {
            program,
            origins: Origins::find(stratified, &fills),
            seals: Seals::of(program),
            fills,
            facts: program.facts.iter().map(|fact| fact.relation).collect(),
            classes: least.clone(),
            weakened,
            given,
            before: least,
        }
    }

    /// The class of what an atom reads. A rule that reads its own order-dependent head sees the class it had before: what
    /// the rule does to its head is not inherited.
    pub fn class_of(&self, rule: &Rule, atom: &Atom) -> Class {
        match atom.source {
            AtomSource::Members(_) => Class::Static,
            AtomSource::Clock => Class::OrderDependent,
            AtomSource::Relation(relation) => match self.classes[relation] {
                Class::OrderDependent if relation == rule.head.relation => self.before[relation],
                class => class,
            },
        }
    }

    /// What host and facts make of a collection.
    fn own(&self, relation: RelationId) -> Class {
        let declared = &self.program.relations[relation];
        let facts = self.facts.contains(&relation);
        if self.given.contains(&relation) {
            return Class::Fleeting;
        }
        // Which errors and conflicts there are, and when, depends on what has met.
        if self.program.notices.iter().any(|event| event.relation == relation) {
            return Class::OrderDependent;
        }
        match (declared.kind, declared.input) {
            (RelationKind::Table, Some(InputMode::Add)) => Class::Growing,
            // The host's changes of a key come in its order, if nothing else changes it.
            (RelationKind::Table, Some(InputMode::Mutable)) => Class::Converging,
            (RelationKind::Timer { .. }, _) => Class::OrderDependent,
            _ if self.is_reports(relation) => Class::OrderDependent,
            (RelationKind::Event | RelationKind::Channel { .. }, Some(_)) => Class::Fleeting,
            (RelationKind::Event | RelationKind::Channel { .. }, None) if facts => Class::Fleeting,
            (RelationKind::Event | RelationKind::Channel { .. }, None) => Class::Static,
            (RelationKind::Table | RelationKind::View, _) => Class::Static,
        }
    }

    /// Whether the node itself fills it: with errors, conflicts, or others that come and go.
    pub fn is_reports(&self, relation: RelationId) -> bool {
        self.program.notices.iter().any(|event| event.relation == relation)
    }

    /// Whether the node tells by it which others are up.
    pub fn is_peers(&self, relation: RelationId) -> bool {
        let tells = |event: &NoticeEvent| event.relation == relation && event.kind == NoticeKind::Peer;
        self.program.notices.iter().any(tells)
    }

    /// Whether it is a channel that may lose its messages.
    pub fn is_lossy(&self, relation: RelationId) -> bool {
        match self.program.relations[relation].kind {
            RelationKind::Channel { promise, .. } => promise == Promise::Lossy,
            RelationKind::Table | RelationKind::View | RelationKind::Event | RelationKind::Timer { .. } => {
                false
            }
        }
    }

    /// Whether it is a timer.
    pub fn is_timer(&self, relation: RelationId) -> bool {
        match self.program.relations[relation].kind {
            RelationKind::Timer { .. } => true,
            RelationKind::Table | RelationKind::View | RelationKind::Event | RelationKind::Channel { .. } => {
                false
            }
        }
    }

    fn set(&mut self, relation: RelationId, class: Class) -> bool {
        let old = self.classes[relation];
        if class == old {
            return false;
        }
        if class == Class::OrderDependent {
            self.before[relation] = old;
        }
        self.classes[relation] = class;
        true
    }
}

/// Classifies every collection and names every point of order.
pub(super) fn check(
    stratified: &Stratified,
    weakened: Option<Ground>,
    weakened_replicas: Option<replicas::Row>,
) -> Coordination {
    let program = &stratified.program;
    let mut cx = Context::new(stratified, weakened, BTreeSet::new());
    let (outcomes, mut starts) = settle_all(&mut cx);
    starts.sort_by_key(|start| (start.rule, start.relation));
    let reasons = program.relations.ids().map(|relation| reason(&cx, relation, &outcomes)).collect();
    let verdicts = outcomes.iter().map(verdict).collect();
    let points = paths::points(&cx, starts);
    let replicas = replicas::verdicts(&cx, stratified, weakened_replicas);
    Coordination { classes: cx.classes, reasons, verdicts, points, replicas }
}

/// The classes, where the messages of these channels are taken for given.
pub(super) fn classes_given(
    stratified: &Stratified,
    given: BTreeSet<RelationId>,
) -> IndexVec<RelationId, Class> {
    let mut cx = Context::new(stratified, None, given);
    settle_all(&mut cx);
    cx.classes
}

/// Settles all collections; what each rule gives, and where order-dependence starts.
fn settle_all(cx: &mut Context<'_>) -> (IndexVec<RuleId, Option<Outcome>>, Vec<Start>) {
    let program = cx.program;
    let reads = program.relations.ids().map(|relation| {
        let rules = cx.fills[relation].iter().map(|&rule| &program.rules[rule]);
        let read = rules.flat_map(|rule| atoms(rule).map(|(_, source, _)| source));
        read.chain(seals::looked_at(program, relation)).collect()
    });
    let groups = strongly_connected(&reads.collect());
    let mut outcomes: IndexVec<RuleId, Option<Outcome>> = program.rules.iter().map(|_| None).collect();
    let mut starts = Vec::new();
    for group in groups {
        settle(cx, &group, &mut outcomes, &mut starts);
    }
    (outcomes, starts)
}

/// Every rule was judged with its head's group.
fn verdict(outcome: &Option<Outcome>) -> Verdict {
    let (class, ground) = match outcome {
        Some(outcome) => (outcome.class, outcome.ground),
        None => (Class::OrderDependent, Ground::Inherited),
    };
    Verdict { class, row: ground.name().to_owned(), because: ground.words().to_owned() }
}

/// The least classes of a group of mutually dependent collections, all others it reads being settled.
fn settle(
    cx: &mut Context<'_>,
    group: &[RelationId],
    outcomes: &mut IndexVec<RuleId, Option<Outcome>>,
    starts: &mut Vec<Start>,
) {
    let mut started: BTreeMap<Option<RuleId>, Start> = BTreeMap::new();
    for &relation in group {
        cx.set(relation, cx.own(relation));
        if keys::input_meets_facts(cx, relation) {
            cx.set(relation, Class::OrderDependent);
            let outcome = Outcome::order_dependent(Ground::KeyConflict, vec![relation]);
            started.insert(None, Start { rule: None, relation, outcome });
        }
    }
    let wakes = wakes(cx, group);
    let mut due: BTreeSet<RelationId> = group.iter().copied().collect();
    while !due.is_empty() {
        // All rules are judged by the same classes, so that what starts doesn't depend on the order of rules.
        let round = judge(cx, &due);
        due.clear();
        for (rule, outcome) in round {
            let relation = cx.program.rules[rule].head.relation;
            if cx.set(relation, cx.classes[relation].join(outcome.class)) {
                due.extend(wakes.get(&relation).into_iter().flatten());
            }
            if outcome.ground.kind().is_some() {
                started.insert(Some(rule), Start { rule: Some(rule), relation, outcome: outcome.clone() });
            }
            outcomes[rule] = Some(outcome);
        }
    }
    starts.extend(started.into_values());
    for &relation in group {
        clash(cx, relation, outcomes, starts);
    }
}

/// For each relation of the group those whose rules must be judged again when its class changes: what reads it, and what
/// reads an aggregate of it (a threshold may end although the aggregate's class stays).
fn wakes(cx: &Context<'_>, group: &[RelationId]) -> BTreeMap<RelationId, BTreeSet<RelationId>> {
    if cx.seals.are_any() {
        // What is complete is looked for from rule to rule.
        let all: BTreeSet<RelationId> = group.iter().copied().collect();
        return group.iter().map(|&relation| (relation, all.clone())).collect();
    }
    let sources = |relation: RelationId| {
        let rules = cx.fills[relation].iter().map(|&rule| &cx.program.rules[rule]);
        rules.flat_map(|rule| atoms(rule).map(|(_, source, _)| source)).collect::<BTreeSet<_>>()
    };
    let near: BTreeMap<RelationId, BTreeSet<RelationId>> =
        group.iter().map(|&relation| (relation, sources(relation))).collect();
    let mut wakes: BTreeMap<RelationId, BTreeSet<RelationId>> = BTreeMap::new();
    for (&head, sources) in &near {
        for source in sources {
            wakes.entry(*source).or_default().insert(head);
            for &far in near.get(source).into_iter().flatten() {
                wakes.entry(far).or_default().insert(head);
            }
        }
    }
    wakes
}

/// What every rule of these heads gives to it, by the present classes.
fn judge(cx: &Context<'_>, heads: &BTreeSet<RelationId>) -> Vec<(RuleId, Outcome)> {
    let rules = heads.iter().flat_map(|&relation| &cx.fills[relation]);
    let bodies: BTreeMap<RuleId, Outcome> =
        rules.map(|&rule| (rule, body::outcome(cx, &cx.program.rules[rule]))).collect();
    let class = |rule: RuleId| bodies.get(&rule).map_or(Class::OrderDependent, |body| body.class);
    let conflicts: BTreeSet<RuleId> =
        heads.iter().flat_map(|&relation| keys::conflicting(cx, relation, class)).collect();
    let take = |(rule, body): (&RuleId, &Outcome)| {
        let taken = heads::take(cx, &cx.program.rules[*rule], body.clone(), conflicts.contains(rule));
        (*rule, seals::outcome(cx, &cx.program.rules[*rule], taken))
    };
    let mut outcomes: Vec<(RuleId, Outcome)> = bodies.iter().map(take).collect();
    retries::leave_out(cx, &mut outcomes);
    outcomes
}

/// "fleeting ⊔ converging = order-dependent": no rule alone is to blame; named at those whose rows come and go.
fn clash(
    cx: &mut Context<'_>,
    relation: RelationId,
    outcomes: &mut IndexVec<RuleId, Option<Outcome>>,
    starts: &mut Vec<Start>,
) {
    let of = |rule: &RuleId| outcomes[*rule].as_ref().map_or(Class::Static, |outcome| outcome.class);
    let fills = &cx.fills[relation];
    if cx.classes[relation] != Class::OrderDependent
        || starts.iter().any(|start| start.relation == relation)
        || fills.iter().any(|rule| of(rule) == Class::OrderDependent)
    {
        return;
    }
    if cx.weakened == Some(Ground::Clash) {
        cx.set(relation, Class::Converging);
        return;
    }
    let come_and_go: Vec<RuleId> =
        fills.iter().copied().filter(|rule| of(rule) == Class::Converging).collect();
    for rule in come_and_go {
        let culprits: Vec<RelationId> = atoms(&cx.program.rules[rule]).map(|(_, source, _)| source).collect();
        let outcome = Outcome::order_dependent(Ground::Clash, culprits);
        outcomes[rule] = Some(outcome.clone());
        starts.push(Start { rule: Some(rule), relation, outcome });
    }
}

/// The first rule that gave the relation its class, unless the host did; or nothing but facts, if anything.
fn reason(cx: &Context<'_>, relation: RelationId, outcomes: &IndexVec<RuleId, Option<Outcome>>) -> Reason {
    let class = cx.classes[relation];
    let input = cx.program.relations[relation].input.is_some();
    if cx.is_timer(relation) || cx.is_reports(relation) {
        return Reason::Node;
    }
    if input && cx.own(relation) == class {
        return Reason::Input;
    }
    let found = cx.fills[relation].iter().find_map(|&rule| {
        let outcome = outcomes[rule].as_ref()?;
        (outcome.class == class).then_some((rule, outcome))
    });
    match found {
        Some((rule, outcome)) => Reason::Rule { rule, because: outcome.ground.words().to_owned() },
        None if input => Reason::Input,
        None => Reason::Fixed,
    }
}
