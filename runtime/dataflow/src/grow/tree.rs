//! The rules of a recursive component as trees over the relations that they read.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::plan::{Loop, LoopVariable, Mapping, Operator, Plan};
use floret_ir::{Column, Expr, NodeId, Scalar, Type};

/// A rule for a store: everything that an operator is made of.
pub(super) struct Tree<'p> {
    /// The operators, each after those it reads; the last is the whole.
    pub(super) nodes: Vec<Branch<'p>>,
    /// The stores that are read, in order; one may be read several times.
    pub(super) leaves: Vec<usize>,
}

/// An operator of a rule, with the types of its columns.
pub(super) struct Branch<'p> {
    pub(super) kind: BranchKind<'p>,
    pub(super) types: &'p [Type],
}

pub(super) enum BranchKind<'p> {
    /// A store's rows, by the position among the leaves.
    Leaf(usize),
    Map {
        input: usize,
        mapping: &'p Mapping,
    },
    Unnest {
        input: usize,
        value: &'p Scalar,
    },
    Join {
        left: usize,
        right: usize,
        on: &'p [(Column, Column)],
        mapping: &'p Mapping,
    },
}

/// Where a store's rows are, if there are several workers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// Where they come to be.
    Here,
    /// Where a hash of these columns says.
    By(Vec<Column>),
}

/// What goes into a store that is neither an import nor a variable.
#[derive(Clone, Copy)]
pub(super) enum Content {
    /// The rows that rules make for an operator.
    Rules(NodeId),
    /// The rows of another store, which is this operator.
    Copy(NodeId, usize),
}

/// Which operators of a component are stores, and what goes into them.
pub(super) struct Forest<'p> {
    plan: &'p Plan,
    /// The operators that read a variable, and the variables.
    recurring: BTreeSet<NodeId>,
    /// Several workers: what a join reads is a store of its own, by the join's key.
    spread: bool,
    /// Stores by operator.
    pub(super) stores: BTreeMap<NodeId, usize>,
    /// Sides of joins by operator and key.
    sides: BTreeMap<(NodeId, Vec<Column>), usize>,
    /// How often each operator is read in the component.
    uses: BTreeMap<NodeId, usize>,
    /// The stores beside imports and variables, in order.
    pub(super) hidden: Vec<Content>,
    /// Where the stores' rows are.
    pub(super) places: Vec<Place>,
}

impl<'p> Forest<'p> {
    /// The stores of a component: its imports first, then its variables. (More appear as trees are made.)
    pub(super) fn new(plan: &'p Plan, recursion: &Loop, spread: bool) -> Self {
        let mut stores = BTreeMap::new();
        let mut places = Vec::new();
        for import in &recursion.imports {
            stores.insert(*import, places.len());
            places.push(Place::Here);
        }
        for variable in &recursion.variables {
            stores.insert(variable.variable, places.len());
            stores.insert(variable.feedback, places.len());
            places.push(place(plan, recursion, variable));
        }
        let mut uses = BTreeMap::new();
        let mut recurring: BTreeSet<NodeId> = recursion.variables.iter().map(|of| of.variable).collect();
        for item in &recursion.items {
            for input in plan.nodes[*item].operator.inputs() {
                *uses.entry(input).or_default() += 1;
                if recurring.contains(&input) {
                    recurring.insert(*item);
                }
            }
        }
        Forest { plan, recurring, spread, stores, sides: BTreeMap::new(), uses, hidden: Vec::new(), places }
    }

