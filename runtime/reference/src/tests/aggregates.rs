//! Aggregates. Expected ticks are written by hand.

use std::collections::BTreeSet;

use floret_ir::{Deployment, Engine, Observe, Site};

use super::check::{check, node, read_arrivals};
use crate::testing::{program, relation, row};
use crate::{Options, Reference};

#[test]
fn they_range_over_assignments_to_all_columns() {
    check(
        "input table pay(who, dept, salary);
         total(d, sum(s)) <= pay(_, d, s);
         staff(d, count()) <= pay(_, d, _);
         grades(d, count(s)) <= pay(_, d, s);
         range(min(s), max(s)) <= pay(_, _, s);",
        &[
            ("", ""),
            // Two people with one salary count twice.
            (
                "pay(1, 7, 10); pay(2, 7, 10); pay(3, 8, 5)",
                "+pay(1, 7, 10); +pay(2, 7, 10); +pay(3, 8, 5); +total(7, 20); +total(8, 5); +staff(7, 2);
                 +staff(8, 1); +grades(7, 1); +grades(8, 1); +range(5, 10)",
            ),
            ("pay(4, 8, 5)", "+pay(4, 8, 5); -total(8, 5); +total(8, 10); -staff(8, 1); +staff(8, 2)"),
        ],
    );
}

#[test]
fn a_join_multiplies() {
    check(
        "input table a(x, y); input table b(x, y); n(x, count(), sum(y)) <= a(x, y), b(x, _);",
        &[(
            "a(1, 3); a(1, 4); b(1, 1); b(1, 2); b(2, 1)",
            // Four pairs; (3 + 4) twice.
            "+a(1, 3); +a(1, 4); +b(1, 1); +b(1, 2); +b(2, 1); +n(1, 4, 14)",
        )],
    );
}

#[test]
fn several_aggregates_stand_beside_group_columns_in_any_order() {
    check(
        "input table a(x, y); n(max(y), x, min(z)) <= a(x, y), let z = y * -1, y != 3;",
        &[("a(1, 2); a(1, 3); a(2, 3)", "+a(1, 2); +a(1, 3); +a(2, 3); +n(2, 1, -2)")],
    );
}

#[test]
fn a_sum_is_exact_and_in_error_if_it_does_not_fit() {
    check(
        "input table a(g, x); s(g, sum(x)) <= a(g, x);",
        &[
            (
                "a(1, 9223372036854775807); a(1, 1); a(2, 5)",
                "+a(1, 9223372036854775807); +a(1, 1); +a(2, 5); overflow 0(1); +s(2, 5)",
            ),
            ("a(2, 6)", "+a(2, 6); -s(2, 5); +s(2, 11)"),
            // It may pass the limit on the way.
            ("a(1, -2)", "+a(1, -2); +s(1, 9223372036854775806)"),
            ("a(1, 2)", "+a(1, 2); -s(1, 9223372036854775806); overflow 0(1)"),
        ],
    );
}

#[test]
fn floats_add_in_ascending_order() {
    check(
        "input table a(n, x); s(sum(x)) <= a(_, x);",
        // Descending, or in the order of rows, 1e16 would swallow each 1.0.
        &[(
            "a(1, 10000000000000000.0); a(2, 1.0); a(3, 1.0)",
            "+a(1, 1e16); +a(2, 1.0); +a(3, 1.0); +s(1.0000000000000002e16)",
        )],
    );
}

#[test]
fn a_mean_is_a_float_even_of_ints_whose_sum_does_not_fit() {
    check(
        "input table a(g, x); m(g, avg(x)) <= a(g, x);",
        &[(
            "a(1, 1); a(1, 2); a(2, 9223372036854775807); a(2, 9223372036854775805); a(3, 1.0); a(3, 2.5)",
            "+a(1, 1); +a(1, 2); +a(2, 9223372036854775807); +a(2, 9223372036854775805); +a(3, 1.0); +a(3, 2.5);
             +m(1, 1.5); +m(2, 9.223372036854776e18); +m(3, 1.75)",
        )],
    );
}

#[test]
fn of_the_best_the_least_is_taken() {
    check(
        "input table a(x, y); low(arg_min(x, y)) <= a(x, y); high(arg_max(x, y)) <= a(x, y);
         last(arg_max(x, 0 - y)) <= a(x, y);",
        &[
            ("a(5, 1); a(3, 1); a(9, 0)", "+a(5, 1); +a(3, 1); +a(9, 0); +low(9); +high(3); +last(9)"),
            ("a(7, 0)", "+a(7, 0); -low(9); +low(7); -last(9); +last(7)"),
        ],
    );
}

#[test]
fn all_values_are_collected() {
    check(
        "input table a(g, x, y); view c(g => s: ints); c(g, collect(x)) <= a(g, x, _);",
        &[
            (
                "a(1, 3, 0); a(1, 2, 0); a(1, 3, 1); a(2, 1, 0)",
                "+a(1, 3, 0); +a(1, 2, 0); +a(1, 3, 1); +a(2, 1, 0); +c(1, set([2, 3])); +c(2, set([1]))",
            ),
            ("a(1, 4, 0)", "+a(1, 4, 0); -c(1, set([2, 3])); +c(1, set([2, 3, 4]))"),
        ],
    );
}

#[test]
fn any_takes_a_value_that_only_the_seed_decides() {
    let stratified = program("input table a(x); one(any(x)) <= a(x);");
    let one = relation(&stratified, "one");
    let mut taken = BTreeSet::new();
    for seed in 0..60 {
        let chosen = |arrivals: &str| {
            let deployment = Deployment { seed, ..Deployment::new([1].into_iter().collect()) };
            let options = Options { observe: Observe::Everything, tick_limit: 100 };
            let mut engine = Reference::new(&stratified, Site { me: node(0, 0), deployment }, options);
            for arrivals in arrivals.split('|') {
                engine.tick(&read_arrivals(&stratified, arrivals)).unwrap();
            }
            engine.holds(one).clone()
        };
        let at_once = chosen("a(1); a(2); a(3)");
        assert_eq!(at_once, chosen("a(3)|a(2)|a(1)"));
        assert_eq!(at_once.len(), 1);
        taken.extend(at_once);
    }
    // Of 60 seeds each value has about a third.
    assert_eq!(taken, ["1", "2", "3"].map(|text| row(&stratified, text)).into());
}

#[test]
fn an_assignment_in_error_is_left_out_of_its_group() {
    check(
        "input table a(g, x); n(g, count(), sum(10 / x)) <= a(g, x);",
        &[(
            "a(1, 0); a(1, 5); a(2, 0)",
            "+a(1, 0); +a(1, 5); +a(2, 0); +n(1, 1, 2); error 0(1, 0); error 0(2, 0)",
        )],
    );
}

#[test]
fn aggregates_in_other_heads() {
    check(
        "input event put(k, v, who); input event drop(k); table kv(k => v); channel best(k, v);
         kv(k, max(v)) <+- put(k, v, _);
         best@self(k, max(v)) <~ put(k, v, _);
         kv(min(k), _) <- drop(k);",
        &[
            (
                "put(1, 5, 0); put(1, 6, 1); put(2, 3, 0)",
                "+put(1, 5, 0); +put(1, 6, 1); +put(2, 3, 0); Node[0] ! best(1, 6); Node[0] ! best(2, 3); again",
            ),
            ("drop(2); drop(1); drop(1)", "+drop(1); +drop(2); +kv(1, 6); +kv(2, 3); again"),
            ("", "-kv(1, 6)"),
        ],
    );
}
