//! Formatting of random programs, and of all programs of the repository: what it means stays, every comment stays, and
//! what is formatted once is not changed again. The checks read the result anew; they do not trust the formatter's own.

use std::path::Path;

use floret_ir::{Diagnostics, FileId};
use proptest::prelude::*;

use crate::{generate, read, render};

fn format(text: &str) -> String {
    floret_lang::format(text, FileId(0)).unwrap_or_else(|sink| panic!("{text}\n{}", render(text, &sink)))
}

/// The tree in full, without places.
fn meaning(text: &str) -> String {
    let tree = format!("{:?}", read(text).statements);
    let mut parts = tree.split("Span {");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| all + part.split_once('}').unwrap().1)
}

/// Each comment's lines without what is before and after them.
fn comments(text: &str) -> Vec<Vec<String>> {
    let trimmed = |comment: &floret_lang::tree::Name| {
        comment.text.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>()
    };
    read(text).comments.iter().map(trimmed).collect()
}

/// The tokens as `--emit tokens` prints them, without their places, and without brackets and commas that may come or go.
fn tokens(text: &str) -> Vec<String> {
    let printed = floret_lang::tokens(text, FileId(0), &mut Diagnostics::new());
    let kinds = printed.lines().map(|line| line.split_once(' ').unwrap().1.trim_start().to_owned());
    let comes_or_goes = ["(", ")", ",", ";"].map(|mark| format!("mark         {mark}"));
    kinds.filter(|token| !comes_or_goes.contains(token)).collect()
}

fn check(text: &str) {
    let formatted = format(text);
    let show = || format!("--- from\n{text}\n--- to\n{formatted}");
    assert_eq!(meaning(text), meaning(&formatted), "{}", show());
    assert_eq!(comments(text), comments(&formatted), "{}", show());
    assert_eq!(tokens(text), tokens(&formatted), "{}", show());
    let again = format(&formatted);
    assert!(formatted == again, "{}\n--- to\n{again}", show());
    assert!(!formatted.contains(['\r', '\t', '\u{FEFF}']) && !formatted.contains(" \n"), "{}", show());
    assert!(!formatted.starts_with('\n') && !formatted.ends_with("\n\n"), "{}", show());
    assert!(formatted.is_empty() || formatted.ends_with('\n'), "{}", show());
    assert!(!formatted.contains("\n\n\n"), "{}", show());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, max_shrink_iters: 3000, ..ProptestConfig::default() })]

    #[test]
    fn random_programs(text in prop::collection::vec(any::<u32>(), 0..1500).prop_map(|n| generate::program(&n))) {
        check(&text);
    }
}

/// The random programs have what they are there for.
#[test]
fn random_programs_are_various() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let numbers = prop::collection::vec(any::<u32>(), 500..1500);
    let texts: Vec<String> =
        (0..300).map(|_| generate::program(&numbers.new_tree(&mut runner).unwrap().current())).collect();
    let with = |part: &str| texts.iter().filter(|text| text.contains(part)).count();
    for part in [
        "if",
        "match",
        "=>",
        "module",
        "test",
        "enum",
        "struct",
        "lattice",
        "use",
        "seal",
        "invariant",
        "fn",
        "timer",
        "param",
        "let",
        "in",
        "not",
        "// below",
        "/* ",
        "/// ",
        "sealed",
        "ordered",
        "mutable",
    ] {
        assert!(with(part) > 15, "{part}: {} of 300", with(part));
    }
    assert!(texts.iter().any(|text| format(text).lines().any(|line| line.starts_with("        "))));
}

#[test]
fn all_programs_of_the_repository() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut checked = 0;
    let mut folders = vec![root];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && !name.starts_with('.') && name != "target" {
                folders.push(path);
            } else if name.ends_with(".flo") || name.ends_with(".md") {
                let text = std::fs::read_to_string(&path).unwrap();
                let programs = if name.ends_with(".md") { blocks(&text) } else { vec![text] };
                for program in programs {
                    let mut sink = Diagnostics::new();
                    floret_lang::parse(&program, FileId(0), &mut sink);
                    if sink.has_errors() {
                        assert!(floret_lang::format(&program, FileId(0)).is_err());
                    } else {
                        check(&program);
                        checked += 1;
                    }
                }
            }
        }
    }
    assert!(checked > 40, "{checked}");
}

/// The blocks of programs in a page.
fn blocks(page: &str) -> Vec<String> {
    let blocks = page.split("\n```flo").skip(1);
    blocks
        .filter_map(|block| Some(block.split_once('\n')?.1.split("\n```").next()?.to_owned() + "\n"))
        .collect()
}
