//! How rules read lattice columns, saturating arithmetic, and laws. Expectations are written by hand from LANGUAGE
//! section 7.

use std::sync::Arc;

use floret_ir::{
    BinaryOp, Diagnostics, Expr, FileId, Function, Lattice, Program, RuleId, Span, Type, UserLattice, Value,
    print,
};

use super::{LatticeFlow, Why, prepare};

fn analyse(source: &str) -> Program {
    let mut sink = Diagnostics::new();
    let tree = floret_lang::parse(source, FileId(0), &mut sink);
    let program = crate::front::check(&tree, FileId(0), &mut sink);
    assert!(!sink.has_errors(), "{:#?}", sink.sorted());
    program
}

const DECLARED: &str = "table up(k: int => v: max<int>); table down(k: int => v: min<int>);
    table yes(k: int => v: any<bool>); table no(k: int => v: all<bool>);
    table time(k: int => v: max<float>); table some(k: int => v: set<int>);
    table per(k: int => v: map<int, max<int>>); table pair(k: int => v: (max<int>, min<int>));
    table plain(k: int, v: int); table bools(v: bool);
    table h(k: int); table hv(k: int, v: int); ";

/// How the first atom of the only rule is read: `None` by its growth, else why not.
fn read(rule: &str) -> Option<Why> {
    let program = analyse(&format!("{DECLARED}{rule}"));
    LatticeFlow::of(&program).rules[RuleId(0)].exact(0).map(|(why, _)| why)
}

#[test]
fn what_follows_growth() {
    for rule in [
        "up(k, v) <= up(k, v);",
        "up(k, v + 1) <= up(k, v);",
        "up(k, v + w) <= up(k, v), plain(k, w);",
        "up(k, 3 * v - 2) <= up(k, v);",
        "up(k, v / 2) <= up(k, v);",
        "up(k, -v) <= down(k, v);",
        "down(k, 10 - v) <= up(k, v);",
        "up(k, greatest(v, 3)) <= up(k, v);",
        "up(k, w + 1) <= up(k, v), let w = v * 2;",
        "up(k, if w > 3 then v else v + 1) <= up(k, v), plain(k, w);",
        "up(k, size(v)) <= some(k, v);",
        "some(k, union(v, set([w]))) <= some(k, v), plain(k, w);",
        "some(k, keys(v)) <= per(k, v);",
        "per(k, v) <= per(k, v);",
        "up(k, v.0) <= pair(k, v);",
        "down(k, v.1) <= pair(k, v);",
        "pair(k, (v, 3)) <= up(k, v);",
        "h(k) <= up(k, _);",
        "h(k) <= up(k, v), v >= 3;",
        "h(k) <= up(k, v), plain(k, w), w < v;",
        "h(k) <= down(k, v), v <= 3 and v < 2;",
        "h(k) <= up(k, v), not (v < 3);",
        "h(k) <= yes(k, v), v;",
        "h(k) <= yes(k, true);",
        "h(k) <= no(k, v), not v;",
        "h(k) <= some(k, v), size(v) >= 3;",
        "h(k) <= some(k, v), contains(v, 3);",
        "h(x) <= some(k, v), x in v;",
        "hv(k, x) <= some(k, v), plain(k, x), x in v;",
        "h(p.0) <= per(k, v), p in v;",
        "up(p.0, p.1) <= per(k, v), p in v;",
    ] {
        assert_eq!(read(rule), None, "{rule}");
    }
}

