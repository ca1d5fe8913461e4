//! Bodies at several places: the chains that come out, and what can't be split. Written by hand.

use expect_test::expect;

use super::{check, program};

const KV: &str = "
role Client; role Server;
channel get(key: string) on Client;
channel reply(key: string, val: string) on Client;
table kv(key: string => val: string) on Server;
table blocked(val: string) on Client;
table owner(key: string, node: Server) on Client;
table copy(val: string, where: Server) on Server;
";

/// The rules of a program.
fn rules(text: &str, expected: expect_test::Expect) {
    let program = super::clean(&format!("{KV}{text}"));
    let mut lines = String::new();
    for line in floret_ir::print::program(&program).lines() {
        let generated = line.starts_with("channel $");
        if generated || line.contains("//") {
            lines.push_str(line);
            lines.push('\n');
        }
    }
    expected.assert_eq(&lines);
}

#[test]
fn a_remote_table_is_asked_by_a_message() {
    rules(
        "reply@c(k, v) <~ get@c(k), kv@Server[hash(k)](k, v);",
        expect![[r#"
        channel $rule1_1(c: Client, k: string) on Server;
        $rule1_1@Server[hash(k)](c, k) <~ get(k), let c = self;  // rule 0 at Client
        reply@c(k, v) <~ $rule1_1(c, k), kv(k, v);  // rule 1 at Server
    "#]],
    );
}

#[test]
fn places_are_visited_as_data_flows() {
    // Written backwards; the negation goes back to the client, and the condition runs where it first can.
    rules(
        "reply@c(k, v) <~ !blocked@c(v), copy@s(v, s), v != k, kv@s(k, v), owner@c(k, s), get@c(k);",
        expect![[r#"
            channel $rule1_1(c: Client, k: string, s: Server) on Server;
            channel $rule1_2(c: Client, k: string, v: string) on Client;
            $rule1_1@s(c, k, s) <~ owner(k, s), get(k), let c = self;  // rule 0 at Client
            $rule1_2@c(c, k, v) <~ $rule1_1(c, k, s), copy(v, s), kv(k, v), v != k;  // rule 1 at Server
            reply@c(k, v) <~ $rule1_2(c, k, v), !blocked(v);  // rule 2 at Client
        "#]],
    );
}

#[test]
fn self_and_now_are_those_of_the_rules_own_node() {
    rules(
        "channel seen(by: Client, same: bool, from: Server) on Server;
         seen@Server[0](self, now() == now(), s) <~ get(k), owner(k, s), kv@s(k, _), copy@s(_, w), kv@w(_, to_string(k));",
        expect![[r#"
            channel $rule1_1($now: time, $self: Client, k: string, s: Server) on Server;
            channel $rule1_2($now: time, $self: Client, k: string, s: Server) on Server;
            $rule1_1@s($now, $self, k, s) <~ get(k), owner(k, s), let $self = self, let $now = $clock, $clock($clock, _);  // rule 0 at Client
            $rule1_2@w($now, $self, k, s) <~ $rule1_1($now, $self, k, s), kv(k, _), copy(_, w);  // rule 1 at Server
            seen@Server[0]($self, $now == $now, s) <~ $rule1_2($now, $self, k, s), kv(_, $arg0), $arg0 == to_string(k);  // rule 2 at Server
        "#]],
    );
}

#[test]
fn all_members_are_asked() {
    rules(
        "reply(k, v) <~ get(k), Server(s), kv@s(k, v);",
        expect![[r#"
        channel $rule1_1($self: Client, k: string) on Server;
        $rule1_1@s($self, k) <~ get(k), Server(s), let $self = self;  // rule 0 at Client
        reply@$self(k, v) <~ $rule1_1($self, k), kv(k, v);  // rule 1 at Server
    "#]],
    );
}

#[test]
fn one_place_is_no_message() {
    rules(
        "table asked(key: string, by: Client) on Client;
         asked(k, c) <= get@c(k);
         asked(k, self) <= get@Client[0](k), owner@Client[0](k, _);
         first(k, count()) <= get@c(k), let me = c;",
        expect![[r#"
            asked(k, c) <= get(k), let c = self;  // rule 0 at Client
            asked(k, self) <= get(k), owner(k, _), self == Client[0];  // rule 1 at Client
            first(k, count()) <= get(k), let c = self, let me = c;  // rule 2 at Client
        "#]],
    );
}

#[test]
fn rules_keep_their_numbers() {
    rules(
        "found(k) <= owner(k, _);
         reply@c(k, v) <~ get@c(k), kv@Server[0](k, v);
         known(k) <= found(k);",
        expect![[r#"
            channel $rule2_1(c: Client, k: string) on Server;
            found(k) <= owner(k, _);  // rule 0 at Client
            $rule2_1@Server[0](c, k) <~ get(k), let c = self;  // rule 1 at Client
            known(k) <= found(k);  // rule 2 at Client
            reply@c(k, v) <~ $rule2_1(c, k), kv(k, v);  // rule 3 at Server
        "#]],
    );
}

#[test]
fn what_cannot_be_split_is_refused() {
    check(
        &format!(
            "{KV}
v(k) <= get(k), kv@Server[0](k, _);
reply@c(k, max(v)) <~ get@c(k), kv@Server[0](k, v);
reply@c(k, v) <~ owner@c(k, s), kv@s(k, v);
reply(k, v) <~ owner(k, s), kv@s(k, v);
reply@c(k, v) <~ get@c(k), kv@s(k, v);
reply@c(k, v) <~ get@c(k), kv@(\"here\")(k, v);
reply@c(k, v) <~ get@c(k), kv@Server[0](k, v), x == v;
reply@c(k, v) <~ get@c(k), kv@Server[0](k, v), blocked@Server[0](v);
reply@c(k, v) <~ get@c(k), kvs@Server[0](k, v);"
        ),
        expect![[r#"
            error: `<=` can't read `kv` at another node [remote-read]
              ! 10:17 'kv@Server[0](k, _)' this is at another node than the rest of the body
              - 10:6 '<=' `<=` stays at its node
              note: what is elsewhere is known only by messages, later
              help: declare a channel and fill it with `<~` from this body; then read the channel
            error: an aggregate counts what is at one node, and this body is at several [aggregate-over-places]
              ! 11:12 'max(v)' over what is at several nodes
              - 11:33 'kv@Server[0](k, v)' this is at another node than the body's beginning
              help: send the rows to one node with `<~`, keep them in a table, and aggregate there
            error: it is not clear when this body at several places is to be asked [nothing-arrives]
              ! 12:18 'owner@c(k, s)' the rows of `owner` stay (or some of them do)
              ! 12:33 'kv@s(k, v)' the rows of `kv` stay (or some of them do)
              note: each part is read when the message arrives there, so a body over rows that stay would miss rows that come later
              help: begin with an event or channel whose rows ask the question, or send the rows to one node and join them there
            error: it is not clear when this body at several places is to be asked [nothing-arrives]
              ! 13:16 'owner(k, s)' the rows of `owner` stay (or some of them do)
              ! 13:29 'kv@s(k, v)' the rows of `kv` stay (or some of them do)
              note: each part is read when the message arrives there, so a body over rows that stay would miss rows that come later
              help: begin with an event or channel whose rows ask the question, or send the rows to one node and join them there
            error: at which node is `kv` to be read? [unknown-node]
              ! 14:31 's' `s` has no value before this is read
              - 14:28 'kv@s(k, v)' a message goes there with what is known by then
              help: bind `s` at an earlier place of the body; `Role(s)` gives all nodes of a role
            error: the message to `kv` is at Server, so what stands after `@` is a `Server`, not `string` [type-mismatch]
              ! 15:32 '"here"' this is `string`
              - 15:28 'kv@("here")(k, v)' the message to `kv` is at Server
            error: the variable `x` in this condition has no value [unbound-variable]
              ! 16:48 'x' no positive atom and no `let` of this rule binds it
              help: `==` compares; to give `x` a value write `let x = ...`
            error: this body is at two places: Server and Client [two-places]
              ! 17:48 'blocked@Server[0](v)' `blocked` is at Client
              - 17:28 'kv@Server[0](k, v)' the message to `kv` is at Server
              help: in a rule with `<~`, say at which node the second is to be read: `blocked@node(...)`; other rules read what a message brought: send what is needed from Server to Client through a channel, and read the channel there
        "#]],
    );
}

#[test]
fn many_places_are_too_many() {
    let reads: Vec<String> = (0..10_000).map(|at| format!("kv@Server[{at}](k, _)")).collect();
    let text = format!("{KV} reply@c(k, \"\") <~ get@c(k), {};", reads.join(", "));
    let (_, found) = super::run(&text);
    let titles: Vec<&str> = found.iter().map(|found| found.title.as_str()).collect();
    assert_eq!(titles, ["a body at several places has at most 200 literals"]);
}

#[test]
fn programs_with_split_rules_are_whole() {
    program(
        &format!("{KV} reply@c(k, v) <~ get@c(k), kv@Server[hash(k)](k, v);"),
        expect![[r#"
        role Client;
        role Server;
        channel get(key: string) on Client;
        channel reply(key: string, val: string) on Client;
        table kv(key: string => val: string) on Server;
        table blocked(val: string) on Client;
        table owner(key: string, node: Server) on Client;
        table copy(val: string, where: Server) on Server;
        channel $rule1_1(c: Client, k: string) on Server;
        $rule1_1@Server[hash(k)](c, k) <~ get(k), let c = self;  // rule 0 at Client
        reply@c(k, v) <~ $rule1_1(c, k), kv(k, v);  // rule 1 at Server
    "#]],
    );
}
