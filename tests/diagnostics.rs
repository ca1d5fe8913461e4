//! Golden diagnostics: what the command says about wrong programs and wrong data, word for word.
//!
//! Each folder of `tests/diagnostics` is one case; its README says how the expectations came about.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::floret::{command, root};

/// The cases' folders, by name.
fn cases() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("tests/diagnostics")).unwrap();
    let mut folders: Vec<PathBuf> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// What the case's command says: its exit code on the first line, then its stderr.
fn said(case: &Path) -> String {
    let line =
        std::fs::read_to_string(case.join("command")).unwrap_or_else(|_| "check program.flo".to_owned());
    let args: Vec<&str> = line.split_whitespace().collect();
    let output = command(&args).current_dir(case).output().unwrap();
    let code = output.status.code().map_or("by a signal".to_owned(), |code| code.to_string());
    format!("exit {code}\n{}", String::from_utf8(output.stderr).unwrap())
}

/// Both texts by lines, `-` before what is only expected and `+` before what is only said.
pub fn difference(expected: &str, said: &str) -> String {
    let (expected, said): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), said.lines().collect());
    // longest[i][j]: the most lines that `expected[i..]` and `said[j..]` have in common, in order.
    let mut longest = vec![vec![0usize; said.len() + 1]; expected.len() + 1];
    for i in (0..expected.len()).rev() {
        for j in (0..said.len()).rev() {
            longest[i][j] = if expected[i] == said[j] {
                longest[i + 1][j + 1] + 1
            } else {
                longest[i + 1][j].max(longest[i][j + 1])
            };
        }
    }
    let (mut i, mut j, mut text) = (0, 0, String::new());
    while i < expected.len() || j < said.len() {
        if i < expected.len() && j < said.len() && expected[i] == said[j] {
            writeln!(text, "  {}", said[j]).unwrap();
            (i, j) = (i + 1, j + 1);
        } else if j == said.len() || (i < expected.len() && longest[i + 1][j] >= longest[i][j + 1]) {
            writeln!(text, "- {}", expected[i]).unwrap();
            i += 1;
        } else {
            writeln!(text, "+ {}", said[j]).unwrap();
            j += 1;
        }
    }
    text
}

#[test]
fn diagnostics_are_as_written() {
    let cases = cases();
    assert!(cases.len() >= 20, "{} cases found", cases.len());
    // Set to write what the command says instead of comparing; read the difference before it is kept.
    let bless = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut failures = String::new();
    for case in cases {
        let expected = std::fs::read_to_string(case.join("expected.txt")).unwrap_or_default();
        let said = said(&case);
        if said == expected {
            continue;
        }
        if bless {
            std::fs::write(case.join("expected.txt"), &said).unwrap();
        }
        let name = case.file_name().unwrap_or_default().to_string_lossy();
        writeln!(failures, "== {name} ==\n{}", difference(&expected, &said)).unwrap();
    }
    assert!(bless || failures.is_empty(), "\n{failures}");
}
