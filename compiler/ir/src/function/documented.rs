//! The functions' table in docs/language.md says what there is: names, signatures, which have no value for some
//! arguments, classes, in that order.

use super::{Effect, Function};

/// The table's rows, as they stand there.
fn documented() -> Vec<String> {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/language.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, section) = page.split_once("\n## 13. Functions\n").unwrap();
    let section = section.split("\n## ").next().unwrap_or_default();
    section.lines().filter(|line| line.starts_with("| `")).map(str::to_owned).collect()
}

/// The row that a function must have.
fn row(function: Function) -> String {
    let signature = function.signature();
    let params: Vec<String> = signature.params.iter().map(ToString::to_string).collect();
    let partial = if function.is_fallible() { " *" } else { "" };
    let class = match function.effect() {
        Effect::Morphism => "morphism",
        Effect::Monotone => "monotone",
        Effect::Exact => "",
    };
    format!(
        "| `{}({}) -> {}`{partial} | {class} | {} |",
        function.name(),
        params.join(", "),
        signature.result,
        function.help().trim()
    )
}

#[test]
fn the_documented_functions_are_those_of_the_library() {
    let (documented, library) = (documented(), Function::ALL.iter().map(|f| row(*f)).collect::<Vec<_>>());
    for row in &documented {
        assert!(library.contains(row), "documented, but not so in the library:\n{row}");
    }
    for row in &library {
        assert!(documented.contains(row), "in the library, but not so in docs/language.md:\n{row}");
    }
    assert_eq!(documented, library, "their order differs, or one stands there twice");
}
