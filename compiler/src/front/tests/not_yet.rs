//! What comes later is refused by name, once, and causes no more messages.

use super::run;

/// The titles of everything found.
#[track_caller]
fn refuses(text: &str, constructs: &[&str]) {
    let (_, found) = run(text);
    let titles: Vec<&str> = found.iter().map(|d| d.title.as_str()).collect();
    let expected: Vec<String> =
        constructs.iter().map(|construct| format!("not supported yet: {construct}")).collect();
    assert_eq!(titles, expected, "{text}");
}

#[test]
fn collections() {
    refuses("role R; role S; channel c(x: int) on R ordered via S;", &["channels `ordered via` a node"]);
}
