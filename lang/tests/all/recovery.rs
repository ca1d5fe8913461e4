//! After a mistake the statements around it are still read, and each mistake is told once.

use expect_test::{Expect, expect};

use crate::{mistakes, render};

/// The mistakes, then the tree of what could be read.
fn check(text: &str, expected: &Expect) {
    let (tree, mistakes) = mistakes(text);
    expected.assert_eq(&format!("{mistakes}--\n{}", floret_lang::print_tree(&tree)));
}

#[test]
fn three_mistakes_in_one_file() {
    let text = "\
input table link(from: string to: string);
path(x, y) <= link(x, y);
path(x, z) <= link(x, y, path(y, z);
near(x) <= path(x, y), y <-1;
output near;
";
    let mut sink = floret_ir::Diagnostics::new();
    let tree = floret_lang::parse(text, floret_ir::FileId(0), &mut sink);
    assert_eq!(floret_lang::print_tree(&tree), "rule path(x, y) <=\n  link(x, y)\noutput near\n");
    expect![[r#"
        error[syntax]: expected `,`, `)` or `=>`
          --> test.flo:1:31
          |
        1 | input table link(from: string to: string);
          |                               ^^ found `to`

        error[syntax]: expected `,` or `)`
          --> test.flo:3:36
          |
        3 | path(x, z) <= link(x, y, path(y, z);
          |                   -                ^ found `;`
          |                   |
          |                   this `(` is not closed

        error[syntax]: `<-` stands only between a head and its body
          --> test.flo:4:26
          |
        4 | near(x) <= path(x, y), y <-1;
          |                          ^^ a rule has one operator
          |
          = help: to compare, write `y < -1`

    "#]]
    .assert_eq(&render(text, &sink));
}

#[test]
fn a_forgotten_semicolon_loses_nothing() {
    check(
        "role A\nrole B;\na(x) <= b(x)\nc(x) <= d(x) role D; on A { e(1) }\nf(2)",
        &expect![[r#"
            1:7 "" expected `;`
            3:13 "" expected `;`
            4:13 "" expected `;`
            4:33 "" expected `;`
            5:5 "" expected `;`
            --
            role A
            role B
            rule a(x) <=
              b(x)
            rule c(x) <=
              d(x)
            role D
            on A
              fact e(1)
            fact f(2)
        "#]],
    );
}

#[test]
fn a_statement_at_the_beginning_of_a_line_is_found_again() {
    check(
        "a(x) <= b(x\nc(x) <= d(x);\non A {\n    e(x) <= (f;\n    g(1);\n}\nh(x) <= (,\n    i(x);\nj(1);",
        &expect![[r#"
            2:1 "c" expected `,` or `)`
            4:15 ";" expected `,` or `)`
            7:10 "," expected an expression
            --
            rule c(x) <=
              d(x)
            on A
              fact g(1)
            fact j(1)
        "#]],
    );
}

#[test]
fn blocks_with_mistakes() {
    check(
        "on 3 {\n  a(1);\n}\nmodule M(x) { b(2); }\nstruct S { a: int; b: int }\nenum E { A(, B }\nc(3);\ntest \"t\" { wrong(1); never d(1); }\n}\non B {\n  e(4);",
        &expect![[r#"
            1:4 "3" expected a name after `on`
            4:11 ")" expected `:` and a type
            5:18 ";" expected `,` or `}`
            6:12 "," expected a type or `)`
            8:12 "wrong" expected a step of the test -> write `at 0: r(1);`, `eventually r(1);`, `always ...;` or `never ...;`
            9:1 "}" this `}` closes nothing -> remove it, or add the block's beginning, as `on Server {`
            10:6 "{" this block is not closed -> add a `}`
            --
            fact a(1)
            fact b(2)
            fact c(3)
            test "t"
              never d(1)
            on B
              fact e(4)
        "#]],
    );
}

#[test]
fn text_that_is_no_token_loses_its_statement_only() {
    check(
        "a(1);\nb(x) <= c(x) && d(x);\ne(\"x);\nf(1); /* open",
        &expect![[r#"
            2:14 "&&" this is not part of the language -> write `and`
            3:3 "\"x);" this text has no closing quote -> add a `"`; for a line break inside a text write `\n`
            4:7 "/*" this comment is not closed -> add `*/`; every `/*` inside a comment needs its own
            --
            fact a(1)
            fact f(1)
        "#]],
    );
}

#[test]
fn a_hundred_mistakes_are_enough() {
    let (_, mistakes) = mistakes(&"a b;\n".repeat(150));
    assert_eq!(mistakes.lines().count(), 101);
    assert!(mistakes.ends_with("101:3 \"b\" too many mistakes\n"), "{mistakes}");
}
