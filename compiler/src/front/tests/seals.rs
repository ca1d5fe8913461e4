//! Sealed channels that can't be, seals of nothing, and rules that would wait for no key.

use super::run;

/// The titles of everything found in a program with these statements.
#[track_caller]
fn says(statements: &str, expected: &[&str]) {
    let text = format!(
        "role P; role Q; static input table t(k: int, x: int) on P; table kept(k: int, x: int) on Q; {statements}"
    );
    let (_, found) = run(&text);
    let titles: Vec<&str> = found.iter().map(|found| found.title.as_str()).collect();
    assert_eq!(titles, expected, "{statements}");
}

const SEALED: &str = "channel c(k: int, x: int) on Q sealed by k from P;
    c@Q[0](k, x) <~ t(k, x); seal c@Q[0](k) <~ t(k, _);";

#[test]
fn declarations() {
    says("table c(k: int) on Q sealed by k from P;", &["`sealed by` is for channels, and `c` is none"]);
    says("channel c(k: int) on Q sealed by k;", &["nobody seals `c`"]);
    says("channel c(k: int) on Q lossy sealed by k from P;", &["`c` is sealed, and may lose messages"]);
    says("channel c(k: int => x: int) on Q sealed by k from P;", &["`c` is sealed, and has value columns"]);
    says(
        "channel c(k: int) on Q from Q sealed by k from P;",
        &["`c` comes from `Q`, and its seals from `P`"],
    );
    says("channel c(k: int) on Q sealed by k from P sealed by k from P;", &["`c` is sealed twice"]);
    says("channel c(key: int) on Q sealed by k from P;", &["`c` has no column `k`"]);
    says("channel c(k: int) on Q sealed by k from R;", &["there is no role `R`"]);
    says("channel c(k: int) on Q from P sealed by k;", &[]);
    says("on Q { channel c(k: int) sealed by k from P; }", &[]);
}

#[test]
fn seals() {
    says("channel c(k: int) on Q from P; seal c@Q[0](k) <~ t(k, _);", &["`c` is no sealed channel"]);
    says(
        "channel c(k: int, x: int) on Q sealed by k from P; seal c@Q[0](k, x) <~ t(k, x);",
        &["a seal of `c` says which key is complete"],
    );
    says(
        "channel c(k: int, x: int) on Q sealed by k from P; seal c@Q[0](k) <= t(k, _);",
        &["a seal is a message"],
    );
}

#[test]
fn rules_that_wait_say_for_which_key() {
    let with = |rule: &str| format!("{SEALED} {rule}");
    says(&with("n(k, count()) <= c(k, _);"), &[]);
    says(&with("n(1, count()) <= c(1, _);"), &[]);
    says(
        &with("n(count()) <= c(_, _);"),
        &["a rule over `c` waits for the seal of a `k`, and doesn't say which"],
    );
    says(
        &with("n(x, count()) <= c(_, x);"),
        &["a rule over `c` waits for the seal of a `k`, and doesn't say which"],
    );
    says(&with("none(k) <= kept(k, _), !c(k, _);"), &[]);
    says(
        &with("none(k) <= kept(k, x), !c(_, x);"),
        &["a rule over `c` waits for the seal of a `k`, and doesn't say which"],
    );
    says(
        &with("n(k, sender, count()) <= c(k, _);"),
        &["a rule that waits for seals of `c` can't ask for the `sender`"],
    );
    // It streams.
    says(&with("seen(k, sender) <= c(k, _);"), &[]);
    says(&with("named(k, count()) <= c(k: k);"), &[]);
}

#[test]
fn sealed_inputs() {
    says("input event i(x: int) on P sealed; n(count()) <= i(_); m(1) <= !i(1), i::sealed();", &[]);
    says("on P { input table i(x: int) sealed; }", &[]);
    says("table i(x: int) on P sealed;", &["`sealed` is for channels and inputs, and `i` is neither"]);
    says("static input table i(x: int) on P sealed;", &["`i` is static, and sealed"]);
    says("mutable input table i(x: int) on P sealed;", &["`i` is sealed, and mutable"]);
    says("input table i(x: int => y: int) on P sealed;", &["`i` is sealed, and has value columns"]);
    says("input event i(x: int) on P sealed by x;", &["`i` is an input, and sealed by keys"]);
    says("input event i(x: int) on P sealed from P;", &["`i` is an input, and sealed by keys"]);
    says(
        "input event i(x: int) on P sealed; i(x) <+ t(_, x);",
        &["`i` is a sealed input, and a rule changes it"],
    );
}

