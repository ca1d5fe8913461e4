//! The rules of a recursive component as trees over the relations that they read.

use std::collections::BTreeMap;

use floret_ir::plan::{Loop, Mapping, Operator, Plan};
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

/// Which operators of a component are stores, and what goes into them.
pub(super) struct Forest<'p> {
    plan: &'p Plan,
    /// Stores by operator.
    pub(super) stores: BTreeMap<NodeId, usize>,
    /// How often each operator is read in the component.
    uses: BTreeMap<NodeId, usize>,
    /// Operators that are to be stores of their own, in the order in which they were met.
    pub(super) hidden: Vec<NodeId>,
    /// The number of stores.
    pub(super) count: usize,
}

impl<'p> Forest<'p> {
    /// The stores of a component: its imports first, then its variables. (More appear as trees are made.)
    pub(super) fn new(plan: &'p Plan, recursion: &Loop) -> Self {
        let mut stores = BTreeMap::new();
        for (at, import) in recursion.imports.iter().enumerate() {
            stores.insert(*import, at);
        }
        let imports = recursion.imports.len();
        for (at, variable) in recursion.variables.iter().enumerate() {
            stores.insert(variable.variable, imports + at);
            stores.insert(variable.feedback, imports + at);
        }
        let mut uses = BTreeMap::new();
        for item in &recursion.items {
            for input in plan.nodes[*item].operator.inputs() {
                *uses.entry(input).or_default() += 1;
            }
        }
        Forest { plan, stores, uses, hidden: Vec::new(), count: imports + recursion.variables.len() }
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
            self.count += 1;
            self.stores.insert(of, self.count - 1);
            self.hidden.push(of);
            self.count - 1
        })
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
                let (left, right) = (self.inner(tree, *left), self.inner(tree, *right));
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

fn copied(mapping: &Mapping, column: Column) -> Option<Column> {
    if let Expr::Var(from) = mapping.columns.get(column)? { Some(*from) } else { None }
}
