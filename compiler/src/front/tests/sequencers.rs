//! Channels `ordered via` a role: what is refused, and what is written out for them. By hand.

use floret_ir::print;

use super::run;

/// The titles of everything found in a program with these statements.
#[track_caller]
fn says(statements: &str, expected: &[&str]) {
    let text = format!("role P; role Q; role S; input event e(k: int, x: int) on P; {statements}");
    let (_, found) = run(&text);
    let titles: Vec<&str> = found.iter().map(|found| found.title.as_str()).collect();
    assert_eq!(titles, expected, "{statements}");
}

#[test]
fn declarations() {
    says("channel c(k: int) on Q ordered via S;", &[]);
    says("channel c(k: int) on Q ordered via Q;", &[]);
    says("on Q { channel c(k: int) from P ordered via S; }", &[]);
    says("channel c(k: int) on Q ordered via T;", &["there is no role `T`"]);
    says("channel c(k: int) on Q ordered via S ordered via P;", &["`c` is ordered by two roles"]);
    says(
        "channel c(k: int) on Q ordered via S sealed by k from P;",
        &["`c` is both sealed and ordered via `S`"],
    );
    says("channel c(k: int) on Q ordered via S lossy;", &["a channel can't be both `ordered` and `lossy`"]);
    says("table c(k: int) on Q ordered via S;", &["`ordered` is for channels, and `c` is none"]);
    says("channel c(k: int) ordered via S;", &["at which role does the channel `c` live?"]);
}

#[test]
fn rules_that_do_not_fit() {
    let with = |rule: &str| format!("channel c(k: int, x: int) on Q from P ordered via S; {rule}");
    says(&with("c@q(k, x) <~ e(k, x), Q(q);"), &[]);
    says(&with("c@q(k) <~ e(k, _), Q(q);"), &["`c` has 2 columns, but 1 is given"]);
    says(&with("c@q(k, q) <~ e(k, _), Q(q);"), &["column `x` of `c` is `int`, not `Q`"]);
    says(
        &with("input event f(k: int) on S; c@q(k, k) <~ f(k), Q(q);"),
        &["only a P may send to `c`, not a S"],
    );
    says(
        &with("c@q(k, x) <~ e(k, x), Q(q); from(k, sender) <= c(k, _);"),
        &["a rule over `c` can't ask for the `sender`"],
    );
    // It names something itself.
    says(&with("c@q(k, x) <~ e(k, x), Q(q); from(sender) <= c(sender, _);"), &[]);
}

#[test]
fn a_key_is_settled_by_the_sequencer() {
    says(
        "channel c(k: int => x: int) on Q ordered via S; c@q(k, x) <~ e(k, x), Q(q);",
        &["`c` may get two different rows for one key"],
    );
    says("channel c(k: int => x: max<int>) on Q ordered via S; c@q(k, x) <~ e(k, x), Q(q);", &[]);
}

/// The channels with their promises and senders, and the rules, of a program.
fn written_out(statements: &str) -> Vec<String> {
    let text = format!("role P; role Q; role S; input event e(k: int, x: int) on P; {statements}");
    let (program, found) = run(&text);
    assert!(found.is_empty(), "{found:#?}");
    let channels = program.relations.iter().filter(|relation| relation.is_channel());
    let channels: Vec<String> = channels.map(|channel| print::relation(channel, &program)).collect();
    let rules: Vec<String> = program.rules.iter().map(|rule| print::rule(rule, &program)).collect();
    channels.into_iter().chain(rules).collect()
}

#[test]
fn what_goes_to_all_is_sent_once() {
    assert_eq!(
        written_out("channel c(x: int) on Q ordered via S; c@q(x) <~ e(_, x), Q(q);"),
        [
            "channel c(x: int) on Q from S ordered",
            "channel $c::via(x: int) on S ordered",
            "$c::via@S[0](x) <~ e(_, x)",
            "c@$to(x) <~ $c::via(x), Q($to)",
        ]
    );
}

#[test]
fn what_goes_to_one_says_to_which() {
    let addressed =
        ["channel c(x: int) on Q from S ordered", "channel $c::via($to: Q, x: int) on S from P ordered"];
    let relay = "c@$to(x) <~ $c::via($to, x)";
    let program = |rule: &str| format!("channel c(x: int) on Q from P ordered via S; {rule}");
    let mut expected: Vec<&str> = addressed.to_vec();
    expected.extend(["$c::via@S[0](Q[k], x) <~ e(k, x)", relay]);
    assert_eq!(written_out(&program("c@Q[k](x) <~ e(k, x);")), expected);
    // The receiver matters elsewhere: not all get the same.
    let mut expected: Vec<&str> = addressed.to_vec();
    expected.extend(["$c::via@S[0](q, x) <~ e(_, x), Q(q), q != Q[0]", relay]);
    assert_eq!(written_out(&program("c@q(x) <~ e(_, x), Q(q), q != Q[0];")), expected);
    // One rule of two does.
    let mut expected: Vec<&str> = addressed.to_vec();
    expected.extend(["$c::via@S[0](q, x) <~ e(_, x), Q(q)", "$c::via@S[0](Q[0], k) <~ e(k, _)", relay]);
    assert_eq!(written_out(&program("c@q(x) <~ e(_, x), Q(q); c@Q[0](k) <~ e(k, _);")), expected);
}

#[test]
fn names_of_constants_and_of_the_sender_are_no_variables() {
    let written = written_out(
        "const x = 3; channel c(x: int, sender: int) on Q ordered via S; c@q(k, k) <~ e(k, _), Q(q);",
    );
    assert_eq!(written.last().unwrap(), "c@$to($x, $sender) <~ $c::via($x, $sender), Q($to)");
}

#[test]
fn a_rule_at_several_places_sends_from_the_last_one() {
    assert_eq!(
        written_out(
            "table kv(k: int, v: int) on S; channel c(v: int) on Q ordered via P;
             c@Q[0](v) <~ e(k, _), kv@S[k](k, v);"
        ),
        [
            "channel c(v: int) on Q from P ordered",
            "channel $rule1_1(k: int) on S",
            "channel $c::via($to: Q, v: int) on P ordered",
            "$rule1_1@S[k](k) <~ e(k, _)",
            "$c::via@P[0](Q[0], v) <~ $rule1_1(k), kv(k, v)",
            "c@$to(v) <~ $c::via($to, v)",
        ]
    );
}

#[test]
fn messages_speak_of_the_channel() {
    let (_, found) = run("role P; role Q; input event e(k: int, x: int) on P;
         channel c(k: int => x: int) on Q ordered via Q; c@q(k, x) <~ e(k, x), Q(q);");
    let [found] = &found[..] else { panic!("{found:#?}") };
    let shown = format!("{found:?}");
    assert!(!shown.contains("$c"), "{shown}");
}
