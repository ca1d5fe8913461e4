//! What `--emit tokens` prints.

use expect_test::expect;
use floret_ir::{Diagnostics, FileId};

#[test]
fn tokens_with_places() {
    let mut sink = Diagnostics::new();
    let text = "kv(k, \"ä\") <+- /* c */\n put(1_0, 1.5, 5s, b\"x\"); // x <-1\nnot table ä";
    let printed = floret_lang::tokens(text, FileId(0), &mut sink);
    expect![[r#"
        1:1     name         kv
        1:3     mark         (
        1:4     name         k
        1:5     mark         ,
        1:7     string       "ä"
        1:10    mark         )
        1:12    mark         <+-
        2:2     name         put
        2:5     mark         (
        2:6     int          1_0
        2:9     mark         ,
        2:11    float        1.5
        2:14    mark         ,
        2:16    duration     5s
        2:18    mark         ,
        2:20    bytes        b"x"
        2:24    mark         )
        2:25    mark         ;
        3:1     keyword      not
        3:5     soft keyword table
        3:11    unreadable   ä
    "#]]
    .assert_eq(&printed);
    assert_eq!(sink.sorted().len(), 1);
}

#[test]
fn operators_take_as_much_as_they_can() {
    let mut sink = Diagnostics::new();
    let printed = floret_lang::tokens("<- <+ <+- <~ <= < - =>>= x<-1", FileId(0), &mut sink);
    let marks: Vec<&str> = printed.lines().map(|line| &line[21..]).collect();
    assert_eq!(marks, ["<-", "<+", "<+-", "<~", "<=", "<", "-", "=>", ">=", "x", "<-", "1"]);
}
