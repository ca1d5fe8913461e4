//! Runs a case on an evaluator: ticks by hand, or all nodes on the simulated network until they rest.

use std::collections::BTreeMap;

use floret_compiler::driver;
use floret_compiler::modules::Loader;
use floret_dataflow::Dataflow;
use floret_ir::{
    Address, Arrivals, Counters, Deployment, Effects, Engine, EngineError, InputRow, Message, Observe,
    Program, RoleId, Severity, Site, Stored, Stratified, Type, Value,
};
use floret_lang::tree::Expr;
use floret_reference::Reference;
use floret_sim::{Network, Rest, Settings};

use crate::compile::Library;

use super::case::{Arrival, Case, Found, Tick};
use super::check::{Seen, check};
use super::value;

const TICK_LIMIT: u64 = 200;
const MAX_STEPS: u64 = 2_000;

/// Which evaluator runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Evaluator {
    /// The reference.
    Reference,
    /// The dataflow engine.
    Dataflow {
        /// Worker threads.
        workers: usize,
        /// Whether plans are optimised.
        optimized: bool,
        /// Whether recursions that only gain rows run like all others.
        by_differences: bool,
    },
    /// The reference, made anew before every tick from what the tick before started from and its arrivals.
    ResumedReference,
    /// The dataflow engine, made anew likewise.
    ResumedDataflow,
}

/// All of them.
pub const EVALUATORS: [Evaluator; 8] = [
    Evaluator::Reference,
    Evaluator::Dataflow { workers: 1, optimized: true, by_differences: false },
    Evaluator::Dataflow { workers: 1, optimized: false, by_differences: false },
    Evaluator::Dataflow { workers: 1, optimized: true, by_differences: true },
    Evaluator::Dataflow { workers: 2, optimized: true, by_differences: false },
    Evaluator::Dataflow { workers: 2, optimized: false, by_differences: true },
    Evaluator::ResumedReference,
    Evaluator::ResumedDataflow,
];

/// An evaluator of either kind.
struct Any(Box<dyn Engine>);

impl Engine for Any {
    fn tick(&mut self, arrivals: &Arrivals) -> Result<Effects, EngineError> {
        self.0.tick(arrivals)
    }
    fn stored(&self) -> Stored {
        self.0.stored()
    }
    fn resume(&mut self, stored: Stored) -> Result<(), EngineError> {
        self.0.resume(stored)
    }
    fn counters(&self) -> Counters {
        self.0.counters()
    }
}

/// An engine that crashes after every tick and comes back before the next.
struct Resumed {
    make: Box<dyn Fn() -> Box<dyn Engine>>,
    engine: Box<dyn Engine>,
    /// What the last tick started from (the first: from its facts), and what arrived.
    last: Option<(Option<Stored>, Arrivals)>,
}

impl Resumed {
    fn new(make: impl Fn() -> Box<dyn Engine> + 'static) -> Self {
        Resumed { engine: make(), make: Box::new(make), last: None }
    }
}

impl Engine for Resumed {
    fn tick(&mut self, arrivals: &Arrivals) -> Result<Effects, EngineError> {
        let mut before = None;
        if let Some((stored, last)) = self.last.take() {
            let left = self.engine.stored();
            self.engine = (self.make)();
            if let Some(stored) = stored {
                self.engine.resume(stored)?;
            }
            self.engine.tick(&last)?;
            assert_eq!(left, self.engine.stored(), "what the tick leaves when it is run again");
            before = Some(left);
        }
        self.last = Some((before, arrivals.clone()));
        self.engine.tick(arrivals)
    }
    fn stored(&self) -> Stored {
        self.engine.stored()
    }
    fn resume(&mut self, stored: Stored) -> Result<(), EngineError> {
        self.engine.resume(stored)
    }
    fn counters(&self) -> Counters {
        self.engine.counters()
    }
}

