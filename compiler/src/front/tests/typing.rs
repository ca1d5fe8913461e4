//! Types that clash or are missing.

use expect_test::expect;

use super::{check, clean};

#[test]
fn a_clash_shows_both_places() {
    check(
        "table a(x: int); table b(x: string); v(x) <= a(x), b(x);",
        expect![[r#"
            error: column `x` of `b` is `string`, not `int` [type-mismatch]
              ! 1:54 'x' `x` is `int`
              - 1:29 'string' `x` of `b` is declared `string`
              - 1:12 'int' `x` of `a` is declared `int`
              help: `to_string(x)` is its text
        "#]],
    );
    check(
        "table a(x: int); v(x) <= a(x); v(\"none\") <= a(_);",
        expect![[r#"
            error: column `x` of `v` is `int`, not `string` [type-mismatch]
              ! 1:34 '"none"' this is `string`
              - 1:12 'int' `x` of `a` is declared `int`
        "#]],
    );
    check(
        "table a(x: int); table b(x: string); w(x) <= v(x), x > 1; v(x) <= a(x); v(x) <= b(x);",
        expect![[r#"
            error: column `x` of `v` is `int`, not `string` [type-mismatch]
              ! 1:75 'x' `x` is `string`
              - 1:12 'int' `x` of `a` is declared `int`
              - 1:29 'string' `x` of `b` is declared `string`
              help: `parse_int(x)` is the int that a text spells
        "#]],
    );
    check(
        "table a(x: int); v(x) <= a(x), a(\"3\");",
        expect![[r#"
            error: column `x` of `a` is `int`, not `string` [type-mismatch]
              ! 1:34 '"3"' this is `string`
              - 1:12 'int' `x` of `a` is declared `int`
              help: a number stands without quotes
        "#]],
    );
}

#[test]
fn int_and_float_dont_mix() {
    check(
        "table a(x: int, f: float); v(x + f) <= a(x, f);",
        expect![[r#"
            error: `+` needs two values of one type, not `int` and `float` [type-mismatch]
              ! 1:34 'f' `f` is `float`
              - 1:12 'int' `x` of `a` is declared `int`
              - 1:20 'float' `f` of `a` is declared `float`
              help: int and float don't mix: turn the int into a float with `to_float(x)`, or this into an int with `to_int(f)`
        "#]],
    );
    check(
        "table a(f: float); v(f * 2) <= a(f);",
        expect![[r#"
            error: `*` needs two values of one type, not `float` and `int` [type-mismatch]
              ! 1:26 '2' this is `int`
              - 1:12 'float' `f` of `a` is declared `float`
              help: int and float don't mix: write it with a point, as `1.0`
        "#]],
    );
    check(
        "table a(x: int); v(x / 2.0) <= a(x);",
        expect![[r#"
            error: `/` needs two values of one type, not `int` and `float` [type-mismatch]
              ! 1:24 '2.0' this is `float`
              - 1:12 'int' `x` of `a` is declared `int`
              help: int and float don't mix: turn the int into a float with `to_float(x)`
        "#]],
    );
}

#[test]
fn operators_and_functions() {
    check(
        "table a(x: int); v(\"n\" + x) <= a(x);",
        expect![[r#"
            error: `+` needs two values of one type, not `string` and `int` [type-mismatch]
              ! 1:26 'x' `x` is `int`
              - 1:20 '"n"' this is `string`
              - 1:12 'int' `x` of `a` is declared `int`
              help: `to_string(x)` is its text
        "#]],
    );
    check(
        "table a(s: string); v(s - s, -s) <= a(s);",
        expect![[r#"
            error: `-` takes int, float, time and duration, not `string` [type-mismatch]
              ! 1:23 's' this is `string`
              - 1:12 'string' `s` of `a` is declared `string`
            error: `-` takes int, float and duration, not `string` [type-mismatch]
              ! 1:31 's' this is `string`
              - 1:12 'string' `s` of `a` is declared `string`
        "#]],
    );
    check(
        "table a(b: bool); v(b + b) <= a(b);",
        expect![[r#"
            error: `+` takes int, float, string, time and duration, not `bool` [type-mismatch]
              ! 1:21 'b' this is `bool`
              - 1:12 'bool' `b` of `a` is declared `bool`
        "#]],
    );
    check(
        "table a(x: int); v(len(x)) <= a(x);",
        expect![[r#"
            error: `len` takes string, list<A>, set<A>, map<A, B> and bytes, not `int` [type-mismatch]
              ! 1:24 'x' this is `int`
              - 1:12 'int' `x` of `a` is declared `int`
        "#]],
    );
    check(
        "table a(x: int); v(x) <= a(x), x;",
        expect![[r#"
            error: a condition is `bool`, not `int` [type-mismatch]
              ! 1:32 'x' `x` is `int`
              - 1:12 'int' `x` of `a` is declared `int`
        "#]],
    );
    check(
        "table a(x: int); v(x) <= a(x), x > 1 and x;",
        expect![[r#"
            error: `and` needs a `bool`, not `int` [type-mismatch]
              ! 1:42 'x' `x` is `int`
              - 1:12 'int' `x` of `a` is declared `int`
        "#]],
    );
    check(
        "table a(x: int); v(if x then 1 else \"a\") <= a(x);",
        expect![[r#"
            error: `if` needs a `bool`, not `int` [type-mismatch]
              ! 1:23 'x' `x` is `int`
              - 1:12 'int' `x` of `a` is declared `int`
            error: both branches of an `if` have one type, not `int` and `string` [type-mismatch]
              ! 1:37 '"a"' this is `string`
              - 1:30 '1' this is `int`
        "#]],
    );
    check(
        "table a(x: int, s: string); v(x) <= a(x, s), x == s;",
        expect![[r#"
            error: `==` needs two values of one type, not `int` and `string` [type-mismatch]
              ! 1:51 's' `s` is `string`
              - 1:12 'int' `x` of `a` is declared `int`
              - 1:20 'string' `s` of `a` is declared `string`
              help: `parse_int(s)` is the int that a text spells
        "#]],
    );
    check(
        "table a(s: string); v(sum(s)) <= a(s);",
        expect![[r#"
            error: `sum` takes int and float, not `string` [type-mismatch]
              ! 1:27 's' this is `string`
              - 1:12 'string' `s` of `a` is declared `string`
        "#]],
    );
    check(
        "role R; table a(r: R) on R; v(to_string(r), hash(r)) <= a(r);",
        expect![[r#"
            error: `to_string` takes everything but addresses of nodes, not `R` [type-mismatch]
              ! 1:41 'r' this is `R`
              - 1:20 'R' `r` of `a` is declared `R`
        "#]],
    );
}

#[test]
fn declared_heads() {
    check(
        "table a(x: int); view v(n: string); v(x) <= a(x); v(count()) <= a(_);",
        expect![[r#"
            error: column `n` of `v` is `string`, not `int` [type-mismatch]
              ! 1:39 'x' `x` is `int`
              - 1:28 'string' `n` of `v` is declared `string`
              - 1:12 'int' `x` of `a` is declared `int`
              help: `to_string(x)` is its text
            error: column `n` of `v` is `string`, not `int` [type-mismatch]
              ! 1:53 'count()' this is `int`
              - 1:28 'string' `n` of `v` is declared `string`
              help: `to_string(...)` is its text
        "#]],
    );
}

#[test]
fn addresses() {
    check(
        "role A; role B; table t(a: A) on A; view v(b: B) on A; v(self) <= t(_); v(a) <= t(a);",
        expect![[r#"
            error: column `b` of `v` is `B`, not `A` [type-mismatch]
              ! 1:58 'self' this is `A`
              - 1:47 'B' `b` of `v` is declared `B`
            error: column `b` of `v` is `B`, not `A` [type-mismatch]
              ! 1:75 'a' `a` is `A`
              - 1:47 'B' `b` of `v` is declared `B`
              - 1:28 'A' `a` of `t` is declared `A`
        "#]],
    );
    check(
        "role A; role B; table t(n: int) on A; channel c(n: int) on B; c@n(n) <~ t(n); c@A[n](n) <~ t(n); c@self(n) <~ t(n); c@B[\"x\"](n) <~ t(n);",
        expect![[r#"
            error: `c` is at B, so what stands after `@` is a `B`, not `int` [type-mismatch]
              ! 1:65 'n' `n` is `int`
              - 1:60 'B' `c` is at B
              - 1:28 'int' `n` of `t` is declared `int`
            error: `c` is at B, so what stands after `@` is a `B`, not `A` [type-mismatch]
              ! 1:81 'A[n]' this is `A`
              - 1:60 'B' `c` is at B
            error: `c` is at B, so what stands after `@` is a `B`, not `A` [type-mismatch]
              ! 1:100 'self' this is `A`
              - 1:60 'B' `c` is at B
            error: a member's number is `int`, not `string` [type-mismatch]
              ! 1:121 '"x"' this is `string`
        "#]],
    );
}

#[test]
fn nothing_determines_a_type() {
    check(
        "v(x, y) <= w(x, y); w(x, y) <= v(y, x);",
        expect![[r#"
            error: nothing determines the types of columns `x`, `y` of `v` [undetermined-type]
              ! 1:3 'x' its rules only pass the value around
              - 1:6 'y' and here
              help: declare it: `view v(x: TYPE, y: TYPE);`
        "#]],
    );
    check(
        "v(x, 1) <= v(x, _);",
        expect![[r#"
            error: nothing determines the type of column `x` of `v` [undetermined-type]
              ! 1:3 'x' its rules only pass the value around
              help: declare it: `view v(x: TYPE, c1: TYPE);`
        "#]],
    );
    clean("view v(x: int); v(x) <= v(x);");
}

#[test]
fn numbers_out_of_range() {
    // Only the magnitude of the least int gets here; the parser refuses larger ones.
    check(
        "table t(x: int); t(9223372036854775808); t(-9223372036854775808);",
        expect![[r#"
            error: this number doesn't fit in an int [int-out-of-range]
              ! 1:20 '9223372036854775808' too large
              note: an int is 64 bits wide: -9223372036854775808 to 9223372036854775807
        "#]],
    );
}
