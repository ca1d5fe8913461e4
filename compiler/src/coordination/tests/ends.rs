//! Sealed inputs, channels that are sealed as a whole, and seals that nobody wrote. By hand from COORDINATION's tables.

use super::check;

/// A word count: `rules` between the lines and the channel of words.
fn words(line: &str, rules: &str) -> String {
    format!(
        "role Mapper; role Reducer;
         {line}
         channel word(n: int, w: string) on Reducer sealed from Mapper;
         output table counted(w: string, n: int) on Reducer;
         {rules}
         counted(w, count()) <= word(_, w);"
    )
}

const LINE: &str = "input event line(n: int, w: string) on Mapper sealed;";
const SENDS: &str = "word@Reducer[hash(w)](n, w) <~ line(n, w);";

#[test]
fn what_comes_of_sealed_inputs_seals_itself() {
    check(&words(LINE, SENDS), "counted growing");
    check(&words("input table line(n: int, w: string) on Mapper sealed;", SENDS), "counted growing");
    check(&words("static input table line(n: int, w: string) on Mapper;", SENDS), "counted growing");
    // Through an event, a view, and a table that remembers.
    check(
        &words(
            LINE,
            "said(n, w) <= line(n, w), n > 0; table long(w: string) on Mapper; long(w) <= said(_, w), len(w) > 3;
             v(w) <= long(w); word@Reducer[hash(w)](0, w) <~ v(w);",
        ),
        "counted growing",
    );
    // Of two inputs, which are joined.
    check(
        &words(
            "input event line(n: int, w: string) on Mapper sealed; input table known(w: string) on Mapper sealed;
             table lines(n: int, w: string) on Mapper;",
            "lines(n, w) <= line(n, w); word@Reducer[hash(w)](n, w) <~ lines(n, w), known(w);",
        ),
        "counted growing",
    );
}

#[test]
fn what_is_counted_at_the_end_can_be_sent_on() {
    let program = |line: &str, sends: &str| {
        format!(
            "role Mapper; role Reducer;
             {line}
             channel part(w: string, n: int, by: Mapper) on Reducer sealed from Mapper;
             output view total(w: string, n: int) on Reducer;
             n(w, count()) <= line(_, w);
             {sends}
             total(w, sum(n)) <= part(w, n, _);"
        )
    };
    let sends = "part@Reducer[hash(w)](w, n, self) <~ n(w, n);";
    check(&program(LINE, sends), "total growing");
    // The same by hand.
    let seal = format!("{sends} seal part@r() <~ line::sealed(), Reducer(r);");
    check(&program(LINE, &seal), "total growing");
    // At any time, and not at the end. (What is sent then is an early verdict, too, and is inherited.)
    check(
        &program(
            "input table line(n: int, w: string) on Mapper;
             input event stop(x: int) on Mapper;",
            "part@Reducer[hash(w)](w, n, self) <~ n(w, n); seal part@r() <~ stop(_), Reducer(r);",
        ),
        "total order-dependent
         early verdict at seal part@r() <~ stop(_), Reducer(r);
         by line -> n -> $part::closed
         in total",
    );
}

#[test]
fn a_seal_that_is_given_earlier_is_early() {
    check(
        &words(
            "input event line(n: int, w: string) on Mapper sealed; input event stop(x: int) on Mapper;",
            "word@Reducer[hash(w)](n, w) <~ line(n, w); seal word@r() <~ stop(_), Reducer(r);",
        ),
        "counted order-dependent
         early verdict at seal word@r() <~ stop(_), Reducer(r);
         by line -> $word::closed
         in counted",
    );
    // What is there a tick later comes after the end.
    check(
        &words(
            LINE,
            "table later(n: int, w: string) on Mapper; later(n, w) <+ line(n, w);
             word@Reducer[hash(w)](n, w) <~ later(n, w);",
        ),
        "counted order-dependent
         early verdict at word
         by line -> later -> $word::closed
         in counted",
    );
}