impl Evaluator {
    fn engine(self, stratified: &Stratified, site: &Site) -> Any {
        let observe = Observe::Everything;
        match self {
            Evaluator::Reference => {
                let options = floret_reference::Options { observe, tick_limit: TICK_LIMIT };
                Any(Box::new(Reference::new(stratified, site.clone(), options)))
            }
            Evaluator::ResumedReference | Evaluator::ResumedDataflow => {
                let (stratified, site) = (stratified.clone(), site.clone());
                let plain = match self {
                    Evaluator::ResumedReference => Evaluator::Reference,
                    _ => Evaluator::Dataflow { workers: 1, optimized: true, by_differences: false },
                };
                Any(Box::new(Resumed::new(move || plain.engine(&stratified, &site).0)))
            }
            Evaluator::Dataflow { workers, optimized, by_differences } => {
                let plans = driver::plans(stratified, optimized);
                let plan = &plans[site.me.role];
                let options = floret_dataflow::Options {
                    observe,
                    workers,
                    tick_limit: TICK_LIMIT,
                    by_differences,
                    ..Default::default()
                };
                let engine = Dataflow::new(&stratified.program, plan, site, options);
                Any(Box::new(engine.unwrap_or_else(|error| panic!("{error:?}"))))
            }
        }
    }
}

/// A case's own files, and the library.
struct Modules<'c>(&'c Case);

impl Loader for Modules<'_> {
    fn load(&self, path: &str) -> Result<String, String> {
        let found = self.0.files.iter().find(|(name, _)| name == path);
        found.map(|(_, text)| text.clone()).ok_or_else(|| "there is no such file".to_owned())
    }
    fn shipped(&self, name: &str) -> Option<&str> {
        Library.shipped(name)
    }
    fn shipped_names(&self) -> Vec<&str> {
        Library.shipped_names()
    }
}

/// Runs the case on some evaluators. The error says all that differs, or what is wrong with the case.
pub fn run(case: &Case, evaluators: &[Evaluator]) -> Result<(), String> {
    let compilation = driver::compile("program", &case.program, &Modules(case));
    let rendered = || floret_lang::render(&compilation.diagnostics, &compilation.sources, false);
    if let Some(expected) = &case.diagnostics {
        let found = compilation.diagnostics.iter().map(|diagnostic| {
            let severity = match diagnostic.severity {
                Severity::Error => "error".to_owned(),
                Severity::Warning => "warning".to_owned(),
            };
            let span = diagnostic.labels.first().map(|label| label.span);
            let source = span.and_then(|span| Some((compilation.sources.get(span.file)?, span.start)));
            let place = source.map_or((0, 0), |(source, start)| source.line_column(start));
            let file = source.map_or_else(String::new, |(source, _)| source.name.clone());
            Found { file, place, severity, code: diagnostic.code.clone(), title: diagnostic.title.clone() }
        });
        let (mut found, mut expected) = (found.collect::<Vec<_>>(), expected.clone());
        found.sort();
        expected.sort();
        let same = |e: &Found, f: &Found| {
            let same_kind = (e.place, &e.severity, &e.code) == (f.place, &f.severity, &f.code);
            e.file == f.file && same_kind && f.title.contains(&e.title)
        };
        if found.len() != expected.len() || !expected.iter().zip(&found).all(|(e, f)| same(e, f)) {
            return Err(format!("diagnostics: expected {expected:#?}\ngot\n{}", rendered()));
        }
    }
    let Some(artifact) = &compilation.artifact else {
        return match (&case.diagnostics, case.ticks.is_empty() && case.run.is_none()) {
            (Some(_), true) => Ok(()),
            (None, _) | (Some(_), false) => Err(format!("does not compile:\n{}", rendered())),
        };
    };
    let program = &artifact.stratified.program;
    let mut deployment = Deployment::new(program.roles.iter().map(|_| 1).collect());
    for (role, count) in &case.nodes {
        let role = program.role_named(role).ok_or_else(|| format!("there is no role `{role}`"))?;
        deployment.counts[role] = *count;
    }
    deployment.params = params(case, program)?;
    for evaluator in evaluators {
        let run = Run { case, stratified: &artifact.stratified, program, deployment: &deployment };
        run.ticks(*evaluator).map_err(|why| format!("{evaluator:?}, {why}"))?;
        run.to_rest(*evaluator).map_err(|why| format!("{evaluator:?}, run: {why}"))?;
    }
    Ok(())
}

