//! What comes later is refused by name, once, and causes no more messages.

use super::run;

/// The titles of everything found.
#[track_caller]
fn refuses(text: &str, constructs: &[&str]) {
    let (_, found) = run(text);
    let titles: Vec<&str> = found.iter().map(|d| d.title.as_str()).collect();
    let expected: Vec<String> =
        constructs.iter().map(|construct| format!("not supported yet: {construct}")).collect();
    assert_eq!(titles, expected, "{text}");
}

#[test]
fn statements() {
    refuses("const N = 3; table t(x: int); v(x + N) <= t(x); t(N); w(x) <= t(x), t(N);", &["`const`"]);
    refuses("param replicas: int = 3; table t(x: int); v(x) <= t(x), x < replicas;", &["`param`"]);
    refuses(
        "fn f(x: int) -> int = x + 1; table t(x: int); v(f(x)) <= t(x), f(x) > 1;",
        &["functions of the program (`fn`)"],
    );
    refuses("struct P { x: int } table t(p: P); v(p) <= t(p);", &["`struct` types"]);
    refuses(
        "enum Vote { Yes, No(string) } table t(v: Vote); w(x) <= t(x), x == Yes, x == No(\"a\");",
        &["`enum` types"],
    );
    refuses(
        "lattice l over int = merge(a, b) -> a + b; table t(x: int => y: l); v(y) <= t(_, y);",
        &["lattice types (`lattice`)"],
    );
    refuses("table t(x: int); invariant one \"two\": t(a), t(b), a != b;", &["invariants"]);
    refuses("table t(x: int); test \"a\" { at 0: t(1); eventually t(1); }", &["tests in a program (`test`)"]);
    refuses(
        "table t(x: int); monotone { v(x) <= t(x); } confluent v; output v;",
        &["the assertion `monotone`", "the assertion `confluent`"],
    );
    refuses("table t(x: int); @accept(\"fine\") v(x) <= t(x);", &["the attribute `@accept`"]);
    refuses("durable role R; table t(x: int) on R;", &["`durable` roles"]);
}

#[test]
fn collections() {
    refuses("channel c(x: int) lossy;", &["`lossy` channels"]);
    refuses("channel c(x: int) ordered;", &["`ordered` channels"]);
    refuses("role R; channel c(x: int) on R sealed by x from R;", &["seals (`sealed by`)"]);
    refuses(
        "role R; table t(x: int) on R; channel c(x: int) on R; seal c@self(x) <~ t(x);",
        &["seals (`seal`)"],
    );
}

#[test]
fn types_and_values() {
    refuses(
        "table t(x: bytes, y: (int, int), z: list<int>, w: int => u: max<int>);",
        &["the type `bytes`", "tuple types", "structured types (`list<...>`)", "lattice types (`max<...>`)"],
    );
    refuses(
        "table t(x: set<int>); v(m) <= t(s), m in s;",
        &["lattice types (`set<...>`)", "unnesting (`in`)"],
    );
    refuses("table t(x: int); v((x, 1), [x], x.y) <= t(x);", &["tuples", "lists", "fields of structs"]);
    refuses("table t(x: int); v(match x { 1 => 2, _ => 3 }) <= t(x);", &["`match`"]);
    refuses(
        "table t(x: int); v(avg(x), arg_min(x, x), collect(x), any(x)) <= t(x);",
        &["the aggregate `avg`", "the aggregate `arg_min`", "the aggregate `collect`", "the aggregate `any`"],
    );
}

#[test]
fn reading_elsewhere() {
    refuses(
        "role A; role B; table t(x: int) on A; table u(x: int) on B; v(y) <= t(x), u@B[x](y);",
        &["a body literal at another node (`r@n(...)`)"],
    );
    refuses("table t(x: int); v(x) <= t(x), floret::peer(x);", &["`floret::peer`"]);
}
