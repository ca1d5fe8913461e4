//! The messages about bad files.

use expect_test::{Expect, expect};
use floret_ir::{Finding, RelationId};

use super::{LINK, MIXED, NAME, gzip, open, read};
use crate::{InputFile, Problem};

fn check(name: &str, bytes: impl AsRef<[u8]>, relation: RelationId, expected: Expect) {
    expected.assert_eq(&read(name, bytes.as_ref(), relation));
}

#[test]
fn a_bad_value_names_file_line_and_column() {
    check(
        "bad.csv",
        "from,to,cost\na,b,1\na,b,abc\nc,d,2\n",
        LINK,
        expect![[r#"
        2: "a" "b" 1
        bad.csv:3, column cost: expected an int, found "abc"
          3 | a,b,abc
        4: "c" "d" 2
    "#]],
    );
}

#[test]
fn the_line_is_that_of_the_records_start() {
    check(
        "bad.csv",
        "from,to,cost\r\n\"two\nlines\",b,1\r\n\r\n\"two\nlines\",b,x\r\n",
        LINK,
        expect![[r#"
        2: "two\nlines" "b" 1
        bad.csv:5, column cost: expected an int, found "x"
          5 | "two
    "#]],
    );
}

#[test]
fn values_of_every_type() {
    let csv = "i,f,b,s,a\n\
        9223372036854775808,1,true,,Server[0]\n\
        1.0,1,true,,Server[0]\n\
        ,1,true,,Server[0]\n\
         5,1,true,,Server[0]\n\
        1,one,true,,Server[0]\n\
        1,1,True,,Server[0]\n\
        1,1,true,,Client[0]\n\
        1,1,true,,Server[+1]\n\
        1,1,true,,Server[4294967296]\n";
    check(
        "m.csv",
        csv,
        MIXED,
        expect![[r#"
        m.csv:2, column i: expected an int, found "9223372036854775808"
          2 | 9223372036854775808,1,true,,Server[0]
          help: an int is between -9223372036854775808 and 9223372036854775807
        m.csv:3, column i: expected an int, found "1.0"
          3 | 1.0,1,true,,Server[0]
          help: an int has no point and no exponent; if these numbers do, declare the column as float
        m.csv:4, column i: expected an int, found an empty field
          4 | ,1,true,,Server[0]
        5: 5 1.0 true "" Server[0]
        m.csv:6, column f: expected a float, found "one"
          6 | 1,one,true,,Server[0]
        m.csv:7, column b: expected true or false, found "True"
          7 | 1,1,True,,Server[0]
          help: write `true` or `false`, in lower case
        m.csv:8, column a: expected the address of a node, as Server[0], found "Client[0]"
          8 | 1,1,true,,Client[0]
        m.csv:9, column a: expected the address of a node, as Server[0], found "Server[+1]"
          9 | 1,1,true,,Server[+1]
        m.csv:10, column a: expected the address of a node, as Server[0], found "Server[4294967296]"
          10 | 1,1,true,,Server[4294967296]
    "#]],
    );
}

#[test]
fn spaces_around_numbers() {
    check(
        "l.csv",
        "from,to,cost\na,b, 5\n",
        LINK,
        expect![[r#"
        l.csv:2, column cost: expected an int, found " 5"
          2 | a,b, 5
          help: remove the spaces around it
    "#]],
    );
}

#[test]
fn too_few_and_too_many_fields() {
    check(
        "l.csv",
        "from,to,cost\na,b\na,b,c,1\na,b,1\n",
        LINK,
        expect![[r#"
        l.csv:2: expected 3 fields (from, to, cost), found 2
          2 | a,b
          help: an empty text still needs its comma
        l.csv:3: expected 3 fields (from, to, cost), found 4
          3 | a,b,c,1
          help: a field with a comma in it goes into quotes: "a, b"
        4: "a" "b" 1
    "#]],
    );
}

#[test]
fn headers() {
    check(
        "l.csv",
        "from,too,cost\n",
        LINK,
        expect![[r#"
        l.csv:1: unknown column `too`, did you mean `to`?
          1 | from,too,cost
          help: the columns are from, to, cost, in any order
    "#]],
    );
    check(
        "l.csv",
        "from,to,cost,colour\n",
        LINK,
        expect![[r#"
        l.csv:1: unknown column `colour`
          1 | from,to,cost,colour
          help: the columns are from, to, cost, in any order
    "#]],
    );
    check(
        "l.csv",
        "to\n",
        LINK,
        expect![[r#"
        l.csv:1: columns `from`, `cost` are missing
          1 | to
          help: the columns are from, to, cost, in any order
    "#]],
    );
    check(
        "l.csv",
        "from,to,from\n",
        LINK,
        expect![[r#"
        l.csv:1: column `from` is there twice
          1 | from,to,from
          help: keep one of them
    "#]],
    );
    check(
        "l.csv",
        "harbour,market,4\n",
        LINK,
        expect![[r#"
        l.csv:1: expected the header `from,to,cost`
          1 | harbour,market,4
          help: the first line of a CSV file names the columns, in any order
    "#]],
    );
    check(
        "l.csv",
        "",
        LINK,
        expect![[r#"
        l.csv: the file is empty, expected the header `from,to,cost`
          help: the first line of a CSV file names the columns, in any order
    "#]],
    );
    check(
        "l.csv",
        "from\u{1b}[31m,to,cost\n",
        LINK,
        expect![[r#"
        l.csv:1: unknown column `from\u{1b}[31m`
          1 | from\u{1b}[31m,to,cost
          help: the columns are from, to, cost, in any order
    "#]],
    );
}

#[test]
fn quotes() {
    check(
        "l.csv",
        "from,to,cost\n\"a\"x,b,1\nc,d,2\n\"e,f,3\ng,h,4\n",
        LINK,
        expect![[r#"
        l.csv:2: field 1 goes on after its closing quote
          2 | "a"x,b,1
          help: put the whole field into quotes and write each quote inside it twice: ""
        3: "c" "d" 2
        l.csv:4: a quoted field starts in this record and never ends
          4 | "e,f,3
          help: close the quote; a quote inside a quoted field is written twice: ""
    "#]],
    );
}

#[test]
fn text_that_is_not_utf8() {
    check(
        "l.csv",
        b"from,to,cost\nGr\xfc\xdfe,b,1\nc,d,2\n",
        LINK,
        expect![[r#"
        l.csv:2, column from: the text is not UTF-8
          2 | Gr��e,b,1
          help: convert the file to UTF-8, as with `iconv -f latin1 -t utf-8`
        3: "c" "d" 2
    "#]],
    );
    check(
        "n.jsonl",
        b"[\"\xff\"]\n",
        NAME,
        expect![[r#"
        n.jsonl:1: the text is not UTF-8
          1 | ["�"]
          help: convert the file to UTF-8, as with `iconv -f latin1 -t utf-8`
    "#]],
    );
}

#[test]
fn json() {
    let json = "{\"from\":\"a\",\"to\":\"b\",\"cost\":1.5}\n\
        {\"from\":\"a\",\"to\":\"b\",\"cost\":\"1\"}\n\
        {\"from\":null,\"to\":\"b\",\"cost\":1}\n\
        {\"from\":\"a\",\"to\":\"b\"}\n\
        {\"from\":\"a\",\"to\":\"b\",\"kost\":1}\n\
        {\"from\":\"a\",\"to\":\"b\",\"cost\":1,\"cost\":2}\n\
        [\"a\",\"b\"]\n\
        17\n\
        {\"from\":\"a\"\n\
        [\"a\",\"b\",9223372036854775808]\n\
        [\"a\",\"b\",1]\n";
    check(
        "l.jsonl",
        json,
        LINK,
        expect![[r#"
            l.jsonl:1, column cost: expected an int, found 1.5
              1 | {"from":"a","to":"b","cost":1.5}
              help: an int has no point and no exponent; if these numbers do, declare the column as float
            l.jsonl:2, column cost: expected an int, found "1"
              2 | {"from":"a","to":"b","cost":"1"}
              help: write the number without quotes
            l.jsonl:3, column from: expected a text, found null
              3 | {"from":null,"to":"b","cost":1}
              help: there is no null: every column needs a value
            l.jsonl:4: column `cost` is missing
              4 | {"from":"a","to":"b"}
              help: the columns are from, to, cost, in any order
            l.jsonl:5: unknown column `kost`, did you mean `cost`?
              5 | {"from":"a","to":"b","kost":1}
              help: the columns are from, to, cost, in any order
            l.jsonl:6: column `cost` is there twice
              6 | {"from":"a","to":"b","cost":1,"cost":2}
              help: keep one of them
            l.jsonl:7: expected 3 fields (from, to, cost), found 2
              7 | ["a","b"]
              help: an array has one value per column, in this order
            l.jsonl:8: expected a JSON object or array, found a number
              8 | 17
              help: each line is one row: {"column": value, ...} or [value, ...]
            l.jsonl:9: expected a JSON object or array, but the line ends in the middle of one
              9 | {"from":"a"
              help: each line is one row: {"column": value, ...} or [value, ...]
            l.jsonl:10, column cost: expected an int, found 9223372036854775808
              10 | ["a","b",9223372036854775808]
              help: an int is between -9223372036854775808 and 9223372036854775807
            11: "a" "b" 1
        "#]],
    );
}

#[test]
fn compressed_files() {
    let whole = gzip(b"from,to,cost\na,b,1\nc,d,2\n");
    check(
        "l.csv.gz",
        &whole[..whole.len() - 4],
        LINK,
        expect![[r#"
        2: "a" "b" 1
        3: "c" "d" 2
        l.csv.gz:4: the compressed file ends too early
          help: copy or download the file again
    "#]],
    );
    let mut damaged = whole.clone();
    // The checksum is in the last eight bytes.
    let at = damaged.len() - 6;
    damaged[at] ^= 1;
    check(
        "l.csv.gz",
        &damaged,
        LINK,
        expect![[r#"
        2: "a" "b" 1
        3: "c" "d" 2
        l.csv.gz:4: the compressed file is damaged (corrupt gzip stream does not have a matching checksum)
          help: check it with `gzip -t`, or get the file again
    "#]],
    );
    check(
        "l.csv.gz",
        "from,to,cost\n",
        LINK,
        expect![[r#"
        l.csv.gz:1: the compressed file is damaged (invalid gzip header)
          help: check it with `gzip -t`, or get the file again
    "#]],
    );
    check(
        "l.csv.gz",
        "",
        LINK,
        expect![[r#"
        l.csv.gz:1: the compressed file ends too early
          help: copy or download the file again
    "#]],
    );
    check(
        "l.csv",
        &whole,
        LINK,
        expect![[r#"
        l.csv: the file is compressed, but its name doesn't end in .gz
          help: rename it to end in .gz, or decompress it
    "#]],
    );
}

#[test]
fn a_record_without_end_is_refused_early() {
    for (name, bytes) in [("n.csv", "name\n\"abc\n"), ("n.jsonl", "[\"a\"]\n")] {
        let mut bytes = bytes.as_bytes().to_vec();
        bytes.resize(1 << 20, b'x');
        let mut file = open(name, &bytes, NAME).unwrap();
        file.limit_records(1000);
        let error = std::iter::from_fn(|| Some(file.next_row())).find_map(Result::err).unwrap();
        assert!(matches!(error.problem(), Problem::TooLong { limit: 1000 }), "{error}");
        assert_eq!(error.line(), Some(2));
        // One buffer was read, not the megabyte.
        assert!(file.bytes_read() < 300_000);
        assert!(matches!(file.next_row(), Ok(None)));
    }
}

#[test]
fn files_that_cannot_be_opened() {
    let program = super::program();
    let (dir, path) = super::directory(&[("l.txt", "")]);
    let open = |path: &str| match InputFile::open(path, &program.relations[LINK], &program) {
        Ok(_) => panic!("{path} opened"),
        Err(error) => error,
    };
    let missing = open(&path("l.csv").display().to_string());
    assert!(!missing.is_system_failure());
    let shown = missing.to_string().replace(&dir.path().display().to_string(), "DIR");
    expect![[r#"
        DIR/l.csv: there is no such file or directory
          help: check the file's name, and that you are in the right directory"#]]
    .assert_eq(&shown);
    let shown = open(&path("l.txt").display().to_string()).to_string();
    expect![[r#"
        DIR/l.txt: the file's name doesn't tell its format
          help: name it .csv, .jsonl, .ndjson or .json, each also with .gz; `-` reads standard input"#]]
    .assert_eq(&shown.replace(&dir.path().display().to_string(), "DIR"));
    std::fs::create_dir(path("d.csv")).unwrap();
    let shown = open(&path("d.csv").display().to_string()).to_string();
    assert!(shown.contains("could not open: is a directory"), "{shown}");
}

#[test]
fn errors_are_diagnostics_too() {
    let mut file = open("bad.csv", b"from,to,cost\na,b, 1\n", LINK).unwrap();
    let diagnostic = file.next_row().unwrap_err().diagnostic();
    assert_eq!(diagnostic.code, "bad-value");
    assert_eq!(diagnostic.title, "bad.csv:2, column cost: expected an int, found \" 1\"");
    assert_eq!(diagnostic.notes, ["the line is: a,b, 1"]);
    assert_eq!(diagnostic.help.as_deref(), Some("remove the spaces around it"));
}
