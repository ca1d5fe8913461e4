//! How tightly operators bind, shown by the parentheses that the printed tree has.

use crate::read;

/// The condition in the body reads as printed.
fn check(expression: &str, expected: &str) {
    let printed = floret_lang::print_tree(&read(&format!("r() <= {expression};")));
    assert_eq!(printed, format!("rule r() <=\n  {expected}\n"));
}

#[test]
fn precedence() {
    check("a or b and c or d", "((a or (b and c)) or d)");
    check("not a and b", "((not a) and b)");
    check("not a == b", "(not (a == b))");
    check("not not a", "(not (not a))");
    check("a + b < c * d", "((a + b) < (c * d))");
    check("a - b - c", "((a - b) - c)");
    check("a / b % c * d", "(((a / b) % c) * d)");
    check("a + b * c - d", "((a + (b * c)) - d)");
    check("-a * b", "((-a) * b)");
    check("a - -b", "(a - (-b))");
    check("-a.b[0]", "(-a.b[0])");
    check("(a + b) * c", "((a + b) * c)");
    check("f(x).y[i].z", "f(x).y[i].z");
    check("a <= b", "(a <= b)");
}

#[test]
fn if_reaches_far_right() {
    check("if a then b else c + d", "(if a then b else (c + d))");
    check("1 + if a then b else c + d", "(1 + (if a then b else (c + d)))");
    check("if a then if b then c else d else e", "(if a then (if b then c else d) else e)");
    check("x == if a then b else c == d", "(x == (if a then b else (c == d)))");
    check("not if a then b else c or d", "(not (if a then b else (c or d)))");
    check("(if a then b else c) + d", "((if a then b else c) + d)");
    check("-if a then b else c * 2", "(-(if a then b else (c * 2)))");
}

#[test]
fn literals() {
    check("f(12, 1_000, 0, 9223372036854775808)", "f(12, 1000, 0, 9223372036854775808)");
    check("f(1.5, 2e3, 1.5e-3)", "f(1.5, 2000.0, 0.0015)");
    check("f(500ms, 1.5s, 3d)", "f(500ms, 1.5s, 3d)");
    check("f(true, false, _, self)", "f(true, false, _, self)");
    check(r#"f("", "a\n\"\\\u{1F338}", b"\x00a\"")"#, r#"f("", "a\n\"\\🌸", b"\x00a\"")"#);
    check("f((1, 2), [], [1, 2,], P { x: 1, y: (2) })", "f((1, 2), [], [1, 2], P { x: 1, y: 2 })");
    check("match P { x: 1 } { P { x: 1 } => a, _ => b }", "match P { x: 1 } { P { x: 1 } => a, _ => b, }");
}

#[test]
fn spaces_do_not_matter_where_they_cannot() {
    check("x<1", "(x < 1)");
    check("x<=-1", "(x <= (-1))");
    check("x==-1", "(x == (-1))");
    check("x>-1", "(x > (-1))");
    check("f(a-1)", "f((a - 1))");
}
