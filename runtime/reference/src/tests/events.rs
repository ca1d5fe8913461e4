//! Events, facts and when the next tick is due. Expected ticks are written by hand.

use floret_ir::{Deployment, Site};

use super::check::{check, check_at, node};
use crate::testing::program;

#[test]
fn events_and_channels_hold_for_one_tick() {
    check(
        "input event e(x); event d(x); channel c(x); d(x) <= e(x); v(x) <= c(x);",
        &[("e(1); c(2)", "+e(1); +d(1); +c(2); +v(2)"), ("", "-v(2)"), ("e(1)", "+e(1); +d(1)")],
    );
}

#[test]
fn an_event_row_of_the_next_tick_waits_and_asks_for_it() {
    check(
        "input event e(x); event later(x); event last(x); later(x) <+ e(x); last(x) <+ later(x);",
        &[("e(1)", "+e(1); again"), ("", "+later(1); again"), ("", "+last(1)"), ("", "")],
    );
}

#[test]
fn a_rule_over_stored_facts_fills_an_event_for_ever() {
    check(
        "table t(x); event e(x); t(1); e(x) <+ t(x);",
        &[("", "+t(1); again"), ("", "+e(1); again"), ("", "+e(1); again")],
    );
}

#[test]
fn the_same_arrival_in_two_ticks_counts_in_both() {
    check(
        "input event e(x); table seen(x, n); n(x, count()) <= seen(x, _); seen(x, x) <+ e(x), !seen(x, _);
         channel c(x); c(x) <~ e(x);",
        &[
            ("e(1)", "+e(1); Node[0] ! c(1); again"),
            ("e(1)", "+e(1); +seen(1, 1); +n(1, 1); Node[0] ! c(1)"),
            ("e(1)", "+e(1); Node[0] ! c(1)"),
        ],
    );
}

#[test]
fn facts_come_once() {
    check(
        "table t(x); event e(x); input event drop(x); t(1); t(2); e(3); t(x) <- drop(x);",
        &[("", "+t(1); +t(2); +e(3)"), ("drop(1)", "+drop(1); again"), ("", "-t(1)"), ("", "")],
    );
}

#[test]
fn a_fact_with_a_place_is_only_there() {
    let stratified = program("role S; table t(x, y) on S; t@S[1](7, self); t@S[4](8, S[0]); t(9, self);");
    let site = |index| Site { me: node(0, index), deployment: Deployment::new([3].into_iter().collect()) };
    check_at(&stratified, site(0), &[("", "+t(9, S[0])")]);
    // Member 4 of three is member 1.
    check_at(&stratified, site(1), &[("", "+t(7, S[1]); +t(8, S[0]); +t(9, S[1])")]);
    check_at(&stratified, site(2), &[("", "+t(9, S[2])"), ("", "")]);
}

#[test]
fn another_tick_is_due_only_if_the_tables_differ() {
    check(
        "input event e(x); table t(x); t(x) <+ e(x);",
        &[("e(1)", "+e(1); again"), ("e(1)", "+e(1); +t(1)"), ("", "")],
    );
}
