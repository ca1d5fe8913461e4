//! The classic programs of `examples/classics`: each gives what a Python program beside it computed another way.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::floret::{floret, root, scratch, succeed};

/// The folders of programs that run.
fn folders() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("examples/classics")).unwrap();
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("expected/compute.py").is_file())
        .collect();
    folders.sort();
    folders
}

/// The CSV files of a folder, by name.
fn tables(folder: &Path) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut tables: Vec<(String, String)> = entries
        .filter(|path| path.extension().is_some_and(|ending| ending == "csv"))
        .map(|path| {
            (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(path).unwrap())
        })
        .collect();
    tables.sort();
    tables
}

#[test]
fn classics_give_what_another_program_computed() {
    let folders = folders();
    for folder in &folders {
        let name = folder.file_name().unwrap().to_str().unwrap();
        let program = format!("examples/classics/{name}/{name}.flo");
        for workers in ["1", "2"] {
            let out = scratch();
            let data = format!("examples/classics/{name}");
            let out_name = out.path().to_str().unwrap();
            succeed(&["run", &program, "--data", &data, "--out", out_name, "--workers", workers]);
            let (expected, found) = (tables(&folder.join("expected")), tables(out.path()));
            assert!(!expected.is_empty(), "{name} expects nothing");
            assert_eq!(expected, found, "{name} with {workers} workers");
        }
    }
    println!("classics: {} programs", folders.len());
    assert!(folders.len() >= 8);
}

/// The expected files are what the Python programs say (where there is a Python to ask).
#[test]
fn expected_files_are_up_to_date() {
    if Command::new("python3").arg("--version").output().is_err() {
        println!("classics: no python3 here, the expected files are taken as they are");
        return;
    }
    for folder in folders() {
        let out = scratch();
        let status =
            Command::new("python3").arg(folder.join("expected/compute.py")).arg(out.path()).status().unwrap();
        assert!(status.success(), "{}", folder.display());
        assert_eq!(tables(&folder.join("expected")), tables(out.path()), "{}", folder.display());
    }
}

#[test]
fn win_move_is_refused_with_its_cycle() {
    let said = floret(&["check", "examples/classics/win_move_rejected/win_move_rejected.flo"]);
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.err.contains("error[unstratified]: `win` depends on its own absence"), "{}", said.err);
    assert!(said.err.contains("win(x) <= move(x, y), !win(y);"), "{}", said.err);
    assert!(said.err.contains("`win` reads `win` negatively here"), "{}", said.err);
}
