//! Key conflicts and when they are reported. Expected ticks are written by hand.

use floret_ir::RelationKind;

use super::check::{check, check_at, node};
use crate::testing::program;

#[test]
fn inputs_and_facts_are_there_before_rules_and_the_least_wins() {
    check(
        "input table t(k => v); table start(k, v); start(1, 3); t(1, 7); t(k, v) <= start(k, v);",
        &[
            // The rule's 3 is less, but comes after the input's 5 and the fact's 7.
            ("t(1, 5)", "+start(1, 3); +t(1, 5); lost t(1, 7); lost t(1, 3)"),
            // The rule's loser was told; each row that arrives and loses is told.
            ("t(1, 2)", "lost t(1, 2)"),
            ("t(1, 2); t(1, 5)", "lost t(1, 2)"),
            ("", ""),
        ],
    );
}

#[test]
fn a_derived_loser_is_reported_when_it_comes_to_be() {
    check(
        "input table a(k, v); table gate(x); input event off(x); input event on(x); gate(0);
         view best(k => v); best(k, v) <= a(k, v), gate(_); gate(x) <- off(x); gate(x) <+ on(x);",
        &[
            ("a(1, 1); a(1, 2)", "+gate(0); +a(1, 1); +a(1, 2); +best(1, 1); lost best(1, 2)"),
            ("a(2, 2)", "+a(2, 2); +best(2, 2)"),
            ("off(0)", "+off(0); again"),
            ("on(0)", "+on(0); -gate(0); -best(1, 1); -best(2, 2); again"),
            ("", "+gate(0); +best(1, 1); +best(2, 2); lost best(1, 2)"),
            // A lesser row takes the key; now the old winner loses too.
            ("a(1, 0)", "+a(1, 0); -best(1, 1); +best(1, 0); lost best(1, 1)"),
        ],
    );
}

#[test]
fn momentary_losers_are_reported_in_each_tick() {
    check(
        "input event e(k => v); channel c(k => v);",
        &[
            ("e(1, 2); e(1, 1); c(1, 9); c(1, 8)", "+e(1, 1); lost e(1, 2); +c(1, 8); lost c(1, 9)"),
            ("e(1, 2); e(1, 1)", "+e(1, 1); lost e(1, 2)"),
            ("e(1, 2)", "+e(1, 2)"),
        ],
    );
}

#[test]
fn a_derived_event_row_may_win_over_one_that_arrived() {
    check(
        "input event a(k, v); input event e(k => v); e(k, v) <= a(k, v);",
        &[("e(1, 5); a(1, 3)", "+a(1, 3); +e(1, 3); lost e(1, 5)")],
    );
}

#[test]
fn losers_of_the_next_tick_are_reported_every_time() {
    check(
        "table t(k => v); table u(k, v); t(1, 1); u(1, 2); t(k, v) <+ u(k, v);",
        &[("", "+t(1, 1); +u(1, 2); lost t(1, 2)"), ("", "lost t(1, 2)"), ("", "lost t(1, 2)")],
    );
}

#[test]
fn proven_keys_are_not_resolved() {
    let mut stratified = program("input event e(k => v); table t(k => v); t(k, v) <= e(k, v);");
    for relation in stratified.program.relations.iter_mut() {
        relation.key_proven = relation.kind == RelationKind::Table;
    }
    let deployment = floret_ir::Deployment::new([1].into_iter().collect());
    let site = floret_ir::Site { me: node(0, 0), deployment };
    check_at(&stratified, site, &[("e(1, 1)", "+e(1, 1); +t(1, 1)"), ("e(2, 1)", "+e(2, 1); +t(2, 1)")]);
}
