//! The second verdict of small programs, written by hand from docs/coordination.md ("Crashes").

use super::super::{crashes, lines, told};
use super::analyse;
use crate::driver;
use crate::modules::OneFile;

/// Holds what is said of each output, a line `NAME: WHAT` each, against what was written by hand.
fn check(source: &str, expected: &str) {
    let found = said(source);
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(found, expected);
}

fn said(source: &str) -> Vec<String> {
    // The coordination check is tested elsewhere; here its classes are what the second verdict builds on.
    let checked = driver::check("p.flo", source, &OneFile);
    let (stratified, coordination) = checked.result.expect("it compiles");
    let crashes = crashes(&stratified, &coordination);
    let program = &stratified.program;
    let outputs = program.relations.entries().filter(|(_, relation)| relation.output);
    outputs
        .flat_map(|(id, relation)| {
            let lines = lines(&crashes, program, id).into_iter();
            lines.map(|line| format!("{}: {line}", relation.name)).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn a_program_without_roles_says_nothing() {
    let (program, _) = analyse("input table t(a: int); output view v(a: int); v(a) <= t(a);");
    assert!(!program.has_roles());
    check("input table t(a: int); output view v(a: int); v(a) <= t(a);", "");
}

#[test]
fn a_message_of_a_host_s_event_is_lost_with_its_sender() {
    check(
        "role Client; role Server durable;
         input event set(k: int) on Client;
         channel put(k: int) on Server;
         output table kv(k: int) on Server;
         put@s(k) <~ set(k), Server(s);
         kv(k) <= put(k);",
        "kv: survives a crash of Server
         kv: not proved to survive a crash of Client: a message of `put` is sent once, and lost if the Client that sends it crashes first",
    );
}

#[test]
fn each_life_sends_what_the_host_feeds_again() {
    check(
        "role Client; role Server;
         input table set(k: int) on Client;
         channel put(k: int) on Server;
         output table kv(k: int) on Server;
         put@s(k) <~ set(k), Server(s);
         kv(k) <= put(k);",
        "kv: survives a crash of Client
         kv: not proved to survive a crash of Server: a message of `put` is sent once, and lost with the Server that it is for",
    );
}

#[test]
fn a_beat_sends_it_again() {
    check(
        "role Client; role Server;
         input table set(k: int) on Client;
         channel put(k: int) on Server;
         timer beat every 1s on Client;
         output table kv(k: int) on Server;
         put@s(k) <~ beat(_), set(k), Server(s);
         kv(k) <= put(k);
         n(count()) <= kv(_);
         output n;",
        "kv: survives a crash of Client, Server
         n: survives a crash of Client, Server",
    );
}

#[test]
fn what_is_sent_at_once_and_at_every_beat_counts_as_the_beat_s() {
    let source = |again: &str| {
        format!(
            "role Client; role Server;
             input table set(k: int, v: int) on Client;
             channel put(k: int, v: int) on Server;
             timer beat every 1s on Client;
             output table kv(k: int, v: int) on Server;
             put@s(k, v) <~ set(k, v), Server(s);
             {again}
             kv(k, v) <= put(k, v);"
        )
    };
    check(
        &source("put@to(key, val) <~ beat(_), Server(to), set(key, val);"),
        "kv: survives a crash of Client, Server",
    );
    // Only some rows come again.
    check(
        &source("put@s(k, v) <~ beat(_), set(k, v), Server(s), v > 1;"),
        "kv: survives a crash of Client
         kv: not proved to survive a crash of Server: a message of `put` is sent once, and lost with the Server that it is for",
    );
}

/// Once it is acknowledged, nobody sends it again.
#[test]
fn a_retry_until_it_is_acknowledged_is_no_retry_after_a_crash() {
    check(
        "role Client; role Server;
         input table set(k: int) on Client;
         channel put(k: int, by: Client) on Server;
         channel ack(k: int) on Client;
         table acked(k: int) on Client;
         timer beat every 1s on Client;
         output table kv(k: int) on Server;
         put@s(k, self) <~ set(k), Server(s);
         put@s(k, self) <~ beat(_), set(k), !acked(k), Server(s);
         kv(k) <= put(k, _);
         ack@c(k) <~ put(k, c);
         acked(k) <= ack(k);",
        "kv: survives a crash of Client
         kv: not proved to survive a crash of Server: a message of `put` is sent once, and lost with the Server that it is for",
    );
}

#[test]
fn a_host_s_event_was_seen_and_a_table_forgets_it() {
    check(
        "role Node;
         input event req(k: int) on Node;
         output event done(k: int) on Node;
         output table all(k: int) on Node;
         output event later(k: int) on Node;
         done(k) <= req(k);
         all(k) <= req(k);
         later(k) <+ req(k);",
        "done: survives a crash of Node
         all: not proved to survive a crash of Node: a Node loses `all`, which is filled by what comes once
         later: not proved to survive a crash of Node: a Node loses the rows of `later` that are for its next tick",
    );
}

#[test]
fn what_a_host_changes_is_lost() {
    check(
        "role Node; role Other;
         mutable input table edit(k: int) on Node;
         input table fixed(k: int) on Node;
         output view v(k: int) on Node;
         v(k) <= fixed(k), !edit(k);",
        "v: survives a crash of Other
         v: not proved to survive a crash of Node: a Node loses what the host changed in `edit`",
    );
}

#[test]
fn facts_and_static_inputs_are_read_again() {
    check(
        "role Node; role Other;
         static input table edge(a: int, b: int) on Node;
         table start(a: int) on Node;
         start(1);
         output view reach(a: int) on Node;
         output view n(a: int) on Node;
         channel tell(a: int) on Other;
         output table told(a: int) on Other;
         reach(a) <= start(a);
         reach(b) <= reach(a), edge(a, b);
         n(count()) <= edge(_, _);
         tell@o(a) <~ reach(a), Other(o);
         told(a) <= tell(a);",
        "reach: survives a crash of Node, Other
         n: survives a crash of Node, Other
         told: survives a crash of Node
         told: not proved to survive a crash of Other: a message of `tell` is sent once, and lost with the Other that it is for",
    );
}

#[test]
fn a_sealed_channel_is_counted_anew() {
    check(
        "role Voter; role Coord; role Other;
         static input table cast(b: int, x: string) on Voter;
         static input table over(b: int) on Voter;
         channel votes(b: int, x: string, voter: Voter) on Coord sealed by b from Voter;
         votes@c(b, x, self) <~ cast(b, x), Coord(c);
         seal votes@c(b) <~ over(b), Coord(c);
         n(b, x, count()) <= votes(b, x, _);
         output n;",
        "n: survives a crash of Other
         n: not proved to survive a crash of Voter: `votes` is sealed, and a Voter that comes back counts anew
         n: not proved to survive a crash of Coord: `votes` is sealed, and a Coord that comes back counts anew",
    );
    check(
        "role Voter durable; role Coord durable;
         static input table cast(b: int, x: string) on Voter;
         static input table over(b: int) on Voter;
         channel votes(b: int, x: string, voter: Voter) on Coord sealed by b from Voter;
         votes@c(b, x, self) <~ cast(b, x), Coord(c);
         seal votes@c(b) <~ over(b), Coord(c);
         n(b, x, count()) <= votes(b, x, _);
         output n;",
        "n: survives a crash of Voter, Coord",
    );
}

#[test]
fn what_depends_on_order_survives_only_what_it_does_not_touch() {
    check(
        "role Client; role Server durable; role Reader;
         input event set(k: int, v: int) on Client;
         channel put(k: int, v: int) on Server;
         output table kv(k: int => v: int) on Server;
         input event ask(k: int) on Reader;
         input table here(k: int) on Reader;
         output event found(k: int) on Reader;
         put@Server[hash(k)](k, v) <~ set(k, v);
         kv(k, max(v)) <+- put(k, v);
         found(k) <= ask(k), here(k);",
        "kv: survives a crash of Server, Reader
         kv: not proved to survive a crash of Client: it depends on the order of messages, and on `set` of a Client
         found: survives a crash of Client, Server
         found: not proved to survive a crash of Reader: it depends on the order of messages, and on what is at a Reader",
    );
}

#[test]
fn what_hears_of_crashes_depends_on_them() {
    check(
        "role Watcher durable; role Watched; role Other durable;
         output table down(n: Watched) on Watcher;
         down(n) <= floret::peer(n, false);",
        "down: survives a crash of Watcher, Other
         down: not proved to survive a crash of Watched: it depends on the order of messages, and on `floret::peer`, which tells of crashes",
    );
}

#[test]
fn a_message_to_oneself_is_sent_by_each_life_and_one_to_a_peer_is_not() {
    check(
        "role Node;
         input table feed(k: int) on Node;
         channel own(k: int) on Node;
         channel all(k: int) on Node;
         output table mine(k: int) on Node;
         output table ours(k: int) on Node;
         own@self(k) <~ feed(k);
         all@n(k) <~ feed(k), Node(n);
         mine(k) <= own(k);
         ours(k) <= all(k);",
        "mine: survives a crash of Node
         ours: not proved to survive a crash of Node: a message of `all` is sent once, and lost with the Node that it is for",
    );
}

#[test]
fn gossip_on_a_lossy_channel_brings_back_what_others_have_been_told() {
    // What a host says once is lost with the node that it was said to.
    check(
        "role Member;
         input event hear(k: int) on Member;
         input table know(k: int) on Member;
         channel rumour(k: int) on Member lossy;
         timer beat every 1s on Member;
         table heard(k: int) on Member;
         output table known(k: int) on Member;
         rumour@m(k) <~ beat(_), known(k), Member(m);
         known(k) <= know(k);
         known(k) <= rumour(k);
         heard(k) <= hear(k);
         output heard;",
        "heard: not proved to survive a crash of Member: a Member loses `heard`, which is filled by what comes once
         known: survives a crash of Member",
    );
}

#[test]
fn a_loss_reaches_a_view_by_negation() {
    check(
        "role Client; role Server;
         input event drop(k: int) on Client;
         channel gone(k: int) on Server;
         static input table all(k: int) on Server;
         table dropped(k: int) on Server;
         output view left(k: int) on Server;
         gone@Server[0](k) <~ drop(k);
         dropped(k) <= gone(k);
         left(k) <= all(k), !dropped(k);",
        "left: not proved to survive a crash of Client: a message of `gone` is sent once, and lost if the Client that sends it crashes first
         left: not proved to survive a crash of Server: a message of `gone` is sent once, and lost with the Server that it is for",
    );
}

#[test]
fn a_question_asked_elsewhere_is_lost_with_who_asks_and_who_is_asked() {
    check(
        "role Client; role Server; role Third durable;
         input event get(k: int) on Client;
         static input table kv(k: int, v: int) on Server;
         output event reply(k: int, v: int) on Client;
         channel answer(k: int, v: int) on Client;
         answer@c(k, v) <~ get@c(k), kv@Server[hash(k)](k, v);
         reply(k, v) <= answer(k, v);",
        "reply: survives a crash of Third
         reply: not proved to survive a crash of Client: a message of what a rule sends to read elsewhere is sent once, and lost if the Client that sends it crashes first
         reply: not proved to survive a crash of Server: a message of what a rule sends to read elsewhere is sent once, and lost with the Server that it is for",
    );
}

#[test]
fn a_relay_keeps_what_comes_again() {
    let source = |send: &str| {
        format!(
            "role Source durable; role Relay; role Sink durable;
             input event item(k: int) on Source;
             table items(k: int) on Source;
             timer beat every 1s on Source;
             channel up(k: int) on Relay;
             channel down(k: int) on Sink;
             output table got(k: int) on Sink;
             items(k) <= item(k);
             {send}
             down@s(k) <~ up(k), Sink(s);
             got(k) <= down(k);"
        )
    };
    check(&source("up@r(k) <~ beat(_), items(k), Relay(r);"), "got: survives a crash of Source, Relay, Sink");
    check(
        &source("up@r(k) <~ items(k), Relay(r);"),
        "got: survives a crash of Source, Sink
         got: not proved to survive a crash of Relay: a message of `up` is sent once, and lost with the Relay that it is for",
    );
}

const TOLD: &str = "role Client;
role Server;
input table set(k: int) on Client;
input event also(k: int) on Client;
channel put(k: int) on Server;
timer beat every 1s on Client;
table kept(k: int) on Client;
table kv(k: int) on Server;
output view n(count: int) on Server;
put@s(k) <~ beat(_), set(k), Server(s);
put@s(k) <~ beat(_), kept(k), Server(s);
kept(k) <= also(k);
kv(k) <= put(k);
n(count()) <= kv(_);
";

/// Written by hand.
#[test]
fn the_way_is_told_rule_by_rule() {
    let checked = driver::check("p.flo", TOLD, &OneFile);
    let (stratified, coordination) = checked.result.unwrap();
    let crashes = crashes(&stratified, &coordination);
    let n = stratified.program.relation_named("n").unwrap();
    let expected = "\
is not proved to survive a crash of Client: a Client loses `kept`, which is filled by what comes once
  p.flo:12: kept(k) <= also(k);
  `kept` goes into `put` by p.flo:11: put@s(k) <~ beat(_), kept(k), Server(s);
  `put` goes into `kv` by p.flo:13: kv(k) <= put(k);
  `kv` goes into `n` by p.flo:14: n(count()) <= kv(_);
survives a crash of Server: what it rests on at a Server comes back
  `put` is sent again at every beat by p.flo:10: put@s(k) <~ beat(_), set(k), Server(s);
";
    assert_eq!(told(&crashes, &stratified.program, &checked.sources, n), expected);
}

/// What comes of a sealed input waits for an end that a node which comes back is not told again.
#[test]
fn a_sealed_input_is_counted_anew() {
    check(
        "role Shop; role Office durable;
         input event sale(id: int, price: int) on Shop sealed;
         channel takings(total: int) on Office;
         output table booked(total: int) on Office;
         output event seen(id: int) on Shop;
         takings@o(sum(p)) <~ sale(_, p), Office(o);
         booked(t) <= takings(t);
         seen(i) <= sale(i, _);",
        "booked: survives a crash of Office
         booked: not proved to survive a crash of Shop: `sale` is sealed, and a Shop that comes back counts anew
         seen: survives a crash of Shop, Office",
    );
}
