//! Replicas that agree and those that may diverge, by hand from COORDINATION's rules for them.

use super::analyse;
use crate::coordination::{replicas, summary};

/// What is said of the replicas of `kept` in a program of durable Servers: words, row and why.
#[track_caller]
fn says(statements: &str, words: Option<&str>, row: Option<&str>) {
    let source = format!(
        "role Client; role Server durable; role Seq durable;
         input event set(k: int, v: int) on Client;
         channel put(k: int, v: int) on Server ordered via Seq;
         put@s(k, v) <~ set(k, v), Server(s);
         {statements}"
    );
    let (program, coordination) = analyse(&source);
    let kept = program.relation_named("kept").unwrap();
    assert_eq!(replicas(&coordination, &program, kept).as_deref(), words, "{statements}");
    let found = coordination.replicas[kept].as_ref();
    assert_eq!(found.and_then(|found| found.row.as_deref()), row, "{statements} {found:#?}");
}

#[track_caller]
fn agree(statements: &str) {
    says(statements, Some("replicas agree"), None);
}

#[track_caller]
fn diverge(statements: &str, row: &str) {
    says(statements, Some("replicas may diverge"), Some(row));
}

#[test]
fn what_the_batches_alone_decide_agrees() {
    agree("table kept(k: int => v: int) on Server; kept(k, max(v)) <+- put(k, v);");
    agree("table kept(k: int => v: int) on Server; kept(k, v) <= put(k, v);");
    agree(
        "table kept(k: int => v: int) on Server; big(k, v) <= put(k, v), v > 9; kept(k, max(v)) <+- big(k, v);",
    );
    // What was there before a batch, and what isn't there, too.
    agree(
        "table old(k: int, v: int) on Server; old(k, v) <+ put(k, v); old(k, v) <- put(k, _), old(k, v);
         output event kept(k: int, v: int) on Server; kept(k, v) <= put(k, _), old(k, v), !old(k, 0);",
    );
    // The number of a batch.
    agree(
        "table at(k: int => n: int) on Server; at(0, 0);
         at(0, n + 1) <+- put(_, _), at(0, n);
         table kept(n: int, k: int, v: int) on Server; kept(n, k, v) <= put(k, v), at(0, n);",
    );
    // A view of them, and what is there from the start at all nodes.
    agree(
        "table base(k: int) on Server; base(1); known(k) <= base(k);
         table last(k: int => v: int) on Server; last(k, max(v)) <+- put(k, v), known(k), Server(_);
         kept(sum(v)) <= last(_, v);",
    );
}

#[test]
fn what_depends_on_no_order_needs_no_agreement() {
    says("table kept(k: int, v: int) on Server; kept(k, v) <= put(k, v);", None, None);
    says("table kept(k: int => v: max<int>) on Server; kept(k, v) <= put(k, v);", None, None);
}

#[test]
fn another_channel_comes_in_between() {
    let other = "channel del(k: int) on Server ordered via Seq; input event gone(k: int) on Client;
         del@s(k) <~ gone(k), Server(s);
         table kept(k: int, v: int) on Server; kept(k, v) <= put(k, v); kept(k, v) <- del(k), kept(k, v);";
    diverge(other, "other-channel");
    diverge(&other.replace("ordered via Seq", ""), "other-channel");
}

#[test]
fn without_a_sequencer_each_node_has_an_order_of_its_own() {
    diverge(
        "channel log(k: int, v: int) on Server ordered; log@s(k, v) <~ set(k, v), Server(s);
         table kept(k: int => v: int) on Server; kept(k, max(v)) <+- log(k, v);",
        "own-order",
    );
    // Nothing goes to all of them.
    says(
        "channel one(k: int, v: int) on Server; one@Server[k](k, v) <~ set(k, v);
         table kept(k: int => v: int) on Server; kept(k, max(v)) <+- one(k, v);",
        None,
        None,
    );
    says(
        "channel one(k: int, v: int) on Server ordered via Seq; one@Server[k](k, v) <~ set(k, v);
         table kept(k: int => v: int) on Server; kept(k, max(v)) <+- one(k, v);",
        None,
        None,
    );
}

