//! Runs of a program on the reference evaluator under random schedules.

use std::collections::BTreeSet;

use floret_ir::{
    Address, AtomSource, Deployment, InputMode, InputRow, Observe, Program, RelationId, RelationKind, Row,
    Site, Stratified, row_text,
};
use floret_reference::{Options, Reference};
use floret_sim::{History, Network, Record, Settings};

use super::at;

/// A program that is still busy after so many ticks is given up.
const MOST_STEPS: u64 = 120;
const TICK_LIMIT: u64 = 60;
/// Of a hundred messages on lossy channels so many are lost.
const LOST: usize = 30;
const SECOND: i64 = 1_000_000_000;

/// What a collection holds at each of its nodes.
pub(super) type Outcome = Vec<(Address, BTreeSet<Row>)>;

/// Runs a program in a deployment.
pub(super) struct Runner<'s> {
    pub stratified: &'s Stratified,
    pub deployment: Deployment,
    /// Whether what `any` chooses is another thing in every run.
    pub chooses: bool,
}

/// A run that came to rest.
#[derive(Clone)]
pub(super) struct Run {
    records: Vec<Record>,
    history: History,
    nodes: Vec<Address>,
}

impl Runner<'_> {
    pub fn program(&self) -> &Program {
        &self.stratified.program
    }

    /// `None`: it doesn't come to rest, or fails.
    pub fn run(&self, fed: &[(Address, InputRow)], seed: u64) -> Option<Run> {
        let program = self.program();
        let mut deployment = self.deployment.clone();
        if self.chooses {
            deployment.seed = seed;
        }
        let engine = |me: Address| {
            let site = Site { me, deployment: deployment.clone() };
            let options = Options { observe: Observe::Everything, tick_limit: TICK_LIMIT };
            Reference::new(self.stratified, site, options)
        };
        let settings = Settings { seed: seed.wrapping_mul(0x9e37_79b9).wrapping_add(1), inputs_first: false };
        let mut network = Network::new(program, &deployment, fed.to_vec(), settings, engine).ok()?;
        // What the host may delete it deletes again, half of it.
        for (at, (node, input)) in fed.iter().enumerate() {
            let mutable = program.relations.get(input.relation)?.input == Some(InputMode::Mutable);
            if mutable && at % 2 == 0 {
                network.delete(*node, input.clone()).ok()?;
            }
        }
        network.end_inputs();
        network.lose_some(LOST);
        let rest = match self.period() {
            // Once all has arrived, it beats some more times: what a beat does to it is done.
            Some(period) => {
                let arrived = network.run_for(period.saturating_mul(5) / 2, MOST_STEPS).ok()?;
                // What is sent again and again arrives.
                network.lose_some(0);
                if arrived.is_reached() {
                    network.run_for(period.saturating_mul(3), MOST_STEPS).ok()?
                } else {
                    arrived
                }
            }
            None => network.run_to_rest(MOST_STEPS).ok()?,
        };
        let nodes = network.nodes().collect();
        rest.is_reached().then(|| Run {
            records: network.records().to_vec(),
            history: network.history().clone(),
            nodes,
        })
    }

    /// How long time passes in a run; none: it doesn't matter.
    fn period(&self) -> Option<i64> {
        let timers = self.program().relations.iter().filter_map(|relation| match relation.kind {
            RelationKind::Timer { every } => Some(every),
            RelationKind::Table | RelationKind::View | RelationKind::Event | RelationKind::Channel { .. } => {
                None
            }
        });
        let clock = self.program().rules.iter().flat_map(|rule| rule.positive_atoms());
        let clock = clock.filter(|atom| atom.source == AtomSource::Clock).map(|_| SECOND);
        timers.chain(clock).max()
    }
}

impl Run {
    /// How many ticks something arrives in.
    pub fn length(&self) -> usize {
        self.records.iter().filter(|record| arrives(record)).count()
    }

    /// What the collection holds in the end; of events and channels what it ever held.
    pub fn outcome(&self, program: &Program, id: RelationId) -> Outcome {
        let Some(relation) = program.relations.get(id) else { return Vec::new() };
        let nodes = self.nodes.iter().copied().filter(|node| node.role == relation.role);
        let held = nodes.map(|node| {
            let rows = if relation.is_momentary() {
                self.history.ever_merged(node, id)
            } else {
                self.history.last(node, id)
            };
            (node, rows)
        });
        held.collect()
    }

    /// The same in words.
    pub fn outcome_text(&self, program: &Program, id: RelationId) -> Vec<String> {
        let Some(relation) = program.relations.get(id) else { return Vec::new() };
        let outcome = self.outcome(program, id);
        let rows = outcome.iter().flat_map(|(node, rows)| rows.iter().map(move |row| (*node, row)));
        rows.map(|(node, row)| format!("{}{}", row_text(program, relation, row), at(program, node))).collect()
    }

    /// What arrives, one line per tick.
    pub fn ticks(&self, program: &Program) -> Vec<String> {
        let ticks = self.records.iter().filter(|record| arrives(record));
        ticks.map(|record| tick_text(program, record)).collect()
    }
}

fn arrives(record: &Record) -> bool {
    let arrivals = &record.arrivals;
    !(arrivals.inputs.is_empty()
        && arrivals.deletes.is_empty()
        && arrivals.messages.is_empty()
        && arrivals.timers.is_empty())
}

fn tick_text(program: &Program, record: &Record) -> String {
    let row = |id: RelationId, row: &Row| {
        let relation = program.relations.get(id);
        relation.map_or_else(String::new, |relation| row_text(program, relation, row))
    };
    let arrivals = &record.arrivals;
    let inputs = arrivals.inputs.iter().map(|input| row(input.relation, &input.row));
    let deletes = arrivals.deletes.iter().map(|input| format!("{} deleted", row(input.relation, &input.row)));
    let messages = arrivals.messages.iter().map(|message| {
        let from = at(program, message.sender).replace(" at ", " from ");
        format!("{}{from}", row(message.relation, &message.row))
    });
    let timers = arrivals.timers.iter().map(|timer| {
        let name = program.relations.get(*timer).map_or("", |relation| relation.name.as_str());
        format!("a beat of {name}")
    });
    let what: Vec<String> = deletes.chain(inputs).chain(messages).chain(timers).collect();
    let node = at(program, record.node);
    let node = node.strip_prefix(" at ").map_or(String::new(), |node| format!("{node}, "));
    format!("{node}tick {}: {}", record.tick, what.join(" together with "))
}
