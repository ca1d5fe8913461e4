//! Bodies and recursion. Expected ticks are written by hand.

use floret_ir::{Arrivals, Deployment, Engine, EngineError, Observe, Site};

use super::check::{check, node, read_arrivals};
use crate::testing::{program, relation};
use crate::{Options, Reference, State, tick};

#[test]
fn a_join_agrees_on_variables_constants_and_repeated_variables() {
    check(
        "input table e(a, b);
         two(x, z) <= e(x, y), e(y, z);
         loop(x) <= e(x, x);
         from_one(y) <= e(1, y);",
        &[
            ("e(1, 2); e(2, 3)", "+e(1, 2); +e(2, 3); +two(1, 3); +from_one(2)"),
            ("e(3, 3)", "+e(3, 3); +two(2, 3); +two(3, 3); +loop(3)"),
            ("", ""),
        ],
    );
}

#[test]
fn negation_condition_and_let() {
    check(
        "input table e(a, b); input table no(a);
         r(x, z) <= e(x, y), !no(x), let z = x + y, z < 10, !e(z, _);",
        &[
            // (2, 3) gives 5; (5, 6) gives 11.
            ("e(2, 3); e(5, 6)", "+e(2, 3); +e(5, 6)"),
            // 1 + 1 = 2 is the first column of e(2, 3); 1 + 2 = 3 is not.
            ("e(1, 1); e(1, 2)", "+e(1, 1); +e(1, 2); +r(1, 3)"),
            ("no(1)", "+no(1); -r(1, 3)"),
        ],
    );
}

#[test]
fn a_let_and_an_atom_that_bind_one_variable_must_agree() {
    check(
        "input table a(x); input table b(x); r(x, z) <= a(x), let z = x + 1, b(z);",
        &[("a(1); a(5); b(2); b(3)", "+a(1); +a(5); +b(2); +b(3); +r(1, 2)")],
    );
}

#[test]
fn a_rule_without_atoms_holds_once() {
    check("input table a(x); r(1) <= !a(_);", &[("", "+r(1)"), ("a(1)", "+a(1); -r(1)")]);
}

#[test]
fn recursion_may_be_non_linear() {
    check(
        "input table e(a, b); p(x, y) <= e(x, y); p(x, z) <= p(x, y), p(y, z);",
        &[
            (
                "e(1, 2); e(2, 3); e(3, 4)",
                "+e(1, 2); +e(2, 3); +e(3, 4); +p(1, 2); +p(2, 3); +p(3, 4); +p(1, 3); +p(2, 4); +p(1, 4)",
            ),
            // The way back closes the circle: all 16 pairs.
            (
                "e(4, 1)",
                "+e(4, 1); +p(4, 1); +p(4, 2); +p(4, 3); +p(4, 4); +p(3, 1); +p(3, 2); +p(3, 3); +p(2, 1);
                 +p(2, 2); +p(1, 1)",
            ),
        ],
    );
}

#[test]
fn recursion_may_be_mutual_and_goes_when_its_support_goes() {
    check(
        "input table zero(x); table next(x, y); input event cut(x, y); input event link(x, y);
         view odd(x);
         next(x, y) <+ link(x, y);
         next(x, y) <- cut(x, y);
         even(x) <= zero(x);
         even(y) <= odd(x), next(x, y);
         odd(y) <= even(x), next(x, y);",
        &[
            ("zero(0); link(0, 1); link(1, 2)", "+zero(0); +link(0, 1); +link(1, 2); +even(0); again"),
            ("cut(0, 1)", "+cut(0, 1); +next(0, 1); +next(1, 2); +odd(1); +even(2); again"),
            ("", "-next(0, 1); -odd(1); -even(2)"),
        ],
    );
}

#[test]
fn a_table_may_be_recursive_and_keeps_what_it_derived() {
    check(
        "input event e(a, b); table p(a, b); p(x, y) <= e(x, y); p(x, z) <= p(x, y), p(y, z);",
        &[("e(1, 2)", "+e(1, 2); +p(1, 2)"), ("e(2, 3)", "+e(2, 3); +p(2, 3); +p(1, 3)"), ("", "")],
    );
}

#[test]
fn endless_recursion_meets_the_limit_and_leaves_nothing() {
    let stratified = program("input table a(x); n(x) <= a(x); n(x + 1) <= n(x), x < 10;");
    let site = Site { me: node(0, 0), deployment: Deployment::new([1].into_iter().collect()) };
    let arrivals = read_arrivals(&stratified, "a(0)");
    // Rounds that derive something: n(0), n(1) .. n(10).
    let run = |tick_limit| {
        let options = Options { observe: Observe::Outputs, tick_limit };
        tick(&stratified, &site, &State::default(), &arrivals, options)
    };
    assert!(run(11).is_ok());
    let n = relation(&stratified, "n");
    assert_eq!(run(10).unwrap_err(), EngineError::TickLimit { rounds: 10, relation: n });

    let mut engine = Reference::new(&stratified, site, Options { observe: Observe::Outputs, tick_limit: 10 });
    assert!(engine.tick(&arrivals).is_err());
    assert_eq!(engine.state(), &State::default());
    assert!(engine.tick(&Arrivals::default()).is_ok());
    assert!(engine.holds(n).is_empty());
    assert_eq!(engine.counters().ticks, 1);
}

#[test]
fn only_outputs_are_shown_on_request() {
    let stratified = program("input table a(x); output view o(x); o(x) <= a(x); hidden(x) <= a(x);");
    let site = Site { me: node(0, 0), deployment: Deployment::new([1].into_iter().collect()) };
    let mut engine = Reference::new(&stratified, site, Options { observe: Observe::Outputs, tick_limit: 10 });
    let effects = engine.tick(&read_arrivals(&stratified, "a(0)")).unwrap();
    let shown: Vec<_> = effects.changes.keys().copied().collect();
    assert_eq!(shown, [relation(&stratified, "o")]);
    assert_eq!(engine.holds(relation(&stratified, "hidden")).len(), 1);
    // `a` is not filled by rules.
    let derived: u64 = engine.counters().derived.values().sum();
    assert_eq!((derived, engine.counters().inputs), (2, 1));
}

#[test]
fn states_are_plain_data() {
    let stratified = program("input event e(x); table t(x); channel c(x); t(x) <+ e(x); c(x) <~ t(x);");
    let site = Site { me: node(0, 0), deployment: Deployment::new([1].into_iter().collect()) };
    let mut engine = Reference::new(&stratified, site, Options { observe: Observe::Outputs, tick_limit: 10 });
    engine.tick(&read_arrivals(&stratified, "e(1)")).unwrap();
    engine.tick(&Arrivals::default()).unwrap();
    let bytes = postcard::to_allocvec(engine.state()).unwrap();
    let back: State = postcard::from_bytes(&bytes).unwrap();
    assert_eq!(&back, engine.state());
}

#[test]
fn rows_that_the_program_has_no_place_for_are_refused() {
    let stratified = program("input table a(x); table b(x); channel c(x); view v(x); v(x) <= a(x);");
    let site = Site { me: node(0, 0), deployment: Deployment::new([1].into_iter().collect()) };
    for wrong in ["a(1, 2)", "b(1)", "v(1)", "c()"] {
        let arrivals = read_arrivals(&stratified, wrong);
        let options = Options { observe: Observe::Outputs, tick_limit: 10 };
        let result = tick(&stratified, &site, &State::default(), &arrivals, options);
        assert!(matches!(result, Err(EngineError::Failed(_))), "{wrong}");
    }
}
