//! What is read from well-formed files.

use expect_test::{Expect, expect};
use floret_ir::{RelationId, Value};

use super::{LINK, MIXED, NAME, gzip, link, open, read, rows};

fn check(name: &str, bytes: impl AsRef<[u8]>, relation: RelationId, expected: Expect) {
    expected.assert_eq(&read(name, bytes.as_ref(), relation));
}

#[test]
fn columns_come_in_any_order() {
    check(
        "l.csv",
        "cost,from,to\n3,a,b\n-4,c,d\n",
        LINK,
        expect![[r#"
        2: "a" "b" 3
        3: "c" "d" -4
    "#]],
    );
}

#[test]
fn bom_crlf_blank_lines_and_no_final_newline() {
    check(
        "l.csv",
        "\u{feff}from,to,cost\r\na,b,1\r\n\r\nc,d,2",
        LINK,
        expect![[r#"
        2: "a" "b" 1
        4: "c" "d" 2
    "#]],
    );
}

#[test]
fn quotes_commas_and_newlines_in_fields() {
    check(
        "l.csv",
        "from,\"to\",cost\n\"a,\"\"x\"\"\",\"two\r\nlines\",1\n5\" disk,,\"2\"\n",
        LINK,
        expect![[r#"
        2: "a,\"x\"" "two\r\nlines" 1
        4: "5\" disk" "" 2
    "#]],
    );
}

#[test]
fn unicode() {
    check(
        "l.csv",
        "from,to,cost\nGrüße,日本 🦀,1\n",
        LINK,
        expect![[r#"
        2: "Grüße" "日本 🦀" 1
    "#]],
    );
}

#[test]
fn every_type_and_its_limits() {
    let csv = "i,f,b,s,a\n\
        9223372036854775807,NaN,true,x,Server[0]\n\
        -9223372036854775808,inf,false,,Server[4294967295]\n\
        0,-inf,true,-0,Server[1]\n\
        -0,-0,false,NaN,Server[2]\n\
        +7,1e21,true,\"\",Server[3]\n\
        1,0.1,true, x ,Server[3]\n";
    check(
        "m.csv",
        csv,
        MIXED,
        expect![[r#"
        2: 9223372036854775807 NaN true "x" Server[0]
        3: -9223372036854775808 inf false "" Server[4294967295]
        4: 0 -inf true "-0" Server[1]
        5: 0 0.0 false "NaN" Server[2]
        6: 7 1e21 true "" Server[3]
        7: 1 0.1 true " x " Server[3]
    "#]],
    );
}

#[test]
fn json_objects_and_arrays() {
    let json = "{\"s\":\"a\\u00e9\\n\",\"i\":-9223372036854775808,\"f\":1,\"b\":true,\"a\":\"Server[2]\"}\r\n\
        \n\
        [9223372036854775807, \"-inf\", false, \"\", \"Server[0]\"]\n\
        [1, 0.1, false, \"NaN\", \"Server[0]\"]";
    let expected = expect![[r#"
        1: -9223372036854775808 1.0 true "aé\n" Server[2]
        3: 9223372036854775807 -inf false "" Server[0]
        4: 1 0.1 false "NaN" Server[0]
    "#]];
    for name in ["m.jsonl", "m.ndjson", "m.json", "M.JSON", "-"] {
        expected.assert_eq(&read(name, json.as_bytes(), MIXED));
    }
}

#[test]
fn floats_are_read_to_the_last_bit() {
    // A number that a fast but inexact parser gets wrong by one unit in the last place.
    let text = "1.1126658594091796e-308";
    let mut file =
        open("m.jsonl", format!("[1, {text}, true, \"\", \"Server[0]\"]").as_bytes(), MIXED).unwrap();
    assert_eq!(rows(&mut file)[0][1], Value::float(text.parse().unwrap()));
}

#[test]
fn one_empty_text_needs_quotes() {
    check(
        "n.csv",
        "name\n\n\"\"\nb\n",
        NAME,
        expect![[r#"
        3: ""
        4: "b"
    "#]],
    );
}

#[test]
fn gzip_of_several_members() {
    let mut bytes = gzip(b"from,to,cost\na,b,1\nc,");
    bytes.extend(gzip(b"d,2\n"));
    let expected = expect![[r#"
        2: "a" "b" 1
        3: "c" "d" 2
    "#]];
    for name in ["l.csv.gz", "-"] {
        expected.assert_eq(&read(name, &bytes, LINK));
    }
}

#[test]
fn empty_json_has_no_rows() {
    check("l.jsonl", "", LINK, expect![""]);
    check("l.csv", "to,from,cost\n", LINK, expect![""]);
}

#[test]
fn files_are_opened_by_name_and_progress_is_known() {
    let program = super::program();
    let content = "from,to,cost\na,b,1\n";
    let (_dir, path) = super::directory(&[("l.csv", content)]);
    let path = path("l.csv").display().to_string();
    let mut file = crate::InputFile::open(&path, &program.relations[LINK], &program).unwrap();
    assert_eq!(file.name(), path);
    assert_eq!(rows(&mut file), [link("a", "b", 1)]);
    assert_eq!((file.bytes_read(), file.total_bytes()), (19, Some(19)));
}

#[test]
fn progress_of_compressed_files_is_in_compressed_bytes() {
    let bytes = gzip(b"from,to,cost\n");
    let mut file = open("l.csv.gz", &bytes, LINK).unwrap();
    assert_eq!(rows(&mut file).len(), 0);
    assert_eq!(file.bytes_read(), bytes.len() as u64);
}
