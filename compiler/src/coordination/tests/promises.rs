//! `@accept`, `confluent` and `monotone`: what is kept and what isn't, written by hand from LANGUAGE section 8.

use crate::coordination::{check, unkept};
use crate::driver;
use crate::modules::OneFile;

/// What a program says about order and doesn't keep: `SEVERITY CODE at TEXT`, each place's text in order.
fn unkept_of(source: &str) -> Vec<String> {
    let checked = driver::check("test.flo", source, &OneFile);
    let (stratified, coordination) = checked.result.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics));
    assert_eq!(coordination, check(&stratified));
    let found = unkept(&coordination, &stratified.program);
    let texts = found.iter().map(|found| {
        let places =
            found.labels.iter().map(|label| &source[label.span.start as usize..label.span.end as usize]);
        format!("{:?} {} at {}", found.severity, found.code, places.collect::<Vec<_>>().join(" | "))
    });
    texts.collect()
}

/// Accepted points as `KIND: REASON`, the others as `KIND`.
fn points_of(source: &str) -> Vec<String> {
    let checked = driver::check("test.flo", source, &OneFile);
    let (_, coordination) = checked.result.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics));
    let points = coordination.points.iter().map(|point| match &point.accepted {
        Some(reason) => format!("{}: {reason}", point.kind.name()),
        None => point.kind.name().to_owned(),
    });
    points.collect()
}

#[test]
fn what_is_confluent_may_be_said_to_be() {
    let source = "input table t(x: int); confluent v; v(x) <= t(x), x > 0; output v; confluent t;";
    assert_eq!(unkept_of(source), [""; 0]);
}

#[test]
fn a_broken_assertion_shows_what_breaks_it() {
    let source = "input event put(k: int, v: int);
         output table kv(k: int => v: int);
         kv(k, v) <+- put(k, v);
         copy(k, v) <= kv(k, v);
         confluent copy;";
    assert_eq!(unkept_of(source), ["Error not-confluent at copy | kv(k, v) <+- put(k, v);"]);
}

#[test]
fn an_output_is_judged_as_it_is_observed() {
    // A fleeting view is observed when its rows are gone; as an inner collection it is what it should be.
    let rules = "input event e(x: int); v(x) <= e(x); confluent v;";
    assert_eq!(unkept_of(rules), [""; 0]);
    assert_eq!(unkept_of(&format!("{rules} output v;")), ["Error not-confluent at v | v"]);
}

#[test]
fn rules_in_a_monotone_block_take_nothing_back() {
    let source = "input table t(x: int);
         monotone {
             up(x) <= t(x), x > 0;
             n(count()) <= t(_);
             many() <= n(c), c >= 2;
         }
         output up; output many;";
    assert_eq!(
        unkept_of(&source.replace("n(count()) <= t(_);", "n(x) <= t(x);")),
        [""; 0],
        "without the aggregate"
    );
    let found = unkept_of(source);
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("Error not-monotone at n(count()) <= t(_); | monotone {"), "{found:?}");
}

#[test]
fn all_parts_of_a_rule_at_several_places_are_in_the_block() {
    let source = "role Client; role Server;
         input event ask(k: string) on Client;
         input table kv(k: string, v: string) on Server;
         output event done(k: string, v: string) on Client;
         channel reply(k: string, v: string) on Client;
         monotone { reply@self(k, v) <~ ask(k), kv@Server[hash(k)](k, v); }
         done(k, v) <= reply(k, v);";
    let found = unkept_of(source);
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("Error not-monotone at reply@self(k, v) <~"), "{found:?}");
    let accepted = source.replace("monotone {", "@accept(\"old values do\")").replace("); }", ");");
    assert_eq!(points_of(&accepted), ["rendezvous: old values do"]);
    assert_eq!(unkept_of(&accepted), [""; 0]);
}

#[test]
fn acceptance_is_of_one_rule_and_proves_nothing() {
    let source = "input event put(k: int, v: int);
         output table kv(k: int => v: int);
         @accept(\"the last one may win\")
         kv(k, v) <+- put(k, v);
         kv(k, 0) <- put(k, 0);
         confluent kv;";
    assert_eq!(points_of(source), ["overwrite: the last one may win", "overwrite"]);
    assert_eq!(
        unkept_of(source),
        ["Error not-confluent at kv | kv(k, v) <+- put(k, v); | kv(k, 0) <- put(k, 0);"]
    );
}

#[test]
fn a_collection_that_is_a_point_itself_is_accepted_at_its_declaration() {
    let source =
        "input event e(x: int); @accept(\"shown while it lasts\") output view v(x: int); v(x) <= e(x);";
    assert_eq!(points_of(source), ["fleeting output: shown while it lasts"]);
    let source = "input event e(x: int); v(x) <= e(x); @accept(\"shown while it lasts\") output v;";
    assert_eq!(points_of(source), ["fleeting output: shown while it lasts"]);
}

#[test]
fn accepting_nothing_is_told() {
    let source = "input table t(x: int); @accept(\"why\") v(x) <= t(x); output v;";
    assert_eq!(unkept_of(source), ["Warning accepts-nothing at accept"]);
}

#[test]
fn one_instance_that_needs_it_is_enough() {
    let module = "module M(table t(k: int => v: int)) {
             input event put(k: int, v: int);
             output view got(k: int, v: int);
             @accept(\"first come\") t(k, v) <= put(k, v);
             got(k, v) <= t(k, v);
         }";
    let source = format!(
        "{module} table a(k: int => v: int); table b(k: int => v: int);
         input event e(k: int, v: int);
         static input table s(k: int, v: int);
         use M(t = a) as one; use M(t = b) as two;
         one::put(k, v) <= e(k, v);
         two::put(k, v) <= s(k, v);
         output one::got; output two::got;"
    );
    let checked = driver::check("test.flo", &source, &OneFile);
    let (stratified, coordination) = checked.result.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics));
    // What `two` puts in is there from the first tick on: it doesn't depend on order.
    assert_eq!(coordination.points.len(), 1);
    assert_eq!(unkept(&coordination, &stratified.program), []);
}
