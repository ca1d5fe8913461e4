//! Sessions without a terminal. What they must say is written by hand.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::repl::command::{Clock, Command, parse};
use crate::repl::complete::Vocabulary;
use crate::repl::definition::Number;
use crate::repl::input::{is_complete, split};
use crate::repl::session::Session;

/// 2026-01-31T12:00:00Z
const START: i64 = 1_769_860_800_000_000_000;

fn session() -> Session {
    Session::new(START, Arc::new(AtomicBool::new(false)), 100).unwrap()
}

/// Enters lines, none of which may be refused; gives what the last one said.
fn enter(session: &mut Session, lines: &[&str]) -> String {
    let mut said = String::new();
    for line in lines {
        let output = session.enter(line);
        said = output.render(false);
        assert!(!output.failed, "{line}\n{said}");
    }
    said
}

/// Enters a line that must be refused.
fn refused(session: &mut Session, line: &str) -> String {
    let output = session.enter(line);
    assert!(output.failed, "{line}\n{}", output.render(false));
    output.render(false)
}

/// What all collections hold.
fn state(session: &mut Session) -> String {
    let all = enter(session, &[":state"]);
    if all.starts_with("there are no") {
        return all;
    }
    let names: Vec<String> =
        all.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect();
    names.iter().map(|name| format!("{name}\n{}", enter(session, &[&format!(":state {name}")]))).collect()
}

const ROUTES: [&str; 3] = [
    "table link(a: string, b: string);",
    "path(x, y) <= link(x, y);",
    "path(x, z) <= path(x, y), link(y, z);",
];

#[test]
fn the_order_of_program_and_data_is_of_no_importance() {
    let facts = ["link(\"a\", \"b\");", "link(\"b\", \"c\");", "link(\"c\", \"a\");"];
    let mut first = session();
    enter(&mut first, &ROUTES);
    enter(&mut first, &facts);
    let mut second = session();
    enter(&mut second, &[ROUTES[0], facts[0], facts[1]]);
    enter(&mut second, &[ROUTES[1], facts[2], ROUTES[2]]);
    let found = state(&mut first);
    assert!(found.contains("9 rows"), "{found}");
    assert_eq!(found, state(&mut second));
}

#[test]
fn what_is_refused_changes_nothing() {
    let mut session = session();
    enter(&mut session, &ROUTES);
    enter(&mut session, &["link(\"a\", \"b\");", "n(1);", "up(x) <= n(x);"]);
    let before = (state(&mut session), enter(&mut session, &[":rules"]), enter(&mut session, &[":arrivals"]));
    for wrong in [
        "link(\"a\", 1);",
        "link(\"x\", \"y\"); link(1);",
        "path(x) <= nothing(x);",
        "path(x, y) <= link(x, y), !path(y, x);",
        // The recursion has no end: found by running it.
        "n(x + 1) <= n(x);",
        ":drop 1",
        ":drop 77",
        ":nodes Server=3",
        ":load no/such/file.flo",
        ":load link=no/such/file.csv",
        "? nothing(x)",
        "table t(",
    ] {
        refused(&mut session, wrong);
        let after =
            (state(&mut session), enter(&mut session, &[":rules"]), enter(&mut session, &[":arrivals"]));
        assert_eq!(before, after, "{wrong}");
    }
}

#[test]
fn an_interrupted_evaluation_leaves_the_session_as_it_was() {
    let stop = Arc::new(AtomicBool::new(false));
    let mut session = Session::new(START, Arc::clone(&stop), 100).unwrap();
    enter(&mut session, &["n(1);", "up(x) <= n(x);"]);
    let before = state(&mut session);
    for line in ["n(2);", "down(x) <= n(x);", "? n(x)"] {
        stop.store(true, Ordering::Relaxed);
        assert!(refused(&mut session, line).starts_with("error: interrupted"));
        stop.store(false, Ordering::Relaxed);
        assert_eq!(state(&mut session), before, "{line}");
    }
}

#[test]
fn numbers_are_never_given_twice() {
    let mut session = session();
    assert_eq!(enter(&mut session, &["table a(x: int);"]), "[1] table a(x: int)\n");
    enter(&mut session, &[":undo"]);
    assert_eq!(enter(&mut session, &["table a(x: int);"]), "[2] table a(x: int)\n");
    enter(&mut session, &[":drop 2"]);
    assert_eq!(enter(&mut session, &["table a(x: int);"]), "[3] table a(x: int)\n");
    enter(&mut session, &[":clear"]);
    assert_eq!(enter(&mut session, &["table a(x: int);"]), "[4] table a(x: int)\n");
}

