//! The engine's logical time: the half of a tick and the round of a recursion, in product order.
//!
//! Everything is rendered in one scope with this time, so that each operator is compiled once. Inputs enter from a
//! scope over `u64` (their sessions need a total order); a loop's variable adds a round to what it feeds back.

use differential_dataflow::lattice::Lattice;
use serde::{Deserialize, Serialize};
use timely::order::PartialOrder;
use timely::progress::Timestamp;
use timely::progress::timestamp::{PathSummary, Refines};

/// A logical time. Tick t has the halves 2t (with its arrivals) and 2t+1 (without them). `Ord` is a linear extension
/// of the product order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Time {
    /// Twice the tick's number, or that plus one.
    pub(crate) half: u64,
    /// The round of a recursion; 0 outside of loops.
    pub(crate) round: u64,
}

/// What a path through the dataflow adds to the round.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Rounds(pub(crate) u64);

impl Time {
    /// The time of this half outside of loops.
    pub(crate) fn outside(half: u64) -> Self {
        Time { half, round: 0 }
    }
}

impl PartialOrder for Time {
    #[inline]
    fn less_equal(&self, other: &Self) -> bool {
        self.half <= other.half && self.round <= other.round
    }
}

impl Lattice for Time {
    #[inline]
    fn join(&self, other: &Self) -> Self {
        Time { half: self.half.max(other.half), round: self.round.max(other.round) }
    }
    #[inline]
    fn meet(&self, other: &Self) -> Self {
        Time { half: self.half.min(other.half), round: self.round.min(other.round) }
    }
}

impl Timestamp for Time {
    type Summary = Rounds;
    fn minimum() -> Self {
        Time::default()
    }
}

impl PartialOrder for Rounds {
    fn less_equal(&self, other: &Self) -> bool {
        self.0 <= other.0
    }
}

impl PathSummary<Time> for Rounds {
    #[inline]
    fn results_in(&self, time: &Time) -> Option<Time> {
        Some(Time { half: time.half, round: time.round.checked_add(self.0)? })
    }
    #[inline]
    fn followed_by(&self, other: &Self) -> Option<Self> {
        Some(Rounds(self.0.checked_add(other.0)?))
    }
}

impl Refines<u64> for Time {
    fn to_inner(half: u64) -> Self {
        Time::outside(half)
    }
    fn to_outer(self) -> u64 {
        self.half
    }
    fn summarize(_: Rounds) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn time() -> impl Strategy<Value = Time> {
        (0u64..6, prop_oneof![0u64..6, u64::MAX - 2..=u64::MAX])
            .prop_map(|(half, round)| Time { half, round })
    }
    fn rounds() -> impl Strategy<Value = Rounds> {
        prop_oneof![0u64..4, u64::MAX - 2..=u64::MAX].prop_map(Rounds)
    }

    proptest! {
        #[test]
        fn the_order_is_partial_and_extended_by_ord(a in time(), b in time(), c in time()) {
            prop_assert!(a.less_equal(&a));
            prop_assert_eq!(a.less_equal(&b) && b.less_equal(&a), a == b);
            prop_assert!(!(a.less_equal(&b) && b.less_equal(&c)) || a.less_equal(&c));
            prop_assert!(!a.less_equal(&b) || a <= b);
            prop_assert!(Time::minimum().less_equal(&a));
        }

        #[test]
        fn join_and_meet_are_least_and_greatest_bounds(a in time(), b in time(), c in time()) {
            let (join, meet) = (a.join(&b), a.meet(&b));
            prop_assert!(a.less_equal(&join) && b.less_equal(&join));
            prop_assert!(meet.less_equal(&a) && meet.less_equal(&b));
            prop_assert_eq!(a.less_equal(&c) && b.less_equal(&c), join.less_equal(&c));
            prop_assert_eq!(c.less_equal(&a) && c.less_equal(&b), c.less_equal(&meet));
        }

        #[test]
        fn summaries_compose_and_are_monotone(a in time(), b in time(), s in rounds(), u in rounds()) {
            let composed = s.followed_by(&u).and_then(|both| both.results_in(&a));
            prop_assert_eq!(composed, s.results_in(&a).and_then(|time| u.results_in(&time)));
            prop_assert_eq!(Rounds::default().results_in(&a), Some(a));
            if let (Some(x), Some(y)) = (s.results_in(&a), s.results_in(&b)) {
                prop_assert!(!a.less_equal(&b) || x.less_equal(&y));
            }
            if let (Some(x), Some(y)) = (s.results_in(&a), u.results_in(&a)) {
                prop_assert!(!s.less_equal(&u) || x.less_equal(&y));
            }
        }

        #[test]
        fn halves_enter_and_leave(half in 0u64..9) {
            let inner = <Time as Refines<u64>>::to_inner(half);
            prop_assert_eq!(<Time as Refines<u64>>::to_outer(inner), half);
        }
    }
}
