//! The hand-written programs: one thread, one question each, nothing that could be incremental beyond what the question
//! asks.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

use rustc_hash::{FxHashMap, FxHashSet};

use super::rows::{Rows, Run};
use super::workload::{Facts, Workload};

/// Runs a workload.
pub fn run(facts: &Facts) -> Run {
    match facts.workload {
        Workload::Closure => Run::of(|| closure(facts.input("edge"))),
        Workload::Reach => Run::of(|| {
            let edges = Adjacency::new(facts.input("edge").pairs());
            let mut reached = Reached::new(edges.nodes());
            facts.input("start").iter().for_each(|start| reached.add(start[0], |node| edges.of(node)));
            Rows::of(reached.order.into_iter().map(|node| [node]))
        }),
        Workload::GenerationTree | Workload::GenerationRandom => {
            Run::of(|| same_generation(facts.input("edge")))
        }
        Workload::PointsTo => Run::of(|| points_to(facts)),
        Workload::Components => Run::of(|| components(facts.input("edge"))),
        Workload::ShortestPaths => Run::of(|| shortest_paths(facts.input("start"), facts.input("arc"))),
        Workload::Triangles => Run::of(|| triangles(facts.input("edge"))),
        Workload::EdgeByEdge => edge_by_edge(facts),
        Workload::Requests1 | Workload::Requests100 | Workload::Requests10000 => requests(facts),
    }
}

/// Successors by node, in one array.
struct Adjacency {
    starts: Vec<u32>,
    targets: Vec<u32>,
}

impl Adjacency {
    fn new(edges: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let nodes = edges.clone().map(|(a, b)| a.max(b) + 1).max().unwrap_or(1) as usize;
        let mut starts = vec![0u32; nodes + 1];
        edges.clone().for_each(|(a, _)| starts[a as usize + 1] += 1);
        (1..=nodes).for_each(|node| starts[node] += starts[node - 1]);
        let mut next = starts.clone();
        let mut targets = vec![0; starts[nodes] as usize];
        for (a, b) in edges {
            targets[next[a as usize] as usize] = b;
            next[a as usize] += 1;
        }
        Adjacency { starts, targets }
    }

    fn nodes(&self) -> usize {
        self.starts.len() - 1
    }

    fn of(&self, node: u32) -> &[u32] {
        let range = self.starts.get(node as usize..node as usize + 2).unwrap_or(&[0, 0]);
        &self.targets[range[0] as usize..range[1] as usize]
    }
}

/// Nodes reached so far, in the order of being reached.
struct Reached {
    seen: Vec<bool>,
    order: Vec<u32>,
}

impl Reached {
    fn new(nodes: usize) -> Self {
        Reached { seen: vec![false; nodes], order: Vec::new() }
    }

    fn put(&mut self, node: u32) {
        if self.seen.len() <= node as usize {
            self.seen.resize(node as usize + 1, false);
        }
        if !std::mem::replace(&mut self.seen[node as usize], true) {
            self.order.push(node);
        }
    }

    /// Adds a node and all that it leads to.
    fn add<'e>(&mut self, node: u32, next: impl Fn(u32) -> &'e [u32]) {
        let mut at = self.order.len();
        self.put(node);
        while let Some(node) = self.order.get(at).copied() {
            at += 1;
            next(node).iter().for_each(|to| self.put(*to));
        }
    }
}

fn closure(edges: &Rows) -> Rows {
    let edges = Adjacency::new(edges.pairs());
    let mut words = Vec::new();
    let mut seen = vec![u32::MAX; edges.nodes()];
    let mut order = Vec::new();
    for from in 0..edges.nodes() as u32 {
        order.clear();
        let visit = |node: u32, seen: &mut Vec<u32>, order: &mut Vec<u32>| {
            for &to in edges.of(node) {
                if std::mem::replace(&mut seen[to as usize], from) != from {
                    order.push(to);
                }
            }
        };
        visit(from, &mut seen, &mut order);
        let mut at = 0;
        while at < order.len() {
            visit(order[at], &mut seen, &mut order);
            at += 1;
        }
        words.extend(order.iter().flat_map(|to| [from, *to]));
    }
    Rows { arity: 2, words }
}

fn same_generation(edges: &Rows) -> Rows {
    let children = Adjacency::new(edges.pairs());
    let mut seen: FxHashSet<u64> = FxHashSet::default();
    let mut order: Vec<[u32; 2]> = Vec::new();
    let mut put = |x: u32, y: u32, order: &mut Vec<[u32; 2]>| {
        if seen.insert(u64::from(x) << 32 | u64::from(y)) {
            order.push([x, y]);
        }
    };
    for parent in 0..children.nodes() as u32 {
        for &x in children.of(parent) {
            for &y in children.of(parent).iter().filter(|y| **y != x) {
                put(x, y, &mut order);
            }
        }
    }
    let mut at = 0;
    while let Some([a, b]) = order.get(at).copied() {
        at += 1;
        for &x in children.of(a) {
            children.of(b).iter().for_each(|y| put(x, *y, &mut order));
        }
    }
    Rows::of(order)
}

