//! Every rewrite keeps every sink's content: programs that use all operators, run over many ticks of random rows.

use std::collections::BTreeSet;

use floret_ir::plan::{ChangeKind, Operator, Plan, Sink};
use floret_ir::validate::validate_plan;
use floret_ir::{BinaryOp, Expr, IndexVec, RoleId, Stratified, Type, Value, print};

use super::{optimize, order_bodies, rewrites};
use crate::lower::lower;
use crate::testing::{Bag, Contents, Machine, PROGRAMS, Random, site, stratified};

const SEEDS: u64 = 6;
const TICKS: usize = 5;

fn show(plan: &Plan, of: &Stratified) -> String {
    print::plan(plan, &of.program, &IndexVec::new())
}

fn sinks(plan: &Plan, contents: &Contents) -> Vec<(String, Bag)> {
    plan.sinks
        .iter()
        .map(|sink| {
            // Everything about the sink but the operator's number.
            let mut named = sink.clone();
            *named.node_mut() = floret_ir::NodeId(0);
            (format!("{named:?}"), contents[sink.node()].clone())
        })
        .collect()
}

/// Runs both plans side by side; returns how many rows the sinks held, to show that something happened.
fn compare(name: &str, of: &Stratified, role: RoleId, left: &Plan, right: &Plan) -> usize {
    for plan in [left, right] {
        validate_plan(plan, &of.program).unwrap_or_else(|e| panic!("{name}: {e}\n{}", show(plan, of)));
    }
    let site = site(of, role);
    let mut rows = 0;
    for seed in 0..SEEDS {
        let mut machines = [Machine::new(&of.program, left, &site), Machine::new(&of.program, right, &site)];
        let mut randoms = [Random::new(seed), Random::new(seed)];
        for tick in 0..TICKS {
            let [a, b] = [0, 1].map(|side: usize| machines[side].tick(&mut randoms[side]));
            let (Some(a), Some(b)) = (a, b) else { break };
            for (a, b) in a.iter().zip(&b) {
                let (a, b) = (sinks(left, a), sinks(right, b));
                rows += a.iter().map(|(_, bag)| bag.len()).sum::<usize>();
                assert!(
                    a.iter().all(|(_, bag)| bag.values().all(|count| *count == 1)),
                    "{name}: a sink is no set"
                );
                assert_eq!(
                    a,
                    b,
                    "{name}, seed {seed}, tick {tick}:\n{}\n{}",
                    show(left, of),
                    show(right, of)
                );
            }
        }
    }
    rows
}

#[test]
fn each_rewrite_alone_keeps_every_sink() {
    for (name, text) in PROGRAMS {
        let of = stratified(text);
        for (role, plan) in lower(&of).entries() {
            for (rewrite, apply) in rewrites() {
                let rows = compare(&format!("{name}, {rewrite}"), &of, role, plan, &apply(plan.clone()));
                assert!(rows > 0, "{name}: nothing happens");
            }
        }
    }
}

#[test]
fn optimised_plans_keep_every_sink() {
    for (name, text) in PROGRAMS {
        let of = stratified(text);
        for (role, plan) in lower(&of).entries() {
            compare(name, &of, role, plan, &optimize(plan.clone()));
        }
    }
}

#[test]
fn the_order_of_bodies_does_not_matter() {
    for (name, text) in PROGRAMS {
        let of = stratified(text);
        let ordered = order_bodies(&of);
        for (role, plan) in lower(&of).entries() {
            compare(name, &of, role, plan, &optimize(lower(&ordered)[role].clone()));
        }
    }
}

#[test]
fn optimising_twice_changes_nothing() {
    for (name, text) in PROGRAMS {
        let of = stratified(text);
        for plan in lower(&of).iter() {
            let once = optimize(plan.clone());
            assert_eq!(show(&optimize(once.clone()), &of), show(&once, &of), "{name}");
        }
    }
}

/// An operator that says `Insert` never loses a row (or a copy of one) from any of the times 2t, 2t+1 to the next.
fn check_changes(name: &str, of: &Stratified, role: RoleId, plan: &Plan) -> BTreeSet<Seen> {
    let site = site(of, role);
    let mut kinds = BTreeSet::new();
    for seed in 0..SEEDS {
        let mut machine = Machine::new(&of.program, plan, &site);
        let mut random = Random::new(seed);
        let mut before: Option<Contents> = None;
        for tick in 0..TICKS {
            let Some(times) = machine.tick(&mut random) else { break };
            for contents in times {
                for (id, node) in plan.nodes.entries() {
                    let lost = before.as_ref().is_some_and(|before| {
                        before[id]
                            .iter()
                            .any(|(row, count)| contents[id].get(row).copied().unwrap_or(0) < *count)
                    });
                    match node.changes {
                        ChangeKind::Insert => {
                            kinds.insert(Seen::Gaining);
                            assert!(
                                !lost,
                                "{name}, seed {seed}, tick {tick}: %{} loses rows\n{}",
                                id.0,
                                show(plan, of)
                            );
                        }
                        ChangeKind::Any if lost => {
                            kinds.insert(Seen::Loss);
                        }
                        ChangeKind::Any => {}
                    }
                }
                before = Some(contents);
            }
        }
    }
    kinds
}

