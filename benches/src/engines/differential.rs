//! The workloads as one writes them in differential dataflow by hand: typed rows, `iterate`, shared arrangements.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use differential_dataflow::VecCollection;
use differential_dataflow::input::{Input, InputSession};
use differential_dataflow::operators::Iterate;
use timely::dataflow::Scope;
use timely::dataflow::operators::Probe;
use timely::dataflow::operators::probe::Handle;

use super::rows::{Rows, Run};
use super::workload::{Facts, Workload};

type Coll<'s, D> = VecCollection<'s, u64, D, isize>;
type Pairs<'s> = Coll<'s, (u32, u32)>;

/// Inputs by name, in the width that their rows have.
#[derive(Default)]
struct Sessions {
    ones: BTreeMap<&'static str, InputSession<u64, u32, isize>>,
    twos: BTreeMap<&'static str, InputSession<u64, (u32, u32), isize>>,
    threes: BTreeMap<&'static str, InputSession<u64, (u32, u32, u32), isize>>,
}

/// Inputs as collections.
struct Inputs<'s, 'f> {
    scope: Scope<'s, u64>,
    facts: &'f Facts,
    sessions: Sessions,
}

impl<'s> Inputs<'s, '_> {
    fn one(&mut self, name: &'static str) -> Coll<'s, u32> {
        let (session, rows) = self.scope.new_collection();
        self.sessions.ones.insert(name, session);
        rows
    }

    fn two(&mut self, name: &'static str) -> Pairs<'s> {
        let (session, rows) = self.scope.new_collection();
        self.sessions.twos.insert(name, session);
        rows
    }

    fn three(&mut self, name: &'static str) -> Coll<'s, (u32, u32, u32)> {
        let (session, rows) = self.scope.new_collection();
        self.sessions.threes.insert(name, session);
        rows
    }
}

impl Sessions {
    /// This worker's part of some rows.
    fn feed(&mut self, name: &str, rows: &Rows, worker: usize, workers: usize) {
        let own = rows.iter().enumerate().filter(|(at, _)| at % workers == worker).map(|(_, row)| row);
        if let Some(session) = self.ones.get_mut(name) {
            own.for_each(|row| session.insert(row[0]));
        } else if let Some(session) = self.twos.get_mut(name) {
            own.for_each(|row| session.insert((row[0], row[1])));
        } else if let Some(session) = self.threes.get_mut(name) {
            own.for_each(|row| session.insert((row[0], row[1], row[2])));
        }
    }

    /// Takes rows out again.
    fn withdraw(&mut self, name: &str, rows: &Rows, worker: usize, workers: usize) {
        if let Some(session) = self.twos.get_mut(name) {
            for (_, (a, b)) in rows.pairs().enumerate().filter(|(at, _)| at % workers == worker) {
                session.remove((a, b));
            }
        }
    }

    fn advance(&mut self, tick: u64) {
        self.ones.values_mut().for_each(|session| {
            session.advance_to(tick);
            session.flush();
        });
        self.twos.values_mut().for_each(|session| {
            session.advance_to(tick);
            session.flush();
        });
        self.threes.values_mut().for_each(|session| {
            session.advance_to(tick);
            session.flush();
        });
    }
}

/// Runs a workload.
pub fn run(facts: &Facts, workers: usize, keep: bool) -> Option<Run> {
    let count = Arc::new(AtomicI64::new(0));
    let kept: Arc<Mutex<BTreeMap<Vec<u32>, isize>>> = Arc::default();
    let ticks: Arc<Mutex<Vec<Duration>>> = Arc::default();
    let (to_count, to_kept, to_ticks, own) = (count.clone(), kept.clone(), ticks.clone(), facts.clone());
    let begin = Instant::now();
    let done = timely::execute(timely::Config::process(workers), move |worker| {
        let facts = &own;
        let (index, peers) = (worker.index(), worker.peers());
        let probe = Handle::new();
        let sink = Sink { count: to_count.clone(), kept: keep.then(|| to_kept.clone()) };
        let mut sessions = worker.dataflow::<u64, _, _>(|scope| {
            let mut inputs = Inputs { scope, facts, sessions: Sessions::default() };
            render(&mut inputs, &sink, &probe);
            inputs.sessions
        });
        for (name, rows) in &facts.inputs {
            sessions.feed(name, rows, index, peers);
        }
        sessions.advance(1);
        worker.step_while(|| probe.less_than(&1));
        // Requests are there for one tick.
        let momentary = facts.later_name == "get";
        for (tick, rows) in (1..).zip(&facts.later) {
            let begin = Instant::now();
            sessions.feed(facts.later_name, rows, index, peers);
            sessions.advance(2 * tick);
            worker.step_while(|| probe.less_than(&(2 * tick)));
            if index == 0 {
                to_ticks.lock().unwrap_or_else(PoisonError::into_inner).push(begin.elapsed());
            }
            if momentary {
                sessions.withdraw(facts.later_name, rows, index, peers);
            }
            sessions.advance(2 * tick + 1);
        }
    });
    let Ok(guards) = done else { return None };
    drop(guards);
    let took = begin.elapsed();
    let rows = keep.then(|| {
        let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let present = || kept.iter().filter(|(_, times)| **times > 0);
        Rows {
            arity: kept.keys().next().map_or(1, Vec::len),
            words: present().flat_map(|(row, _)| row.iter().copied()).collect(),
        }
    });
    let ticks = ticks.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Some(Run { took, count: count.load(Ordering::SeqCst) as usize, rows, ticks })
}

/// Where results go.
struct Sink {
    count: Arc<AtomicI64>,
    kept: Option<Arc<Mutex<BTreeMap<Vec<u32>, isize>>>>,
}

impl Sink {
    /// Counts rows, and keeps them if that is wanted. Of momentary ones only what comes counts.
    fn take<'s, D: differential_dataflow::ExchangeData>(
        &self,
        rows: Coll<'s, D>,
        words: fn(&D) -> Vec<u32>,
        momentary: bool,
        probe: &Handle<u64>,
    ) {
        let (count, kept) = (self.count.clone(), self.kept.clone());
        let taken = rows.inspect_batch(move |_, batch| {
            let wanted = || batch.iter().filter(|(_, _, diff)| !momentary || *diff > 0);
            count.fetch_add(wanted().map(|(_, _, diff)| *diff as i64).sum(), Ordering::SeqCst);
            if let Some(kept) = &kept {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                wanted().for_each(|(row, _, diff)| *kept.entry(words(row)).or_default() += diff);
            }
        });
        taken.inner.probe_with(probe);
    }
}

fn render(inputs: &mut Inputs<'_, '_>, sink: &Sink, probe: &Handle<u64>) {
    let one = |node: &u32| vec![*node];
    let two = |(a, b): &(u32, u32)| vec![*a, *b];
    let three = |(a, b, c): &(u32, u32, u32)| vec![*a, *b, *c];
    match inputs.facts.workload {
        Workload::Closure => {
            let edges = inputs.two("edge");
            let paths = edges.clone().iterate(|inner, paths| {
                let edges = edges.enter(inner);
                let steps = paths.map(|(from, to)| (to, from));
                steps.join_map(edges.clone(), |_, from, to| (*from, *to)).concat(edges).distinct()
            });
            sink.take(paths, two, false, probe);
        }
        Workload::Reach | Workload::EdgeByEdge => {
            let (starts, edges) = (inputs.one("start"), inputs.two("edge"));
            let reach = starts.clone().iterate(|inner, reached| {
                let (starts, edges) = (starts.enter(inner), edges.enter(inner));
                reached.map(|node| (node, ())).join_map(edges, |_, (), to| *to).concat(starts).distinct()
            });
            sink.take(reach, one, false, probe);
        }
        Workload::GenerationTree | Workload::GenerationRandom => {
            let edges = inputs.two("edge");
            let arranged = edges.arrange_by_key();
            let siblings = arranged
                .clone()
                .join_core(arranged.clone(), |_, x, y| (x != y).then_some((*x, *y)))
                .distinct();
            let same = siblings.clone().iterate(|inner, same| {
                let (siblings, edges) = (siblings.enter(inner), arranged.enter(inner));
                same.arrange_by_key()
                    .join_core(edges.clone(), |_, b, x| Some((*b, *x)))
                    .arrange_by_key()
                    .join_core(edges, |_, x, y| Some((*x, *y)))
                    .concat(siblings)
                    .distinct()
            });
            sink.take(same, two, false, probe);
        }
        Workload::PointsTo => {
            let (address, assign) = (inputs.two("address"), inputs.two("assign"));
            let (load, store) = (inputs.two("load"), inputs.two("store"));
            let points = address.clone().iterate(|inner, points| {
                let address = address.enter(inner);
                let assign = assign.enter(inner).map(|(y, z)| (z, y)).arrange_by_key();
                let load = load.enter(inner).map(|(y, x)| (x, y)).arrange_by_key();
                let store = store.enter(inner).arrange_by_key();
                let points = points.arrange_by_key();
                let assigned = points.clone().join_core(assign, |_, x, y| Some((*y, *x)));
                let loaded = points
                    .clone()
                    .join_core(load, |_, z, y| Some((*z, *y)))
                    .arrange_by_key()
                    .join_core(points.clone(), |_, y, w| Some((*y, *w)));
                let stored = points
                    .clone()
                    .join_core(store, |_, z, x| Some((*x, *z)))
                    .arrange_by_key()
                    .join_core(points, |_, z, w| Some((*z, *w)));
                address.concat(assigned).concat(loaded).concat(stored).distinct()
            });
            sink.take(points, two, false, probe);
        }
        Workload::Components => {
            let edges = inputs.two("edge");
            let both = edges.clone().map(|(a, b)| (b, a)).concat(edges);
            let nodes = both.clone().map(|(a, _)| (a, a)).distinct();
            let least = nodes.clone().iterate(|inner, least| {
                let (both, nodes) = (both.enter(inner), nodes.enter(inner));
                least
                    .join_map(both, |_, least, to| (*to, *least))
                    .concat(nodes)
                    .reduce(|_, labels, output| output.push((*labels[0].0, 1)))
            });
            sink.take(least, two, false, probe);
        }
        Workload::ShortestPaths => {
            let (starts, arcs) = (inputs.one("start"), inputs.three("arc"));
            let starts = starts.map(|node| (node, 0));
            let arcs = arcs.map(|(a, b, w)| (a, (b, w)));
            let distances = starts.clone().iterate(|inner, distances| {
                let (starts, arcs) = (starts.enter(inner), arcs.enter(inner));
                distances
                    .join_map(arcs, |_, distance, (to, w)| (*to, distance + w))
                    .concat(starts)
                    .reduce(|_, distances, output| output.push((*distances[0].0, 1)))
            });
            sink.take(distances, two, false, probe);
        }
        Workload::Triangles => {
            let edges = inputs.two("edge");
            let by_source = edges.clone().arrange_by_key();
            let wedges = edges
                .clone()
                .map(|(x, y)| (y, x))
                .arrange_by_key()
                .join_core(by_source, |y, x, z| Some(((*x, *z), *y)));
            let closed = wedges.join_map(edges.map(|edge| (edge, ())), |(x, z), y, ()| (*x, *y, *z));
            sink.take(closed, three, false, probe);
        }
        Workload::Requests1 | Workload::Requests100 | Workload::Requests10000 => {
            let (values, owners, gets) = (inputs.two("value"), inputs.two("owner"), inputs.two("get"));
            let answers = gets
                .map(|(id, key)| (key, id))
                .join_map(values, |key, id, value| (*key, (*id, *value)))
                .join_map(owners, |_, (id, value), owner| (*id, *value, *owner));
            sink.take(answers, three, true, probe);
        }
    }
}