#[test]
fn rows_that_come_through_views_are_seen_whatever_is_declared_first() {
    // `late` is inferred after all that is written out for the channel.
    check(
        "role Client; role Server;
         static input table over(cart: int) on Client; input table more(cart: int, item: int) on Client;
         channel line(cart: int, client: Client, item: int) on Server sealed by cart, client from Client;
         output table size(cart: int, client: Client, n: int) on Server;
         line@s(c, self, i) <~ late(c, i), Server(s);
         seal line@s(c, self) <~ over(c), Server(s);
         size(c, f, count()) <= line(c, f, _);
         late(c, i) <= more(c, i);",
        "size order-dependent
         early verdict at seal line@s(c, self) <~ over(c), Server(s);
         by more -> late -> $line::closed
         in size",
    );
}

#[test]
fn tables_that_remember_are_complete_by_key() {
    let program = |rules: &str| {
        format!(
            "role Voter; role Coord;
             static input table cast(ballot: int, x: int) on Voter;
             input table known(x: int) on Coord;
             channel vote(ballot: int, x: int) on Coord sealed by ballot from Voter;
             vote@Coord[0](b, x) <~ cast(b, x);
             seal vote@Coord[0](b) <~ cast(b, _);
             table votes(ballot: int, x: int) on Coord;
             output view n(b: int, n: int) on Coord;
             {rules}"
        )
    };
    let keeps = "votes(b, x) <= vote(b, x);";
    check(&program(&format!("{keeps} n(b, count()) <= votes(b, _), vote::sealed(b);")), "n growing");
    check(&program(&format!("{keeps} n(b, count()) <= votes(b, _);")), "n converging");
    // So is a view of them, which takes nothing back; one that may is not.
    let view = |rule: &str| {
        program(&format!("{keeps} v(b, x) <= {rule}; n(b, count()) <= v(b, _), vote::sealed(b);"))
    };
    check(&view("votes(b, x), x > 0"), "n growing");
    check(&view("votes(b, x), !votes(b, 7)"), "n converging");
    check(&view("votes(b, x), known(x)"), "n converging");
    check(&program(&format!("{keeps} n(b, count()) <= votes(b, _), vote::sealed(1);")), "n converging");
    // Something else gets in.
    check(
        &program(&format!("{keeps} votes(1, x) <= known(x); n(b, count()) <= votes(b, _), vote::sealed(b);")),
        "n converging",
    );
    // A tick later it is not there yet when the ballot is sealed.
    check(
        &program("votes(b, x) <+ vote(b, x); n(b, count()) <= votes(b, _), vote::sealed(b);"),
        "n converging",
    );
    // The key is another column's.
    check(
        &program("votes(x, b) <= vote(b, x); n(b, count()) <= votes(b, _), vote::sealed(b);"),
        "n converging",
    );
}

#[test]
fn what_an_input_never_said_is_known_at_its_end() {
    let program = |rules: &str| {
        format!(
            "input event came(x: int) sealed; static input table all(x: int); input table some(x: int);
             {rules}"
        )
    };
    check(&program("output table missing(x: int); missing(x) <= all(x), !came(x);"), "missing growing");
    check(
        &program(
            "table seen(x: int); seen(x) <= came(x);
                  output table missing(x: int); missing(x) <= all(x), !seen(x), came::sealed();",
        ),
        "missing growing",
    );
    check(&program("output view n(n: int); n(count()) <= came(x), some(x);"), "n converging");
}

#[test]
fn a_keyed_channel_is_sealed_at_the_end_by_keys_that_are_known() {
    check(
        "role Shop; role Office;
         static input table month(m: int) on Shop;
         input event sale(m: int, item: int) on Shop sealed;
         channel sold(m: int, shop: Shop, item: int) on Office sealed by m from Shop;
         output table report(m: int, n: int) on Office;
         sold@Office[0](m, self, i) <~ sale(m, i);
         seal sold@Office[0](m) <~ month(m), sale::sealed();
         report(m, count()) <= sold(m, _, _);",
        "report growing",
    );
}
