//! Nodes that wait for each other in a circle, and would for ever.
//!
//! No tick runs while a peer's outbox is full, and an outbox gets emptier only by ticks of the peer. So nodes in a circle of
//! full outboxes would stand still. A node that has something to do and is blocked says so to all its senders; one that
//! is itself full towards the one that says it passes it on to its own. If the word comes back to the node it is from, it
//! has gone round a circle, and the node may run one tick although it is blocked. (Edge chasing: K. M. Chandy, J. Misra,
//! L. M. Haas, "Distributed deadlock detection", ACM TOCS 1983.) A node that waits for a slow or dead one in no circle
//! gets no word back, and keeps its bounds.

use std::collections::BTreeMap;

use floret_ir::Address;

use super::Links;
use crate::wire::Blocked;

/// What is known of circles.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(super) struct Circle {
    /// The number of this node's last word.
    number: u64,
    /// The last words of others that were passed on.
    passed_on: BTreeMap<Address, u64>,
    closed: bool,
}

impl Circle {
    /// Whether the node's word came back.
    pub fn is_closed(&self) -> bool {
        self.closed
    }
    /// A tick runs: the circle is open again.
    pub fn open(&mut self) {
        self.closed = false;
    }
}

impl Links {
    /// The node has something to do and is blocked: all senders are to hear of it. To be called again from time to time
    /// while that is so.
    pub fn say_blocked(&mut self) {
        self.circle.number += 1;
        self.pass_on(Blocked { origin: self.me, number: self.circle.number, hops: 0 });
    }
    /// A peer that this node sends to says, or passes on, that a node is blocked: whether others are to hear of it now, and
    /// whether a tick may be due.
    pub fn hear_blocked(&mut self, from: Address, word: Blocked) -> (bool, bool) {
        let Blocked { origin, number, hops } = word;
        if let Some(peer) = self.peers.get_mut(&from) {
            peer.hear_blocked(self.now);
        }
        if !self.full_peers().any(|full| full == from) {
            return (false, false);
        }
        if origin == self.me {
            let back = number == self.circle.number;
            self.circle.closed |= back;
            return (false, back);
        }
        // Only nodes have a place in the map; and no word goes on for ever, whatever its number (a node that restarts
        // counts anew).
        let known = self.peers.contains_key(&origin) && hops as usize <= self.peers.len();
        if !known || self.circle.passed_on.insert(origin, number) == Some(number) {
            return (false, false);
        }
        self.pass_on(Blocked { origin, number, hops: hops + 1 });
        (true, false)
    }
    /// What a connection from a sender is to tell it.
    pub fn next_blocked(&mut self, sender: Address) -> Option<Blocked> {
        self.peers.get_mut(&sender)?.blocked.pop_first().map(|(_, word)| word)
    }
    fn pass_on(&mut self, word: Blocked) {
        for peer in self.peers.values_mut() {
            peer.blocked.insert(word.origin, word);
        }
    }
}
