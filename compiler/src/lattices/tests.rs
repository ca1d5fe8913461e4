//! The laws of declared lattices, and sums that go up. Expectations are written by hand from LANGUAGE
//! section 7.

use std::sync::Arc;

use floret_ir::{BinaryOp, Diagnostics, Expr, FileId, Function, Program, Span, Type, UserLattice, Value};

use super::prepare;

#[test]
fn float_sums_of_lattices_go_up() {
    let sum = |op, a: f64, b: f64| floret_ir::binary(op, &Value::float(a), &Value::float(b));
    let infinity = Ok(Value::float(f64::INFINITY));
    assert_eq!(sum(BinaryOp::SaturatingAdd, f64::NEG_INFINITY, f64::INFINITY), infinity);
    assert_eq!(sum(BinaryOp::SaturatingSubtract, f64::INFINITY, f64::INFINITY), infinity);
    assert_eq!(sum(BinaryOp::SaturatingAdd, 0.5, 1.0), Ok(Value::float(1.5)));
}

/// The finding about `lattice l over TYPE = merge(a, b) -> MERGE;`, if there is one: its label.
fn law(over: Type, merge: Expr<usize>) -> Option<String> {
    let span = Span { file: FileId(0), start: 0, end: 0 };
    let lattice = UserLattice { name: "l".into(), over, merge, span };
    let mut program = Program { lattices: vec![Arc::new(lattice)], ..Program::default() };
    let mut sink = Diagnostics::new();
    prepare(&mut program, &mut sink);
    sink.sorted().first().map(|finding| finding.labels[0].text.clone())
}

fn call(function: Function, ty: Type, args: Vec<Expr<usize>>) -> Expr<usize> {
    Expr::Call { function, types: vec![ty; args.len()], args, result: ty }
}

fn int(op: BinaryOp, left: Expr<usize>, right: Expr<usize>) -> Expr<usize> {
    Expr::Binary { op, operands: Type::Int, left: Box::new(left), right: Box::new(right) }
}

#[test]
fn lattices_obey_their_laws() {
    let (a, b) = (|| Expr::Var(0), || Expr::Var(1));
    assert_eq!(law(Type::Int, call(Function::Greatest, Type::Int, vec![a(), b()])), None);
    let strings = Type::set(Type::String);
    assert_eq!(law(strings, call(Function::Union, strings, vec![a(), b()])), None);
    // A pair by its parts, the other way round.
    let pairs = Type::tuple(vec![Type::Int, Type::Int]);
    let part = |of: Expr<usize>, part| Expr::Project {
        projection: floret_ir::Projection::Field(part),
        value: Box::new(of),
        ty: Type::Int,
    };
    let both = Expr::Construct {
        shape: floret_ir::Shape::Tuple,
        parts: vec![
            call(Function::Greatest, Type::Int, vec![part(a(), 0), part(b(), 0)]),
            call(Function::Least, Type::Int, vec![part(a(), 1), part(b(), 1)]),
        ],
        ty: pairs,
    };
    assert_eq!(law(pairs, both), None);
}

#[test]
fn broken_laws_are_shown_by_values() {
    let (a, b) = (|| Expr::Var(0), || Expr::Var(1));
    assert_eq!(law(Type::Int, int(BinaryOp::SaturatingAdd, a(), b())).unwrap(), "merge(1, 1) is 2, not 1");
    assert_eq!(law(Type::Int, a()).unwrap(), "merge(0, 1) is 0, but merge(1, 0) is 1");
    assert_eq!(
        law(Type::Int, int(BinaryOp::Add, a(), b())).unwrap(),
        "merge(1, 9223372036854775807) has no value"
    );
    // Idempotent and commutative, but not associative: equal ones stay, others become their saturating sum.
    let sum = Expr::If {
        condition: Box::new(int(BinaryOp::Equal, a(), b())),
        then: Box::new(a()),
        otherwise: Box::new(int(BinaryOp::SaturatingAdd, a(), b())),
    };
    assert_eq!(law(Type::Int, sum).unwrap(), "merge(merge(1, 1), -1) is 0, but merge(1, merge(1, -1)) is 1");
}
