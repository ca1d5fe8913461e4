//! Explanations of small programs; what they must say was worked out by hand.

use expect_test::{Expect, expect};

use super::{What, explain};
use crate::modules::OneFile;

const KV: &str = r#"role Client; role Server;
input event get(key: string) on Client;
channel reply(key: string, val: string) on Client;
table kv(key: string => val: string) on Server;
table owner(key: string, node: Server) on Client;
input event stop(key: string) on Server;

reply@c(k, v) <~ get@c(k), kv@Server[hash(k)](k, v);
reply@c(k, v) <~ get@c(k), owner(k, s), kv@s(k, v), v != "";
reply(k, v) <~ get(k), Server(s), kv@s(k, v), !owner@self(k, s);
known(k, count()) <= kv(k, _), Client(c);
kv(k, _) <- stop(k);
channel news(key: string) on Client;
news@c(k) <~ kv(k, "new"), Client(c);
last(v) <= reply(_, v);
output last;
"#;

#[track_caller]
fn check(what: impl Fn(&floret_ir::Program) -> What, expected: Expect) {
    let artifact = crate::driver::compile("kv.flo", KV, &OneFile).artifact.unwrap();
    let what = what(&artifact.stratified.program);
    let text = explain(&artifact.stratified, &artifact.coordination, &artifact.sources, what);
    expected.assert_eq(&text.unwrap());
}

#[test]
fn all_rules() {
    check(
        |_| What::Everything,
        expect![[r#"
        rule 1 (kv.flo:8): reply@c(k, v) <~ get@c(k), kv@Server[hash(k)](k, v);
          1. at Client, for each row of `get`
               let c = self
               sends $rule1_1(c: Client, k: string) to Server[hash(k)]: one message
          2. at Server, for each message `$rule1_1`
               joins `kv` on key = k: at most one row
               sends reply(key: string, val: string) to c: at most one message

        rule 2 (kv.flo:9): reply@c(k, v) <~ get@c(k), owner(k, s), kv@s(k, v), v != "";
          1. at Client, for each row of `get`
               joins `owner` on key = k: any number of rows
               let c = self
               sends $rule2_1(c: Client, k: string) to s: one message for each row of `owner` that fits
          2. at Server, for each message `$rule2_1`
               joins `kv` on key = k: at most one row
               where v != ""
               sends reply(key: string, val: string) to c: at most one message

        rule 3 (kv.flo:10): reply(k, v) <~ get(k), Server(s), kv@s(k, v), !owner@self(k, s);
          1. at Client, for each row of `get`
               for each node of Server
               where `owner` has no owner(k, s)
               let $self = self
               sends $rule3_1($self: Client, k: string) to s: one message for each node of Server (a multicast)
          2. at Server, for each message `$rule3_1`
               joins `kv` on key = k: at most one row
               sends reply(key: string, val: string) to $self: at most one message

        rule 4 (kv.flo:11): known(k, count()) <= kv(k, _), Client(c);
          at Server, for each row of `kv`
            for each node of Client
            fills `known`: one row for each group

        rule 5 (kv.flo:12): kv(k, _) <- stop(k);
          at Server, for each row of `stop`
            deletes at the next tick from `kv`: one row

        rule 6 (kv.flo:14): news@c(k) <~ kv(k, "new"), Client(c);
          at Server, for each row of `kv`, when it becomes true
            for each node of Client
            sends news(key: string) to c: one message for each node of Client (a multicast)

        rule 7 (kv.flo:15): last(v) <= reply(_, v);
          at Client, for each row of `reply`
            fills `last`: one row
    "#]],
    );
}

#[test]
fn one_rule_by_its_number() {
    check(
        |_| What::Rule(5),
        expect![[r#"
        rule 5 (kv.flo:12): kv(k, _) <- stop(k);
          at Server, for each row of `stop`
            deletes at the next tick from `kv`: one row
    "#]],
    );
    let artifact = crate::driver::compile("kv.flo", KV, &OneFile).artifact.unwrap();
    let of =
        |number| explain(&artifact.stratified, &artifact.coordination, &artifact.sources, What::Rule(number));
    assert_eq!((of(0), of(8)), (None, None));
    assert_eq!(super::rule_count(&artifact.stratified.program), 7);
}

#[test]
fn collections_with_their_rules() {
    check(
        |program| What::Collection(program.relation_named("kv").unwrap()),
        expect![[r#"
        table kv(key: string => val: string) on Server;
          stored: its rows stay until something takes them away
          stratum 2 of 11
          order: order-dependent (`<-`: the row is gone only if it was there before)

        rule 5 (kv.flo:12): kv(k, _) <- stop(k);
          at Server, for each row of `stop`
            deletes at the next tick from `kv`: one row
    "#]],
    );
    check(
        |program| What::Collection(program.relation_named("$rule1_1").unwrap()),
        expect![[r#"
        channel $rule1_1(c: Client, k: string) on Server;
          arriving: its rows are there for the tick in which something arrives
          stratum 6 of 11
          order: fleeting (one fleeting atom, the rest static: each row is handled alone)

        rule 1 (kv.flo:8): reply@c(k, v) <~ get@c(k), kv@Server[hash(k)](k, v);
          1. at Client, for each row of `get`
               let c = self
               sends $rule1_1(c: Client, k: string) to Server[hash(k)]: one message
          2. at Server, for each message `$rule1_1`
               joins `kv` on key = k: at most one row
               sends reply(key: string, val: string) to c: at most one message
    "#]],
    );
}

#[test]
fn a_sequenced_rule_goes_on_at_the_sequencer() {
    let source = "role Client; role Replica;
input event set(k: int) on Client;
channel put(k: int) on Replica ordered via Replica;
put@r(k) <~ set(k), Replica(r);
last(max(k)) <= put(k);
";
    let artifact = crate::driver::compile("seq.flo", source, &OneFile).artifact.unwrap();
    let program = &artifact.stratified.program;
    let explained =
        |what| explain(&artifact.stratified, &artifact.coordination, &artifact.sources, what).unwrap();
    assert_eq!(super::rule_count(program), 2);
    expect![[r#"
        rule 1 (seq.flo:4): put@r(k) <~ set(k), Replica(r);
          1. at Client, for each row of `set`
               sends $put::via(k: int) to Replica[0]: one message
          2. at Replica, for each message `$put::via`
               for each node of Replica
               sends put(k: int) to $to: one message for each node of Replica (a multicast)
    "#]]
    .assert_eq(&explained(What::Rule(1)));
    let of_channel = explained(What::Collection(program.relation_named("put").unwrap()));
    let price = "  each row costs 1 + |Replica| messages in 2 rounds; without it |Replica| in 1\n";
    assert!(of_channel.contains(price), "{of_channel}");
}
