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
