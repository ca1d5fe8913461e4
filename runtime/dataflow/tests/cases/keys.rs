//! Keyed relations: which row stays, and who hears of the others.

use floret_ir::plan::{Operator, Sink};
use floret_ir::{Firing, RelationKind, RuleOp};

use super::{Build, copy};

/// A table `kv(k => v)` that events `now`, `next`, `put` and `del` fill and empty by `<=`, `<+`, `<+-` and `<-`.
fn kv() -> Build {
    let mut b = Build::new();
    let kv = b.relation("kv", RelationKind::Table, "is", Some(1));
    let events = ["now", "next", "put", "del"].map(|name| b.event(name, "is"));
    b.rule(RuleOp::Now, kv);
    let base = b.source(kv);
    let [now, next, put, del] = events.map(|event| b.source(event));
    let resolved =
        b.add(Operator::Resolve { base: Some(base), derived: now, key: 1, merges: vec![None] }, "is");
    let losers = b.add(Operator::Losers { resolve: resolved }, "is");
    b.content(kv, resolved);
    b.sink(Sink::Conflicts { relation: kv, node: losers, firing: Firing::OnChange });
    b.sink(Sink::Insert { relation: kv, node: next });
    b.sink(Sink::Replace { relation: kv, node: put });
    b.sink(Sink::Delete { relation: kv, node: del, any: vec![1] });
    b.options.observe = floret_ir::Observe::Outputs;
    for relation in b.program.relations.iter_mut() {
        relation.output = relation.name == "kv";
    }
    b
}

#[test]
fn stored_rows_stay_and_the_least_new_one_wins() {
    kv().check(&[
        ("now 1 b; now 1 c; kv 2 y; kv 2 x", "+kv(1,b) +kv(2,x) conflict kv(1,c) conflict kv(2,y)"),
        // Input rows meet what is stored; equal ones don't conflict.
        ("kv 1 a; kv 1 b; now 2 w", "conflict kv(1,a) conflict kv(2,w)"),
        // The stored row stays when what derived it is gone.
        ("", ""),
    ]);
}

#[test]
fn least_goes_by_text_not_by_arrival() {
    kv().check(&[
        ("now 1 z; now 3 a", "+kv(1,z) +kv(3,a)"),
        ("now 2 z; now 2 a", "+kv(2,a) conflict kv(2,z)"),
    ]);
}

#[test]
fn insert_into_a_taken_key_loses() {
    kv().check(&[
        ("kv 1 a; next 1 b; next 2 d; next 2 c", "+kv(1,a) conflict kv(1,b) conflict kv(2,d) again"),
        ("next 1 a; next 2 c", "+kv(2,c)"),
        ("", ""),
    ]);
}

#[test]
fn replace_takes_the_old_row_away() {
    kv().check(&[
        ("kv 1 a; put 1 b", "+kv(1,a) again"),
        // Of several new rows the least wins, whatever brings them.
        ("put 1 d; put 1 c; next 1 e", "-kv(1,a) +kv(1,b) conflict kv(1,d) conflict kv(1,e) again"),
        // Replacing a row by itself changes nothing.
        ("put 1 c", "-kv(1,b) +kv(1,c)"),
        ("del 1 ?; put 1 x", "again"),
        ("del 1 ?; next 1 y", "-kv(1,c) +kv(1,x) again"),
        ("", "-kv(1,x) +kv(1,y)"),
        ("del 1 ?", "again"),
        ("", "-kv(1,y)"),
    ]);
}

#[test]
fn what_is_derived_again_survives_its_deletion() {
    // The row is derived in the tick after the delete: its content never changes.
    kv().check(&[
        ("now 1 a; del 1 ?", "+kv(1,a) again"),
        ("now 1 a; del 1 ?", "again"),
        ("now 1 a", ""),
        // It was stored again.
        ("", ""),
        ("now 1 b; del 1 ?", "conflict kv(1,b) again"),
        ("now 1 b", "-kv(1,a) +kv(1,b)"),
    ]);
}

#[test]
fn deletes_can_ask_for_the_value() {
    let mut b = kv();
    for sink in &mut b.plan.sinks {
        if let Sink::Delete { any, .. } = sink {
            any.clear();
        }
    }
    b.check(&[("kv 1 a; del 1 b", "+kv(1,a)"), ("del 1 a", "again"), ("", "-kv(1,a)")]);
}

#[test]
fn keyed_events_have_no_base() {
    let mut b = Build::new();
    let e = b.relation("e", RelationKind::Event, "isi", Some(2));
    let es = b.source(e);
    let resolved = b.add(Operator::Resolve { base: None, derived: es, key: 2, merges: vec![None] }, "isi");
    let losers = b.add(Operator::Losers { resolve: resolved }, "isi");
    b.content(e, resolved);
    b.sink(Sink::Conflicts { relation: e, node: losers, firing: Firing::EachTick });
    b.check(&[
        ("e 1 a 5; e 1 a -5; e 1 b 7", "+e(1,a,-5) +e(1,b,7) conflict e(1,a,5)"),
        // The same again is a conflict again.
        ("e 1 a 5; e 1 a -5", "+e(1,a,-5) conflict e(1,a,5)"),
        ("e 1 a 5", "+e(1,a,5)"),
        ("", ""),
    ]);
}

#[test]
fn facts_compete_with_input_rows() {
    let mut b = Build::new();
    let kv = b.relation("kv", RelationKind::Table, "ii", Some(1));
    b.fact(kv, &[1, 5]);
    b.fact(kv, &[1, 6]);
    b.fact(kv, &[2, 5]);
    let all = b.source(kv);
    let copied = b.add(Operator::Map { input: all, mapping: copy(&[0, 1]) }, "ii");
    b.content(kv, copied);
    b.check(&[
        ("kv 2 4", "+kv(1,5) +kv(2,4) conflict kv(1,6) conflict kv(2,5)"),
        ("kv 2 5", "conflict kv(2,5)"),
    ]);
}