#[test]
fn what_looks_at_the_value() {
    for (rule, why) in [
        ("hv(k, v) <= up(k, v);", Why::PlainColumn),
        ("fresh(k, v) <= up(k, v);", Why::PlainColumn),
        ("up(v, 1) <= up(k, v);", Why::PlainColumn),
        ("down(k, v) <= up(k, v);", Why::OtherLattice),
        ("up(k, -v) <= up(k, v);", Why::OtherLattice),
        ("up(k, -3 * v) <= up(k, v);", Why::OtherLattice),
        ("up(k, v % 2) <= up(k, v);", Why::OtherLattice),
        ("time(k, 0.0 * v) <= time(k, v);", Why::OtherLattice),
        ("up(k, if v > 3 then 1 else 2) <= up(k, v);", Why::OtherLattice),
        ("up(k, v * v) <= up(k, v);", Why::OtherLattice),
        ("h(k) <= up(k, 3);", Why::Constant),
        ("h(k) <= yes(k, false);", Why::Constant),
        ("h(k) <= up(k, v), plain(k, v);", Why::Join),
        ("h(k) <= up(k, v), up(_, v);", Why::Join),
        ("h(k) <= up(k, v), v == 3;", Why::Condition),
        ("h(k) <= up(k, v), v < 3;", Why::Condition),
        ("h(k) <= yes(k, v), not v;", Why::Condition),
        ("h(k) <= no(k, v), v;", Why::Condition),
        ("h(k) <= up(k, v), up(k, w), v > w;", Why::Condition),
        ("h(k) <= up(k, v), !plain(k, v);", Why::Negation),
        ("h(k) <= some(k, v), size(v) < 3;", Why::Condition),
        ("hv(k, sum(v)) <= up(k, v);", Why::Aggregated),
        ("hv(k, count(v)) <= up(k, v);", Why::Aggregated),
        ("hv(v, count()) <= up(k, v);", Why::Grouping),
        ("h(k) <= up(k, v), let z = v == 3;", Why::Function),
    ] {
        assert_eq!(read(rule), Some(why), "{rule}");
    }
}

/// The first rule after `prepare`, as text.
fn prepared(rule: &str) -> String {
    let program = analyse(&format!("{DECLARED}{rule}"));
    print::rule(&program.rules[RuleId(0)], &program)
}

#[test]
fn arithmetic_on_lattice_values_saturates() {
    let program = analyse(&format!("{DECLARED}up(k, v + 1) <= up(k, v), plain(k, w), let z = w + 1, z > 0;"));
    let rule = &program.rules[RuleId(0)];
    let mut ops = Vec::new();
    for term in &rule.head.terms {
        if let floret_ir::HeadTerm::Expr(Expr::Binary { op, .. }) = term {
            ops.push(*op);
        }
    }
    for literal in &rule.body {
        if let floret_ir::Literal::Let { value: Expr::Binary { op, .. }, .. } = literal {
            ops.push(*op);
        }
    }
    assert_eq!(ops, [BinaryOp::SaturatingAdd, BinaryOp::Add]);
    // There is no saturating minus sign: it is a difference.
    let negated = analyse(&format!("{DECLARED}down(k, -v) <= up(k, v);"));
    let floret_ir::HeadTerm::Expr(Expr::Binary { op, .. }) = &negated.rules[RuleId(0)].head.terms[1] else {
        panic!("a difference")
    };
    assert_eq!(*op, BinaryOp::SaturatingSubtract);
}

#[test]
fn an_aggregate_that_is_the_merge_is_left_to_it() {
    assert!(prepared("up(k, max(v)) <= plain(k, v);").contains("up(k, v)"));
    assert!(prepared("down(k, min(v)) <= plain(k, v);").contains("down(k, v)"));
    assert!(prepared("some(k, collect(v)) <= plain(k, v);").contains("some(k, set([v]))"));
    assert!(prepared("up(k, min(v)) <= plain(k, v);").contains("min(v)"));
    assert!(prepared("hv(k, max(v)) <= plain(k, v);").contains("max(v)"));
}

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

#[test]
fn tables_of_lattices_never_conflict() {
    let program =
        analyse("input event e(k: int, v: int); table t(k: int => v: max<int>); t(k, v) <= e(k, v);");
    let table = program.relations.iter().find(|relation| relation.name == "t").unwrap();
    assert!(!table.may_conflict());
    let lattice = Lattice::Max(Type::Int);
    assert_eq!(table.merges(), [Some(lattice)]);
}
