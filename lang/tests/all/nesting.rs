//! What nests too deep is refused before anything can overflow; what is merely long is not.

use crate::{mistakes, read};

fn too_deep(text: &str) {
    let (tree, mistakes) = mistakes(text);
    assert!(mistakes.contains("this nests too deep"), "{}", mistakes.get(..300).unwrap_or(&mistakes));
    assert_eq!(mistakes.lines().count(), 1, "{}", mistakes.get(..600).unwrap_or(&mistakes));
    // Other passes do this too.
    drop(tree.clone());
}

#[test]
fn deep_texts_are_refused() {
    let many = 100_000;
    too_deep(&format!("a({}1);", "(".repeat(many)));
    too_deep(&format!("a({}1{});", "(".repeat(many), ")".repeat(many)));
    too_deep(&format!("a({}1{});", "f(".repeat(many), ")".repeat(many)));
    too_deep(&format!("a({}1{});", "[".repeat(many), "]".repeat(many)));
    too_deep(&format!("a(1{});", "+1".repeat(many)));
    too_deep(&format!("a(x{});", ".y".repeat(many)));
    too_deep(&format!("a(x{});", "[0]".repeat(many)));
    too_deep(&format!("a({}1);", "-".repeat(many)));
    too_deep(&format!("a() <= {}b;", "not ".repeat(many)));
    too_deep(&format!("a() <= b{};", " or b".repeat(many)));
    too_deep(&format!("a() <= {}1{};", "if a then ".repeat(many), " else b".repeat(many)));
    too_deep(&format!("a() <= {}1;", "if a then b else ".repeat(many)));
    too_deep(&format!("a() <= {}1{};", "match x { _ => ".repeat(many), "}".repeat(many)));
    too_deep(&format!("a() <= {}1{};", "S { a: ".repeat(many), "}".repeat(many)));
    too_deep(&format!("a{}(1){};", "@(b".repeat(many), ")".repeat(many)));
    too_deep(&format!("table t(x: {}int{});", "list<".repeat(many), "> ".repeat(many)));
    too_deep(&format!("table t(x: {}int{});", "map<int, ".repeat(many), "> ".repeat(many)));
    too_deep(&format!("table t(x: {}int{});", "(".repeat(many), ")".repeat(many)));
    too_deep(&format!("{}{}", "on A {".repeat(many), "}".repeat(many)));
    too_deep(&format!("@a({}) b(1);", "(".repeat(many)));
}

#[test]
fn two_hundred_are_enough() {
    // The call is one level, so 199 more fit; one more does not.
    read(&format!("a({}1{});", "(".repeat(199), ")".repeat(199)));
    too_deep(&format!("a({}1{});", "(".repeat(200), ")".repeat(200)));
    read(&format!("{} a(1); {}", "on A {".repeat(200), "}".repeat(200)));
    too_deep(&format!("{} a(1); {}", "on A {".repeat(201), "}".repeat(201)));
}

/// Trees of the greatest depth are printed, copied and dropped on a test's small stack.
#[test]
fn the_deepest_trees_are_handled() {
    for text in [
        format!("a({}1{});", "f(".repeat(199), ")".repeat(199)),
        format!("a() <= {}d;", "if a == b then c else ".repeat(200)),
        format!("a() <= b{};", " + b".repeat(200)),
        format!("table t(x: {}int{});", "list<".repeat(199), ">".repeat(199)),
    ] {
        let tree = read(&text);
        assert_eq!(tree.clone(), tree);
        assert!(floret_lang::print_tree(&tree).len() > 600);
        let formatted = floret_lang::format(&text, floret_ir::FileId(0)).unwrap();
        assert_eq!(floret_lang::print_tree(&read(&formatted)), floret_lang::print_tree(&tree));
    }
}

#[test]
fn long_is_not_deep() {
    let many = 20_000;
    read(&format!("a({}1);", "1 + 1, ".repeat(many)));
    read(&format!("a() <= {}b;", "x < 1, ".repeat(many)));
    read(&format!("a() <= x == 1{};", " or x == 1".repeat(199)));
    read(&"a(1 + 2); table t(x: list<int>, y: int);".repeat(many));
    read(&format!("enum E {{ {} }}", "A(list<int>), ".repeat(many)));
    read(&format!("a() <= f({}1);", "[1], (2), g(3)[4].x, ".repeat(many)));
}

#[test]
fn the_statements_after_a_deep_one_are_read() {
    let (tree, _) = mistakes(&format!("a({}1);\nb(2);", "(".repeat(1000)));
    assert_eq!(floret_lang::print_tree(&tree), "fact b(2)\n");
}