#[test]
fn undo_goes_back_step_by_step_to_the_beginning() {
    let mut session = session();
    let mut states = Vec::new();
    for line in ["n(1);", "up(x) <= n(x);", "n(2);", ":drop 2", ":clear", "m(3);"] {
        states.push(state(&mut session));
        enter(&mut session, &[line]);
    }
    while let Some(expected) = states.pop() {
        enter(&mut session, &[":undo"]);
        assert_eq!(state(&mut session), expected);
    }
    assert_eq!(enter(&mut session, &[":undo"]), "there is nothing to undo\n");
}

#[test]
fn facts_of_static_inputs_are_there_from_the_first_tick() {
    let mut session = session();
    enter(&mut session, &["static input table member(name: string);", "input event ask(name: string);"]);
    enter(&mut session, &["answer(n) <= ask(n), member(n);", "member(\"ann\");", "ask(\"bob\");"]);
    // With the member there at the first tick, the question of then has an answer.
    let said = enter(&mut session, &["member(\"bob\");"]);
    assert_eq!(said, "+ member(\"bob\")\n+ answer(\"bob\")\n");
}

#[test]
fn deliveries_are_replayed_under_another_program() {
    let mut session = session();
    enter(&mut session, &["role A;", "role B;", "input event go(x: int) on A;"]);
    enter(&mut session, &["channel to(x: int) on B;", "table got(x: int) on B;", "got(x) <= to(x);"]);
    enter(&mut session, &["to@B[0](x) <~ go(x);", ":hold", "go(1); go(2);", ":deliver 2"]);
    assert_eq!(enter(&mut session, &["? got(x)"]), "node  x\n────  ─\nB[0]  2\n1 row\n");
    // Another rule that reads the messages: only the delivered one was seen.
    let said = enter(&mut session, &["table twice(x: int) on B; twice(x + x) <= to(x);"]);
    assert!(said.ends_with("B[0]  + twice(4)\n"), "{said}");
    assert_eq!(enter(&mut session, &[":pending"]), "1: to(1) from A[0] to B[0]\n");
    // Without the sending rule there is nothing to deliver; with it, it is as before.
    let rule = enter(&mut session, &[":rules"]);
    assert!(rule.contains("[7]   to@B[0](x) <~ go(x);"), "{rule}");
    enter(&mut session, &[":drop 7"]);
    assert_eq!(enter(&mut session, &[":pending"]), "no message is under way\n");
    enter(&mut session, &[":undo"]);
    assert_eq!(enter(&mut session, &[":pending"]), "1: to(1) from A[0] to B[0]\n");
    assert_eq!(enter(&mut session, &[":step"]), "B[0]  * to(1)\nB[0]  + got(1)\nB[0]  + twice(2)\n");
}

#[test]
fn a_row_of_the_host_goes_to_one_node_and_a_fact_to_all() {
    let mut session = session();
    enter(&mut session, &["role S;", "input table t(x: int) on S[x];", ":nodes S=3"]);
    assert_eq!(enter(&mut session, &[":send t(4)"]), "S[1]  + t(4)\n");
    assert_eq!(enter(&mut session, &["t(5);"]), "S[0]  + t(5)\nS[1]  + t(5)\nS[2]  + t(5)\n");
    assert_eq!(enter(&mut session, &["t@S[2](6);"]), "S[2]  + t(6)\n");
    let said = enter(&mut session, &["? t@S[0](x), t@S[1](x)"]);
    assert_eq!(said, "x\n─\n5\n1 row\n");
}

#[test]
fn a_declared_table_takes_the_place_of_the_automatic_one() {
    let mut session = session();
    enter(&mut session, &["age(name: \"ann\", years: 41);"]);
    assert_eq!(
        enter(&mut session, &[":rules"]),
        "[1]   table age(name: string, years: int);  // declared for its facts\n"
    );
    enter(&mut session, &["table age(name: string => years: int);"]);
    assert_eq!(enter(&mut session, &[":rules"]), "[3]   table age(name: string => years: int);\n");
    assert_eq!(enter(&mut session, &["? age(name: w, years: y)"]), "w     y\n───  ──\nann  41\n1 row\n");
    // A second declaration by the user is one too many.
    refused(&mut session, "table age(name: string, years: int);");
}

