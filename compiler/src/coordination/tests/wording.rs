//! What the user reads.

use super::super::{findings, summary};
use super::analyse;

const SOURCE: &str = "input event ask(key: string);
input table kv(key: string, val: string);
output event reply(key: string, val: string);
output table known(key: string);
output view keys(n: int);
reply(k, v) <= ask(k), kv(k, v);
known(k) <= ask(k);
keys(count()) <= kv(_, _);
";

#[test]
fn one_line_per_output() {
    let (program, coordination) = analyse(SOURCE);
    // Written by hand.
    let expected = "\
reply  order-dependent  may differ from run to run (1 point of order)
known  growing          only grows, to the same rows in every run
keys   converging       the same in the end of every run; rows may come and go before
";
    assert_eq!(summary(&coordination, None, &program), expected);
}

#[test]
fn a_point_is_a_warning_with_the_path_and_ways_out() {
    let (program, coordination) = analyse(SOURCE);
    let found = findings(&coordination, &program);
    let [point] = found.as_slice() else { panic!("one point, not {found:#?}") };
    assert_eq!(point.title, "`reply` depends on the order in which messages arrive: a rendezvous");
    let labels: Vec<(&str, &str)> = point
        .labels
        .iter()
        .map(|label| (&SOURCE[label.span.start as usize..label.span.end as usize], label.text.as_str()))
        .collect();
    assert_eq!(
        labels,
        [
            (
                "reply(k, v) <= ask(k), kv(k, v);",
                "a row of `ask` is there for one tick, and meets only what is there in that tick"
            ),
            ("ask", "rows of `ask` come from the host at any time"),
        ]
    );
    assert_eq!(
        point.help.as_deref(),
        Some(
            "remember the message in a table and read the table instead:
    table ask_kept(key: string);
    ask_kept(key) <= ask(key);"
        )
    );
    assert_eq!(
        point.notes,
        ["or have the input complete before the first tick:
    static input table kv(key: string, val: string);"]
    );
}

/// Applying the ways out of the program above ends its order-dependence.
#[test]
fn the_ways_out_are_ways_out() {
    let (program, coordination) = analyse(SOURCE);
    let [point] = coordination.points.as_slice() else { panic!("one point") };
    let [remember, complete, accept] = point.ways_out.as_slice() else { panic!("three ways out") };
    assert_eq!(accept.remedy, floret_ir::coordination::Remedy::Accept);
    let remembered = format!("{}{}", SOURCE.replace("<= ask(k), kv", "<= ask_kept(k), kv"), remember.text);
    assert_eq!(analyse(&remembered).1.points, []);
    let completed = SOURCE.replace("input table kv(key: string, val: string);", &complete.text);
    assert_eq!(analyse(&completed).1.points, []);
    assert_eq!(program.relations.len(), 5);
}

#[test]
fn a_rule_at_several_places_is_shown_a_way_out_that_can_be_written() {
    let source = "role C; role S;
input event get(key: string) on C;
input table kv(key: string, val: string) on S;
output channel reply(key: string, val: string) on C;
reply(k, v) <~ get(k), kv@S[hash(k)](k, v);
";
    let (program, coordination) = analyse(source);
    let found = findings(&coordination, &program);
    let [point] = found.as_slice() else { panic!("one point, not {found:#?}") };
    assert_eq!(
        point.help.as_deref(),
        Some(
            "send by a channel of your own, remember the message in a table and read the table instead:
    channel reply_asked(by: C, k: string) on S;
    table reply_asked_kept(by: C, k: string) on S;
    reply_asked_kept(by, k) <= reply_asked(by, k);"
        )
    );
    // What it says, done by hand.
    let written = source.replace(
        "reply(k, v) <~ get(k), kv@S[hash(k)](k, v);",
        "channel reply_asked(by: C, k: string) on S;
         table reply_asked_kept(by: C, k: string) on S;
         reply_asked_kept(by, k) <= reply_asked(by, k);
         reply_asked@S[hash(k)](self, k) <~ get(k);
         reply@c(k, v) <~ reply_asked_kept(c, k), kv(k, v);",
    );
    assert_eq!(analyse(&written).1.points, []);
}
