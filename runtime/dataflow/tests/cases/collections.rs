//! Unnesting, aggregates that collect, the clock and timers.

use floret_ir::plan::{AggregateColumn, Operator, Sink};
use floret_ir::{AggregateKind, Expr, Firing, RelationKind, RuleOp};

use super::{Build, compute, copy};

#[test]
fn each_distinct_element_comes_once_per_row() {
    let mut b = Build::new();
    let t = b.table("t", "il");
    let gone = b.event("gone", "il");
    let n = b.view("n", "ii");
    b.rule(RuleOp::Now, n);
    let (ts, gones) = (b.source(t), b.source(gone));
    let elements = b.add(Operator::Unnest { input: ts, value: Expr::Var(1) }, "ili");
    let picked = b.add(Operator::Map { input: elements, mapping: copy(&[2]) }, "i");
    let aggregates = vec![AggregateColumn { kind: AggregateKind::Count, column: None, by: None }];
    let counted = b.add(Operator::Aggregate { input: picked, group: 1, aggregates }, "ii");
    b.content(n, counted);
    b.sink(Sink::Delete { relation: t, node: gones, any: vec![] });
    b.options.observe = floret_ir::Observe::Outputs;
    for relation in b.program.relations.iter_mut() {
        relation.output = relation.name == "n";
    }
    b.check(&[
        ("t 1 4.3.3; t 2 .; t 3 3", "+n(3,2) +n(4,1)"),
        ("gone 1 4.3.3", "again"),
        ("", "+n(3,1) -n(3,2) -n(4,1)"),
    ]);
}

#[test]
fn means_extremes_and_collections() {
    use AggregateKind::{ArgMax, ArgMin, Avg, Collect};
    let mut b = Build::new();
    let t = b.table("t", "isi");
    let v = b.view("v", "ifsse");
    b.rule(RuleOp::Now, v);
    let ts = b.source(t);
    let aggregates = [(Avg, 2, None), (ArgMin, 1, Some(2)), (ArgMax, 1, Some(2)), (Collect, 2, None)];
    let aggregates =
        aggregates.map(|(kind, column, by)| AggregateColumn { kind, column: Some(column), by }).to_vec();
    let node = b.add(Operator::Aggregate { input: ts, group: 1, aggregates }, "ifsse");
    b.content(v, node);
    b.options.observe = floret_ir::Observe::Outputs;
    b.program.relations[t].output = false;
    b.check(&[
        ("t 1 z 5; t 1 b 1; t 1 a 5; t 2 x -3", "+v(1,3.6666666666666665,b,a,1.5) +v(2,-3.0,x,x,-3)"),
        // Of several least ones, the least text, whatever was seen first.
        ("t 1 a 1", "+v(1,3.0,a,a,1.5) -v(1,3.6666666666666665,b,a,1.5)"),
    ]);
}

#[test]
fn any_goes_by_the_deployments_seed() {
    let mut b = Build::new();
    let t = b.table("t", "ii");
    let v = b.view("v", "ii");
    b.rule(RuleOp::Now, v);
    let ts = b.source(t);
    let aggregates = vec![AggregateColumn { kind: AggregateKind::Any, column: Some(1), by: None }];
    let node = b.add(Operator::Aggregate { input: ts, group: 1, aggregates }, "ii");
    b.content(v, node);
    let hash = |int: i64| floret_ir::hash::seeded_hash(0, &floret_ir::Value::Int(int));
    let first = (0..20).min_by_key(|int| hash(*int)).unwrap();
    let rows: String = (0..20).map(|int| format!("t 1 {int};")).collect();
    let mut engine = b.engine(2).unwrap();
    let effects = floret_ir::Engine::tick(&mut engine, &b.arrivals(&rows)).unwrap();
    assert!(b.text(&effects).ends_with(&format!("+v(1,{first})")), "{}", b.text(&effects));
}

#[test]
fn the_clock_has_one_row_in_every_tick() {
    let mut b = Build::new();
    let t = b.table("t", "i");
    let e = b.event("e", "i");
    let at = b.view("at", "it");
    let out = b.channel("out", "t");
    let rule = b.rule(RuleOp::Later, out);
    b.rule(RuleOp::Now, at);
    let (ts, es) = (b.source(t), b.source(e));
    let clock = b.add(Operator::Clock, "ti");
    let timed = b.add(Operator::Join { left: ts, right: clock, on: vec![], mapping: copy(&[0, 1]) }, "it");
    let to = compute(vec![Expr::SelfAddress(floret_ir::RoleId(0)), Expr::Var(1)]);
    let sent = b.add(Operator::Join { left: es, right: clock, on: vec![], mapping: to }, "at");
    b.content(at, timed);
    b.sink(Sink::Send { rule, relation: out, node: sent, firing: Firing::EachTick });
    b.options.observe = floret_ir::Observe::Outputs;
    for relation in b.program.relations.iter_mut() {
        relation.output = relation.name == "at";
    }
    b.check(&[
        ("now 100; t 1", "+at(1,100)"),
        ("now 200; e 5", "-at(1,100) +at(1,200) send out(200)@0"),
        ("now 200; e 5", "send out(200)@0"),
        ("now 150; t 2", "+at(1,150) -at(1,200) +at(2,150)"),
    ]);
}

#[test]
fn timers_and_senders() {
    let mut b = Build::new();
    let beat = b.relation("beat", RelationKind::Timer { every: 5 }, "t", None);
    let c = b.channel("c", "ia");
    b.program.relations[c].sender = true;
    b.program.relations[beat].input = None;
    let (beats, cs) = (b.source(beat), b.source(c));
    b.content(beat, beats);
    b.content(c, cs);
    b.check(&[
        ("now 7; beat; c 4", "+beat(7) +c(4,0[0])"),
        ("now 8; c 4; c 4", "+c(4,0[0])"),
        ("now 9; beat", "+beat(9)"),
    ]);
}
