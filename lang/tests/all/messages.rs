//! The words of the messages.

use expect_test::expect;

use crate::{check_mistakes, mistakes, render};

#[test]
fn operators_where_comparisons_were_meant() {
    check_mistakes(
        "a(x) <= b(x), x <-1;\na(x) <= b(x), x <+ 1;\na(x) <= b(x), f(x) <~ y;\na(x) <= b(x), y <+-x;\na(x) <= b(x) <- c(x);",
        &expect![[r#"
            1:17 "<-" `<-` stands only between a head and its body -> to compare, write `x < -1`
            2:17 "<+" `<+` stands only between a head and its body -> to compare, write `x < 1`
            3:20 "<~" `<~` stands only between a head and its body -> to compare, write `x < y`
            4:17 "<+-" `<+-` stands only between a head and its body -> to compare, write `y < -x`
            5:14 "<-" `<-` stands only between a head and its body -> to compare, write `x < -c`
        "#]],
    );
}

#[test]
fn comparisons() {
    check_mistakes(
        "a(x) <= b(x), 1 < x < 3;\na(x) <= b(x), x = 3;\na(x) <= b(x), (x == y) == true;\na(x) <= b(x), x == y != z;",
        &expect![[r#"
            1:21 "<" comparisons do not chain -> write `a < b and b < c`, or put parentheses around one comparison
            2:17 "=" `=` does not compare -> write `==` to compare, or `let x = ...` to name a value
            4:22 "!=" comparisons do not chain -> write `a < b and b < c`, or put parentheses around one comparison
        "#]],
    );
}

#[test]
fn habits_of_other_languages() {
    check_mistakes(
        "path(x, y) :- link(x, y).\nlink(\"a\", \"b\").\ntabel t(x: int);\na(x) <= !(b == c);\na(match: x) <= r(y);\ntable if(x: int);\nlet x = 3;\n# hello",
        &expect![[r##"
            1:12 ":" `:-` is not an operator -> write `<=` between a head and its body
            2:15 "." expected `;` -> statements end in `;`
            3:7 "t" expected `(` after `tabel` -> did you mean `table`?
            4:10 "(" `!` negates an atom only -> to negate a condition write `not (...)`
            5:3 "match" `match` is a keyword and cannot be a name -> choose another name
            6:7 "if" `if` is a keyword and cannot be a name -> choose another name
            7:1 "let" expected a statement -> `let` is a keyword; it stands in bodies and expressions only
            8:1 "#" this is not part of the language -> a comment starts with `//`
        "##]],
    );
}

#[test]
fn what_was_expected() {
    check_mistakes(
        "a(x) <= b(x,, y);\na(x) <= ;\na(x) <= b(x) c(x);\na@3(x) <= b(x);\ntable t(x);\ntable t(x: );\ntable t(x: int) of R;\nfn f(x: int) = 3;\na(x) b(x);\nconst c 3;\na(x) <= if b then c;\noutput;\na(x) <= b[1;\nb(x) <= let 3 = x;",
        &expect![[r#"
            1:13 "," expected an expression or `)`
            2:9 ";" expected an atom or a condition
            3:14 "c" expected `,` or `;`
            4:3 "3" expected a node, as `n`, `self`, `Role[e]` or `(e)`
            5:10 ")" expected `:` and a type
            6:12 ")" expected a type
            7:17 "of" expected `;` or a clause such as `on Role`
            8:14 "=" expected `->`
            9:6 "b" expected `;` or an operator such as `<=`
            10:9 "3" expected `:` or `=`
            11:20 ";" expected `else`
            12:7 ";" expected a name or a kind, as `table`, after `output`
            13:12 ";" expected `]`
            14:13 "3" expected a name
        "#]],
    );
}

#[test]
fn numbers_and_texts() {
    check_mistakes(
        "a(9223372036854775809);\na(12abc);\na(1e999);\na(\"\\q\\u{110000}\");\na(1.5ly);\na(b\"\\xg0\");",
        &expect![[r#"
            1:3 "9223372036854775809" this int is too large
            2:3 "12abc" this is not a number -> write `12`, `1_000`, `1.5`, `2e-3`, or `500ms` (units: ns us ms s m h d); a name cannot start with a digit
            3:3 "1e999" this float is too large
            4:4 "\\q" unknown escape in a text -> the escapes are `\n` `\t` `\r` `\0` `\\` `\"` and `\u{1F338}`, in bytes `\xFF`; for a plain backslash write `\\`
            4:6 "\\u" unknown escape in a text -> the escapes are `\n` `\t` `\r` `\0` `\\` `\"` and `\u{1F338}`, in bytes `\xFF`; for a plain backslash write `\\`
            5:3 "1.5ly" this is not a number -> write `12`, `1_000`, `1.5`, `2e-3`, or `500ms` (units: ns us ms s m h d); a name cannot start with a digit
            6:5 "\\x" unknown escape in a text -> the escapes are `\n` `\t` `\r` `\0` `\\` `\"` and `\u{1F338}`, in bytes `\xFF`; for a plain backslash write `\\`
        "#]],
    );
    // The statements stand, so that nothing else is said about the names in them.
    assert_eq!(mistakes("a(12abc); b(\"\\q\");").0.statements.len(), 2);
}

#[test]
fn a_collection_on_two_roles() {
    check_mistakes(
        "table t(x: int) on A on B;",
        &expect![[r#"
            1:25 "B" a collection lives on one role -> remove one `on`, or declare two collections
        "#]],
    );
}

#[test]
fn places_at_the_end_of_the_file_render() {
    let text = "a(x) <= b(x";
    let mut sink = floret_ir::Diagnostics::new();
    floret_lang::parse(text, floret_ir::FileId(0), &mut sink);
    expect![[r#"
        error[syntax]: expected `,` or `)`
          --> test.flo:1:12
          |
        1 | a(x) <= b(x
          |          - ^ the file ends here
          |          |
          |          this `(` is not closed

    "#]]
    .assert_eq(&render(text, &sink));
}

#[test]
fn every_part_of_a_diagnostic_renders() {
    let span = |start, end| floret_ir::Span { file: floret_ir::FileId(0), start, end };
    let mut sink = floret_ir::Diagnostics::new();
    sink.add(
        floret_ir::Diagnostic::warning("odd-name", "an odd name")
            .at(span(0, 2), "this")
            .because(span(8, 8), "seen from here")
            .note("one\ntwo")
            .note("three")
            .help("change it"),
    );
    // Places outside the text and files that are not there must not keep the message from the user.
    sink.add(floret_ir::Diagnostic::error("far", "far away").at(span(500, 900), "nowhere"));
    let elsewhere = floret_ir::Span { file: floret_ir::FileId(7), start: 0, end: 1 };
    sink.add(floret_ir::Diagnostic::error("lost", "in no file").at(elsewhere, "nowhere"));
    expect![[r#"
        warning[odd-name]: an odd name
          --> test.flo:1:1
          |
        1 | ä(1);
          | ^ this
        2 | b(2);
          |  - seen from here
          |
          = note: one
                  two
          = note: three
          = help: change it

        error[far]: far away
          --> test.flo:2:6
          |
        2 | b(2);
          |      ^ nowhere

        error[lost]: in no file

    "#]]
    .assert_eq(&render("ä(1);\nb(2);", &sink));
}

#[test]
fn very_long_lines_are_not_shown() {
    let text = format!("a(1);\n{}a(2", "a(1); ".repeat(1000));
    let mut sink = floret_ir::Diagnostics::new();
    floret_lang::parse(&text, floret_ir::FileId(0), &mut sink);
    expect![[r#"
        error[syntax]: expected `,` or `)`
         = test.flo:2:6004: the file ends here
         = test.flo:2:6002: this `(` is not closed

    "#]]
    .assert_eq(&render(&text, &sink));
}
