//! Placement: operators per kind, messages, bodies and heads at several places.

use expect_test::expect;

use super::check;

#[test]
fn operators_per_kind() {
    check(
        "table t(x: int); t(x) <~ t(x);",
        expect![[r#"
            error: `t` is a table and can't take `<~` [wrong-operator]
              ! 1:23 '<~' a table takes `<=`, `<+`, `<-` or `<+-`
              - 1:7 't' declared here
              help: messages go through a channel: declare one, send to it with `<~`, and fill this from it
        "#]],
    );
    check(
        "table t(x: int); v(x) <= t(x); v(x) <+ t(x); v(x) <- t(x);",
        expect![[r#"
            error: `v` is a view and can't take `<+` [wrong-operator]
              ! 1:37 '<+' a view takes `<=` only
              - 1:18 'v' an undeclared view, made by this head
              help: declare a `table` to keep rows from tick to tick
            error: `v` is a view and can't take `<-` [wrong-operator]
              ! 1:51 '<-' a view takes `<=` only
              - 1:18 'v' an undeclared view, made by this head
              help: a row leaves a view when nothing derives it any more: add a condition or negation to the view's rules, or declare a `table` to keep and delete rows
        "#]],
    );
    check(
        "table t(x: int); event e(x: int); e(x) <- t(x); e(x) <~ t(x); e(x) <+ t(x);",
        expect![[r#"
            error: `e` is an event and can't take `<-` [wrong-operator]
              ! 1:40 '<-' an event takes `<=` or `<+`
              - 1:24 'e' declared here
              help: an event's rows are gone after the tick; declare a `table` to keep and delete rows
            error: `e` is an event and can't take `<~` [wrong-operator]
              ! 1:54 '<~' an event takes `<=` or `<+`
              - 1:24 'e' declared here
              help: declare a `channel` to send messages
        "#]],
    );
    check(
        "table t(x: int); channel c(x: int); c(x) <= t(x); c(x) <~ t(x);",
        expect![[r#"
            error: `c` is a channel and can't take `<=` [wrong-operator]
              ! 1:42 '<=' a channel takes `<~` only
              - 1:26 'c' declared here
              help: write `<~`: a channel is filled by messages
        "#]],
    );
    check(
        "static input table t(x: int); input table u(x: int); t(x) <= u(x); u(x) <- t(x);",
        expect![[r#"
            error: `t` is a static input: no rule may change it [wrong-operator]
              ! 1:54 't(x)' filled here
              - 1:20 't' complete before the first tick, then fixed
              help: leave `static` out, or fill another collection
        "#]],
    );
}

#[test]
fn only_messages_leave_a_node() {
    check(
        "role A; role B; table t(x: int) on A; table u(x: int) on B; u(x) <= t(x);",
        expect![[r#"
            error: `u` is at B, but the body is at A [remote-head]
              ! 1:61 'u(x)' at B
              - 1:69 't(x)' `t` is at A
              - 1:66 '<=' `<=` stays at its node
              help: only a message gets to another node: declare `channel c(...) on B;`, send with `c@node(...) <~ ...;`, and fill `u` from it there
        "#]],
    );
    check(
        "role A; role B; table t(x: int) on A; table u(x: int) on B; u@B[x](x) <= t(x);",
        expect![[r#"
            error: a head at another node takes `<~`, not `<=` [remote-head]
              ! 1:63 'B[x]' at another node
              - 1:71 '<=' stays at this node
              help: declare a channel, send to it with `<~`, and fill `u` from it there; or leave the `@` out
        "#]],
    );
    check(
        "role A; role B; table t(x: int) on A; channel c(x: int) on B; c@B[x](x) <+ t(x);",
        expect![[r#"
            error: a head at another node takes `<~`, not `<+` [remote-head]
              ! 1:65 'B[x]' at another node
              - 1:73 '<+' stays at this node
              help: write `<~`: it sends the row as a message
        "#]],
    );
}

#[test]
fn a_message_needs_an_address() {
    check(
        "role A; role B; table t(x: int) on A; channel c(x: int) on B; c(x) <~ t(x);",
        expect![[r#"
            error: to which B does `c` go? [missing-place]
              ! 1:63 'c(x)' `c` is at B
              - 1:71 't(x)' `t` is at A
              help: write `c@B[hash(key)](...)` for one of them, or `c@n(...) <~ ..., B(n)` for all
        "#]],
    );
    check(
        "role A; role B; table t(x: int, b: B) on A; channel c(x: int) on B; c(x) <~ t(x, to);",
        expect![[r#"
            error: to which B does `c` go? [missing-place]
              ! 1:69 'c(x)' `c` is at B
              - 1:77 't(x, to)' `t` is at A
              help: write `c@to(...)`
        "#]],
    );
    check(
        "role A; table t(x: int) on A; channel c(x: int) on A; c@A(x) <~ t(x);",
        expect![[r#"
            error: the variable `A` after `@` has no value [unbound-variable]
              ! 1:57 'A' no positive atom and no `let` of this rule binds it
              help: `A` is a role: `A[e]` is one of its members, and a literal `A(n)` ranges over them
        "#]],
    );
}

#[test]
fn bodies_at_two_places() {
    check(
        "role A; role B; table t(x: int) on A; table u(x: int) on B; v(x) <= t(x), !u(x), v(x);",
        expect![[r#"
            error: this body is at two places: A and B [two-places]
              ! 1:76 'u(x)' `u` is at B
              - 1:69 't(x)' `t` is at A
              help: in a rule with `<~`, say at which node the second is to be read: `u@node(...)`; other rules read what a message brought: send what is needed from A to B through a channel, and read the channel there
        "#]],
    );
    check(
        "role A; role B; table t(x: int) on A; table u(x: int) on B; v(x) <= t(x); v(x) <= u(x);",
        expect![[r#"
            error: the view `v` is filled at two places: A and B [two-places]
              ! 1:83 'u(x)' this body is at B
              - 1:69 't(x)' this body is at A
              help: a view lives where its rules' bodies do: use a view for each role
        "#]],
    );
    check(
        "role A; role B; table t(x: int) on A; on B { v(x) <= t(x); }",
        expect![[r#"
            error: `t` is at A, but this stands in `on B` [two-places]
              ! 1:54 't(x)' at A
              - 1:42 'B' everything in here is at B
              help: move it out of the block
        "#]],
    );
}

#[test]
fn nothing_says_where() {
    check(
        "role A; role B; table t(x: int); v(x) <= A(x); w(x) <= t(x);",
        expect![[r#"
            error: at which role does the table `t` live? [no-place]
              ! 1:23 't' nothing says where it is
              help: write `on ROLE` after its columns, as `table t(...) on A;`
            error: at which role does the view `v` live? [no-place]
              ! 1:34 'v' nothing says where it is
              note: an undeclared view lives where its rules' bodies read, and these read no collection with a place
              help: declare it, `view v(...) on A;`, or write the rule inside `on A { ... }`
        "#]],
    );
    check(
        "role A; channel c(x: A) on A; c@a(a) <~ A(a);",
        expect![[r#"
            error: a message needs a collection in its body [no-place]
              ! 1:31 'c@a(a) <~ A(a);' nothing says which node sends this, or when
              help: read what makes it be sent: an event, or a table with a fact in it
        "#]],
    );
}

#[test]
fn only_the_named_role_sends() {
    check(
        "role A; role B; channel c(x: int) on B from B; table t(x: int) on A; c@B[0](x) <~ t(x);",
        expect![[r#"
            error: only a B may send to `c`, not a A [wrong-sender]
              ! 1:70 'c@B[0](x)' sent by a A
              - 1:25 'c' declared `from B`
              - 1:83 't(x)' `t` is at A
        "#]],
    );
}
