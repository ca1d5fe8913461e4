//! Whatever bytes come, the wire gives a message or an error; and what is written is read.

use std::sync::Arc;

use floret_ir::{
    Address, Counters, Deployment, EnumType, Interned, Lattice, RelationId, RoleId, Row, RowChange,
    StructType, Type, Value,
};
use proptest::prelude::*;

use super::*;
use crate::links::{arrived, arrived_lossy};
use crate::shell::testing::{ECHO, HOP, program, row, worker};

fn value() -> impl Strategy<Value = Value> {
    let plain = prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_map(Value::float),
        any::<String>().prop_map(|text| Value::string(&text)),
        any::<(u32, u32)>().prop_map(|(role, index)| Value::Address(Address { role: RoleId(role), index })),
        any::<Vec<u8>>().prop_map(|bytes| Value::Bytes(bytes.into())),
        any::<i64>().prop_map(Value::Time),
        any::<i64>().prop_map(Value::Duration),
    ];
    plain.prop_recursive(3, 12, 4, |part| {
        let parts = || prop::collection::vec(part.clone(), 0..4);
        prop_oneof![
            parts().prop_map(Value::tuple),
            parts().prop_map(Value::list),
            parts().prop_map(Value::set),
            prop::collection::vec((part.clone(), part.clone()), 0..4).prop_map(Value::map),
            (any::<u32>(), parts()).prop_map(|(number, args)| Value::Variant(number, args.into())),
        ]
    })
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec(prop::collection::vec(value(), 0..5), 1..20)
}

/// One of each, with these rows.
fn bodies(rows: &[Row]) -> Vec<Body> {
    let packed = pack(rows).unwrap().remove(0);
    let changes: Vec<RowChange> =
        rows.iter().map(|row| RowChange { row: row.clone(), added: true }).collect();
    let hello = Hello {
        magic: MAGIC,
        version: PROTOCOL_VERSION,
        program: 3,
        token: "t".into(),
        who: Who::Node { address: worker(1), session: Session { incarnation: 4, generation: 1 }, first: 5 },
    };
    let counters = Counters { derived: [(ECHO, 3)].into(), ..Counters::default() };
    let status = Status { wave: 1, idle: true, sent: 1 << 40, counters, ..Status::default() };
    let output = OutputRows::Changes(ECHO, pack(&changes).unwrap().remove(0));
    vec![
        Body::Hello(hello),
        Body::Welcome(Welcome { incarnation: 6, next: 7 }),
        Body::Refused("no".into()),
        Body::Data(Data { channel: 8, relation: HOP, first: 9, tick: 2, last: true, rows: packed.clone() }),
        Body::Lossy(Lossy { channel: 8, relation: HOP, rows: packed.clone() }),
        Body::Ping,
        Body::Ack(10),
        Body::Blocked(Blocked { origin: worker(1), number: 3, hops: 1 }),
        Body::ToNode(ToNode::Inputs { relation: RelationId(0), rows: packed }),
        Body::ToNode(ToNode::Probe(11)),
        Body::FromNode(FromNode::Outputs { tick: 12, rows: output }),
        Body::FromNode(FromNode::Status(status)),
        Body::FromNode(FromNode::Failed { why: "x".into(), by_program: true }),
    ]
}

/// Takes a body as far as a node would.
fn swallow(bytes: &[u8]) {
    let schema = Schema::new(Arc::new(program()), Deployment::new([2].into_iter().collect()));
    match decode(bytes) {
        Ok(Body::Data(data)) => {
            let data = Data { channel: schema.channel(HOP), ..data };
            let _ = arrived(&schema, worker(0), worker(1), data);
        }
        Ok(Body::Lossy(lossy)) => {
            let lossy = Lossy { channel: schema.channel(HOP), ..lossy };
            let _ = arrived_lossy(&schema, worker(0), worker(1), &lossy);
        }
        Ok(Body::ToNode(ToNode::Inputs { relation, rows })) => {
            if let Ok(relation) = schema.input(worker(0), relation) {
                let _ = rows.unpack(|row| schema.fits(row, relation));
            }
        }
        Ok(Body::FromNode(FromNode::Outputs { rows: OutputRows::Changes(_, packed), .. })) => {
            let _ = packed.unpack(|_: &RowChange| Ok(()));
        }
        Ok(_) | Err(_) => {}
    }
}

proptest! {
    #[test]
    fn rows_come_back(rows in rows()) {
        let back: Result<Vec<Row>, Misfit> = pack(&rows).unwrap()[0].unpack(|_| Ok(()));
        prop_assert_eq!(back, Ok(rows));
    }

    #[test]
    fn bodies_come_back(rows in rows()) {
        for body in bodies(&rows) {
            prop_assert_eq!(decode(&encode(&body)).unwrap(), body);
        }
    }

    #[test]
    fn any_bytes_are_a_message_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        swallow(&bytes);
    }

    #[test]
    fn damaged_messages_are_messages_or_refused(
        rows in rows(),
        which in any::<prop::sample::Index>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let bodies = bodies(&rows);
        let mut bytes = encode(which.get(&bodies));
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        swallow(&bytes);
    }

    #[test]
    fn cut_or_longer_messages_are_refused(rows in rows(), more in any::<u8>(), cut in any::<prop::sample::Index>()) {
        for body in bodies(&rows) {
            let whole = encode(&body);
            prop_assert!(decode(&whole[..cut.index(whole.len())]).is_err());
            prop_assert!(decode(&[whole.as_slice(), &[more]].concat()).is_err());
        }
    }
}

