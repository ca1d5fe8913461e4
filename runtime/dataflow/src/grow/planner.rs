//! From rules to stages: for each literal of a rule, in which order the others are looked up, and by what.

use floret_ir::plan::Mapping;
use floret_ir::{BinaryOp, Column, Expr, Scalar};

use super::index::Index;
use super::stage::{Stage, Step};
use super::store::Store;
use super::tree::{BranchKind, Tree};
use crate::kernel::Kernel;
use crate::row::encode;
use crate::scalar::{Columns, Context, valued};

/// What stages are made of.
pub(super) struct Planner<'c> {
    pub(super) context: &'c Context,
    pub(super) indexes: Vec<Index>,
}

/// A stage under construction.
struct Draft<'t, 'p> {
    tree: &'t Tree<'p>,
    frame: Vec<u64>,
    steps: Vec<Step>,
    /// By leaf, where its columns are in the frame.
    bound: Vec<Option<Vec<usize>>>,
    /// By operator, where its columns are in the frame.
    known: Vec<Option<Vec<usize>>>,
}

impl Planner<'_> {
    /// The stage that starts from a rule's leaf. `None` if the rule isn't one (which validation rules out).
    pub(super) fn stage(
        &mut self,
        tree: &Tree<'_>,
        leaf: usize,
        target: usize,
        stores: &[Store],
    ) -> Option<Stage> {
        let driver = *tree.leaves.get(leaf)?;
        let width = stores.get(driver)?.arity;
        let mut draft = Draft {
            tree,
            frame: vec![0; width],
            steps: Vec::new(),
            bound: vec![None; tree.leaves.len()],
            known: vec![None; tree.nodes.len()],
        };
        *draft.bound.get_mut(leaf)? = Some((0..width).collect());
        loop {
            (0..tree.nodes.len()).for_each(|node| self.evaluate(&mut draft, node));
            if let Some(emit) = draft.known.pop()? {
                let Draft { frame, steps, .. } = draft;
                return Some(Stage { driver, width, steps, emit, target, frame });
            }
            draft.known.push(None);
            self.bind(&mut draft, stores)?;
        }
    }

    /// Looks up the leaf that most is known of.
    fn bind(&mut self, draft: &mut Draft<'_, '_>, stores: &[Store]) -> Option<()> {
        let unbound = (0..draft.bound.len()).filter(|leaf| draft.bound[*leaf].is_none());
        let constrained = unbound.map(|leaf| (leaf, draft.constraints(leaf)));
        // Of equals the first.
        let (leaf, constraints) = constrained.rev().max_by_key(|(_, constraints)| constraints.len())?;
        let number = *draft.tree.leaves.get(leaf)?;
        let store = stores.get(number)?;
        let columns: Vec<Column> = constraints.iter().map(|(column, _)| *column).collect();
        let known = self.indexes.iter().position(|index| index.store == number && index.key == columns);
        let index = known.unwrap_or_else(|| {
            self.indexes.push(Index::new(number, store, columns));
            self.indexes.len() - 1
        });
        let at = draft.frame.len();
        let places = match self.indexes[index].payload() {
            None => {
                draft.frame.resize(at + store.arity, 0);
                (at..at + store.arity).collect()
            }
            Some(payload) => {
                draft.frame.resize(at + payload.len(), 0);
                let place = |column: Column| {
                    let of_key = constraints.iter().find(|(key, _)| *key == column).map(|(_, place)| *place);
                    of_key.or_else(|| Some(at + payload.iter().position(|other| *other == column)?))
                };
                (0..store.arity).map(place).collect::<Option<Vec<_>>>()?
            }
        };
        let key = constraints.into_iter().map(|(_, place)| place).collect();
        draft.steps.push(Step::Probe { index, key, at });
        draft.bound[leaf] = Some(places);
        Some(())
    }

    /// Computes an operator, if what it reads is known and it isn't.
    fn evaluate(&mut self, draft: &mut Draft<'_, '_>, node: usize) {
        if draft.known[node].is_some() {
            return;
        }
        let tree = draft.tree;
        let columns = match &tree.nodes[node].kind {
            BranchKind::Leaf(leaf) => draft.bound.get(*leaf).cloned().flatten(),
            BranchKind::Map { input, mapping } => {
                draft.known[*input].clone().map(|places| self.map(draft, mapping, places, &[*input]))
            }
            BranchKind::Unnest { input, value } => {
                draft.known[*input].clone().map(|places| self.unnest(draft, value, places, *input))
            }
            BranchKind::Join { left, right, on, mapping } => {
                let (Some(left_places), Some(right_places)) =
                    (draft.known[*left].clone(), draft.known[*right].clone())
                else {
                    return;
                };
                for (l, r) in *on {
                    draft.check(left_places[*l], right_places[*r], true);
                }
                Some(self.map(draft, mapping, [left_places, right_places].concat(), &[*left, *right]))
            }
        };
        draft.known[node] = columns;
    }

    /// Applies a mapping to columns that are at these places.
    fn map(
        &mut self,
        draft: &mut Draft<'_, '_>,
        mapping: &Mapping,
        from: Vec<usize>,
        inputs: &[usize],
    ) -> Vec<usize> {
        if mapping.lets.is_empty()
            && let Some(conditions) = mapping.conditions.iter().map(comparison).collect::<Option<Vec<_>>>()
            && mapping.columns.iter().all(is_plain)
        {
            for (left, right, equal) in conditions {
                let (left, right) = (self.plain(draft, left, &from), self.plain(draft, right, &from));
                draft.check(left, right, equal);
            }
            return mapping.columns.iter().map(|column| self.plain(draft, column, &from)).collect();
        }
        let types = inputs.iter().flat_map(|input| draft.tree.nodes[*input].types).copied().collect();
        let kernel =
            Kernel::new(mapping, types, (0..from.len()).collect(), from.len(), Vec::new(), self.context);
        let (at, width) = (draft.frame.len(), mapping.columns.len());
        draft.frame.resize(at + width, 0);
        draft.steps.push(Step::Compute { kernel, from, at, width });
        (at..at + width).collect()
    }

    fn unnest(
        &mut self,
        draft: &mut Draft<'_, '_>,
        value: &Scalar,
        from: Vec<usize>,
        input: usize,
    ) -> Vec<usize> {
        let types = draft.tree.nodes[input].types.to_vec();
        let columns = Columns { types, places: (0..from.len()).collect(), inputs: from.len() };
        let at = draft.frame.len();
        draft.frame.push(0);
        let value = valued(value, &columns, self.context);
        let interner = self.context.interner.clone();
        let places = from.iter().copied().chain([at]).collect();
        draft.steps.push(Step::Unnest { value, from, at, interner });
        places
    }

    /// The place of a column or constant.
    fn plain(&self, draft: &mut Draft<'_, '_>, expr: &Scalar, from: &[usize]) -> usize {
        match expr {
            Expr::Const(value) => {
                draft.frame.push(encode(value, &self.context.interner));
                draft.frame.len() - 1
            }
            Expr::Var(column) => from.get(*column).copied().unwrap_or_default(),
            // `is_plain` said so.
            _ => 0,
        }
    }
}

