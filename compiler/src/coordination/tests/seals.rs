//! Seals: what waits for them, and when a seal comes after all rows of its key. By hand from COORDINATION's tables.

use super::check;

/// A Client's table with a key, whose rows are taken apart, sent and sealed.
fn taken_apart(table: &str, sends: &str, seal: &str) -> String {
    format!(
        "role Client; role Server;
         {table}
         channel line(cart: int, client: Client, item: int) on Server sealed by cart, client from Client;
         output table size(cart: int, client: Client, n: int) on Server;
         {sends}
         {seal}
         size(c, f, count()) <= line(c, f, _);"
    )
}

#[test]
fn one_row_that_the_key_determines_is_complete() {
    let sends = "line@s(c, self, i) <~ order(c, is), i in is, Server(s);";
    let seal = "seal line@s(c, self) <~ order(c, _), Server(s);";
    let table = "input table order(cart: int => items: list<int>) on Client;";
    check(&taken_apart(table, sends, seal), "size growing");
    // Another row of the cart may come: the whole row is the key.
    let set = "input table order(cart: int, items: list<int>) on Client;";
    check(
        &taken_apart(set, sends, seal),
        "size order-dependent
         early verdict at seal line@s(c, self) <~ order(c, _), Server(s);
         by order -> $line::closed
         in size",
    );
    // The row that is there is another cart's.
    check(
        &taken_apart(table, sends, "seal line@s(c + 1, self) <~ order(c, _), Server(s);"),
        "size order-dependent
         early verdict at seal line@s(c + 1, self) <~ order(c, _), Server(s);
         by order -> $line::closed
         in size",
    );
    // Of a message only the whole row says so.
    let event = "input event order(cart: int, item: int) on Client;";
    check(
        &taken_apart(
            event,
            "line@s(c, self, i) <~ order(c, i), Server(s);",
            "seal line@s(c, self) <~ order(c, i), Server(s);",
        ),
        "size order-dependent
         early verdict at seal line@s(c, self) <~ order(c, i), Server(s);
         by order -> $line::closed
         in size",
    );
    check(
        &taken_apart(
            "input event order(cart: int) on Client;",
            "line@s(c, self, 7) <~ order(c), Server(s);",
            "seal line@s(c, self) <~ order(c), Server(s);",
        ),
        "size growing",
    );
}

#[test]
fn what_is_static_is_complete_whatever_seals_it() {
    check(
        &taken_apart(
            "static input table order(cart: int, item: int) on Client; input event over(cart: int) on Client;",
            "line@s(c, self, i) <~ order(c, i), Server(s);",
            "seal line@s(c, self) <~ over(c), Server(s);",
        ),
        "size growing",
    );
}

#[test]
fn every_rule_that_sends_must_be_done() {
    check(
        &taken_apart(
            "static input table order(cart: int, item: int) on Client; input table more(cart: int, item: int) on Client;",
            "line@s(c, self, i) <~ order(c, i), Server(s); line@s(c, self, i) <~ more(c, i), Server(s);",
            "seal line@s(c, self) <~ order(c, _), Server(s);",
        ),
        "size order-dependent
         early verdict at seal line@s(c, self) <~ order(c, _), Server(s);
         by more -> $line::closed
         in size",
    );
}

#[test]
fn a_seal_that_can_come_and_go_is_early_by_itself() {
    check(
        &taken_apart(
            "static input table order(cart: int, item: int) on Client; input table open(cart: int) on Client;",
            "line@s(c, self, i) <~ order(c, i), Server(s);",
            "seal line@s(c, self) <~ order(c, _), !open(c), Server(s);",
        ),
        "size order-dependent
         early verdict at seal line@s(c, self) <~ order(c, _), !open(c), Server(s);
         by open -> $line::closed
         in size",
    );
}

#[test]
fn what_waits_is_growing_and_what_streams_is_as_ever() {
    let program = |rules: &str| {
        format!(
            "role Voter; role Coord;
             static input table cast(ballot: int, x: int) on Voter;
             input table known(x: int) on Coord;
             channel vote(ballot: int, x: int) on Coord sealed by ballot from Voter;
             vote@Coord[0](b, x) <~ cast(b, x);
             seal vote@Coord[0](b) <~ cast(b, _);
             {rules}"
        )
    };
    // Streams: a message.
    check(&program("output event seen(b: int, x: int) on Coord; seen(b, x) <= vote(b, x);"), "seen fleeting");
    check(&program("output view n(b: int, n: int) on Coord; n(b, count()) <= vote(b, _);"), "n growing");
    // The sum is final, and read exactly.
    check(
        &program("output table few(b: int) on Coord; n(b, sum(x)) <= vote(b, x); few(b) <= n(b, s), s < 3;"),
        "few growing",
    );
    check(
        &program("output table missing(b: int, x: int) on Coord; missing(1, x) <= known(x), !vote(1, x);"),
        "missing growing",
    );
    // What else is under the aggregate may still come.
    check(
        &program("output view n(b: int, n: int) on Coord; n(b, count()) <= vote(b, x), known(x);"),
        "n converging",
    );
    check(
        &program("output view n(b: int, n: int) on Coord; n(b, count()) <= vote(b, x), !known(x);"),
        "n converging",
    );
}

