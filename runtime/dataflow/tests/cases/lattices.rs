//! Value columns that merge: in tables, over what `<-` and `<+-` take away, and in recursions.

use floret_ir::plan::{Loop, LoopVariable, Operator, Sink};
use floret_ir::{BinaryOp, Expr, Firing, Lattice, NodeId, RelationKind, RuleOp, Type};

use super::{Build, binary, compute};

fn max() -> Option<Lattice> {
    Some(Lattice::Max(Type::Int))
}

fn show_only(b: &mut Build, name: &str) {
    b.options.observe = floret_ir::Observe::Outputs;
    for relation in b.program.relations.iter_mut() {
        relation.output = relation.name == name;
    }
}

/// A table `t(k => p, m: max<int>)` that events `now`, `next`, `put` and `del` fill and empty by `<=`, `<+`, `<+-` and
/// `<-` (`del` with `_` for `m`).
fn table() -> Build {
    let mut b = Build::new();
    let t = b.relation("t", RelationKind::Table, "iii", Some(1));
    b.program.relations[t].columns[2].lattice = max();
    let events = ["now", "next", "put", "del"].map(|name| b.event(name, "iii"));
    b.rule(RuleOp::Now, t);
    let base = b.source(t);
    let [now, next, put, del] = events.map(|event| b.source(event));
    let merges = vec![None, max()];
    let resolved = b.add(Operator::Resolve { base: Some(base), derived: now, key: 1, merges }, "iii");
    let losers = b.add(Operator::Losers { resolve: resolved }, "iii");
    b.content(t, resolved);
    b.sink(Sink::Conflicts { relation: t, node: losers, firing: Firing::OnChange });
    b.sink(Sink::Insert { relation: t, node: next });
    b.sink(Sink::Replace { relation: t, node: put });
    b.sink(Sink::Delete { relation: t, node: del, any: vec![2] });
    show_only(&mut b, "t");
    b
}

#[test]
fn rows_of_one_key_merge_and_stay_merged() {
    table().check(&[
        ("now 1 0 5; now 1 0 7; now 1 0 6", "+t(1,0,7)"),
        // The greater value was stored when what derived it went.
        ("", ""),
        ("now 1 0 3", ""),
        ("now 1 0 9; t 1 0 8", "-t(1,0,7) +t(1,0,9)"),
        // A row that differs in the plain column is lost whole, whatever its lattice column holds.
        ("now 1 1 99", "conflict t(1,1,99)"),
        ("t 1 2 99; t 3 5 1; t 3 4 2; t 3 4 8", "+t(3,4,8) conflict t(1,2,99) conflict t(3,5,1)"),
    ]);
}

#[test]
fn next_merges_into_what_remains_and_replace_does_not() {
    table().check(&[
        ("t 1 0 5", "+t(1,0,5)"),
        ("next 1 0 9; next 1 0 7; next 1 3 9", "conflict t(1,3,9) again"),
        ("", "-t(1,0,5) +t(1,0,9)"),
        ("put 1 0 2; put 1 0 4", "again"),
        ("", "+t(1,0,4) -t(1,0,9)"),
        // What the rules derive in the tick after is merged into what was put there.
        ("put 1 0 1", "again"),
        ("now 1 0 4", ""),
        ("", ""),
        ("del 1 0 0", "again"),
        // The deleted row is derived again: it never left.
        ("now 1 0 4", ""),
        ("del 1 0 77; next 1 0 2", "again"),
        ("", "+t(1,0,2) -t(1,0,4)"),
    ]);
}

#[test]
fn a_mutable_input_loses_what_the_host_deletes() {
    let mut b = Build::new();
    let t = b.relation("t", RelationKind::Table, "ii", Some(1));
    let s = b.table("s", "ii");
    for relation in [t, s] {
        b.program.relations[relation].input = Some(floret_ir::InputMode::Mutable);
        let rows = b.source(relation);
        b.content(relation, rows);
    }
    b.program.relations[t].columns[1].lattice = max();
    b.check(&[
        ("t 1 5; t 2 6; s 1 1", "+t(1,5) +t(2,6) +s(1,1)"),
        ("-t 1; -s 1 1; t 1 3", "+t(1,3) -t(1,5) -s(1,1)"),
        ("-t 3; -s 1 1", ""),
        ("-t 2 99; s 1 2; -s 1 2", "-t(2,6) +s(1,2)"),
    ]);
}

