//! Ticks: events, sends, errors, counters.

use floret_ir::plan::{Mapping, Operator, Sink};
use floret_ir::{BinaryOp, Engine, Expr, Firing, RoleId, RuleOp};

use super::{Build, binary, compute, copy, int};
use floret_dataflow::Fault;

/// A channel `in`, sent on to node x as `out(x)` by a rule that fires each tick; a table `t`, sent to oneself on change.
fn sends() -> Build {
    let mut b = Build::new();
    let input = b.channel("in", "i");
    let out = b.channel("out", "i");
    let t = b.table("t", "i");
    let gone = b.event("gone", "i");
    let each = b.rule(RuleOp::Later, out);
    let change = b.rule(RuleOp::Later, out);
    let (ins, ts, gones) = (b.source(input), b.source(t), b.source(gone));
    let to = Expr::Member { role: RoleId(0), index: Box::new(Expr::Var(0)) };
    let addressed = b.add(Operator::Map { input: ins, mapping: compute(vec![to, Expr::Var(0)]) }, "ai");
    let to_me = compute(vec![Expr::SelfAddress(RoleId(0)), binary(BinaryOp::Divide, Expr::Var(0), int(10))]);
    let stored = b.add(Operator::Map { input: ts, mapping: to_me }, "ai");
    b.content(t, ts);
    b.content(input, ins);
    b.sink(Sink::Send { rule: each, relation: out, node: addressed, firing: Firing::EachTick });
    b.sink(Sink::Send { rule: change, relation: out, node: stored, firing: Firing::OnChange });
    b.sink(Sink::Delete { relation: t, node: gones, any: vec![] });
    b
}

#[test]
fn arrivals_send_each_time_and_tables_on_change() {
    sends().check(&[
        ("in 1; in 5; t 41", "+in(1) +in(5) +t(41) send out(4)@0 send out(1)@1 send out(5)@2"),
        // The same message in two ticks in a row is seen twice.
        ("in 1", "+in(1) send out(1)@1"),
        ("in 1; in 1", "+in(1) send out(1)@1"),
        // What the rule derives was derived before, from another row.
        ("t 42", "+t(42)"),
        ("gone 41; gone 42", "again"),
        ("", "-t(41) -t(42)"),
        ("t 43", "+t(43) send out(4)@0"),
        ("", ""),
    ]);
}

#[test]
fn a_planted_bug_cancels_repeats() {
    let mut b = sends();
    b.options.fault = Some(Fault::CancelledRepeat);
    b.check(&[("in 1", "+in(1) send out(1)@1"), ("in 1", "+in(1)"), ("in 2", "+in(2) send out(2)@2")]);
}

#[test]
fn counters_count_all_ticks() {
    let b = sends();
    let mut engine = b.engine(2).unwrap();
    for arrivals in ["in 1; in 5; t 41", "in 1; in 1", "t 41"] {
        engine.tick(&b.arrivals(arrivals)).unwrap();
    }
    let counters = engine.counters();
    assert_eq!((counters.ticks, counters.inputs, counters.received, counters.sent), (3, 2, 4, 4));
    assert!(counters.derived.is_empty());
}

