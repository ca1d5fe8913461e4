//! Ways out applied to programs: the interface stays, and no point of order is left. The expected rules of each are written by
//! hand from COORDINATION's ways out.

use floret_ir::coordination::Remedy;
use floret_ir::{Diagnostics, FileId, Program};

use crate::coordination::{Fix, apply, fixes};
use crate::driver::{self, Checked};
use crate::modules::OneFile;

fn checked(source: &str) -> (floret_ir::Stratified, floret_ir::coordination::Coordination) {
    let Checked { sources, diagnostics, result } = driver::check("test.flo", source, &OneFile);
    result.unwrap_or_else(|| panic!("{source}\n{}", floret_lang::render(&diagnostics, &sources, false)))
}

/// What the host sees of a program: inputs and outputs with their columns; carriers in the place of lattices.
fn interface(program: &Program) -> Vec<String> {
    let seen = program.relations.iter().filter(|relation| relation.input.is_some() || relation.output);
    // The end of an input is no file.
    let seen = seen.filter(|relation| !relation.is_generated());
    let shown = seen.map(|relation| {
        let columns = relation.columns.iter().map(|column| format!("{}: {:?}", column.name, column.ty));
        let (input, output) = (relation.input.is_some(), relation.output);
        format!("{input} {output} {}({})", relation.name, columns.collect::<Vec<_>>().join(", "))
    });
    let mut shown: Vec<String> = shown.collect();
    shown.sort();
    shown
}

/// The program after the first way out of that kind.
#[track_caller]
fn fixed(source: &str, remedy: Remedy) -> String {
    let (stratified, coordination) = checked(source);
    let tree = floret_lang::parse(source, FileId(0), &mut Diagnostics::new());
    let all = fixes(source, &tree, &stratified.program, &coordination, "it \"may\" be so");
    let numbers: Vec<usize> = all.iter().map(|fix| fix.number).collect();
    assert_eq!(numbers, (1..=all.len()).collect::<Vec<_>>());
    let fix: Option<&Fix<'_>> = all.iter().find(|fix| fix.way.remedy == remedy);
    let fix = fix.unwrap_or_else(|| panic!("no {} for {source}", remedy.name()));
    let edits = fix.edits.as_ref().unwrap_or_else(|| panic!("{} has no edits: {source}", remedy.name()));
    apply(source, edits)
}

/// Applies it: the new text has these lines, the interface stays, and no point is left.
#[track_caller]
fn fixes_all(source: &str, remedy: Remedy, lines: &[&str]) {
    let new = fixed(source, remedy);
    let (before, _) = checked(source);
    let (after, coordination) = checked(&new);
    for line in lines {
        assert!(new.lines().any(|found| found.trim() == *line), "`{line}` is not in\n{new}");
    }
    assert_eq!(interface(&before.program), interface(&after.program), "{new}");
    let left: Vec<_> = coordination.points.iter().filter(|point| point.accepted.is_none()).collect();
    assert!(left.is_empty(), "{new}\n{left:#?}");
}

