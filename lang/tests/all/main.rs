//! The tests of text to tree and of messages to text. All expected results are written by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod expressions;
mod format;
mod format_comments;
mod format_random;
mod garbage;
mod generate;
mod messages;
mod nesting;
mod programs;
mod recovery;
mod soft_keywords;
mod tokens;

use expect_test::Expect;
use floret_ir::{Diagnostics, FileId, Source, Sources};
use floret_lang::tree::Tree;

/// The tree of a text without mistakes.
fn read(text: &str) -> Tree {
    let mut sink = Diagnostics::new();
    let tree = floret_lang::parse(text, FileId(0), &mut sink);
    assert!(!sink.has_errors(), "{}", render(text, &sink));
    tree
}

fn render(text: &str, sink: &Diagnostics) -> String {
    let mut sources = Sources::new();
    sources.push(Source { name: "test.flo".to_owned(), text: text.to_owned() });
    floret_lang::render(&sink.sorted(), &sources, false)
}

/// The text has no mistake, and its tree prints so.
fn check_tree(text: &str, expected: &Expect) {
    expected.assert_eq(&floret_lang::print_tree(&read(text)));
}

/// The text's mistakes, one a line: `line:column "marked text" title`, and the help after `->`.
fn mistakes(text: &str) -> (Tree, String) {
    let mut sink = Diagnostics::new();
    let tree = floret_lang::parse(text, FileId(0), &mut sink);
    let source = Source { name: String::new(), text: text.to_owned() };
    let line = |diagnostic: &floret_ir::Diagnostic| {
        let span = diagnostic.labels[0].span;
        let (line, column) = source.line_column(span.start);
        let marked = &text[span.start as usize..span.end as usize];
        let help = diagnostic.help.as_ref().map(|help| format!(" -> {help}")).unwrap_or_default();
        format!("{line}:{column} {marked:?} {}{help}\n", diagnostic.title)
    };
    (tree, sink.sorted().iter().map(line).collect())
}

fn check_mistakes(text: &str, expected: &Expect) {
    expected.assert_eq(&mistakes(text).1);
}
