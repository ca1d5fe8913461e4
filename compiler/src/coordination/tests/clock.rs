//! Timers, the clock, choices, unnesting, mutable inputs and senders, by hand from COORDINATION's tables.

use super::check;

#[test]
fn resending_by_a_timer() {
    check(
        "role Client; role Server;
         input table want(key: string) on Client;
         timer beat every 1s on Client;
         channel ask(key: string) on Server;
         output table asked(key: string) on Server;
         ask@s(k) <~ beat(_), want(k), Server(s);
         asked(k) <= ask(k);",
        "asked growing",
    );
}

#[test]
fn resending_until_acknowledged_adds_nothing() {
    check(
        "role Client; role Server;
         input table want(key: string) on Client;
         timer beat every 1s on Client;
         channel ask(key: string, from: Client) on Server;
         channel ack(key: string) on Client;
         table acked(key: string) on Client;
         output table asked(key: string) on Server;
         ask@s(k, self) <~ want(k), Server(s);
         ask@t(w, self) <~ beat(_), want(w), !acked(w), Server(t);
         asked(k) <= ask(k, _);
         ack@c(k) <~ ask(k, c);
         acked(k) <= ack(k);",
        "asked growing",
    );
}

#[test]
fn resending_what_is_not_acknowledged_alone() {
    check(
        "role Client; role Server;
         input table want(key: string) on Client;
         input table acked(key: string) on Client;
         timer beat every 1s on Client;
         channel ask(key: string) on Server;
         output table asked(key: string) on Server;
         ask@t(w) <~ beat(_), want(w), !acked(w), Server(t);
         asked(k) <= ask(k);",
        "asked order-dependent
         early verdict at ask@t(w) <~ beat(_), want(w), !acked(w), Server(t);
         by acked -> ask
         in asked",
    );
}

#[test]
fn a_beat_meets_a_message() {
    check(
        "input event go(x: int);
         timer beat every 1s;
         output table t(x: int);
         t(x) <= beat(_), go(x);",
        "t order-dependent
         rendezvous at t(x) <= beat(_), go(x);
         by go -> t
         in t",
    );
}

#[test]
fn a_heartbeat_by_the_clock() {
    check(
        "role Node;
         timer beat every 1s on Node;
         channel alive(node: Node) on Node;
         output table last(node: Node => at: max<time>) on Node;
         alive@n(self) <~ beat(_), Node(n);
         last(n, now()) <= alive(n);",
        "last order-dependent
         clock at last(n, now()) <= alive(n);
         by
         in last",
    );
}

#[test]
fn the_time_of_a_beat() {
    check(
        "timer beat every 1s;
         output table at(t: time);
         at(t) <= beat(t);",
        "at order-dependent
         clock at at(t) <= beat(t);
         by beat -> at
         in at",
    );
}

#[test]
fn a_random_number() {
    check(
        "input table t(x: int);
         output view r(x: int, n: int);
         r(x, random(x)) <= t(x);",
        "r order-dependent
         clock at r(x, random(x)) <= t(x);
         by
         in r",
    );
}

#[test]
fn any_is_a_choice() {
    check(
        "static input table offer(item: string, shop: string);
         output view pick(item: string, shop: string);
         pick(i, any(s)) <= offer(i, s);",
        "pick order-dependent
         choice at pick(i, any(s)) <= offer(i, s);
         by offer -> pick
         in pick",
    );
}

#[test]
fn the_best_by_a_number_is_none() {
    check(
        "input table offer(item: string, shop: string, price: int);
         output view pick(item: string, shop: string);
         pick(i, arg_min(s, p)) <= offer(i, s, p);",
        "pick converging",
    );
}

#[test]
fn the_elements_of_one_message() {
    check(
        "input event order(id: int, items: list<string>);
         output event line(id: int, item: string);
         output event size(id: int, items: list<string>, n: int);
         line(i, x) <= order(i, xs), x in xs;
         size(i, xs, count()) <= order(i, xs), x in xs;",
        "line fleeting
         size fleeting",
    );
}

#[test]
fn the_elements_of_all_messages_of_a_tick() {
    check(
        "input event order(id: int, items: list<string>);
         output event size(n: int);
         size(count()) <= order(i, xs), x in xs;",
        "size order-dependent
         batching at size(count()) <= order(i, xs), x in xs;
         by order -> size
         in size",
    );
}

#[test]
fn the_host_may_change_its_own_table() {
    check(
        "mutable input table limit(name: string => n: int);
         output view over(name: string);
         over(k) <= limit(k, n), n > 5;",
        "over converging",
    );
}

#[test]
fn the_host_deletes_what_rules_put_in() {
    check(
        "input event add(name: string);
         mutable input table names(name: string);
         output view all(name: string);
         names(x) <= add(x);
         all(x) <= names(x);",
        "all order-dependent
         overwrite at names(x) <= add(x);
         by add -> names
         in all",
    );
}

#[test]
fn who_sent_a_message() {
    check(
        "role Client; role Server;
         input event go(x: int) on Client;
         channel hello(x: int) on Server from Client;
         output table seen(x: int, who: Client) on Server;
         hello@s(x) <~ go(x), Server(s);
         seen(x, sender) <= hello(x);",
        "seen growing",
    );
}

#[test]
fn the_node_s_reports() {
    check(
        "input event go(x: int);
         output event bad(what: string);
         output event half(x: int);
         half(10 / x) <= go(x);
         bad(v) <= floret::error(_, _, v);",
        "bad order-dependent
         half fleeting
         batching at bad(v) <= floret::error(_, _, v);
         by floret::error -> bad
         in bad",
    );
}

#[test]
fn a_lossy_channel_loses_what_is_sent_once() {
    check(
        "role Client; role Server;
         input event set(key: string) on Client;
         channel put(key: string) on Server lossy;
         output table kept(key: string) on Server;
         put@s(k) <~ set(k), Server(s);
         kept(k) <= put(k);",
        "kept order-dependent
         loss at put@s(k) <~ set(k), Server(s);
         by set -> put
         in kept",
    );
}

#[test]
fn what_grows_is_sent_again_and_again() {
    let lossy = |rule: &str| {
        format!(
            "role Client; role Server;
             input table want(key: string) on Client;
             static input table never(key: string) on Client;
             timer beat every 1s on Client;
             channel ask(key: string) on Server lossy;
             output table asked(key: string) on Server;
             {rule}
             asked(k) <= ask(k);"
        )
    };
    check(&lossy("ask@s(k) <~ beat(_), want(k), Server(s);"), "asked growing");
    // Once, when it becomes true.
    check(
        &lossy("ask@s(k) <~ want(k), Server(s);"),
        "asked order-dependent
         loss at ask@s(k) <~ want(k), Server(s);
         by want -> ask
         in asked",
    );
    // A gate, even one that never closes, is not looked through.
    check(
        &lossy("ask@s(k) <~ beat(_), want(k), !never(k), Server(s);"),
        "asked order-dependent
         loss at ask@s(k) <~ beat(_), want(k), !never(k), Server(s);
         by want -> ask
         in asked",
    );
}

#[test]
fn who_is_up_is_the_runs_choice() {
    check(
        "role R;
         output table gone(n: R) on R;
         gone(n) <= floret::peer(n, false);",
        "gone order-dependent
         loss at gone(n) <= floret::peer(n, false);
         by floret::peer -> gone
         in gone",
    );
}
