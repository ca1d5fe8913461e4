//! Mutable inputs, and arrivals that a node refuses. Expected ticks are written by hand.

use floret_ir::{Arrivals, Deployment, Engine, EngineError, InputRow, Observe, Site};

use super::check::{check, node, read_arrivals};
use crate::testing::{program, relation, row};
use crate::{Options, Reference};

#[test]
fn deletes_are_done_before_the_inputs_come_and_the_rules_run() {
    check(
        "mutable input table t(k => v); v(x) <= t(_, x);",
        &[
            ("t(1, 5); t(2, 5)", "+t(1, 5); +t(2, 5); +v(5)"),
            // Not a conflict: the old row is gone.
            ("-t(1, 5); t(1, 6)", "-t(1, 5); +t(1, 6); +v(6)"),
            // Of a keyed table only the key counts, and it is enough.
            ("-t(1, 77)", "-t(1, 6); -v(6)"),
            ("-t(2)", "-t(2, 5); -v(5)"),
            ("-t(2)", ""),
        ],
    );
}

#[test]
fn sets_lose_whole_rows_and_facts_too() {
    check(
        "mutable input table s(x, y); input table keep(x, y); s(1, 1); s(1, 2); s(x, y) <= keep(x, y);",
        &[
            ("-s(1, 1)", "+s(1, 2)"),
            ("-s(1, 3); keep(7, 7)", "+keep(7, 7); +s(7, 7)"),
            // What a rule derives now is there again.
            ("-s(7, 7)", ""),
            ("-s(1, 2)", "-s(1, 2)"),
        ],
    );
}

#[test]
fn what_the_program_has_no_place_for_is_refused() {
    let stratified = program(
        "input table t(k => v); mutable input table m(k => v); timer beat(); channel c(x, y); table p(x);",
    );
    let mut engine = Reference::new(
        &stratified,
        Site { me: node(0, 0), deployment: Deployment::new([1].into_iter().collect()) },
        Options { observe: Observe::Everything, tick_limit: 100 },
    );
    let t = relation(&stratified, "t");
    let of = |name: &str, text: &str| InputRow {
        relation: relation(&stratified, name),
        row: row(&stratified, text),
    };
    let input = |row| Arrivals { inputs: vec![row], ..Arrivals::default() };
    let delete = |row| Arrivals { deletes: vec![row], ..Arrivals::default() };
    let refused = [
        input(of("t", "1")),
        input(of("p", "1")),
        input(of("beat", "1")),
        delete(of("t", "1, 2")),
        delete(of("m", "1, 2, 3")),
        delete(of("m", "")),
        Arrivals { timers: vec![t], ..Arrivals::default() },
        read_arrivals(&stratified, "c(1)"),
        read_arrivals(&stratified, "c(1, 2, 3)"),
    ];
    for arrivals in refused {
        assert!(matches!(engine.tick(&arrivals), Err(EngineError::Failed(_))), "{arrivals:?}");
    }
    assert!(engine.tick(&input(of("t", "1, 2"))).is_ok());
}
