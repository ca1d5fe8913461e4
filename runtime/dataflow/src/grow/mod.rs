//! Recursion over collections that only gain rows: no times, no multiplicities.
//!
//! Each relation of a component, and each collection that it imports, is a `store`: its rows flat, in the order in which
//! they came, each once. A rule is as many `stage`s as it has literals: one starts from the rows of that literal that the
//! rules haven't seen and looks up the others' in `index`es. The invariant is that an index shows (at least) the rows
//! that have been taken: then all rows that match are found together when the last of them is taken. Indexes are
//! brought up to date when a stage looks into them, so one that only rules from later ticks need costs nothing in the
//! first. Rows with lattice columns are merged in their store, and taken again when they improved.

mod ids;
mod index;
mod planner;
mod stage;
mod store;
mod tree;

use floret_ir::plan::{Loop, Operator, Plan};
use floret_ir::{NodeId, RelationId};

use crate::scalar::Context;
use crate::sinks::is_set;

use index::Index;
use planner::Planner;
use stage::{Known, Output, Stage};
use store::{Fresh, Store};
use tree::Forest;

/// After how many words the rows of a stage go to their store.
const FLUSH: usize = 1 << 14;

/// A recursive component on one worker.
pub(crate) struct Growth {
    /// Imports, then variables, then what is shared or of several parts inside of rules.
    stores: Vec<Store>,
    indexes: Vec<Index>,
    stages: Vec<Stage>,
    imports: usize,
    /// The relations, in the order of their stores after the imports.
    relations: Vec<RelationId>,
    /// Per relation, how many of its rows were shown.
    shown: Vec<usize>,
    context: Context,
    /// How many rounds there may be.
    limit: u64,
}

/// Why a component doesn't come to rest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unrest {
    /// This relation still grows at the limit of rounds.
    Rounds(RelationId),
    /// There are more rows than can be numbered.
    Rows,
}

impl Growth {
    /// A component without rows. Its way is the insert-only one.
    pub(crate) fn new(plan: &Plan, recursion: &Loop, context: &Context, limit: u64) -> Growth {
        let mut forest = Forest::new(plan, recursion);
        let mut rules = Vec::new();
        for variable in &recursion.variables {
            let store = forest.stores.get(&variable.feedback).copied().unwrap_or_default();
            rules.extend(forest.trees(variable.feedback).into_iter().map(|tree| (store, tree)));
        }
        let mut done = 0;
        while let Some(hidden) = forest.hidden.get(done).copied() {
            done += 1;
            let store = forest.stores.get(&hidden).copied().unwrap_or_default();
            rules.extend(forest.trees(hidden).into_iter().map(|tree| (store, tree)));
        }
        let arity = |node: NodeId| plan.nodes[node].columns.len();
        let imports = recursion.imports.iter();
        let mut stores: Vec<Store> =
            imports.map(|node| Store::new(arity(*node), !is_set(&plan.nodes[*node].operator))).collect();
        stores.extend(recursion.variables.iter().map(
            |variable| match &plan.nodes[variable.feedback].operator {
                Operator::Resolve { key, merges, .. } => Store::merged(*key, merges),
                _ => Store::new(arity(variable.feedback), true),
            },
        ));
        stores.extend(forest.hidden.iter().map(|node| Store::new(arity(*node), true)));
        let mut planner = Planner { context, indexes: Vec::new() };
        let mut stages = Vec::new();
        for (target, tree) in &rules {
            let leaves = 0..tree.leaves.len();
            stages.extend(leaves.filter_map(|leaf| planner.stage(tree, leaf, *target, &stores)));
        }
        Growth {
            stores,
            indexes: planner.indexes,
            stages,
            imports: recursion.imports.len(),
            relations: recursion.variables.iter().map(|variable| variable.relation).collect(),
            shown: vec![0; recursion.variables.len()],
            context: context.clone(),
            limit,
        }
    }

    /// Adds rows to an import, flat.
    pub(crate) fn import(&mut self, import: usize, rows: Vec<u64>, count: usize) -> Result<(), Unrest> {
        let interner = &self.context.interner;
        let added = self.stores.get_mut(import).is_some_and(|store| store.take_over(rows, count, interner));
        if added { Ok(()) } else { Err(Unrest::Rows) }
    }

    /// Derives everything that follows.
    pub(crate) fn settle(&mut self) -> Result<(), Unrest> {
        // In round 0 are the rows that imports alone make.
        let mut round: Option<u64> = None;
        let hidden = self.imports + self.relations.len();
        loop {
            let mut fresh: Vec<Fresh> = self.stores.iter_mut().map(Store::take).collect();
            if fresh.iter().all(Fresh::is_empty) {
                return Ok(());
            }
            let grown = fresh.get(self.imports..hidden).unwrap_or_default();
            if let Some(at) = grown.iter().position(|fresh| !fresh.is_empty()) {
                let at_round = round.map_or(0, |round| round + 1);
                round = Some(at_round);
                if at_round >= self.limit {
                    return Err(self.relations.get(at).map_or(Unrest::Rows, |of| Unrest::Rounds(*of)));
                }
            }
            self.step(&fresh)?;
            // Parts of rules belong to the round of their rule.
            loop {
                for (store, fresh) in self.stores.iter_mut().zip(&mut fresh).skip(hidden) {
                    *fresh = store.take();
                }
                fresh.iter_mut().take(hidden).for_each(|fresh| *fresh = Fresh::Range(0, 0));
                if fresh.iter().all(Fresh::is_empty) {
                    break;
                }
                self.step(&fresh)?;
            }
        }
    }

    /// Runs all stages from the fresh rows of their stores.
    fn step(&mut self, fresh: &[Fresh]) -> Result<(), Unrest> {
        let mut output = Output::default();
        for stage in &mut self.stages {
            let Some(fresh) = fresh.get(stage.driver).filter(|fresh| !fresh.is_empty()) else { continue };
            if stage.indexes().any(|index| self.stores[self.indexes[index].store].taken == 0) {
                continue;
            }
            for index in stage.indexes() {
                let index = &mut self.indexes[index];
                index.catch_up(&self.stores[index.store]);
            }
            let mut position = 0;
            while position < fresh.len() {
                let known = Known { stores: &self.stores, indexes: &self.indexes };
                let driver = &self.stores[stage.driver];
                while position < fresh.len() && output.words.len() < FLUSH {
                    stage.run(driver.row(fresh.at(position)), known, &mut output);
                    position += 1;
                }
                if !self.stores[stage.target].add(&output.words, output.count, &self.context.interner) {
                    return Err(Unrest::Rows);
                }
                output.words.clear();
                output.count = 0;
            }
        }
        Ok(())
    }

    /// Shows how a relation's rows changed since they were last shown: at most about `most` of them, until it says that
    /// there are no more.
    pub(crate) fn show(&mut self, variable: usize, most: usize, mut emit: impl FnMut(&[u64], isize)) -> bool {
        let (Some(store), Some(shown)) =
            (self.stores.get_mut(self.imports + variable), self.shown.get_mut(variable))
        else {
            return true;
        };
        for (row, before) in store.changed() {
            emit(&before, -1);
            emit(store.row(row as usize), 1);
        }
        let end = store.len().min(*shown + most);
        (*shown..end).for_each(|row| emit(store.row(row), 1));
        *shown = end;
        end == store.len()
    }
}
