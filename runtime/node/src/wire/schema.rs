//! Whether what arrives fits the program: relations, their columns' types, addresses that exist.

use std::fmt;
use std::sync::Arc;

use floret_ir::artifact::channel_hash;
use floret_ir::{
    Address, Arrivals, Deployment, IndexVec, InputMode, InputRow, Message, Program, Relation, RelationId,
    RelationKind, Row,
};

/// Why rows were refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Misfit {
    /// The program has no such relation, or it is not one that this may be put into here.
    WrongRelation,
    /// The channel's declaration is another one.
    WrongChannel,
    /// The sender's role may not send on this channel.
    WrongSender,
    /// The bytes are not the rows they say they are.
    NoRows,
    /// A row has another number of columns.
    WrongColumns,
    /// A value has another type, or is the address of no node.
    WrongType,
    /// Rows between these and the last ones are missing.
    Gap,
    /// A message that has no place in this conversation.
    WrongMessage,
    /// Rows of a session that is over.
    OldSession,
    /// More rows of one tick on an ordered channel than a node takes.
    LongBatch,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Misfit::WrongRelation => "rows for a relation that takes none here",
            Misfit::WrongChannel => "rows for a channel that is declared otherwise here",
            Misfit::WrongSender => "rows from a role that may not send on this channel",
            Misfit::NoRows => "bytes that are not rows",
            Misfit::WrongColumns => "a row with another number of columns",
            Misfit::WrongType => "a value of another type",
            Misfit::Gap => "rows after a gap",
            Misfit::WrongMessage => "a message out of place",
            Misfit::OldSession => "rows of a session that is over",
            Misfit::LongBatch => "more rows of one tick than an ordered channel may carry",
        })
    }
}

/// The program as the wire sees it.
#[derive(Clone, Debug)]
pub struct Schema {
    /// The program.
    pub program: Arc<Program>,
    /// Its nodes.
    pub deployment: Deployment,
    channels: IndexVec<RelationId, u64>,
}

impl Schema {
    /// The schema of a program on these nodes.
    pub fn new(program: Arc<Program>, deployment: Deployment) -> Self {
        let channels = program.relations.ids().map(|id| channel_hash(&program, id)).collect();
        Schema { program, deployment, channels }
    }
    /// The hash that frames for this channel carry.
    pub fn channel(&self, relation: RelationId) -> u64 {
        self.channels.get(relation).copied().unwrap_or_default()
    }
    /// Whether there is such a node.
    pub fn has_node(&self, node: Address) -> bool {
        self.deployment.counts.get(node.role).is_some_and(|count| node.index < *count)
    }
    /// The channel that `sender` may put rows into at node `me`, if the hash is the one we know.
    ///
    /// # Errors
    /// It is none.
    pub fn incoming(
        &self,
        me: Address,
        sender: Address,
        id: RelationId,
        hash: u64,
    ) -> Result<&Relation, Misfit> {
        let relation = self.program.relations.get(id).ok_or(Misfit::WrongRelation)?;
        let RelationKind::Channel { from, .. } = relation.kind else {
            return Err(Misfit::WrongRelation);
        };
        if relation.role != me.role {
            return Err(Misfit::WrongRelation);
        }
        if self.channel(id) != hash {
            return Err(Misfit::WrongChannel);
        }
        if from.is_some_and(|role| role != sender.role) {
            return Err(Misfit::WrongSender);
        }
        Ok(relation)
    }
    /// The input that the host may put rows into at node `me`.
    ///
    /// # Errors
    /// It is none.
    pub fn input(&self, me: Address, id: RelationId) -> Result<&Relation, Misfit> {
        let relation = self.program.relations.get(id).ok_or(Misfit::WrongRelation)?;
        if relation.input.is_some() && relation.role == me.role {
            Ok(relation)
        } else {
            Err(Misfit::WrongRelation)
        }
    }
    /// Whether a tick could have these arrivals at node `me`.
    ///
    /// # Errors
    /// It could not.
    pub fn fits_tick(&self, me: Address, arrivals: &Arrivals) -> Result<(), Misfit> {
        for InputRow { relation, row } in &arrivals.inputs {
            self.fits(row, self.input(me, *relation)?)?;
        }
        for InputRow { relation, row } in &arrivals.deletes {
            let declared = self.input(me, *relation)?;
            if declared.input != Some(InputMode::Mutable) {
                return Err(Misfit::WrongRelation);
            }
            let key_alone = Some(row.len()) == declared.key;
            self.fits_columns(row, declared, if key_alone { row.len() } else { declared.arity() })?;
        }
        for Message { relation, row, sender } in &arrivals.messages {
            let declared = self.incoming(me, *sender, *relation, self.channel(*relation))?;
            if !self.has_node(*sender) {
                return Err(Misfit::WrongSender);
            }
            self.fits_message(row, declared)?;
        }
        let is_timer = |id: &RelationId| {
            let timer = self.program.relations.get(*id);
            timer.is_some_and(|of| of.role == me.role && matches!(of.kind, RelationKind::Timer { .. }))
        };
        if arrivals.timers.iter().all(is_timer) { Ok(()) } else { Err(Misfit::WrongRelation) }
    }
    /// Whether the row is one of the relation.
    ///
    /// # Errors
    /// It is not.
    pub fn fits(&self, row: &Row, relation: &Relation) -> Result<(), Misfit> {
        self.fits_columns(row, relation, relation.arity())
    }
    /// Whether the row is one of the channel as it is sent: a `sender` column comes on arrival.
    ///
    /// # Errors
    /// It is not.
    pub fn fits_message(&self, row: &Row, channel: &Relation) -> Result<(), Misfit> {
        self.fits_columns(row, channel, channel.sent_arity())
    }
    fn fits_columns(&self, row: &Row, relation: &Relation, count: usize) -> Result<(), Misfit> {
        if row.len() != count {
            return Err(Misfit::WrongColumns);
        }
        let typed = row.iter().zip(&relation.columns).all(|(value, column)| {
            let mut exist = true;
            value.for_each_address(&mut |node| exist &= self.has_node(node));
            exist && value.is_of(column.ty)
        });
        if typed { Ok(()) } else { Err(Misfit::WrongType) }
    }
}
