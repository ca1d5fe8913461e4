//! Tests: what they feed and what they expect. All expected results are written by hand; what is refused is in
//! tests/diagnostics/test_blocks.

use expect_test::{Expect, expect};
use floret_ir::{Diagnostics, IndexVec, Source, Test, print};

const KV: &str = "role Client; role Server; param n: int = 2; input event set(key: string, val: int) on Client;
    static input table owner(key: string, of: Server) on Server[hash(key)]; table kv(key: string => val: int) on Server;
    event done(key: string) on Client; kv(k, 1) <= owner(k, _); done(k) <= set(k, _);\n";

fn tests(text: &str) -> (Vec<Test>, floret_ir::Program) {
    let mut sources: IndexVec<_, Source> = IndexVec::new();
    let file = sources.push(Source { name: "test.flo".into(), text: text.into() });
    let mut sink = Diagnostics::new();
    let tree = floret_lang::parse(text, file, &mut sink);
    let program = crate::front::check(&tree, file, &mut sink);
    let tests = crate::front::tests(&tree, file, &program, &mut sink);
    assert!(!sink.has_errors(), "{:#?}", sink.sorted());
    (tests, program)
}

/// A test's nodes, rows and rules.
#[track_caller]
fn check(text: &str, expected: Expect) {
    let (tests, program) = tests(&format!("{KV}{text}"));
    let name = |_: &floret_ir::VarId| "?".to_owned();
    let mut out = String::new();
    for test in &tests {
        out.push_str(&format!("test {:?}\n", test.name));
        for (role, count) in &test.nodes {
            out.push_str(&format!(
                "{} = {}\n",
                program.roles[*role].name,
                print::expr(count, &program, &name)
            ));
        }
        for feed in &test.feeds {
            let text = |expr| print::expr(expr, &program, &name);
            let time = feed.time.as_ref().map_or("0".to_owned(), text);
            let place = feed.fact.place.as_ref().map_or(String::new(), |place| format!("@{}", text(place)));
            let values: Vec<String> = feed.fact.values.iter().map(text).collect();
            let relation = &program.relations[feed.fact.relation].name;
            out.push_str(&format!("at {time}: {relation}{place}({})\n", values.join(", ")));
        }
        let printed = print::program(&test.claims.stratified.program);
        let rules = printed.lines().filter_map(|line| line.split_once(";  // rule"));
        for ((rule, _), expectation) in rules.zip(&test.expectations) {
            out.push_str(&format!("{}: {rule}\n", expectation.word.text()));
        }
    }
    expected.assert_eq(&out);
}

#[test]
fn what_the_host_feeds_and_what_must_come() {
    check(
        "test \"a\" with Server = 3, Client = n {
             at 0: set@Client[1](\"x\", 1);
             at 50ms: set(\"y\", n + 1);
             at 0: owner(\"x\", Server[0]);
             eventually kv@Server[0](\"x\", v), v > 0;
             never kv@s(k, _), kv@t(k, _), s != t;
             always !done(\"z\");
         }
         on Server { test \"b\" { eventually done@c(k), !kv@(_)(k, _); } }",
        expect![[r#"
            test "a"
            Server = 3
            Client = n
            at 0: set@Client[1]("x", 1)
            at 50ms: set("y", n + 1)
            at 0: owner("x", Server[0])
            eventually: $claim0(v) <= kv("x", v, $1), $1 == Server[0], v > 0
            never: $claim1(k, s, t) <= kv(k, _, s), kv(k, _, t), s != t
            always: $claim2($self) <= !done("z", $self), Client($self)
            test "b"
            eventually: $claim0(k, c) <= done(k, c), !kv(k, _, _)
        "#]],
    );
}

#[test]
fn no_tests_are_none() {
    assert!(tests(KV).0.is_empty());
}
