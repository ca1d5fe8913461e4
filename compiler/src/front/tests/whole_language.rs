//! Programs of the whole language compile, are valid, and say what they should. Expected values are worked out by hand.

use floret_ir::artifact::{decode, encode};
use floret_ir::{
    AtomSource, Expr, Function, HeadTerm, InputMode, Lattice, Literal, NoticeKind, Program, RelationKind,
    Type, Value, VarId, evaluate,
};

use super::run;

/// The program of a text without errors; it is valid as an artifact is.
#[track_caller]
fn compiles(text: &str) -> Program {
    let compilation = crate::driver::compile("test.flo", text, &crate::modules::OneFile);
    let errors: Vec<_> = compilation.errors().cloned().collect();
    assert!(errors.is_empty(), "{}", floret_lang::render(&errors, &compilation.sources, false));
    let artifact = compilation.artifact.unwrap();
    assert_eq!(decode(&encode(&artifact)).as_ref(), Ok(&artifact), "{text}");
    run(text).0
}

/// The value of an expression of a type.
#[track_caller]
fn value_of(declarations: &str, ty: &str, expr: &str) -> Value {
    let program = compiles(&format!("{declarations} table result(x: {ty}); result({expr});"));
    evaluate(&program.facts[0].values[0], &|_: &VarId| None, &floret_ir::Site::nowhere()).unwrap()
}

fn int(value: i64) -> Value {
    Value::Int(value)
}

/// The type of a column.
#[track_caller]
fn column(program: &Program, relation: &str, index: usize) -> Type {
    program.relations[program.relation_named(relation).unwrap()].columns[index].ty
}

#[test]
fn types_of_columns() {
    let program = compiles(
        "enum Vote { Yes, No(string) } struct P { a: int, b: list<Vote> }
         table t(a: bytes, b: time, c: duration, d: (int, P), e: map<string, set<int>>, f: option<Vote>);",
    );
    assert_eq!(column(&program, "t", 0), Type::Bytes);
    assert_eq!(column(&program, "t", 2), Type::Duration);
    assert_eq!(column(&program, "t", 4), Type::map(Type::String, Type::set(Type::Int)));
    let Type::Option(vote) = column(&program, "t", 5) else { panic!() };
    assert_eq!(vote.variant(1), Some(vec![Type::String]));
    let fields = column(&program, "t", 3).fields().unwrap();
    assert_eq!(fields[1].fields(), Some(vec![Type::Int, Type::list(*vote)]));
}

#[test]
fn literals_and_constructors() {
    assert_eq!(value_of("", "duration", "1h30m"), Value::Duration(5_400_000_000_000));
    assert_eq!(value_of("", "bytes", "b\"ab\""), Value::Bytes([97, 98].into()));
    assert_eq!(value_of("", "(int, string)", "(1, \"a\")"), Value::tuple([int(1), Value::string("a")]));
    assert_eq!(value_of("", "option<int>", "none"), Value::none());
    assert_eq!(
        value_of("", "list<option<int>>", "[none, some(2)]"),
        Value::list([Value::none(), Value::some(int(2))])
    );
    assert_eq!(
        value_of("", "map<string, int>", "map([(\"a\", 1)])"),
        Value::map([(Value::string("a"), int(1))])
    );
    assert_eq!(value_of("", "map<string, int>", "map([])"), Value::map([]));
    let vote = "enum Vote { Yes, No(string) }";
    assert_eq!(value_of(vote, "Vote", "No(\"x\")"), Value::Variant(1, [Value::string("x")].into()));
    assert_eq!(value_of(vote, "Vote", "Vote::Yes"), Value::Variant(0, [].into()));
    let point = "struct P { x: int, y: int }";
    assert_eq!(value_of(point, "P", "P { y: 1, x: 2 }"), Value::tuple([int(2), int(1)]));
    assert_eq!(value_of(point, "int", "P { y: 1, x: 2 }.y"), int(1));
    assert_eq!(value_of("", "int", "((1, 2), 3).0.1"), int(2));
    assert_eq!(value_of("", "int", "[5, 6, 7][1]"), int(6));
}

#[test]
fn times_and_durations() {
    assert_eq!(value_of("", "duration", "2s + 500ms"), Value::Duration(2_500_000_000));
    assert_eq!(value_of("", "duration", "2s * 3 - 1s"), Value::Duration(5_000_000_000));
    assert_eq!(value_of("", "duration", "3 * 2s / 4"), Value::Duration(1_500_000_000));
    assert_eq!(value_of("", "duration", "-2s"), Value::Duration(-2_000_000_000));
    assert_eq!(value_of("", "time", "from_unix(5) + 1s"), Value::Time(6_000_000_000));
    assert_eq!(value_of("", "time", "1s + from_unix(5) - 2s"), Value::Time(4_000_000_000));
    assert_eq!(value_of("", "duration", "from_unix(5) - from_unix(2)"), Value::Duration(3_000_000_000));
    // Which subtraction it is, only a view that comes later tells.
    let program = compiles("table t(a: time, d: duration); v(a - x) <= t(a, _), w(x); w(d) <= t(_, d);");
    assert_eq!(column(&program, "v", 0), Type::Time);
}

