//! Loops: closures, what deletes take away from them, and their end.

use floret_ir::plan::{Loop, LoopVariable, Operator, Sink};
use floret_ir::{BinaryOp, Engine, EngineError, Expr, NodeId, RuleOp};

use super::{Build, binary, compute, copy, int};

/// `path` is the closure of the table `edge`, and `cut` deletes edges. `linear`: each path grows by an edge, else by
/// a path.
fn closure(linear: bool) -> Build {
    let mut b = Build::new();
    let edge = b.table("edge", "ii");
    let cut = b.event("cut", "ii");
    let path = b.view("path", "ii");
    b.rule(RuleOp::Now, path);
    let edges = b.source(edge);
    let cuts = b.source(cut);
    let paths = loop_over(&mut b, path, edges, |b, variable| {
        let other = if linear { edges } else { variable };
        b.inner(
            Operator::Join { left: variable, right: other, on: vec![(1, 0)], mapping: copy(&[0, 3]) },
            "ii",
        )
    });
    b.content(path, paths);
    b.sink(Sink::Delete { relation: edge, node: cuts, any: vec![] });
    b
}

/// A loop of one variable, which holds `start` and the rows that `step` makes of it.
fn loop_over(
    b: &mut Build,
    relation: floret_ir::RelationId,
    start: NodeId,
    step: impl FnOnce(&mut Build, NodeId) -> NodeId,
) -> NodeId {
    let columns = "i".repeat(b.program.relations[relation].arity());
    let variable = b.inner(Operator::Variable { relation }, &columns);
    let first_item = b.plan.nodes.next_id();
    let stepped = step(b, variable);
    let all = b.inner(Operator::Union { inputs: vec![start, stepped] }, &columns);
    let feedback = b.inner(Operator::Distinct { input: all }, &columns);
    let export = b.inner(Operator::Leave { inner: feedback }, &columns);
    let items = (first_item.0..=feedback.0).map(NodeId).collect();
    let variables = vec![LoopVariable { relation, variable, feedback }];
    b.recursion(Loop { imports: vec![start], variables, items, exports: vec![export] });
    export
}

const CLOSURE: &[(&str, &str)] = &[
    // A cycle 1 -> 2 -> 3 -> 1.
    (
        "edge 1 2; edge 2 3; edge 3 1",
        "+path(1,1) +path(1,2) +path(1,3) +path(2,1) +path(2,2) +path(2,3) +path(3,1) +path(3,2) +path(3,3)",
    ),
    ("edge 3 4", "+path(1,4) +path(2,4) +path(3,4)"),
    // The edge is gone at the next tick.
    ("cut 3 1", "again"),
    ("", "-path(1,1) -path(2,1) -path(2,2) -path(3,1) -path(3,2) -path(3,3)"),
    // Cut and put in again at once: the input row is there in the tick of the cut, gone after it.
    ("cut 2 3; edge 2 3", "again"),
    ("edge 2 5", "-path(1,3) -path(1,4) +path(1,5) -path(2,3) -path(2,4) +path(2,5)"),
    ("edge 2 3; edge 2 3", "+path(1,3) +path(1,4) +path(2,3) +path(2,4)"),
];

/// The expectations are about paths only.
fn paths_only(mut b: Build) -> Build {
    for relation in b.program.relations.iter_mut() {
        relation.output = relation.name == "path";
    }
    b.options.observe = floret_ir::Observe::Outputs;
    b
}

#[test]
fn linear_closure_gains_and_loses() {
    paths_only(closure(true)).check(CLOSURE);
}

#[test]
fn non_linear_closure_is_the_same() {
    paths_only(closure(false)).check(CLOSURE);
}

