//! `--input NAME=FILE` and `--data DIR`.

use std::collections::BTreeSet;

use expect_test::{Expect, expect};
use floret_ir::{Address, RoleId};

use super::{KEYED, LINK, SHARDED, deployment, program};
use crate::{InputSpec, ResolvedInput, find_inputs};

#[test]
fn specs() {
    let plain = InputSpec::parse("link=dir/a=b@c[0].csv").unwrap();
    assert_eq!(plain, InputSpec { relation: "link".into(), node: None, path: "dir/a=b@c[0].csv".into() });
    let resolved = plain.resolve(&program(), &deployment(3, 1)).unwrap();
    assert_eq!(resolved, ResolvedInput { relation: LINK, node: None, path: "dir/a=b@c[0].csv".into() });

    let placed = InputSpec::parse("keyed@Server[2]=-").unwrap();
    assert_eq!(placed.node, Some(("Server".into(), 2)));
    let resolved = placed.resolve(&program(), &deployment(3, 1)).unwrap();
    assert_eq!(resolved.relation, KEYED);
    assert_eq!(resolved.node, Some(Address { role: RoleId(0), index: 2 }));
}

fn check(spec: &str, expected: Expect) {
    let resolved = InputSpec::parse(spec).and_then(|spec| spec.resolve(&program(), &deployment(3, 1)));
    let error = resolved.unwrap_err();
    assert!(error.is_usage());
    expected.assert_eq(&error.to_string());
}

#[test]
fn bad_specs() {
    check(
        "link",
        expect![[r#"
        --input link: there is no `=`
          help: write --input NAME=FILE, or --input NAME@Role[0]=FILE to feed one node"#]],
    );
    check(
        "link=",
        expect![[r#"
        --input link=: the file is missing
          help: write --input NAME=FILE, or --input NAME@Role[0]=FILE to feed one node"#]],
    );
    check(
        "=x.csv",
        expect![[r#"
        --input =x.csv: the collection's name is missing
          help: write --input NAME=FILE, or --input NAME@Role[0]=FILE to feed one node"#]],
    );
    check(
        "link@Client=x.csv",
        expect![[r#"
        --input link@Client=x.csv: the node isn't written as `Role[0]`
          help: write --input NAME=FILE, or --input NAME@Role[0]=FILE to feed one node"#]],
    );
    check(
        "lnik=x.csv",
        expect![[r#"
        --input lnik=x.csv: there is no collection `lnik`, did you mean `link`?
          help: the program's inputs are link, mixed, name, keyed, sharded, rich"#]],
    );
    check(
        "linke=x.csv",
        expect![[r#"
        --input linke=x.csv: there is no collection `linke`, did you mean `link`?
          help: the program's inputs are link, mixed, name, keyed, sharded, rich"#]],
    );
    check(
        "shown=x.csv",
        expect![[r#"
        --input shown=x.csv: `shown` is not an input
          help: the program's inputs are link, mixed, name, keyed, sharded, rich"#]],
    );
    check(
        "link@Server[0]=x.csv",
        expect![[r#"
        --input link@Server[0]=x.csv: `link` lives on Client, not on Server
          help: write link@Client[0]"#]],
    );
    check(
        "link@Client[1]=x.csv",
        expect![[r#"
        --input link@Client[1]=x.csv: there is no node Client[1]: this run has 1 of this role
          help: start more with --nodes Client=2"#]],
    );
}

#[test]
fn a_directory_gives_what_is_not_given_yet() {
    let (dir, path) = super::directory(&[
        ("link.csv", ""),
        ("keyed.jsonl.gz", ""),
        ("sharded.json", ""),
        ("shown.csv", ""),
    ]);
    let found = find_inputs(&dir.path().display().to_string(), &program(), &BTreeSet::from([KEYED])).unwrap();
    let input =
        |relation, name| ResolvedInput { relation, node: None, path: path(name).display().to_string() };
    assert_eq!(found, [input(LINK, "link.csv"), input(SHARDED, "sharded.json")]);
}

#[test]
fn two_files_for_one_input() {
    let (dir, _) = super::directory(&[("link.csv", ""), ("link.jsonl", "")]);
    let error = find_inputs(&dir.path().display().to_string(), &program(), &BTreeSet::new()).unwrap_err();
    expect![[r#"
        several files fit the input `link`: DIR/link.csv, DIR/link.jsonl
          help: say which: --input link=DIR/link.csv"#]]
    .assert_eq(&error.to_string().replace(&dir.path().display().to_string(), "DIR"));
}

#[test]
fn a_directory_that_is_not_there() {
    let (dir, path) = super::directory(&[]);
    let error = find_inputs(&path("none").display().to_string(), &program(), &BTreeSet::new()).unwrap_err();
    expect![[r#"
        DIR/none: there is no such file or directory
          help: check the file's name, and that you are in the right directory"#]]
    .assert_eq(&error.to_string().replace(&dir.path().display().to_string(), "DIR"));
}