    /// The rules of a hidden store.
    pub(super) fn content(&mut self, content: Content) -> Vec<Tree<'p>> {
        match content {
            Content::Rules(of) => self.trees(of),
            Content::Copy(of, store) => vec![self.tree(of, Some(store))],
        }
    }

    /// The rules whose rows together are those of an operator.
    pub(super) fn trees(&mut self, of: NodeId) -> Vec<Tree<'p>> {
        match &self.plan.nodes[of].operator {
            Operator::Union { inputs } => inputs.iter().flat_map(|input| self.branches(*input)).collect(),
            Operator::Distinct { input } | Operator::Resolve { derived: input, .. } => self.branches(*input),
            _ => vec![self.tree(of, None)],
        }
    }

    fn branches(&mut self, of: NodeId) -> Vec<Tree<'p>> {
        match self.stores.get(&of).copied() {
            Some(store) => vec![self.tree(of, Some(store))],
            None => self.trees(of),
        }
    }

    fn tree(&mut self, of: NodeId, store: Option<usize>) -> Tree<'p> {
        let mut tree = Tree { nodes: Vec::new(), leaves: Vec::new() };
        self.grow(&mut tree, of, store);
        tree
    }

    /// The store that an operator inside of a rule is; one that is read more than once, and one of several parts,
    /// becomes one.
    fn store_of(&mut self, of: NodeId) -> Option<usize> {
        if let Some(store) = self.stores.get(&of) {
            return Some(*store);
        }
        let shared = self.uses.get(&of).is_some_and(|uses| *uses > 1);
        let hides = match self.plan.nodes[of].operator {
            Operator::Union { .. } => true,
            Operator::Join { .. } | Operator::Unnest { .. } => shared,
            _ => false,
        };
        hides.then(|| {
            let all = (0..self.plan.nodes[of].columns.len()).collect();
            let store = self.hide(Content::Rules(of), Place::By(all));
            self.stores.insert(of, store);
            store
        })
    }

    /// The store of a join's side: with several workers one whose rows are where the key says.
    fn side(&mut self, of: NodeId, key: Vec<Column>) -> Option<usize> {
        let store = self.store_of(of);
        let place = Place::By(key.clone());
        if !self.spread || store.is_some_and(|store| self.places.get(store) == Some(&place)) {
            return store;
        }
        if let Some(side) = self.sides.get(&(of, key.clone())) {
            return Some(*side);
        }
        let content = store.map_or(Content::Rules(of), |store| Content::Copy(of, store));
        let side = self.hide(content, place);
        self.sides.insert((of, key), side);
        Some(side)
    }

    /// Makes a store of an operator that is made by a join and isn't one yet.
    fn keep_join(&mut self, of: NodeId) {
        let joins = match &self.plan.nodes[of].operator {
            Operator::Join { .. } => true,
            Operator::Map { input, .. } => matches!(self.plan.nodes[*input].operator, Operator::Join { .. }),
            _ => false,
        };
        if joins && !self.stores.contains_key(&of) {
            let all = (0..self.plan.nodes[of].columns.len()).collect();
            let store = self.hide(Content::Rules(of), Place::By(all));
            self.stores.insert(of, store);
        }
    }

    fn hide(&mut self, content: Content, place: Place) -> usize {
        self.hidden.push(content);
        self.places.push(place);
        self.places.len() - 1
    }

    fn grow(&mut self, tree: &mut Tree<'p>, of: NodeId, store: Option<usize>) -> usize {
        let node = &self.plan.nodes[of];
        let kind = match (store, &node.operator) {
            (Some(store), _) => {
                tree.leaves.push(store);
                BranchKind::Leaf(tree.leaves.len() - 1)
            }
            (None, Operator::Map { input, mapping }) => {
                BranchKind::Map { input: self.inner(tree, *input), mapping }
            }
            (None, Operator::Unnest { input, value }) => {
                BranchKind::Unnest { input: self.inner(tree, *input), value }
            }
            (None, Operator::Join { left, right, on, mapping }) => {
                // Between two literals that grow, what two others make is kept: it is looked up more often than made.
                if self.recurring.contains(left) && self.recurring.contains(right) {
                    self.keep_join(*left);
                    self.keep_join(*right);
                }
                let left_side = self.side(*left, on.iter().map(|(column, _)| *column).collect());
                let left = self.grow(tree, *left, left_side);
                let right_side = self.side(*right, on.iter().map(|(_, column)| *column).collect());
                let right = self.grow(tree, *right, right_side);
                BranchKind::Join { left, right, on, mapping }
            }
            // What is distinct outside of the loop's relations needn't be, for rows are kept once in any case.
            (None, Operator::Distinct { input }) => return self.inner(tree, *input),
            // The component's way was asked for before: nothing else is in it.
            (None, _) => BranchKind::Leaf(usize::MAX),
        };
        tree.nodes.push(Branch { kind, types: &node.columns });
        tree.nodes.len() - 1
    }

    fn inner(&mut self, tree: &mut Tree<'p>, of: NodeId) -> usize {
        let store = self.store_of(of);
        self.grow(tree, of, store)
    }
}

impl Tree<'_> {
    /// Where a column of an operator comes from, if it is a leaf's column as it is: the leaf and the column.
    pub(super) fn origin(&self, node: usize, column: Column) -> Option<(usize, Column)> {
        let branch = self.nodes.get(node)?;
        match &branch.kind {
            BranchKind::Leaf(leaf) => Some((*leaf, column)),
            BranchKind::Map { input, mapping } => {
                let from = copied(mapping, column)?;
                (from < self.nodes.get(*input)?.types.len()).then(|| self.origin(*input, from))?
            }
            BranchKind::Unnest { input, .. } => {
                (column < self.nodes.get(*input)?.types.len()).then(|| self.origin(*input, column))?
            }
            BranchKind::Join { left, right, mapping, .. } => {
                let from = copied(mapping, column)?;
                let width = self.nodes.get(*left)?.types.len();
                let all = width + self.nodes.get(*right)?.types.len();
                match from {
                    _ if from < width => self.origin(*left, from),
                    _ if from < all => self.origin(*right, from - width),
                    _ => None,
                }
            }
        }
    }
}

/// Where a variable's rows are best: by the key of a join that reads it, if the rows that merge have that in common.
fn place(plan: &Plan, recursion: &Loop, variable: &LoopVariable) -> Place {
    let arity = plan.nodes[variable.variable].columns.len();
    let kept = match &plan.nodes[variable.feedback].operator {
        Operator::Resolve { key, .. } => *key,
        _ => arity,
    };
    let keys = recursion.items.iter().flat_map(|item| match &plan.nodes[*item].operator {
        Operator::Join { left, right, on, .. } => {
            let left_key =
                (*left == variable.variable).then(|| on.iter().map(|(column, _)| *column).collect());
            let right_key =
                (*right == variable.variable).then(|| on.iter().map(|(_, column)| *column).collect());
            [left_key, right_key]
        }
        _ => [None, None],
    });
    let fits = |key: &Vec<Column>| !key.is_empty() && key.iter().all(|column| *column < kept);
    Place::By(keys.flatten().find(fits).unwrap_or_else(|| (0..kept).collect()))
}

fn copied(mapping: &Mapping, column: Column) -> Option<Column> {
    if let Expr::Var(from) = mapping.columns.get(column)? { Some(*from) } else { None }
}
