//! What is said about wrong uses of modules, and about mistakes inside them.

use expect_test::expect;

use super::said;

#[test]
fn private_and_unknown_members() {
    said(
        "use \"m.flo\" as m;
table t(x: int);
a(x) <= m::secret(x);
b(x) <= m::gto(x), m::nothing(x);
c(x) <= mm::got(x);
d(x) <= t(x), x < m::secret;
//- m.flo
input event put(x: int);
table secret(x: int);
secret(x) <= put(x);
output got;
got(x) <= secret(x);",
        expect![[r#"
            error[private-name]: `secret` is private to the module `m.flo`
              --> main.flo:3:9
              |
            3 | a(x) <= m::secret(x);
              |         ^^^^^^^^^ only its inputs, outputs and types are seen from outside
              |
              = help: seen from outside are `m::got`, `m::put`

            error[unknown-name]: the module `m.flo` has no `gto`
              --> main.flo:4:9
              |
            4 | b(x) <= m::gto(x), m::nothing(x);
              |         ^^^^^^ no such name
              |
              = note: seen from outside are `m::got`, `m::put`
              = help: did you mean `m::got`?

            error[unknown-name]: the module `m.flo` has no `nothing`
              --> main.flo:4:20
              |
            4 | b(x) <= m::gto(x), m::nothing(x);
              |                    ^^^^^^^^^^ no such name
              |
              = help: seen from outside are `m::got`, `m::put`

            error[unknown-name]: there is no instance `mm`
              --> main.flo:5:9
              |
            5 | c(x) <= mm::got(x);
              |         ^^ no instance of a module has this name
              |
              = help: did you mean `m`?

            error[private-name]: `secret` is private to the module `m.flo`
              --> main.flo:6:19
              |
            6 | d(x) <= t(x), x < m::secret;
              |                   ^^^^^^^^^ only its inputs, outputs and types are seen from outside
              |
              = help: seen from outside are `m::got`, `m::put`

        "#]],
    );
}

#[test]
fn inputs_are_filled_by_now_alone_and_outputs_by_nobody() {
    said(
        "use \"m.flo\" as m;
table t(x: int);
m::put(x) <+ t(x);
m::got(x) <= t(x);
m::got(1);
//- m.flo
input event put(x: int);
output view got(x: int);
got(x) <= put(x);",
        expect![[r#"
            error[fills-instance]: the input `m::put` of an instance is not filled by `<+`
              --> main.flo:3:1
              |
            3 | m::put(x) <+ t(x);
              | ^^^^^^ only by `<=`
              |
              = help: write `m::put(...) <= ...;`; what is to happen later can go through an event of your own

            error[fills-instance]: `m::got` is an output, filled by its module alone
              --> main.flo:4:1
              |
            4 | m::got(x) <= t(x);
              | ^^^^^^ can only be read from outside
              |
              = help: fill one of the instance's inputs, or a collection of your own

            error[fills-instance]: `m::got` is an output, filled by its module alone
              --> main.flo:5:1
              |
            5 | m::got(1);
              | ^^^^^^ can only be read from outside
              |
              = help: fill one of the instance's inputs, or a collection of your own

        "#]],
    );
}

#[test]
fn wrong_arguments() {
    said(
        "role Server;
table kv(k: int => v: int) on Server;
table wide(a: int, b: int, c: int) on Server;
table pair(k: string => v: int) on Server;
module M(role R, n: int, table t(k: int => v: int)) { input table x(a: int) on R; }
use M(R = Server, n = 3) as a;
use M(R = Server, n = 3, t = kv, x = 4) as b;
use M(R = kv, n = \"three\", t = Server) as c;
use M(R = Server, n = k, t = wide) as d;
use M(R = Server, n = 1, n = 2, t = pair) as e;
use M(r = Server, n = 1 + now(), t = kv2) as f;",
        expect![[r#"
            error[missing-argument]: `M` needs the argument `t` (a table)
              --> main.flo:6:1
              |
            6 | use M(R = Server, n = 3) as a;
              | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ argument missing
              |
              = help: write `use module(parameter = value) as name;`

            error[superfluous-argument]: `M` has no parameter `x`
              --> main.flo:7:34
              |
            7 | use M(R = Server, n = 3, t = kv, x = 4) as b;
              |                                  ^ no such parameter
              |
              = help: its parameters are `R`, `n`, `t`

            error[wrong-argument]: the parameter `R` of `M` is a role
              --> main.flo:8:11
              |
            8 | use M(R = kv, n = "three", t = Server) as c;
              |           ^^ this is a table
              |
              = help: give it a role

            error[wrong-argument]: the parameter `n` of `M` is a value of the type `int`
              --> main.flo:8:19
              |
            8 | use M(R = kv, n = "three", t = Server) as c;
              |                   ^^^^^^^ this is `string`
              |
              = help: give it a value of the type `int`

            error[wrong-argument]: the parameter `t` of `M` is a table
              --> main.flo:8:32
              |
            8 | use M(R = kv, n = "three", t = Server) as c;
              |                                ^^^^^^ this is a role
              |
              = help: give it a table

            error[wrong-argument]: the argument `n` is not constant
              --> main.flo:9:23
              |
            9 | use M(R = Server, n = k, t = wide) as d;
              |                       ^ this is no constant
              |
              = note: an instance is made before anything runs
              = help: write a value, or the name of a `const` or `param`

            error[wrong-argument]: `wide` doesn't fit the parameter `t`
              --> main.flo:9:30
              |
            5 | module M(role R, n: int, table t(k: int => v: int)) { input table x(a: int) on R; }
              |                                - the parameter
              .
            9 | use M(R = Server, n = k, t = wide) as d;
              |                              ^^^^ the parameter has 2 columns, the collection 3
              |
              = help: pass a collection with the parameter's columns (their names may differ), perhaps a view made for it

            error[duplicate-name]: the argument `n` is given twice
               --> main.flo:10:26
               |
            10 | use M(R = Server, n = 1, n = 2, t = pair) as e;
               |                          ^ again here
               |
               = help: leave one of them out

            error[wrong-argument]: `pair` doesn't fit the parameter `t`
               --> main.flo:10:37
               |
             5 | module M(role R, n: int, table t(k: int => v: int)) { input table x(a: int) on R; }
               |                                - the parameter
               .
            10 | use M(R = Server, n = 1, n = 2, t = pair) as e;
               |                                     ^^^^ the column `k` is `int` in the parameter and `string` (`k`) in the collection
               |
               = help: pass a collection with the parameter's columns (their names may differ), perhaps a view made for it

            error[missing-argument]: `M` needs the argument `R` (a role)
               --> main.flo:11:1
               |
            11 | use M(r = Server, n = 1 + now(), t = kv2) as f;
               | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ argument missing
               |
               = help: write `use module(parameter = value) as name;`

            error[superfluous-argument]: `M` has no parameter `r`
               --> main.flo:11:7
               |
            11 | use M(r = Server, n = 1 + now(), t = kv2) as f;
               |       ^ no such parameter
               |
               = help: its parameters are `R`, `n`, `t`

            error[wrong-argument]: the argument `n` is not constant
               --> main.flo:11:27
               |
            11 | use M(r = Server, n = 1 + now(), t = kv2) as f;
               |                           ^^^^^ this is no constant
               |
               = note: an instance is made before anything runs
               = help: write a value, or the name of a `const` or `param`

            error[wrong-argument]: the parameter `t` of `M` is a table
               --> main.flo:11:38
               |
            11 | use M(r = Server, n = 1 + now(), t = kv2) as f;
               |                                      ^^^ this is nothing that is declared
               |
               = help: give it a table

        "#]],
    );
}

#[test]
fn collections_at_other_roles() {
    said(
        "role A; role B;
table t(x: int) on A;
module M(role R, table u(x: int) on R) { output view v(x: int) on R; v(x) <= u(x); }
module N(table u(x: int) on A2) { output view v(x: int); v(x) <= u(x); }
use M(R = A, u = t) as right;
use M(R = B, u = t) as wrong;
use N(u = t) as nowhere;",
        expect![[r#"
            error[wrong-argument]: `t` doesn't fit the parameter `u`
              --> main.flo:6:18
              |
            3 | module M(role R, table u(x: int) on R) { output view v(x: int) on R; v(x) <= u(x); }
              |                        - the parameter
              .
            6 | use M(R = B, u = t) as wrong;
              |                  ^ the parameter is at `B`, the collection at `A`
              |
              = help: pass a collection with the parameter's columns (their names may differ), perhaps a view made for it

            error[wrong-argument]: `t` doesn't fit the parameter `u`
              --> main.flo:7:11
              |
            4 | module N(table u(x: int) on A2) { output view v(x: int); v(x) <= u(x); }
              |                - the parameter
              .
            7 | use N(u = t) as nowhere;
              |           ^ the parameter is `on A2`, which is no role of the module
              |
              = help: pass a collection with the parameter's columns (their names may differ), perhaps a view made for it

        "#]],
    );
}

#[test]
fn files_and_modules_that_are_not_there() {
    said(
        "use \"lib/none.flo\" as n;
use std::quorun as q;
use Quorum as r;
use \"lib/none.flo\" as again;
use \"my-file.flo\";
v(x) <= n::t(x), q::u(x);
//- std::quorum
table t(x: int);
//- my-file.flo
table t(x: int);",
        expect![[r#"
            error[no-file]: the module "lib/none.flo" can't be read
              --> main.flo:1:5
              |
            1 | use "lib/none.flo" as n;
              |     ^^^^^^^^^^^^^^ there is no such file
              |
              = note: tried lib/none.flo
              = help: a module's path is taken from the folder of the file that uses it

            error[unknown-name]: the library has no module `std::quorun`
              --> main.flo:2:5
              |
            2 | use std::quorun as q;
              |     ^^^^^^^^^^^ no such module
              |
              = help: did you mean `std::quorum`?

            error[unknown-name]: there is no module `Quorum`
              --> main.flo:3:5
              |
            3 | use Quorum as r;
              |     ^^^^^^ no such module
              |
              = help: declare it, `module Quorum { ... }`, name its file, `use "Quorum.flo";`, or take one of the library, `use std::Quorum;`

            error[no-name]: this instance has no name
              --> main.flo:5:1
              |
            5 | use "my-file.flo";
              | ^^^^^^^^^^^^^^^^^^ the file's name is no name of the language
              |
              = help: give it one: `use "..." as name;`

        "#]],
    );
}

#[test]
fn one_name_twice() {
    said(
        "module M { table t(x: int); }
module M { table u(x: int); }
use M as m;
use M as m;
module P(t: int) { table t(x: int); }",
        expect![[r#"
            error[duplicate-name]: there are two modules `M`
              --> main.flo:2:8
              |
            2 | module M { table u(x: int); }
              |        ^ again here
              |
              = help: give one of them another name

            error[duplicate-name]: there are two instances `m`
              --> main.flo:4:10
              |
            4 | use M as m;
              |          ^ again here
              |
              = help: give one of them another name: `use ... as other;`

            error[duplicate-name]: `t` is a parameter of the module, and something that it declares
              --> main.flo:5:10
              |
            5 | module P(t: int) { table t(x: int); }
              |          ^ again here
              |
              = help: give one of them another name

        "#]],
    );
}

#[test]
fn cycles_of_files_and_modules() {
    said(
        "use \"a.flo\" as a;
module Self { use Self as me; }
//- a.flo
use \"b.flo\" as b;
table t(x: int);
//- b.flo
use \"a.flo\" as a;",
        expect![[r#"
            error[module-cycle]: the module `Self` uses itself
              --> main.flo:2:15
              |
            2 | module Self { use Self as me; }
              |               ^^^^^^^^^^^^^^^ uses `Self`
              |
              = note: an instance has collections of its own, so a module within itself would never end
              = help: put what both need into a third module, or take out one of the uses

            error[module-cycle]: these modules use one another in a circle: `a.flo` -> `b.flo` -> `a.flo`
              --> a.flo:1:1
              |
            1 | use "b.flo" as b;
              | ----------------- uses `b.flo`
              |
              --> b.flo:1:1
              |
            1 | use "a.flo" as a;
              | ^^^^^^^^^^^^^^^^^ uses `a.flo`
              |
              = note: an instance has collections of its own, so a module within itself would never end
              = help: put what both need into a third module, or take out one of the uses

        "#]],
    );
}

#[test]
fn a_module_does_not_see_its_user() {
    said(
        "role Server;
table kv(k: int) on Server;
use \"m.flo\" as m;
//- m.flo
table t(k: int) on Server;
t(x) <= kv(x), tt(x);",
        expect![[r#"
            error[not-visible]: the module `m.flo` doesn't see the role `Server`
              --> m.flo:1:20
              |
            1 | table t(k: int) on Server;
              |                    ^^^^^^ declared outside of the module
              |
              --> main.flo:1:6
              |
            1 | role Server;
              |      ------ a role of the module's user
            2 | table kv(k: int) on Server;
            3 | use "m.flo" as m;
              | ----------------- the instance `m` is made here
              |
              = note: in the instance `m` of `m.flo`
              = help: make it a parameter: `module m(role Server) { ... }`, and pass it: `use ...(Server = Server)`

            error[not-visible]: the module `m.flo` doesn't see the table `kv`
              --> m.flo:2:9
              |
            2 | t(x) <= kv(x), tt(x);
              |         ^^ declared outside of the module
              |
              --> main.flo:2:7
              |
            2 | table kv(k: int) on Server;
              |       -- a table of the module's user
            3 | use "m.flo" as m;
              | ----------------- the instance `m` is made here
              |
              = note: in the instance `m` of `m.flo`
              = help: make it a parameter: `module m(table kv(...)) { ... }`, and pass it: `use ...(kv = kv)`

        "#]],
    );
}

#[test]
fn a_mistake_in_a_module_names_its_instances_and_is_said_once() {
    said(
        "use \"m.flo\" as a;
use \"m.flo\" as b;
use \"outer.flo\" as o;
//- outer.flo
use \"m.flo\" as inner;
//- m.flo
input table t(x: int);
v(x) <= t(x), y > 3;",
        expect![[r#"
            error[unbound-variable]: the variable `y` in this condition has no value
              --> m.flo:2:15
              |
            2 | v(x) <= t(x), y > 3;
              |               ^ no positive atom and no `let` of this rule binds it
              |
              --> main.flo:1:1
              |
            1 | use "m.flo" as a;
              | ----------------- the instance `a` is made here
              |
              = note: in the instance `a` of `m.flo`, and the same in `b`, `o::inner`
              = help: bind `y` in a positive atom of the body, or with `let y = ...`

        "#]],
    );
}

#[test]
fn a_mistake_of_one_instance_names_that_one() {
    said(
        "module Limit(n: int) {
    input table t(x: int);
    v(x) <= t(x), x < n + 1;
}
use Limit(n = 3) as right;
use Limit(n = lower(\"A\")) as wrong;",
        expect![[r#"
            error[type-mismatch]: `+` needs two values of one type, not `string` and `int`
              --> main.flo:3:27
              |
            3 |     v(x) <= t(x), x < n + 1;
              |                       -   ^ this is `int`
              |                       |
              |                       `lower` gives `string`
              .
            6 | use Limit(n = lower("A")) as wrong;
              | ----------------------------------- the instance `wrong` is made here
              |
              = note: in the instance `wrong` of `Limit`

        "#]],
    );
}

#[test]
fn what_an_instance_lacks_is_said_in_its_text() {
    said(
        "role A; role B;
use \"m.flo\" as m;
//- m.flo
table t(x: int);
t(x + 1) <= t(x), !t(5);",
        expect![[r#"
            error[no-place]: at which role does the table `m::t` live?
              --> m.flo:1:7
              |
            1 | table t(x: int);
              |       ^ nothing says where it is
              |
              --> main.flo:2:1
              |
            2 | use "m.flo" as m;
              | ----------------- the instance `m` is made here
              |
              = note: in the instance `m` of `m.flo`
              = help: write `on ROLE` after its columns, as `table m::t(...) on A;`

        "#]],
    );
}

#[test]
fn mistakes_of_the_parser_in_a_module() {
    said(
        "use \"m.flo\" as m;
v(x) <= m::got(x);
//- m.flo
table t(x: int)
output got(x: int;",
        expect![[r#"
            error[syntax]: expected `;`
              --> m.flo:1:16
              |
            1 | table t(x: int)
              |                ^ a `;` is missing here

            error[syntax]: expected `;`
              --> m.flo:2:11
              |
            2 | output got(x: int;
              |           ^ found `(`

        "#]],
    );
}
