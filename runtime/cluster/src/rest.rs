//! When is a cluster at rest? By waves, as in Mattern's four-counter method (F. Mattern, "Algorithms for distributed
//! termination detection", Distributed Computing 2, 1987), and by acknowledgements.
//!
//! The coordinator asks all nodes how they are, in waves; a wave ends when everybody has answered, and only then may the
//! next begin. A node answers between ticks: whether it is idle (no tick is due), whether it has seen the end of its
//! inputs, whether all that it has sent is acknowledged, and how many messages it has sent and taken since it started. A
//! message is acknowledged when the tick that took it is finished, for good where the node is durable.
//!
//! The cluster is at rest if in two successive waves every node is idle with its inputs done and everything acknowledged,
//! and has the same counters in both. For: counters never fall, so between its two answers a node sent nothing and took
//! nothing. At the moment between the waves, therefore, nothing that any node had sent waited to be acknowledged, so none
//! of it was under way. And an idle node without inputs to come gets busy only by a message, which it would have counted.
//!
//! One wave is not enough: a node asked early may be woken by a message from one asked late. And the sums of messages sent
//! and taken, which Mattern compares, tell nothing when a peer was given up: how many of its last messages it took, nobody
//! knows. (What still comes from a connection to a peer given up is lost anyway.)

use std::collections::BTreeMap;

use floret_ir::Address;
use floret_node::wire::Status;

/// What the last wave showed.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Rest {
    /// Each node's messages sent and taken in the last wave, if it was quiet.
    quiet: Option<BTreeMap<Address, (u64, u64)>>,
}

/// What a wave shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wave {
    /// Something is going on.
    Busy,
    /// It looks like rest; the next wave will tell.
    Quiet,
    /// Nothing is under way, and nothing will be.
    Rest,
}

impl Rest {
    /// Takes all nodes' answers of a wave.
    pub fn wave<'a>(&mut self, answers: impl IntoIterator<Item = (&'a Address, &'a Status)>) -> Wave {
        let mut counts = BTreeMap::new();
        let mut quiet = true;
        for (node, answer) in answers {
            counts.insert(*node, (answer.sent, answer.processed));
            quiet &= answer.idle && answer.inputs_done && answer.flushed;
        }
        let last = std::mem::replace(&mut self.quiet, quiet.then_some(counts));
        match &self.quiet {
            None => Wave::Busy,
            Some(_) if last == self.quiet => Wave::Rest,
            Some(_) => Wave::Quiet,
        }
    }
}

#[cfg(test)]
mod tests {
    use floret_ir::RoleId;
    use proptest::prelude::*;

    use super::*;

    fn status(idle: bool, sent: u64, processed: u64) -> Status {
        Status { idle, inputs_done: true, flushed: true, sent, processed, ..Status::default() }
    }

    fn wave(rest: &mut Rest, answers: &[Status]) -> Wave {
        let nodes: Vec<Address> =
            (0..answers.len() as u32).map(|index| Address { role: RoleId(0), index }).collect();
        rest.wave(nodes.iter().zip(answers))
    }

    #[test]
    fn two_equal_quiet_waves_are_rest() {
        let mut rest = Rest::default();
        let quiet = [status(true, 3, 1), status(true, 0, 2)];
        assert_eq!(wave(&mut rest, &quiet), Wave::Quiet);
        assert_eq!(wave(&mut rest, &quiet), Wave::Rest);
    }

    #[test]
    fn a_busy_node_a_message_under_way_and_inputs_to_come_are_no_rest() {
        let mut rest = Rest::default();
        for answers in [
            [status(true, 1, 1), status(false, 0, 0)],
            [Status { flushed: false, ..status(true, 1, 0) }, status(true, 0, 0)],
            [status(true, 1, 1), Status { inputs_done: false, ..status(true, 0, 0) }],
        ] {
            for _ in 0..3 {
                assert_eq!(wave(&mut rest, &answers), Wave::Busy);
            }
        }
    }

    #[test]
    fn traffic_between_quiet_waves_starts_over() {
        let mut rest = Rest::default();
        assert_eq!(wave(&mut rest, &[status(true, 1, 1)]), Wave::Quiet);
        assert_eq!(wave(&mut rest, &[status(true, 2, 2)]), Wave::Quiet);
        assert_eq!(wave(&mut rest, &[status(false, 2, 2)]), Wave::Busy);
        assert_eq!(wave(&mut rest, &[status(true, 2, 2)]), Wave::Quiet);
        assert_eq!(wave(&mut rest, &[status(true, 2, 2)]), Wave::Rest);
    }

