//! What must hold at all times.

use std::collections::BTreeSet;

use floret_ir::{Address, RelationId, Row};

use super::contents::Contents;

/// Something that must hold after every tick, over all nodes.
pub trait Claim: Sync {
    /// Looks at what all nodes hold. `node`: whose tick was committed just now; `changed`: which of its relations hold
    /// something else than before it.
    fn check(&self, contents: &Contents, node: Address, changed: &BTreeSet<RelationId>) -> Option<Wrong>;
}

/// A claim was wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wrong {
    /// The claim's name.
    pub name: String,
    /// What is wrong, in its author's words.
    pub text: Option<String>,
    /// For which values, in words; empty if there are none.
    pub values: String,
    /// The rows that it is wrong for.
    pub rows: Vec<(Address, RelationId, Row)>,
    /// What there was none of, in words.
    pub absent: Vec<String>,
}

impl Wrong {
    /// In a line.
    pub fn text(&self) -> String {
        let mut text = format!("invariant `{}` is violated", self.name);
        if !self.values.is_empty() {
            text.push_str(&format!(" for {}", self.values));
        }
        if let Some(words) = &self.text {
            text.push_str(&format!(": {words}"));
        }
        text
    }
}
