//! How long the engine takes for a transitive closure, beside the same written directly in differential:
//! `cargo run --release -p floret-dataflow --example closure -- engine|differential [workers]`.
//! Prints rows, seconds and peak memory. (The graph is generated: about 4 million pairs.)

use std::time::Instant;

use floret_dataflow::{Dataflow, Options};
use floret_ir::plan::{ChangeKind, Loop, LoopVariable, Mapping, Node, Operator, Plan, Sink, Step};
use floret_ir::{
    Address, Arrivals, Deployment, Engine, EngineError, Expr, FileId, Head, IndexVec, InputMode, InputRow,
    NodeId, Program, Relation, RelationColumn, RelationId, RelationKind, Role, RoleId, Rule, RuleOp, Site,
    Span, Type, Value,
};

fn main() -> Result<(), EngineError> {
    let mut args = std::env::args().skip(1);
    let what = args.next().unwrap_or_default();
    let workers = args.next().and_then(|number| number.parse().ok()).unwrap_or(1);
    let edges = graph(3_750, 3);
    let start = Instant::now();
    let rows = match what.as_str() {
        "engine" => engine(&edges, workers)?,
        _ => differential(edges.clone()),
    };
    let memory = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = memory.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("unknown peak");
    println!("{what}: {} edges, {rows} pairs, {:.2} s, {peak}", edges.len(), start.elapsed().as_secs_f64());
    Ok(())
}

/// Every node has `degree` edges to earlier ones, mostly near ones.
fn graph(nodes: u64, degree: u64) -> Vec<(u64, u64)> {
    let mut state = 1u64;
    let mut random = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let mut edges: Vec<_> = (1..nodes)
        .flat_map(|node| (0..degree).map(move |_| node))
        .map(|node| (node, node - 1 - random() % node.min(400)))
        .collect();
    edges.sort_unstable();
    edges.dedup();
    edges
}

fn engine(edges: &[(u64, u64)], workers: usize) -> Result<u64, EngineError> {
    let nowhere = Span { file: FileId(0), start: 0, end: 0 };
    let mut program = Program::default();
    program.roles.push(Role { name: "Node".into(), implicit: true, durable: false, span: nowhere });
    let relation = |name: &str, kind| Relation {
        name: name.into(),
        kind,
        columns: ["a", "b"]
            .map(|name| RelationColumn { name: name.into(), ty: Type::Int, lattice: None })
            .into(),
        key: None,
        key_proven: false,
        sender: false,
        role: RoleId(0),
        input: Some(InputMode::Add),
        shards: None,
        output: false,
        inferred: false,
        span: nowhere,
    };
    let edge = program.relations.push(relation("edge", RelationKind::Table));
    let path = program.relations.push(relation("path", RelationKind::View));
    let head = Head { relation: path, place: None, terms: Vec::new(), span: nowhere };
    let (body, variables) = (Vec::new(), IndexVec::new());
    program.rules.push(Rule { op: RuleOp::Now, role: RoleId(0), head, body, variables, span: nowhere });
    let me = Address { role: RoleId(0), index: 0 };
    let site = Site { me, deployment: Deployment::new([1].into_iter().collect()) };

    let options = Options { workers, ..Options::default() };
    let mut engine = Dataflow::new(&program, &plan(edge, path), &site, options)?;
    let row = |(from, to): &(u64, u64)| vec![Value::Int(*from as i64), Value::Int(*to as i64)];
    let inputs = edges.iter().map(|pair| InputRow { relation: edge, row: row(pair) }).collect();
    engine.tick(&Arrivals { inputs, ..Arrivals::default() })?;
    Ok(engine.counters().derived.values().sum())
}

/// path(x, y) <= edge(x, y); path(x, z) <= path(x, y), edge(y, z);
fn plan(edge: RelationId, path: RelationId) -> Plan {
    let operators = [
        Operator::Source { relation: edge },
        Operator::Variable { relation: path },
        Operator::Join {
            left: NodeId(1),
            right: NodeId(0),
            on: vec![(1, 0)],
            mapping: Mapping { columns: vec![Expr::Var(0), Expr::Var(3)], ..Mapping::default() },
        },
        Operator::Union { inputs: vec![NodeId(0), NodeId(2)] },
        Operator::Distinct { input: NodeId(3) },
        Operator::Leave { inner: NodeId(4) },
    ];
    let node = |operator| Node {
        operator,
        columns: vec![Type::Int, Type::Int],
        changes: ChangeKind::Insert,
        rule: None,
    };
    let variable = LoopVariable { relation: path, variable: NodeId(1), feedback: NodeId(4) };
    Plan {
        role: RoleId(0),
        nodes: operators.into_iter().map(node).collect(),
        steps: vec![
            Step::Operator(NodeId(0)),
            Step::Loop(Loop {
                imports: vec![NodeId(0)],
                variables: vec![variable],
                items: vec![NodeId(2), NodeId(3), NodeId(4)],
                exports: vec![NodeId(5)],
            }),
        ],
        sinks: vec![Sink::Content { relation: path, node: NodeId(5) }],
    }
}

/// The same as one writes it by hand: typed rows, an `iterate` over its own time.
fn differential(edges: Vec<(u64, u64)>) -> u64 {
    use differential_dataflow::input::Input;
    use differential_dataflow::operators::Iterate;
    use std::cell::Cell;
    use std::rc::Rc;

    timely::execute_directly(move |worker| {
        let rows = Rc::new(Cell::new(0));
        let count = rows.clone();
        worker.dataflow::<u64, _, _>(|scope| {
            let edges = edges.into_iter().map(|(from, to)| (from as u32, to as u32));
            let (_, edges) = scope.new_collection_from(edges);
            let paths = edges.clone().iterate(|inner, paths| {
                let edges = edges.enter(inner);
                paths
                    .map(|(from, to)| (to, from))
                    .join_map(edges.clone(), |_, from, to| (*from, *to))
                    .concat(edges)
                    .distinct()
            });
            paths.inspect_batch(move |_, rows| {
                count.set(count.get() + rows.iter().map(|(_, _, diff)| diff).sum::<isize>())
            });
        });
        while worker.has_dataflows() {
            worker.step_or_park(None);
        }
        rows.get() as u64
    })
}