#[test]
fn what_each_node_has_of_its_own() {
    let last = "table kept(k: int => v: int) on Server;";
    diverge(
        &format!("{last} input table here(k: int) on Server; kept(k, max(v)) <+- put(k, v), here(k);"),
        "input",
    );
    // Its rows are each at one node.
    diverge(
        &format!("{last} static input table here(k: int) on Server; kept(k, max(v)) <+- put(k, v), here(k);"),
        "input",
    );
    diverge(
        &format!(
            "{last} table here(k: int) on Server; here@Server[0](1); kept(k, max(v)) <+- put(k, v), here(k);"
        ),
        "placed-fact",
    );
    diverge(&format!("{last} kept(k, max(v)) <+- put(k, v), self == Server[0];"), "own-address");
    diverge(
        "table kept(k: int, by: Server => v: int) on Server; kept(k, self, max(v)) <+- put(k, v);",
        "own-address",
    );
    diverge("table kept(k: int => at: time) on Server; kept(k, now()) <+- put(k, _);", "clock");
    diverge(
        &format!(
            "{last} timer beat every 1s on Server; kept(k, max(v)) <+- put(k, v); kept(k, v) <- beat(_), kept(k, v);"
        ),
        "clock",
    );
    // They choose by the same seed.
    agree(&format!("{last} kept(k, any(v)) <+- put(k, v);"));
    diverge(
        &format!("{last} kept(k, max(v)) <+- put(k, v); kept(r, 0) <+- floret::error(rule: r);"),
        "reports",
    );
}

#[test]
fn nodes_run_ticks_of_their_own_between_batches() {
    let last = "table last(k: int => v: int) on Server; last(k, max(v)) <+- put(k, v);";
    // Whether there is one between two writes.
    diverge(&format!("{last} table kept(k: int, v: int) on Server; kept(k, v) <= last(k, v);"), "any-tick");
    diverge(
        &format!("{last} output event kept(k: int, v: int) on Server; kept(k, v) <= last(k, v);"),
        "any-tick",
    );
    // A fact is there in the first one.
    diverge(
        "event first(k: int) on Server; first(1);
         output event kept(k: int, v: int) on Server; kept(k, v) <= first(k), put(k, v), last(k, _);
         table last(k: int => v: int) on Server; last(k, max(v)) <+- put(k, v);",
        "any-tick",
    );
    // Which batch comes with it.
    diverge(
        "event next(k: int) on Server; next(k) <+ put(k, _);
         table kept(k: int, v: int) on Server; kept(k, v) <= next(k), put(_, v);",
        "next-tick",
    );
    // What is shown in the end is of the last tick; what reads it in a tick gets the same.
    diverge(&format!("{last} kept(k, v) <= put(k, _), last(k, v);"), "last-tick");
    diverge(&format!("{last} kept(k, v) <= last(k, v), !put(k, _);"), "last-tick");
    diverge(&format!("{last} shown(k) <= put(k, _), last(k, _); kept(count()) <= shown(_);"), "last-tick");
    agree(&format!(
        "{last} shown(k, v) <= put(k, _), last(k, v); table kept(k: int, v: int) on Server; kept(k, v) <= shown(k, v);"
    ));
    // What is blocked for one reason is for it all the way down.
    diverge(
        &format!(
            "{last} table all(k: int, v: int) on Server; all(k, v) <= last(k, v); kept(k, count()) <= all(k, _);"
        ),
        "any-tick",
    );
}

#[test]
fn what_all_nodes_get_in_any_order_agrees_whatever_it_depends_on() {
    let drawn = "channel draw(k: int, n: int) on Server; draw@s(k, random()) <~ set(k, _), Server(s);";
    let agree = |rule: &str| {
        let words = "replicas agree while no Client restarts (not durable)";
        says(&format!("{drawn} {rule}"), Some(words), None);
    };
    agree("table kept(k: int, n: int) on Server; kept(k, n) <= draw(k, n);");
    agree("output event kept(k: int, n: int) on Server; kept(k, n) <= draw(k, n), n > 0;");
    agree("table all(k: int, n: int) on Server; all(k, n) <+ draw(k, n); kept(k, min(n)) <= all(k, n);");
    let diverge = |rule: &str, row: &str| self::diverge(&format!("{drawn} {rule}"), row);
    diverge("table kept(k: int => n: int) on Server; kept(k, min(n)) <+- draw(k, n);", "own-order");
    diverge(
        "table kept(k: int, n: int) on Server; kept(k, n) <= draw(k, n), self == Server[0];",
        "own-address",
    );
    diverge(
        "channel told(n: int) on Server; told@Server[0](n) <~ set(_, n);
         table kept(k: int, n: int) on Server; kept(k, n) <= draw(k, n); kept(0, n) <= told(n);",
        "not-to-all",
    );
    diverge(
        "channel maybe(n: int) on Server lossy; maybe@s(n) <~ set(_, n), Server(s);
         table kept(n: int) on Server; kept(n) <= maybe(n);",
        "lost",
    );
    // Each node takes the one of two rows that comes first.
    diverge(
        "channel named(k: int => n: int) on Server; named@s(k, n) <~ set(k, n), Server(s);
         table kept(k: int, n: int) on Server; kept(k, n) <= named(k, n);",
        "own-order",
    );
}

