//! Invariants: the program that they become, and what can't be judged. All expected results are written by hand.

use expect_test::{Expect, expect};
use floret_ir::{Claims, Diagnostic, Diagnostics, IndexVec, Source};

use super::place;

const LEADER: &str = "role Server; role Client; table leader(term: int) on Server;
    table kv(key: string => val: string) on Server; input event set(key: string) on Client;
    channel put(key: string, from: Client) on Server; put@Server[0](k, self) <~ set(k);
    who(k, sender) <= put(k, _);\n";

fn run(text: &str) -> (Claims, Vec<Diagnostic>) {
    let mut sources: IndexVec<_, Source> = IndexVec::new();
    let file = sources.push(Source { name: "test.flo".into(), text: text.into() });
    let mut sink = Diagnostics::new();
    let tree = floret_lang::parse(text, file, &mut sink);
    let program = crate::front::check(&tree, file, &mut sink);
    assert!(!sink.has_errors(), "{:#?}", sink.sorted());
    let mut found = Diagnostics::new();
    let claims = crate::front::claims(&tree, file, &program, &mut found);
    (claims, found.sorted())
}

/// Checks the rules of the claims.
#[track_caller]
fn rules(text: &str, expected: Expect) -> Claims {
    let (claims, found) = run(text);
    assert!(found.is_empty(), "{found:#?}");
    let printed = floret_ir::print::program(&claims.stratified.program);
    let rules: String =
        printed.lines().filter(|line| line.contains("// rule")).flat_map(|line| [line, "\n"]).collect();
    expected.assert_eq(&rules);
    claims
}

/// Checks what is found in invariants over [`LEADER`]'s collections.
#[track_caller]
fn finds(text: &str, expected: Expect) {
    let text = format!("{LEADER}{text}");
    let (claims, found) = run(&text);
    assert_eq!(claims, Claims::default(), "whoever goes on after errors must not get half a program");
    let mut out = String::new();
    for diagnostic in &found {
        out.push_str(&format!("{} [{}]\n", diagnostic.title, diagnostic.code));
        for label in &diagnostic.labels {
            let mark = if label.primary { '!' } else { '-' };
            out.push_str(&format!("  {mark} {} {}\n", place(&text, label.span), label.text));
        }
    }
    expected.assert_eq(&out);
}

