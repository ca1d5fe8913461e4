//! What must hold at all times.

use std::collections::BTreeSet;

use floret_ir::{Address, RelationId, Row};

use super::contents::Contents;
use crate::why::Conflict;

/// Something that must hold after every tick, over all nodes.
pub trait Claim: Sync {
    /// Looks at what all nodes hold. `node`: whose tick was committed just now; `changed`: which of its relations hold
    /// something else than before it.
    fn check(&self, contents: &Contents, node: Address, changed: &BTreeSet<RelationId>) -> Option<Wrong>;
}

/// Something is as it must not be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wrong {
    /// What it is about.
    pub kind: WrongKind,
    /// The claim's name, or the collection's.
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
}

impl Wrong {
    /// What is wrong, whatever the values.
    pub fn title(&self) -> String {
        match &self.kind {
            WrongKind::Invariant => format!("invariant `{}` is violated", self.name),
            WrongKind::Conflict(_) => format!("two rows with one key in `{}`", self.name),
        }
    }

    /// In a line.
    pub fn text(&self) -> String {
        let mut text = self.title();
        if !self.values.is_empty() {
            let word = match &self.kind {
                WrongKind::Invariant => "for",
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
