//! Renders a plan: one exhaustive match, each arm in its own file.
//!
//! Everything lies in one scope of [`Time`]. An operator's output is a stream of (row, time, difference) in its width
//! class. The plan was validated, so operators are there when they are read.

mod aggregate;
mod antijoin;
mod arrange;
mod batch;
mod distinct;
mod errors;
mod grow;
mod grow_spread;
mod join;
mod leave;
mod limit;
mod loops;
mod map;
mod moments;
mod reduce;
mod resolve;
mod sinks;
mod sources;
mod streams;
mod unnest;

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use floret_ir::plan::{Operator, Plan, Step};
use floret_ir::way::Way;
use floret_ir::{Column, NodeId, Type};
use timely::dataflow::Scope;
use timely::dataflow::operators::probe;

use crate::graph::{Drain, Fed, Graph, Input};
use crate::moments::Moments;
use crate::options::Fault;
use crate::scalar::Context;
use crate::sinks::Mode;
use crate::time::Time;

use arrange::{Arrangement, Key};
use distinct::distinct;
use moments::{Shelved, arriving, passing};
use reduce::Reduced;
pub(crate) use streams::Rows;
pub(crate) use unnest::elements;

/// What every worker renders.
pub(crate) struct Job {
    /// The plan, validated.
    pub(crate) plan: Plan,
    /// Texts and place.
    pub(crate) context: Context,
    /// What the engine feeds, in the order of the inputs, with the arities.
    pub(crate) inputs: Vec<(Fed, usize)>,
    /// What is wanted of the plan's sinks, in their order.
    pub(crate) sinks: Vec<Mode>,
    /// The round at which a loop must have come to rest.
    pub(crate) limit: u64,
    /// One more than the relation whose loop didn't, or 0.
    pub(crate) overrun: Arc<AtomicU64>,
    /// Whose rows are there for one tick only.
    pub(crate) moments: Moments,
    /// Whether loops that can run in the insert-only way do.
    pub(crate) grows: bool,
    /// A planted bug.
    pub(crate) fault: Option<Fault>,
}

/// Renders the whole plan.
pub(crate) fn render(outer: Scope<'_, u64>, job: &Job) -> Graph {
    let mut sessions: Vec<Input> = job.inputs.iter().map(|(_, arity)| Input::new(*arity)).collect();
    let (drains, probe) = outer.scoped::<Time, _, _>("Tick", |scope| {
        let mut renderer = Renderer::new(outer, scope, job, &mut sessions);
        for step in &job.plan.steps {
            match step {
                Step::Operator(node) => renderer.operator(*node),
                Step::Loop(recursion) => match recursion.way(&job.plan) {
                    Way::InsertOnly if job.grows => renderer.growth(recursion),
                    Way::InsertOnly | Way::General(_) => renderer.recursion(recursion),
                },
            }
        }
        renderer.finish()
    });
    Graph::new(sessions, drains, probe)
}

struct Renderer<'o, 's, 'j> {
    outer: Scope<'o, u64>,
    scope: Scope<'s, Time>,
    job: &'j Job,
    sessions: &'j mut [Input],
    /// Inputs in the scope of [`Time`].
    fed: HashMap<Fed, Rows<'s>>,
    /// Outputs by operator, as differences.
    rows: RefCell<HashMap<NodeId, Rows<'s>>>,
    /// Momentary outputs by operator, without what takes them back.
    momentary: RefCell<HashMap<NodeId, Rows<'s>>>,
    /// What arrivals look up, by operator and key.
    shelves: HashMap<(NodeId, Key), Shelved<'s>>,
    /// What `Overflow` and `Losers` share with their operators.
    reduced: HashMap<NodeId, Reduced<'s>>,
    /// Arrangements by operator and key, for all who want the same.
    arranged: HashMap<(NodeId, Key), Arrangement<'s>>,
    /// Arrangements of the distinct keys of antijoins' right sides.
    present: HashMap<(NodeId, Vec<Column>), Arrangement<'s>>,
    probe: probe::Handle<Time>,
}

