//! Programs with exactly one point of order.

use super::check;

#[test]
fn a_message_meets_what_has_arrived() {
    check(
        "role Client; role Server;
         input event ask(key: string) on Client;
         input event set(key: string, val: string) on Client;
         channel get(key: string, from: Client) on Server;
         channel put(key: string, val: string) on Server;
         table kv(key: string, val: string) on Server;
         channel reply(key: string, val: string) on Client;
         output event done(key: string, val: string) on Client;
         output table known(key: string) on Client;
         get@Server[hash(k)](k, self) <~ ask(k);
         put@Server[hash(k)](k, v) <~ set(k, v);
         kv(k, v) <= put(k, v);
         reply@c(k, v) <~ get(k, c), kv(k, v);
         done(k, v) <= reply(k, v);
         known(k) <= done(k, _);",
        "done order-dependent
         known order-dependent
         rendezvous at reply@c(k, v) <~ get(k, c), kv(k, v);
         by get -> reply
         in done, known",
    );
}

#[test]
fn two_messages_must_share_a_tick() {
    check(
        "input event left(x: int, y: int);
         input event right(y: int, z: int);
         early(x, y) <= left(x, y), x > 0;
         output table met(x: int, z: int);
         met(x, z) <= early(x, y), right(y, z);",
        "met order-dependent
         rendezvous at met(x, z) <= early(x, y), right(y, z);
         by left -> early -> met
         in met",
    );
}

#[test]
fn two_rows_of_one_channel_are_two_messages() {
    check(
        "input event bid(item: int, who: string);
         output table rivals(a: string, b: string);
         rivals(a, b) <= bid(i, a), bid(i, b), a < b;",
        "rivals order-dependent
         rendezvous at rivals(a, b) <= bid(i, a), bid(i, b), a < b;
         by bid -> rivals
         in rivals",
    );
}

#[test]
fn a_part_of_a_message_is_not_the_message() {
    // `large` forgets the amount: another order of the same user may have been the large one.
    check(
        "input event order(user: string, amount: int);
         large(u) <= order(u, a), a > 1000;
         output event small(user: string, amount: int);
         small(u, a) <= order(u, a), !large(u);",
        "small order-dependent
         absence at small(u, a) <= order(u, a), !large(u);
         by order -> large -> small
         in small",
    );
}

#[test]
fn counting_the_messages_of_a_tick() {
    check(
        "role Client; role Server;
         input event hit(page: string) on Client;
         channel seen(page: string, from: Client) on Server;
         output table load(page: string, n: int) on Server;
         seen@Server[hash(p)](p, self) <~ hit(p);
         load(p, count()) <= seen(p, _);",
        "load order-dependent
         batching at load(p, count()) <= seen(p, _);
         by seen -> load
         in load",
    );
}

#[test]
fn what_is_not_cancelled_in_the_same_tick() {
    check(
        "input event order(id: int);
         input event cancel(id: int);
         output table placed(id: int);
         placed(i) <= order(i), !cancel(i);",
        "placed order-dependent
         absence at placed(i) <= order(i), !cancel(i);
         by cancel -> placed
         in placed",
    );
}

#[test]
fn deleting_what_is_there_by_then() {
    check(
        "input event add(id: int);
         input event drop(id: int);
         output table cart(id: int);
         cart(i) <= add(i);
         cart(i) <- drop(i);
         total(count()) <= cart(_);
         output total;",
        "cart order-dependent
         total order-dependent
         overwrite at cart(i) <- drop(i);
         by drop -> cart
         in cart, total",
    );
}

#[test]
fn the_last_writer_wins() {
    check(
        "role Client; role Server;
         input event set(key: string, val: string) on Client;
         channel put(key: string, val: string, from: Client) on Server;
         channel ack(key: string) on Client;
         output table kv(key: string => val: string) on Server;
         output event done(key: string) on Client;
         put@Server[hash(k)](k, v, self) <~ set(k, v);
         kv(k, max(v)) <+- put(k, v, _);
         ack@c(k) <~ put(k, _, c);
         done(k) <= ack(k);",
        "kv order-dependent
         done fleeting
         overwrite at kv(k, max(v)) <+- put(k, v, _);
         by put -> kv
         in kv",
    );
}

