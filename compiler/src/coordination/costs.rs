//! What sequencers and seals cost in messages and rounds, beside the same program without them.

use std::fmt;

use floret_ir::coordination::{Remedy, WayOut};
use floret_ir::{AtomSource, Expr, HeadTerm, Program, RelationId, RoleId, Rule, Sequenced, Term};

use super::replicas::is_multicast;

/// A number of messages, which may depend on how many nodes a role has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Messages {
    /// So many, whatever the deployment.
    pub fixed: u32,
    /// And one for each node of this role.
    pub each_of: Option<RoleId>,
}

impl Messages {
    /// How many they are where roles have so many nodes.
    pub fn count(self, members: impl Fn(RoleId) -> u32) -> u32 {
        self.fixed + self.each_of.map_or(0, members)
    }

    /// As it is printed: `1 + |Server|`.
    pub fn text(self, program: &Program) -> String {
        let role = self.each_of.and_then(|role| program.roles.get(role));
        match (self.fixed, role) {
            (fixed, None) => fixed.to_string(),
            (0, Some(role)) => format!("|{}|", role.name),
            (fixed, Some(role)) => format!("{fixed} + |{}|", role.name),
        }
    }
}

/// For what something is paid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Each {
    /// A row that a rule sends.
    Row,
    /// A key that a producer seals.
    Key,
}

impl fmt::Display for Each {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Each::Row => "row",
            Each::Key => "key and producer",
        })
    }
}

/// What a channel costs, with its sequencer or seals and without them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cost {
    /// The channel.
    pub channel: RelationId,
    /// For what.
    pub each: Each,
    /// Messages with it.
    pub messages: Messages,
    /// How many messages come one after the other.
    pub rounds: u32,
    /// Messages without it.
    pub messages_without: Messages,
    /// Rounds without it.
    pub rounds_without: u32,
}

impl Cost {
    /// In a few words.
    pub fn text(&self, program: &Program) -> String {
        let one = Messages { fixed: 1, each_of: None };
        let plural = |messages: Messages| if messages == one { "message" } else { "messages" };
        let with = format!("{} {}", self.messages.text(program), plural(self.messages));
        match self.each {
            Each::Row => format!(
                "each {} costs {with} in {} rounds; without it {} in {}",
                self.each,
                self.rounds,
                self.messages_without.text(program),
                self.rounds_without
            ),
            Each::Key => format!("each {} costs {with} beside the rows", self.each),
        }
    }
}

/// What the program's sequencers and seals cost, by channel; of a channel some of whose rules send to all nodes and some to
/// one, each.
pub fn costs(program: &Program) -> Vec<Cost> {
    let sequenced = program.sequenced.iter().map(|sequenced| of_sequencer(program, sequenced));
    let seals = program.seals.iter().filter_map(|seal| {
        let to = program.relations.get(seal.channel)?.role;
        let closing = program.rules.iter().filter(|rule| rule.head.relation == seal.closed);
        let mut found: Vec<Cost> =
            closing.map(|rule| of_seal(seal.channel, closes_at_all(rule, to).then_some(to))).collect();
        found.dedup();
        Some(found)
    });
    sequenced.chain(seals.flatten()).collect()
}

/// What a way out would cost.
pub fn cost_of(way: &WayOut, program: &Program) -> Option<Cost> {
    let channel = *way.about.first()?;
    let to = program.relations.get(channel)?.role;
    match way.remedy {
        // It is for channels to all nodes.
        Remedy::Sequence => Some(of_sequencer(program, &Sequenced { channel, via: channel, to_all: true })),
        Remedy::Seal => {
            let mut sends = program.rules.iter().filter(|rule| rule.head.relation == channel);
            let all = sends.all(|rule| is_multicast(rule, to));
            Some(of_seal(channel, all.then_some(to)))
        }
        Remedy::Remember
        | Remedy::MergeInTable
        | Remedy::MakeLattice
        | Remedy::KeepEveryRow
        | Remedy::CompareUpward
        | Remedy::KeepView
        | Remedy::StaticInput
        | Remedy::Tombstones
        | Remedy::ChooseByOrder
        | Remedy::BeatOnly
        | Remedy::TimeAsData
        | Remedy::KeepMessages
        | Remedy::SendAgain
        | Remedy::ObserveEvent
        | Remedy::ObserveTable
        | Remedy::Accept => None,
    }
}

fn of_sequencer(program: &Program, sequenced: &Sequenced) -> Cost {
    let to = program.relations.get(sequenced.channel).map(|channel| channel.role);
    let each_of = to.filter(|_| sequenced.to_all);
    let direct = Messages { fixed: u32::from(each_of.is_none()), each_of };
    Cost {
        channel: sequenced.channel,
        each: Each::Row,
        messages: Messages { fixed: direct.fixed + 1, ..direct },
        rounds: 2,
        messages_without: direct,
        rounds_without: 1,
    }
}

/// A seal is one message to each receiver that it is for.
fn of_seal(channel: RelationId, each_of: Option<RoleId>) -> Cost {
    Cost {
        channel,
        each: Each::Key,
        messages: Messages { fixed: u32::from(each_of.is_none()), each_of },
        rounds: 1,
        messages_without: Messages { fixed: 0, each_of: None },
        rounds_without: 0,
    }
}

/// Whether a rule that closes keys does it for all nodes of the role: the receiver is the first column.
fn closes_at_all(rule: &Rule, to: RoleId) -> bool {
    let Some(HeadTerm::Expr(Expr::Var(receiver))) = rule.head.terms.first() else { return false };
    rule.positive_atoms()
        .any(|atom| atom.source == AtomSource::Members(to) && atom.terms.as_slice() == [Term::Var(*receiver)])
}
