//! The workloads: their facts, generated, and what Floret is asked.

use super::rows::Rows;

/// How much there is to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Size {
    /// Everything together takes less than a minute.
    Small,
    /// About a tenth of `Large`.
    Medium,
    /// The sizes that published comparisons have.
    Large,
}

/// A question.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Workload {
    /// All pairs connected by a path.
    Closure,
    /// All nodes that one reaches, in a random graph of five edges per node.
    Reach,
    /// Pairs in the same generation of a tree.
    GenerationTree,
    /// Pairs in the same generation of a random graph.
    GenerationRandom,
    /// Who may point to what, by Andersen's rules.
    PointsTo,
    /// Connected components by the least node.
    Components,
    /// Distances from one node.
    ShortestPaths,
    /// Triangles of an undirected graph.
    Triangles,
    /// Reachable nodes, told after each of many single new edges.
    EdgeByEdge,
    /// A key-value store, ticks of one request.
    Requests1,
    /// A key-value store, ticks of 100 requests.
    Requests100,
    /// A key-value store, ticks of 10,000 requests.
    Requests10000,
}

/// What a workload is given.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Which.
    pub workload: Workload,
    /// Input relations by name; all there in the first tick.
    pub inputs: Vec<(&'static str, Rows)>,
    /// Rows of one relation for later ticks, each tick its own.
    pub later: Vec<Rows>,
    /// That relation.
    pub later_name: &'static str,
}

impl Workload {
    /// All, in the order of the table.
    pub const ALL: [Workload; 12] = [
        Workload::Closure,
        Workload::Reach,
        Workload::GenerationTree,
        Workload::GenerationRandom,
        Workload::PointsTo,
        Workload::Components,
        Workload::ShortestPaths,
        Workload::Triangles,
        Workload::EdgeByEdge,
        Workload::Requests1,
        Workload::Requests100,
        Workload::Requests10000,
    ];