    /// A peer was given up, with three messages of which it had taken two.
    #[test]
    fn lost_messages_are_no_traffic() {
        let mut rest = Rest::default();
        let answers = [Status { lost: 3, ..status(true, 3, 0) }, status(true, 0, 2)];
        assert_eq!(wave(&mut rest, &answers), Wave::Quiet);
        assert_eq!(wave(&mut rest, &answers), Wave::Rest);
    }

    /// A model of a cluster: each message, acknowledgement and probe takes as long as the schedule says.
    struct Model {
        nodes: Vec<Node>,
        /// Sender, receiver and hops left.
        under_way: Vec<(usize, usize, u32)>,
        /// Whom they are for.
        acknowledgements: Vec<usize>,
        /// Nodes that have not answered this wave.
        asked: Vec<usize>,
        answers: BTreeMap<Address, Status>,
    }

    #[derive(Clone, Default)]
    struct Node {
        sent: u64,
        processed: u64,
        unacknowledged: u64,
        /// Messages that wait for its next tick: sender and hops left.
        waiting: Vec<(usize, u32)>,
    }

    impl Model {
        fn nothing_happens(&self) -> bool {
            self.under_way.is_empty() && self.nodes.iter().all(|node| node.waiting.is_empty())
        }
        /// One of: a message arrives, an acknowledgement arrives, a node ticks, a node answers.
        fn step(&mut self, choice: u32) {
            let choice = choice as usize;
            match choice % 4 {
                0 if !self.under_way.is_empty() => {
                    let (from, to, hops) = self.under_way.swap_remove(choice / 4 % self.under_way.len());
                    self.nodes[to].waiting.push((from, hops));
                }
                1 if !self.acknowledgements.is_empty() => {
                    let to = self.acknowledgements.swap_remove(choice / 4 % self.acknowledgements.len());
                    self.nodes[to].unacknowledged -= 1;
                }
                2 => {
                    let (count, at) = (self.nodes.len(), choice / 4 % self.nodes.len());
                    for (from, hops) in std::mem::take(&mut self.nodes[at].waiting) {
                        self.nodes[at].processed += 1;
                        self.acknowledgements.push(from);
                        if hops > 0 {
                            self.nodes[at].sent += 1;
                            self.nodes[at].unacknowledged += 1;
                            self.under_way.push((at, (at + choice / 7) % count, hops - 1));
                        }
                    }
                }
                _ if !self.asked.is_empty() => {
                    let at = self.asked.swap_remove(choice / 4 % self.asked.len());
                    let node = &self.nodes[at];
                    let answer = Status {
                        flushed: node.unacknowledged == 0,
                        ..status(node.waiting.is_empty(), node.sent, node.processed)
                    };
                    self.answers.insert(Address { role: RoleId(0), index: at as u32 }, answer);
                }
                _ => {}
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]
        #[test]
        fn rest_is_found_and_never_early(
            schedule in prop::collection::vec(any::<u32>(), 0..400),
            count in 1_usize..5,
            hops in prop::collection::vec(0_u32..8, 1..6),
        ) {
            let everybody: Vec<usize> = (0..count).collect();
            let mut nodes = vec![Node::default(); count];
            // Node 0 made these messages in its first tick.
            nodes[0].sent = hops.len() as u64;
            nodes[0].unacknowledged = hops.len() as u64;
            let mut model = Model {
                nodes,
                under_way: hops.iter().enumerate().map(|(n, hops)| (0, n % count, *hops)).collect(),
                acknowledgements: vec![],
                asked: everybody.clone(),
                answers: BTreeMap::new(),
            };
            let mut rest = Rest::default();
            // After the random part everything happens in turn, so it must come to an end.
            let fair = (0..).map(|n: u32| n % (4 * 3 * 5 * 7));
            let mut found = false;
            for choice in schedule.into_iter().chain(fair.take(40_000)) {
                model.step(choice);
                if model.asked.is_empty() {
                    let wave = rest.wave(&std::mem::take(&mut model.answers));
                    model.asked.clone_from(&everybody);
                    if wave == Wave::Rest {
                        prop_assert!(model.nothing_happens());
                        found = true;
                        break;
                    }
                }
            }
            prop_assert!(found);
        }
    }
}