#[test]
fn derived_rows_are_counted() {
    let b = closure(true);
    for workers in [1, 2] {
        let mut engine = b.engine(workers).unwrap();
        for (arrivals, _) in CLOSURE {
            engine.tick(&b.arrivals(arrivals)).unwrap();
        }
        let counters = engine.counters();
        // 9 + 3 + 2 + 4 paths came to be; `edge` and `cut` have no rules.
        let derived: Vec<u64> = counters.derived.values().copied().collect();
        assert_eq!(derived, [18]);
        assert_eq!((counters.ticks, counters.inputs), (7, 10));
    }
}

#[test]
fn mutual_recursion_in_two_loops_on_one_another() {
    // even(x + 1) if odd(x), odd(x + 1) if even(x), up to 5, from `zero`; below(y, x): y + 1 = x, closed, over evens.
    let mut b = Build::new();
    let zero = b.table("zero", "i");
    let even = b.view("even", "i");
    let odd = b.view("odd", "i");
    let chain = b.view("chain", "ii");
    let zeros = b.source(zero);
    let even_variable = b.inner(Operator::Variable { relation: even }, "i");
    let odd_variable = b.inner(Operator::Variable { relation: odd }, "i");
    let mut step = compute(vec![binary(BinaryOp::Add, Expr::Var(0), int(1))]);
    step.conditions = vec![binary(BinaryOp::Less, Expr::Var(0), int(5))];
    let from_odd = b.inner(Operator::Map { input: odd_variable, mapping: step.clone() }, "i");
    let evens = b.inner(Operator::Union { inputs: vec![zeros, from_odd] }, "i");
    let evens = b.inner(Operator::Distinct { input: evens }, "i");
    let from_even = b.inner(Operator::Map { input: even_variable, mapping: step }, "i");
    let odds = b.inner(Operator::Distinct { input: from_even }, "i");
    let even_left = b.inner(Operator::Leave { inner: evens }, "i");
    let odd_left = b.inner(Operator::Leave { inner: odds }, "i");
    b.recursion(Loop {
        imports: vec![zeros],
        variables: vec![
            LoopVariable { relation: even, variable: even_variable, feedback: evens },
            LoopVariable { relation: odd, variable: odd_variable, feedback: odds },
        ],
        items: vec![from_odd, NodeId(from_odd.0 + 1), evens, from_even, odds],
        exports: vec![even_left, odd_left],
    });
    let mut next = copy(&[0, 1]);
    next.conditions =
        vec![binary(BinaryOp::Equal, binary(BinaryOp::Add, Expr::Var(0), int(2)), Expr::Var(1))];
    let links = b.add(Operator::Join { left: even_left, right: even_left, on: vec![], mapping: next }, "ii");
    let chains = loop_over(&mut b, chain, links, |b, variable| {
        b.inner(
            Operator::Join { left: links, right: variable, on: vec![(1, 0)], mapping: copy(&[0, 3]) },
            "ii",
        )
    });
    b.content(even, even_left);
    b.content(odd, odd_left);
    b.content(chain, chains);
    b.check(&[
        ("", ""),
        ("zero 0", "+even(0) +even(2) +even(4) +odd(1) +odd(3) +odd(5) +chain(0,2) +chain(0,4) +chain(2,4)"),
        ("", ""),
    ]);
}

#[test]
fn a_recursion_without_end_fails_the_tick() {
    let mut b = Build::new();
    let start = b.table("start", "i");
    let count = b.view("count", "i");
    let starts = b.source(start);
    let counts = loop_over(&mut b, count, starts, |b, variable| {
        let mapping = compute(vec![binary(BinaryOp::Add, Expr::Var(0), int(1))]);
        b.inner(Operator::Map { input: variable, mapping }, "i")
    });
    b.content(count, counts);
    for workers in [1, 2] {
        let mut engine = b.engine(workers).unwrap();
        assert!(engine.tick(&b.arrivals("")).is_ok());
        let limit = Err(EngineError::TickLimit { rounds: 100, relation: count });
        assert_eq!(engine.tick(&b.arrivals("start 1")), limit);
        // And it stays so.
        assert_eq!(engine.tick(&b.arrivals("")), limit);
        assert_eq!(engine.counters().ticks, 1);
    }
}
