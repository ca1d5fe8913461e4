//! Unnesting. Expected ticks are written by hand.

use super::check::check;

#[test]
fn a_rule_ranges_over_the_distinct_elements() {
    check(
        "input table a(k, xs: list); v(k, x) <= a(k, xs), x in xs;
         n(k, count(), sum(x)) <= a(k, xs), x in xs;",
        &[
            ("a(1, [4, 3, 3]); a(2, [])", "+a(1, [4, 3, 3]); +a(2, []); +v(1, 3); +v(1, 4); +n(1, 2, 7)"),
            // Another list is another row: its element counts again.
            ("a(1, [3])", "+a(1, [3]); -n(1, 2, 7); +n(1, 3, 10)"),
        ],
    );
}

#[test]
fn sets_maps_and_options_have_elements() {
    check(
        "input table s(x: ints); input table m(p: pairs); input table o(k, v: maybe);
         view pairs(e: pair);
         in_set(x) <= s(xs), x in xs; pairs(e) <= m(p), e in p; in_option(k, x) <= o(k, v), x in v;",
        &[(
            "s(set([2, 1])); m(map([(3, 4), (1, 2)])); o(1, some(7)); o(2, none)",
            "+s(set([1, 2])); +m(map([(1, 2), (3, 4)])); +o(1, some(7)); +o(2, none);
             +in_set(1); +in_set(2); +pairs((1, 2)); +pairs((3, 4)); +in_option(1, 7)",
        )],
    );
}

#[test]
fn a_bound_variable_must_be_an_element() {
    check(
        "input table a(xs: list); input table b(x); hit(x) <= b(x), a(xs), x in xs;
         n(count()) <= b(x), a(xs), x in xs; gone(x) <= a(xs), x in xs, !b(x);",
        &[("a([1, 1, 2]); b(1); b(3)", "+a([1, 1, 2]); +b(1); +b(3); +hit(1); +n(1); +gone(2)")],
    );
}

#[test]
fn lets_and_unnestings_follow_each_other() {
    check(
        "input table a(n); v(x, y) <= a(n), let m = n + 1, x in range(0, m), let k = x * 10, y in [k, x], y > 0;",
        &[("a(1)", "+a(1); +v(1, 1); +v(1, 10)")],
    );
}

#[test]
fn a_collection_without_a_value_is_an_error_unless_something_else_is_false() {
    check(
        "input table a(n); v(x) <= a(n), x in range(0, n); w(x) <= a(n), x in range(0, n), n < 10;
         u(count()) <= a(n), x in range(0, n), y in range(n, n);",
        &[("a(2); a(5000000)", "+a(2); +a(5000000); +v(0); +v(1); +w(0); +w(1); error 0(5000000)"), ("", "")],
    );
}

#[test]
fn an_element_may_be_in_error_and_others_not() {
    check(
        "input table a(k, xs: list); v(k, 10 / x) <= a(k, xs), x in xs;",
        &[("a(1, [0, 5])", "+a(1, [0, 5]); +v(1, 2); error 0(1, [0, 5])")],
    );
}
