//! What keeps replicas from agreeing.

/// What keeps replicas from agreeing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::coordination) enum Row {
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
    pub fn words(self, what: &str, channel: &str) -> String {
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
