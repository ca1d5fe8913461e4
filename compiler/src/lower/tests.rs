//! Lowered plans: their text, and what they hold for rows whose results were worked out by hand.

use std::collections::BTreeSet;

use floret_ir::plan::{Plan, Sink};
use floret_ir::{Firing, IndexVec, RoleId, Row, Source, Stratified, Value, print};

use super::lower;
use crate::testing::{Sources, interpret, site, stratified};

fn check_plan(text: &str, expected: expect_test::Expect) {
    let of = stratified(text);
    let sources = IndexVec::from_iter([Source { name: "test.flo".into(), text: text.into() }]);
    let plans: String = lower(&of).iter().map(|plan| print::plan(plan, &of.program, &sources)).collect();
    expected.assert_eq(&plans);
}

/// Rows of ints and words: `1 2, 3 x`.
fn rows(text: &str) -> BTreeSet<Row> {
    let value = |word: &str| word.parse().map_or_else(|_| Value::string(word), Value::Int);
    text.split(',')
        .filter(|row| !row.trim().is_empty())
        .map(|row| row.split_whitespace().map(value).collect())
        .collect()
}

fn run(
    of: &Stratified,
    plan: &Plan,
    inputs: &[(&str, &str)],
    which: impl Fn(&Sink) -> bool,
) -> BTreeSet<Row> {
    let sources: Sources =
        inputs.iter().map(|(name, text)| (of.program.relation_named(name).unwrap(), rows(text))).collect();
    let contents = interpret(plan, &site(of, RoleId(0)), &sources, (0, 1)).unwrap();
    let sink = plan.sinks.iter().find(|sink| which(sink)).expect("a sink");
    contents[sink.node()].keys().cloned().collect()
}

/// The content of `relation` over these inputs, before and after optimising.
fn check_content(text: &str, inputs: &[(&str, &str)], relation: &str, expected: &str) {
    let of = stratified(text);
    let id = of.program.relation_named(relation).unwrap();
    let plan = &lower(&of)[RoleId(0)];
    for plan in [plan, &crate::optimize::optimize(plan.clone())] {
        let found =
            run(&of, plan, inputs, |s| matches!(s, Sink::Content { relation, .. } if *relation == id));
        assert_eq!(found, rows(expected));
    }
}

/// The assignments in error (or the groups that overflow) of the program's only rule that can have some.
fn check_reported(text: &str, inputs: &[(&str, &str)], expected: &str) {
    let of = stratified(text);
    let plan = &lower(&of)[RoleId(0)];
    for plan in [plan, &crate::optimize::optimize(plan.clone())] {
        let found = run(&of, plan, inputs, |s| matches!(s, Sink::Errors { .. } | Sink::Overflow { .. }));
        assert_eq!(found, rows(expected));
    }
}

#[test]
fn aggregates_count_assignments_to_all_columns() {
    let text = "input table staff(name: string, dept: string, pay: int);
                input table site(name: string);
                cost(d, sum(p), count()) <= staff(_, d, p), site(_);";
    // Two people with one salary count twice, and each once per site.
    let inputs = [("staff", "ann it 5, bob it 5, eve hr 2"), ("site", "x, y")];
    check_content(text, &inputs, "cost", "it 20 4, hr 4 2");
}

#[test]
fn an_assignment_in_error_derives_nothing_and_is_found() {
    let text = "input table a(x: int, y: int); q(x / y) <= a(x, y), x > 0;";
    // 4/0 is in error; 0/0 isn't, because its condition is false.
    check_content(text, &[("a", "4 2, 4 0, 0 0")], "q", "2");
    check_reported(text, &[("a", "4 2, 4 0, 0 0")], "4 0");
}

#[test]
fn a_false_condition_wins_over_an_error_elsewhere() {
    let text = "input table a(x: int, y: int); q(x) <= a(x, y), let z = 6 / y, x + y > 2, z > 0;";
    // (1, 0): 1 + 0 > 2 is false, so no error although z has no value. (9, 0): in error.
    check_reported(text, &[("a", "1 0, 9 0, 2 3")], "9 0");
}

