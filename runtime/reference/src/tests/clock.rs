//! The clock, timers and parameters. Expected ticks are written by hand.

use floret_ir::{Deployment, Site, Value};

use super::check::{check, check_at, node};
use crate::testing::program;

#[test]
fn a_tick_has_one_time_and_one_seed() {
    check(
        "input event e(x); view seen(x, at: time, r); seen(x, at, r) <= e(x), clock(at, r);",
        &[
            (
                "now 2026-01-01T00:00:05Z; seed 7; e(1); e(2)",
                "+e(1); +e(2); +seen(1, parse_time(\"2026-01-01T00:00:05Z\"), 7);
                 +seen(2, parse_time(\"2026-01-01T00:00:05Z\"), 7)",
            ),
            (
                "now 2026-01-01T00:00:06Z; seed 18446744073709551615; e(1)",
                // The seed is an int.
                "+e(1); -seen(1, parse_time(\"2026-01-01T00:00:05Z\"), 7);
                 -seen(2, parse_time(\"2026-01-01T00:00:05Z\"), 7);
                 +seen(1, parse_time(\"2026-01-01T00:00:06Z\"), -1)",
            ),
        ],
    );
}

#[test]
fn what_is_due_comes_as_time_passes() {
    check(
        "input table t(x, due: time); late(x) <= t(x, due), clock(now, _), due <= now;",
        &[
            (
                "now 2026-01-01T00:00:01Z; t(1, '2026-01-01T00:00:02Z')",
                "+t(1, parse_time(\"2026-01-01T00:00:02Z\"))",
            ),
            ("now 2026-01-01T00:00:02Z", "+late(1)"),
            ("now 2026-01-01T00:00:03Z", ""),
        ],
    );
}

#[test]
fn an_error_beside_the_clock_is_reported_once() {
    check(
        "input table a(x); b(10 / x) <= a(x), clock(_, r), r >= 0;",
        &[("seed 1; a(0)", "+a(0); error 0(0)"), ("seed 2", ""), ("seed 3", "")],
    );
}

#[test]
fn a_timer_holds_the_time_of_its_beat_for_one_tick() {
    let at = "parse_time(\"2026-01-01T00:00:05Z\")";
    check(
        "timer beat(); timer other(); table log(at: time); channel c(n); log(at) <+ beat(at); c(1) <~ beat(_);",
        &[
            ("", ""),
            ("now 2026-01-01T00:00:05Z; beat", &format!("+beat({at}); Node[0] ! c(1); again")),
            ("", &format!("+log({at})")),
            ("now 2026-01-01T00:00:05Z; other", &format!("+other({at})")),
        ],
    );
}

#[test]
fn parameters_are_the_deployments() {
    let stratified =
        program("param limit(); param more(); input event e(x); v(x + more) <= e(x), x < limit;");
    let deployment = Deployment {
        params: vec![Value::Int(10), Value::Int(100)],
        ..Deployment::new([1].into_iter().collect())
    };
    let site = Site { me: node(0, 0), deployment };
    check_at(&stratified, site, &[("e(9); e(10)", "+e(9); +e(10); +v(109)")]);
}
