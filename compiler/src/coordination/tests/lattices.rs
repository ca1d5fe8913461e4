//! Lattice columns, by hand from COORDINATION's tables.

use super::{check, class};

#[test]
fn a_set_that_merges_messages() {
    check(
        "role Client; role Server;
         input event add(key: string, x: int) on Client;
         channel put(key: string, x: int) on Server;
         output table sets(key: string => xs: set<int>) on Server;
         put@s(k, x) <~ add(k, x), Server(s);
         sets(k, collect(x)) <= put(k, x);",
        "sets growing",
    );
}

#[test]
fn elements_of_a_growing_set() {
    check(
        "input table sets(key: string => xs: set<int>);
         output table all(x: int);
         all(x) <= sets(_, xs), x in xs;",
        "all growing",
    );
}

#[test]
fn a_quorum_by_a_lattice_threshold() {
    check(
        "role Voter; role Coord;
         input event cast(ballot: int) on Voter;
         channel vote(ballot: int, voter: Voter) on Coord;
         table votes(ballot: int => from: set<Voter>) on Coord;
         channel elected(ballot: int) on Voter;
         output event heard(ballot: int) on Voter;
         output view won(ballot: int) on Coord;
         vote@c(b, self) <~ cast(b), Coord(c);
         votes(b, collect(v)) <= vote(b, v);
         won(b) <= votes(b, vs), size(vs) >= 3;
         elected@v(b) <~ won(b), Voter(v);
         heard(b) <= elected(b);",
        "heard fleeting
         won growing",
    );
}

#[test]
fn a_quorum_counted_into_a_lattice() {
    check(
        "input table votes(ballot: int, voter: string);
         table n(ballot: int => c: max<int>);
         output table won(ballot: int);
         n(b, count()) <= votes(b, _);
         won(b) <= n(b, c), c >= 3;",
        "won growing",
    );
}

#[test]
fn a_count_in_a_view_goes_into_a_lattice() {
    check(
        "input table votes(ballot: int, voter: string);
         output table most(ballot: int => c: max<int>);
         n(b, count()) <= votes(b, _);
         most(b, c) <= n(b, c);",
        "most growing",
    );
}

#[test]
fn a_collection_in_a_view_is_asked_for_elements() {
    check(
        "input table votes(ballot: int, voter: string);
         output table won(ballot: int);
         output table has(ballot: int, voter: string);
         vs(b, collect(v)) <= votes(b, v);
         won(b) <= vs(b, s), size(s) >= 3;
         has(b, x) <= vs(b, s), x in s;",
        "won growing
         has growing",
    );
}

#[test]
fn the_exact_collection_is_a_verdict() {
    check(
        "input table votes(ballot: int, voter: string);
         output table all(ballot: int, voters: set<string>);
         all(b, collect(v)) <= votes(b, v);",
        "all order-dependent
         early verdict at all(b, collect(v)) <= votes(b, v);
         by votes -> all
         in all",
    );
}

#[test]
fn shortest_paths_in_a_lattice() {
    check(
        "role Worker;
         static input table link(from: int, to: int, cost: int) on Worker[from];
         input event start(node: int) on Worker;
         channel reach(node: int => cost: min<int>) on Worker;
         output table dist(node: int => cost: min<int>) on Worker;
         reach@Worker[n](n, 0) <~ start(n);
         dist(n, c) <= reach(n, c);
         reach@Worker[m](m, c + w) <~ dist(n, c), link(n, m, w);",
        "dist growing",
    );
}

#[test]
fn shortest_paths_by_replacing() {
    check(
        "role Worker;
         static input table link(from: int, to: int, cost: int) on Worker[from];
         channel reach(node: int, cost: int) on Worker;
         input event start(node: int) on Worker;
         output table dist(node: int => cost: int) on Worker;
         reach@Worker[n](n, 0) <~ start(n);
         dist(n, min(c)) <+- reach(n, c);
         reach@Worker[m](m, c + w) <~ dist(n, c), link(n, m, w);",
        "dist order-dependent
         overwrite at dist(n, min(c)) <+- reach(n, c);
         by reach -> dist
         in dist",
    );
}

#[test]
fn shortest_paths_within_a_node() {
    check(
        "input table link(from: int, to: int, cost: int);
         output view dist(node: int => cost: min<int>);
         dist(0, 0) <= link(0, _, _);
         dist(m, c + w) <= dist(n, c), link(n, m, w);",
        "dist growing",
    );
}

#[test]
fn the_last_writer_wins_by_its_own_stamp() {
    check(
        "role Client; role Server;
         input event set(key: string, at: int, val: string) on Client;
         channel put(key: string, at: int, val: string) on Server;
         output table kv(key: string => val: max<(int, string)>) on Server;
         put@s(k, t, v) <~ set(k, t, v), Server(s);
         kv(k, (t, v)) <= put(k, t, v);",
        "kv growing",
    );
}

#[test]
fn the_last_writer_wins_by_arrival() {
    check(
        "input event put(key: string, val: string);
         output table kv(key: string => val: lww<string>);
         kv(k, v) <= put(k, v);",
        "kv order-dependent
         clock at kv(k, v) <= put(k, v);
         by
         in kv",
    );
}

