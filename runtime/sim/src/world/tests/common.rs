//! What tests of runs share.

use std::collections::BTreeSet;

use floret_ir::{Address, Deployment, InputRow, Observe, Promise, RelationKind, RoleId, Site, Stratified};
use floret_reference::{Options, Reference};

use crate::faults::{Extent, FaultPlan, FaultSpec, MILLISECOND};
use crate::tests::testing;
use crate::world::{Claim, Job, Outcome, Planted, RunOf, run, shrink, story};

pub fn node(role: u32, index: u32) -> Address {
    Address { role: RoleId(role), index }
}

/// A program with its nodes and inputs.
pub struct Case {
    pub stratified: Stratified,
    pub deployment: Deployment,
    pub inputs: Vec<(Address, InputRow)>,
    pub seconds: i64,
    pub planted: Option<Planted>,
}

impl Case {
    pub fn new(text: &str, counts: &[u32]) -> Case {
        let deployment = Deployment::new(counts.iter().copied().collect());
        let stratified = testing::program(text);
        Case { stratified, deployment, inputs: Vec::new(), seconds: 600, planted: None }
    }
    pub fn input(mut self, at: Address, name: &str, row: &str) -> Case {
        let relation = testing::relation(&self.stratified, name);
        self.inputs.push((at, InputRow { relation, row: testing::row(&self.stratified, row) }));
        self
    }
    /// The notation has no words for promises.
    pub fn promise(mut self, name: &str, promised: Promise) -> Case {
        let relation = testing::relation(&self.stratified, name);
        if let RelationKind::Channel { promise, .. } = &mut self.stratified.program.relations[relation].kind {
            *promise = promised;
        }
        self
    }
    fn with<R>(&self, claims: Option<&dyn Claim>, body: impl FnOnce(&Job<'_>) -> R) -> R {
        let options = Options { observe: Observe::Everything, tick_limit: 1_000 };
        let engine = |me| {
            let site = Site { me, deployment: self.deployment.clone() };
            Box::new(Reference::new(&self.stratified, site, options)) as Box<dyn floret_ir::Engine>
        };
        let until = self.seconds * 1_000 * MILLISECOND;
        let mut job = Job::new(&self.stratified, 7, &self.deployment, &self.inputs, &engine, until);
        job.planted = self.planted;
        job.claims = claims;
        body(&job)
    }
    /// How far a run goes in which nothing goes wrong.
    pub fn extent(&self, spec: &FaultSpec) -> Extent {
        self.with(None, |job| run(job, &RunOf { seed: 0, plan: FaultPlan::quiet(spec), inputs: None }).extent)
    }
    pub fn run_plan(&self, seed: u64, plan: FaultPlan, claims: Option<&dyn Claim>) -> Outcome {
        self.with(claims, |job| run(job, &RunOf { seed, plan, inputs: None }))
    }
    pub fn run(&self, seed: u64, faults: &str) -> Outcome {
        let spec = faults.parse().unwrap();
        let plan = FaultPlan::derive(&spec, seed, &self.deployment, &self.extent(&spec));
        self.run_plan(seed, plan, None)
    }
    /// The story of a run that fails.
    pub fn story(&self, seed: u64, faults: &str) -> String {
        let spec: FaultSpec = faults.parse().unwrap();
        let plan = FaultPlan::derive(&spec, seed, &self.deployment, &self.extent(&spec));
        let of = RunOf { seed, plan, inputs: None };
        self.with(None, |job| {
            let shrunk = shrink(job, &of, run(job, &of), 1_000);
            story(job, &shrunk, &floret_ir::Sources::default())
        })
    }
    /// The same for many seeds.
    pub fn each_seed(&self, seeds: u64, faults: &str, mut check: impl FnMut(u64, &Outcome)) {
        let spec = faults.parse().unwrap();
        let extent = self.extent(&spec);
        for seed in 0..seeds {
            let plan = FaultPlan::derive(&spec, seed, &self.deployment, &extent);
            check(seed, &self.run_plan(seed, plan, None));
        }
    }
    /// What a relation holds, or (events) ever held, in committed ticks at a node, however many lives it had.
    pub fn ever(&self, outcome: &Outcome, at: Address, name: &str) -> BTreeSet<floret_ir::Row> {
        let relation = testing::relation(&self.stratified, name);
        let records = outcome.chronicle.records.iter().enumerate();
        records
            .filter(|(nth, record)| record.node == at && outcome.chronicle.committed.contains(nth))
            .flat_map(|(_, record)| record.effects.changes.get(&relation))
            .flatten()
            .filter(|change| change.added)
            .map(|change| change.row.clone())
            .collect()
    }
}

/// Two clients put numbers under keys at two servers, which answer each.
pub fn puts(count: i64) -> Case {
    let mut case = Case::new(
        "role Client; role Server; input event set(n) on Client; channel put(n, from: Client) on Server;
         channel ack(n, by: Server) on Client; table kept(n, from: Client) on Server; output event done(n) on Client;
         put@Server[n](n, self) <~ set(n); kept(n, c) <= put(n, c); ack@c(n, self) <~ put(n, c); done(n) <= ack(n, _);",
        &[2, 2],
    );
    for n in 0..count {
        case = case.input(node(0, (n % 2) as u32), "set", &n.to_string());
    }
    case
}

/// All that can go wrong besides crashes.
pub const ROUGH: &str = "loss=5%,dup=5%,delay=1..20,partition,pause,skew";

impl Case {
    /// Makes the nodes of a role durable.
    pub fn durable(mut self, role: u32) -> Case {
        self.stratified.program.roles[RoleId(role)].durable = true;
        self
    }
    /// The first seed under which something is wrong, and what.
    pub fn first_failure(&self, seeds: u64, faults: &str) -> Option<(u64, String)> {
        let spec = faults.parse().unwrap();
        let extent = self.extent(&spec);
        (0..seeds).find_map(|seed| {
            let plan = FaultPlan::derive(&spec, seed, &self.deployment, &extent);
            let failure = self.run_plan(seed, plan, None).failure(&self.stratified.program)?;
            Some((seed, format!("{failure:?}")))
        })
    }
}

/// Everything that can go wrong.
pub const ALL: &str = "loss=3%,dup=3%,delay=1..20,crash=3,restart=5..200,partition,pause,skew";
