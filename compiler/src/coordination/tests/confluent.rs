//! Programs without a point of order.

use super::{check, class};

#[test]
fn recursion_and_an_aggregate_in_a_view() {
    check(
        "input table link(from: string, to: string, cost: int);
         path(x, y, c)       <= link(x, y, c);
         path(x, z, c1 + c2) <= link(x, y, c1), path(y, z, c2), c1 + c2 < 100;
         cheapest(x, y, min(c)) <= path(x, y, c);
         output path;
         output cheapest;",
        "path growing
         cheapest converging",
    );
}

#[test]
fn everything_over_static_inputs_is_static() {
    check(
        "static input table edge(a: int, b: int);
         table start(a: int);
         start(1);
         reach(a) <= start(a);
         reach(b) <= reach(a), edge(a, b);
         unreached(a) <= edge(a, _), !reach(a);
         output table n(count: int);
         n(count()) <= unreached(_);
         output unreached;",
        "n static
         unreached static",
    );
}

#[test]
fn messages_there_and_back() {
    check(
        "role Client; role Server;
         input event ask(key: string) on Client;
         channel get(key: string, from: Client) on Server;
         channel reply(key: string, shard: Server) on Client;
         output event done(key: string, shard: Server) on Client;
         get@Server[hash(k)](k, self) <~ ask(k);
         reply@c(k, self) <~ get(k, c);
         done(k, s) <= reply(k, s);",
        "done fleeting",
    );
}

#[test]
fn a_replicated_set_only_grows() {
    check(
        "role Client; role Server;
         input event set(key: string, val: int) on Client;
         channel put(key: string, val: int) on Server;
         output table kv(key: string, val: int) on Server;
         put@s(k, v) <~ set(k, v), Server(s);
         kv(k, v) <= put(k, v);
         best(k, max(v)) <= kv(k, v);
         output best;",
        "kv growing
         best converging",
    );
}

#[test]
fn a_quorum_is_an_upward_threshold() {
    check(
        "role Voter; role Coord;
         input event cast(ballot: int) on Voter;
         channel vote(ballot: int, voter: Voter) on Coord;
         table votes(ballot: int, voter: Voter) on Coord;
         channel elected(ballot: int) on Voter;
         output event heard(ballot: int) on Voter;
         vote@c(b, self) <~ cast(b), Coord(c);
         votes(b, v) <= vote(b, v);
         n(b, count()) <= votes(b, _);
         won(b) <= n(b, c), c >= 3;
         elected@v(b) <~ won(b), Voter(v);
         heard(b) <= elected(b);
         output won;",
        "heard fleeting
         won growing",
    );
}

#[test]
fn a_threshold_with_its_bound_in_a_table_and_the_comparison_turned_round() {
    check(
        "input table votes(ballot: int, voter: string);
         input table quorum(ballot: int, needed: int);
         n(b, count(v), max(v)) <= votes(b, v);
         output table won(ballot: int);
         won(b) <= n(b, c, _), quorum(b, q), q < c;",
        "won growing",
    );
}

#[test]
fn a_minimum_is_compared_downward() {
    check(
        "input table price(item: string, at: int);
         low(i, min(p)) <= price(i, p);
         output table bargain(item: string);
         bargain(i) <= low(i, p), p <= 10;",
        "bargain growing",
    );
}

#[test]
fn negation_over_what_grows_in_a_view() {
    check(
        "input table node(n: string);
         input table link(a: string, b: string);
         linked(a) <= link(a, _);
         linked(b) <= link(_, b);
         output view alone(n: string);
         alone(n) <= node(n), !linked(n);",
        "alone converging",
    );
}

#[test]
fn a_message_meets_static_data() {
    check(
        "role Client; role Server;
         static input table kv(key: string, val: string) on Server[hash(key)];
         static input table hidden(key: string) on Server;
         input event ask(key: string) on Client;
         channel get(key: string, from: Client) on Server;
         channel reply(key: string, val: string) on Client;
         output table known(key: string, val: string) on Client;
         get@Server[hash(k)](k, self) <~ ask(k);
         reply@c(k, v) <~ get(k, c), kv(k, v), !hidden(k);
         known(k, v) <= reply(k, v);",
        "known growing",
    );
}

#[test]
fn several_atoms_of_one_message() {
    check(
        "static input table member(user: string, plan: string);
         input event order(user: string, amount: int);
         large(u, a) <= order(u, a), a > 1000;
         offer(p, u, a) <= order(u, a), member(u, p);
         output event accepted(user: string, plan: string);
         accepted(u, p) <= offer(p, u, a), !large(u, a);
         output event examined(user: string);
         examined(u) <= offer(_, u, a), large(u, a), order(u, a);",
        "accepted fleeting
         examined fleeting",
    );
}

