//! The tests of a program: what the host feeds to its nodes, and what must come of it.

use crate::{Claims, Expr, Fact, RoleId, Row, Site, Span, Value, VarId, evaluate};

/// A test. Its expressions have no variables; parameters and the node in question they may have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Test {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub span: Span,
    /// How many nodes roles have (an int); those that aren't named have one.
    pub nodes: Vec<(RoleId, Expr<VarId>)>,
    /// What the host feeds, in source order.
    pub feeds: Vec<Feed>,
    /// The bodies that are looked at, as an invariant each.
    pub claims: Claims,
    /// When each of them is to have a solution.
    pub expectations: Vec<Expectation>,
}

/// A row from the host.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Feed {
    /// When, since the start (a duration); `None`: at the start.
    pub time: Option<Expr<VarId>>,
    /// The collection of the program, the node (without one: where the input's declaration says, else at every node), and
    /// the row.
    pub fact: Fact,
}

/// What a test expects of one of its bodies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expectation {
    /// When it is to have a solution.
    pub word: ClaimWord,
    /// The step.
    pub span: Span,
}

/// When a body of a test is to have a solution.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClaimWord {
    /// In the end.
    Eventually,
    /// After every tick.
    Always,
    /// After no tick.
    Never,
}

impl ClaimWord {
    /// As it is written.
    pub fn text(self) -> &'static str {
        match self {
            ClaimWord::Eventually => "eventually",
            ClaimWord::Always => "always",
            ClaimWord::Never => "never",
        }
    }
}

impl Test {
    /// The most nodes of a role.
    const MOST_NODES: u32 = 1_000;

    /// A number of nodes that a role can have.
    pub fn count(value: &Value) -> Option<u32> {
        match value {
            Value::Int(count) => {
                u32::try_from(*count).ok().filter(|count| (1..=Self::MOST_NODES).contains(count))
            }
            _ => None,
        }
    }

    /// Calls `visit` on every place in the source.
    pub fn for_each_span(&mut self, visit: &mut impl FnMut(&mut Span)) {
        visit(&mut self.span);
        self.feeds.iter_mut().for_each(|feed| visit(&mut feed.fact.span));
        self.claims.for_each_span(visit);
        self.expectations.iter_mut().for_each(|expectation| visit(&mut expectation.span));
    }
}

impl Fact {
    /// Its row, if this node gets it; `None` too if an expression has no value.
    pub fn row_at(&self, site: &Site) -> Option<Row> {
        let value = |expr| evaluate(expr, &|_: &VarId| None, site).ok();
        let here = match &self.place {
            None => true,
            Some(place) => value(place)? == Value::Address(site.me),
        };
        here.then(|| self.values.iter().map(value).collect::<Option<Row>>()).flatten()
    }
}
