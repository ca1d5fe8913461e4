//! What is to happen, in the order of virtual time; of the same time what was planned first comes first.

use std::collections::BTreeMap;

/// Things to come.
pub(super) struct Queue<T> {
    planned: BTreeMap<(i64, u64), T>,
    next: u64,
    now: i64,
}

impl<T> Queue<T> {
    /// Nothing, at time 0.
    pub fn new() -> Self {
        Queue { planned: BTreeMap::new(), next: 0, now: 0 }
    }
    /// What time it is.
    pub fn now(&self) -> i64 {
        self.now
    }
    /// Plans something; what should have been before now is now.
    pub fn plan(&mut self, at: i64, what: T) {
        self.planned.insert((at.max(self.now), self.next), what);
        self.next += 1;
    }
    /// When the next thing is.
    pub fn next_at(&self) -> Option<i64> {
        self.planned.keys().next().map(|(at, _)| *at)
    }
    /// Makes it the time of the next thing, and gives it.
    pub fn advance(&mut self) -> Option<T> {
        let ((at, _), what) = self.planned.pop_first()?;
        self.now = at;
        Some(what)
    }
}
