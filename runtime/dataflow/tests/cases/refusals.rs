//! What an engine doesn't take.

use floret_ir::plan::{Operator, Sink};
use floret_ir::{Engine, EngineError, InputRow, NodeId, RelationId, RoleId, Value};

use super::{Build, copy};

#[track_caller]
fn refused(b: &Build, why: &str) {
    match b.engine(1) {
        Err(EngineError::Failed(text)) => assert!(text.contains(why), "{text}"),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("taken"),
    }
}

#[test]
fn wide_rows() {
    let mut b = Build::new();
    let wide = b.table("wide", &"i".repeat(17));
    let node = b.source(wide);
    b.content(wide, node);
    refused(&b, "rows of 17 columns; at most 16");
}

#[test]
fn broken_plans() {
    let with = |break_it: fn(&mut Build, NodeId, RelationId)| {
        let mut b = Build::new();
        let t = b.table("t", "ii");
        let node = b.source(t);
        break_it(&mut b, node, t);
        b
    };
    let b = with(|b, input, _| {
        b.add(Operator::Map { input, mapping: copy(&[2]) }, "i");
    });
    refused(&b, "no column 2 of 2");
    let b = with(|b, input, _| {
        b.add(Operator::Join { left: input, right: input, on: vec![(0, 2)], mapping: copy(&[0]) }, "i");
    });
    refused(&b, "no column 2 of 2");
    let b = with(|b, input, _| {
        b.add(Operator::Union { inputs: vec![input, NodeId(7)] }, "ii");
    });
    refused(&b, "operator 7 is read before it exists");
    let b = with(|b, input, _| {
        b.add(Operator::Losers { resolve: input }, "ii");
    });
    refused(&b, "resolves nothing");
    let b = with(|b, input, _| {
        b.add(Operator::Leave { inner: input }, "ii");
    });
    refused(&b, "outside of its loop");
    let b = with(|b, _, _| {
        b.add(Operator::Members { role: RoleId(4) }, "a");
    });
    refused(&b, "role 4 is not deployed");
    let b = with(|b, node, t| {
        b.sink(Sink::Send {
            rule: floret_ir::RuleId(0),
            relation: t,
            node,
            firing: floret_ir::Firing::EachTick,
        })
    });
    refused(&b, "a channel and a sink have 3 and 2 columns");
}

#[test]
fn rows_that_have_no_place() {
    let bad: [(u32, Vec<Value>); 4] = [
        (0, vec![Value::Int(1)]),
        (0, vec![Value::Int(1), Value::Int(2)]),
        (1, vec![Value::Int(1)]),
        (9, vec![Value::Int(1)]),
    ];
    for (relation, row) in bad {
        let mut b = Build::new();
        let t = b.table("t", "is");
        b.view("v", "i");
        let node = b.source(t);
        b.content(t, node);
        let mut engine = b.engine(1).unwrap();
        let mut arrivals = b.arrivals("t 1 a");
        arrivals.inputs.push(InputRow { relation: RelationId(relation), row });
        assert!(matches!(engine.tick(&arrivals), Err(EngineError::Failed(_))));
    }
}

#[test]
fn dropping_an_engine_ends_its_threads() {
    // Joining them in `drop` would hang otherwise. One engine at rest, one that never ticked.
    let mut b = Build::new();
    let t = b.table("t", "i");
    let node = b.source(t);
    b.content(t, node);
    let mut engine = b.engine(4).unwrap();
    engine.tick(&b.arrivals("t 1")).unwrap();
    drop(engine);
    drop(b.engine(3).unwrap());
}
