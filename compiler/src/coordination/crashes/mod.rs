//! The check's second verdict: whether an output survives a crash of a role's nodes that come back, with evidence
//! (docs/coordination.md, "Crashes").
//!
//! `levels` finds for one role how much of each collection comes back, `reach` what a crash can touch at all, `evidence`
//! what is told of both, `words` says it.

mod evidence;
mod levels;
mod reach;
mod words;

use std::collections::BTreeSet;

use floret_ir::coordination::{Class, Coordination, PathStep};
use floret_ir::{IndexVec, Program, RelationId, RoleId, RuleId, Stratified};

use super::summary::output_class;
use crate::strata::graph::atoms;
use levels::{Level, Levels};
use reach::Reach;

pub use words::{brief, lines, told};

/// Whether a collection is in the end as it could have been if no node of a role had crashed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Survival {
    /// The role is durable: a crash is a pause.
    Durable,
    /// The collection rests on nothing that is at the role's nodes, or was sent by them or to them.
    Apart,
    /// What it rests on there comes back, each in its way.
    Restored(Vec<(RelationId, Return)>),
    /// Not proved: something that it rests on may be lost.
    Lost(Loss),
}

impl Survival {
    /// Whether it does.
    pub fn is_yes(&self) -> bool {
        match self {
            Survival::Durable | Survival::Apart | Survival::Restored(_) => true,
            Survival::Lost(_) => false,
        }
    }
    /// The verdict's reason in one word, stable for tools.
    pub fn name(&self) -> &'static str {
        match self {
            Survival::Durable => "durable",
            Survival::Apart => "apart",
            Survival::Restored(_) => "restored",
            Survival::Lost(loss) => loss.kind.name(),
        }
    }
}

/// How what a crash takes comes back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Return {
    /// Facts, and static inputs with what is derived of them: there again before the first message.
    ReadAgain,
    /// The host gives a node that comes back the rows of its input tables.
    FedAgain,
    /// Rows for one tick: it was over, and they were seen, or the host feeds them again.
    Seen,
    /// Sent again at every beat of a timer.
    Beaten(RuleId),
    /// A sender that comes back derives it again, and sends it.
    SentAgain(RuleId),
    /// It is on a way between others that don't crash.
    Kept,
}

/// What is lost, and how that reaches the collection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Loss {
    /// How.
    pub kind: LossKind,
    /// What.
    pub relation: RelationId,
    /// The rule that filled it, if it matters.
    pub rule: Option<RuleId>,
    /// From it to the collection; empty if it is the collection.
    pub path: Vec<PathStep>,
}

/// How rows are lost.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum LossKind {
    /// A message that is sent once, by the node that crashes.
    Outbox,
    /// A message that is sent once, to the node that crashes.
    Inbox,
    /// A table of rows that come once.
    Table,
    /// A row for the next tick (`<+`).
    Waiting,
    /// The host's changes of a mutable input.
    Host,
    /// What a node counted of a sealed channel.
    Seal,
    /// Nothing but the order is promised to matter, and a crash changes more than that.
    Order,
}

impl LossKind {
    /// Its name, stable for tools.
    pub fn name(self) -> &'static str {
        match self {
            LossKind::Outbox => "outbox",
            LossKind::Inbox => "inbox",
            LossKind::Table => "table",
            LossKind::Waiting => "waiting",
            LossKind::Host => "host",
            LossKind::Seal => "seal",
            LossKind::Order => "order",
        }
    }
}

/// The second verdict for all roles and collections.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Crashes(IndexVec<RoleId, IndexVec<RelationId, Survival>>);

impl Crashes {
    /// Whether a collection survives crashes of a role's nodes.
    pub fn of(&self, relation: RelationId, role: RoleId) -> Option<&Survival> {
        self.0.get(role)?.get(relation)
    }
    /// The verdicts of a collection, by role.
    pub fn each(&self, relation: RelationId) -> impl Iterator<Item = (RoleId, &Survival)> {
        self.0.entries().filter_map(move |(role, of)| Some((role, of.get(relation)?)))
    }
}

