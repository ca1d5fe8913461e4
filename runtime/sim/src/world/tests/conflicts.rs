//! Two rows for one key end a run, and it is told where both came from. Expected texts are written by hand; with seed 0 and
//! nothing else to feed, the host's row comes in the first tick.

use super::common::{Case, node};
use crate::world::End;

/// What a run without faults ends with: what is wrong, and the last lines of the story.
fn check(case: &Case, wrong: &str, course: &str) {
    let outcome = case.run(0, "");
    let End::Wrong(found) = &outcome.end else { panic!("{:?}", outcome.end) };
    assert_eq!(found.text(), wrong);
    let told = case.story(0, "");
    let told = told.split_once("How it came to it:\n").unwrap().1;
    let told: Vec<String> = told.lines().map(without_times).collect();
    let course: Vec<&str> = course.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(told, course);
}

/// A line without its number and the times.
fn without_times(line: &str) -> String {
    let mut text = String::new();
    for part in line.trim().split(" (") {
        match part.split_once(" ms)") {
            Some((_, rest)) => text.push_str(rest),
            None => {
                if !text.is_empty() {
                    text.push_str(" (");
                }
                text.push_str(part);
            }
        }
    }
    text
}

#[test]
fn a_derived_row_loses_to_what_is_there() {
    let case =
        Case::new("table kv(key => val); input event set(key, val); kv(1, 10); kv(k, v) <= set(k, v);", &[1])
            .input(node(0, 0), "set", "2, 7")
            .input(node(0, 0), "set", "1, 20");
    check(
        &case,
        "two rows with one key in `kv`: kv(1, 10) stays, kv(1, 20) is lost",
        "1  tick 1: set(1, 20)
         from the host
         2  tick 1: kv(1, 10)
         a fact of the program
         3  tick 1: kv(1, 20)
         by rule 0, from 1",
    );
}

#[test]
fn of_two_new_rows_the_least_stays_in_the_next_tick() {
    let case = Case::new(
        "role Server; table kv(key => val) on Server; input event set(key, one, other) on Server; kv(1, 5);
         kv(k, v) <+- set(k, v, _); kv(k, w) <+- set(k, _, w);",
        &[2],
    )
    .input(node(0, 1), "set", "1, 20, 10");
    check(
        &case,
        "two rows with one key in `kv` at Server[1]: kv(1, 10) stays, kv(1, 20) is lost",
        "1  Server[1], tick 1: set(1, 20, 10)
         from the host
         2  Server[1], tick 1: kv(1, 10)
         by rule 1, from 1
         3  Server[1], tick 1: kv(1, 20)
         by rule 0, from 1",
    );
}

#[test]
fn a_row_for_the_next_tick_loses_to_the_one_that_stays() {
    let case = Case::new(
        "table kv(key => val); input event set(key, val);
         kv(1, 30); kv(k, v) <+ set(k, v);",
        &[1],
    )
    .input(node(0, 0), "set", "1, 20");
    check(
        &case,
        "two rows with one key in `kv`: kv(1, 30) stays, kv(1, 20) is lost",
        "1  tick 1: set(1, 20)
         from the host
         2  tick 1: kv(1, 30)
         a fact of the program
         3  tick 1: kv(1, 20)
         by rule 0, from 1",
    );
}

#[test]
fn a_settled_key_is_no_conflict() {
    let case = Case::new(
        "table kv(key => val); input event set(key, val); kv(1, 10); kv(k, max(v)) <+- set(k, v);",
        &[1],
    )
    .input(node(0, 0), "set", "1, 20")
    .input(node(0, 0), "set", "1, 30");
    for seed in 0..10 {
        assert_eq!(case.run(seed, "").end, End::Rest);
    }
}

#[test]
fn a_conflict_in_a_tick_that_only_the_disk_has_kept_counts_too() {
    let case = Case::new(
        "role Server; table kv(key => val) on Server; input event set(key, val) on Server; kv(k, v) <= set(k, v);",
        &[1],
    )
    .durable(0)
    .input(node(0, 0), "set", "1, 20")
    .input(node(0, 0), "set", "1, 10");
    case.each_seed(60, "crash=1,restart=5..20", |seed, outcome| {
        let wrong =
            matches!(&outcome.end, End::Wrong(wrong) if wrong.title() == "two rows with one key in `kv`");
        assert!(wrong, "seed {seed}: {:?}", outcome.end);
    });
}
