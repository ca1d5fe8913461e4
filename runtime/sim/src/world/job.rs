//! What is to be simulated, and how it ended.

use std::collections::BTreeSet;
use std::sync::Arc;

use floret_ir::{Address, Deployment, Engine, InputRow, Program, Stratified, print};
use floret_node::Limits;
use floret_node::wire::Schema;

use super::chronicle::Chronicle;
use super::claim::{Claim, Wrong};
use crate::faults::{Extent, Fault, FaultPlan, milliseconds};

/// Makes a node's engine, which must observe everything.
pub type MakeEngine<'a> = dyn Fn(Address) -> Box<dyn Engine> + Sync + 'a;

/// A program with its nodes and inputs. Many runs can be made of it.
pub struct Job<'a> {
    /// The program.
    pub stratified: &'a Stratified,
    /// Its hash.
    pub program_hash: u64,
    /// Its nodes.
    pub deployment: &'a Deployment,
    /// Their engines.
    pub engine: &'a MakeEngine<'a>,
    /// What the host feeds, in this order. Rows of tables (without a time) are there before a node's first tick.
    pub inputs: &'a [(Address, InputRow)],
    /// When, in nanoseconds of virtual time since the start, each of them comes at the earliest; those without a time from the
    /// start on. Of one node they never go down.
    pub times: &'a [i64],
    /// When a run is stopped, in nanoseconds of virtual time.
    pub until: i64,
    /// How much may wait.
    pub limits: Limits,
    /// What must hold after every tick.
    pub claims: Option<&'a (dyn Claim + 'a)>,
    /// What the simulator does wrong on purpose, to test what finds it.
    pub planted: Option<Planted>,
    pub(super) schema: Arc<Schema>,
    /// What the host says at the end of its inputs, after all of them.
    ends: Vec<(Address, InputRow)>,
}

/// A mistake in how nodes are driven.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Planted {
    /// Ticks are committed, and so acknowledged, before they are on disk.
    CommitBeforeSync,
    /// A node that comes back has forgotten the last number that it took of each sender.
    ForgetNumber,
    /// A node that comes back takes what its last tick took once more.
    ReplayTwice,
    /// The order in which nodes get connections depends on the order of a hash map.
    HashOrder,
}

impl<'a> Job<'a> {
    /// A job without claims, until `until`.
    pub fn new(
        stratified: &'a Stratified,
        program_hash: u64,
        deployment: &'a Deployment,
        inputs: &'a [(Address, InputRow)],
        engine: &'a MakeEngine<'a>,
        until: i64,
    ) -> Self {
        let schema = Arc::new(Schema::new(Arc::new(stratified.program.clone()), deployment.clone()));
        let ends = deployment
            .nodes()
            .flat_map(|node| stratified.program.ends_of_inputs(node.role).map(move |end| (node, end)));
        let ends = ends.collect();
        let limits = Limits::default();
        let (times, claims, planted) = (&[][..], None, None);
        Job {
            stratified,
            program_hash,
            deployment,
            engine,
            inputs,
            times,
            until,
            limits,
            claims,
            planted,
            schema,
            ends,
        }
    }

    /// What the host gives, all in all, by its number.
    pub(super) fn input(&self, number: usize) -> Option<&(Address, InputRow)> {
        match number.checked_sub(self.inputs.len()) {
            None => self.inputs.get(number),
            Some(end) => self.ends.get(end),
        }
    }

    /// The same with when it comes at the earliest, in nanoseconds of virtual time.
    pub(super) fn all_inputs(&self) -> impl Iterator<Item = (i64, &(Address, InputRow))> {
        let last = self.times.iter().copied().max().unwrap_or(0);
        let times = self.times.iter().copied().chain(std::iter::repeat(0));
        times.zip(self.inputs).chain(self.ends.iter().map(move |end| (last, end)))
    }

    /// The program.
    pub fn program(&self) -> &'a Program {
        &self.stratified.program
    }
}

/// One run of a job.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunOf {
    /// What everything random goes by, besides the faults.
    pub seed: u64,
    /// What goes wrong.
    pub plan: FaultPlan,
    /// Which of the job's inputs are fed (the ends count as the last of them); none: all.
    pub inputs: Option<BTreeSet<usize>>,
}

/// How a run ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum End {
    /// Nothing was under way any more.
    Rest,
    /// It was stopped when its time was over.
    Time,
    /// A claim was wrong.
    Wrong(Wrong),
    /// A node failed.
    Failed {
        /// Which.
        node: Address,
        /// Why.
        why: String,
    },
}

/// What came of a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// All that happened.
    pub chronicle: Chronicle,
    /// How it ended.
    pub end: End,
    /// When.
    pub at: i64,
    /// The faults that came to pass.
    pub faults: BTreeSet<Fault>,
    /// How far it went.
    pub extent: Extent,
    /// Which inputs were fed.
    pub inputs: BTreeSet<usize>,
    /// Whether messages may have been lost, with nodes that have no disk or with peers that were given up.
    pub loses: bool,
}

impl Outcome {
    /// How it ended, in a line.
    pub fn end_text(&self, program: &Program) -> String {
        let at = milliseconds(self.at);
        match &self.end {
            End::Rest => format!("at rest after {at}"),
            End::Time => format!("stopped after {at}"),
            End::Wrong(wrong) => format!("after {at}: {}", wrong.text()),
            End::Failed { node, why } => {
                format!("after {at}: {} failed: {why}", print::address(*node, program))
            }
        }
    }
}
