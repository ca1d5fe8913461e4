//! The front end from text to program or messages. Expected results are written, or read and judged line by line, by hand.

mod ambient;
mod calls;
mod claims;
mod declarations;
mod key_proofs;
mod mistakes;
mod names;
mod places;
mod programs;
mod safe;
mod seals;
mod sequencers;
mod split;
mod test_blocks;
mod typing;
mod whole_language;

use std::fmt::Write;

use expect_test::Expect;
use floret_ir::{Diagnostic, Diagnostics, IndexVec, Program, Severity, Source, Span};

/// The program and what was found, in the order of the text.
fn run(text: &str) -> (Program, Vec<Diagnostic>) {
    let mut sources: IndexVec<_, Source> = IndexVec::new();
    let file = sources.push(Source { name: "test.flo".into(), text: text.into() });
    let mut sink = Diagnostics::new();
    let tree = floret_lang::parse(text, file, &mut sink);
    let program = super::check(&tree, file, &mut sink);
    (program, sink.sorted())
}

/// Checks what is found: the message, then each place as `line:column 'the marked text'` and its words (`!` marks the
/// place itself, `-` evidence).
#[track_caller]
fn check(text: &str, expected: Expect) {
    let (program, found) = run(text);
    let mut out = String::new();
    for diagnostic in &found {
        let severity = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let _ = writeln!(out, "{severity}: {} [{}]", diagnostic.title, diagnostic.code);
        for label in &diagnostic.labels {
            let mark = if label.primary { '!' } else { '-' };
            let _ = writeln!(out, "  {mark} {} {}", place(text, label.span), label.text);
        }
        for note in &diagnostic.notes {
            let _ = writeln!(out, "  note: {note}");
        }
        if let Some(help) = &diagnostic.help {
            let _ = writeln!(out, "  help: {help}");
        }
    }
    let failed = found.iter().any(|d| d.severity == Severity::Error);
    // Whoever goes on after errors must not get half a program.
    assert!(!failed || program == Program::default());
    expected.assert_eq(&out);
}

fn place(text: &str, span: Span) -> String {
    let source = Source { name: String::new(), text: text.into() };
    let (line, column) = source.line_column(span.start);
    let marked = &text[span.start as usize..span.end as usize];
    format!("{line}:{column} '{}'", marked.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Checks the program that comes out, of a text without errors. Warnings are not shown.
#[track_caller]
fn program(text: &str, expected: Expect) -> Program {
    let (program, found) = run(text);
    let errors: Vec<&Diagnostic> = found.iter().filter(|d| d.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    expected.assert_eq(&floret_ir::print::program(&program));
    program
}

/// Checks that nothing at all is found.
#[track_caller]
fn clean(text: &str) -> Program {
    let (program, found) = run(text);
    assert!(found.is_empty(), "{found:#?}");
    program
}

#[test]
fn long_programs_are_no_problem() {
    // A chain of 150 operators (the parser stops at 200), and 2,000 views each reading the next.
    let sum = vec!["x"; 150].join(" + ");
    let mut text = format!("role A; role B; table t(x: int) on B; v0({sum}) <= t(x);");
    for number in (0..2_000).rev() {
        let _ = write!(text, "v{}(x) <= v{number}(x);", number + 1);
    }
    let (program, found) = run(&text);
    assert_eq!((program.rules.len(), found), (2_001, Vec::new()));
}

#[test]
fn messages_render() {
    let text = "table link(from: string);\nv(x + 1) <= lnik(x), link(x);\n";
    let (_, found) = run(text);
    let sources = [Source { name: "test.flo".into(), text: text.into() }].into_iter().collect();
    expect_test::expect![[r#"
        error[unknown-name]: there is no collection `lnik`
          --> test.flo:2:13
          |
        2 | v(x + 1) <= lnik(x), link(x);
          |             ^^^^ unknown name
          |
          = help: did you mean `link`?

    "#]]
    .assert_eq(&floret_lang::render(&found, &sources, false));
}