/// What each variable points to grows; a copy edge from `z` to `y` hands on everything.
fn points_to(facts: &Facts) -> Rows {
    let loads = Adjacency::new(facts.input("load").pairs().map(|(y, x)| (x, y)));
    let stores = Adjacency::new(facts.input("store").pairs());
    let mut copies: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
    let mut copied: FxHashSet<(u32, u32)> = FxHashSet::default();
    for (y, z) in facts.input("assign").pairs() {
        if copied.insert((z, y)) {
            copies.entry(z).or_default().push(y);
        }
    }
    let mut points: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
    let mut seen: FxHashSet<(u32, u32)> = FxHashSet::default();
    let mut order: Vec<[u32; 2]> = Vec::new();
    for (y, x) in facts.input("address").pairs() {
        if seen.insert((y, x)) {
            order.push([y, x]);
        }
    }
    let mut at = 0;
    while let Some([v, o]) = order.get(at).copied() {
        at += 1;
        points.entry(v).or_default().push(o);
        for &to in copies.get(&v).map_or(&[][..], Vec::as_slice) {
            if seen.insert((to, o)) {
                order.push([to, o]);
            }
        }
        // `to = *v` copies from what v points to, `*v = from` copies into it.
        let new = loads.of(v).iter().map(|to| (o, *to)).chain(stores.of(v).iter().map(|from| (*from, o)));
        for (from, to) in new {
            if copied.insert((from, to)) {
                copies.entry(from).or_default().push(to);
                for &object in points.get(&from).map_or(&[][..], Vec::as_slice) {
                    if seen.insert((to, object)) {
                        order.push([to, object]);
                    }
                }
            }
        }
    }
    Rows::of(order)
}

fn components(edges: &Rows) -> Rows {
    let nodes = edges.words.iter().max().map_or(0, |most| *most as usize + 1);
    let mut parents: Vec<u32> = (0..nodes as u32).collect();
    let mut used = vec![false; nodes];
    fn root(parents: &mut [u32], mut node: u32) -> u32 {
        while parents[node as usize] != node {
            parents[node as usize] = parents[parents[node as usize] as usize];
            node = parents[node as usize];
        }
        node
    }
    for (a, b) in edges.pairs() {
        used[a as usize] = true;
        used[b as usize] = true;
        let (a, b) = (root(&mut parents, a), root(&mut parents, b));
        parents[a.max(b) as usize] = a.min(b);
    }
    let used = (0..nodes as u32).filter(|node| used[*node as usize]);
    Rows::of(used.map(|node| [node, root(&mut parents, node)]).collect::<Vec<_>>())
}

fn shortest_paths(starts: &Rows, arcs: &Rows) -> Rows {
    let places = (0..).zip(arcs.triples());
    // The targets are places of arcs.
    let edges = Adjacency::new(places.map(|(place, (a, _, _))| (a, place)));
    let nodes = arcs.triples().map(|(a, b, _)| a.max(b) as usize + 1).max().unwrap_or(1);
    let mut distances = vec![u32::MAX; nodes];
    let mut open: BinaryHeap<Reverse<(u32, u32)>> = BinaryHeap::new();
    for start in starts.iter() {
        distances[start[0] as usize] = 0;
        open.push(Reverse((0, start[0])));
    }
    while let Some(Reverse((distance, node))) = open.pop() {
        if distances[node as usize] < distance {
            continue;
        }
        for &place in edges.of(node) {
            let arc = &arcs.words[place as usize * 3..place as usize * 3 + 3];
            let next = distance + arc[2];
            if next < distances[arc[1] as usize] {
                distances[arc[1] as usize] = next;
                open.push(Reverse((next, arc[1])));
            }
        }
    }
    let found = (0..).zip(distances).filter(|(_, distance)| *distance != u32::MAX);
    Rows::of(found.map(|(node, distance)| [node, distance]))
}

fn triangles(edges: &Rows) -> Rows {
    // The edges are sorted, so successors are.
    let next = Adjacency::new(edges.pairs());
    let mut found = Vec::new();
    for (x, y) in edges.pairs() {
        let (mut a, mut b) = (next.of(x), next.of(y));
        while let (Some(&p), Some(&q)) = (a.first(), b.first()) {
            if p == q {
                found.push([x, y, p]);
            }
            if p <= q {
                a = &a[1..];
            }
            if q <= p {
                b = &b[1..];
            }
        }
    }
    Rows::of(found)
}

fn edge_by_edge(facts: &Facts) -> Run {
    let begin = Instant::now();
    let edges = Adjacency::new(facts.input("edge").pairs());
    let mut added: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
    let mut reached = Reached::new(edges.nodes());
    for start in facts.input("start").iter() {
        reached.add(start[0], |node| edges.of(node));
    }
    let mut ticks = Vec::new();
    for new in &facts.later {
        let begin = Instant::now();
        for (a, b) in new.pairs() {
            added.entry(a).or_default().push(b);
            if !reached.seen.get(a as usize).is_some_and(|seen| *seen) {
                continue;
            }
            let mut at = reached.order.len();
            reached.put(b);
            while let Some(node) = reached.order.get(at).copied() {
                at += 1;
                let old = edges.of(node).iter();
                old.chain(added.get(&node).into_iter().flatten()).for_each(|to| reached.put(*to));
            }
        }
        ticks.push(begin.elapsed());
    }
    let rows = Rows::of(reached.order.into_iter().map(|node| [node]));
    Run { took: begin.elapsed(), count: rows.len(), rows: Some(rows), ticks }
}

fn requests(facts: &Facts) -> Run {
    let begin = Instant::now();
    let values: FxHashMap<u32, u32> = facts.input("value").pairs().collect();
    let owners: FxHashMap<u32, u32> = facts.input("owner").pairs().collect();
    let mut ticks = Vec::new();
    let mut words = Vec::new();
    for requests in &facts.later {
        let begin = Instant::now();
        for (id, key) in requests.pairs() {
            if let (Some(value), Some(owner)) = (values.get(&key), owners.get(&key)) {
                words.extend([id, *value, *owner]);
            }
        }
        ticks.push(begin.elapsed());
    }
    let rows = Rows { arity: 3, words };
    Run { took: begin.elapsed(), count: rows.len(), rows: Some(rows), ticks }
}