#[test]
fn a_hash_tells_channels_apart() {
    let hash = |change: &dyn Fn(&mut floret_ir::Program)| {
        let mut program = program();
        change(&mut program);
        Schema::new(Arc::new(program), Deployment::new([1].into_iter().collect())).channel(HOP)
    };
    let same = hash(&|_| ());
    assert_eq!(same, hash(&|program| program.relations[ECHO].name = "other".into()));
    assert_ne!(same, hash(&|program| program.relations[HOP].name = "jump".into()));
    assert_ne!(same, hash(&|program| program.relations[HOP].columns[0].ty = floret_ir::Type::Bool));
    assert_ne!(same, hash(&|program| program.relations[HOP].columns[0].name = "x".into()));
    assert_ne!(same, hash(&|program| program.relations[HOP].columns.truncate(1)));
    assert_ne!(same, hash(&|program| program.relations[HOP].sender = true));
    // All that a type or lattice is made of counts, however deep.
    let of = |ty| hash(&|program| program.relations[HOP].columns[0].ty = ty);
    let pair = |name: &str, field: &str, ty| {
        let fields = vec![(field.to_owned(), ty)];
        Type::list(Type::Struct(Interned::new(StructType { name: name.into(), fields })))
    };
    let vote = |variants: &[(&str, Vec<Type>)]| {
        let variants = variants.iter().map(|(name, types)| ((*name).to_owned(), types.clone())).collect();
        Type::Enum(Interned::new(EnumType { name: "Vote".into(), variants }))
    };
    let types = [
        pair("P", "a", Type::Int),
        pair("P", "a", Type::Bool),
        pair("P", "b", Type::Int),
        pair("Q", "a", Type::Int),
        pair("P", "a", pair("R", "a", Type::Int)),
        pair("P", "a", pair("R", "a", Type::Float)),
        vote(&[("Yes", vec![]), ("No", vec![])]),
        vote(&[("No", vec![]), ("Yes", vec![])]),
        vote(&[("Yes", vec![Type::Int]), ("No", vec![])]),
        Type::set(Type::Int),
        Type::option(Type::Int),
    ];
    let hashes: std::collections::BTreeSet<u64> = types.into_iter().map(of).collect();
    assert_eq!(hashes.len(), types.len());
    let lattice =
        |lattice: Lattice| hash(&|program| program.relations[HOP].columns[1].lattice = Some(lattice.clone()));
    let lattices = [Lattice::Max(Type::Int), Lattice::Min(Type::Int), Lattice::Lww(Type::Int)];
    assert_eq!(
        lattices.map(lattice).into_iter().chain([same]).collect::<std::collections::BTreeSet<_>>().len(),
        4
    );
}

#[test]
fn addresses_in_rows_must_be_nodes() {
    let mut program = program();
    program.relations[HOP].columns[1].ty = floret_ir::Type::Address(RoleId(0));
    let schema = Schema::new(Arc::new(program), Deployment::new([2].into_iter().collect()));
    let relation = &schema.program.relations[HOP];
    let check = |address| schema.fits(&vec![Value::Int(1), Value::Address(address)], relation);
    assert_eq!(check(worker(1)), Ok(()));
    assert_eq!(check(worker(2)), Err(Misfit::WrongType));
    assert_eq!(check(Address { role: RoleId(1), index: 0 }), Err(Misfit::WrongType));
    assert_eq!(schema.fits(&row(1, 1), relation), Err(Misfit::WrongType));
}

#[test]
fn values_that_nest_too_deep_are_refused() {
    let nested = |depth: usize| {
        let value = (0..depth).fold(Value::Int(1), |inner, _| Value::list([inner]));
        let rows: Vec<Row> = vec![vec![value]];
        pack(&rows).unwrap()[0].unpack(|_: &Row| Ok(())).map(|rows| rows.len())
    };
    assert_eq!(nested(300), Ok(1));
    assert_eq!(nested(2000), Err(Misfit::NoRows));
}

#[test]
fn a_sender_comes_on_arrival_and_is_shown() {
    let mut program = program();
    program.relations[HOP].sender = true;
    program.relations[HOP].columns[1].ty = Type::Node;
    let schema = Schema::new(Arc::new(program), Deployment::new([2].into_iter().collect()));
    let relation = &schema.program.relations[HOP];
    let (sent, shown) = (vec![Value::Int(1)], vec![Value::Int(1), Value::Address(worker(1))]);
    assert_eq!(schema.fits_message(&sent, relation), Ok(()));
    assert_eq!(schema.fits_message(&shown, relation), Err(Misfit::WrongColumns));
    assert_eq!(schema.fits(&shown, relation), Ok(()));
    assert_eq!(schema.fits(&sent, relation), Err(Misfit::WrongColumns));
}