#[test]
fn an_aggregate_inside_one_message() {
    check(
        "static input table link(from: string, to: string);
         input event ask(name: string, number: int);
         output event answer(name: string, number: int, degree: int);
         answer(x, i, count()) <= ask(x, i), link(x, _);",
        "answer fleeting",
    );
}

#[test]
fn an_aggregate_inside_one_row_of_what_grows() {
    check(
        "static input table price(item: string, shop: string, at: int);
         input table wanted(item: string);
         output table best(item: string, at: int);
         best(i, min(p)) <= wanted(i), price(i, _, p);",
        "best growing",
    );
}

#[test]
fn remembered_messages_may_meet() {
    check(
        "role Client; role Server;
         input event ask(key: string) on Client;
         input event tell(key: string, val: string) on Server;
         channel get(key: string, from: Client) on Server;
         table asked(key: string, from: Client) on Server;
         table told(key: string, val: string) on Server;
         channel reply(key: string, val: string) on Client;
         output event done(key: string, val: string) on Client;
         get@Server[hash(k)](k, self) <~ ask(k);
         asked(k, c) <= get(k, c);
         told(k, v) <+ tell(k, v);
         reply@c(k, v) <~ asked(k, c), told(k, v);
         done(k, v) <= reply(k, v);",
        "done fleeting",
    );
}

#[test]
fn a_search_over_a_sharded_graph() {
    check(
        "role Worker; role Client;
         static input table link(from: string, to: string) on Worker[hash(from)];
         input event ask(name: string) on Client;
         channel visit(name: string, root: string, from: Client) on Worker;
         table visited(name: string, root: string, from: Client) on Worker;
         channel found(root: string, name: string) on Client;
         table closure(root: string, name: string) on Client;
         visit@Worker[hash(n)](n, n, self) <~ ask(n);
         visited(n, r, c) <= visit(n, r, c);
         visit@Worker[hash(m)](m, r, c) <~ visited(n, r, c), link(n, m);
         found@c(r, n) <~ visited(n, r, c);
         closure(r, n) <= found(r, n);
         output view size(root: string => n: int) on Client;
         size(r, count()) <= closure(r, _);",
        "size converging",
    );
}

#[test]
fn values_that_the_key_determines_never_conflict() {
    check(
        "static input table owner(item: string => who: string);
         input event seen(item: string);
         output table letters(item: string => n: int, who: string);
         letters(i, n, w) <= seen(i), owner(i, w), let n = len(i) * 2;",
        "letters growing",
    );
}

#[test]
fn rows_that_are_there_from_the_start_always_conflict_alike() {
    check(
        "static input table a(k: int, v: int);
         output table t(k: int => v: int);
         t(1, 5);
         t(k, v) <= a(k, v);
         t(k, v + 1) <= a(k, v);",
        "t static",
    );
}

#[test]
fn next_tick_events() {
    check(
        "input event a(x: int);
         event b(x: int);
         output event c(x: int);
         b(x + 1) <+ a(x);
         c(x) <= a(x);
         c(x) <= b(x);",
        "c fleeting",
    );
}

// Each class below is the head's conversion of one body, by COORDINATION "How a head takes its body".

#[test]
fn heads_convert() {
    let facts = "table s(x: int); s(1); ";
    let input = "input table g(x: int); ";
    let event = "input event e(x: int); ";
    let rule = |start: &str, head: &str, op: &str, body: &str| {
        class(&format!("{start}{head} h(x: int); h(x) {op} {body}(x);"), "h")
    };
    assert_eq!(rule(facts, "table", "<=", "s"), "static");
    assert_eq!(rule(facts, "table", "<+", "s"), "growing");
    assert_eq!(rule(facts, "event", "<=", "s"), "static");
    assert_eq!(rule(facts, "event", "<+", "s"), "fleeting");
    assert_eq!(rule(facts, "channel", "<~", "s"), "fleeting");
    assert_eq!(rule(input, "table", "<+", "g"), "growing");
    assert_eq!(rule(input, "view", "<=", "g"), "growing");
    assert_eq!(rule(input, "event", "<=", "g"), "growing");
    assert_eq!(rule(input, "channel", "<~", "g"), "fleeting");
    assert_eq!(rule(event, "view", "<=", "e"), "fleeting");
    assert_eq!(rule(event, "event", "<+", "e"), "fleeting");
    assert_eq!(rule(event, "table", "<=", "e"), "growing");
    assert_eq!(rule(event, "channel", "<~", "e"), "fleeting");
}