/// The lines of `floret check` about a program with these declarations.
fn lines(roles: &str, clauses: &str) -> String {
    let source = format!(
        "{roles} input event set(k: int, v: int) on Client;
         channel put(k: int, v: int) on Server {clauses};
         put@s(k, v) <~ set(k, v), Server(s);
         output table kept(k: int => v: int) on Server; kept(k, max(v)) <+- put(k, v);"
    );
    let (program, coordination) = analyse(&source);
    summary(&coordination, None, &program)
}

#[test]
fn a_claim_says_who_must_keep_what_it_holds() {
    let line = "kept  order-dependent  may differ from run to run (1 point of order); ";
    let says = |roles: &str, clauses: &str, words: &str| {
        assert_eq!(lines(roles, clauses), format!("{line}{words}\n"));
    };
    says("role Client; role Server durable; role Seq durable;", "ordered via Seq", "replicas agree");
    says("role Client; role Server durable;", "ordered via Server", "replicas agree");
    says(
        "role Client; role Server; role Seq durable;",
        "ordered via Seq",
        "replicas agree while no Server restarts (not durable)",
    );
    says(
        "role Client; role Server; role Seq;",
        "ordered via Seq",
        "replicas agree while no Server and no Seq restarts (not durable)",
    );
    says("role Client; role Server durable;", "ordered", "replicas may diverge");
}

#[test]
fn a_conflict_is_named_once_where_the_rows_are_sent() {
    super::check(
        "role Client; role Server durable;
         input event set(k: int, v: int) on Client;
         channel put(k: int => v: int) on Server ordered via Server;
         put@s(k, v) <~ set(k, v), Server(s);
         output event seen(k: int, v: int) on Server;
         seen(k, v) <= put(k, v);",
        "seen order-dependent
         overwrite at put@s(k, v) <~ set(k, v), Server(s);
         by set -> $put::via
         in seen",
    );
}

#[test]
fn what_passes_a_sequencer_has_the_class_that_it_would_have_anyway() {
    super::check(
        "role Client; role Server;
         input event set(k: int, v: int) on Client;
         channel put(k: int => v: max<int>) on Server ordered via Server;
         put@s(k, v) <~ set(k, v), Server(s);
         channel one(k: int, v: int) on Server ordered via Client;
         one@Server[k](k, v) <~ set(k, v);
         output table kept(k: int => v: max<int>) on Server; kept(k, v) <= put(k, v);
         output event seen(k: int, v: int) on Server; seen(k, v) <= one(k, v);",
        "kept growing
         seen fleeting",
    );
}

#[test]
fn the_message_says_what_replicas_do_and_what_a_sequencer_costs() {
    let source = "role Client; role Server durable;
        input event set(k: int, v: int) on Client;
        channel put(k: int, v: int) on Server;
        put@s(k, v) <~ set(k, v), Server(s);
        output table kept(k: int => v: int) on Server; kept(k, max(v)) <+- put(k, v);";
    let notes = |source: &str| {
        let (program, coordination) = analyse(source);
        let found = crate::coordination::findings(&coordination, &program);
        found.into_iter().flat_map(|found| found.notes).collect::<Vec<_>>()
    };
    let found = notes(source);
    let has = |text: &str| assert!(found.iter().any(|note| note == text), "{found:#?}");
    has("replicas may diverge: each node takes the messages of `put` in an order of its own");
    has(
        "or order the messages of `put` through one node: runs may still differ, but the nodes of Server agree \
         (each row costs 1 + |Server| messages in 2 rounds; without it |Server| in 1):\n    \
         channel put(k: int, v: int) on Server ordered via Server;",
    );
    let found =
        notes(&source.replace("on Server;\n        put", "on Server ordered via Server;\n        put"));
    let has = |text: &str| assert!(found.iter().any(|note| note == text), "{found:#?}");
    has("replicas agree: all that it depends on comes by `put`, in the batches of Server[0]");
}
