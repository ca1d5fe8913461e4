//! When is a cluster at rest? Mattern's four-counter method (F. Mattern, "Algorithms for distributed termination
//! detection", Distributed Computing 2, 1987).
//!
//! The coordinator asks all nodes how they are, in waves; a wave ends when everybody has answered, and only then may the
//! next begin. A node answers between ticks: whether it is idle (no tick is due), whether it has seen the end of its
//! inputs, and how many messages it has sent and processed since it started. A message is sent when the tick that made
//! it is finished and processed when the tick that took it is.
//!
//! The cluster is at rest if in two successive waves every node is idle with its inputs done, the sums of messages sent
//! and processed are equal, and they are the same in both waves. For: counters never fall, so equal sums mean that no
//! node's counters changed between its two answers. At the moment between the waves all counters therefore had these
//! values at once, and every message sent was processed: none was under way. And an idle node without inputs to come
//! gets busy only by a message, which it would have counted.
//!
//! One wave is not enough: a node asked early may be woken by a message from one asked late, and the sums can agree by
//! accident.

use floret_node::wire::Status;

/// What the last wave showed.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Rest {
    /// The sum of messages in the last wave, if it was quiet.
    quiet: Option<u64>,
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
    pub fn wave<'a>(&mut self, answers: impl IntoIterator<Item = &'a Status>) -> Wave {
        let (mut sent, mut processed, mut idle) = (0, 0, true);
        for answer in answers {
            sent += answer.sent;
            processed += answer.processed;
            idle &= answer.idle && answer.inputs_done;
        }
        let last = std::mem::replace(&mut self.quiet, (idle && sent == processed).then_some(sent));
        match self.quiet {
            None => Wave::Busy,
            Some(sum) if last == Some(sum) => Wave::Rest,
            Some(_) => Wave::Quiet,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn status(idle: bool, sent: u64, processed: u64) -> Status {
        Status { idle, inputs_done: true, sent, processed, ..Status::default() }
    }

    #[test]
    fn two_equal_quiet_waves_are_rest() {
        let mut rest = Rest::default();
        let quiet = [status(true, 3, 1), status(true, 0, 2)];
        assert_eq!(rest.wave(&quiet), Wave::Quiet);
        assert_eq!(rest.wave(&quiet), Wave::Rest);
    }

    #[test]
    fn a_busy_node_a_message_under_way_and_inputs_to_come_are_no_rest() {
        let mut rest = Rest::default();
        for answers in [
            [status(true, 1, 1), status(false, 0, 0)],
            [status(true, 1, 0), status(true, 0, 0)],
            [status(true, 1, 1), Status { inputs_done: false, ..status(true, 0, 0) }],
        ] {
            for _ in 0..3 {
                assert_eq!(rest.wave(&answers), Wave::Busy);
            }
        }
    }

    #[test]
    fn traffic_between_quiet_waves_starts_over() {
        let mut rest = Rest::default();
        assert_eq!(rest.wave(&[status(true, 1, 1)]), Wave::Quiet);
        assert_eq!(rest.wave(&[status(true, 2, 2)]), Wave::Quiet);
        assert_eq!(rest.wave(&[status(false, 2, 2)]), Wave::Busy);
        assert_eq!(rest.wave(&[status(true, 2, 2)]), Wave::Quiet);
        assert_eq!(rest.wave(&[status(true, 2, 2)]), Wave::Rest);
    }

    /// A model of a cluster: each message and probe takes as long as the schedule says.
    struct Model {
        /// Per node: messages sent and processed, and the hops left of messages that wait for its next tick.
        nodes: Vec<(u64, u64, Vec<u32>)>,
        /// Receiver and hops left.
        under_way: Vec<(usize, u32)>,
        /// Nodes that have not answered this wave.
        asked: Vec<usize>,
        answers: Vec<Status>,
    }

    impl Model {
        fn nothing_happens(&self) -> bool {
            self.under_way.is_empty() && self.nodes.iter().all(|(_, _, waiting)| waiting.is_empty())
        }
        /// One of: a message arrives, a node ticks, a node answers.
        fn step(&mut self, choice: u32) {
            let choice = choice as usize;
            match choice % 3 {
                0 if !self.under_way.is_empty() => {
                    let (to, hops) = self.under_way.swap_remove(choice / 3 % self.under_way.len());
                    self.nodes[to].2.push(hops);
                }
                1 => {
                    let (count, at) = (self.nodes.len(), choice / 3 % self.nodes.len());
                    let (sent, processed, waiting) = &mut self.nodes[at];
                    for hops in waiting.drain(..) {
                        *processed += 1;
                        if hops > 0 {
                            *sent += 1;
                            self.under_way.push(((at + choice / 7) % count, hops - 1));
                        }
                    }
                }
                _ if !self.asked.is_empty() => {
                    let at = self.asked.swap_remove(choice / 3 % self.asked.len());
                    let (sent, processed, waiting) = &self.nodes[at];
                    self.answers.push(status(waiting.is_empty(), *sent, *processed));
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
            let mut model = Model {
                // Node 0 made these messages in its first tick.
                nodes: (0..count).map(|node| (if node == 0 { hops.len() as u64 } else { 0 }, 0, vec![])).collect(),
                under_way: hops.iter().enumerate().map(|(n, hops)| (n % count, *hops)).collect(),
                asked: everybody.clone(),
                answers: vec![],
            };
            let mut rest = Rest::default();
            // After the random part everything happens in turn, so it must come to an end.
            let fair = (0..).map(|n: u32| n % (3 * 5 * 7));
            let mut found = false;
            for choice in schedule.into_iter().chain(fair.take(20_000)) {
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
