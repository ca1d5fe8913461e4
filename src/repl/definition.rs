//! What a session is: the present program, and what arrived. Its state is the program run over the arrivals.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use floret_ir::{Address, Row, Source};

/// The number of something typed or loaded, by which the user names it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Number(pub u32);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]", self.0)
    }
}

/// A piece of a source: messages about it show the source and point into it.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The line typed, or the file.
    pub source: Arc<Source>,
    /// Where the piece starts in it.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

impl Piece {
    /// A whole text.
    pub fn whole(name: impl Into<String>, text: impl Into<String>) -> Piece {
        let source = Source { name: name.into(), text: text.into() };
        Piece { start: 0, end: source.text.len(), source: Arc::new(source) }
    }

    /// A part of this piece's source.
    pub fn part(&self, start: usize, end: usize) -> Piece {
        Piece { source: Arc::clone(&self.source), start, end }
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.source.text.get(self.start..self.end).unwrap_or("")
    }
}

/// Where a statement comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// It was typed or loaded.
    User,
    /// A declaration made for an undeclared fact; one that the user types takes its place.
    Automatic,
}

/// A statement of the present program.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Its number.
    pub number: Number,
    /// Its text.
    pub piece: Piece,
    /// Where it comes from.
    pub origin: Origin,
}

/// A fact that was typed.
#[derive(Clone, Debug)]
pub struct TypedFact {
    /// Its number.
    pub number: Number,
    /// Its text, with the `;`.
    pub piece: Piece,
}

/// Rows of a file.
#[derive(Clone, Debug)]
pub struct Data {
    /// Its number.
    pub number: Number,
    /// `NAME=FILE` or `NAME@Role[i]=FILE`.
    pub spec: String,
    /// The rows with their nodes, as they were read.
    pub rows: Vec<(Address, Row)>,
    /// What the rows were read for: the declaration and the nodes. Under another one the file is read again.
    pub read_as: String,
}

/// A message, recognised when the session is replayed under another program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Letter {
    /// From whom.
    pub from: String,
    /// To whom.
    pub to: String,
    /// Channel and values.
    pub row: String,
}

/// Something that happened to the nodes from outside. Each is followed by ticks until nothing is under way but what
/// is held.
#[derive(Clone, Debug)]
pub enum Arrival {
    /// Facts typed together arrive together.
    Facts(Vec<TypedFact>),
    /// A row from the host, for one node.
    Send(TypedFact),
    /// The host deletes a row of a mutable input.
    Delete(TypedFact),
    /// Rows of a file.
    Data(Data),
    /// So many ticks of every node.
    Tick(u32),
    /// From now on messages of these channels (all, if none are named) stay under way.
    Hold(Vec<String>),
    /// Nothing is held any more.
    Unhold,
    /// These held messages arrive, those for one node together.
    Deliver(Vec<Letter>),
    /// Held messages arrive until none is left.
    Run,
    /// So many nanoseconds pass, with the beats of timers.
    Pass(i64),
    /// The clock is set; what is between is passed over.
    Clock(i64),
}

/// The whole session.
#[derive(Clone, Default, Debug)]
pub struct Definition {
    /// The program.
    pub statements: Vec<Arc<Statement>>,
    /// What arrived, in order.
    pub arrivals: Vec<Arc<Arrival>>,
    /// When the session began, in nanoseconds since 1970 (UTC).
    pub start: i64,
    /// How many nodes the roles have, where not one.
    pub nodes: BTreeMap<String, u32>,
    /// The last number given.
    pub last: u32,
}

impl Definition {
    /// A new number.
    pub fn number(&mut self) -> Number {
        self.last += 1;
        Number(self.last)
    }

    /// All typed facts, in order.
    pub fn facts(&self) -> impl Iterator<Item = &TypedFact> {
        self.arrivals.iter().flat_map(|arrival| match &**arrival {
            Arrival::Facts(facts) => facts.as_slice(),
            Arrival::Send(fact) | Arrival::Delete(fact) => std::slice::from_ref(fact),
            Arrival::Data(_)
            | Arrival::Tick(_)
            | Arrival::Hold(_)
            | Arrival::Unhold
            | Arrival::Deliver(_)
            | Arrival::Run
            | Arrival::Pass(_)
            | Arrival::Clock(_) => &[],
        })
    }

    /// Takes out what has this number; false if nothing has.
    pub fn remove(&mut self, number: Number) -> bool {
        let before = self.statements.len();
        self.statements.retain(|statement| statement.number != number);
        let mut found = self.statements.len() < before;
        let mut arrivals = Vec::new();
        for arrival in &self.arrivals {
            match &**arrival {
                Arrival::Facts(facts) if facts.iter().any(|fact| fact.number == number) => {
                    found = true;
                    let left: Vec<_> = facts.iter().filter(|fact| fact.number != number).cloned().collect();
                    if !left.is_empty() {
                        arrivals.push(Arc::new(Arrival::Facts(left)));
                    }
                }
                Arrival::Send(fact) | Arrival::Delete(fact) if fact.number == number => found = true,
                Arrival::Data(data) if data.number == number => found = true,
                Arrival::Facts(_)
                | Arrival::Send(_)
                | Arrival::Delete(_)
                | Arrival::Data(_)
                | Arrival::Tick(_)
                | Arrival::Hold(_)
                | Arrival::Unhold
                | Arrival::Deliver(_)
                | Arrival::Run
                | Arrival::Pass(_)
                | Arrival::Clock(_) => arrivals.push(Arc::clone(arrival)),
            }
        }
        self.arrivals = arrivals;
        found
    }
}
