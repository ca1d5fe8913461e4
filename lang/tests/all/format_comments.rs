//! Where comments go. What is expected was written by hand from the style's rules.

use expect_test::{Expect, expect};
use floret_ir::FileId;

use crate::render;

/// Formatting gives this, and leaves it.
fn check(text: &str, expected: &Expect) {
    let format = |text: &str| {
        floret_lang::format(text, FileId(0)).unwrap_or_else(|sink| panic!("{}", render(text, &sink)))
    };
    let formatted = format(text);
    expected.assert_eq(&formatted);
    expected.assert_eq(&format(&formatted));
}

#[test]
fn between_statements() {
    check(
        "// top\n/// doc\ntable t(x:int);// end\n   // own\na(1); /* block */\n/* a */ b(1); /* b */ c(1);\n// last",
        &expect![[r#"
            // top
            /// doc
            table t(x: int); // end
            // own
            a(1); /* block */
            /* a */ b(1);
            /* b */ c(1);
            // last
        "#]],
    );
}

#[test]
fn at_line_ends_they_are_aligned() {
    check(
        "a(1); // one\nab(12);     // two\n\nc(1); // three\nd(x) <= e(x), f(x, y); // four\ng(1);\nh(1);    // five",
        &expect![[r#"
            a(1);   // one
            ab(12); // two

            c(1);                  // three
            d(x) <= e(x), f(x, y); // four
            g(1);
            h(1); // five
        "#]],
    );
}

#[test]
fn a_comment_goes_on_below_itself() {
    check(
        "a(1);   // one\n        // goes on\nab(12); // two\n // own\nb(1);\n",
        &expect![[r#"
            a(1);   // one
                    // goes on
            ab(12); // two
            // own
            b(1);
        "#]],
    );
    // One that is on its own by its column is kept apart from the one above.
    check(
        "ab( // one\n// own\n1);\n",
        &expect![[r#"
            ab(  // one
                // own
                1,
            );
        "#]],
    );
}

#[test]
fn in_bodies() {
    check(
        "a(x) <= // why\n b(x), // one\n // two\n\n c(x), /* three */ d(x) // four\n, e(x) // five\n;\nf(x) <= g(x), /* six */ h(x);",
        &expect![[r#"
            a(x) <=   // why
                b(x), // one
                // two
                c(x),
                /* three */ d(x), // four
                e(x);             // five
            f(x) <= g(x), /* six */ h(x);
        "#]],
    );
}

#[test]
fn before_the_end_of_a_statement() {
    check(
        "a(x) <= b(x)\n  // , c(x)\n  // , d(x)\n  ;\na(1) // end\n;\noutput x // end\n;",
        &expect![[r#"
            a(x) <= b(x)
                // , c(x)
                // , d(x)
            ;
            a(1);     // end
            output x; // end
        "#]],
    );
}

#[test]
fn in_lists() {
    check(
        "table t( // columns\n k: int, // the key\n // the value\n v: int // last\n // dangling\n) on R; // R\ntable u(/* none */);\na(x /* y */, /* z */ 1 /* last */);\nb( // none\n);\nc(\n// none\n);",
        &expect![[r#"
            table t(    // columns
                k: int, // the key
                // the value
                v: int, // last
                // dangling
            ) on R; // R
            table u(/* none */);
            a(x /* y */, /* z */ 1 /* last */);
            b( // none
            );
            c(
                // none
            );
        "#]],
    );
}

#[test]
fn in_blocks() {
    check(
        "on R { // at R\n// first\na(1);\n\n// dangling\n} // over\nmonotone { /* nothing */ }\nmonotone {\n// nothing\n}\nmodule M /* m */ (n: int) // n\n{ }\ntest \"t\" {\n  // step\n  at 0: a(1); // now\n  // end\n}\n",
        &expect![[r#"
            on R { // at R
                // first
                a(1);

                // dangling
            } // over
            monotone { /* nothing */ }
            monotone {
                // nothing
            }
            module M /* m */ (n: int) { // n
            }
            test "t" {
                // step
                at 0: a(1); // now
                // end
            }
        "#]],
    );
}

#[test]
fn within_expressions() {
    check(
        "a(x) <= b(x), x /* l */ + /* r */ y > 1, let z = x // sum\n + y, if c // cond\n then d else e;\nf(p. /* field */ q, -/* minus */x, R[ /* i */ 1]);\nenum E { A, /* b */ B(int), // c\n C }",
        &expect![[r#"
            a(x) <=
                b(x),
                x /* l */ + /* r */ y > 1,
                let z = x // sum
                    + y,
                if c // cond
                    then d
                else e;
            f(p./* field */ q, - /* minus */ x, R[/* i */ 1]);
            enum E {
                A,
                /* b */ B(int), // c
                C,
            }
        "#]],
    );
}

#[test]
fn where_no_line_can_end_they_wait_for_one() {
    check(
        "role // r\n R;\na(x) // op\n <= b(x);\nb(x . // field\n y, 1);\n@accept // accepted\n(\"why\") // so\na(x) <= b(x);",
        &expect![[r#"
            role R; // r
            a(x) <= // op
                b(x);
            b(
                x.y, // field
                1,
            );
            @accept( // accepted
                "why",
            ) // so
            a(x) <= b(x);
        "#]],
    );
}

/// A doc comment belongs to the statement after it, and must not get to another.
#[test]
fn doc_comments_stay_with_their_statement() {
    check(
        "a(1); /// of b\nb(1) /// of nothing\n; ; /// of nothing either\n ; c(1);\non R /// of nothing\n{ d(1); }\nstruct S {} /// of nothing\n;\n/// of e\n@accept(\"x\") /// of nothing\ne(1);",
        &expect![[r#"
            a(1); /// of b
            b(1)  /// of nothing
            ;     /// of nothing either
            ;
            c(1);
            on R /// of nothing
            {
                d(1);
            }
            struct S {} /// of nothing
            ;
            /// of e
            @accept("x") /// of nothing
            e(1);
        "#]],
    );
}

#[test]
fn blocks_of_text_keep_their_shape() {
    check(
        "on R {\n/*\n * one\n *   two\n\n   three\n */\na(1); /* x\n  y */\n      /* far\n         right */\n}",
        &expect![[r#"
            on R {
                /*
                 * one
                 *   two

                   three
                 */
                a(1); /* x
              y */
                /* far
                   right */
            }
        "#]],
    );
}
