//! The events that tell a program of its errors and conflicts. Expected ticks are written by hand.

use super::check::check;

#[test]
fn errors_are_there_in_the_next_tick() {
    check(
        "reports error(); input table a(g, x); table log(rule, at: string, values: string);
         b(10 / x) <= a(_, x);
         s(g, sum(x)) <= a(g, x);
         log(r, at, v) <+ error(r, at, v);",
        &[
            ("a(1, 0); a(2, 5)", "+a(1, 0); +a(2, 5); +b(2); +s(1, 0); +s(2, 5); error 0(0); again"),
            ("", "+error(1, \"b\", \"x = 0\"); again"),
            ("", "+log(1, \"b\", \"x = 0\")"),
            (
                "a(2, 9223372036854775807)",
                "+a(2, 9223372036854775807); +b(0); -s(2, 5); overflow 1(2); again",
            ),
            ("", "+error(2, \"s\", \"g = 2\"); again"),
            ("", "+log(2, \"s\", \"g = 2\")"),
        ],
    );
}

#[test]
fn conflicts_are_there_in_the_next_tick() {
    check(
        "reports conflict(); input event e(k, v); table t(k => v); t(k, v) <= e(k, v);
         lost(c) <= conflict(c, _);",
        &[
            ("e(1, 1); e(1, 2)", "+e(1, 1); +e(1, 2); +t(1, 1); lost t(1, 2); again"),
            ("", "+conflict(\"t\", \"t(1, 2)\"); +lost(\"t\")"),
            ("", "-lost(\"t\")"),
        ],
    );
}

#[test]
fn reports_about_what_comes_of_reports_are_not_told() {
    // Else each tick's text would be in the next one's error, for ever.
    check(
        "reports error(); reports conflict(); input table a(x); b(10 / x) <= a(x);
         table seen(v: string); seen(v) <+ error(_, _, v); number(parse_int(v)) <= seen(v);
         table last(k => v: string); last(1, v) <= error(_, _, v);",
        &[
            ("a(0)", "+a(0); error 0(0); again"),
            ("", "+error(1, \"b\", \"x = 0\"); +last(1, \"x = 0\"); again"),
            ("", "+seen(\"x = 0\"); error 2(\"x = 0\")"),
            ("", ""),
        ],
    );
}

#[test]
fn a_role_that_does_not_ask_is_not_told() {
    check(
        "role A; role B; reports error() on B; input table a(x) on A; b(10 / x) <= a(x);",
        &[("a(0)", "+a(0); error 0(0)"), ("", "")],
    );
}
