//! Which keys are proven, and which are warned of.

use expect_test::expect;
use floret_ir::Severity;

use super::{check, run};

/// Checks the keyed relations that are proven and those that are warned of.
#[track_caller]
fn keys(text: &str, proven: &[&str], warned: &[&str]) {
    let (program, found) = run(text);
    assert!(found.iter().all(|d| d.severity == Severity::Warning), "{found:#?}");
    let names: Vec<&str> =
        program.relations.iter().filter(|r| r.key_proven).map(|r| r.name.as_str()).collect();
    assert_eq!(names, proven, "proven in {text}");
    let titles: Vec<&str> = found.iter().map(|d| d.title.as_str()).collect();
    let expected: Vec<String> =
        warned.iter().map(|name| format!("`{name}` may get two different rows for one key")).collect();
    assert_eq!(titles, expected, "warned of in {text}");
}

#[test]
fn the_warning() {
    check(
        "table kv(key: int => val: int); event put(key: int, val: int); kv(k, v) <= put(k, v);",
        expect![[r#"
            warning: `kv` may get two different rows for one key [key-conflict]
              ! 1:7 'kv' this table's key determines its other columns
              - 1:64 'kv(k, v)' a row for a key can come from here
              note: where they meet, the row that is there stays, else the least new row wins; the other one is dropped and reported
              help: aggregate over the key (`kv(key, max(value))`), or move `=>` to make the key wider, or replace the old row with `<+-`
        "#]],
    );
}

#[test]
fn views() {
    let t = "table t(x: int, y: int); ";
    keys(&format!("{t} view v(x: int => y: int); v(x, x + 1) <= t(x, _);"), &["v"], &[]);
    keys(&format!("{t} view v(x: int => y: int); v(x, y) <= t(x, y);"), &[], &["v"]);
    keys(&format!("{t} view v(x: int => y: int); v(x, 1) <= t(x, _); v(x, 2) <= t(x, _);"), &[], &["v"]);
    keys(&format!("{t} view v(x: int => y: int); v(x, max(y)) <= t(x, y);"), &["v"], &[]);
    // Two groups, (x, 0) and (x, 1), can have one key.
    keys(&format!("{t} view v(x: int => y: int, z: int); v(x, y % 2, max(y)) <= t(x, y);"), &[], &["v"]);
    // x / 2 doesn't tell x.
    keys(&format!("{t} view v(x: int => y: int); v(x / 2, x) <= t(x, _);"), &[], &["v"]);
    keys(&format!("{t} view v(x: int => y: int); v(x / 2, max(x)) <= t(x, _);"), &["v"], &[]);
    keys(&format!("{t} view v(=> n: int); v(count()) <= t(_, _);"), &["v"], &[]);
    keys(&format!("{t} view v(=> n: int); v(x) <= t(x, _);"), &[], &["v"]);
    keys(
        &format!("{t} view v(x: int => z: int); v(x, z) <= t(x, _), let y = x * 2, let z = y + 1;"),
        &["v"],
        &[],
    );
    // An aggregate in the key: two groups can have one count.
    keys(&format!("{t} view v(n: int => x: int); v(count(), x) <= t(x, _);"), &[], &["v"]);
}

#[test]
fn views_over_keyed_collections() {
    let package = "static input table package(name: string => size: int, section: string); ";
    keys(&format!("{package} view v(n: string => s: int); v(n, s * 2) <= package(n, s, _);"), &["v"], &[]);
    keys(
        &format!("{package} view v(n: string => s: int); v(n, s) <= package(n, _, _), package(_, s, _);"),
        &[],
        &["v"],
    );
    // A table remembers what an earlier value was.
    let kv = "table kv(k: int => v: int); event put(k: int, v: int); kv(k, max(v)) <+- put(k, v); ";
    keys(&format!("{kv} table seen(k: int => v: int); seen(k, v) <= kv(k, v);"), &[], &["seen"]);
    keys(&format!("{kv} view last(k: int => v: int); last(k, v) <= kv(k, v);"), &["last"], &[]);
}

#[test]
fn tables() {
    let put = "event put(k: int, v: int); table kv(k: int => v: int); ";
    keys(&format!("{put} kv(k, k + 1) <= put(k, _);"), &["kv"], &[]);
    keys(&format!("{put} kv(k, 1) <+ put(k, _); kv(k, _) <- put(k, 0);"), &["kv"], &[]);
    keys(&format!("{put} kv(k, max(v)) <= put(k, v);"), &[], &["kv"]);
    keys(&format!("{put} kv(k, max(v)) <+- put(k, v);"), &[], &[]);
    keys(&format!("{put} kv(k, v) <+- put(k, v);"), &[], &["kv"]);
    keys(&format!("{put} kv(k, 1) <= put(k, _); kv(3, 4);"), &[], &["kv"]);
}

#[test]
fn inputs_facts_and_channels() {
    keys("input table t(x: int => y: int);", &[], &[]);
    keys("table t(x: int => y: int); t(1, 2); t(2, 2); t(1, 2);", &["t"], &[]);
    keys("table t(x: int => y: int); t(1, 2); t(1, 3);", &[], &[]);
    keys("table t(x: int); channel c(x: int => y: int); c(x, 1) <~ t(x);", &[], &["c"]);
}