    /// Its name in tables and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Workload::Closure => "closure",
            Workload::Reach => "reach",
            Workload::GenerationTree => "generation-tree",
            Workload::GenerationRandom => "generation-random",
            Workload::PointsTo => "points-to",
            Workload::Components => "components",
            Workload::ShortestPaths => "shortest-paths",
            Workload::Triangles => "triangles",
            Workload::EdgeByEdge => "edge-by-edge",
            Workload::Requests1 => "requests-1",
            Workload::Requests100 => "requests-100",
            Workload::Requests10000 => "requests-10000",
        }
    }

    /// The workload of this name.
    pub fn named(name: &str) -> Option<Workload> {
        Workload::ALL.into_iter().find(|workload| workload.name() == name)
    }

    /// The Floret program, and the relation that is its result.
    pub fn program(self) -> (&'static str, &'static str) {
        match self {
            Workload::Closure => (
                "input table edge(a: int, b: int);
                 path(x, y) <= edge(x, y);
                 path(x, z) <= path(x, y), edge(y, z);",
                "path",
            ),
            Workload::Reach | Workload::EdgeByEdge => (
                "input table start(n: int); input table edge(a: int, b: int);
                 reach(x) <= start(x);
                 reach(y) <= reach(x), edge(x, y);",
                "reach",
            ),
            Workload::GenerationTree | Workload::GenerationRandom => (
                "input table edge(a: int, b: int);
                 same(x, y) <= edge(p, x), edge(p, y), x != y;
                 same(x, y) <= edge(a, x), same(a, b), edge(b, y);",
                "same",
            ),
            Workload::PointsTo => (
                "input table address(a: int, b: int); input table assign(a: int, b: int);
                 input table load(a: int, b: int); input table store(a: int, b: int);
                 points(y, x) <= address(y, x);
                 points(y, x) <= assign(y, z), points(z, x);
                 points(y, w) <= load(y, x), points(x, z), points(z, w);
                 points(z, w) <= store(y, x), points(y, z), points(x, w);",
                "points",
            ),
            Workload::Components => (
                "input table edge(a: int, b: int);
                 view least(n: int => m: min<int>);
                 least(x, x) <= edge(x, _);
                 least(y, y) <= edge(_, y);
                 least(y, m) <= least(x, m), edge(x, y);
                 least(x, m) <= least(y, m), edge(x, y);",
                "least",
            ),
            Workload::ShortestPaths => (
                "input table start(n: int); input table arc(a: int, b: int, w: int);
                 view distance(n: int => d: min<int>);
                 distance(x, 0) <= start(x);
                 distance(y, d + w) <= distance(x, d), arc(x, y, w);",
                "distance",
            ),
            Workload::Triangles => (
                "input table edge(a: int, b: int);
                 triangle(x, y, z) <= edge(x, y), edge(y, z), edge(x, z);",
                "triangle",
            ),
            Workload::Requests1 | Workload::Requests100 | Workload::Requests10000 => (
                "input table value(k: int => v: int); input table owner(k: int => o: int);
                 input event get(id: int, k: int);
                 event answer(id: int, v: int, o: int);
                 answer(id, v, o) <= get(id, k), value(k, v), owner(k, o);",
                "answer",
            ),
        }
    }

    /// Its facts.
    pub fn facts(self, size: Size) -> Facts {
        let scale = |small, medium, large| match size {
            Size::Small => small,
            Size::Medium => medium,
            Size::Large => large,
        };
        let mut random = Random(1);
        let mut later = Vec::new();
        let mut later_name = "";
        let inputs = match self {
            Workload::Closure => {
                let nodes = scale(600, 1_200, 3_000);
                vec![("edge", graph_back(&mut random, nodes, 3, nodes / 10))]
            }
            Workload::Reach => {
                let nodes = scale(20_000, 100_000, 1_000_000);
                vec![("start", Rows::of([[0]])), ("edge", graph(&mut random, nodes, 5))]
            }
            Workload::GenerationTree => vec![("edge", tree(&mut random, scale(800, 2_500, 9_000)))],
            Workload::GenerationRandom => {
                let nodes = scale(300, 600, 1_200);
                vec![("edge", graph_back(&mut random, nodes, 2, nodes))]
            }
            Workload::PointsTo => {
                let variables = scale(600, 2_000, 6_000);
                let mut pairs =
                    |count| Rows::of((0..count).map(|_| [random.near(variables), random.near(variables)]));
                vec![
                    ("address", pairs(variables)),
                    ("assign", pairs(variables)),
                    ("load", pairs(variables / 12)),
                    ("store", pairs(variables / 12)),
                ]
            }
            Workload::Components => vec![("edge", graph(&mut random, scale(20_000, 80_000, 420_000), 2))],
            Workload::ShortestPaths => {
                let nodes = scale(20_000, 100_000, 1_000_000);
                let arcs = graph(&mut random, nodes, 5);
                let arcs = arcs.pairs().map(|(a, b)| [a, b, 1 + random.below(100)]);
                vec![("start", Rows::of([[0]])), ("arc", Rows::of(arcs.collect::<Vec<_>>()))]
            }
            Workload::Triangles => {
                let nodes = scale(4_000, 20_000, 200_000);
                let edges = graph(&mut random, nodes, 8);
                let mut edges: Vec<[u32; 2]> =
                    edges.pairs().filter(|(a, b)| a != b).map(|(a, b)| [a.min(b), a.max(b)]).collect();
                // A denser part, for a random graph has few triangles.
                edges.extend((0..nodes / 20).flat_map(|a| {
                    let mut to: Vec<[u32; 2]> = (0..20).map(|_| [a, random.below(nodes / 20)]).collect();
                    to.retain(|[a, b]| a < b);
                    to
                }));
                edges.sort_unstable();
                edges.dedup();
                vec![("edge", Rows::of(edges))]
            }
            Workload::EdgeByEdge => {
                let nodes = scale(5_000, 50_000, 500_000);
                later_name = "edge";
                later = (0..scale(500, 1_000, 2_000))
                    .map(|_| Rows::of([[random.below(nodes), random.below(nodes)]]))
                    .collect();
                // At one edge per node about as much is reached as not.
                vec![("start", Rows::of([[0]])), ("edge", graph(&mut random, nodes, 1))]
            }
            Workload::Requests1 | Workload::Requests100 | Workload::Requests10000 => {
                let keys = scale(1_000, 10_000, 100_000);
                let (batch, ticks) = match self {
                    Workload::Requests1 => (1, scale(500, 2_000, 10_000)),
                    Workload::Requests100 => (100, scale(50, 200, 1_000)),
                    _ => (10_000, scale(5, 10, 30)),
                };
                later_name = "get";
                let mut id = 0;
                for _ in 0..ticks {
                    let request = |_| {
                        id += 1;
                        [id, random.below(keys)]
                    };
                    later.push(Rows::of((0..batch).map(request).collect::<Vec<_>>()));
                }
                vec![
                    ("value", Rows::of((0..keys).map(|k| [k, k * 2]))),
                    ("owner", Rows::of((0..keys).map(|k| [k, k % 7]))),
                ]
            }
        };
        Facts { workload: self, inputs, later, later_name }
    }
}

impl Facts {
    /// An input relation.
    ///
    /// # Panics
    /// There is none of this name.
    pub fn input(&self, name: &str) -> &Rows {
        let found = self.inputs.iter().find(|(input, _)| *input == name);
        &found.unwrap_or_else(|| panic!("{} has no input {name}", self.workload.name())).1
    }
}

/// Knuth's linear congruential generator.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as u32
    }

    fn below(&mut self, end: u32) -> u32 {
        self.next() % end.max(1)
    }

    /// Mostly small numbers: few variables are used much.
    fn near(&mut self, end: u32) -> u32 {
        let bound = 1 + self.below(end);
        self.below(bound)
    }
}

fn unique(mut edges: Vec<[u32; 2]>) -> Rows {
    edges.sort_unstable();
    edges.dedup();
    Rows::of(edges)
}

/// Edges between any two nodes, `degree` per node.
fn graph(random: &mut Random, nodes: u32, degree: u32) -> Rows {
    unique((0..nodes * degree).map(|_| [random.below(nodes), random.below(nodes)]).collect())
}

/// Edges to earlier nodes, at most `span` away.
fn graph_back(random: &mut Random, nodes: u32, degree: u32, span: u32) -> Rows {
    let mut edges = Vec::new();
    for node in 1..nodes {
        for _ in 0..degree {
            edges.push([node, node - 1 - random.below(node.min(span))]);
        }
    }
    unique(edges)
}

/// From each node but 0 an edge from an earlier one, near in number.
fn tree(random: &mut Random, nodes: u32) -> Rows {
    unique((1..nodes).map(|node| [node - 1 - random.below(node.min(node / 2 + 1)), node]).collect())
}