#[test]
fn replicas_of_a_lattice_gossip_by_a_timer() {
    check(
        "role Node;
         input event inc(n: int) on Node;
         timer beat every 1s on Node;
         channel gossip(node: Node => n: max<int>) on Node;
         output table counts(node: Node => n: max<int>) on Node;
         counts(self, n) <= inc(n);
         gossip@peer(k, n) <~ beat(_), counts(k, n), Node(peer);
         counts(k, n) <= gossip(k, n);",
        "counts growing",
    );
}

#[test]
fn the_value_of_a_growing_lattice_in_a_view() {
    check(
        "input event bid(item: string, amount: int);
         table top(item: string => amount: max<int>);
         output view shown(item: string, amount: int);
         top(i, a) <= bid(i, a);
         shown(i, a) <= top(i, a);",
        "shown converging",
    );
}

#[test]
fn the_value_of_a_growing_lattice_in_a_table() {
    check(
        "input event bid(item: string, amount: int);
         table top(item: string => amount: max<int>);
         output table seen(item: string, amount: int);
         top(i, a) <= bid(i, a);
         seen(i, a) <= top(i, a);",
        "seen order-dependent
         early verdict at seen(i, a) <= top(i, a);
         by bid -> top -> seen
         in seen",
    );
}

#[test]
fn a_downward_comparison_is_a_verdict() {
    check(
        "input event bid(item: string, amount: int);
         table top(item: string => amount: max<int>);
         output table cheap(item: string);
         top(i, a) <= bid(i, a);
         cheap(i) <= top(i, a), a < 10;",
        "cheap order-dependent
         early verdict at cheap(i) <= top(i, a), a < 10;
         by bid -> top -> cheap
         in cheap",
    );
}

#[test]
fn exact_reads_of_what_is_complete() {
    check(
        "static input table top(item: string => amount: max<int>);
         output table seen(item: string, amount: int);
         seen(i, a) <= top(i, a);",
        "seen static",
    );
}

#[test]
fn a_message_with_a_lattice_is_copied() {
    check(
        "input event bid(item: string => amount: max<int>);
         output event big(item: string => amount: max<int>);
         output table top(item: string => amount: max<int>);
         big(i, a + 1) <= bid(i, a), a >= 10;
         top(i, a) <= big(i, a);",
        "big fleeting
         top growing",
    );
}

#[test]
fn a_message_with_a_lattice_is_looked_at() {
    check(
        "input event bid(item: string => amount: max<int>);
         output event shown(item: string, amount: int);
         shown(i, a) <= bid(i, a);",
        "shown order-dependent
         batching at shown(i, a) <= bid(i, a);
         by bid -> shown
         in shown",
    );
}

#[test]
fn the_size_of_a_message_s_set_depends_on_what_merges() {
    check(
        "input event some(key: int => xs: set<int>);
         output event many(key: int);
         output event each(key: int, x: int);
         many(k) <= some(k, xs), size(xs) >= 2;
         each(k, x) <= some(k, xs), x in xs;",
        "many order-dependent
         each fleeting
         batching at many(k) <= some(k, xs), size(xs) >= 2;
         by some -> many
         in many",
    );
}

#[test]
fn one_lattice_column_decides_about_another() {
    check(
        "input event e(key: int => a: max<int>, b: max<int>);
         output event both(key: int => a: max<int>, b: max<int>);
         output event one(key: int => b: max<int>);
         both(k, a, b) <= e(k, a, b);
         one(k, b) <= e(k, a, b), a >= 3;",
        "both fleeting
         one order-dependent
         batching at one(k, b) <= e(k, a, b), a >= 3;
         by e -> one
         in one",
    );
}

#[test]
fn lattice_columns_of_negations_and_of_flags() {
    check(
        "input event alarm(key: int);
         table flag(key: int => on: any<bool>);
         output table seen(key: int);
         output view quiet(key: int);
         flag(k, true) <= alarm(k);
         seen(k) <= flag(k, on), on;
         quiet(k) <= seen(k), !flag(k, true);",
        "seen growing
         quiet converging",
    );
}

#[test]
fn heads_take_lattices() {
    let with = |rules: &str, of: &str| {
        class(
            &format!(
                "input table g(k: int => v: max<int>); input table p(k: int, v: int); input event e(k: int, v: int);
                 table t(k: int => v: max<int>); view w(k: int => v: max<int>); event m(k: int => v: max<int>);
                 table mixed(k: int => a: int, v: max<int>); {rules}"
            ),
            of,
        )
    };
    assert_eq!(with("t(k, v) <= g(k, v);", "t"), "growing");
    assert_eq!(with("t(k, v) <+ e(k, v);", "t"), "growing");
    assert_eq!(with("t(k, v) <+- e(k, v);", "t"), "order-dependent");
    assert_eq!(with("t(k, _) <- e(k, _);", "t"), "order-dependent");
    assert_eq!(with("w(k, v) <= e(k, v);", "w"), "fleeting");
    assert_eq!(with("w(k, v) <= g(k, v); w(k, 3) <= p(k, v), !g(k, _);", "w"), "converging");
    assert_eq!(with("m(k, v) <+ g(k, v);", "m"), "fleeting");
    assert_eq!(with("t(k, v) <= p(k, v), !g(k, _);", "t"), "order-dependent");
    // The plain column beside the lattice may conflict.
    assert_eq!(with("mixed(k, v, v) <= e(k, v);", "mixed"), "order-dependent");
    assert_eq!(with("mixed(k, 1, v) <= e(k, v);", "mixed"), "growing");
}