/// A step of the verdict that is wrong on purpose, for tests of what finds mistakes in it.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Mistake {
    /// Tables of volatile nodes survive.
    Tables,
    /// Messages to a node that crashes survive.
    Inbox,
    /// Messages of a node that crashes survive.
    Outbox,
    /// Rows for the next tick survive.
    Waiting,
    /// The host makes its changes again.
    Host,
    /// The host feeds events again.
    Events,
    /// A beat brings back what there is nothing left of.
    Beats,
    /// Any rule with a beat sends what the others of its channel do.
    Covers,
    /// A message to a member of one's own role is one to oneself.
    Members,
    /// What is negated doesn't matter.
    Negated,
}

impl Mistake {
    /// All of them.
    pub const ALL: [Mistake; 10] = [
        Mistake::Tables,
        Mistake::Inbox,
        Mistake::Outbox,
        Mistake::Waiting,
        Mistake::Host,
        Mistake::Events,
        Mistake::Beats,
        Mistake::Covers,
        Mistake::Members,
        Mistake::Negated,
    ];
}

/// What crashes of each role's nodes do to each collection.
pub fn crashes(stratified: &Stratified, coordination: &Coordination) -> Crashes {
    with_mistake(stratified, coordination, None)
}

/// The same with a mistake.
#[doc(hidden)]
pub fn crashes_mistaken(stratified: &Stratified, coordination: &Coordination, mistake: Mistake) -> Crashes {
    with_mistake(stratified, coordination, Some(mistake))
}

fn with_mistake(stratified: &Stratified, coordination: &Coordination, mistake: Option<Mistake>) -> Crashes {
    let program = &stratified.program;
    let given = Given::of(program, coordination, mistake);
    let mut roles = IndexVec::new();
    for (role, declared) in program.roles.entries() {
        let mut survivals = IndexVec::new();
        if declared.durable {
            program.relations.iter().for_each(|_| {
                survivals.push(Survival::Durable);
            });
        } else {
            let reach = Reach::of(&given, role);
            let levels = Levels::of(&given, role, &reach);
            for relation in program.relations.ids() {
                survivals.push(survival(&given, &reach, &levels, relation));
            }
        }
        roles.push(survivals);
    }
    Crashes(roles)
}

/// What all roles' verdicts are made of.
struct Given<'a> {
    program: &'a Program,
    coordination: &'a Coordination,
    /// The rules that fill each relation.
    fills: IndexVec<RelationId, Vec<RuleId>>,
    /// The heads of the rules that read each relation.
    readers: IndexVec<RelationId, BTreeSet<RelationId>>,
    /// Rules whose rows another rule with a beat derives again and again.
    covers: Vec<(RuleId, RuleId)>,
    mistake: Option<Mistake>,
}

impl<'a> Given<'a> {
    fn of(program: &'a Program, coordination: &'a Coordination, mistake: Option<Mistake>) -> Self {
        let mut fills: IndexVec<RelationId, Vec<RuleId>> =
            program.relations.iter().map(|_| Vec::new()).collect();
        let mut readers: IndexVec<RelationId, BTreeSet<RelationId>> =
            program.relations.iter().map(|_| BTreeSet::new()).collect();
        for (id, rule) in program.rules.entries() {
            fills[rule.head.relation].push(id);
            for (_, source, _) in atoms(rule) {
                readers[source].insert(rule.head.relation);
            }
        }
        let covers = levels::covers(program, coordination, &fills, mistake == Some(Mistake::Covers));
        Given { program, coordination, fills, readers, covers, mistake }
    }

    fn class(&self, relation: RelationId) -> Class {
        self.coordination.classes.get(relation).copied().unwrap_or(Class::OrderDependent)
    }

    fn has(&self, mistake: Mistake) -> bool {
        self.mistake == Some(mistake)
    }
}

/// What the class promises, held against what comes back.
fn survival(given: &Given<'_>, reach: &Reach, levels: &Levels, relation: RelationId) -> Survival {
    if !reach.has(relation) {
        return Survival::Apart;
    }
    let class = if given.program.relations[relation].output {
        output_class(given.coordination, given.program, relation)
    } else {
        given.class(relation)
    };
    let needed = match class {
        // Its history.
        Class::Fleeting => Level::Once,
        // Its end, too.
        Class::Static | Class::Growing | Class::Converging => Level::Back,
        Class::OrderDependent => {
            return Survival::Lost(evidence::disorder(given, reach, levels, relation));
        }
    };
    if levels.level(relation) >= needed {
        Survival::Restored(evidence::returns(given, reach, levels, relation))
    } else {
        Survival::Lost(evidence::loss(given, reach, levels, relation))
    }
}