impl Draft<'_, '_> {
    /// The columns of a leaf that must equal something that is known, each with where that is.
    fn constraints(&self, leaf: usize) -> Vec<(Column, usize)> {
        let mut found: Vec<(Column, usize)> = Vec::new();
        for branch in &self.tree.nodes {
            let BranchKind::Join { left, right, on, .. } = &branch.kind else { continue };
            for (l, r) in *on {
                for ((side, column), (other, other_column)) in
                    [((*left, *l), (*right, *r)), ((*right, *r), (*left, *l))]
                {
                    let Some((of, column)) = self.tree.origin(side, column) else { continue };
                    let place = self.place(other, other_column);
                    if let Some(place) = place.filter(|_| of == leaf)
                        && found.iter().all(|(other, _)| *other != column)
                    {
                        found.push((column, place));
                    }
                }
            }
        }
        found.sort_unstable();
        found
    }

    /// Where an operator's column is, if that is known by now.
    fn place(&self, node: usize, column: Column) -> Option<usize> {
        if let Some(places) = &self.known[node] {
            return places.get(column).copied();
        }
        let (leaf, column) = self.tree.origin(node, column)?;
        self.bound.get(leaf)?.as_ref()?.get(column).copied()
    }

    /// Goes on only with rows in which the words of two places are equal (or not).
    fn check(&mut self, left: usize, right: usize, equal: bool) {
        // A word that was looked up by another is that one.
        if left != right || !equal {
            self.steps.push(Step::Check { left, right, equal });
        }
    }
}

/// A condition that compares words.
fn comparison(condition: &Scalar) -> Option<(&Scalar, &Scalar, bool)> {
    let Expr::Binary { op: op @ (BinaryOp::Equal | BinaryOp::NotEqual), left, right, .. } = condition else {
        return None;
    };
    (is_plain(left) && is_plain(right)).then_some((left, right, *op == BinaryOp::Equal))
}

fn is_plain(expr: &Scalar) -> bool {
    matches!(expr, Expr::Var(_) | Expr::Const(_))
}