/// The parameters' values: the case's, else their defaults.
fn params(case: &Case, program: &Program) -> Result<Vec<Value>, String> {
    let given = case.params.iter().flat_map(|call| &call.args);
    let mut given: BTreeMap<&str, &Expr> =
        given.filter_map(|arg| Some((arg.name.as_ref()?.text.as_str(), &arg.value))).collect();
    let mut values = Vec::new();
    for param in &program.params {
        values.push(match (given.remove(param.name.as_str()), &param.default) {
            (Some(expr), _) => value::value(expr, param.ty, program)?,
            (None, Some(default)) => default.clone(),
            (None, None) => return Err(format!("the parameter `{}` has no value", param.name)),
        });
    }
    match given.keys().next() {
        Some(name) => Err(format!("there is no parameter `{name}`")),
        None => Ok(values),
    }
}

struct Run<'c> {
    case: &'c Case,
    stratified: &'c Stratified,
    program: &'c Program,
    deployment: &'c Deployment,
}

/// A node whose ticks are run by hand.
struct Node {
    engine: Any,
    ticks: u64,
    seen: Seen,
}

impl Run<'_> {
    fn site(&self, me: Address) -> Site {
        Site { me, deployment: self.deployment.clone() }
    }

    /// The node of a tick: the only one, if none is named.
    fn node(&self, tick: &Tick) -> Result<Address, String> {
        let nodes: Vec<Address> = self.deployment.nodes().collect();
        match (&tick.node, nodes.as_slice()) {
            (Some(node), all) => {
                let node = value::address(node, self.program)?;
                if all.contains(&node) { Ok(node) } else { Err("there is no such node".into()) }
            }
            (None, [node]) => Ok(*node),
            (None, _) => Err("say whose tick it is: `--- tick 0 Role[0]`".into()),
        }
    }

    fn ticks(&self, evaluator: Evaluator) -> Result<(), String> {
        let mut nodes: BTreeMap<Address, Node> = BTreeMap::new();
        for tick in &self.case.ticks {
            let here = format!("tick {} (line {})", tick.number, tick.line);
            let in_case = |why: String| format!("{here}: {why}");
            let me = self.node(tick).map_err(in_case)?;
            let node = nodes.entry(me).or_insert_with(|| Node {
                engine: evaluator.engine(self.stratified, &self.site(me)),
                ticks: 0,
                seen: Seen::default(),
            });
            if node.ticks != tick.number {
                return Err(in_case(format!("the node's next tick is number {}", node.ticks)));
            }
            if node.seen.failure.is_some() {
                return Err(in_case("the node has failed before".into()));
            }
            let arrivals = self.arrivals(tick, me).map_err(in_case)?;
            node.tick(&arrivals, me, self.program);
            let differences = check(&tick.expect, &node.seen, Some(me), self.program).map_err(in_case)?;
            if !differences.is_empty() {
                return Err(in_case(format!("- expected, + got\n  {}", differences.join("\n  "))));
            }
        }
        Ok(())
    }

    fn arrivals(&self, tick: &Tick, me: Address) -> Result<Arrivals, String> {
        let mut arrivals = Arrivals::default();
        for arrival in &tick.arrivals {
            match arrival {
                Arrival::Input(call) => {
                    let relation = value::relation(call, self.program)?;
                    let row = value::row(call, relation, self.program)?;
                    arrivals.inputs.push(InputRow { relation, row });
                }
                Arrival::Message(call, from) => {
                    let relation = value::relation(call, self.program)?;
                    let row = value::message(call, relation, self.program)?;
                    let sender = from.as_ref().map(|from| value::address(from, self.program)).transpose()?;
                    arrivals.messages.push(Message { relation, row, sender: sender.unwrap_or(me) });
                }
                Arrival::Delete(call) => {
                    let relation = value::relation(call, self.program)?;
                    let row = value::row(call, relation, self.program)?;
                    arrivals.deletes.push(InputRow { relation, row });
                }
                Arrival::Timer(call) => arrivals.timers.push(value::relation(call, self.program)?),
                Arrival::Now(at) => match value::value(at, Type::Duration, self.program)? {
                    Value::Duration(at) => arrivals.now = at,
                    other => return Err(format!("{other:?} is no time")),
                },
                Arrival::Seed(seed) => match value::value(seed, Type::Int, self.program)? {
                    Value::Int(seed) => arrivals.seed = seed.cast_unsigned(),
                    other => return Err(format!("{other:?} is no seed")),
                },
            }
        }
        Ok(arrivals)
    }

    /// All nodes under some random schedules; the expectation holds for each.
    fn to_rest(&self, evaluator: Evaluator) -> Result<(), String> {
        let Some(expected) = &self.case.run else { return Ok(()) };
        let mut inputs = Vec::new();
        for arrival in &expected.arrivals {
            let Arrival::Input(call) = arrival else { return Err("a run takes inputs only".into()) };
            let relation = value::relation(call, self.program)?;
            let row = value::row(call, relation, self.program)?;
            let to = match &call.place {
                Some(place) => value::address(place, self.program)?,
                None => Address { role: self.program.relations[relation].role, index: 0 },
            };
            inputs.push((to, InputRow { relation, row }));
        }
        let schedules = if evaluator == Evaluator::Reference { 5 } else { 1 };
        for seed in 0..schedules {
            let settings = Settings { seed, inputs_first: false };
            let engine = |me| evaluator.engine(self.stratified, &self.site(me));
            let network = Network::new(self.program, self.deployment, inputs.clone(), settings, engine);
            let mut network = network.map_err(|error| format!("{error:?}"))?;
            network.end_inputs();
            let rest = network.run_to_rest(MAX_STEPS);
            let mut seen = Seen::default();
            match rest {
                Ok(Rest::Reached { .. }) => {}
                Ok(Rest::Busy { .. }) => return Err("does not come to rest".into()),
                Err(error) => seen.failure = Some(format!("{error:?}")),
            }
            for node in self.deployment.nodes() {
                for (id, relation) in self.program.relations.entries().filter(|(_, r)| r.role == node.role) {
                    let rows = if relation.is_momentary() {
                        network.history().ever_merged(node, id)
                    } else {
                        network.history().last(node, id)
                    };
                    seen.contents.insert((node, id), rows);
                }
            }
            let mut reports: Vec<_> =
                network.reports().map(|(node, _, report)| (node, report.clone())).collect();
            reports.sort();
            reports.dedup();
            seen.reports = reports.into_iter().map(|(_, report)| report).collect();
            let only = self.deployment.nodes().nth(1).is_none();
            let here = only.then_some(Address { role: RoleId(0), index: 0 });
            let differences = check(&expected.expect, &seen, here, self.program)?;
            if !differences.is_empty() {
                return Err(format!(
                    "schedule {seed}, - expected, + got\n  {}\n{}",
                    differences.join("\n  "),
                    network.trace()
                ));
            }
        }
        Ok(())
    }
}

impl Node {
    /// Runs a tick and keeps what it showed.
    fn tick(&mut self, arrivals: &Arrivals, me: Address, program: &Program) {
        self.ticks += 1;
        let effects = match self.engine.tick(arrivals) {
            Ok(effects) => effects,
            Err(error) => {
                self.seen.failure = Some(format!("{error:?}"));
                return;
            }
        };
        self.seen.contents.retain(|(_, relation), _| !program.relations[*relation].is_momentary());
        for (relation, changes) in effects.changes {
            let rows = self.seen.contents.entry((me, relation)).or_default();
            for change in changes {
                let differs = if change.added { rows.insert(change.row) } else { rows.remove(&change.row) };
                assert!(differs, "a change of {} changes nothing", program.relations[relation].name);
            }
        }
        self.seen.sends = effects.sends;
        self.seen.reports = effects.reports.into_iter().collect();
        self.seen.again = effects.again;
    }
}