#[test]
fn functions_of_one_name() {
    assert_eq!(value_of("", "int", "len(\"abc\") + len([1]) + len(set([1, 1])) + len(b\"ab\")"), int(7));
    assert_eq!(value_of("", "int", "get_or(map([(1, 10)]), 2, 20)"), int(20));
    assert_eq!(
        value_of("", "list<string>", "split(\"a-b\", \"-\")"),
        Value::list(["a", "b"].map(Value::string))
    );
    assert_eq!(value_of("", "string", "to_string(some([1, 2]))"), Value::string("[1,2]"));
    let program =
        compiles("table t(x: int); v(len(y)) <= w(y); w(s) <= u(s); u(keys(map([(x, \"a\")]))) <= t(x);");
    let Literal::Atom(_) = &program.rules[floret_ir::RuleId(0)].body[0] else { panic!() };
    let HeadTerm::Expr(Expr::Call { function, .. }) = &program.rules[floret_ir::RuleId(0)].head.terms[0]
    else {
        panic!()
    };
    assert_eq!(*function, Function::LenSet);
}

#[test]
fn matching() {
    let vote = "enum Vote { Yes, No(string), Both(int, option<int>) } struct P { a: int, b: Vote }";
    let score = |value: &str| {
        let expr = format!(
            "match ({value}) {{ Yes => 1, No(\"never\") => 2, No(why) => len(why) * 10, Both(n, none) => n, \
             Both(n, some(m)) => n * m }}"
        );
        value_of(vote, "int", &expr)
    };
    assert_eq!(score("Yes"), int(1));
    assert_eq!(score("No(\"never\")"), int(2));
    assert_eq!(score("No(\"abc\")"), int(30));
    assert_eq!(score("Both(4, none)"), int(4));
    assert_eq!(score("Both(4, some(5))"), int(20));
    assert_eq!(
        value_of("", "string", "match 3 { 1 => \"one\", -1 => \"minus\", x => to_string(x) }"),
        Value::string("3")
    );
    assert_eq!(value_of("", "int", "match (true, 7) { (false, _) => 0, (true, n) => n }"), int(7));
    assert_eq!(
        value_of(vote, "int", "match P { a: 3, b: Yes } { P { b: No(_) } => 0, P { a: n } => n }"),
        int(3)
    );
    // Names of arms are theirs alone.
    assert_eq!(
        value_of(
            "",
            "int",
            "match some(1) { some(x) => match some(x + 1) { some(x) => x, none => 0 }, none => 0 }"
        ),
        int(2)
    );
    // The arm that is not taken needs no value.
    assert_eq!(value_of("", "int", "match 0 { 0 => 1, n => 10 / n }"), int(1));
}

#[test]
fn definitions() {
    assert_eq!(value_of("const N = 3; const M: int = N * 2;", "int", "M + N"), int(9));
    assert_eq!(
        value_of(
            "fn twice(x: int) -> int = x + x; fn four(y: int) -> int = twice(twice(y));",
            "int",
            "four(3)"
        ),
        int(12)
    );
    // The arguments' names have nothing to do with the parameters'.
    let program = compiles(
        "fn f(x: int, y: int) -> int = match some(x) { some(y) => y, none => 0 } * 100 + y;
         table t(x: int, y: int); v(f(y, x)) <= t(x, y);",
    );
    let rule = &program.rules[floret_ir::RuleId(0)];
    let HeadTerm::Expr(expr) = &rule.head.terms[0] else { panic!() };
    let row = [int(3), int(4)];
    let found = evaluate(expr, &|var: &VarId| row.get(var.0 as usize), &floret_ir::Site::nowhere());
    let named: Vec<&str> = rule.variables.iter().map(|variable| variable.name.as_str()).collect();
    // Variables are numbered by their first occurrence, in the head: y = 3, x = 4.
    assert_eq!((named, found), (vec!["y", "x"], Ok(int(304))));
    let program =
        compiles("param n: int = 3; param name: string; table t(x: int); v(x) <= t(x), x < n, name != \"\";");
    assert_eq!(program.params[0].default, Some(int(3)));
    assert_eq!((program.params[1].name.as_str(), &program.params[1].default), ("name", &None));
}

#[test]
fn unnesting() {
    let program = compiles(
        "table t(k: int, xs: list<int>, m: map<string, int>);
         v(k, x, p.0) <= t(k, xs, m), x in xs, p in m;
         both(x) <= t(_, xs, _), t(_, ys, _), x in xs, x in ys;
         later(y) <= t(_, xs, _), y in zs, let zs = append(xs, 1);
         bound(x) <= t(x, xs, _), x in xs;",
    );
    assert_eq!(column(&program, "v", 1), Type::Int);
    assert_eq!(column(&program, "v", 2), Type::String);
    let body = &program.rules[floret_ir::RuleId(1)].body;
    let unnested: Vec<VarId> = body
        .iter()
        .filter_map(|literal| match literal {
            Literal::Unnest { var, .. } => Some(*var),
            _ => None,
        })
        .collect();
    assert_ne!(unnested[0], unnested[1]);
    assert!(matches!(&program.rules[floret_ir::RuleId(2)].body[1], Literal::Let { .. }));
}

