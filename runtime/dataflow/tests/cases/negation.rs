//! Antijoins.

use floret_ir::NodeId;
use floret_ir::plan::{AggregateColumn, Operator, Sink};
use floret_ir::{AggregateKind, Expr};

use super::{Build, copy, int};
use floret_dataflow::Fault;

/// `free(x)`: a table's `x` that no row of the event `busy` names; `gone` deletes; `done` puts into the table `closed`,
/// and `open(x)` is a table's `x` that isn't closed.
fn free() -> Build {
    let mut b = Build::new();
    let seat = b.table("seat", "i");
    let busy = b.event("busy", "ii");
    let gone = b.event("gone", "i");
    let free = b.view("free", "i");
    let (seats, busies, gones) = (b.source(seat), b.source(busy), b.source(gone));
    let frees = b.add(Operator::Antijoin { left: seats, right: busies, on: vec![(0, 1)] }, "i");
    b.content(free, frees);
    b.sink(Sink::Delete { relation: seat, node: gones, any: vec![] });
    b.options.observe = floret_ir::Observe::Outputs;
    for relation in b.program.relations.iter_mut() {
        relation.output = relation.name == "free";
    }
    b
}

#[test]
fn rows_come_back_when_what_hid_them_goes() {
    free().check(&[
        ("seat 1; seat 2; seat 3; busy 7 1", "+free(2) +free(3)"),
        ("busy 7 2; busy 8 2", "+free(1) -free(2)"),
        ("busy 8 2", ""),
        ("gone 1", "+free(2) again"),
        ("", "-free(1)"),
    ]);
}

#[test]
fn planted_bugs_show() {
    let with = |fault| {
        let mut b = free();
        b.options.fault = Some(fault);
        b
    };
    // What hid 1 in the first tick hides it still.
    with(Fault::ForgottenRetraction).check(&[("seat 1; busy 7 1", ""), ("", "")]);
    // What hides 1 in the first tick is not seen then.
    with(Fault::WrongStratumOrder).check(&[("seat 1; busy 7 1", "+free(1)")]);
    with(Fault::LostDelete).check(&[("seat 1", "+free(1)"), ("gone 1", ""), ("", "")]);
    free().check(&[("seat 1; busy 7 1", ""), ("", "+free(1)"), ("gone 1", "again"), ("", "-free(1)")]);
}

/// An antijoin, and its rows counted with multiplicities per first column.
fn counted(on: Vec<(usize, usize)>) -> Build {
    let mut b = Build::new();
    let left = b.table("left", "iii");
    let right = b.event("right", "iii");
    let count = b.view("count", "ii");
    let (lefts, rights) = (b.source(left), b.source(right));
    // The third column is dropped, so that rows repeat.
    let lefts = b.add(Operator::Map { input: lefts, mapping: copy(&[0, 1]) }, "ii");
    let rest = b.add(Operator::Antijoin { left: lefts, right: rights, on }, "ii");
    let aggregates = vec![AggregateColumn { kind: AggregateKind::Count, column: None, by: None }];
    let counts = b.add(Operator::Aggregate { input: rest, group: 1, aggregates }, "ii");
    b.content(count, counts);
    b.options.observe = floret_ir::Observe::Outputs;
    for relation in b.program.relations.iter_mut() {
        relation.output = relation.name == "count";
    }
    b
}

const LEFTS: &str = "left 1 5 1; left 1 5 2; left 1 6 1; left 2 5 1";

#[test]
fn multiplicities_of_the_left_stay_and_of_the_right_dont_matter() {
    let ticks = [
        (LEFTS, "+count(1,3) +count(2,1)"),
        // 6 is hidden twice over.
        ("right 6 0 0; right 6 1 0", "+count(1,2) -count(1,3)"),
        ("right 5 0 0", "+count(1,1) -count(1,2) -count(2,1)"),
        ("", "-count(1,1) +count(1,3) +count(2,1)"),
    ];
    counted(vec![(1, 0)]).check(&ticks);
}

#[test]
fn keys_of_two_columns() {
    counted(vec![(0, 1), (1, 0)]).check(&[
        (LEFTS, "+count(1,3) +count(2,1)"),
        ("right 5 1 9; right 5 1 8; right 6 2 0", "+count(1,1) -count(1,3)"),
    ]);
}

#[test]
fn without_a_key_any_row_hides_all() {
    counted(vec![]).check(&[
        (LEFTS, "+count(1,3) +count(2,1)"),
        ("right 0 0 0; right 1 1 1", "-count(1,3) -count(2,1)"),
        ("", "+count(1,3) +count(2,1)"),
    ]);
}

#[test]
fn an_antijoin_with_itself_is_empty() {
    let mut b = Build::new();
    let t = b.table("t", "i");
    let none = b.view("none", "i");
    let ts = b.source(t);
    let unit = b.add(Operator::Unit, "");
    let ones = b.add(Operator::Map { input: unit, mapping: super::compute(vec![int(1)]) }, "i");
    let all = b.add(Operator::Union { inputs: vec![ts, ones] }, "i");
    let nones: NodeId = b.add(Operator::Antijoin { left: all, right: all, on: vec![(0, 0)] }, "i");
    let twice = super::compute(vec![Expr::Var(0)]);
    let nones = b.add(Operator::Map { input: nones, mapping: twice }, "i");
    b.content(none, nones);
    b.check(&[("t 1; t 2", ""), ("t 3", "")]);
}
