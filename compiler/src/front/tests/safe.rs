//! Safety.

use expect_test::expect;

use super::check;

#[test]
fn unbound_variables() {
    check(
        "table t(x: int); v(y) <= t(x);",
        expect![[r#"
            error: the variable `y` in the head has no value [unbound-variable]
              ! 1:20 'y' no positive atom and no `let` of this rule binds it
              help: bind `y` in a positive atom of the body, or with `let y = ...`
        "#]],
    );
    check(
        "table link(cost: int); v(csot) <= link(cost);",
        expect![[r#"
            error: the variable `csot` in the head has no value [unbound-variable]
              ! 1:26 'csot' no positive atom and no `let` of this rule binds it
              help: did you mean `cost`?
        "#]],
    );
    check(
        "table t(x: int); v(x) <= t(x), !t(y);",
        expect![[r#"
            error: the variable `y` in the negation has no value [unbound-variable]
              ! 1:35 'y' no positive atom and no `let` of this rule binds it
              help: write `_` if any value will do, or bind `y` in a positive atom
        "#]],
    );
    check(
        "table t(x: int); v(x) <= t(x), !t(y + 1);",
        expect![[r#"
            error: the variable `y` in the negation has no value [unbound-variable]
              ! 1:35 'y' no positive atom and no `let` of this rule binds it
              help: write `_` if any value will do, or bind `y` in a positive atom
        "#]],
    );
    check(
        "table t(x: int); v(x) <= t(x), x < limit;",
        expect![[r#"
            error: the variable `limit` in this condition has no value [unbound-variable]
              ! 1:36 'limit' no positive atom and no `let` of this rule binds it
              help: bind `limit` in a positive atom of the body, or with `let limit = ...`
        "#]],
    );
    check(
        "table t(x: int); v(y) <= t(x), y == x + 1;",
        expect![[r#"
            error: the variable `y` in the head has no value [unbound-variable]
              ! 1:20 'y' no positive atom and no `let` of this rule binds it
              help: `==` compares; to give `y` a value write `let y = ...`
        "#]],
    );
    check(
        "table t(x: int); v(z) <= t(x), let z = x + y;",
        expect![[r#"
            error: the variable `y` in the value of this `let` has no value [unbound-variable]
              ! 1:44 'y' no positive atom and no `let` of this rule binds it
              help: bind `y` in a positive atom of the body, or with `let y = ...`
        "#]],
    );
    check(
        "table t(x: int); v(sum(y)) <= t(x);",
        expect![[r#"
            error: the variable `y` in the head has no value [unbound-variable]
              ! 1:24 'y' no positive atom and no `let` of this rule binds it
              help: bind `y` in a positive atom of the body, or with `let y = ...`
        "#]],
    );
    check(
        "role A; table t(x: int) on A; channel c(x: int) on A; c@n(x) <~ t(x);",
        expect![[r#"
            error: the variable `n` after `@` has no value [unbound-variable]
              ! 1:57 'n' no positive atom and no `let` of this rule binds it
              help: bind `n` in a positive atom of the body, or with `let n = ...`
        "#]],
    );
    check(
        "table t(x: int); v(x) <= !t(x);",
        expect![[r#"
            error: the variable `x` in the head has no value [unbound-variable]
              ! 1:20 'x' no positive atom and no `let` of this rule binds it
              help: bind `x` in a positive atom of the body, or with `let x = ...`
        "#]],
    );
}

#[test]
fn names_that_are_something_else() {
    check(
        "role A; table t(x: int) on A; channel c(x: int) on A; c@A(x) <~ t(x);",
        expect![[r#"
            error: the variable `A` after `@` has no value [unbound-variable]
              ! 1:57 'A' no positive atom and no `let` of this rule binds it
              help: `A` is a role: `A[e]` is one of its members, and a literal `A(n)` ranges over them
        "#]],
    );
    check(
        "table t(x: int); table limit(n: int); v(x) <= t(x), x < limit;",
        expect![[r#"
            error: the variable `limit` in this condition has no value [unbound-variable]
              ! 1:57 'limit' no positive atom and no `let` of this rule binds it
              help: `limit` is a collection: read it with `limit(...)`
        "#]],
    );
}

#[test]
fn bound_twice() {
    check(
        "table t(x: int); v(x) <= t(x), let x = 3;",
        expect![[r#"
            error: `let` gives `x` a value that it has already [bound-twice]
              ! 1:36 'x' bound again
              - 1:28 'x' bound here
              help: to compare, write `x == ...` without `let`; else use another name
        "#]],
    );
    check(
        "table t(x: int); v(y) <= let y = 1, t(x), let y = x;",
        expect![[r#"
            error: `let` gives `y` a value that it has already [bound-twice]
              ! 1:47 'y' bound again
              - 1:30 'y' bound here
              help: to compare, write `y == ...` without `let`; else use another name
        "#]],
    );
}

#[test]
fn cycles_of_lets() {
    check(
        "table t(x: int); v(a) <= t(x), let a = b + x, let b = a;",
        expect![[r#"
            error: the values of `a`, `b` need each other [let-cycle]
              ! 1:32 'let a = b + x' 
              - 1:47 'let b = a' 
              help: bind one of them in a positive atom
        "#]],
    );
    check(
        "table t(x: int); v(a) <= t(_), let a = a + 1;",
        expect![[r#"
            error: the value of `a` needs `a` [let-cycle]
              ! 1:32 'let a = a + 1' 
              help: bind one of them in a positive atom
        "#]],
    );
}