#[test]
fn inputs_are_complete_when_they_are() {
    for complete in [
        "",
        "  ",
        ":help",
        ":send t(",
        "? t(x)",
        "? t(x), x > 1",
        "? 1",
        "t(1);",
        "t(1); // more",
        "// nothing",
        "on R { t(1); }",
        "t(1)\n",
        "t(\n  1\n \n",
        "table t(x: int);",
        "t(\"(\");",
    ] {
        assert!(is_complete(complete), "{complete:?}");
    }
    for open in [
        "t(1)",
        "t(",
        "t(1,\n2",
        "? t(x),",
        "? t(",
        "a(x) <=",
        "/* t(1);",
        "on R {",
        "on R { t(1);",
        "t(1) // ;",
    ] {
        assert!(!is_complete(open), "{open:?}");
    }
}

#[test]
fn commands_are_read_as_they_are_meant() {
    assert_eq!(parse(":drop 3 [5],7"), Ok(Command::Drop(vec![Number(3), Number(5), Number(7)])));
    assert_eq!(parse(":exp path;"), Ok(Command::Explain("path".into())));
    assert_eq!(parse(" :nodes A=3,B=1"), Ok(Command::Nodes(vec![("A".into(), 3), ("B".into(), 1)])));
    assert_eq!(parse(":hold off"), Ok(Command::Unhold));
    assert_eq!(parse(":tick"), Ok(Command::Tick(1)));
    assert_eq!(parse(":load t=a=b.csv"), Ok(Command::LoadData("t=a=b.csv".into())));
    assert_eq!(parse(":load a.flo"), Ok(Command::Load("a.flo".into())));
    assert_eq!(parse(":clock 1m30s"), Ok(Command::Clock(Clock::Pass(90_000_000_000))));
    assert_eq!(parse(":clock 2026-01-31T12:00:00Z"), Ok(Command::Clock(Clock::Set(START))));
    for wrong in
        [":", ":drop", ":drop x", ":nodes A", ":nodes A=0", ":tick x", ":rules x", ":s", ":zzz", ":clock -1s"]
    {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn completion_knows_names_columns_types_and_commands() {
    let mut session = session();
    enter(&mut session, &["role Store;", "table stock(item: string => amount: int) on Store;"]);
    let vocabulary = Vocabulary::of(&session);
    let complete = |line: &str| vocabulary.complete(line, line.len());
    let one = |start: usize, text: &str| (start, vec![text.to_owned()]);
    assert_eq!(complete("? sto"), one(2, "stock("));
    assert_eq!(complete("? stock@S"), one(8, "Store"));
    assert_eq!(complete("? stock(am"), one(8, "amount: "));
    assert_eq!(complete("x(i) <= stock(item: i, am"), one(23, "amount: "));
    assert_eq!(complete("table t(x: st"), one(11, "string"));
    assert_eq!(complete(":dr"), one(1, "drop"));
    assert_eq!(complete(":state s"), one(7, "stock"));
    assert_eq!(complete(":nodes S"), one(7, "Store="));
    assert_eq!(complete("? zzz"), (2, vec![]));
}

#[test]
fn the_host_may_delete_rows_of_mutable_inputs() {
    let mut session = session();
    enter(&mut session, &["mutable input table stock(item: string => amount: int);", "table fixed(x: int);"]);
    enter(&mut session, &["stock(\"pen\", 3);", "fixed(1);", "low(i) <= stock(i, n), n < 5;"]);
    assert_eq!(enter(&mut session, &[":delete stock(\"pen\", 3)"]), "- stock(\"pen\", 3)\n- low(\"pen\")\n");
    assert_eq!(enter(&mut session, &[":undo"]), "+ stock(\"pen\", 3)\n+ low(\"pen\")\n");
    let said = refused(&mut session, ":delete fixed(1)");
    assert!(said.starts_with("error: `fixed` is not a `mutable input table`"), "{said}");
}

#[test]
fn pasted_text_is_taken_input_by_input() {
    let pasted = "table t(x: int);\n\nt(\n  1\n);\n? t(x),\n  x > 0\n:state\nt(2";
    assert_eq!(split(pasted), ["table t(x: int);", "", "t(\n  1\n);", "? t(x),\n  x > 0", ":state", "t(2"]);
    assert_eq!(split("t(\n\n"), ["t(\n", ""]);
}

#[test]
fn a_program_hears_of_its_own_errors() {
    let mut session = session();
    enter(&mut session, &["table n(x: int);", "half(10 / x) <= n(x);", "table heard(what: string);"]);
    enter(&mut session, &["heard(v) <= floret::error(values: v);"]);
    let said = enter(&mut session, &["n(0);"]);
    assert!(said.contains("! [2]: division by zero for x = 0"), "{said}");
    assert!(said.contains("+ heard("), "{said}");
}