#[test]
fn a_negation_without_a_value_does_not_filter_errors() {
    let text = "input table a(x: int, y: int); input table b(z: int);
                q(x) <= a(x, y), let z = 6 / y, let w = 6 / x, !b(z), !b(w);";
    // b holds 3. (0, 2): z = 3 is in b, so the assignment doesn't hold: no error although w has no value.
    // (2, 0): likewise by w. (0, 1): z = 6 isn't in b and w has no value: in error. (0, 0): neither has one: in error.
    let inputs = [("a", "0 2, 2 0, 0 1, 0 0, 1 1"), ("b", "3")];
    check_reported(text, &inputs, "0 1, 0 0");
    check_content(text, &inputs, "q", "1");
}

#[test]
fn a_sum_that_does_not_fit_is_found_by_its_group() {
    let text = "input table a(g: string, x: int); s(sum(x), g) <= a(g, x);";
    let inputs = [("a", "big 9223372036854775807, big 1, small 2, small 3")];
    check_content(text, &inputs, "s", "5 small");
    check_reported(text, &inputs, "big");
}

#[test]
fn errors_of_a_recursion_are_judged_when_it_is_at_rest() {
    let text = "input table start(x: int); input table b(z: int);
                n(x) <= start(x);
                n(12 / x) <= n(x), x < 4;";
    // 3 -> 4, and 0 has no successor.
    check_content(text, &[("start", "3, 0")], "n", "3, 4, 0");
    check_reported(text, &[("start", "3, 0")], "0");
}

#[test]
fn a_stored_row_keeps_its_key_and_others_lose() {
    let text = "input table raw(k: int, v: int); table t(k: int => v: int); t(k, v) <= raw(k, v);";
    let of = stratified(text);
    let plan = &lower(&of)[RoleId(0)];
    let inputs = [("raw", "1 5, 2 7, 2 8, 3 3"), ("t", "1 9, 3 3")];
    check_content(text, &inputs, "t", "1 9, 2 7, 3 3");
    let lost = run(&of, plan, &inputs, |sink| matches!(sink, Sink::Conflicts { .. }));
    assert_eq!(lost, rows("1 5, 2 8"));
}

#[test]
fn a_body_without_atoms_runs_once() {
    check_content("input table stop(x: int); go(1) <= !stop(_), 1 < 2;", &[], "go", "1");
    check_content("input table stop(x: int); go(1) <= !stop(_), 1 < 2;", &[("stop", "3")], "go", "");
}

#[test]
fn sends_fire_each_tick_only_over_arrivals() {
    let of = stratified(
        "role R; input table known(x: int) on R; input event e(x: int) on R; channel c(x: int) on R;
         c@R[x](x) <~ known(x); c@R[x](x) <~ e(x);",
    );
    let firings: Vec<Firing> = lower(&of)[RoleId(0)]
        .sinks
        .iter()
        .filter_map(|sink| if let Sink::Send { firing, .. } = sink { Some(*firing) } else { None })
        .collect();
    assert_eq!(firings, [Firing::OnChange, Firing::EachTick]);
}

