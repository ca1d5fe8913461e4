//! The order in which a value goes up.

use std::sync::Arc;

use floret_ir::{Lattice, UserLattice};

/// How a value changes while the lattice columns it is computed from go up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Sense {
    /// It isn't computed from lattice columns.
    Plain,
    /// Upward in its type's order: `max<T>`, `any<bool>`, `lww<V>`.
    Up,
    /// Downward in its type's order: `min<T>`, `all<bool>`.
    Down,
    /// A set that gets more elements.
    Set,
    /// A map that gets more keys, whose values go this way.
    Map(Box<Sense>),
    /// A tuple or struct whose parts go these ways.
    Parts(Vec<Sense>),
    /// Upward in the order of a declared lattice.
    Own(Arc<UserLattice>),
    /// In no way that can be told.
    Exact,
}

impl Sense {
    /// The order of a lattice column.
    pub fn of(lattice: &Lattice) -> Sense {
        match lattice {
            Lattice::Max(_) | Lattice::Any | Lattice::Lww(_) => Sense::Up,
            Lattice::Min(_) | Lattice::All => Sense::Down,
            Lattice::Set(_) => Sense::Set,
            Lattice::Map(_, of) => Sense::Map(Box::new(Sense::of(of))),
            Lattice::Tuple(parts) | Lattice::Struct(_, parts) => {
                Sense::Parts(parts.iter().map(Sense::of).collect())
            }
            Lattice::User(of) => Sense::Own(of.clone()),
        }
    }

    /// Whether it isn't computed from lattice columns.
    pub fn is_plain(&self) -> bool {
        *self == Sense::Plain
    }

    /// Whether its order is total: then every monotone function keeps joins.
    pub fn is_chain(&self) -> bool {
        matches!(self, Sense::Up | Sense::Down)
    }

    /// Whether a value of this sense goes up in the order that `wanted` asks for.
    pub fn fits(&self, wanted: &Sense) -> bool {
        match (self, wanted) {
            (Sense::Plain, _) => true,
            (Sense::Exact, _) => false,
            (Sense::Parts(parts), Sense::Parts(wanted)) => {
                parts.len() == wanted.len()
                    && parts.iter().zip(wanted).all(|(part, wanted)| part.fits(wanted))
            }
            // Tuples are ordered part by part from the left, so what goes up in every part goes up.
            (Sense::Parts(parts), Sense::Up | Sense::Down) => parts.iter().all(|part| part.fits(wanted)),
            (Sense::Map(of), Sense::Map(wanted)) => of.fits(wanted),
            (Sense::Up | Sense::Down | Sense::Set | Sense::Map(_) | Sense::Parts(_) | Sense::Own(_), _) => {
                self == wanted
            }
        }
    }

    /// The sense of what is one of two values, or made of both by a function that goes up in both.
    pub fn with(self, other: Sense) -> Sense {
        if self.fits(&other) {
            other
        } else if other.fits(&self) {
            self
        } else {
            Sense::Exact
        }
    }

    /// The sense of what goes down where this goes up.
    pub fn turned(self) -> Sense {
        match self {
            Sense::Plain => Sense::Plain,
            Sense::Up => Sense::Down,
            Sense::Down => Sense::Up,
            Sense::Set | Sense::Map(_) | Sense::Parts(_) | Sense::Own(_) | Sense::Exact => Sense::Exact,
        }
    }

    /// The sense, if it is plain or a chain; else none.
    pub fn chain_or_plain(self) -> Sense {
        match self {
            Sense::Plain | Sense::Up | Sense::Down => self,
            // Compared from the left: only what goes the same way in every part is a chain's.
            Sense::Parts(_) if self.fits(&Sense::Up) => Sense::Up,
            Sense::Parts(_) if self.fits(&Sense::Down) => Sense::Down,
            Sense::Set | Sense::Map(_) | Sense::Parts(_) | Sense::Own(_) | Sense::Exact => Sense::Exact,
        }
    }
}