/// A step between two sealed channels. `::sealed` is a path here: modules are not expanded.
fn step(seal: &str) -> String {
    format!(
        "role Source; role Middle; role Sink;
         static input table text(batch: int, line: int) on Source;
         channel line(batch: int, line: int) on Middle sealed by batch from Source;
         channel word(batch: int, word: int) on Sink sealed by batch from Middle;
         output table n(batch: int, n: int) on Sink;
         line@Middle[l](b, l) <~ text(b, l);
         seal line@m(b) <~ text(b, _), Middle(m);
         word@Sink[w](b, w) <~ line(b, l), w in [l, l + 1];
         {seal}
         n(b, count()) <= word(b, _);"
    )
}

#[test]
fn seals_are_followed_by_seals() {
    check(&step("seal word@s(b) <~ line::sealed(b), Sink(s);"), "n growing");
    // Another batch's.
    check(
        &step("seal word@s(b) <~ line::sealed(a), let b = a + 1, Sink(s);"),
        "n order-dependent
         early verdict at seal word@s(b) <~ line::sealed(a), let b = a + 1, Sink(s);
         by line -> $word::closed
         in n",
    );
    // A line says nothing of the others.
    check(
        &step("seal word@s(b) <~ line(b, _), Sink(s);"),
        "n order-dependent
         early verdict at seal word@s(b) <~ line(b, _), Sink(s);
         by line -> $word::closed
         in n",
    );
}

#[test]
fn a_view_over_sealed_keys_is_complete_by_key() {
    let program = |rules: &str| {
        format!(
            "role Voter; role Coord;
             static input table cast(ballot: int, x: int) on Voter;
             input table known(x: int) on Coord;
             channel vote(ballot: int, x: int, by: Voter) on Coord sealed by ballot from Voter;
             vote@Coord[0](b, x, self) <~ cast(b, x);
             seal vote@Coord[0](b) <~ cast(b, _);
             n(b, x, count()) <= vote(b, x, _);
             {rules}"
        )
    };
    check(
        &program("output table won(b: int, x: int) on Coord; won(b, arg_max(x, k)) <= n(b, x, k);"),
        "won growing",
    );
    // The groups take several keys together.
    check(
        &program("output view best(x: int, k: int) on Coord; best(x, max(k)) <= n(_, x, k);"),
        "best converging",
    );
    // A view that reads something else may still get rows.
    check(
        &program(
            "output view won(b: int, x: int) on Coord;
             m(b, x, k) <= n(b, x, k), known(x);
             won(b, arg_max(x, k)) <= m(b, x, k);",
        ),
        "won converging",
    );
    // That none voted for it is known when the ballot is sealed.
    check(
        &program(
            "output table unloved(b: int, x: int) on Coord;
             unloved(b, x) <= known(x), vote::sealed(b), !n(b, x, _);",
        ),
        "unloved growing",
    );
    check(
        &program("output view unloved(b: int, x: int) on Coord; unloved(1, x) <= known(x), !n(1, x, _);"),
        "unloved converging",
    );
}

#[test]
fn keys_that_share_a_group_are_sealed_one_after_the_other() {
    check(
        "role Voter; role Coord;
         static input table cast(ballot: int, x: int) on Voter;
         channel vote(ballot: int, x: int) on Coord sealed by ballot from Voter;
         output view ballots(n: int) on Coord;
         output view absent(n: int) on Coord;
         vote@Coord[0](b, x) <~ cast(b, x);
         seal vote@Coord[0](b) <~ cast(b, _);
         ballots(count()) <= vote::sealed(b);
         absent(count()) <= vote::sealed(b), !vote(b, 0);",
        "ballots converging
         absent converging",
    );
}

#[test]
fn a_verdict_that_comes_too_early_can_wait_for_seals() {
    let source = |channel: &str, read: &str| {
        format!(
            "role Voter; role Coord;
             static input table cast(ballot: int, x: int) on Voter;
             {channel}
             table votes(ballot: int, x: int) on Coord;
             output table n(ballot: int, n: int) on Coord;
             vote@Coord[0](b, x) <~ cast(b, x);
             votes(b, x) <= vote(b, x);
             n(b, count()) <= {read}(b, _);"
        )
    };
    let (_, before) = super::analyse(&source("channel vote(ballot: int, x: int) on Coord;", "votes"));
    let ways = before.points.iter().flat_map(|point| &point.ways_out);
    let texts: Vec<&str> = ways.filter(|way| way.remedy.name() == "seal").map(|way| &*way.text).collect();
    assert_eq!(
        texts,
        ["channel vote(ballot: int, x: int) on Coord sealed from Voter;\n\
          n(b, count()) <= votes(b, _), vote::sealed();"]
    );
    check(
        &source("channel vote(ballot: int, x: int) on Coord sealed from Voter;", "vote::sealed(), votes"),
        "n growing",
    );
    let sealed = "channel vote(ballot: int, x: int) on Coord sealed by ballot from Voter;
                  seal vote@r(ballot) <~ cast(ballot, _), Coord(r);";
    check(&source(sealed, "vote"), "n growing");
}
