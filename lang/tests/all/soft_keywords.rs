//! Words that begin declarations and clauses may be names everywhere.

use expect_test::expect;

use crate::{check_tree, read};

/// All words with a meaning of their own that are allowed as names.
const WORDS: &str = "always as at by channel confluent const count durable enum event eventually every fn from hash \
    input int invariant key lattice list lossy max merge min module monotone mutable never on ordered output over \
    param reliable role seal sealed set static string struct sum table test timer use via view with";

#[test]
fn every_soft_keyword_is_a_name() {
    for word in WORDS.split_whitespace() {
        let text = format!(
            "table {word}({word}: int);
             {word}({word}, _) <= {word}({word}), {word}({word}: {word}), {word} > 1, let {word} = {word}.{word}[{word}], !{word}(1);
             {word}@{word}({word}) <~ {word}@{word}[{word}](x), {word} in {word}, y in {word}({word}), {word};
             {word}(1);
             {word}@{word}[0](1);
             {word}::{word}(1);
             const {word} = {word} + {word}::{word};
             role {word};
             on {word} {{ {word}({word}) <= {word}({word}); }}
             @{word}(\"why\") {word}() <= if {word} then {word} else {word};
             channel c({word}: {word}, b: int => {word}: set<{word}>) on {word}[{word}] ordered via {word} from {word};
             use {word} as {word};
             fn {word}({word}: int) -> {word} = match {word} {{ {word} => {word}, {word}({word}) => S {{ {word}: {word} }} }};
             invariant {word}: {word}(1);
             test \"t\" with {word} = {word} {{ at {word}: {word}(1); eventually {word}({word}); }}"
        );
        let statements = read(&text).statements;
        assert_eq!(statements.len(), 15, "{word}");
    }
}

#[test]
fn outputs_named_like_words() {
    check_tree(
        "output output; output table; output table output(x: int); output static input table t(); input(x) <= output(x);",
        &expect![[r#"
            output output
            output table
            output table output(x: int)
            output static input table t()
            rule input(x) <=
              output(x)
        "#]],
    );
}
