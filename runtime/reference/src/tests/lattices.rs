//! Value columns whose rows merge. Expected ticks are written by hand.

use super::check::check;

#[test]
fn rows_of_one_key_merge_within_a_tick_and_with_what_is_stored() {
    check(
        "input event e(k, v); table t(k => v: max); t(k, v) <= e(k, v);",
        &[
            ("e(1, 5); e(1, 7); e(2, 0)", "+e(1, 5); +e(1, 7); +e(2, 0); +t(1, 7); +t(2, 0)"),
            ("e(1, 6)", "+e(1, 6)"),
            ("e(1, 8)", "+e(1, 8); -t(1, 7); +t(1, 8)"),
        ],
    );
}

#[test]
fn arrivals_merge() {
    check(
        "channel c(k => v: set); input table t(k => v: min); view v(k => v: set); v(k, s) <= c(k, s);",
        &[
            (
                "c(1, set([1])); c(1, set([2])); c(2, set([])); t(1, 4); t(1, 3)",
                "+c(1, set([1, 2])); +c(2, set([])); +t(1, 3); +v(1, set([1, 2])); +v(2, set([]))",
            ),
            // A table keeps what was merged, a view doesn't.
            (
                "t(1, 5); c(1, set([3]))",
                "+c(1, set([3])); -v(1, set([1, 2])); -v(2, set([])); +v(1, set([3]))",
            ),
        ],
    );
}

#[test]
fn each_lattice_merges_its_way() {
    check(
        "input event e(k, b, m: pairs, lo, hi);
         view yes(k => b: any); view no(k => b: all); view keys(k => m: map); view both(k => r: range);
         yes(k, b) <= e(k, b, _, _, _);
         no(k, b) <= e(k, b, _, _, _);
         keys(k, m) <= e(k, _, m, _, _);
         both(k, (lo, hi)) <= e(k, _, _, lo, hi);",
        &[(
            "e(1, true, map([(1, 5), (2, 5)]), 3, 3); e(1, false, map([(1, 7), (3, 0)]), 5, 2)",
            "+e(1, true, map([(1, 5), (2, 5)]), 3, 3); +e(1, false, map([(1, 7), (3, 0)]), 5, 2);
             +yes(1, true); +no(1, false); +keys(1, map([(1, 7), (2, 5), (3, 0)])); +both(1, (3, 3))",
        )],
    );
}

#[test]
fn the_last_writer_wins_by_its_clock() {
    let at = |second: u32, value: u32| {
        format!("w(1, (parse_time(\"2026-01-01T00:00:0{second}Z\"), Node[0], {value}))")
    };
    check(
        "input event e(x); table w(k => v: lww); w(1, (at, self, x)) <= e(x), clock(at, _);",
        &[
            ("now 2026-01-01T00:00:05Z; e(4); e(5)", &format!("+e(4); +e(5); +{}", at(5, 5))),
            // A clock that was set back writes into the past.
            ("now 2026-01-01T00:00:03Z; e(9)", "+e(9)"),
            ("now 2026-01-01T00:00:07Z; e(1)", &format!("+e(1); -{}; +{}", at(5, 5), at(7, 1))),
        ],
    );
}

#[test]
fn plain_columns_beside_a_lattice_conflict_and_the_loser_goes_whole() {
    check(
        "input event e(k, n, p); table t(k => n: max, p); t(k, n, p) <= e(k, n, p);",
        &[
            // The least is so by its plain column.
            (
                "e(1, 5, 20); e(1, 9, 10); e(1, 8, 10)",
                "+e(1, 5, 20); +e(1, 9, 10); +e(1, 8, 10); +t(1, 9, 10); lost t(1, 5, 20)",
            ),
            (
                "e(1, 99, 5); e(1, 12, 10)",
                "+e(1, 99, 5); +e(1, 12, 10); -t(1, 9, 10); +t(1, 12, 10); lost t(1, 99, 5)",
            ),
        ],
    );
}

#[test]
fn next_merges_into_what_remains_and_replace_drops_it_first() {
    check(
        "input event add(k, v); input event put(k, v); input event del(k); table t(k => v: max);
         t(k, v) <+ add(k, v); t(k, v) <+- put(k, v); t(k, _) <- del(k);",
        &[
            ("add(1, 5); add(1, 3)", "+add(1, 5); +add(1, 3); again"),
            ("put(1, 2)", "+put(1, 2); +t(1, 5); again"),
            // Less than what is there: nothing changes.
            ("add(1, 1)", "+add(1, 1); -t(1, 5); +t(1, 2)"),
            ("del(1); add(1, 1)", "+del(1); +add(1, 1); again"),
            // Several merge with each other.
            (
                "put(1, 0); put(1, 3); add(1, 2)",
                "+put(1, 0); +put(1, 3); +add(1, 2); -t(1, 2); +t(1, 1); again",
            ),
            ("", "-t(1, 1); +t(1, 3)"),
        ],
    );
}

#[test]
fn shortest_paths_over_a_cycle_come_to_an_end() {
    check(
        "mutable input table link(a, b, c); view dist(a, b => c: min);
         dist(x, y, c) <= link(x, y, c);
         dist(x, z, d) <= dist(x, y, c), link(y, z, w), let d = c + w;",
        &[
            (
                "link(1, 2, 1); link(2, 1, 1); link(2, 3, 5); link(1, 3, 9)",
                "+link(1, 2, 1); +link(2, 1, 1); +link(2, 3, 5); +link(1, 3, 9); +dist(1, 1, 2); +dist(1, 2, 1);
                 +dist(1, 3, 6); +dist(2, 1, 1); +dist(2, 2, 2); +dist(2, 3, 5)",
            ),
            // The way by 2 is gone: 3 is reached from 1 only.
            (
                "-link(2, 3, 5)",
                "-link(2, 3, 5); -dist(1, 3, 6); +dist(1, 3, 9); -dist(2, 3, 5); +dist(2, 3, 10)",
            ),
        ],
    );
}

#[test]
fn sets_and_lattices_recurse_together() {
    // A node is reached when two others that are reached lead to it.
    check(
        "input table start(a); input table link(a, b); view reach(a); view who(b => s: set);
         reach(x) <= start(x);
         who(b, set([a])) <= reach(a), link(a, b);
         reach(b) <= who(b, s), size(s) >= 2;",
        &[(
            "start(1); start(2); link(1, 3); link(2, 3); link(1, 4); link(3, 4); link(4, 3); link(2, 5)",
            "+start(1); +start(2); +link(1, 3); +link(2, 3); +link(1, 4); +link(3, 4); +link(4, 3); +link(2, 5);
             +reach(1); +reach(2); +reach(3); +reach(4); +who(3, set([1, 2, 4])); +who(4, set([1, 3])); +who(5, set([2]))",
        )],
    );
}

#[test]
fn a_stored_value_takes_part_in_recursion() {
    check(
        "input event e(k, v); input table next(a, b); table t(k => v: max);
         t(k, v) <= e(k, v); t(b, v) <= t(a, v), next(a, b);",
        &[
            ("next(1, 2); e(1, 5); e(2, 3)", "+next(1, 2); +e(1, 5); +e(2, 3); +t(1, 5); +t(2, 5)"),
            ("e(2, 9)", "+e(2, 9); -t(2, 5); +t(2, 9)"),
            ("e(1, 7)", "+e(1, 7); -t(1, 5); +t(1, 7)"),
            ("next(2, 1)", "+next(2, 1); -t(1, 7); +t(1, 9)"),
        ],
    );
}
