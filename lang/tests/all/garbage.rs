//! Whatever is fed, reading ends without a panic, every place in a message can be shown, and what is no program has a
//! message.

use proptest::prelude::*;

use crate::render;

fn survives(text: &str) {
    let mut sink = floret_ir::Diagnostics::new();
    let tree = floret_lang::parse(text, floret_ir::FileId(0), &mut sink);
    for diagnostic in sink.sorted() {
        for label in &diagnostic.labels {
            let (start, end) = (label.span.start as usize, label.span.end as usize);
            assert!(text.get(start..end).is_some(), "{start}..{end} of {text:?}");
        }
    }
    assert!(sink.has_errors() || all_tokens_are_in_statements(&tree, text), "{text:?}");
    render(text, &sink);
    let printed = floret_lang::print_tree(&tree);
    assert_eq!(printed.is_empty(), tree.statements.is_empty());
    if let Ok(formatted) = floret_lang::format(text, floret_ir::FileId(0)) {
        assert!(!sink.has_errors());
        assert_eq!(floret_lang::format(&formatted, floret_ir::FileId(0)).as_ref(), Ok(&formatted));
    } else {
        assert!(sink.has_errors(), "{text:?} is a program, and is not formatted");
    }
    floret_lang::tokens(text, floret_ir::FileId(0), &mut floret_ir::Diagnostics::new());
}

/// Nothing but spaces, comments, attributes and stray `;` is outside the statements of a file without mistakes.
fn all_tokens_are_in_statements(tree: &floret_lang::tree::Tree, text: &str) -> bool {
    let mut outside = String::new();
    let mut at = 0;
    let covered = tree.statements.iter().map(|statement| statement.span);
    let mut covered: Vec<_> = covered.chain(tree.comments.iter().map(|comment| comment.span)).collect();
    covered.sort();
    for span in covered {
        outside += text.get(at..span.start as usize).unwrap_or("");
        at = at.max(span.end as usize);
    }
    outside += &text[at..];
    let empty = |c: char| c.is_ascii_whitespace() || c == ';' || c == '\u{FEFF}';
    outside.contains('@') || outside.chars().all(empty)
}

const TOKENS: [&str; 96] = [
    "a",
    "b",
    "x",
    "Role",
    "_",
    "self",
    "1",
    "2.5",
    "500ms",
    "\"t\"",
    "b\"t\"",
    "\"",
    "(",
    ")",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "{",
    "}",
    ",",
    ",",
    ";",
    ";",
    ";",
    ":",
    "::",
    ".",
    "@",
    "!",
    "=",
    "=>",
    "->",
    "+",
    "-",
    "*",
    "/",
    "%",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "<+",
    "<-",
    "<+-",
    "<~",
    "let",
    "and",
    "or",
    "not",
    "if",
    "then",
    "else",
    "match",
    "true",
    "in",
    "role",
    "durable",
    "input",
    "output",
    "static",
    "table",
    "view",
    "channel",
    "timer",
    "every",
    "on",
    "from",
    "ordered",
    "via",
    "sealed",
    "by",
    "seal",
    "const",
    "param",
    "fn",
    "struct",
    "enum",
    "lattice",
    "over",
    "merge",
    "use",
    "as",
    "module",
    "invariant",
    "test",
    "with",
    "at",
    "\n",
    "/*",
    "//",
    "&",
];

/// Pieces of statements, so that the soup is often nearly right.
const PIECES: [&str; 24] = [
    "a(x) <= b(x);",
    "a@n(x) <~ b(x), Role(n);",
    "table t(x: int => y: set<int>) on R;",
    "on R {",
    "}",
    "monotone {",
    "module M(role A, n: int) {",
    "test \"t\" with A = 3 {",
    "at 0: a(1);",
    "eventually a(1);",
    "enum E { A, B(int) }",
    "struct S { a: int }",
    "output a",
    "role",
    "a(",
    "b(x, _)",
    "let y = x + 1,",
    "if a then",
    "else b",
    "match x {",
    "S { a: 1 }",
    "@accept(\"x\")",
    "\n",
    "/// doc\n",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn token_soup(tokens in prop::collection::vec(prop::sample::select(&TOKENS[..]), 0..60), glue in "[ \n]?") {
        survives(&tokens.join(&glue));
    }

    #[test]
    fn statement_soup(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..30)) {
        survives(&pieces.join(" "));
    }

    #[test]
    fn random_text(text in any::<String>()) {
        survives(&text);
    }

    #[test]
    fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        survives(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn near_text(text in "[-a-z_0-9\"\\\\ub{}()\\[\\]<>=~+,;:.@!/* \n]{0,80}") {
        survives(&text);
    }
}

#[test]
fn long_garbage_takes_linear_time() {
    // Quadratic time would not end while anybody waits.
    let many = 100_000;
    for piece in [
        "a ",
        "a;",
        "}",
        "{",
        "on A {",
        "@a(\n",
        "role a ",
        "\"\n",
        "$ ",
        "a(x) <= b(x\n",
        "/*",
        "a(1) ",
        "é",
        // Programs.
        "a(1); // x\n",
        ";",
        "/**/",
        "/**/;",
        "// x\n",
        "/// x\n;",
        "on A {}\n\n\n",
    ] {
        survives(&piece.repeat(many));
    }
    survives(&format!("a({});", "f(1), /* x */ g(2) + 3, // x\n".repeat(many / 10)));
    survives(&format!("a(1) {};", "/**/".repeat(many)));
}
