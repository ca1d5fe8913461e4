//! Atoms, heads, functions and aggregates that are called wrongly.

use expect_test::expect;

use super::check;

#[test]
fn arity() {
    check(
        "table t(x: int, y: int); v(x) <= t(x);",
        expect![[r#"
            error: `t` has 2 columns, but 1 is given [wrong-arity]
              ! 1:34 't(x)' 1 column here
              - 1:7 't' `t` is declared here
              help: in a body, write `_` for a column that doesn't matter, or name columns: `t(column: value)`; a head or fact has a value for every column
        "#]],
    );
    check(
        "table t(x: int); v(x) <= t(x, _);",
        expect![[r#"
            error: `t` has 1 column, but 2 are given [wrong-arity]
              ! 1:26 't(x, _)' 2 columns here
              - 1:7 't' `t` is declared here
        "#]],
    );
    check(
        "table t(x: int); v(x, x) <= t(x); v(x) <= t(x);",
        expect![[r#"
            error: `v` has 2 columns, but 1 is given [wrong-arity]
              ! 1:35 'v(x)' 1 column here
              - 1:18 'v' this head makes `v` a view of 2 columns
              help: in a body, write `_` for a column that doesn't matter, or name columns: `v(column: value)`; a head or fact has a value for every column
        "#]],
    );
    check(
        "role R; table t(x: int) on R; v(x) <= t(x), R(a, b);",
        expect![[r#"
            error: `R` has 1 column, but 2 are given [wrong-arity]
              ! 1:45 'R(a, b)' 2 columns here
              - 1:6 'R' `R` is declared here
        "#]],
    );
    check(
        "table t(x: string); v(contains(x)) <= t(x);",
        expect![[r#"
            error: `contains` takes 2 arguments, but 1 is given [wrong-arity]
              ! 1:23 'contains(x)' 1 argument here
              note: `contains`: Whether the first text contains the second.
        "#]],
    );
    check(
        "table t(x: int); t(1, 2);",
        expect![[r#"
            error: `t` has 1 column, but 2 are given [wrong-arity]
              ! 1:18 't(1, 2)' 2 columns here
              - 1:7 't' `t` is declared here
        "#]],
    );
}

#[test]
fn names_of_arguments() {
    check(
        "table t(x: int, y: int); v(x) <= t(x: x, 3);",
        expect![[r#"
            error: an argument without a name stands after one with a name [named-argument]
              ! 1:42 '3' which column is this?
              - 1:36 'x' named from here on
              help: name this one too
        "#]],
    );
    check(
        "table t(x: int, y: int); t(x: 3); t(x: n) <= t(n, _);",
        expect![[r#"
            error: column `y` of `t` gets no value [missing-column]
              ! 1:26 't(x: 3)' a head or fact says what every column is
              - 1:17 'y' the column
              help: add `y: ...`
            error: column `y` of `t` gets no value [missing-column]
              ! 1:35 't(x: n)' a head or fact says what every column is
              - 1:17 'y' the column
              help: add `y: ...`
        "#]],
    );
    check(
        "table t(x: string); v(len(text: x)) <= t(x);",
        expect![[r#"
            error: the arguments of `len` have no names [named-argument]
              ! 1:27 'text' write the value alone
        "#]],
    );
}

#[test]
fn collections_are_no_functions() {
    check(
        "table t(x: int); v(x) <= t(x), not t(x);",
        expect![[r#"
            error: `t` is a collection, not a function [collection-in-expression]
              ! 1:36 't(x)' a collection has no value
              help: write `!t(...)` as a literal of its own
        "#]],
    );
    check(
        "table t(x: int); v(t(x) + 1) <= t(x);",
        expect![[r#"
            error: `t` is a collection, not a function [collection-in-expression]
              ! 1:20 't(x)' a collection has no value
              help: read it as a literal of its own, `t(...)`, and use the variables it binds
        "#]],
    );
    check(
        "table t(x: string); v(x) <= t(x), !contains(x, \"a\");",
        expect![[r#"
            error: `contains` is a function, and `!` negates collections [negated-function]
              ! 1:35 '!contains(x, "a")' 
              help: write `not contains(...)`
        "#]],
    );
    check(
        "table t(x: string); v(x) <= t(x), len@self(x) > 1;",
        expect![[r#"
            error: `len` is not at a node: `@` is for collections [misplaced-place]
              ! 1:39 'self' leave the `@` out
        "#]],
    );
}

#[test]
fn aggregates_only_as_whole_head_arguments() {
    check(
        "table t(x: int); v(max(x) + 1) <= t(x);",
        expect![[r#"
            error: the aggregate `max` can't stand inside an expression [misplaced-aggregate]
              ! 1:20 'max(x)' 
              help: an aggregate is a whole argument of a head: fill a view with it, `total(key, max(...)) <= ...;`, and read that
        "#]],
    );
    check(
        "table t(x: int); v(x) <= t(x), x == max(x);",
        expect![[r#"
            error: the aggregate `max` can't stand inside an expression [misplaced-aggregate]
              ! 1:37 'max(x)' 
              help: an aggregate is a whole argument of a head: fill a view with it, `total(key, max(...)) <= ...;`, and read that
        "#]],
    );
    check(
        "table t(x: int); v(x) <= t(x), min(x);",
        expect![[r#"
            error: the aggregate `min` can't stand in a body [misplaced-aggregate]
              ! 1:32 'min(x)' 
              help: an aggregate is a whole argument of a head: fill a view with it, `total(key, min(...)) <= ...;`, and read that
        "#]],
    );
    check(
        "table t(x: int => y: int); t(x, max(y)) <- t(x, y);",
        expect![[r#"
            error: the aggregate `max` can't stand in a head of `<-` [misplaced-aggregate]
              ! 1:33 'max(y)' 
              help: an aggregate is a whole argument of a head: fill a view with it, `total(key, max(...)) <= ...;`, and read that
        "#]],
    );
    check(
        "table t(x: int); v(sum(), count(x, x)) <= t(x);",
        expect![[r#"
            error: the aggregate `sum` takes one argument [wrong-arity]
              ! 1:20 'sum()' 
              help: `sum` takes one expression: `sum(x)`
            error: the aggregate `count` takes at most one argument [wrong-arity]
              ! 1:27 'count(x, x)' 
              help: write `count()` for the number of rows, `count(x)` for the number of different values
        "#]],
    );
}

#[test]
fn wildcards() {
    check(
        "table t(x: int => y: int); t(x, _) <= t(x, _);",
        expect![[r#"
            error: `_` in a head says nothing about what is derived [misplaced-wildcard]
              ! 1:33 '_' 
              help: write the value of the column
        "#]],
    );
    check(
        "table t(x: int => y: int); t(_, y) <- t(_, y);",
        expect![[r#"
            error: in a head of `<-`, `_` stands for value columns only (those after `=>`) [misplaced-wildcard]
              ! 1:30 '_' 
              help: bind the column by reading the rows to delete in the body
        "#]],
    );
    check(
        "table t(x: int); v(x) <= t(x), x == _;",
        expect![[r#"
            error: `_` has no value to compute with [misplaced-wildcard]
              ! 1:37 '_' 
              help: give it a name and bind that in an atom
        "#]],
    );
    check(
        "table t(x: int); t(_);",
        expect![[r#"
            error: `_` in a fact says nothing [misplaced-wildcard]
              ! 1:20 '_' 
              help: write the value of the column
        "#]],
    );
}
