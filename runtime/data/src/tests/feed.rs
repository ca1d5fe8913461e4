//! All inputs of a run together.

use expect_test::expect;
use floret_ir::{Address, Program, RelationKind, RoleId};

use super::{KEYED, LINK, NAME, deployment, directory, program, text};
use crate::feed::Fed;
use crate::{Feed, ResolvedInput};

/// `name` is an event here.
fn with_event() -> Program {
    let mut program = program();
    program.relations[NAME].kind = RelationKind::Event;
    program
}

fn shown(fed: &Fed) -> Vec<String> {
    let rows = fed.iter().flat_map(|(node, rows)| rows.iter().map(move |row| (node, row)));
    rows.map(|(node, input)| {
        format!("{}.{} {}: {}", node.role.0, node.index, input.relation.0, text(&input.row))
    })
    .collect()
}

#[test]
fn tables_come_whole_and_events_in_batches() {
    let program = with_event();
    let (_dir, path) = directory(&[
        ("name.csv", "name\nx\ny\nz\n"),
        ("a.csv", "from,to,cost\na,b,1\nb,c,2\nc,d,3\n"),
        ("b.jsonl", "[\"d\",\"e\",4]\n"),
    ]);
    let input =
        |relation, name, node| ResolvedInput { relation, node, path: path(name).display().to_string() };
    let client_1 = Address { role: RoleId(1), index: 1 };
    let inputs = vec![
        input(NAME, "name.csv", None),
        input(LINK, "a.csv", None),
        input(LINK, "b.jsonl", Some(client_1)),
    ];
    let mut feed = Feed::new(&program, &deployment(1, 2), inputs).unwrap();
    let mut last = None;
    let tables = feed.load_tables(|progress| last = Some(progress)).unwrap();
    // Rows take turns between the two clients (role 1), but for the file that the command line gives to one.
    assert_eq!(
        shown(&tables),
        ["1.0 0: \"a\" \"b\" 1", "1.0 0: \"c\" \"d\" 3", "1.1 0: \"b\" \"c\" 2", "1.1 0: \"d\" \"e\" 4"]
    );
    let last = last.unwrap();
    assert_eq!((last.rows, last.bytes_read, last.total_bytes), (4, 31 + 12, Some(31 + 12)));
    assert_eq!(shown(&feed.next_events(2).unwrap()), ["1.0 2: \"x\"", "1.1 2: \"y\""]);
    assert_eq!(shown(&feed.next_events(2).unwrap()), ["1.0 2: \"z\""]);
    assert!(feed.next_events(2).unwrap().is_empty());
}

#[test]
fn several_bad_rows_are_told_at_once() {
    let program = program();
    let (dir, path) = directory(&[("keyed.csv", "at,k,v\n1,a,1\n1,a,2\n1,b,x\n1,b,3\n")]);
    let inputs =
        vec![ResolvedInput { relation: KEYED, node: None, path: path("keyed.csv").display().to_string() }];
    let mut feed = Feed::new(&program, &deployment(1, 1), inputs).unwrap();
    let errors = feed.load_tables(|_| {}).unwrap_err();
    let shown: Vec<String> = errors.iter().map(ToString::to_string).collect();
    expect![[r#"
        DIR/keyed.csv:3: a second, different row of `keyed` for the key at = 1, k = "a"; the first is at DIR/keyed.csv:2
          3 | 1,a,2
          help: remove one of the two rows, or make the key wider
        DIR/keyed.csv:4, column v: expected an int, found "x"
          4 | 1,b,x"#]]
    .assert_eq(&shown.join("\n").replace(&dir.path().display().to_string(), "DIR"));
}

#[test]
fn ten_errors_are_enough() {
    let program = program();
    let (_dir, path) = directory(&[("link.csv", &format!("from,to,cost\n{}", "a\n".repeat(100)))]);
    let inputs =
        vec![ResolvedInput { relation: LINK, node: None, path: path("link.csv").display().to_string() }];
    let errors = Feed::new(&program, &deployment(1, 1), inputs).unwrap().load_tables(|_| {}).unwrap_err();
    assert_eq!(errors.len(), 10);
}

#[test]
fn standard_input_is_there_once() {
    let program = program();
    let stdin = |relation| ResolvedInput { relation, node: None, path: "-".into() };
    let Err(error) = Feed::new(&program, &deployment(1, 1), vec![stdin(LINK), stdin(NAME)]) else {
        panic!("both were taken");
    };
    assert_eq!(
        error.to_string(),
        "standard input can feed one input, not link and name\n  help: give the others a file"
    );
}