#[test]
fn aggregates() {
    let program = compiles(
        "table t(k: string, x: int); v(k, avg(x), collect(x), arg_min(k, x), any(x), count(x)) <= t(k, x);",
    );
    assert_eq!(column(&program, "v", 1), Type::Float);
    assert_eq!(column(&program, "v", 2), Type::set(Type::Int));
    assert_eq!(column(&program, "v", 3), Type::String);
}

#[test]
fn the_clock() {
    let program = compiles(
        "timer beat every 500ms; event e(x: int); table log(x: int, at: time, r: int, s: int);
         log(x, now(), random(), random(x)) <= e(x); log(0, at, 0, 0) <= beat(at);",
    );
    let beat = &program.relations[program.relation_named("beat").unwrap()];
    assert_eq!(beat.kind, RelationKind::Timer { every: 500_000_000 });
    let clocks =
        program.rules[floret_ir::RuleId(0)].positive_atoms().filter(|atom| atom.source == AtomSource::Clock);
    assert_eq!(clocks.count(), 1);
}

#[test]
fn senders() {
    let program = compiles(
        "role A; role B; event e(x: int) on A; channel c(x: int) on B; channel back(x: int) on A;
         c@B[0](x) <~ e(x); back@sender(x) <~ c(x); table seen(x: int) on B; seen(x) <= c(x);",
    );
    let c = &program.relations[program.relation_named("c").unwrap()];
    assert!(c.sender);
    assert_eq!(c.columns[1].ty, Type::Address(program.role_named("A").unwrap()));
    assert_eq!(program.rules[floret_ir::RuleId(0)].head.terms.len(), 1);
    // A variable may have the name.
    let program = compiles("channel c(sender: int); v(sender) <= c(sender);");
    assert!(!program.relations[program.relation_named("c").unwrap()].sender);
}

#[test]
fn inputs_and_reports() {
    let program = compiles("mutable input table t(x: int);");
    assert_eq!(program.relations[floret_ir::RelationId(0)].input, Some(InputMode::Mutable));
    let program = compiles(
        "role A; role B; table log(x: string) on A; table other(x: string) on B; log(v) <= floret::error(_, _, v);
         log(c) <= floret::conflict(collection: c); other(v) <= floret::error(values: v);",
    );
    let events: Vec<(NoticeKind, u32)> =
        program.notices.iter().map(|event| (event.kind, program.relations[event.relation].role.0)).collect();
    assert_eq!(events, [(NoticeKind::Error, 0), (NoticeKind::Conflict, 0), (NoticeKind::Error, 1)]);
}

#[test]
fn lattices() {
    let program = compiles(
        "lattice far over int = merge(a, b) -> if a > b then a else b;
         struct Stats { hi: max<int>, all: set<int> }
         table t(k: int => a: max<int>, b: min<float>, c: any<bool>, d: all<bool>, e: set<int>, f: map<int, max<int>>,
                           g: lww<string>, h: (max<int>, set<int>), i: Stats, j: far, k2: map<int, int>);
         table s(x: set<int>);",
    );
    let t = &program.relations[program.relation_named("t").unwrap()];
    let lattices: Vec<Option<&Lattice>> = t.columns.iter().map(|column| column.lattice.as_ref()).collect();
    assert_eq!(lattices[1], Some(&Lattice::Max(Type::Int)));
    assert_eq!(lattices[3], Some(&Lattice::Any));
    assert_eq!(lattices[6], Some(&Lattice::Map(Type::Int, Box::new(Lattice::Max(Type::Int)))));
    assert_eq!(t.columns[7].ty, Type::tuple(vec![Type::Time, Type::Node, Type::String]));
    assert!(matches!(lattices[9], Some(Lattice::Struct(_, parts)) if parts.len() == 2));
    assert!(matches!(lattices[10], Some(Lattice::User(_))));
    assert_eq!(lattices[11], None);
    let s = &program.relations[program.relation_named("s").unwrap()];
    assert_eq!(s.columns[0].lattice, None);
}

#[test]
fn writes_into_lattices() {
    let program = compiles(
        "input table t(k: string, x: int); table best(k: string => x: max<int>); table all(k: string => x: set<int>);
         table last(k: string => x: lww<int>); best(k, max(x)) <= t(k, x); all(k, collect(x)) <= t(k, x);
         last(k, x) <+ t(k, x); last(k, v) <+ last(k, v); last(\"a\", 1);",
    );
    let term = |rule: u32| &program.rules[floret_ir::RuleId(rule)].head.terms[1];
    assert!(matches!(term(0), HeadTerm::Expr(Expr::Var(_))));
    assert!(matches!(term(1), HeadTerm::Expr(Expr::Call { function: Function::SetOf, .. })));
    assert!(matches!(term(2), HeadTerm::Expr(Expr::Construct { .. })));
    assert!(matches!(term(3), HeadTerm::Expr(Expr::Var(_))));
    assert!(program.relations[program.relation_named("best").unwrap()].key_proven);
}