#[test]
fn events_wait_for_the_next_tick() {
    // e(x) <+ start(x); e(x - 1) <+ e(x), x > 0; and `seen` keeps what e held.
    let mut b = Build::new();
    let start = b.event("start", "i");
    let e = b.event("e", "i");
    let seen = b.table("seen", "i");
    for (op, relation) in [(RuleOp::Next, e), (RuleOp::Next, e), (RuleOp::Now, seen)] {
        b.rule(op, relation);
    }
    b.fact(e, &[0]);
    let (starts, es, stored) = (b.source(start), b.source(e), b.source(seen));
    let mut less = compute(vec![binary(BinaryOp::Subtract, Expr::Var(0), int(1))]);
    less.conditions = vec![binary(BinaryOp::Greater, Expr::Var(0), int(0))];
    let down = b.add(Operator::Map { input: es, mapping: less }, "i");
    let all = b.add(Operator::Union { inputs: vec![stored, es] }, "i");
    let all = b.add(Operator::Distinct { input: all }, "i");
    b.content(e, es);
    b.content(seen, all);
    b.sink(Sink::Insert { relation: e, node: starts });
    b.sink(Sink::Insert { relation: e, node: down });
    b.check(&[
        ("", "+e(0) +seen(0)"),
        ("start 2", "again"),
        ("e 1", "+e(1) +e(2) +seen(1) +seen(2) again"),
        ("start 0", "+e(0) +e(1) again"),
        ("", "+e(0)"),
        ("", ""),
    ]);
    let mut engine = b.engine(1).unwrap();
    for arrivals in ["", "start 2", "e 1", "start 0", "", ""] {
        engine.tick(&b.arrivals(arrivals)).unwrap();
    }
    // e held 1 + 2 + 2 + 1 rows, seen gained 3.
    assert_eq!(engine.counters().derived.into_iter().collect::<Vec<_>>(), [(e, 6), (seen, 3)]);
}

/// `v(100 / x, y)` if y > 0, over a table or an event, with its errors.
fn divisions(event: bool, firing: Firing) -> Build {
    let mut b = Build::new();
    let t = if event { b.event("t", "ii") } else { b.table("t", "ii") };
    let v = b.view("v", "ii");
    let rule = b.rule(RuleOp::Now, v);
    let ts = b.source(t);
    let mapping = Mapping {
        lets: vec![binary(BinaryOp::Divide, int(100), Expr::Var(0))],
        conditions: vec![
            binary(BinaryOp::Less, Expr::Var(2), int(60)),
            binary(BinaryOp::Greater, Expr::Var(1), int(0)),
        ],
        columns: vec![Expr::Var(2), Expr::Var(1)],
    };
    let vs = b.add(Operator::Map { input: ts, mapping: mapping.clone() }, "ii");
    let errors = b.add(Operator::Errors { input: ts, mapping }, "ii");
    let errors = b.add(Operator::Map { input: errors, mapping: copy(&[1]) }, "i");
    b.content(v, vs);
    b.sink(Sink::Errors { rule, node: errors, firing });
    b.options.observe = floret_ir::Observe::Outputs;
    for relation in b.program.relations.iter_mut() {
        relation.output = relation.name == "v";
    }
    b
}

#[test]
fn rows_without_a_value_are_errors_unless_a_condition_is_false() {
    divisions(false, Firing::OnChange).check(&[
        ("t 4 1; t 1 2; t 0 3; t 0 -1", "+v(25,1) error 0(3)"),
        ("t 0 4", "error 0(4)"),
        ("t 2 4", "+v(50,4)"),
    ]);
    divisions(true, Firing::EachTick).check(&[("t 0 3", "error 0(3)"), ("t 0 3", "error 0(3)"), ("", "")]);
}

#[test]
fn members_unit_and_rows_without_columns() {
    let mut b = Build::new();
    let on = b.event("on", "");
    let who = b.view("who", "a");
    let (ons, unit) = (b.source(on), b.add(Operator::Unit, ""));
    let members = b.add(Operator::Members { role: RoleId(0) }, "a");
    let off = b.add(Operator::Antijoin { left: unit, right: ons, on: vec![] }, "");
    let whos = b.add(Operator::Join { left: members, right: off, on: vec![], mapping: copy(&[0]) }, "a");
    b.content(on, ons);
    b.content(who, whos);
    b.check(&[
        ("", "+who(0[0]) +who(0[1]) +who(0[2])"),
        ("on", "+on() -who(0[0]) -who(0[1]) -who(0[2])"),
        ("", "+who(0[0]) +who(0[1]) +who(0[2])"),
    ]);
}