/// That the check had something to look at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Seen {
    /// An operator that says it only gains.
    Gaining,
    /// One that says it may lose, and did.
    Loss,
}

#[test]
fn what_says_insert_never_loses_a_row() {
    let mut kinds = BTreeSet::new();
    for (name, text) in PROGRAMS {
        let of = stratified(text);
        for (role, plan) in lower(&of).entries() {
            kinds.extend(check_changes(name, &of, role, plan));
            kinds.extend(check_changes(name, &of, role, &optimize(plan.clone())));
        }
    }
    assert_eq!(kinds.len(), 2);
}

/// The optimised plan of a program without roles.
fn check(text: &str, expected: expect_test::Expect) {
    let of = stratified(text);
    let plan = optimize(lower(&order_bodies(&of))[RoleId(0)].clone());
    expected.assert_eq(&show(&plan, &of));
}

#[test]
fn a_cross_product_with_an_equation_becomes_a_keyed_join() {
    check(
        "input table a(x: int, s: string); input table b(y: int, t: string);
         p(x, y) <= a(x, s), b(y, t), s == lower(t), x > 1;",
        expect_test::expect![[r#"
            plan of Node
              %0 = source a : (x: int, s: string) insert
              %1 = source b : (y: int, t: string) insert
              %2 = map %0 where x > 1 -> (x, s) : (x: int, s: string) insert, rule 0
              %3 = map %1 -> (y, lower(t)) : (y: int, c1: string) insert, rule 0
              %4 = join %2 %3 on s = c1 -> (x, y) : (x: int, y: int) insert, rule 0, waits: a batch
              %5 = distinct %4 : (x: int, y: int) insert, waits: a batch
              content a = %0
              content b = %1
              content p = %5
        "#]],
    );
}

#[test]
fn a_recursive_rule_starts_with_its_recursion_and_drops_what_it_does_not_need() {
    check(
        "input table link(from: int, to: int, cost: int);
         reach(x, y) <= link(x, y, _);
         reach(x, z) <= link(y, z, c), reach(x, y), c > 0;",
        expect_test::expect![[r#"
            plan of Node
              %0 = source link : (from: int, to: int, cost: int) insert
              %1 = map %0 where cost > 0 -> (from, to) : (from: int, to: int) insert, rule 1
              %2 = map %0 -> (from, to) : (from: int, to: int) insert, rule 0
              loop importing %1 %2, insert-only
                %3 = variable reach : (x: int, y: int) insert
                %4 = join %3 %1 on y = from -> (x, to) : (x: int, to: int) insert, rule 1
                %5 = union %2 %4 : (from: int, to: int) insert
                %6 = distinct %5 : (from: int, to: int) insert
                feedback %3 <- %6 (reach)
              exporting
                %7 = leave %6 : (from: int, to: int) insert, waits: a batch
              content link = %0
              content reach = %7
        "#]],
    );
}

#[test]
fn a_fallible_condition_stays_above_the_errors() {
    let of =
        stratified("input table a(x: int); input table b(y: int); p(x) <= a(x), b(y), 6 / x == y, x != 5;");
    let plan = optimize(lower(&of)[RoleId(0)].clone());
    let errors = plan.sinks.iter().find(|sink| matches!(sink, Sink::Errors { .. }));
    assert!(errors.is_some());
    for node in plan.nodes.iter() {
        if let Operator::Map { mapping, .. } | Operator::Join { mapping, .. } = &node.operator {
            // The fallible condition is where it was: nowhere below the operator that finds errors.
            let below = mapping.conditions.iter().any(|condition| condition.is_fallible());
            assert!(!below || mapping.columns.len() == 1, "{}", show(&plan, &of));
        }
    }
}

#[test]
fn a_column_that_nobody_reads_still_drops_the_row_if_it_has_no_value() {
    let of = stratified("input table a(x: int, y: int); p(x) <= a(x, y);");
    let mut plan = lower(&of)[RoleId(0)].clone();
    // The atom's map gives x and y; now it gives x and 6 / y, and the head's map reads only x.
    let atom = plan.nodes.iter_mut().find(|node| node.columns.len() == 2 && node.rule.is_some()).unwrap();
    let Operator::Map { mapping, .. } = &mut atom.operator else { panic!("no map") };
    let y = std::mem::replace(&mut mapping.columns[1], Expr::Const(Value::Int(6)));
    let six = mapping.columns[1].clone();
    mapping.columns[1] =
        Expr::Binary { op: BinaryOp::Divide, operands: Type::Int, left: Box::new(six), right: Box::new(y) };
    for (name, rewrite) in rewrites() {
        assert!(compare(name, &of, RoleId(0), &plan, &rewrite(plan.clone())) > 0);
    }
    compare("all", &of, RoleId(0), &plan, &optimize(plan.clone()));
}
