//! Declarations and facts that can't be.

use expect_test::expect;

use super::{check, program};

#[test]
fn inputs() {
    check(
        "input view v(x: int);",
        expect![[r#"
            error: `v` is a view, and a view can't be an input [impossible-declaration]
              ! 1:1 'input' the host can't feed it
              help: a view holds what its rules derive; make it an `input table`
        "#]],
    );
    check(
        "input channel c(x: int);",
        expect![[r#"
            error: `c` is a channel, and a channel can't be an input [impossible-declaration]
              ! 1:1 'input' the host can't feed it
              help: a channel is filled by messages; make it an `input event` and send from that
        "#]],
    );
    check(
        "static table t(x: int); static input event e(x: int);",
        expect![[r#"
            error: only input tables are static, and `t` is none [impossible-declaration]
              ! 1:1 'static' complete before the first tick, then fixed
              help: write `static input table`, or leave `static` out
            error: only input tables are static, and `e` is none [impossible-declaration]
              ! 1:25 'static' complete before the first tick, then fixed
              help: write `static input table`, or leave `static` out
        "#]],
    );
    check(
        "role R; table t(x: int) on R[x];",
        expect![[r#"
            error: `t` is no input, so it has no members to choose [impossible-declaration]
              ! 1:30 'x' says which node the host gives a row to
              help: leave the `[...]` out; rows of other collections stay where they are derived
        "#]],
    );
    check(
        "role R; input table t(x: string) on R[x]; input table u(x: R) on R[hash(self)];",
        expect![[r#"
            error: a member's number is `int`, not `string` [type-mismatch]
              ! 1:39 'x' `x` is `string`
              - 1:26 'string' `x` of `t` is declared `string`
              help: `parse_int(x)` is the int that a text spells
            error: the member that gets a row of `u` can't depend on `self` [impossible-declaration]
              ! 1:68 'hash(self)' the host computes this, outside of all nodes
              help: compute it from the row's columns, as in `on Server[hash(key)]`
        "#]],
    );
}

#[test]
fn clauses() {
    check(
        "role R; table t(x: int) on R from R;",
        expect![[r#"
            error: `from` is for channels, and `t` is none [impossible-declaration]
              ! 1:35 'R' no messages arrive here
              help: leave it out, or declare a `channel`
        "#]],
    );
}

#[test]
fn promises() {
    program(
        "role R durable; role S; channel a(x: int) on R; channel b(x: int) on R from S ordered;
         channel c(x: int) on S lossy; channel d(x: int) on S reliable;",
        expect![[r#"
            role R durable;
            role S;
            channel a(x: int) on R;
            channel b(x: int) on R from S ordered;
            channel c(x: int) on S lossy;
            channel d(x: int) on S;
        "#]],
    );
    check(
        "role R; channel c(x: int) on R ordered lossy; table t(x: int) on R durable;",
        expect![[r#"
            error: a channel can't be both `ordered` and `lossy` [impossible-declaration]
              ! 1:40 'lossy' another promise
              help: leave one of the two out; `ordered` channels are reliable, too
            error: `durable` is for roles, and `t` is a collection [impossible-declaration]
              ! 1:68 'durable' nodes survive as a whole: their tables and their messages
              help: declare its role so, as in `role Server durable;`
        "#]],
    );
}

#[test]
fn facts() {
    check(
        "table t(x: int); v(x) <= t(x); v(3);",
        expect![[r#"
            error: `v` is a view, and a view has no facts [impossible-fact]
              ! 1:32 'v(3)' facts are for tables (and events, in the first tick)
              - 1:18 'v' it is this one
              help: make it a `table`, or put the fact into a table and fill this from it
        "#]],
    );
    check(
        "channel c(x: int); c(3);",
        expect![[r#"
            error: `c` is a channel, and a channel has no facts [impossible-fact]
              ! 1:20 'c(3)' facts are for tables (and events, in the first tick)
              - 1:9 'c' it is this one
              help: make it a `table`, or put the fact into a table and fill this from it
        "#]],
    );
    check(
        "table t(x: string); t(hello);",
        expect![[r#"
            error: `hello` is a variable, and a fact has none [impossible-fact]
              ! 1:23 'hello' nothing gives it a value
              help: write a value, as the text "hello"
        "#]],
    );
    check(
        "table t(x: string, y: int); t(3, \"a\");",
        expect![[r#"
            error: column `x` of `t` is `string`, not `int` [type-mismatch]
              ! 1:31 '3' this is `int`
              - 1:12 'string' `x` of `t` is declared `string`
            error: column `y` of `t` is `int`, not `string` [type-mismatch]
              ! 1:34 '"a"' this is `string`
              - 1:23 'int' `y` of `t` is declared `int`
        "#]],
    );
    check(
        "table t(x: int); t(1 / 0); t(hash(self) % 2);",
        expect![[r#"
            error: column `x` of this fact has no value: division by zero [impossible-fact]
              ! 1:18 't(1 / 0)' 
        "#]],
    );
    check(
        "role A; role B; table t(x: int) on A; on B { t(1); } t@B[0](1);",
        expect![[r#"
            error: `t` is at A, but this stands in `on B` [two-places]
              ! 1:46 't(1)' at A
              - 1:42 'B' everything in here is at B
              help: move it out of the block
            error: `t` is at A, so what stands after `@` is a `A`, not `B` [type-mismatch]
              ! 1:56 'B[0]' this is `B`
              - 1:36 'A' `t` is at A
        "#]],
    );
}
