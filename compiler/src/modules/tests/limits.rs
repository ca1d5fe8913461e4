//! Programs made to be too large.

use std::fmt::Write;

use floret_ir::Diagnostics;

use super::Fixture;
use crate::modules::expand;

/// The titles of what is found, and the number of statements that are made.
fn run(text: &str) -> (Vec<String>, usize) {
    let mut sink = Diagnostics::new();
    let files = Fixture::new(text).load(&mut sink);
    let expanded = expand(&files, &mut sink);
    expanded.origins.explain(&mut sink);
    (sink.sorted().into_iter().map(|found| found.title).collect(), expanded.tree.statements.len())
}

#[test]
fn instances_that_double_at_each_level_end() {
    let mut text = String::from("module M0 { table t(x: int); }\n");
    for level in 1..40 {
        let inner = level - 1;
        let _ = writeln!(text, "module M{level} {{ use M{inner} as a; use M{inner} as b; }}");
    }
    text.push_str("use M39 as m;");
    let (titles, statements) = run(&text);
    assert_eq!(titles, ["the modules make the program too large: more than 10000 instances of modules"]);
    assert!(statements <= 10_000);
}

#[test]
fn instances_nest_only_so_deep() {
    let mut text = String::from("module M0 { table t(x: int); }\n");
    for level in 1..3_000 {
        let _ = writeln!(text, "module M{level} {{ use M{} as a; }}", level - 1);
    }
    text.push_str("use M99 as fine;");
    assert_eq!(run(&text), (Vec::new(), 1));
    text.push_str("use M2999 as m;");
    let (titles, _) = run(&text);
    assert_eq!(
        titles,
        ["the modules make the program too large: more than 100 instances and blocks in one another"]
    );
}

#[test]
fn large_texts_are_not_copied_without_end() {
    let mut text = format!("module Large {{ /* {} */ table t(x: int); }}\n", "-".repeat(1 << 20));
    for number in 0..100 {
        let _ = writeln!(text, "use Large as l{number};");
    }
    let (titles, statements) = run(&text);
    let limit = "more than 64 MiB of text in all instances together";
    assert_eq!(titles, [format!("the modules make the program too large: {limit}")]);
    assert_eq!(statements, 63);
}

#[test]
fn arguments_that_double_at_each_level_end() {
    let mut text = String::from("module M0(n: int) { table t(x: int); v(x) <= t(x), x < n; }\n");
    for level in 1..60 {
        let _ = writeln!(text, "module M{level}(n: int) {{ use M{}(n = n + n) as a; }}", level - 1);
    }
    text.push_str("use M59(n = 1) as m;");
    let (titles, _) = run(&text);
    let limit = "more than 100 operators, names and values in one argument";
    assert_eq!(titles, [format!("the modules make the program too large: {limit}")]);
}

#[test]
fn many_files_in_a_row_are_too_many() {
    let mut text = String::from("//- main.flo\nuse \"f0.flo\" as f;\n");
    for number in 0..1_500 {
        let _ = writeln!(text, "//- f{number}.flo\nuse \"f{}.flo\" as f;", number + 1);
    }
    let (titles, _) = run(&text);
    assert_eq!(
        titles,
        [
            "the modules make the program too large: more than 100 instances and blocks in one another",
            "the program has too many files, or they are too large",
        ]
    );
}
