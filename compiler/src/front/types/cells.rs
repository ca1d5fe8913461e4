//! Types that are found out: cells that get a type, or become one cell.

use floret_ir::Type;

use crate::front::findings::Evidence;

/// The type of a column, variable or expression.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Cell(usize);

#[derive(Clone, Debug)]
enum State {
    /// Not known yet.
    Open,
    /// The same as another cell.
    Same(Cell),
    /// A diagnostic was given: it agrees with everything.
    Broken,
    Known(Type, Evidence),
}

/// Two types where one is needed.
pub(super) struct Clash {
    pub left: (Type, Evidence),
    pub right: (Type, Evidence),
}

/// All cells.
#[derive(Default)]
pub(super) struct Cells {
    states: Vec<State>,
}

impl Cells {
    fn push(&mut self, state: State) -> Cell {
        self.states.push(state);
        Cell(self.states.len() - 1)
    }
    pub fn open(&mut self) -> Cell {
        self.push(State::Open)
    }
    pub fn broken(&mut self) -> Cell {
        self.push(State::Broken)
    }
    pub fn known(&mut self, ty: Type, because: Evidence) -> Cell {
        self.push(State::Known(ty, because))
    }

    fn root(&mut self, cell: Cell) -> Cell {
        let mut root = cell;
        while let State::Same(next) = self.states[root.0] {
            root = next;
        }
        let mut at = cell;
        while let State::Same(next) = self.states[at.0] {
            self.states[at.0] = State::Same(root);
            at = next;
        }
        root
    }

    /// The type, once it is known.
    pub fn get(&mut self, cell: Cell) -> Option<(Type, &Evidence)> {
        let root = self.root(cell);
        match &self.states[root.0] {
            State::Known(ty, because) => Some((*ty, because)),
            State::Open | State::Broken | State::Same(_) => None,
        }
    }
    /// Whether nothing determined the type (and no diagnostic excuses that).
    pub fn is_open(&mut self, cell: Cell) -> bool {
        let root = self.root(cell);
        matches!(self.states[root.0], State::Open)
    }

    /// Excuses an open cell, and all that are the same.
    pub fn give_up(&mut self, cell: Cell) {
        let root = self.root(cell);
        self.states[root.0] = State::Broken;
    }

    /// Makes both the same type, or says why they aren't. Known cells are never joined: each keeps its own evidence.
    pub fn unify(&mut self, left: Cell, right: Cell) -> Result<(), Clash> {
        let (left, right) = (self.root(left), self.root(right));
        if left == right {
            return Ok(());
        }
        match (&self.states[left.0], &self.states[right.0]) {
            (State::Known(a, because_a), State::Known(b, because_b)) => {
                if a == b {
                    return Ok(());
                }
                return Err(Clash { left: (*a, because_a.clone()), right: (*b, because_b.clone()) });
            }
            (State::Open, State::Open) => self.states[right.0] = State::Same(left),
            (State::Open, other) => self.states[left.0] = other.clone(),
            (other, State::Open) => self.states[right.0] = other.clone(),
            (State::Broken | State::Same(_), _) | (_, State::Broken | State::Same(_)) => {}
        }
        Ok(())
    }
}
