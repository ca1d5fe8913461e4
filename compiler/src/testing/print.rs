//! What `floret build --emit` prints.

use floret_ir::{RoleId, print};

use super::stratified;

const TEXT: &str = r#"role Client; role Server;
input event set(key: string, val: int) on Client[len(key)];
channel put(key: string, val: int, from: Client) on Server from Client;
table kv(key: string => val: int) on Server;
output view big(n: int) on Server;
put@Server[hash(k)](k, -v * (2 + v), self) <~ set(k, v), not (v == 3 or v > 5), let w = v - (1 - v), w != 0;
kv(k, max(v)) <+- put(k, v, _);
kv(k, _) <- kv(k, v), v < -5;
big(count()) <= kv(_, v), !kv("x\"y", v), if v > 1 then true else v == 0;
kv@Server[0]("a", 1);
"#;

#[test]
fn programs_print_as_they_are_written() {
    let program = stratified(TEXT).program;
    let expected = expect_test::expect![[r#"
        role Client;
        role Server;
        input event set(key: string, val: int) on Client[len(key)];
        channel put(key: string, val: int, from: Client) on Server from Client;
        table kv(key: string => val: int) on Server;
        output view big(n: int) on Server;
        put@Server[hash(k)](k, -v * (2 + v), self) <~ set(k, v), not (v == 3 or v > 5), let w = v - (1 - v), w != 0;  // rule 0 at Client
        kv(k, max(v)) <+- put(k, v, _);  // rule 1 at Server
        kv(k, _) <- kv(k, v), v < -5;  // rule 2 at Server
        big(count()) <= kv(_, v), !kv("x\"y", v), if v > 1 then true else v == 0;  // rule 3 at Server
        kv@Server[0]("a", 1);
    "#]];
    expected.assert_eq(&print::program(&program));
}

#[test]
fn a_printed_program_means_the_same() {
    let once = print::program(&stratified(TEXT).program);
    assert_eq!(print::program(&stratified(&once).program), once);
}

#[test]
fn strata_print_with_their_rules() {
    let expected = expect_test::expect![[r#"
        0: set (arriving)
        1: put (arriving)
        2: kv (stored)
        3: big (stored)
            big(count()) <= kv(_, v), !kv("x\"y", v), if v > 1 then true else v == 0;  // rule 3
        at the end of the tick:
            put@Server[hash(k)](k, -v * (2 + v), self) <~ set(k, v), not (v == 3 or v > 5), let w = v - (1 - v), w != 0;  // rule 0, each tick
            kv(k, max(v)) <+- put(k, v, _);  // rule 1, each tick
            kv(k, _) <- kv(k, v), v < -5;  // rule 2, on change
    "#]];
    expected.assert_eq(&print::strata(&stratified(TEXT)));
}

#[test]
fn drawings_close_what_they_open() {
    let of = stratified("input table e(x: int, y: int); p(x, y) <= e(x, y); p(x, z) <= p(x, y), e(y, z);");
    let plan = crate::optimize::optimize(crate::lower::lower(&of)[RoleId(0)].clone());
    let expected = expect_test::expect![[r#"
        digraph "Node" {
          rankdir = BT;
          node [shape = box, fontname = monospace];
          n0 [label = "%0 source e", peripheries = 1];
          subgraph cluster_1 {
            label = loop;
            n1 [label = "%1 variable p", peripheries = 1];
            n2 [label = "%2 join %1 %0 on y = x -> (x, y')", peripheries = 1];
            n3 [label = "%3 union %0 %2", peripheries = 1];
            n4 [label = "%4 distinct %3", peripheries = 1];
          }
          n4 -> n1 [style = dashed, constraint = false];
          n5 [label = "%5 leave %4", peripheries = 1];
          n1 -> n2;
          n0 -> n2;
          n0 -> n3;
          n2 -> n3;
          n3 -> n4;
          n4 -> n5;
          s0 [label = "e", shape = ellipse];
          n0 -> s0;
          s1 [label = "p", shape = ellipse];
          n5 -> s1;
        }
    "#]];
    expected.assert_eq(&print::dot(&plan, &of.program));
}
