//! How a rule that acts too early could wait: its rows come of one channel, and the channel's of inputs that can be sealed.

use std::collections::BTreeSet;

use floret_ir::coordination::Class;
use floret_ir::{
    IndexVec, InputMode, Program, Promise, Relation, RelationId, RelationKind, RoleId, Rule, RuleId, RuleOp,
};

use crate::strata::graph::atoms;

/// What is to be written so that rules wait until a channel is complete.
pub(super) struct Wait {
    /// The channel, to be sealed as a whole.
    pub channel: RelationId,
    /// Who sends it.
    pub from: RoleId,
    /// The inputs to be sealed.
    pub inputs: Vec<RelationId>,
    /// The rules that must say that they wait.
    pub rules: Vec<RuleId>,
}

/// What is missing.
pub(super) enum Missing {
    /// It may get rows at any time.
    Endless(RelationId),
    /// Something else.
    Other,
}

/// How a point's rule could wait.
pub(super) fn wait(
    program: &Program,
    classes: &IndexVec<RelationId, Class>,
    point: RuleId,
) -> Result<Wait, Missing> {
    let rule = program.rules.get(point).ok_or(Missing::Other)?;
    let here = Sources::of(program, classes, &[(point, rule)], Need::NothingTakenBack)?;
    let channels: Vec<RelationId> = here.arriving.iter().copied().collect();
    let &[channel] = channels.as_slice() else { return Err(Missing::Other) };
    let declared = program.relations.get(channel).ok_or(Missing::Other)?;
    if !can_be_sealed(program, channel, declared) {
        return Err(Missing::Other);
    }
    let sends = || program.rules.entries().filter(|(_, rule)| rule.head.relation == channel);
    let roles: BTreeSet<RoleId> = sends().map(|(_, rule)| rule.role).collect();
    let mut roles = roles.into_iter();
    let (Some(from), None) = (roles.next(), roles.next()) else { return Err(Missing::Other) };
    if program.roles.get(from).is_none_or(|role| role.implicit) {
        return Err(Missing::Other);
    }
    let there = Sources::of(program, classes, &sends().collect::<Vec<_>>(), Need::AllOfIt)?;
    let mut inputs = Vec::new();
    for source in there.arriving {
        let relation = program.relations.get(source).ok_or(Missing::Other)?;
        if is_whole(program, source) {
            continue;
        }
        let filled = program.rules.iter().any(|rule| rule.head.relation == source);
        if relation.input != Some(InputMode::Add) || filled || relation.key.is_some() {
            return Err(Missing::Endless(source));
        }
        inputs.push(source);
    }
    // Without a rule that waits nothing would change.
    if here.waiting.is_empty() {
        return Err(Missing::Other);
    }
    Ok(Wait { channel, from, inputs, rules: here.waiting })
}

/// Whether the channel is a set of the program's own that keeps its messages, and not sealed.
pub(super) fn can_be_sealed(program: &Program, id: RelationId, relation: &Relation) -> bool {
    let lossy = matches!(relation.kind, RelationKind::Channel { promise: Promise::Lossy, .. });
    let plain = relation.is_channel() && !relation.is_generated() && relation.key.is_none();
    plain && !lossy && program.seals.iter().all(|seal| seal.channel != id)
}

/// Whether it is sealed as a whole.
fn is_whole(program: &Program, relation: RelationId) -> bool {
    program.seals.iter().any(|seal| seal.key.is_empty() && seal.channel == relation)
        || program.sealed_inputs.iter().any(|input| input.input == relation)
}

/// What must be known of the rows that a rule derives.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    /// That they stay: what only grows may go on to.
    NothingTakenBack,
    /// That they are all there.
    AllOfIt,
}

/// Where the rows of rules come from, at their node.
#[derive(Default)]
struct Sources {
    /// Channels and inputs.
    arriving: BTreeSet<RelationId>,
    /// The rules on the way that negate or aggregate.
    waiting: Vec<RuleId>,
}

impl Sources {
    fn of(
        program: &Program,
        classes: &IndexVec<RelationId, Class>,
        rules: &[(RuleId, &Rule)],
        need: Need,
    ) -> Result<Self, Missing> {
        let mut found = Sources::default();
        let mut seen = BTreeSet::new();
        let mut queue: Vec<_> = rules.iter().map(|(id, rule)| (*id, *rule, need)).collect();
        while let Some((id, rule, need)) = queue.pop() {
            let is = |source: RelationId, class: Class| classes.get(source) == Some(&class);
            let read: Vec<(RelationId, bool)> = atoms(rule)
                .map(|(_, source, negated)| (source, negated))
                .filter(|(source, _)| !is(*source, Class::Static))
                .collect();
            let waits = rule.has_aggregate() || read.iter().any(|(_, negated)| *negated);
            if waits && !read.is_empty() && !found.waiting.contains(&id) {
                found.waiting.push(id);
            }
            for (source, negated) in read {
                let need = if negated || rule.has_aggregate() { Need::AllOfIt } else { need };
                let stays = need == Need::NothingTakenBack && is(source, Class::Growing);
                if stays || !seen.insert((source, need)) {
                    continue;
                }
                let relation = program.relations.get(source).ok_or(Missing::Other)?;
                let reported = program.notices.iter().any(|event| event.relation == source);
                if reported || matches!(relation.kind, RelationKind::Timer { .. }) {
                    return Err(Missing::Endless(source));
                }
                if relation.is_channel() || relation.input.is_some() {
                    found.arriving.insert(source);
                    continue;
                }
                for (id, rule) in program.rules.entries().filter(|(_, rule)| rule.head.relation == source) {
                    // What is there a tick later, or may go again, is not complete when all has come.
                    if rule.op != RuleOp::Now {
                        return Err(Missing::Endless(source));
                    }
                    queue.push((id, rule, need));
                }
            }
        }
        found.waiting.sort_unstable();
        Ok(found)
    }
}
