//! `<~`: what is sent, when and to whom. Expected ticks are written by hand.

use floret_ir::{Deployment, Site};

use super::check::{check, check_at, node};
use crate::testing::program;

#[test]
fn a_rule_over_stored_rows_sends_what_comes_to_be() {
    check(
        "table t(x); input event add(x); input event del(x); channel c(x); t(1);
         t(x) <+ add(x); t(x) <- del(x); c(x) <~ t(x);",
        &[
            ("", "+t(1); Node[0] ! c(1)"),
            ("add(2)", "+add(2); again"),
            ("del(1)", "+del(1); +t(2); Node[0] ! c(2); again"),
            ("add(1)", "+add(1); -t(1); again"),
            // It ceased and came back.
            ("", "+t(1); Node[0] ! c(1)"),
            ("", ""),
        ],
    );
}

#[test]
fn a_rule_over_arriving_rows_sends_in_every_tick() {
    check(
        "table t(x); t(1); input event e(x); view v(y); v(y) <= e(y); channel c(x); c(x) <~ v(y), t(x);",
        &[
            ("e(1)", "+t(1); +e(1); +v(1); Node[0] ! c(1)"),
            ("e(1)", "+e(1); Node[0] ! c(1)"),
            // The same message whichever row it came from: one.
            ("e(2); e(3)", "+e(2); +e(3); -v(1); +v(2); +v(3); Node[0] ! c(1)"),
        ],
    );
}

#[test]
fn what_one_rule_sent_does_not_silence_another() {
    check(
        "input table a(x); input table b(x); channel c(x); c(x) <~ a(x); c(x) <~ b(x);",
        &[("a(1)", "+a(1); Node[0] ! c(1)"), ("b(1)", "+b(1); Node[0] ! c(1)"), ("", "")],
    );
}

#[test]
fn places() {
    let stratified = program(
        "role C; role S;
         input event e(k) on C; channel one(k) on S; channel all(k, me) on S; channel mine(k) on C;
         table known(s) on C;
         one@S[k](k) <~ e(k);
         all@s(k, self) <~ e(k), S(s);
         mine(k) <~ e(k);
         known(s) <+ e(_), S(s), !known(s), s != S[0];",
    );
    let deployment = Deployment::new([2, 3].into_iter().collect());
    let site = Site { me: node(0, 1), deployment };
    check_at(
        &stratified,
        site,
        &[
            // Member -1 of three is member 2.
            (
                "e(-1)",
                "+e(-1); S[2] ! one(-1); S[0] ! all(-1, C[1]); S[1] ! all(-1, C[1]); S[2] ! all(-1, C[1]);
                 C[1] ! mine(-1); again",
            ),
            ("", "+known(S[1]); +known(S[2])"),
        ],
    );
}

#[test]
fn only_rules_and_relations_of_the_own_role_count() {
    let stratified = program(
        "role C; role S; table a(x) on C; table b(x) on S; channel to_s(x) on S; a(1); b(2);
         to_s@S[0](x) <~ a(x); b(x) <= to_s(x); ",
    );
    let deployment = Deployment::new([1, 1].into_iter().collect());
    let client = Site { me: node(0, 0), deployment: deployment.clone() };
    check_at(&stratified, client, &[("", "+a(1); S[0] ! to_s(1)")]);
    let server = Site { me: node(1, 0), deployment };
    check_at(&stratified, server, &[("", "+b(2)"), ("to_s(1)", "+to_s(1); +b(1)"), ("", "")]);
}

#[test]
fn a_channel_may_ask_who_sent() {
    let stratified = program(
        "role Node; input event e(x) on Node; channel c(x, from: Node) on Node sender; table t(x, from: Node) on Node;
         c@Node[x](x) <~ e(x); t(x, from) <= c(x, from), from != self;",
    );
    let deployment = Deployment::new([3].into_iter().collect());
    check_at(
        &stratified,
        Site { me: node(0, 0), deployment },
        &[
            ("e(2)", "+e(2); Node[2] ! c(2)"),
            (
                "c(1) from Node[0]; c(1) from Node[1]; c(1) from Node[2]; c(1) from Node[2]",
                "+c(1, Node[0]); +c(1, Node[1]); +c(1, Node[2]); +t(1, Node[1]); +t(1, Node[2])",
            ),
        ],
    );
}
