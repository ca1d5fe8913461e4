//! A program for tests and an engine for it that is simple enough to be its own specification.
//!
//! All relations have the columns `id` and `hops`. A node shows every row that arrives (from `seed`, `go` or `hop`) as
//! a row of `echo`, as often as it arrives (so a message that comes twice is seen). A `go` or `hop` with hops left goes on to the next node, in a circle, with one hop less.

use std::collections::BTreeSet;

use floret_ir::{
    Address, Arrivals, Changes, Counters, Effects, Engine, EngineError, FileId, InputMode, InputRow, Program,
    Promise, Relation, RelationColumn, RelationId, RelationKind, Role, RoleId, Row, RowChange, Send, Span,
    Stored, Type, Value,
};

pub(crate) const WORKER: RoleId = RoleId(0);
pub(crate) const SEED: RelationId = RelationId(0);
pub(crate) const GO: RelationId = RelationId(1);
pub(crate) const HOP: RelationId = RelationId(2);
pub(crate) const ECHO: RelationId = RelationId(3);

pub(crate) fn worker(index: u32) -> Address {
    Address { role: WORKER, index }
}

pub(crate) fn program() -> Program {
    let span = Span { file: FileId(0), start: 0, end: 0 };
    let column = |name: &str| RelationColumn { name: name.into(), ty: Type::Int, lattice: None };
    let relation = |name: &str, kind, input: bool| Relation {
        name: name.into(),
        kind,
        columns: vec![column("id"), column("hops")],
        key: None,
        key_proven: false,
        sender: false,
        role: WORKER,
        input: input.then_some(InputMode::Add),
        shards: None,
        output: name == "echo",
        inferred: false,
        span,
    };
    Program {
        roles: [Role { name: "Worker".into(), implicit: false, durable: false, span }].into_iter().collect(),
        relations: [
            relation("seed", RelationKind::Table, true),
            relation("go", RelationKind::Event, true),
            relation("hop", RelationKind::Channel { from: None, promise: Promise::Reliable }, false),
            relation("echo", RelationKind::Event, false),
            relation("order", RelationKind::Channel { from: None, promise: Promise::Ordered }, false),
            relation("noise", RelationKind::Channel { from: None, promise: Promise::Lossy }, false),
        ]
        .into_iter()
        .collect(),
        ..Program::default()
    }
}

pub(crate) fn row(id: i64, hops: i64) -> Row {
    vec![Value::Int(id), Value::Int(hops)]
}

pub(crate) fn input(relation: RelationId, id: i64, hops: i64) -> InputRow {
    InputRow { relation, row: row(id, hops) }
}

/// The row's id and hops.
pub(crate) fn numbers(row: &Row) -> (i64, i64) {
    match row.as_slice() {
        [Value::Int(id), Value::Int(hops)] => (*id, *hops),
        other => panic!("{other:?}"),
    }
}

pub(crate) struct Relay {
    me: Address,
    count: u32,
    counters: Counters,
}

impl Relay {
    pub(crate) fn new(me: Address, count: u32) -> Self {
        Relay { me, count, counters: Counters::default() }
    }
}

impl Engine for Relay {
    fn tick(&mut self, arrivals: &Arrivals) -> Result<Effects, EngineError> {
        let inputs = arrivals.inputs.iter().map(|input| (input.relation, &input.row));
        let messages = arrivals.messages.iter().map(|message| (message.relation, &message.row));
        let next = Address { index: (self.me.index + 1) % self.count, ..self.me };
        let (mut echo, mut sends) = (Vec::new(), BTreeSet::new());
        for (relation, arrived) in inputs.chain(messages) {
            let (id, hops) = numbers(arrived);
            if relation != SEED && hops > 0 {
                sends.insert(Send { to: next, relation: HOP, row: row(id, hops - 1) });
            }
            echo.push(RowChange { row: arrived.clone(), added: true });
        }
        self.counters.ticks += 1;
        let mut changes = Changes::new();
        if !echo.is_empty() {
            echo.sort();
            changes.insert(ECHO, echo);
        }
        Ok(Effects { sends, changes, ..Effects::default() })
    }
    fn stored(&self) -> Stored {
        Stored::default()
    }
    fn resume(&mut self, _: Stored) -> Result<(), EngineError> {
        Ok(())
    }
    fn counters(&self) -> Counters {
        self.counters.clone()
    }
}
