//! Channels `ordered via S`: what was written out for each.

use serde::{Deserialize, Serialize};

use crate::{Program, RelationId};

/// A channel `ordered via S` and the channel of the rows on their way to the sequencer (docs/decisions/012-sequencers.md).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Sequenced {
    /// The channel, which only the sequencer sends to.
    pub channel: RelationId,
    /// The channel to the sequencer. Its role is the sequencer's.
    pub via: RelationId,
    /// Whether each row goes to all receivers; else its first column says to which one.
    pub to_all: bool,
}

impl Sequenced {
    /// Whether both channels are in the program and as wide as they must be.
    pub fn is_of(&self, program: &Program) -> bool {
        let sent = |relation| program.relations.get(relation).map(crate::Relation::sent_arity);
        let (Some(channel), Some(via)) = (sent(self.channel), sent(self.via)) else { return false };
        via == channel + usize::from(!self.to_all)
    }
}
