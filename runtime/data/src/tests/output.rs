//! What is written.

use expect_test::expect;
use floret_ir::{Address, Program, RoleId, Row, Value};

use super::{LINK, MIXED, NAME, directory, link, program, without_roles};
use crate::OutputRows;

const AT: Address = Address { role: RoleId(0), index: 0 };

fn mixed() -> Vec<(Address, Row)> {
    let row = |i, f, s: &str| {
        (AT, vec![Value::Int(i), Value::float(f), Value::Bool(true), Value::string(s), Value::Address(AT)])
    };
    vec![
        row(2, f64::NAN, "a,b"),
        row(-1, 1e21, "say \"hi\"\n"),
        row(10, 0.5, ""),
        row(2, f64::NEG_INFINITY, "ü\t"),
    ]
}

fn csv(rows: &OutputRows<'_>) -> String {
    let mut out = Vec::new();
    rows.write_csv(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn csv_is_sorted_by_value_and_quoted_where_needed() {
    let program = without_roles();
    expect![[r#"
        i,f,b,s,a
        -1,1e21,true,"say ""hi""
        ",Node[0]
        2,-inf,true,ü	,Node[0]
        2,NaN,true,"a,b",Node[0]
        10,0.5,true,,Node[0]
    "#]]
    .assert_eq(&csv(&OutputRows::new(&program.relations[MIXED], &program, mixed())));
}

#[test]
fn json_lines() {
    let program = without_roles();
    let mut out = Vec::new();
    OutputRows::new(&program.relations[MIXED], &program, mixed()).write_json_lines(&mut out).unwrap();
    expect![[r#"
        {"i":-1,"f":1e21,"b":true,"s":"say \"hi\"\n","a":"Node[0]"}
        {"i":2,"f":"-inf","b":true,"s":"ü\t","a":"Node[0]"}
        {"i":2,"f":"NaN","b":true,"s":"a,b","a":"Node[0]"}
        {"i":10,"f":0.5,"b":true,"s":"","a":"Node[0]"}
    "#]]
    .assert_eq(&String::from_utf8(out).unwrap());
}

#[test]
fn programs_with_roles_have_a_first_column_node() {
    let program = program();
    let client = |index| Address { role: RoleId(1), index };
    // Rows of one node repeat only in events; of two nodes they are two rows.
    let rows = [
        (client(10), link("b", "c", 1)),
        (client(2), link("a", "b", 1)),
        (client(2), link("a", "b", 1)),
        (client(10), link("a", "b", 1)),
    ];
    expect![[r#"
        node,from,to,cost
        Client[2],a,b,1
        Client[10],a,b,1
        Client[10],b,c,1
    "#]]
    .assert_eq(&csv(&OutputRows::new(&program.relations[LINK], &program, rows)));
}

#[test]
fn a_column_named_node_keeps_its_name() {
    let mut program = program();
    program.relations[NAME].columns[0].name = "node".into();
    let rows = [(AT, vec![Value::string("x")])];
    expect![[r#"
        at_node,node
        Server[0],x
    "#]]
    .assert_eq(&csv(&OutputRows::new(&program.relations[NAME], &program, rows)));
}

#[test]
fn a_single_empty_text_is_not_a_blank_line() {
    let program = without_roles();
    let rows = [(AT, vec![Value::string("")])];
    assert_eq!(csv(&OutputRows::new(&program.relations[NAME], &program, rows)), "name\n\"\"\n");
}

fn table(program: &Program, rows: &[Row], max_width: usize) -> String {
    let rows = rows.iter().map(|row| (AT, row.clone()));
    OutputRows::new(&program.relations[LINK], program, rows).table_text(max_width)
}

#[test]
fn tables_are_aligned() {
    let program = without_roles();
    let rows = [link("harbour", "日本", 15), link("a", "\x1b[2J", -100_000)];
    expect![[r#"
        from     to            cost
        ───────  ─────────  ───────
        a        \u{1b}[2J  -100000
        harbour  日本            15
    "#]]
    .assert_eq(&table(&program, &rows, 80));
}

#[test]
fn wide_texts_are_cut_and_numbers_never() {
    let program = without_roles();
    let rows = [link("a very long name of a place", "日本日本日本日本", 1_234_567_890)];
    let cut = table(&program, &rows, 30);
    expect![[r#"
        from      to              cost
        ────────  ────────  ──────────
        a very …  日本日…   1234567890
    "#]]
    .assert_eq(&cut);
    // Too narrow for anything: the narrowest table instead of an endless loop.
    expect![[r#"
        from  to          cost
        ────  ────  ──────────
        a v…  日…   1234567890
    "#]]
    .assert_eq(&table(&program, &rows, 3));
}

#[test]
fn a_table_without_rows_shows_its_columns() {
    let program = without_roles();
    expect![[r#"
        from  to  cost
        ────  ──  ────
    "#]]
    .assert_eq(&table(&program, &[], 80));
}

#[test]
fn saved_files_replace_old_ones_and_leave_nothing_else() {
    let program = without_roles();
    let (dir, path) = directory(&[("link.csv", "old")]);
    let rows = OutputRows::new(&program.relations[LINK], &program, [(AT, link("a", "b", 1))]);
    rows.save_csv(&path("link.csv")).unwrap();
    rows.save_json_lines(&path("link.jsonl")).unwrap();
    assert_eq!(std::fs::read_to_string(path("link.csv")).unwrap(), "from,to,cost\na,b,1\n");
    assert_eq!(
        std::fs::read_to_string(path("link.jsonl")).unwrap(),
        "{\"from\":\"a\",\"to\":\"b\",\"cost\":1}\n"
    );
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);

    let error = rows.save_csv(&path("missing/link.csv")).unwrap_err();
    assert!(
        error.to_string().contains("missing/link.csv: could not write: No such file or directory"),
        "{error}"
    );
    // A directory can't be replaced by a file; the temporary file goes again.
    std::fs::create_dir(path("d.csv")).unwrap();
    assert!(rows.save_csv(&path("d.csv")).unwrap_err().is_system_failure());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 3);
}