#[test]
fn the_plan_of_a_recursion() {
    check_plan(
        "input table link(from: string, to: string);\npath(x, y) <= link(x, y);\npath(x, z) <= link(x, y), path(y, z);\n",
        expect_test::expect![[r#"
            plan of Node
              %0 = source link : (from: string, to: string) insert
              %1 = map %0 -> (from, to) : (from: string, to: string) insert, rule 0 line 2
              %2 = map %1 -> (from, to) : (from: string, to: string) insert, rule 0 line 2
              loop importing %0 %2, insert-only
                %3 = variable path : (x: string, y: string) insert
                %4 = map %0 -> (from, to) : (from: string, to: string) insert, rule 1 line 3
                %5 = map %3 -> (x, y) : (x: string, y: string) insert, rule 1 line 3
                %6 = join %4 %5 on to = x -> (from, to, y) : (from: string, to: string, y: string) insert, rule 1 line 3
                %7 = map %6 -> (from, y) : (from: string, y: string) insert, rule 1 line 3
                %8 = union %2 %7 : (from: string, to: string) insert
                %9 = distinct %8 : (from: string, to: string) insert
                feedback %3 <- %9 (path)
              exporting
                %10 = leave %9 : (from: string, to: string) insert, waits: a batch
              content link = %0
              content path = %10
        "#]],
    );
}

#[test]
fn the_plan_of_a_rule_with_errors_and_a_message() {
    check_plan(
        "role C;\nrole S;\ninput event e(x: int) on C;\ntable t(x: int) on C;\nchannel m(y: int, from: C) on S;\n\
         m@S[y](y, self) <~ e(x), let y = 10 / x, !t(y), x != 3;\n",
        expect_test::expect![[r#"
            plan of C
              %0 = source e : (x: int) any
              %1 = source t : (x: int) insert
              %2 = map %0 -> (x) : (x: int) any, rule 0 line 6
              %3 = map %2 where x != 3 -> (x) : (x: int) any, rule 0 line 6
              %4 = errors %3 let t0 = 10 / x -> (S[t0], t0) : (x: int) any, rule 0 line 6
              %5 = map %4 let t0 = 10 / x -> (x, t0) : (x: int, t0: int) any, rule 0 line 6
              %6 = map %1 -> (x) : (x: int) insert, rule 0 line 6
              %7 = join %5 %6 on t0 = x -> (x, t0) : (x: int, t0: int) any, rule 0 line 6, waits: a batch
              %8 = map %7 -> (x) : (x: int) any, rule 0 line 6
              %9 = distinct %8 : (x: int) any, rule 0 line 6, waits: a batch
              %10 = antijoin %4 %9 on x = x : (x: int) any, rule 0 line 6, waits: a negation
              %11 = map %10 -> (x) : (x: int) any, rule 0 line 6
              %12 = distinct %11 : (x: int) any, rule 0 line 6, waits: a batch
              %13 = map %3 let t0 = 10 / x -> (x, t0) : (x: int, t0: int) any, rule 0 line 6
              %14 = map %1 -> (x) : (x: int) insert, rule 0 line 6
              %15 = antijoin %13 %14 on t0 = x : (x: int, t0: int) any, rule 0 line 6, waits: a negation
              %16 = map %15 -> (S[t0], t0, self) : (c0: S, t0: int, c2: C) any, rule 0 line 6
              %17 = distinct %16 : (c0: S, t0: int, c2: C) any, rule 0 line 6
              content e = %0
              content t = %1
              errors = %12 each tick, rule 0 line 6
              send m = %17 each tick, rule 0 line 6
            plan of S
              %0 = source m : (y: int, from: C) any
              content m = %0
        "#]],
    );
}

#[test]
fn the_plan_of_a_choice_and_a_count() {
    check_plan(
        "input table raw(k: int, v: int);\ntable t(k: int => v: int);\n\
         t(k, v) <= raw(k, v);\nn(k, count()) <= raw(k, _);\n",
        expect_test::expect![[r#"
            plan of Node
              %0 = source raw : (k: int, v: int) insert
              %1 = map %0 -> (k, v) : (k: int, v: int) insert, rule 0 line 3
              %2 = map %1 -> (k, v) : (k: int, v: int) insert, rule 0 line 3
              %3 = source t : (k: int, v: int) insert
              %4 = resolve %2 base %3 by (k) : (k: int, v: int) any, waits: a row per key
              %5 = losers %4 : (k: int, v: int) any
              %6 = map %0 -> (k) : (k: int) insert, rule 1 line 4
              %7 = map %6 -> (k) : (k: int) insert, rule 1 line 4
              %8 = aggregate %7 by (k): count() : (k: int, count: int) any, rule 1 line 4, waits: an aggregate
              %9 = map %8 -> (k, count) : (k: int, count: int) any, rule 1 line 4
              %10 = distinct %9 : (k: int, count: int) any, waits: a batch
              content raw = %0
              conflicts t = %5 on change
              content t = %4
              content n = %10
        "#]],
    );
}
