//! Aggregates and sums that don't fit.

use floret_ir::plan::{AggregateColumn, Operator, Sink};
use floret_ir::{AggregateKind, Firing, RuleOp};

use super::Build;

/// A table, deletes from it, and aggregates of its columns after the first `group`.
fn aggregate(
    columns: &str,
    group: usize,
    aggregates: &[(AggregateKind, Option<usize>)],
    result: &str,
) -> Build {
    let mut b = Build::new();
    let t = b.table("t", columns);
    let gone = b.event("gone", columns);
    let v = b.view("v", result);
    let rule = b.rule(RuleOp::Now, v);
    let (ts, gones) = (b.source(t), b.source(gone));
    let aggregates =
        aggregates.iter().map(|(kind, column)| AggregateColumn { kind: *kind, column: *column, by: None });
    let node = b.add(Operator::Aggregate { input: ts, group, aggregates: aggregates.collect() }, result);
    let over = b.add(Operator::Overflow { aggregate: node }, &columns[..group]);
    b.content(v, node);
    b.sink(Sink::Overflow { rule, node: over, firing: Firing::OnChange });
    b.sink(Sink::Delete { relation: t, node: gones, any: vec![] });
    b.options.observe = floret_ir::Observe::Outputs;
    for relation in b.program.relations.iter_mut() {
        relation.output = relation.name == "v";
    }
    b
}

#[test]
fn each_kind_over_groups_of_one_column() {
    use AggregateKind::{Count, CountDistinct, Max, Min, Sum};
    let kinds = [(Count, None), (CountDistinct, Some(1)), (Sum, Some(2)), (Min, Some(2)), (Max, Some(1))];
    aggregate("isi", 1, &kinds, "iiiiis").check(&[
        ("t 1 b 5; t 1 b -7; t 1 a 5; t 2 zz 1", "+v(1,3,2,3,-7,b) +v(2,1,1,1,1,zz)"),
        ("gone 1 b -7; gone 2 zz 1", "again"),
        ("", "+v(1,2,2,10,5,b) -v(1,3,2,3,-7,b) -v(2,1,1,1,1,zz)"),
        // "é" comes after "b", whatever was seen first.
        ("t 1 é 5", "-v(1,2,2,10,5,b) +v(1,3,3,15,5,é)"),
    ]);
}

#[test]
fn groups_of_no_and_of_two_columns() {
    use AggregateKind::{Count, Min};
    aggregate("i", 0, &[(Count, None)], "i").check(&[
        ("", ""),
        ("t 4; t 5", "+v(2)"),
        ("gone 4; gone 5", "again"),
        ("", "-v(2)"),
    ]);
    aggregate("isf", 2, &[(Min, Some(2)), (Count, None)], "isfi")
        .check(&[("t 1 x 2.5; t 1 x -0.5; t 1 y 1; t 2 x 1", "+v(1,x,-0.5,2) +v(1,y,1.0,1) +v(2,x,1.0,1)")]);
}

#[test]
fn sums_that_dont_fit_are_reported_until_they_do() {
    let max = i64::MAX;
    // On the way a sum may be too large.
    aggregate("ii", 1, &[(AggregateKind::Sum, Some(1))], "ii").check(&[
        (&format!("t 1 {max}; t 1 1; t 1 -5; t 2 3"), &format!("+v(1,{}) +v(2,3)", max - 4)),
        ("t 1 5", &format!("-v(1,{}) overflow 0(1)", max - 4)),
        ("t 2 4", "-v(2,3) +v(2,7)"),
        ("gone 1 1", "again"),
        ("", &format!("+v(1,{max})")),
        ("t 1 1", &format!("-v(1,{max}) overflow 0(1)")),
    ]);
}

#[test]
fn floats_add_in_ascending_order() {
    // The other way round, each 1 would vanish in 1e16.
    aggregate("ifi", 1, &[(AggregateKind::Sum, Some(1))], "if")
        .check(&[("t 1 1e16 0; t 1 1 0; t 1 1 1", "+v(1,1.0000000000000002e16)")]);
}
