//! Unknown and doubled names.

use expect_test::expect;

use super::{check, run};

#[test]
fn unknown_collection() {
    check(
        "table link(x: int); v(x) <= lnik(x), y == x, link(y);",
        expect![[r#"
            error: there is no collection `lnik` [unknown-name]
              ! 1:29 'lnik' unknown name
              help: did you mean `link`?
        "#]],
    );
    check(
        "v(x) <= nothing(x); output v; w(x) <= v(x + 1);",
        expect![[r#"
            error: there is no collection `nothing` [unknown-name]
              ! 1:9 'nothing' unknown name
              help: declare it (`table nothing(...);` or another kind), or fill it: `nothing(...) <= ...;`
            error: the variable `x` in the head has no value [unbound-variable]
              ! 1:33 'x' no positive atom and no `let` of this rule binds it
              help: bind `x` in a positive atom of the body, or with `let x = ...`
        "#]],
    );
}

#[test]
fn unknown_output_and_undeclared_heads() {
    check(
        "table link(x: int); output lnk;",
        expect![[r#"
            error: there is no collection `lnk` [unknown-name]
              ! 1:28 'lnk' unknown name
              help: did you mean `link`?
        "#]],
    );
    check(
        "table t(x: int); kept(x) <+ t(x); kept(x) <- t(x); v(x) <= kept(x);",
        expect![[r#"
            error: there is no collection `kept` [unknown-name]
              ! 1:18 'kept' a rule with `<+` needs a declared collection
              note: only a head with `<=` makes an undeclared collection: a view
              help: declare it: `table kept(...);`
        "#]],
    );
    check(
        r#"link("a");"#,
        expect![[r#"
            error: there is no collection `link` [unknown-name]
              ! 1:1 'link' a fact needs a declared collection
              note: only a head with `<=` makes an undeclared collection: a view
              help: declare it: `table link(...);`
        "#]],
    );
}

#[test]
fn unknown_role() {
    check(
        "role Server; table t(x: int) on Sevrer; v(x) <= t(x);",
        expect![[r#"
            error: there is no role `Sevrer` [unknown-name]
              ! 1:33 'Sevrer' unknown name
              help: did you mean `Server`?
        "#]],
    );
    check(
        "role Server; channel c(x: int) on Server; table t(x: int) on Server; c@Srver[x](x) <~ t(x);",
        expect![[r#"
            error: there is no role `Srver` [unknown-name]
              ! 1:72 'Srver' unknown name
              help: did you mean `Server`?
        "#]],
    );
    check(
        "table t(x: int) on Node; channel c(x: int) from Nobody;",
        expect![[r#"
            error: there is no role `Node` [unknown-name]
              ! 1:20 'Node' unknown name
              help: declare it: `role Node;`
            error: there is no role `Nobody` [unknown-name]
              ! 1:49 'Nobody' unknown name
              help: declare it: `role Nobody;`
        "#]],
    );
}

#[test]
fn unknown_column_function_type() {
    check(
        "table t(key: int, val: int); v(k) <= t(kye: k);",
        expect![[r#"
            error: `t` has no column `kye` [unknown-column]
              ! 1:40 'kye' no such column
              - 1:7 't' `t` is declared here
              help: did you mean `key`?
        "#]],
    );
    check(
        "table t(s: string); v(lenn(s)) <= t(s);",
        expect![[r#"
            error: there is no function `lenn` [unknown-name]
              ! 1:23 'lenn' unknown name
              help: did you mean `len`?
        "#]],
    );
    check(
        "table t(s: sting, n: integer); v(s, n + 1) <= t(s, n);",
        expect![[r#"
            error: there is no type `sting` [unknown-name]
              ! 1:12 'sting' unknown name
              help: did you mean `string`?
            error: there is no type `integer` [unknown-name]
              ! 1:22 'integer' unknown name
              help: the types are `int`, `float`, `bool`, `string`, `bytes`, `time`, `duration`, tuples, `list<T>`, `set<T>`, `map<K, V>`, `option<T>`, the roles' names, and what is declared: `struct integer { ... }`
        "#]],
    );
    check(
        "role W; input table t(name: string) on W[hash(nmae)];",
        expect![[r#"
            error: `t` has no column `nmae` [unknown-column]
              ! 1:47 'nmae' no such column
              - 1:21 't' `t` is declared here
              help: did you mean `name`?
        "#]],
    );
}

#[test]
fn unknown_attribute_and_module() {
    check(
        "@acept(\"x\") table t(x: int); v(x) <= d::t(x);",
        expect![[r#"
            error: there is no attribute `acept` [unknown-name]
              ! 1:2 'acept' unknown name
              help: did you mean `accept`?
            error: there is no module `d` [unknown-name]
              ! 1:38 'd' unknown name
        "#]],
    );
}

#[test]
fn doubled_names() {
    check(
        "table t(x: int); view t(y: int); role t;",
        expect![[r#"
            error: `t` is declared twice [duplicate-name]
              ! 1:39 't' declared again
              - 1:7 't' first declared here
              help: give one of them another name
            error: `t` is declared twice [duplicate-name]
              ! 1:39 't' declared again
              - 1:23 't' first declared here
              help: give one of them another name
        "#]],
    );
    check(
        "table t(x: int, x: string);",
        expect![[r#"
            error: `x` is declared twice [duplicate-name]
              ! 1:17 'x' declared again
              - 1:9 'x' first declared here
              help: give one of them another name
        "#]],
    );
    check(
        "table t(x: int, y: int); v(a) <= t(x: a, x: 1);",
        expect![[r#"
            error: column `x` of `t` is given twice [named-argument]
              ! 1:42 'x' given again
              - 1:36 'x' given here
        "#]],
    );
}

#[test]
fn several_mistakes_in_one_run_each_once() {
    check(
        r#"table a(x: int, y: string);
           p(x) <= b(x);
           q(x) <= a(x);
           r(x) <= p(x), q(x), x == "no";
           s(x + y) <= a(x, y);
           t(z) <= a(x, _);"#,
        expect![[r#"
            error: there is no collection `b` [unknown-name]
              ! 2:20 'b' unknown name
              help: declare it (`table b(...);` or another kind), or fill it: `b(...) <= ...;`
            error: `a` has 2 columns, but 1 is given [wrong-arity]
              ! 3:20 'a(x)' 1 column here
              - 1:7 'a' `a` is declared here
              help: in a body, write `_` for a column that doesn't matter, or name columns: `a(column: value)`; a head or fact has a value for every column
            error: `+` needs two values of one type, not `int` and `string` [type-mismatch]
              ! 5:18 'y' `y` is `string`
              - 1:12 'int' `x` of `a` is declared `int`
              - 1:20 'string' `y` of `a` is declared `string`
              help: `parse_int(y)` is the int that a text spells
            error: the variable `z` in the head has no value [unbound-variable]
              ! 6:14 'z' no positive atom and no `let` of this rule binds it
              help: bind `z` in a positive atom of the body, or with `let z = ...`
        "#]],
    );
}

#[test]
fn after_syntax_errors_unknown_names_are_let_pass() {
    // `t` may be what could not be read, and so may `u` and `z`; `q` can't be.
    let text = "table t(x int); v(x) <= t(x), u(x), q == 1; w(y) <= v(y); t(3); output z;";
    let (_, found) = run(text);
    let found: Vec<(&str, &str)> = found.iter().map(|d| (d.code.as_str(), d.title.as_str())).collect();
    // The parser's own words are its own tests' business.
    let [("syntax", _), rest @ ..] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(rest, [("unbound-variable", "the variable `q` in this condition has no value")]);
}