#[test]
fn a_counter_reads_itself() {
    check(
        "input event inc(name: string);
         output table counter(name: string => n: int);
         counter(\"a\", 0);
         counter(k, n + 1) <+- inc(k), counter(k, n);",
        "counter order-dependent
         overwrite at counter(k, n + 1) <+- inc(k), counter(k, n);
         by inc -> counter
         in counter",
    );
}

#[test]
fn the_first_value_of_a_key_stays() {
    check(
        "input event claim(seat: int, who: string);
         output table taken(seat: int => who: string);
         taken(s, w) <= claim(s, w);",
        "taken order-dependent
         overwrite at taken(s, w) <= claim(s, w);
         by claim -> taken
         in taken",
    );
}

#[test]
fn a_keyed_channel_from_many_senders() {
    check(
        "role Client; role Server;
         input event set(key: string) on Client;
         channel put(key: string => from: Client) on Server;
         output table who(key: string, from: Client) on Server;
         put@Server[hash(k)](k, self) <~ set(k);
         who(k, c) <= put(k, c);",
        "who order-dependent
         overwrite at put@Server[hash(k)](k, self) <~ set(k);
         by set -> put
         in who",
    );
}

#[test]
fn a_row_of_the_host_meets_a_fact() {
    check(
        "input table limit(name: string => n: int);
         limit(\"a\", 1);
         output table over(name: string);
         over(k) <= limit(k, n), n > 5;",
        "over order-dependent
         overwrite at limit
         by
         in over",
    );
}

#[test]
fn telling_what_is_missing_before_all_is_there() {
    check(
        "role Hub; role Leaf;
         input table node(n: string) on Hub;
         input table link(a: string, b: string) on Hub;
         linked(a) <= link(a, _);
         channel alarm(n: string) on Leaf;
         output table alarms(n: string) on Leaf;
         alarm@l(n) <~ node(n), !linked(n), Leaf(l);
         alarms(n) <= alarm(n);",
        "alarms order-dependent
         early verdict at alarm@l(n) <~ node(n), !linked(n), Leaf(l);
         by link -> linked -> alarm
         in alarms",
    );
}

#[test]
fn a_table_keeps_old_totals() {
    check(
        "input table sale(item: string, id: int, price: int);
         output table total(item: string, sum: int);
         total(i, sum(p)) <= sale(i, _, p);",
        "total order-dependent
         early verdict at total(i, sum(p)) <= sale(i, _, p);
         by sale -> total
         in total",
    );
}

#[test]
fn a_message_meets_a_verdict() {
    check(
        "input table banned(user: string);
         input table user(name: string);
         welcome(u) <= user(u), !banned(u);
         input event login(user: string);
         output event entered(user: string);
         entered(u) <= login(u), welcome(u);",
        "entered order-dependent
         early verdict at entered(u) <= login(u), welcome(u);
         by user -> welcome -> entered
         in entered",
    );
}

#[test]
fn exactly_three_is_no_threshold() {
    check(
        "input table votes(ballot: int, voter: string);
         n(b, count()) <= votes(b, _);
         output table three(ballot: int);
         three(b) <= n(b, c), c == 3;",
        "three order-dependent
         early verdict at three(b) <= n(b, c), c == 3;
         by votes -> n -> three
         in three",
    );
}

#[test]
fn a_threshold_that_shows_its_count() {
    check(
        "input table votes(ballot: int, voter: string);
         n(b, count()) <= votes(b, _);
         output table won(ballot: int, with: int);
         won(b, c) <= n(b, c), c >= 3;",
        "won order-dependent
         early verdict at won(b, c) <= n(b, c), c >= 3;
         by votes -> n -> won
         in won",
    );
}

#[test]
fn a_threshold_under_an_aggregate() {
    // Two rules for `n`: its rows (b, 1) and (b, 2) may become one row (b, 2), so their number is no threshold.
    check(
        "input table a(ballot: int, voter: string);
         input table b(ballot: int, voter: string);
         n(x, count()) <= a(x, _);
         n(x, count()) <= b(x, _);
         m(x, count()) <= n(x, c), c >= 1;
         output table two(ballot: int);
         two(x) <= m(x, c), c >= 2;",
        "two order-dependent
         early verdict at two(x) <= m(x, c), c >= 2;
         by a -> n -> m -> two
         in two",
    );
}

#[test]
fn a_sum_is_no_threshold() {
    check(
        "input table gift(to: string, id: int, amount: int);
         total(t, sum(a)) <= gift(t, _, a);
         output table rich(who: string);
         rich(t) <= total(t, s), s >= 100;",
        "rich order-dependent
         early verdict at rich(t) <= total(t, s), s >= 100;
         by gift -> total -> rich
         in rich",
    );
}

#[test]
fn an_output_view_of_messages() {
    check(
        "input event word(w: string);
         output view long(w: string);
         long(w) <= word(w), len(w) > 7;",
        "long order-dependent
         fleeting output at long
         by word -> long
         in long",
    );
}

#[test]
fn rows_of_one_tick_beside_rows_that_come_and_go() {
    check(
        "input event now(x: int);
         input table a(x: int);
         input table b(x: int);
         open(x) <= now(x);
         open(x) <= a(x), !b(x);
         output event seen(x: int);
         seen(x) <= open(x);",
        "seen order-dependent
         early verdict at open(x) <= a(x), !b(x);
         by a -> open
         in seen",
    );
}

#[test]
fn only_the_first_of_a_chain_is_named() {
    check(
        "input event a(x: int);
         input event b(x: int);
         event both(x: int);
         table kept(x: int => n: int);
         output table last(x: int, n: int);
         both(x) <= a(x), b(x);
         kept(x, count()) <= both(x);
         last(x, n) <= kept(x, n), !both(x);",
        "last order-dependent
         rendezvous at both(x) <= a(x), b(x);
         by a -> both
         in last",
    );
}

#[test]
fn every_rule_of_a_cycle_that_starts_it_is_named() {
    // Two points in one cycle of tables, each of which would remain without the other.
    check(
        "input event go(x: int);
         output table p(x: int);
         output table q(x: int);
         p(x) <= go(x);
         q(x) <= go(x);
         p(x + 1) <+ go(x), !q(x);
         q(x + 1) <+ go(x), !p(x);",
        "p order-dependent
         q order-dependent
         early verdict at p(x + 1) <+ go(x), !q(x);
         by go -> q -> p
         in p, q
         early verdict at q(x + 1) <+ go(x), !p(x);
         by go -> p -> q
         in p, q",
    );
}
