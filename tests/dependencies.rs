//! Which crate may depend on which (docs/architecture.md, "Who may know whom"). The lists are written by hand.

use std::collections::BTreeSet;
use std::path::Path;

/// Folder, our crates it may use, and the outside crates that not everybody may use.
const ALLOWED: &[(&str, &[&str], &[&str])] = &[
    ("compiler/ir", &[], &[]),
    ("lang", &["floret-ir"], &["codespan-reporting", "logos", "lalrpop-util"]),
    ("compiler", &["floret-ir", "floret-lang"], &[]),
    ("runtime/reference", &["floret-ir"], &[]),
    ("runtime/dataflow", &["floret-ir"], &["timely", "differential-dataflow"]),
    ("runtime/data", &["floret-ir"], &[]),
    ("runtime/node", &["floret-ir"], &["tokio"]),
    ("runtime/sim", &["floret-ir", "floret-node", "floret-reference"], &[]),
    ("runtime/cluster", &["floret-ir", "floret-node"], &["tokio"]),
    ("stdlib", &[], &[]),
];

/// Outside crates that only the folders which list them may use (and the command: tokio, clap, indicatif).
const RESTRICTED: &[&str] = &[
    "timely",
    "differential-dataflow",
    "tokio",
    "codespan-reporting",
    "logos",
    "lalrpop-util",
    "clap",
    "indicatif",
];

/// The names under `[dependencies]`.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let section = manifest.lines().skip_while(|line| line.trim() != "[dependencies]").skip(1);
    section
        .take_while(|line| !line.trim_start().starts_with('['))
        .filter_map(|line| {
            let name = line.split(['.', '=', ' ']).next()?.trim();
            (!name.is_empty() && !name.starts_with('#')).then(|| name.to_owned())
        })
        .collect()
}

fn manifest(folder: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join("Cargo.toml")).unwrap()
}

#[test]
fn crates_depend_only_on_what_they_may() {
    let mut seen = 0;
    for (folder, ours, outside) in ALLOWED {
        for name in dependencies(&manifest(folder)) {
            seen += 1;
            let fine = if name.starts_with("floret") {
                ours.contains(&name.as_str())
            } else {
                !RESTRICTED.contains(&name.as_str()) || outside.contains(&name.as_str())
            };
            assert!(fine, "{folder} must not depend on {name} (see docs/architecture.md)");
        }
    }
    println!("crate dependencies: {seen} checked in {} crates", ALLOWED.len());
    assert!(seen > 20, "the manifests could not be read");
}

#[test]
fn every_workspace_member_is_in_the_list() {
    let root = manifest(".");
    let members = root.split("members = [").nth(1).unwrap().split(']').next().unwrap();
    let members: BTreeSet<&str> = members.split('"').skip(1).step_by(2).collect();
    assert_eq!(members, ALLOWED.iter().map(|(folder, _, _)| *folder).collect());
}

#[test]
fn command_leaves_dataflow_libraries_to_the_engine() {
    let names = dependencies(&manifest("."));
    assert!(!names.contains("timely") && !names.contains("differential-dataflow"));
}

#[test]
fn lock_file_stays_small() {
    let lock = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
    let crates = lock.matches("[[package]]").count();
    println!("Cargo.lock: {crates} crates");
    assert!(crates <= 250, "{crates} crates in Cargo.lock; more than 250 need a decision record");
}