/// A program of tests/verdicts.
fn known(name: &str) -> String {
    let path = format!("{}/../tests/verdicts/{name}.flo", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn a_rendezvous_is_remembered() {
    fixes_all(
        &known("get_put_race"),
        Remedy::Remember,
        &[
            "table get_kept(key: string, from: Client) on Server;",
            "get_kept(key, from) <= get(key, from);",
            "reply@c(k, v) <~ get_kept(k, c), kv(k, v);",
        ],
    );
    fixes_all(
        &known("match_in_a_tick"),
        Remedy::Remember,
        &["trades(b, s) <= buy_kept(b, p), sell_kept(s, q), p >= q;"],
    );
}

#[test]
fn what_a_tick_decided_is_remembered_and_has_the_last_word() {
    fixes_all(
        &known("word_count_in_a_tick"),
        Remedy::Remember,
        &["output view total(word: string, n: int) on Counter;", "total(w, count()) <= word_kept(w, _);"],
    );
    fixes_all(
        &known("orders_not_cancelled"),
        Remedy::Remember,
        &["output view placed(id: int) on Shop;", "placed(i) <= order_kept(i), !cancel_kept(i);"],
    );
}

#[test]
fn rows_that_share_a_tick_merge_in_a_table() {
    fixes_all(
        "input event e(k: int => s: set<int>);\noutput view big(k: int, n: int);\nbig(k, size(s)) <= e(k, s);\n",
        Remedy::MergeInTable,
        &["table e_kept(k: int => s: set<int>);", "big(k, size(s)) <= e_kept(k, s);"],
    );
}

#[test]
fn an_overwrite_becomes_a_merge() {
    fixes_all(
        &known("register_by_arrival"),
        Remedy::MakeLattice,
        &[
            "output table register(key: string => val: max<string>) on Replica;",
            "register(k, v) <= put(k, v);",
        ],
    );
    fixes_all(
        &known("register_first_writer"),
        Remedy::MakeLattice,
        &["output table register(key: string => val: max<string>) on Replica;"],
    );
    // The least writer of a tick becomes the least of all.
    fixes_all(
        "input event put(k: int, v: int);\noutput table kv(k: int => v: int);\nkv(k, min(v)) <+- put(k, v);\n",
        Remedy::MakeLattice,
        &["output table kv(k: int => v: min<int>);", "kv(k, min(v)) <= put(k, v);"],
    );
}

#[test]
fn every_row_is_kept_and_a_view_settles() {
    fixes_all(
        &known("register_by_arrival"),
        Remedy::KeepEveryRow,
        &[
            "output view register(key: string => val: string) on Replica;",
            "table register_written(key: string, val: string) on Replica;",
            "register(key, max(val)) <= register_written(key, val);",
            "register_written(k, v) <= put(k, v);",
        ],
    );
    fixes_all(
        "input event put(k: int, v: int);\noutput table kv(k: int => v: int);\nkv(1, 1);\nkv(k, min(v)) <+- put(k, v);\n",
        Remedy::KeepEveryRow,
        &["kv_written(1, 1);", "kv(k, min(v)) <= kv_written(k, v);", "kv_written(k, v) <= put(k, v);"],
    );
}

#[test]
fn an_equation_becomes_a_threshold() {
    fixes_all(
        "input table votes(b: int, who: int);\nn(b, count()) <= votes(b, _);\noutput table won(b: int);\nwon(b) <= n(b, c), c == 2;\n",
        Remedy::CompareUpward,
        &["won(b) <= n(b, c), c >= 2;"],
    );
    fixes_all(
        "input table price(i: int => at: min<int>);\noutput table cheap(i: int);\ncheap(i) <= price(i, p), 10 == p;\n",
        Remedy::CompareUpward,
        &["cheap(i) <= price(i, p), 10 >= p;"],
    );
}

#[test]
fn a_verdict_stays_a_view() {
    fixes_all(&known("garbage_collected"), Remedy::KeepView, &["output view freed(id: string) on Node;"]);
}

#[test]
fn a_verdict_waits_until_what_it_is_about_is_complete() {
    fixes_all(
        &known("word_count_committed"),
        Remedy::Seal,
        &[
            "input event line(batch: int, number: int, text: string) on Splitter sealed;",
            "channel word(batch: int, number: int, place: int, word: string) on Counter sealed from Splitter;",
            "commit@Store[0](b, w, count()) <~ words(b, _, _, w), word::sealed();",
        ],
    );
    // The count waits, the questions don't.
    fixes_all(
        &known("ads_poor"),
        Remedy::Seal,
        &[
            "input event click(id: string, campaign: string, window: int, uid: int) on Server sealed;",
            "input event ask(id: string) on Analyst;",
            "channel log(id: string, campaign: string, window: int, uid: int) on Report sealed from Server;",
            "channel request(id: string, from: Analyst) on Report;",
            "n(i, count()) <= clicks(i, _, _, _), log::sealed();",
            "response@a(i, self) <~ requests(i, a), n(i, k), k < 100;",
        ],
    );
    // One view over the other, a negation, and a channel that says already who sends.
    fixes_all(
        "role A; role B;
         input table said(x: int, y: int) on A;
         channel c(x: int, y: int) on B from A;
         table kept(x: int, y: int) on B;
         output table odd(x: int) on B;
         c@B[0](x, y) <~ said(x, y);
         kept(x, y) <= c(x, y);
         n(x, count()) <= kept(x, _);
         v(x) <= kept(x, _), n(x, k), k < 2;
         odd(x) <= v(x), !kept(x, 0);
",
        Remedy::Seal,
        &[
            "input table said(x: int, y: int) on A sealed;",
            "channel c(x: int, y: int) on B from A sealed;",
            "n(x, count()) <= kept(x, _), c::sealed();",
            "v(x) <= kept(x, _), n(x, k), k < 2;",
            "odd(x) <= v(x), !kept(x, 0), c::sealed();",
        ],
    );
}

/// The text of the way out, which nobody can write but the program's author.
fn sealed_by_hand(source: &str) -> String {
    let (stratified, coordination) = checked(source);
    let tree = floret_lang::parse(source, FileId(0), &mut Diagnostics::new());
    let all = fixes(source, &tree, &stratified.program, &coordination, "");
    let fix = all.iter().find(|fix| fix.way.remedy == Remedy::Seal).unwrap();
    assert_eq!(fix.edits, None);
    fix.way.text.clone()
}

#[test]
fn what_has_no_end_is_sealed_by_hand_and_it_is_said_what_is_missing() {
    let program = |sends: &str| {
        format!(
            "role A; role B;
             input table said(x: int, y: int) on A; input table named(x: int => y: int) on A;
             channel c(x: int, y: int) on B; channel d(x: int, y: int) on A; timer beat every 1s on A;
             table kept(x: int, y: int) on B; table twice(x: int, y: int) on A;
             output table n(x: int, n: int) on B;
             {sends}
             kept(x, y) <= c(x, y);
             n(x, count()) <= kept(x, _);"
        )
    };
    let by_hand = "channel c(x: int, y: int) on B sealed by x from A;
seal c@r(x) <~ ...; // when r gets no more rows of this x
";
    let missing = |name: &str| {
        format!(
            "{by_hand}// nothing says when `{name}` is at its end: that has to be known where it is sealed"
        )
    };
    for (sends, endless) in [
        ("d@A[0](x, y) <~ said(x, y); c@B[0](x, y) <~ d(x, y);", "d"),
        ("c@B[0](x, y) <~ named(x, y);", "named"),
        ("c@B[0](x, y) <~ beat(_), said(x, y);", "beat"),
        ("twice(x, y) <+ said(x, y); c@B[0](x, y) <~ twice(x, y);", "twice"),
    ] {
        assert_eq!(sealed_by_hand(&program(sends)), missing(endless), "{sends}");
    }
}

#[test]
fn inputs_are_complete_before_the_first_tick() {
    fixes_all(
        "input event ask(k: int);\ninput table kv(k: int, v: int);\noutput event done(k: int, v: int);\ndone(k, v) <= ask(k), kv(k, v);\n",
        Remedy::StaticInput,
        &["static input table kv(k: int, v: int);"],
    );
}

#[test]
fn deletions_are_remembered() {
    fixes_all(
        &known("set_with_deletes"),
        Remedy::Tombstones,
        &[
            "output view members(item: string) on Replica;",
            "table members_added(item: string) on Replica;",
            "table members_deleted(item: string) on Replica;",
            "members(item) <= members_added(item), !members_deleted(item);",
            "members_added(x) <= added(x);",
            "members_deleted(x) <= removed(x);",
        ],
    );
}

#[test]
fn an_order_of_the_values_chooses() {
    fixes_all(&known("pick_any"), Remedy::ChooseByOrder, &["target(k, min(r)) <= copies(k, r);"]);
}

#[test]
fn only_the_beat_matters() {
    fixes_all(
        "role Node;\ntimer beat every 1s on Node;\ninput table t(x: int) on Node;\nchannel c(x: int) on Node;\noutput table got(x: int) on Node;\nc@n(x) <~ beat(when), t(x), Node(n);\ngot(x) <= c(x);\n",
        Remedy::BeatOnly,
        &["c@n(x) <~ beat(_), t(x), Node(n);"],
    );
}

#[test]
fn what_may_be_lost_is_kept_or_sent_again() {
    let source = known("telemetry_once");
    fixes_all(&source, Remedy::KeepMessages, &["channel report(from: Sensor, value: int) on Collector;"]);
    fixes_all(
        &source,
        Remedy::SendAgain,
        &[
            "table measured_kept(value: int) on Sensor;",
            "measured_kept(value) <= measured(value);",
            "timer resend_beat every 1s on Sensor;",
            "report@c(self, v) <~ measured_kept(v), Collector(c), resend_beat(_);",
        ],
    );
    let stored = source.replace("input event measured", "input table measured");
    fixes_all(
        &stored,
        Remedy::SendAgain,
        &["report@c(self, v) <~ measured(v), Collector(c), resend_beat(_);"],
    );
}

#[test]
fn momentary_rows_are_observed_one_by_one_or_kept() {
    let source = known("last_message_view");
    fixes_all(&source, Remedy::ObserveEvent, &["output event shown(text: string) on Node;"]);
    fixes_all(&source, Remedy::ObserveTable, &["output table shown(text: string) on Node;"]);
    let inferred = "input event e(x: int);\nv(x) <= e(x);\noutput v;\n";
    fixes_all(inferred, Remedy::ObserveEvent, &["output event v(x: int);"]);
}

#[test]
fn every_kind_can_be_accepted() {
    let accepted = &["@accept(\"it \\\"may\\\" be so\")"];
    for name in [
        "get_put_race",
        "word_count_in_a_tick",
        "cart_disorderly",
        "orders_not_cancelled",
        "register_by_arrival",
        "random_backoff",
        "pick_any",
        "last_message_view",
        "get_elsewhere",
        "telemetry_once",
    ] {
        fixes_all(&known(name), Remedy::Accept, accepted);
    }
    fixes_all("input event e(x: int);\nv(x) <= e(x);\noutput v;\n", Remedy::Accept, accepted);
    let input = "input table t(k: int => v: int);\nt(1, 1);\noutput t;\n";
    fixes_all(input, Remedy::Accept, accepted);
}

/// Whatever is offered for a known program compiles, and the rule is no point of order any more.
#[test]
fn what_is_offered_for_known_programs_fits() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/verdicts");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let (mut applied, mut clean, mut by_hand) = (0, 0, 0);
    for path in paths.iter().filter(|path| path.extension().is_some_and(|ending| ending == "flo")) {
        let source = std::fs::read_to_string(path).unwrap();
        let (stratified, coordination) = checked(&source);
        let tree = floret_lang::parse(&source, FileId(0), &mut Diagnostics::new());
        for fix in fixes(&source, &tree, &stratified.program, &coordination, "known") {
            let Some(edits) = &fix.edits else {
                by_hand += 1;
                continue;
            };
            let new = apply(&source, edits);
            let (after, left) = checked(&new);
            assert_eq!(interface(&stratified.program), interface(&after.program), "{new}");
            applied += 1;
            clean += usize::from(left.points.iter().all(|point| point.accepted.is_some()));
        }
    }
    println!(
        "ways out of known programs: {applied} applied, {clean} leave no point of order, {by_hand} by hand"
    );
    assert!(clean > 60, "only {clean} of {applied} leave no point of order");
}

/// The way out stays a point of order, whose replicas agree.
#[track_caller]
fn sequences(source: &str, line: &str) {
    let new = fixed(source, Remedy::Sequence);
    assert!(new.lines().any(|found| found.trim() == line), "`{line}` is not in\n{new}");
    let (before, _) = checked(source);
    let (after, coordination) = checked(&new);
    assert_eq!(interface(&before.program), interface(&after.program), "{new}");
    let outputs = after.program.relations.entries().filter(|(_, relation)| relation.output);
    for (id, relation) in outputs {
        let replicas = coordination.replicas[id].as_ref();
        assert!(replicas.is_some_and(|found| found.agree), "{} {new}", relation.name);
    }
}

#[test]
fn replicas_are_ordered_through_one_of_them() {
    let channel = "channel put(key: string, val: string) on Replica ordered via Replica;";
    sequences(&known("register_by_arrival"), channel);
    sequences(&known("register_first_writer"), channel);
    sequences(&known("register_ordered"), channel);
    let reliable = known("register_ordered").replace("ordered;", "reliable;");
    sequences(&reliable, channel);
    let block = known("register_ordered").replace(
        "channel put(key: string, val: string) on Replica ordered;",
        "on Replica { channel put(key: string, val: string) from Client; }",
    );
    sequences(
        &block,
        "on Replica { channel put(key: string, val: string) from Client ordered via Replica; }",
    );
}

#[test]
fn a_sequencer_is_offered_where_it_is_all_that_is_missing() {
    let offered = |source: &str| {
        let (_, coordination) = checked(source);
        let mut ways = coordination.points.iter().flat_map(|point| &point.ways_out);
        ways.any(|way| way.remedy == Remedy::Sequence)
    };
    assert!(offered(&known("register_by_arrival")));
    for name in [
        // Two channels, the time, a lossy channel, a host that deletes; messages to one node; an order already.
        "set_with_deletes",
        "cache_invalidation",
        "register_lww_by_clock",
        "telemetry_once",
        "directory_shared",
        "get_put_race",
        "register_sequenced",
        "replicated_log",
        // No order of the nodes makes a difference here.
        "random_backoff",
    ] {
        assert!(!offered(&known(name)), "{name}");
    }
    let asks = known("register_by_arrival") + "who(k, sender) <= put(k, _);";
    assert!(!offered(&asks), "{asks}");
}