#[test]
fn a_body_over_two_nodes() {
    let claims = rules(
        &format!("{LEADER}invariant one \"two leaders\": leader@a(t), leader@b(t), a != b;"),
        expect![[r#"
            $claim0(t, a, b) <= leader(t, a), leader(t, b), a != b;  // rule 0 at $claims
        "#]],
    );
    let [one] = claims.invariants.as_slice() else { panic!("{claims:?}") };
    assert_eq!((one.name.as_str(), one.text.as_deref()), ("one", Some("two leaders")));
    // The members' roles keep their numbers, and only what is read is asked for.
    let names: Vec<&str> = claims.stratified.program.roles.iter().map(|role| role.name.as_str()).collect();
    assert_eq!(names, ["Server", "Client", "$claims"]);
    let reads: Vec<u32> = claims.reads.iter().map(|read| read.of.0).collect();
    assert_eq!(reads, [0]);
}

#[test]
fn literals_without_a_place_share_a_node() {
    rules(
        &format!("{LEADER}invariant own: leader(t), !kv(key: \"x\"), kv@b(\"y\", _), b != self;"),
        expect![[r#"
            $claim0(t, b, $self) <= leader(t, $self), !kv("x", _, $self), kv("y", _, b), b != $self, Server($self);  // rule 0 at $claims
        "#]],
    );
}

#[test]
fn messages_have_no_sender_here() {
    let claims = rules(
        &format!("{LEADER}invariant known: put@s(k, c), !kv@s(k, _), !leader@Server[0](1);"),
        expect![[r#"
            $claim0(k, c, s) <= put(k, c, s), !kv(k, _, s), let $3 = Server[0], !leader(1, $3);  // rule 0 at $claims
        "#]],
    );
    let momentary: Vec<bool> = claims.reads.iter().map(|read| read.momentary).collect();
    assert_eq!(momentary, [false, false, true]);
}

#[test]
fn without_roles_there_is_one_node() {
    rules(
        "table t(x: set<int> => y: max<int>); v(s) <= t(s, _); const N = 3; fn twice(x: int) -> int = 2 * x;
         invariant small: t(s, y), y > twice(N), x in s, v(s); invariant never: t(_, 7);",
        expect![[r#"
            $claim0(s, y, x, $self) <= t(s, y, $self), y > 2 * 3, x in s, v(s, $self), $Node($self);  // rule 0 at $claims
            $claim1($self) <= t(_, 7, $self), $Node($self);  // rule 1 at $claims
        "#]],
    );
}

#[test]
fn no_invariants_are_no_claims() {
    let (claims, found) = run("table t(x: int);");
    assert_eq!((claims, found), (Claims::default(), Vec::new()));
}

#[test]
fn any_node_will_do() {
    rules(
        &format!("{LEADER}invariant some: leader@a(t), !kv@(_)(\"x\", _);"),
        expect![[r#"
            $claim0(t, a) <= leader(t, a), !kv("x", _, _);  // rule 0 at $claims
        "#]],
    );
}

#[test]
fn each_instance_of_a_module_has_its_own() {
    let text = "module M(limit: int) { table t(x: int); input event e(x: int); t(x) <= e(x);
        invariant low: t(x), x > limit; }
        use M(limit = 3) as a; use M(limit = 4) as b; input event i(x: int); a::e(x) <= i(x); b::e(x) <= i(x);";
    let compiled = crate::driver::compile("m.flo", text, &crate::modules::OneFile);
    let claims = compiled.artifact.unwrap().claims;
    let found: Vec<(&str, &str)> = claims
        .invariants
        .iter()
        .map(|of| (of.name.as_str(), &text[of.span.start as usize..of.span.end as usize]))
        .collect();
    let written = "invariant low: t(x), x > limit;";
    assert_eq!(found, [("a::low", written), ("b::low", written)]);
    assert!(claims.invariants.iter().all(|of| of.span.file == floret_ir::FileId(0)));
    let printed = floret_ir::print::program(&claims.stratified.program);
    assert!(printed.contains("<= a::t(x, $self), x > 3,") && printed.contains("<= b::t(x, $self), x > 4,"));
}

#[test]
fn what_no_node_is() {
    finds(
        "invariant both: leader(t), set(k);",
        expect![[r#"
            no node is both a Server and a Client: which nodes does this invariant read? [invariant-place]
              ! 5:28 'set' at a Client
              - 5:17 'leader' at a Server
        "#]],
    );
    finds(
        "invariant own: leader@a(t), a != self;",
        expect![[r#"
            `self` is no node here: this invariant is at none of its own [invariant-place]
              ! 5:34 'self' whose address?
        "#]],
    );
    finds(
        "invariant wrong: set@a(k), leader@a(t);",
        expect![[r#"
            the node of `leader` is `Server`, not `Client` [type-mismatch]
              ! 5:35 'a' `a` is `Client`
              - 1:33 'leader' the node of `leader` is declared `Server`
              - 2:65 'set' the node of `set` is declared `Client`
        "#]],
    );
}

#[test]
fn what_no_invariant_can_ask() {
    finds(
        "invariant late: leader(t), t > unix(now());",
        expect![[r#"
            an invariant has no tick to ask for `now()` [invariant-clock]
              ! 5:37 'now()' of which node's tick?
        "#]],
    );
    finds(
        "invariant fine: floret::error(_, _, _);",
        expect![[r#"
            an invariant reads the program's own collections only [invariant-report]
              ! 5:17 'floret::error' the language's own event
        "#]],
    );
}

#[test]
fn mistakes_are_those_of_bodies() {
    finds(
        "invariant a: leader@s(t, u); invariant b: leder@s(t); invariant a: leader@s(x: 1);
         invariant c: leader@s(t), u > t; invariant d: leader@s(\"x\");",
        expect![[r#"
            `leader` has 1 column, but 2 are given [wrong-arity]
              ! 5:14 'leader@s(t, u)' 2 columns here
              - 1:33 'leader' `leader` is declared here
            there is no collection `leder` [unknown-name]
              ! 5:43 'leder' unknown name
            `a` is declared twice [duplicate-name]
              ! 5:65 'a' declared again
              - 5:11 'a' first declared here
            `leader` has no column `x` [unknown-column]
              ! 5:77 'x' no such column
              - 1:33 'leader' `leader` is declared here
            the variable `u` in this condition has no value [unbound-variable]
              ! 6:36 'u' no positive atom and no `let` of this invariant binds it
            column `term` of `leader` is `int`, not `string` [type-mismatch]
              ! 6:65 '"x"' this is `string`
              - 1:33 'leader' `term` of `leader` is declared `int`
        "#]],
    );
}
