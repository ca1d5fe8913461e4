//! Types that are found out: cells that get a type, or become one cell.
//!
//! A known cell is a constructor over other cells, so that `[]` is a list before anybody knows of what.

use std::collections::{HashMap, HashSet};

use floret_ir::{IndexVec, Role, RoleId, Type};

use super::type_name;
use crate::front::findings::Evidence;
use crate::front::resolve::{TYPE_DEPTH, TYPE_LIMIT};

/// The type of a column, variable or expression.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Cell(usize);

/// What a type is made with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Head {
    /// A type without parts of its own, or a declared one.
    Plain(Type),
    Tuple,
    List,
    Set,
    Map,
    Option,
}

#[derive(Clone, Debug)]
enum State {
    /// Not known yet.
    Open,
    /// The same as another cell.
    Same(Cell),
    /// A diagnostic was given: it agrees with everything.
    Broken,
    Known(Head, Vec<Cell>, Evidence),
}

/// What a cell is.
pub(super) enum Seen {
    Open,
    Broken,
    Known(Head, Vec<Cell>),
}

/// Why two cells can't be one type.
pub(super) enum Clash {
    /// They are different ones.
    Different,
    /// One would be a part of itself.
    Endless,
}

/// Why a cell has no type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NoType {
    Open,
    Broken,
    TooLarge,
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
    pub fn made(&mut self, head: Head, parts: Vec<Cell>, because: Evidence) -> Cell {
        self.push(State::Known(head, parts, because))
    }
    pub fn known(&mut self, ty: Type, because: Evidence) -> Cell {
        let (head, parts) = match ty {
            Type::Tuple(parts) => (Head::Tuple, parts.to_vec()),
            Type::List(of) => (Head::List, vec![*of]),
            Type::Set(of) => (Head::Set, vec![*of]),
            Type::Option(of) => (Head::Option, vec![*of]),
            Type::Map(key, of) => (Head::Map, vec![*key, *of]),
            Type::Int
            | Type::Float
            | Type::Bool
            | Type::String
            | Type::Bytes
            | Type::Time
            | Type::Duration
            | Type::Address(_)
            | Type::Node
            | Type::Struct(_)
            | Type::Enum(_) => (Head::Plain(ty), Vec::new()),
        };
        let parts = parts.into_iter().map(|part| self.known(part, because.clone())).collect();
        self.made(head, parts, because)
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

    /// What is known of the cell.
    pub fn see(&mut self, cell: Cell) -> Seen {
        let root = self.root(cell);
        match &self.states[root.0] {
            State::Known(head, parts, _) => Seen::Known(*head, parts.clone()),
            State::Open | State::Same(_) => Seen::Open,
            State::Broken => Seen::Broken,
        }
    }
    /// Why it is what it is, if it is known.
    pub fn evidence(&mut self, cell: Cell) -> Option<Evidence> {
        let root = self.root(cell);
        match &self.states[root.0] {
            State::Known(_, _, because) => Some(because.clone()),
            State::Open | State::Broken | State::Same(_) => None,
        }
    }
    /// Whether nothing determined the type (and no diagnostic excuses that).
    pub fn is_open(&mut self, cell: Cell) -> bool {
        matches!(self.see(cell), Seen::Open)
    }
    /// Excuses an open cell, and all that are the same.
    pub fn give_up(&mut self, cell: Cell) {
        let root = self.root(cell);
        self.states[root.0] = State::Broken;
    }

    /// The type as it is written, with `_` for what is not known.
    pub fn text(&mut self, cell: Cell, roles: &IndexVec<RoleId, Role>) -> String {
        self.text_within(cell, roles, 6)
    }

    fn text_within(&mut self, cell: Cell, roles: &IndexVec<RoleId, Role>, depth: usize) -> String {
        let Seen::Known(head, parts) = self.see(cell) else { return "_".into() };
        if let Head::Plain(ty) = head {
            return type_name(ty, roles);
        }
        let Some(depth) = depth.checked_sub(1) else { return "...".into() };
        let parts: Vec<String> = parts.into_iter().map(|part| self.text_within(part, roles, depth)).collect();
        let parts = parts.join(", ");
        match head {
            Head::Plain(_) | Head::Tuple => format!("({parts})"),
            Head::List => format!("list<{parts}>"),
            Head::Set => format!("set<{parts}>"),
            Head::Map => format!("map<{parts}>"),
            Head::Option => format!("option<{parts}>"),
        }
    }

    /// Makes both the same type, or says why they aren't. Known cells are never joined: each keeps its own evidence.
    pub fn unify(&mut self, left: Cell, right: Cell) -> Result<(), Clash> {
        let mut open = vec![(left, right)];
        // Types share parts, and pairs of them would be compared again and again.
        let mut seen = HashSet::new();
        while let Some((left, right)) = open.pop() {
            let (left, right) = (self.root(left), self.root(right));
            if left == right || !seen.insert((left, right)) {
                continue;
            }
            match (&self.states[left.0], &self.states[right.0]) {
                (State::Known(a, a_parts, _), State::Known(b, b_parts, _)) => {
                    if a != b || a_parts.len() != b_parts.len() {
                        return Err(Clash::Different);
                    }
                    open.extend(a_parts.iter().copied().zip(b_parts.iter().copied()));
                }
                (State::Open, State::Open) => self.states[right.0] = State::Same(left),
                (State::Open, _) => self.fill(left, right)?,
                (_, State::Open) => self.fill(right, left)?,
                (State::Broken | State::Same(_), _) | (_, State::Broken | State::Same(_)) => {}
            }
        }
        Ok(())
    }

    fn fill(&mut self, open: Cell, with: Cell) -> Result<(), Clash> {
        let mut parts = vec![with];
        let mut seen = HashSet::new();
        while let Some(part) = parts.pop() {
            let part = self.root(part);
            if part == open {
                return Err(Clash::Endless);
            }
            if let State::Known(_, inner, _) = &self.states[part.0]
                && seen.insert(part)
            {
                parts.extend(inner.iter().copied());
            }
        }
        self.states[open.0] = self.states[with.0].clone();
        Ok(())
    }

    /// The type, once all of it is known.
    pub fn get(&mut self, cell: Cell) -> Result<Type, NoType> {
        let mut sizes = HashMap::new();
        if self.size(cell, TYPE_DEPTH, &mut sizes)? > TYPE_LIMIT {
            return Err(NoType::TooLarge);
        }
        self.built(cell)
    }

    /// The number of parts, at most about the limit.
    fn size(&mut self, cell: Cell, depth: usize, sizes: &mut HashMap<Cell, usize>) -> Result<usize, NoType> {
        let root = self.root(cell);
        if let Some(size) = sizes.get(&root) {
            return Ok(*size);
        }
        let depth = depth.checked_sub(1).ok_or(NoType::TooLarge)?;
        let mut size: usize = 1;
        match self.see(root) {
            Seen::Open => return Err(NoType::Open),
            Seen::Broken => return Err(NoType::Broken),
            Seen::Known(_, parts) => {
                for part in parts {
                    size = size.saturating_add(self.size(part, depth, sizes)?);
                }
            }
        }
        sizes.insert(root, size);
        Ok(size)
    }

    fn built(&mut self, cell: Cell) -> Result<Type, NoType> {
        let (head, parts) = match self.see(cell) {
            Seen::Open => return Err(NoType::Open),
            Seen::Broken => return Err(NoType::Broken),
            Seen::Known(head, parts) => (head, parts),
        };
        let parts: Vec<Type> = parts.into_iter().map(|part| self.built(part)).collect::<Result<_, _>>()?;
        Ok(match (head, parts.as_slice()) {
            (Head::Plain(ty), _) => ty,
            (Head::List, [of]) => Type::list(*of),
            (Head::Set, [of]) => Type::set(*of),
            (Head::Option, [of]) => Type::option(*of),
            (Head::Map, [key, of]) => Type::map(*key, *of),
            (Head::Tuple | Head::List | Head::Set | Head::Option | Head::Map, _) => Type::tuple(parts),
        })
    }
}
