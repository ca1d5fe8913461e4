//! Which operators pass rows on as they come, in the engine and by `floret_ir::waits`.

use std::collections::BTreeSet;

use floret_ir::plan::{AggregateColumn, Loop, LoopVariable, Operator, Plan, Sink, Step};
use floret_ir::waits::Waits;
use floret_ir::{AggregateKind, BinaryOp, Expr, Firing, Lattice, NodeId, RelationId, RuleOp, Type, Value};

use super::{Build, binary, compute, copy, int};

/// Shows what an operator holds, as a view of its own.
fn show(b: &mut Build, node: NodeId) {
    let columns = "i".repeat(b.plan.nodes[node].columns.len());
    let view = b.view(&format!("view{}", node.0), &columns);
    b.rule(RuleOp::Now, view);
    b.content(view, node);
}

/// Whether an operator, or one that it reads, waits.
fn waits(plan: &Plan, waits: &Waits, node: NodeId) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        if seen.insert(node) {
            if waits.get(node).is_some() {
                return true;
            }
            open.extend(plan.nodes[node].operator.inputs());
        }
    }
    false
}

/// The sinks whose rows come before their half-tick is over, found in the engine, as the plan says it and as `expected`
/// by hand.
#[track_caller]
fn check(b: &Build, arrivals: &str, expected: &[bool]) {
    let found = b.engine(1).unwrap().early(&b.arrivals(arrivals)).unwrap();
    assert_eq!(found, expected, "in the engine");
    let said = Waits::of(&b.program, &b.plan);
    let said: Vec<bool> = b.plan.sinks.iter().map(|sink| !waits(&b.plan, &said, sink.node())).collect();
    assert_eq!(said, expected, "in the plan");
}

/// One operator of each kind over two relations, `left` and `right`, each of two ints.
fn operators(left: RelationId, right: RelationId, b: &mut Build) {
    let (left, right) = (b.source(left), b.source(right));
    let map = b.add(Operator::Map { input: left, mapping: copy(&[1, 0]) }, "ii");
    let ratio = compute(vec![binary(BinaryOp::Divide, int(1), Expr::Var(1))]);
    let errors = b.add(Operator::Errors { input: left, mapping: ratio }, "ii");
    let both = Expr::Const(Value::list([Value::Int(1), Value::Int(2)]));
    let unnest = b.add(Operator::Unnest { input: left, value: both }, "iii");
    let union = b.add(Operator::Union { inputs: vec![map, left] }, "ii");
    let on = vec![(0, 0)];
    let join = b.add(Operator::Join { left, right, on: on.clone(), mapping: copy(&[0, 3]) }, "ii");
    let antijoin = b.add(Operator::Antijoin { left, right, on }, "ii");
    let count = AggregateColumn { kind: AggregateKind::Count, column: None, by: None };
    let aggregate = b.add(Operator::Aggregate { input: left, group: 1, aggregates: vec![count] }, "ii");
    let distinct = b.add(Operator::Distinct { input: union }, "ii");
    let choice = Operator::Resolve { base: None, derived: left, key: 1, merges: vec![None] };
    let choice = b.add(choice, "ii");
    let merge =
        Operator::Resolve { base: None, derived: left, key: 1, merges: vec![Some(Lattice::Max(Type::Int))] };
    let merge = b.add(merge, "ii");
    let losers = b.add(Operator::Losers { resolve: choice }, "ii");
    for node in [left, map, errors, unnest, union, join, antijoin, aggregate, distinct, choice, merge, losers]
    {
        show(b, node);
    }
}

/// A source, a map, errors, an unnesting and a union pass on rows as they come.
const STREAM: [bool; 12] = [true, true, true, true, true, false, false, false, false, false, false, false];

/// 1 has a partner and 2 has none; 1 has two rows, so that one loses; by zero nothing can be divided.
const ROWS: &str = "left 1 0; left 1 5; left 2 6; right 1 7";

#[test]
fn over_stored_rows() {
    let mut b = Build::new();
    let (left, right) = (b.table("left", "ii"), b.table("right", "ii"));
    operators(left, right, &mut b);
    check(&b, ROWS, &STREAM);
}

#[test]
fn over_rows_that_arrive() {
    let mut b = Build::new();
    let (left, right) = (b.event("left", "ii"), b.event("right", "ii"));
    operators(left, right, &mut b);
    check(&b, ROWS, &STREAM);
}

#[test]
fn over_rows_that_arrive_beside_stored_ones() {
    let mut b = Build::new();
    let (left, right) = (b.event("left", "ii"), b.table("right", "ii"));
    operators(left, right, &mut b);
    check(&b, ROWS, &STREAM);
}

/// What arrives and is only sent is a set in the end; what is stored is kept apart once.
#[test]
fn over_rows_that_are_only_sent() {
    let mut b = Build::new();
    let (event, table, channel) = (b.event("left", "ai"), b.table("right", "ai"), b.channel("c", "i"));
    for (relation, firing) in [(event, Firing::EachTick), (table, Firing::OnChange)] {
        let input = b.source(relation);
        let node = b.add(Operator::Distinct { input }, "ai");
        let rule = b.rule(RuleOp::Later, channel);
        b.sink(Sink::Send { rule, relation: channel, node, firing });
    }
    check(&b, "left 1 5; right 1 5", &[true, false]);
}

/// A loop waits, in both ways to run it, and so does what is made of its rows.
#[test]
fn over_a_loop() {
    for by_differences in [false, true] {
        let mut b = Build::new();
        let (edge, path) = (b.table("edge", "ii"), b.view("path", "ii"));
        b.rule(RuleOp::Now, path);
        let edges = b.source(edge);
        if !by_differences {
            b.plan.nodes[edges].changes = floret_ir::plan::ChangeKind::Insert;
        }
        let variable = b.inner(Operator::Variable { relation: path }, "ii");
        let join = Operator::Join { left: variable, right: edges, on: vec![(1, 0)], mapping: copy(&[0, 3]) };
        let join = b.inner(join, "ii");
        let union = b.inner(Operator::Union { inputs: vec![edges, join] }, "ii");
        let feedback = b.inner(Operator::Distinct { input: union }, "ii");
        let export = b.inner(Operator::Leave { inner: feedback }, "ii");
        b.plan.steps.push(Step::Loop(Loop {
            imports: vec![edges],
            variables: vec![LoopVariable { relation: path, variable, feedback }],
            items: vec![join, union, feedback],
            exports: vec![export],
        }));
        let after = b.add(Operator::Map { input: export, mapping: copy(&[1, 0]) }, "ii");
        b.content(path, export);
        show(&mut b, after);
        // `Loop::way` is as the test wants it.
        let said = Waits::of(&b.program, &b.plan);
        assert_eq!(said.get(export).is_none(), by_differences);
        check(&b, "edge 1 2; edge 2 3", &[false, false]);
    }
}
