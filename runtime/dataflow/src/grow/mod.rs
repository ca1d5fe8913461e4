//! Recursion over collections that only gain rows: no times, no multiplicities.
//!
//! Each relation of a component, and each collection that it imports, is a `store`: its rows flat, in the order in which
//! they came, each once. A rule is as many `stage`s as it has literals: one starts from the rows of that literal that the
//! rules haven't seen and looks up the others' in `index`es. The invariant is that an index shows (at least) the rows
//! that have been taken: then all rows that match are found together when the last of them is taken. Indexes are
//! brought up to date when a stage looks into them, so one that only rules from later ticks need costs nothing in the
//! first. Rows with lattice columns are merged in their store, and taken again when they improved.
//!
//! Several workers: each store's rows are divided among them, by a hash of some columns. A join reads two stores that are
//! divided by its key, so that of two rows that match, the one that is taken later finds the other; for that, what it
//! reads is copied into a store of its own if it is divided otherwise or made by a rule. Rows for other workers go out as
//! `Packet`s, and are added whenever they come.

mod ids;
mod index;
mod packet;
mod planner;
mod stage;
mod store;
mod tree;

use floret_ir::plan::{Loop, Operator, Plan};
use floret_ir::{NodeId, RelationId};

use crate::scalar::Context;
use crate::sinks::is_set;

use index::Index;
use packet::Outbox;
pub(crate) use packet::{Packet, Peers};
use planner::Planner;
use stage::{Known, Output, Stage};
use store::{Fresh, Store};
use tree::{Content, Forest, Place};

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
    /// The round of the present half, if it has begun.
    round: Option<u64>,
    /// By store, where rows are.
    places: Vec<Place>,
    peers: Peers,
    outbox: Outbox,
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
    /// A worker's part of a component without rows. Its way is the insert-only one.
    pub(crate) fn new(plan: &Plan, recursion: &Loop, context: &Context, limit: u64, peers: Peers) -> Growth {
        let spread = peers.count > 1;
        let mut forest = Forest::new(plan, recursion, spread);
        let mut rules = Vec::new();
        for variable in &recursion.variables {
            let store = forest.stores.get(&variable.feedback).copied().unwrap_or_default();
            rules.extend(forest.trees(variable.feedback).into_iter().map(|tree| (store, tree)));
        }
        let first_hidden = recursion.imports.len() + recursion.variables.len();
        let mut done = 0;
        while let Some(hidden) = forest.hidden.get(done).copied() {
            rules.extend(forest.content(hidden).into_iter().map(|tree| (first_hidden + done, tree)));
            done += 1;
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
        for hidden in &forest.hidden {
            stores.push(match hidden {
                Content::Rules(node) => Store::new(arity(*node), true),
                Content::Copy(node, store) => match stores.get(*store) {
                    // What isn't divided may have a row at several workers.
                    Some(of) => {
                        Store::copy(of, of.is_bag() || forest.places.get(*store) != Some(&Place::Here))
                    }
                    None => Store::new(arity(*node), true),
                },
            });
        }
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
            round: None,
            places: forest.places,
            peers,
            outbox: Outbox::default(),
        }
    }

    /// Adds rows to an import, flat.
    pub(crate) fn import(&mut self, import: usize, rows: Vec<u64>, count: usize) -> Result<(), Unrest> {
        let interner = &self.context.interner;
        let added = self.stores.get_mut(import).is_some_and(|store| store.take_over(rows, count, interner));
        if added { Ok(()) } else { Err(Unrest::Rows) }
    }

    /// Adds rows that another worker derived.
    pub(crate) fn receive(&mut self, packet: Packet) -> Result<(), Unrest> {
        self.round = self.round.max(packet.round);
        let Some(store) = self.stores.get_mut(packet.store as usize) else { return Ok(()) };
        // What comes from afar may be anything.
        let fits = packet.words.len() as u64 == packet.count.saturating_mul(store.arity as u64);
        let added = !fits || store.add(&packet.words, packet.count as usize, &self.context.interner);
        if added { Ok(()) } else { Err(Unrest::Rows) }
    }

    /// What other workers are to get.
    pub(crate) fn send(&mut self, half: u64) -> Vec<Packet> {
        self.outbox.packets(half, self.round)
    }

    /// Begins to count the rounds of a half. (In round 0 are the rows that imports alone make.)
    pub(crate) fn begin(&mut self) {
        self.round = None;
    }

    /// Derives one round of what follows; `false`: there was nothing new to follow from.
    pub(crate) fn advance(&mut self) -> Result<bool, Unrest> {
        let hidden = self.imports + self.relations.len();
        let mut fresh: Vec<Fresh> = self.stores.iter_mut().map(Store::take).collect();
        if fresh.iter().all(Fresh::is_empty) {
            return Ok(false);
        }
        let grown = fresh.get(self.imports..hidden).unwrap_or_default();
        if let Some(at) = grown.iter().position(|fresh| !fresh.is_empty()) {
            let round = self.round.map_or(0, |round| round.saturating_add(1));
            self.round = Some(round);
            if round >= self.limit {
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
        if self.peers.count > 1 {
            // Imports were copied to where joins read them.
            self.stores.iter_mut().take(self.imports).for_each(Store::forget);
        }
        Ok(true)
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
            let place = self.places.get(stage.target).filter(|_| self.peers.count > 1);
            let mut position = 0;
            while position < fresh.len() {
                let known = Known { stores: &self.stores, indexes: &self.indexes };
                let driver = &self.stores[stage.driver];
                while position < fresh.len() && output.words.len() + output.count < FLUSH {
                    stage.run(driver.row(fresh.at(position)), known, &mut output);
                    position += 1;
                }
                if let Some(Place::By(columns)) = place {
                    self.outbox.sort_out(self.peers, stage.target, stage.emit.len(), columns, &mut output);
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
