//! Timers, `now()`, `random()`, `sender`, mutable inputs and the events of errors and conflicts.

use expect_test::expect;
use floret_ir::{AtomSource, InputMode, NoticeKind, RelationKind, Type};

use super::{check, run};

/// The program, which has no mistakes.
#[track_caller]
fn program(text: &str) -> floret_ir::Program {
    let (program, found) = run(text);
    let errors: Vec<_> = found.iter().filter(|d| d.severity == floret_ir::Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:?}");
    program
}

#[test]
fn a_timer_is_an_event_with_its_time() {
    let program = program("role R; timer beat every 1s500ms on R; t(at) <= beat(at);");
    let beat = &program.relations[program.relation_named("beat").unwrap()];
    assert_eq!(beat.kind, RelationKind::Timer { every: 1_500_000_000 });
    assert_eq!(beat.types().collect::<Vec<_>>(), [Type::Time]);
    check(
        "timer beat every 0s; timer tick every 5;",
        expect![[r#"
        error: `beat` needs a fixed period that is longer than nothing [impossible-declaration]
          ! 1:18 '0s' no such duration
          help: write a duration, as in `timer beat every 500ms;`
        error: `tick` needs a fixed period that is longer than nothing [impossible-declaration]
          ! 1:39 '5' no such duration
          help: write a duration, as in `timer beat every 500ms;`
    "#]],
    );
}

#[test]
fn the_clock_is_read_by_one_atom() {
    let program = program("table t(x: int); v(x, now(), random(), random(x)) <= t(x), now() == now();");
    let rule = program.rules.iter().next().unwrap();
    let clocks = rule.positive_atoms().filter(|atom| atom.source == AtomSource::Clock).count();
    assert_eq!(clocks, 1);
    let types: Vec<Type> = program.relations[rule.head.relation].types().collect();
    assert_eq!(types, [Type::Int, Type::Time, Type::Int, Type::Int]);
}

#[test]
fn there_is_no_clock_outside_of_ticks() {
    check(
        "table t(x: int); t(random());",
        expect![[r#"
        error: `random()` can't stand outside of rules [not-here]
          ! 1:20 'random()' it has a value in a rule only
          help: compute it in a rule, and pass it on as an argument or a column
    "#]],
    );
}

#[test]
fn a_sender_is_a_column_of_its_channel() {
    let text =
        "role A; role B; input event e(x: int) on A; channel c(x: int) on B; table t(x: int, from: A) on B;
        c@B[x](x) <~ e(x); t(x, sender) <= c(x); u(x) <= c(x), x > 1;";
    let program = program(text);
    let channel = &program.relations[program.relation_named("c").unwrap()];
    assert!(channel.sender);
    assert_eq!((channel.arity(), channel.sent_arity()), (2, 1));
    assert_eq!(channel.columns[1].ty, Type::Address(program.role_named("A").unwrap()));
}

#[test]
fn a_sender_is_of_one_message_and_one_role() {
    check(
        "table t(x: int); v(sender) <= t(_);",
        expect![[r#"
        error: `sender` of what? This body reads no channel [sender]
          ! 1:20 'sender' the address a message came from
          help: read exactly one channel in the rule; a view can pass its sender on
    "#]],
    );
    let text = "role A; role B; input event e(x: int) on A; input event f(x: int) on B; channel c(x: int) on B; \
                c@B[0](x) <~ e(x); c@B[0](x) <~ f(x); v(sender) <= c(_);";
    check(
        text,
        expect![[r#"
        error: the senders of `c` have no one role: nodes of A and B send to it [sender]
          ! 1:137 'sender' an address is of one role
          - 1:81 'c' the channel
          help: say who sends, `channel ... from ROLE`, and use a channel for each role
    "#]],
    );
}

#[test]
fn the_host_may_delete_from_mutable_inputs() {
    let program = program("mutable input table t(x: int);");
    assert_eq!(program.relations.iter().next().unwrap().input, Some(InputMode::Mutable));
    check(
        "mutable input event e(x: int); mutable static input table t(x: int);",
        expect![[r#"
        error: only input tables are mutable, and `e` is none [impossible-declaration]
          ! 1:1 'mutable' the host may delete rows
          help: write `mutable input table`, or leave `mutable` out
        error: `t` can't be both `mutable` and `static` [impossible-declaration]
          ! 1:32 'mutable' the host may delete rows, and the input is fixed
          help: leave one of the two out
    "#]],
    );
}

#[test]
fn errors_and_conflicts_are_events() {
    let text = "table t(x: int); v(1 / x) <= t(x); bad(at, w) <= floret::error(_, at, w); \
                lost(r) <= floret::conflict(row: r), !floret::error(1, _, _);";
    let program = program(text);
    let kinds: Vec<NoticeKind> = program.notices.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [NoticeKind::Error, NoticeKind::Conflict]);
    check(
        "v(x) <= floret::errors(x);",
        expect![[r#"
        error: there is no collection `floret::errors` [unknown-name]
          ! 1:17 'errors' unknown name
          help: did you mean `floret::error`?
    "#]],
    );
}

#[test]
fn peers_are_of_the_role_that_the_rule_says() {
    let text = "role A; role B; table known(a: A) on B; view gone(n: B) on B;
        any(n) <= floret::peer(n, false), known(_); known(n) <= floret::peer(n, true);
        gone(n) <= floret::peer(node: n, up: up), not up, !floret::peer(n, true);
        here(up) <= floret::peer(A[0], up), known(_);";
    let program = program(text);
    let about: Vec<(&str, Type)> = program
        .notices
        .iter()
        .map(|notice| &program.relations[notice.relation])
        .map(|relation| (relation.name.as_str(), relation.columns[0].ty))
        .collect();
    let (a, b) = (program.role_named("A").unwrap(), program.role_named("B").unwrap());
    let expected = [
        ("floret::peer", Type::Node),
        ("floret::peer@B#2", Type::Address(a)),
        ("floret::peer@B#3", Type::Address(b)),
    ];
    assert_eq!(about, expected);
    assert!(program.notices.iter().all(|notice| notice.kind == NoticeKind::Peer));
    check(
        "role A; table t(x: int) on A; t(x) <= floret::peer(x, true);",
        expect![[r#"
            error: column `node` of `floret::peer` is `node`, not `int` [type-mismatch]
              ! 1:52 'x' `x` is `int`
              - 1:20 'int' `x` of `t` is declared `int`
        "#]],
    );
}
