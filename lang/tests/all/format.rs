//! The one style, construct by construct. What is expected was written by hand from the style's rules.

use expect_test::{Expect, expect};
use floret_ir::FileId;

use crate::render;

fn check(text: &str, expected: &Expect) {
    expected.assert_eq(&formatted(text));
}

fn formatted(text: &str) -> String {
    floret_lang::format(text, FileId(0)).unwrap_or_else(|sink| panic!("{}", render(text, &sink)))
}

/// The text is as it should be.
fn stays(text: &str) {
    assert_eq!(formatted(text), text);
}

#[test]
fn one_statement_a_line() {
    check(
        "a( 1,2 );b (x)<=c(x) , x>1;output   b;\n\n\n\nrole R ; durable  role S; role T  durable;",
        &expect![[r#"
            a(1, 2);
            b(x) <= c(x), x > 1;
            output b;

            role R;
            durable role S;
            role T durable;
        "#]],
    );
}

#[test]
fn every_short_statement() {
    stays(
        r#"role Server;
static input table package(name: string => size: int) on Worker[hash(name)];
mutable input table t(k: list<int>, l: (int, bool) => m: map<string, set<int>>);
table empty();
table only_values(=> x: int);
table only_keys(x: int =>);
channel c(x: int) ordered via S on R from T;
channel votes(ballot: int, voter: Voter) on Coord sealed by ballot, voter from Voter lossy;
channel words(word: string) on Coord sealed from Voter ordered;
input event line(text: string) on Voter sealed;
event e(x: m::t) on R reliable durable;
output out;
confluent d::out;
timer beat every 500ms on R;
link("a", "b", 3);
kv@Server[0]("x", 1_000);
path(x, z, c1 + c2) <= link(x, y, c1), path(y, z, c2), c1 + c2 < 100;
ack@c(k) <~ put(k, _, c);
kv(k, max(v)) <+- put(key: k, val: v), !gone(k), let z = -x, m in xs, log@(owner(k))(k), b@self(k);
seal votes@c(b) <~ closed(b), Coord(c);
const N = 3;
const M: list<int> = [1, 2];
param replicas: int = 3;
param name: string;
fn twice(x: int) -> int = x * 2;
fn none() -> Point = P { x: 1, y: (2,) };
struct Point { x: int, y: int }
struct Nothing {}
enum Vote { Yes, No(string), Pair(int, int) }
lattice latest over (time, int) = merge(a, b) -> if a > b then a else b;
use "delivery.flo" as d;
use std::quorum(Voter = Replica, n = 3) as q;
invariant one_leader "two leaders in one term": leader@a(t), leader@b(t), a != b;
invariant short: !a(x);
"#,
    );
}

#[test]
fn blocks_are_indented() {
    check(
        r#"on Server { table kv(k:int); monotone { a(x) <= b(x); } } monotone{}
module Quorum(role Voter,n:int,input event vote(x:int),) { on Voter {

a(1);

} }
@accept("why") a(x) <= b(x);
test "a write" with Server=3,Client = (N+1) { at 0:set@Client[0]("x","1"); eventually kv("x") ; never !kv(1); always a@s(t),b@t( s ),s!=t ;}"#,
        &expect![[r#"
            on Server {
                table kv(k: int);
                monotone {
                    a(x) <= b(x);
                }
            }
            monotone {}
            module Quorum(role Voter, n: int, input event vote(x: int)) {
                on Voter {
                    a(1);
                }
            }
            @accept("why")
            a(x) <= b(x);
            test "a write" with Server = 3, Client = (N + 1) {
                at 0: set@Client[0]("x", "1");
                eventually kv("x");
                never !kv(1);
                always a@s(t), b@t(s), s != t;
            }
        "#]],
    );
}

#[test]
fn empty_lines_are_the_authors() {
    check(
        "\n\n  // one\n\n\na(1);\na(2);\n\n\n\na(3);\non R {\n\n\n  b(1);\n\n  b(2);\n\n}\n\n\n// two\n\n\n",
        &expect![[r#"
            // one

            a(1);
            a(2);

            a(3);
            on R {
                b(1);

                b(2);
            }

            // two
        "#]],
    );
}

#[test]
fn long_rules_break_after_the_operator() {
    check(
        "visit@Worker[hash(q)](root, q, c) <~ resolve(root, n, c), !package(name: n), provides(package: q, name: n);
invariant at_most_one_leader \"two leaders in one term\": leader@a(term), leader@b(term), a != b, term > 0;
answer(root, sum(one), sum(size)) <= pulled(root, p, kib), let one = if p == root then 0 else 1, p != q;
seal votes_of_the_ballot@coordinator(ballot) <~ closed_at_this_node(ballot), Coordinator(coordinator);",
        &expect![[r#"
            visit@Worker[hash(q)](root, q, c) <~
                resolve(root, n, c),
                !package(name: n),
                provides(package: q, name: n);
            invariant at_most_one_leader "two leaders in one term":
                leader@a(term),
                leader@b(term),
                a != b,
                term > 0;
            answer(root, sum(one), sum(size)) <=
                pulled(root, p, kib),
                let one = if p == root then 0 else 1,
                p != q;
            seal votes_of_the_ballot@coordinator(ballot) <~
                closed_at_this_node(ballot),
                Coordinator(coordinator);
        "#]],
    );
}

/// 100 characters stay on one line, 101 do not.
#[test]
fn the_width_is_exact() {
    let rule = |length: usize| {
        let rest = "a(x) <= b(x), c(x, \"\");".len();
        format!("a(x) <= b(x), c(x, \"{}\");\n", "é".repeat(length - rest))
    };
    stays(&rule(100));
    assert_eq!(formatted(&rule(101)).lines().collect::<Vec<_>>()[..2], ["a(x) <=", "    b(x),"]);
    let declaration = |length: usize| format!("table {}(x: int) on R;\n", "t".repeat(length - 20));
    stays(&declaration(100));
    assert_eq!(formatted(&declaration(101)).lines().skip(1).collect::<Vec<_>>(), ["    x: int,", ") on R;"]);
}

#[test]
fn long_declarations_have_a_column_a_line() {
    check(
        "static input table package(name: string => section: string, priority: string, installed_kib: int) on Worker[hash(name)];
channel visit_of_the_whole_graph(root: string, package: string, client: Client, ttl: int, hops: int,) on Worker;
table indexed_by_everything_there_is(name: string, section: string, priority: string, kib: int =>) on Worker;
enum Answer { Yes, No(string), Perhaps(list<string>, list<string>), NotToday(time), NotTomorrow(time, int) }
struct Everything { name: string, section: string, priority: string, installed_kib: int, more: set<string> }
fn weighted_distance_between(latitude: float, longitude: float, latitude_2: float, longitude_2: float) -> float = 1.0;",
        &expect![[r#"
            static input table package(
                name: string =>
                section: string,
                priority: string,
                installed_kib: int,
            ) on Worker[hash(name)];
            channel visit_of_the_whole_graph(
                root: string,
                package: string,
                client: Client,
                ttl: int,
                hops: int,
            ) on Worker;
            table indexed_by_everything_there_is(
                name: string,
                section: string,
                priority: string,
                kib: int =>
            ) on Worker;
            enum Answer {
                Yes,
                No(string),
                Perhaps(list<string>, list<string>),
                NotToday(time),
                NotTomorrow(time, int),
            }
            struct Everything {
                name: string,
                section: string,
                priority: string,
                installed_kib: int,
                more: set<string>,
            }
            fn weighted_distance_between(
                latitude: float,
                longitude: float,
                latitude_2: float,
                longitude_2: float,
            ) -> float = 1.0;
        "#]],
    );
}

#[test]
fn long_expressions_break_before_operators_and_branches() {
    check(
        "a(x) <= b(x), let total = first_of_the_summands + second_of_the_summands * third_of_the_summands - fourth_of_them;
a(x) <= b(x), the_first_condition(x) and the_second_condition(x) or the_third_condition(x) and not the_fourth(x);
const LIMIT: int = if the_first_condition_holds then 1_000 else if the_second_condition_holds then 2_000 else 3_000_000;
a(x, if the_first_condition_holds_for_this_one(x) then the_first_value(x) else the_second_value_of(x), y) <= b(x);
fn name(v: Vote) -> string = match v { Yes => \"yes, of course\", No(reason) => \"no, because \" + reason, _ => \"\" };
link(\"a text that is long enough\", \"another text that is long enough\", \"a third one\", [1, 2, 3], (4, 5));",
        &expect![[r#"
            a(x) <=
                b(x),
                let total = first_of_the_summands
                    + second_of_the_summands * third_of_the_summands
                    - fourth_of_them;
            a(x) <=
                b(x),
                the_first_condition(x) and the_second_condition(x)
                    or the_third_condition(x) and not the_fourth(x);
            const LIMIT: int =
                if the_first_condition_holds then 1_000
                else if the_second_condition_holds then 2_000
                else 3_000_000;
            a(
                x,
                if the_first_condition_holds_for_this_one(x) then the_first_value(x)
                else the_second_value_of(x),
                y,
            ) <=
                b(x);
            fn name(v: Vote) -> string = match v {
                Yes => "yes, of course",
                No(reason) => "no, because " + reason,
                _ => "",
            };
            link(
                "a text that is long enough",
                "another text that is long enough",
                "a third one",
                [1, 2, 3],
                (4, 5),
            );
        "#]],
    );
}

#[test]
fn spelling_is_the_authors() {
    stays(
        "a(1_000, 0x, 1e3, 1.50, 500ms, \"\\u{41}\\t\\\"\", b\"\\x00a\", \"é // no comment\");\n"
            .replace("0x, ", "")
            .as_str(),
    );
}

/// The condition of the rule becomes this one.
fn parens(condition: &str, expected: &str) {
    let text = formatted(&format!("a() <= {condition};"));
    assert_eq!(text, format!("a() <= {expected};\n"), "{condition}");
}

#[test]
fn parentheses_that_change_nothing_go() {
    parens("(a)", "a");
    parens("((a + b))", "a + b");
    parens("f((a), (b + c), (((d))))", "f(a, b + c, d)");
    parens("(a * b) + c", "a * b + c");
    parens("(a + b) + c", "a + b + c");
    parens("(a) + ((b))", "a + b");
    parens("(a < b) and (c < d)", "a < b and c < d");
    parens("(f(x)).y", "f(x).y");
    parens("(-a) * b", "-a * b");
    parens("r@(n)(x)", "r@n(x)");
    parens("r@(R[(n)])(x)", "r@R[n](x)");
    parens("r@((R)[n])(x)", "r@R[n](x)");
    parens("f(((a, b)), (c,), [d,],)", "f((a, b), (c,), [d])");
    parens("if (a) then (b) else (if c then d else e)", "if a then b else if c then d else e");
    parens("match (P { x: 1 }) { (_) => (a), }", "match P { x: 1 } { _ => a }");
    parens("let x = (a)", "let x = a");
    parens("x in (a)", "x in a");
}

/// Found by fuzzing: `1.3` is a float.
#[test]
fn numbers_of_parts_stay_apart() {
    for part in ["t(1. 3);", "t((1).3);", "t(1 . 3);"] {
        assert_eq!(formatted(part), "t(1 .3);\n", "{part}");
    }
    assert_eq!(formatted("t(x.0. 1 . 2);"), "t(x.0 .1 .2);\n");
    stays("t(x) <= s(x), x.0.1 == 1.5, x.0.1.2 < x.2;\n");
    stays("t(x) <= s(x), x[0].1.2 == x.y.0;\n");
}

#[test]
fn parentheses_that_change_something_stay() {
    for condition in [
        "(a + b) * c",
        "a - (b - c)",
        "a - (b + c)",
        "(a or b) and c",
        "not (a and b)",
        "(a == b) == c",
        "-(a + b)",
        "(-a).b",
        "(a + b)[0]",
        "(if a then b else c) + d",
        "(1 + if a then b else c) + d",
        "(not if a then b else c) and d",
        "(if a then b else c).d",
        "(if a then b else c, d)",
        "r@(f(n))(x)",
        "r@(f(n)[0])(x)",
        "r@((a, b))(x)",
        "(a,)",
    ] {
        parens(condition, condition);
    }
}

#[test]
fn parentheses_that_show_what_belongs_together_stay() {
    for condition in [
        "(a and b) or (c and d)",
        "a and b or c",
        "not (a == b)",
        "not a == b",
        "1 + (if a then b else c)",
        "1 + if a then b else c",
        "1 + (if a then b else c) + d",
    ] {
        parens(condition, condition);
    }
    parens("((a and b)) or c", "(a and b) or c");
}

#[test]
fn what_may_stand_or_not() {
    check(
        ";;a(1,);; on R {;b(1);;};\nstruct S { a: int, };\ntable t(x: int, => y: int,);\nuse m() as n; use o;",
        &expect![[r#"
            a(1);
            on R {
                b(1);
            }
            struct S { a: int }
            table t(x: int => y: int);
            use m() as n;
            use o;
        "#]],
    );
}

#[test]
fn a_file_ends_in_one_line_end() {
    for text in ["", "\n", "  \r\n\r\n", "\u{FEFF}", ";"] {
        assert_eq!(formatted(text), "", "{text:?}");
    }
    assert_eq!(formatted("\u{FEFF}a(1);"), "a(1);\n");
    assert_eq!(formatted("a(1);\r\n\r\n// é\r\n/* x\r\n y */\r\n"), "a(1);\n\n// é\n/* x\n y */\n");
}

#[test]
fn what_is_no_program_is_not_formatted() {
    let sink = floret_lang::format("a(1;\nb(2);", FileId(0)).unwrap_err();
    assert_eq!(sink.sorted()[0].title, "expected `,` or `)`");
}
