//! Assignments in error. Expected ticks are written by hand.

use super::check::check;

#[test]
fn over_stored_rows_an_error_is_reported_once_and_again_when_it_comes_back() {
    check(
        "input table a(x); table b(y); input event del(y); input event add(y); b(0);
         r(x / y) <= a(x), b(y); b(y) <- del(y); b(y) <+ add(y);",
        &[
            ("a(6); a(7)", "+a(6); +a(7); +b(0); error 0(6, 0); error 0(7, 0)"),
            ("a(8)", "+a(8); error 0(8, 0)"),
            ("del(0); add(2)", "+del(0); +add(2); again"),
            ("add(0)", "+add(0); -b(0); +b(2); +r(3); +r(4); again"),
            ("", "+b(0); error 0(6, 0); error 0(7, 0); error 0(8, 0)"),
        ],
    );
}

#[test]
fn over_arriving_rows_an_error_is_reported_in_each_tick() {
    check(
        "input event a(x, y); r(x / y) <= a(x, y);",
        &[("a(1, 0)", "+a(1, 0); error 0(1, 0)"), ("a(1, 0)", "+a(1, 0); error 0(1, 0)"), ("", "")],
    );
}

#[test]
fn a_false_literal_decides_over_an_error() {
    check(
        "input table a(x); input table no(x);
         r(x) <= a(x), 10 / x > 1, x > 0;
         s(x) <= a(x), let z = 10 / x, !no(x);
         t(x) <= a(x), let z = 10 / x, !no(z);",
        &[
            // Rule 0: `x > 0` is false. Rule 1: nothing is false, and z has no value though nobody needs it.
            // Rule 2: neither z nor the negation has a value.
            ("a(0)", "+a(0); error 1(0); error 2(0)"),
            ("no(0)", "+no(0)"),
            ("a(5)", "+a(5); +r(5); +s(5); +t(5)"),
        ],
    );
}

#[test]
fn and_or_take_the_deciding_side() {
    check(
        "input table a(x);
         r(x) <= a(x), (x == 0) or (10 / x > 1);
         s(x) <= a(x), (x != 0) and (10 / x > 1);
         t(x) <= a(x), (x == 1) or (10 / x > 1);",
        &[("a(0)", "+a(0); +r(0); error 2(0)")],
    );
}

#[test]
fn overflow_of_each_kind() {
    check(
        "input table a(x);
         r(x + 1) <= a(x); s(-x) <= a(x); t(abs(x)) <= a(x); u(x / -1) <= a(x); v(x * 2) <= a(x);",
        &[
            (
                "a(9223372036854775807)",
                "+a(9223372036854775807); error 0(9223372036854775807);
              error 4(9223372036854775807); +s(-9223372036854775807); +t(9223372036854775807);
              +u(-9223372036854775807)",
            ),
            (
                "a(-9223372036854775808)",
                "+a(-9223372036854775808); +r(-9223372036854775807);
              error 1(-9223372036854775808); error 2(-9223372036854775808); error 3(-9223372036854775808);
              error 4(-9223372036854775808)",
            ),
        ],
    );
}

#[test]
fn errors_in_recursion_are_those_of_the_fixpoint_and_identified_by_atom_variables() {
    check(
        "input table a(x, y); n(x) <= a(x, _); n(10 / z) <= n(x), a(_, _), let z = x - 1;",
        // 6 -> 10 / 5 = 2 -> 10 / 1 = 10 -> 10 / 9 = 1 -> error, once although two rows match `a(_, _)`.
        &[("a(6, 0); a(6, 1)", "+a(6, 0); +a(6, 1); +n(6); +n(2); +n(10); +n(1); error 1(1)"), ("", "")],
    );
}

#[test]
fn errors_of_every_operator() {
    check(
        "input event a(x); table t(x); channel c(x); t(x) <- a(x), 1 / x > 5; t(1 / x) <+ a(x);
         c@self(1 / x) <~ a(x);",
        &[
            ("a(0)", "+a(0); error 0(0); error 1(0); error 2(0)"),
            ("a(1)", "+a(1); Node[0] ! c(1); again"),
            ("", "+t(1)"),
        ],
    );
}
