//! Mistakes in what the whole language has: each is named once, where it is.

use super::run;

/// The titles of everything found, in order.
#[track_caller]
fn finds(text: &str, titles: &[&str]) {
    let (_, found) = run(text);
    let found: Vec<&str> = found.iter().map(|d| d.title.as_str()).collect();
    assert_eq!(found, titles, "{text}");
}

#[test]
fn types() {
    finds("struct S { a: S }", &["the type `S` contains itself"]);
    finds("struct S { a: list<E> } enum E { X(S) }", &["the types `S`, `E` contain each other"]);
    finds("table t(x: list);", &["`list` takes one type in `<...>`"]);
    finds("table t(x: max<int>);", &["a lattice is the type of a value column, and of nothing else"]);
    finds("table t(k: int => x: (max<int>, int));", &["a lattice stands beside a type that is none"]);
    finds(
        "table t(k: int => x: list<max<int>>);",
        &["a lattice is the type of a value column, and of nothing else"],
    );
    finds("enum E { A } enum F { A }", &["`A` is declared twice"]);
}

#[test]
fn values() {
    finds("table t(x: int); v([]) <= t(_);", &["nothing determines the type of `[]`"]);
    finds(
        "table t(x: int); v([x, \"a\"]) <= t(x);",
        &["all elements of a list have one type, not `int` and `string`"],
    );
    finds("table t(x: int); v(x.a) <= t(x);", &["`int` has no part `a`"]);
    finds("table t(x: (int, int)); v(x.2) <= t(x);", &["`(int, int)` has no part `2`"]);
    finds(
        "table t(x: list<int>); v(y) <= t(x), let y = append(x, x);",
        &["`append` takes `int`, not `list<int>`"],
    );
    finds(
        "struct P { a: int } table t(x: P); t(P { b: 1 });",
        &["field `a` of `P` gets no value", "`P` has no field `b`"],
    );
    finds("enum E { A(int) } table t(x: E); t(A);", &["`A` takes 1 argument, but 0 are given"]);
    finds("table t(x: time); v(x * 2) <= t(x);", &["`*` takes int and float, not `time`"]);
    finds("table t(x: int); v(y) <= t(x), y in x;", &["`in` takes lists, sets, maps and options, not `int`"]);
}

#[test]
fn matches() {
    let declared = "enum E { A, B(option<int>) } table t(x: E, n: int);";
    let cases: [(&str, &[&str]); 5] = [
        ("match x { A => 1 }", &["no arm of this `match` takes `B(_)`"]),
        ("match x { A => 1, B(none) => 2 }", &["no arm of this `match` takes `B(some(_))`"]),
        ("match n { 1 => 1 }", &["no arm of this `match` takes `_`"]),
        ("match x { _ => 1, A => 2 }", &["no value gets to this arm"]),
        ("match x { Bb(_) => 1, _ => 2 }", &["there is no constructor `Bb`"]),
    ];
    for (expr, titles) in cases {
        finds(&format!("{declared} v({expr}) <= t(x, n);"), titles);
    }
}

#[test]
fn definitions() {
    finds("fn f(x: int) -> int = g(x); fn g(x: int) -> int = f(x);", &["`f`, `g` use each other"]);
    finds("fn f(x: int) -> int = y;", &["`y` has no value in the function `f`"]);
    finds("const N = 1 / 0;", &["`N` has no value: division by zero"]);
    finds("const N: string = 1;", &["`N` is `string`, not `int`"]);
    finds("lattice l over int = merge(a, b) -> a + b;", &["the merge of `l` may have no value"]);
    finds("const N = now();", &["`now()` can't stand in what is computed apart from rules"]);
    // Twenty functions, each twice the one before.
    let mut text = "fn f0(x: int) -> int = x + x;".to_owned();
    for number in 1..20 {
        text += &format!("fn f{number}(x: int) -> int = f{0}(x) + f{0}(x);", number - 1);
    }
    finds(&text, &["this gets larger than 10000 operations"]);
}

#[test]
fn types_that_never_end_or_get_large() {
    finds(
        "v(x) <= w(x), x == [x]; w(x) <= v(x);",
        &["nothing determines the type of column `x` of `v`", "this value would contain itself"],
    );
    // Types may nest, but not without end: of many boxes each holds the one before.
    let mut text = "table t(x: int); v(x) <= t(x), let a0 = x".to_owned();
    for number in 1..600 {
        text += &format!(", let a{number} = [a{}]", number - 1);
    }
    let (_, found) = run(&(text + ";"));
    assert!(!found.is_empty() && found.iter().all(|d| d.code == "type-too-large"), "{:#?}", found.first());
    let mut text = "table t(x: int); v(x) <= t(x), let a0 = (x, x)".to_owned();
    for number in 1..60 {
        text += &format!(", let a{number} = (a{0}, a{0})", number - 1);
    }
    let (_, found) = run(&(text + ";"));
    assert!(!found.is_empty() && found.iter().all(|d| d.code == "type-too-large"), "{found:#?}");
}

#[test]
fn senders() {
    finds("table t(x: int); v(sender) <= t(_);", &["`sender` of what? This body reads no channel"]);
    finds(
        "role A; role B; channel c(x: int) on A; table t(x: int) on A; table u(x: int) on B; c@self(x) <~ t(x);
         c@A[0](x) <~ u(x); v(sender) <= c(_);",
        &["the senders of `c` have no one role: nodes of A and B send to it"],
    );
}
