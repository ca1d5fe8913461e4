//! The conformance cases: files under `tests/conformance` that say, for a program and what arrives, what each tick must
//! show. The expectations are written by hand or by another program (each says which), never by Floret. See the
//! README there for the format.
//!
//! `CASES=aggregates/` runs only the cases whose path starts so, `EVALUATORS=reference` only the reference evaluator.

mod case;
mod check;
mod read;
mod run;
mod value;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use case::Case;
use run::{EVALUATORS, Evaluator};

fn folder() -> PathBuf {
    crate::floret::root().join("tests/conformance")
}

/// The cases' files by their path below the folder.
fn files() -> BTreeMap<String, PathBuf> {
    let only = std::env::var("CASES").unwrap_or_default();
    let (mut found, mut folders) = (BTreeMap::new(), vec![folder()]);
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder()).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "case") && name.starts_with(&only) {
                found.insert(name, path);
            }
        }
    }
    found
}

fn read(path: &Path) -> Result<Case, String> {
    let case = read::read(&std::fs::read_to_string(path).unwrap())?;
    if case.by != "hand" && !path.with_file_name(&case.by).is_file() {
        return Err(format!("the program `{}` that made the expectation is not beside the case", case.by));
    }
    Ok(case)
}

fn evaluators() -> &'static [Evaluator] {
    if std::env::var("EVALUATORS").is_ok_and(|which| which == "reference") {
        &EVALUATORS[..1]
    } else {
        &EVALUATORS
    }
}

#[test]
fn every_case_holds() {
    let (mut counts, mut failures) = (BTreeMap::<String, usize>::new(), Vec::new());
    for (name, path) in files() {
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        *counts.entry(folder.to_owned()).or_default() += 1;
        let outcome = read(&path).and_then(|case| {
            // A panic is a failure of its case, not of all.
            let outcome = std::panic::catch_unwind(|| run::run(&case, evaluators()));
            let outcome = outcome.unwrap_or_else(|_| Err("panicked".into()));
            outcome.map_err(|why| format!("{why}\n{}", case.program))
        });
        if let Err(why) = outcome {
            failures.push(format!("{name}: {why}"));
        }
    }
    let total: usize = counts.values().sum();
    let folders: Vec<String> = counts.iter().map(|(folder, count)| format!("{folder} {count}")).collect();
    println!("conformance: {total} cases ({}) on {} evaluators", folders.join(", "), evaluators().len());
    assert!(failures.is_empty(), "{} cases fail\n{}", failures.len(), failures.join("\n\n"));
}

/// Whatever single expectation of a case is made wrong, the case fails.
#[test]
fn a_wrong_expectation_fails() {
    let mut count = 0;
    for (name, path) in files() {
        let Ok(case) = read(&path) else { continue };
        for (what, wrong) in case.planted() {
            count += 1;
            assert!(run::run(&wrong, &EVALUATORS[..1]).is_err(), "{name} holds with a mistake: {what}");
        }
    }
    println!("conformance: {count} planted mistakes found");
    assert!(count > 0);
}

/// A case with a mistake in itself is refused with its line.
#[test]
fn mistakes_in_cases_are_refused() {
    let refused = |text: &str, why: &str| {
        let error = match read::read(text) {
            Ok(case) => run::run(&case, &EVALUATORS[..1]).expect_err(text),
            Err(error) => error,
        };
        assert!(error.contains(why), "{text}\nsays `{error}`, not `{why}`");
    };
    let program = "--- program\ninput event e(x: int);\nv(x) <= e(x);\n";
    refused(&format!("{program}--- tick 0\nv: empty\n"), "by:");
    refused("# by: hand\n--- tick 0\nv: empty\n", "no `--- program`");
    refused(&format!("# by: hand\n{program}"), "expects nothing");
    refused(&format!("# by: hand\n{program}--- tick 0\ninput e(1)\n"), "expects nothing");
    refused(&format!("# by: hand\n{program}--- tock 0\nv: empty\n"), "line 5: there is no such section");
    refused(&format!("# by: hand\n{program}--- tick 1\nv: empty\n"), "next tick is number 0");
    refused(&format!("# by: hand\n{program}--- tick 0\nv:\n"), "line 6");
    refused(&format!("# by: hand\n{program}--- tick 0\nv: (1) x\n"), "between rows");
    refused(&format!("# by: hand\n{program}--- tick 0\nv: (1) (1)\n"), "written twice");
    refused(&format!("# by: hand\n{program}--- tick 0\nw: (1)\n"), "no collection `w`");
    refused(&format!("# by: hand\n{program}--- tick 0\nv: (\"a\")\n"), "type int");
    refused(&format!("# by: hand\n{program}--- tick 0\ninput e(1, 2)\nv: (1)\n"), "2 values");
    refused(&format!("# by: hand\n{program}--- tick 0\ninputs e(1)\nv: (1)\n"), "line 6");
    refused(&format!("# by: hand\n{program}--- diagnostics\nerror order\n"), "line 6");
    refused("# by: hand\n--- program\nv(x) <= e(x);\n--- tick 0\nv: empty\n", "does not compile");
}