#[test]
fn channels_that_seal_themselves() {
    let with = |input: &str, rules: &str| {
        format!("{input} channel c(x: int) on Q sealed from P; {rules} n(count()) <= c(_);")
    };
    says(&with("", "c@Q[0](x) <~ t(_, x);"), &[]);
    says(&with("input event i(x: int) on P sealed;", "c@Q[0](x) <~ i(x);"), &[]);
    says(&with("input event i(x: int) on P sealed;", "v(x) <= i(x); c@Q[0](x) <~ v(x);"), &[]);
    says(&with("input event i(x: int) on P;", "c@Q[0](x) <~ i(x);"), &["nobody seals `c`"]);
    says(&with("input event i(x: int) on P;", "v(x) <= i(x); c@Q[0](x) <~ v(x);"), &["nobody seals `c`"]);
    says(&with("input event i(x: int) on P;", "c@Q[0](x) <~ i(x); seal c@q() <~ i(3), Q(q);"), &[]);
    says(&with("channel d(x: int) on P; d@P[0](x) <~ t(_, x);", "c@Q[0](x) <~ d(x);"), &["nobody seals `c`"]);
    says(&with("channel d(x: int) on P sealed from P; d@P[0](x) <~ t(_, x);", "c@Q[0](x) <~ d(x);"), &[]);
    // Of a key nobody knows which there are.
    says(
        &with(
            "channel d(x: int) on P sealed by x from P; d@P[0](x) <~ t(_, x); seal d@P[0](x) <~ t(_, x);",
            "c@Q[0](x) <~ d(x);",
        ),
        &["nobody seals `c`"],
    );
    // Round in a circle.
    says(
        "channel c(x: int) on P sealed from P; c@P[0](x) <~ t(_, x); c@P[1](x) <~ c(x);",
        &["nobody seals `c`"],
    );
    says(
        "channel c(x: int) on P sealed from P; channel d(x: int) on P sealed from P;
         c@P[0](x) <~ d(x); d@P[0](x) <~ c(x); d@P[0](x) <~ t(_, x);",
        &["nobody seals `c`", "nobody seals `d`"],
    );
}

/// Whether rows are forgotten: those sent and come of the channel `c`, and those of the input `i`, if there are any.
#[track_caller]
fn forgets(statements: &str, expected: [bool; 3]) {
    let text = format!(
        "role P; role Q; static input table t(k: int, x: int) on P; static input table low(x: int) on Q;
         input table known(x: int) on Q; {statements}"
    );
    let (program, found) = run(&text);
    assert!(found.is_empty(), "{found:#?}");
    let deletes = |name: &str| {
        let relation = program.relation_named(name);
        let is_it = |rule: &floret_ir::Rule| {
            rule.op == floret_ir::RuleOp::Delete && Some(rule.head.relation) == relation
        };
        program.rules.iter().any(is_it)
    };
    assert_eq!(["$c::sent", "$c::got", "$i::kept"].map(deletes), expected, "{statements}");
}

#[test]
fn what_no_rule_can_read_any_more_is_forgotten() {
    let with = |rules: &str| format!("{SEALED} {rules}");
    forgets(&with(""), [true, true, false]);
    forgets(
        &with("output table n(k: int, n: int) on Q; n(k, count()) <= c(k, x), low(x);"),
        [true, true, false],
    );
    forgets(&with("table n(k: int, n: int) on Q; n(k, count()) <+ c(k, _);"), [true, true, false]);
    forgets(&with("channel d(k: int, n: int) on P; d@p(k, sum(x)) <~ c(k, x), P(p);"), [true, true, false]);
    forgets(&with("n(k, count()) <= c(k, _); n(k, sum(x)) <= c(k, x); output n;"), [true, true, false]);
    forgets("input event i(x: int) on P sealed; n(count()) <= i(_); output n;", [false, false, true]);
}

#[test]
fn what_a_rule_may_yet_read_is_kept() {
    let with = |rules: &str| format!("{SEALED} {rules}");
    // It asks for what is not there.
    forgets(&with("v(x) <= low(x), !c(1, x); output v;"), [true, false, false]);
    forgets(&with("n(k, count()) <= c(k, x), !c(k, 3); output n;"), [true, false, false]);
    // Something else may come.
    forgets(&with("n(k, count()) <= c(k, x), known(x); output n;"), [true, false, false]);
    forgets(&with("n(k, count()) <= c(k, x), !known(x); output n;"), [true, false, false]);
    forgets(&with("n(k, count()) <= c(k, x); n(0, x) <= known(x); output n;"), [true, false, false]);
    forgets(&with("n(k, count()) <= c(k, x), c(1, x); output n;"), [true, false, false]);
    // It acts in every tick, or is a view by declaration, or the rows of a key merge, or one of them wins.
    forgets(&with("event n(k: int, n: int) on Q; n(k, count()) <= c(k, _);"), [true, false, false]);
    forgets(&with("output view n(k: int, n: int) on Q; n(k, count()) <= c(k, _);"), [true, false, false]);
    forgets(&with("table n(k: int => n: max<int>) on Q; n(k, count()) <= c(k, _);"), [true, false, false]);
    forgets(&with("output view n(k: int => n: int) on Q; n(k, count()) <= c(k, _);"), [true, false, false]);
    // A timer sends again.
    forgets(
        "timer beat every 1s on P; channel c(k: int, x: int) on Q sealed by k from P;
         c@Q[0](k, x) <~ beat(_), t(k, x); seal c@Q[0](k) <~ t(k, _);",
        [false, true, false],
    );
    forgets("input event i(x: int) on P sealed; v(x) <= t(_, x), !i(x); output v;", [false, false, false]);
}