impl<'o, 's, 'j> Renderer<'o, 's, 'j> {
    fn new(outer: Scope<'o, u64>, scope: Scope<'s, Time>, job: &'j Job, sessions: &'j mut [Input]) -> Self {
        Renderer {
            outer,
            scope,
            job,
            sessions,
            fed: HashMap::new(),
            rows: RefCell::default(),
            momentary: RefCell::default(),
            shelves: HashMap::new(),
            reduced: HashMap::new(),
            arranged: HashMap::new(),
            present: HashMap::new(),
            probe: probe::Handle::new(),
        }
    }

    fn operator(&mut self, id: NodeId) {
        let job = self.job;
        if job.moments.contains(id)
            && let Some(rows) = self.momentary(id)
        {
            self.momentary.get_mut().insert(id, rows);
            return;
        }
        let rows = match &job.plan.nodes[id].operator {
            Operator::Source { relation } => self.source(*relation),
            Operator::Members { role } => self.members(*role),
            Operator::Unit => self.unit(),
            Operator::Clock => self.clock(),
            Operator::Unnest { input, value } => self.unnest(self.rows(*input), *input, value),
            Operator::Map { input, mapping } => self.map(self.rows(*input), *input, mapping),
            Operator::Errors { input, mapping } => self.errors(self.rows(*input), *input, mapping),
            Operator::Join { left, right, on, mapping } => self.join(*left, *right, on, mapping),
            Operator::Antijoin { left, right, on } => self.antijoin(*left, *right, on),
            Operator::Aggregate { input, group, aggregates } => {
                self.aggregate(id, *input, *group, aggregates)
            }
            Operator::Overflow { aggregate } => self.left_out(*aggregate, self.arity(id)),
            Operator::Union { inputs } => {
                self.union(inputs.iter().map(|input| self.rows(*input)), self.arity(id))
            }
            Operator::Distinct { input } => distinct(self.rows(*input), self.arity(id)),
            Operator::Resolve { base, derived, key, merges } => {
                self.resolve(id, *base, *derived, *key, merges)
            }
            Operator::Losers { resolve } => self.left_out(*resolve, self.arity(id)),
            // Rendered by their loop.
            Operator::Variable { .. } | Operator::Leave { .. } => return,
        };
        self.rows.get_mut().insert(id, rows);
    }

    /// The output of an operator that was rendered before, as differences.
    fn rows(&self, id: NodeId) -> Rows<'s> {
        let known = self.rows.borrow().get(&id).cloned();
        known.unwrap_or_else(|| {
            let rows = match self.momentary.borrow().get(&id) {
                Some(rows) => passing(rows.clone()),
                // Validation rules it out; an empty stream keeps the dataflow whole.
                None => Rows::empty(self.scope, self.arity(id)),
            };
            self.rows.borrow_mut().insert(id, rows.clone());
            rows
        })
    }

    /// The momentary output of an operator that was rendered before, without what takes it back.
    fn moment(&self, id: NodeId) -> Rows<'s> {
        let known = self.momentary.borrow().get(&id).cloned();
        known.unwrap_or_else(|| {
            let rows = arriving(self.rows(id));
            self.momentary.borrow_mut().insert(id, rows.clone());
            rows
        })
    }

    fn types(&self, id: NodeId) -> &'j [Type] {
        &self.job.plan.nodes[id].columns
    }

    fn arity(&self, id: NodeId) -> usize {
        self.types(id).len()
    }

    fn finish(self) -> (Vec<Drain>, probe::Handle<Time>) {
        let sinks = self.job.plan.sinks.iter().zip(&self.job.sinks);
        let drains = sinks
            .map(|(sink, mode)| {
                let node = sink.node();
                let rows = match mode {
                    Mode::Arrived if self.job.moments.contains(node) => self.moment(node),
                    Mode::Arrived | Mode::Skip | Mode::Count { .. } | Mode::Change => self.rows(node),
                };
                sinks::sink(rows, self.arity(node), *mode, &self.probe)
            })
            .collect();
        (drains, self.probe)
    }
}
