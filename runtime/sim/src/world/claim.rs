//! What must hold at all times.

use std::collections::BTreeSet;

use floret_ir::{Address, RelationId, Row};

use super::contents::Contents;
use crate::why::Conflict;

/// What a claim remembers of a run.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Memory {
    /// The nodes of which a tick was committed.
    pub ticked: BTreeSet<Address>,
    /// That was so of all of them before.
    pub began: bool,
    /// What held once, by the claim's own numbers.
    pub met: BTreeSet<usize>,
}

/// Something that must hold after every tick, over all nodes.
pub trait Claim: Sync {
    /// Looks at what all nodes hold. `node`: whose tick was committed just now; `changed`: which of its relations hold
    /// something else than before it.
    fn check(
        &self,
        contents: &Contents,
        node: Address,
        changed: &BTreeSet<RelationId>,
        memory: &mut Memory,
    ) -> Option<Wrong>;

    /// Looks at what all nodes hold when the run is over: `at_rest`, or because its time is.
    fn finish(&self, contents: &Contents, at_rest: bool, memory: &Memory) -> Option<Wrong> {
        let _ = (contents, at_rest, memory);
        None
    }
}

/// Something is as it must not be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wrong {
    /// What it is about.
    pub kind: WrongKind,
    /// The claim's name, the collection's, or the test's step.
    pub name: String,
    /// What is wrong; of an invariant, in its author's words.
    pub text: Option<String>,
    /// For which values, in words, or at which node; empty if there are none.
    pub values: String,
    /// The rows that it is wrong for.
    pub rows: Vec<(Address, RelationId, Row)>,
    /// What there was none of, in words.
    pub absent: Vec<String>,
}

/// What can be wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WrongKind {
    /// An invariant has a solution.
    Invariant,
    /// Two different rows for one key met.
    Conflict(Conflict),
    /// A test's body has a solution.
    Solution,
    /// A test's body has none.
    Missing,
}

impl Wrong {
    /// What is wrong, whatever the values.
    pub fn title(&self) -> String {
        match &self.kind {
            WrongKind::Invariant => format!("invariant `{}` is violated", self.name),
            WrongKind::Conflict(_) => format!("two rows with one key in `{}`", self.name),
            WrongKind::Solution | WrongKind::Missing => format!("`{}` fails", self.name),
        }
    }

    /// In a line.
    pub fn text(&self) -> String {
        let mut text = self.title();
        if !self.values.is_empty() {
            let word = match &self.kind {
                WrongKind::Invariant | WrongKind::Solution | WrongKind::Missing => "for",
                WrongKind::Conflict(_) => "at",
            };
            text.push_str(&format!(" {word} {}", self.values));
        }
        if let Some(words) = &self.text {
            text.push_str(&format!(": {words}"));
        }
        text
    }
}
