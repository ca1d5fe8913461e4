//! Programs that are right, and what becomes of them.

use expect_test::expect;
use floret_ir::{BinaryOp, Expr, HeadTerm, Literal, RuleOp, Term, Type, Value};

use super::{clean, program};

#[test]
fn the_first_program_of_the_language() {
    program(
        r#"
        input table link(from: string, to: string, cost: int);

        path(x, y, c)       <= link(x, y, c);
        path(x, z, c1 + c2) <= link(x, y, c1), path(y, z, c2), c1 + c2 < 100;
        cheapest(x, y, min(c)) <= path(x, y, c);

        output cheapest;
        "#,
        expect![[r#"
            input table link(from: string, to: string, cost: int);
            view path(x: string, y: string, c: int);
            output view cheapest(x: string, y: string, c2: int);
            path(x, y, c) <= link(x, y, c);  // rule 0
            path(x, z, c1 + c2) <= link(x, y, c1), path(y, z, c2), c1 + c2 < 100;  // rule 1
            cheapest(x, y, min(c)) <= path(x, y, c);  // rule 2
        "#]],
    );
}

#[test]
fn the_distributed_program_of_the_language() {
    program(
        r#"
        role Client;
        role Server;

        input event set(key: string, val: string)   on Client;
        channel put(key: string, val: string, from: Client) on Server;
        channel ack(key: string)                    on Client;
        table   kv(key: string => val: string)      on Server;
        output event done(key: string)              on Client;

        put@Server[hash(k)](k, v, self) <~ set(k, v);
        kv(k, max(v))                  <+- put(k, v, _);
        ack@c(k)                        <~ put(k, _, c);
        done(k)                         <= ack(k);
        "#,
        expect![[r#"
            role Client;
            role Server;
            input event set(key: string, val: string) on Client;
            channel put(key: string, val: string, from: Client) on Server;
            channel ack(key: string) on Client;
            table kv(key: string => val: string) on Server;
            output event done(key: string) on Client;
            put@Server[hash(k)](k, v, self) <~ set(k, v);  // rule 0 at Client
            kv(k, max(v)) <+- put(k, v, _);  // rule 1 at Server
            ack@c(k) <~ put(k, _, c);  // rule 2 at Server
            done(k) <= ack(k);  // rule 3 at Client
        "#]],
    );
}

#[test]
fn an_implicit_role_and_a_shard_expression() {
    let made = clean("input table a(x: int); b(x) <= a(x);");
    assert_eq!(
        made.roles.iter().map(|role| (role.name.as_str(), role.implicit)).collect::<Vec<_>>(),
        [("Node", true)]
    );

    program(
        "role Worker; static input table package(name: string, size: int) on Worker[hash(name) + size];",
        expect![[r#"
            role Worker;
            static input table package(name: string, size: int) on Worker[hash(name) + size];
        "#]],
    );
}

#[test]
fn blocks_sets_the_role_of_what_is_inside() {
    program(
        "role A; role B;
         on B { table t(x: int); v(x) <= t(x); w(1) <= true; }
         t(3);
         t@B[1](4);",
        expect![[r#"
            role A;
            role B;
            table t(x: int) on B;
            view v(x: int) on B;
            view w(c0: int) on B;
            v(x) <= t(x);  // rule 0 at B
            w(1) <= true;  // rule 1 at B
            t(3);
            t@B[1](4);
        "#]],
    );
}

#[test]
fn views_live_where_their_rules_read_even_through_other_views() {
    program(
        "role A; role B;
         v(x) <= w(x);
         w(x) <= v(x);
         w(x) <= t(x);
         table t(x: int) on B;",
        expect![[r#"
            role A;
            role B;
            table t(x: int) on B;
            view v(x: int) on B;
            view w(x: int) on B;
            v(x) <= w(x);  // rule 0 at B
            w(x) <= v(x);  // rule 1 at B
            w(x) <= t(x);  // rule 2 at B
        "#]],
    );
}

#[test]
fn members_of_a_role_are_readable_everywhere() {
    program(
        "role Client; role Server;
         input event say(text: string) on Client;
         channel heard(text: string) on Server from Client;
         heard@s(t) <~ say(t), Server(s);",
        expect![[r#"
            role Client;
            role Server;
            input event say(text: string) on Client;
            channel heard(text: string) on Server from Client;
            heard@s(t) <~ say(t), Server(s);  // rule 0 at Client
        "#]],
    );
}

#[test]
fn arguments_by_name_and_open_columns() {
    program(
        "table kv(key: string, n: int => val: string, at: int);
         input event drop(key: string);
         v(key: k, double: n + n) <= kv(n: n, key: k);
         w(d) <= v(double: d);
         kv(key: k, n: n) <- drop(k), kv(k, n, _, _);
         kv(k, 1, _, 2) <- drop(k);",
        expect![[r#"
            table kv(key: string, n: int => val: string, at: int);
            input event drop(key: string);
            view v(key: string, double: int);
            view w(d: int);
            v(k, n + n) <= kv(k, n, _, _);  // rule 0
            w(d) <= v(_, d);  // rule 1
            kv(k, n, _, _) <- drop(k), kv(k, n, _, _);  // rule 2
            kv(k, 1, _, 2) <- drop(k);  // rule 3
        "#]],
    );
}

#[test]
fn expressions_in_atoms_are_taken_out() {
    let made = program(
        "table t(x: int, y: int);
         v(x) <= t(x, x + 1);
         w(x) <= t(x, y), !t(y, x * 2), !t(-1, _);",
        expect![[r#"
            table t(x: int, y: int);
            view v(x: int);
            view w(x: int);
            v(x) <= t(x, $1), $1 == x + 1;  // rule 0
            w(x) <= t(x, y), let $2 = x * 2, !t(y, $2), !t(-1, _);  // rule 1
        "#]],
    );
    let terms: Vec<&Term> =
        made.rules.iter().flat_map(|rule| rule.negated_atoms()).flat_map(|atom| &atom.terms).collect();
    assert!(terms.contains(&&Term::Const(Value::Int(-1))), "a sign folds into its number: {terms:?}");
}

#[test]
fn lets_are_put_in_the_order_of_their_needs() {
    program(
        "table t(x: int); v(c) <= let c = b * 2, t(x), let b = a + 1, let a = x;",
        expect![[r#"
            table t(x: int);
            view v(c: int);
            v(c) <= let a = x, t(x), let b = a + 1, let c = b * 2;  // rule 0
        "#]],
    );
}

#[test]
fn replacing_in_a_set_is_adding() {
    let made = clean("table t(x: int); table u(x: int); t(x) <+- u(x);");
    assert_eq!(made.rules.iter().map(|rule| rule.op).collect::<Vec<_>>(), [RuleOp::Next]);
}

#[test]
fn column_names_are_unique_and_types_inferred() {
    program(
        r#"table t(x: int, name: string, f: float);
           v(x, x, x + 1, count(), n, n == "a", f / 2.0) <= t(x, n, f);"#,
        expect![[r#"
            table t(x: int, name: string, f: float);
            view v(x: int, x_2: int, c2: int, c3: int, n: string, c5: bool, c6: float);
            v(x, x, x + 1, count(), n, n == "a", f / 2.0) <= t(x, n, f);  // rule 0
        "#]],
    );
}

#[test]
fn the_least_int_is_a_constant() {
    let made = clean("table t(x: int); t(-9223372036854775808);");
    assert_eq!(made.facts[0].values, [Expr::Const(Value::Int(i64::MIN))]);
}

#[test]
fn operands_have_types() {
    let made = clean(r#"table t(s: string); v(s + "!") <= t(s), s < "m", not contains(s, "x");"#);
    let rule = made.rules.iter().next().unwrap();
    let HeadTerm::Expr(Expr::Binary { op: BinaryOp::Add, operands, .. }) = &rule.head.terms[0] else {
        panic!()
    };
    assert_eq!(*operands, Type::String);
    let Literal::Condition { expr: Expr::Binary { operands, .. }, .. } = &rule.body[1] else { panic!() };
    assert_eq!(*operands, Type::String);
}

#[test]
fn soft_names() {
    clean(
        "table set(from: int, key: int, sender: int, count: int);
         v(sender, count(), min(count)) <= set(from: count, sender: sender);
         table len(x: string);
         w(len(x)) <= len(x);",
    );
}

#[test]
fn a_key_without_columns() {
    program(
        "table config(=> v: int); config(3);",
        expect![[r#"
            table config(=> v: int);
            config(3);
        "#]],
    );
}
