//! Programs of several files from fixtures: a line `//- name.flo` starts a file, `//- std::name` a module of the
//! library; the first file is the program. What is expected was written, or read and judged line by line, by hand.

mod arguments;
mod errors;
mod expansion;
mod limits;
mod robust;

use std::collections::BTreeMap;

use expect_test::Expect;
use floret_ir::{Diagnostics, Program, print};

use super::{Files, Loader, expand, load};

/// The files of a fixture, apart from the first.
pub(super) struct Fixture {
    main: (String, String),
    others: BTreeMap<String, String>,
}

impl Fixture {
    pub fn new(text: &str) -> Self {
        let mut files: Vec<(String, String)> = Vec::new();
        for line in text.lines() {
            match (line.trim().strip_prefix("//- "), files.last_mut()) {
                (Some(name), _) => files.push((name.trim().to_owned(), String::new())),
                (None, Some((_, text))) => {
                    text.push_str(line);
                    text.push('\n');
                }
                (None, None) if line.trim().is_empty() => {}
                (None, None) => files.push(("main.flo".to_owned(), format!("{line}\n"))),
            }
        }
        let main = files.remove(0);
        Fixture { main, others: files.into_iter().collect() }
    }

    pub fn load(&self, sink: &mut Diagnostics) -> Files {
        load(&self.main.0, &self.main.1, self, sink)
    }
}

impl Loader for Fixture {
    fn load(&self, path: &str) -> Result<String, String> {
        self.others.get(path).cloned().ok_or_else(|| "there is no such file".to_owned())
    }
    fn shipped(&self, name: &str) -> Option<&str> {
        self.others.get(&format!("std::{name}")).map(String::as_str)
    }
    fn shipped_names(&self) -> Vec<&str> {
        self.others.keys().filter_map(|name| name.strip_prefix("std::")).collect()
    }
}

/// Checks the tree that comes out of a fixture without errors.
#[track_caller]
fn tree(text: &str, expected: Expect) {
    let mut sink = Diagnostics::new();
    let files = Fixture::new(text).load(&mut sink);
    let expanded = expand(&files, &mut sink);
    assert!(!sink.has_errors(), "{}", floret_lang::render(&sink.sorted(), &files.sources, false));
    expected.assert_eq(&floret_lang::print_tree(&expanded.tree));
}

/// The checked program of a fixture without errors.
#[track_caller]
fn program(text: &str) -> Program {
    let mut sink = Diagnostics::new();
    let files = Fixture::new(text).load(&mut sink);
    let stratified = crate::driver::analyse(&files, &mut sink);
    let rendered = || floret_lang::render(&sink.sorted(), &files.sources, false);
    stratified.unwrap_or_else(|| panic!("{}", rendered())).program
}

/// Checks the program that comes out of a fixture without errors.
#[track_caller]
fn checked(text: &str, expected: Expect) {
    expected.assert_eq(&print::program(&program(text)));
}

/// Checks all that is said about a fixture, as it is shown.
#[track_caller]
fn said(text: &str, expected: Expect) {
    let mut sink = Diagnostics::new();
    let files = Fixture::new(text).load(&mut sink);
    let stratified = crate::driver::analyse(&files, &mut sink);
    assert!(stratified.is_none(), "nothing is wrong");
    expected.assert_eq(&floret_lang::render(&sink.sorted(), &files.sources, false));
}