/// Deleted by the host what a rule derives in every tick: it stays.
#[test]
fn a_deleted_row_that_is_derived_stays() {
    let mut b = Build::new();
    let t = b.table("t", "i");
    b.program.relations[t].input = Some(floret_ir::InputMode::Mutable);
    let from = b.table("from", "i");
    let next = b.event("next", "i");
    b.rule(RuleOp::Now, t);
    let (ts, froms, nexts) = (b.source(t), b.source(from), b.source(next));
    let all = b.add(Operator::Union { inputs: vec![ts, froms] }, "i");
    let content = b.add(Operator::Distinct { input: all }, "i");
    b.content(t, content);
    b.sink(Sink::Insert { relation: t, node: nexts });
    show_only(&mut b, "t");
    b.check(&[
        ("from 1; t 2; next 3", "+t(1) +t(2) again"),
        ("-t 1; -t 2; -t 3", "-t(2)"),
        ("-t 1", ""),
        ("", ""),
    ]);
}

/// `d(x => min<int>)`: distances from the rows of `start` over the edges of `e(x, y, w)`, which `cut` deletes.
fn distances() -> Build {
    let mut b = Build::new();
    let start = b.table("start", "ii");
    let e = b.table("e", "iii");
    let cut = b.event("cut", "iii");
    let d = b.relation("d", RelationKind::View, "ii", Some(1));
    let least = Some(Lattice::Min(Type::Int));
    b.program.relations[d].columns[1].lattice = least.clone();
    b.rule(RuleOp::Now, d);
    let (starts, es, cuts) = (b.source(start), b.source(e), b.source(cut));
    let variable = b.inner(Operator::Variable { relation: d }, "ii");
    let longer = compute(vec![Expr::Var(3), binary(BinaryOp::SaturatingAdd, Expr::Var(1), Expr::Var(4))]);
    let step = b.inner(Operator::Join { left: variable, right: es, on: vec![(0, 0)], mapping: longer }, "ii");
    let all = b.inner(Operator::Union { inputs: vec![starts, step] }, "ii");
    let feedback = b.inner(Operator::Resolve { base: None, derived: all, key: 1, merges: vec![least] }, "ii");
    let export = b.inner(Operator::Leave { inner: feedback }, "ii");
    let items: Vec<NodeId> = vec![step, all, feedback];
    let variables = vec![LoopVariable { relation: d, variable, feedback }];
    b.recursion(Loop { imports: vec![starts, es], variables, items, exports: vec![export] });
    b.content(d, export);
    b.sink(Sink::Delete { relation: e, node: cuts, any: vec![] });
    show_only(&mut b, "d");
    b
}

#[test]
fn least_distances_over_a_cycle_grow_when_an_edge_goes() {
    distances().check(&[
        // 1 -1-> 2 -1-> 3 -1-> 1, and 1 -5-> 3.
        ("start 1 0; e 1 2 1; e 2 3 1; e 3 1 1; e 1 3 5", "+d(1,0) +d(2,1) +d(3,2)"),
        ("cut 2 3 1", "again"),
        ("", "-d(3,2) +d(3,5)"),
        // Nothing on the cycle keeps itself alive.
        ("e 2 3 1; cut 1 3 5", "+d(3,2) -d(3,5) again"),
        ("cut 1 2 1", "again"),
        ("", "-d(2,1) -d(3,2)"),
        ("e 3 2 7", ""),
        ("start 3 4", "+d(2,11) +d(3,4)"),
        ("start 3 4; start 2 2; cut 3 1 1", "+d(2,2) -d(2,11) +d(3,3) -d(3,4) again"),
        ("", ""),
    ]);
}

#[test]
fn a_negative_cycle_ends_at_the_tick_limit() {
    let b = distances();
    for workers in [1, 2] {
        let mut engine = b.engine(workers).unwrap();
        let failed = floret_ir::Engine::tick(&mut engine, &b.arrivals("start 1 0; e 1 1 -1"));
        assert!(matches!(failed, Err(floret_ir::EngineError::TickLimit { .. })), "{failed:?}");
    }
}

#[test]
fn sets_merge_by_union() {
    let mut b = Build::new();
    let event = b.event("put", "ie");
    let v = b.relation("v", RelationKind::View, "ie", Some(1));
    let union = Some(Lattice::Set(Type::Int));
    b.program.relations[v].columns[1].lattice = union.clone();
    let events = b.source(event);
    let merged = b.add(Operator::Resolve { base: None, derived: events, key: 1, merges: vec![union] }, "ie");
    b.content(v, merged);
    show_only(&mut b, "v");
    b.check(&[
        ("put 1 3.1; put 1 2; put 2 9", "+v(1,1.2.3) +v(2,9)"),
        ("put 1 1.2; put 1 3", "-v(2,9)"),
        ("", "-v(1,1.2.3)"),
    ]);
}
