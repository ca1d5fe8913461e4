//! Strata, presence, and the messages of what is refused. Expectations are written by hand from LANGUAGE section 4.

use floret_ir::{Diagnostics, FileId, Firing, Presence, Stratified};

use super::stratify;

fn analyse(source: &str) -> (Stratified, Diagnostics) {
    let mut sink = Diagnostics::new();
    let tree = floret_lang::parse(source, FileId(0), &mut sink);
    let program = crate::front::check(&tree, FileId(0), &mut sink);
    assert!(!sink.has_errors(), "{:#?}", sink.sorted());
    let mut sink = Diagnostics::new();
    (stratify(program, &mut sink), sink)
}

/// Each finding as its title, then its labels as `text of the place: label`.
fn check_findings(source: &str, expected: &[&[&str]]) {
    let (_, sink) = analyse(source);
    let found: Vec<Vec<String>> = sink
        .sorted()
        .iter()
        .map(|finding| {
            let labels = finding.labels.iter().map(|label| {
                format!("{}: {}", &source[label.span.start as usize..label.span.end as usize], label.text)
            });
            std::iter::once(finding.title.clone()).chain(labels).collect()
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn components_come_after_what_they_read() {
    let (stratified, sink) = analyse(
        "input table edge(a: int, b: int);
         top(x) <= reach(1, x), !odd(1, x);
         odd(x, y) <= edge(x, y);
         odd(x, z) <= even(x, y), edge(y, z);
         even(x, z) <= odd(x, y), edge(y, z);
         reach(x, y) <= odd(x, y);
         reach(x, y) <= even(x, y);
         edge(x, x) <+ top(x);",
    );
    assert!(!sink.has_errors());
    let name = |relation| stratified.program.relations[relation].name.as_str();
    let shown: Vec<(Vec<&str>, usize, bool)> = stratified
        .strata
        .components
        .iter()
        .map(|component| {
            let mut names: Vec<&str> = component.relations.iter().map(|&relation| name(relation)).collect();
            names.sort_unstable();
            (names, component.rules.len(), component.recursive)
        })
        .collect();
    assert_eq!(
        shown,
        [
            (vec!["edge"], 0, false),
            (vec!["even", "odd"], 3, true),
            (vec!["reach"], 2, false),
            (vec!["top"], 1, false),
        ]
    );
}

#[test]
fn a_table_that_reads_itself_is_recursive() {
    let (stratified, _) =
        analyse("table t(x: int); t(1); t(x + 1) <= t(x), x < 9; table u(x: int); u(x) <+ u(x);");
    let recursive: Vec<bool> =
        stratified.strata.components.iter().map(|component| component.recursive).collect();
    assert_eq!(recursive, [true, false]);
}

#[test]
fn negation_in_a_cycle() {
    check_findings(
        "input table move(from: int, to: int);
         view win(x: int);
         win(x) <= move(x, y), !win(y);",
        &[&["`win` depends on its own absence", "win(y): `win` reads `win` negatively here"]],
    );
}

#[test]
fn the_whole_cycle_is_shown() {
    check_findings(
        "input table e(x: int, y: int);
         view a(x: int); view b(x: int); view c(x: int); view d(x: int);
         a(x) <= e(x, _), !b(x);
         b(x) <= c(x);
         b(x) <= d(x);
         d(x) <= b(x);
         c(x) <= a(x);",
        &[&[
            "`a` depends on its own absence",
            "b(x): `a` reads `b` negatively here",
            "c(x): `b` reads `c` here",
            "a(x): `c` reads `a` here",
        ]],
    );
}

#[test]
fn an_aggregate_in_a_cycle() {
    check_findings(
        "input table e(x: int, y: int);
         table t(x: int, n: int);
         view u(x: int, n: int);
         t(x, n) <= u(x, n);
         u(x, count()) <= t(x, _), e(x, _);",
        &[&[
            "`u` aggregates what depends on it",
            "t(x, _): `u` reads `t` under an aggregate here",
            "u(x, n): `t` reads `u` here",
        ]],
    );
}

#[test]
fn an_unproven_key_in_a_cycle() {
    check_findings(
        "input table e(x: int, y: int);
         table t(x: int => y: int);
         t(x, y) <= e(x, y);
         t(x, z) <= e(x, y), t(y, z);",
        &[&[
            "`t` depends on which rows of `t` lose a key conflict, and they on it",
            "t(y, z): `t` reads `t`, whose key conflicts are resolved, here",
        ]],
    );
}

#[test]
fn cycles_through_other_operators_are_fine() {
    check_findings(
        "input event tick(n: int);
         table on(n: int);
         on(n) <+ tick(n), !on(n);
         on(n) <- tick(n), on(n);",
        &[],
    );
}

#[test]
fn presence_of_each_kind() {
    let (stratified, _) = analyse(
        "input table t(x: int);
         input event e(x: int);
         channel c(x: int);
         event fact(x: int); fact(1);
         event later(x: int); later(x) <+ e(x);
         event same(x: int); same(x) <= t(x);
         event from_e(x: int); from_e(x) <= t(x), e(x);
         view over_t(x: int); over_t(x) <= t(x), !over_other(x);
         view over_other(x: int); over_other(x) <= t(x);
         view loops(x: int); loops(x) <= e(x); loops(x) <= loops(x), t(x);
         view both(x: int); both(x) <= e(x); both(x) <= t(x);
         view absent(x: int); absent(x) <= t(x), !e(x);
         view empty(x: int);
         c(x) <~ e(x);",
    );
    let presence = |name: &str| {
        let relation = stratified.program.relation_named(name).expect("it exists");
        stratified.strata.presence[relation]
    };
    for name in ["t", "over_t", "over_other", "empty"] {
        assert_eq!(presence(name), Presence::Stored, "{name}");
    }
    for name in ["e", "c", "fact", "later", "from_e", "loops"] {
        assert_eq!(presence(name), Presence::Arriving, "{name}");
    }
    for name in ["same", "both", "absent"] {
        assert_eq!(presence(name), Presence::Mixed, "{name}");
    }
    // The last rule has an arrival, the first (`later <+ e`) too, the second (`same <= t`) has none.
    let firing: Vec<Firing> = stratified.strata.firing.iter().copied().collect();
    assert_eq!(firing.first(), Some(&Firing::EachTick));
    assert_eq!(firing.get(1), Some(&Firing::OnChange));
    assert_eq!(firing.last(), Some(&Firing::EachTick));
}

#[test]
fn a_send_over_absence_is_refused() {
    check_findings(
        "input table t(x: int);
         input event stop(x: int);
         channel c(x: int);
         c(x) <~ t(x), !stop(x);",
        &[&[
            "it is not clear in which ticks `c` is to be sent",
            "stop(x): `stop` is there for one tick only, and only its absence is asked for",
            "c(x) <~ t(x), !stop(x);: this rule sends",
        ]],
    );
}

#[test]
fn a_send_over_a_mixed_view_is_refused_with_the_split() {
    let source = "input table t(x: int);
         input event e(x: int);
         view v(x: int);
         v(x) <= t(x);
         v(x) <= e(x);
         channel c(x: int);
         c(x) <~ v(x);";
    check_findings(
        source,
        &[&[
            "it is not clear in which ticks `c` is to be sent",
            "v(x): some rows of `v` come with an arrival, others stay from tick to tick",
            "v(x) <= t(x);: these rows need none",
            "v(x) <= e(x);: these rows need an arrival",
            "c(x) <~ v(x);: this rule sends",
        ]],
    );
    let (_, sink) = analyse(source);
    assert!(sink.has_errors());
    let help = sink.sorted().remove(0).help.unwrap_or_default();
    assert!(help.starts_with("split `v` in two, `v_arrived`"), "{help}");
}

#[test]
fn rules_that_tick_for_ever() {
    check_findings(
        "input table t(x: int);
         event e(x: int);
         table u(x: int);
         e(x) <+ t(x);
         u(x) <= t(x);
         u(x) <- t(x);",
        &[
            &[
                "`e` is filled again in every tick",
                "e(x) <+ t(x);: everything read here is stored, so this fires in every tick and causes the next one",
            ],
            &[
                "`u` gets and loses the same rows in every tick",
                "u(x) <- t(x);: takes out at the end of the tick ...",
                "u(x) <= t(x);: ... what is put in again here",
            ],
        ],
    );
}

#[test]
fn recursion_through_a_lattice() {
    check_findings(
        "input table link(a: int, b: int, w: int);
         table dist(n: int => d: min<int>);
         dist(0, 0) <= link(0, _, _);
         dist(b, d + w) <= dist(a, d), link(a, b, w), d < 100;",
        &[],
    );
}

#[test]
fn recursion_through_the_value_of_a_lattice() {
    check_findings(
        "input table link(a: int, b: int);
         table best(n: int => d: max<int>);
         view far(n: int);
         best(b, 1) <= far(a), link(a, b);
         far(n) <= best(n, d), d == 3;",
        &[&[
            "`far` depends on the value of a lattice of `best`, which depends on it",
            "best(n, d): `far` reads the value of a lattice of `best` exactly here",
            "d == 3: the condition may cease to hold while it goes up",
            "far(a): `best` reads `far` here",
        ]],
    );
}

#[test]
fn the_clock_is_neither_stored_nor_arriving() {
    let (stratified, _) = analyse(
        "input table t(x: int); timer beat every 1s;
         view late(x: int); late(x) <= t(x), now() > parse_time(\"2026-01-01T00:00:00Z\");
         view due(x: int); due(x) <= beat(_), t(x);",
    );
    let presence = |name: &str| {
        let found = stratified.program.relation_named(name).unwrap();
        stratified.strata.presence[found]
    };
    assert_eq!(presence("late"), Presence::Mixed);
    assert_eq!(presence("beat"), Presence::Arriving);
    assert_eq!(presence("due"), Presence::Arriving);
}

#[test]
fn a_message_needs_more_than_the_clock() {
    let (_, sink) = analyse("table t(x: int); t(1); channel c(x: time); c@self(now()) <~ t(_);");
    let found = sink.sorted();
    assert_eq!(found[0].title, "it is not clear in which ticks `c` is to be sent");
    assert!(found[0].help.as_deref().unwrap().contains("timer beat every 1s;"), "{found:#?}");
}

#[test]
fn the_time_in_a_table_ticks_for_ever() {
    let (_, sink) = analyse("table t(x: int => at: max<time>); table s(x: int); s(1); t(x, now()) <+ s(x);");
    assert_eq!(sink.sorted()[0].title, "`t` changes in every tick");
}
