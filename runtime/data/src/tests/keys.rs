//! Second rows for a key, and the nodes that rows go to.

use expect_test::expect;
use floret_ir::{Address, RelationId, RelationKind, RoleId, Value};

use super::{KEYED, LINK, MIXED, SHARDED, deployment, open, program};
use crate::{Assignment, KeyCheck};

fn node(role: u32, index: u32) -> Address {
    Address { role: RoleId(role), index }
}

#[test]
fn a_second_different_row_for_a_key_names_both_places() {
    let program = program();
    let mut check = KeyCheck::new(&program.relations[KEYED]).unwrap();
    let mut first = open("first.csv", b"at,k,v\n1,a,10\n1,b,20\n", KEYED).unwrap();
    while let Some(row) = first.next_row().unwrap() {
        check.check(node(0, 0), &row, &first, &program).unwrap();
    }
    let mut second = open("second.csv", b"k,at,v\na,1,10\nb,1,21\n", KEYED).unwrap();
    let same = second.next_row().unwrap().unwrap();
    check.check(node(0, 0), &same, &second, &program).unwrap();
    let other = second.next_row().unwrap().unwrap();
    // At another node it is no conflict.
    check.check(node(0, 1), &other, &second, &program).unwrap();
    let error = check.check(node(0, 0), &other, &second, &program).unwrap_err();
    expect![[r#"
        second.csv:3: a second, different row of `keyed` for the key at = 1, k = "b"; the first is at first.csv:3
          3 | b,1,21
          help: remove one of the two rows, or make the key wider"#]]
    .assert_eq(&error.to_string());
}

#[test]
fn only_keyed_tables_are_checked() {
    let mut program = program();
    assert!(KeyCheck::new(&program.relations[LINK]).is_none());
    program.relations[KEYED].kind = RelationKind::Event;
    assert!(KeyCheck::new(&program.relations[KEYED]).is_none());
}

/// The nodes that the rows go to, or the error.
fn nodes(relation: RelationId, csv: &str, fixed: Option<Address>) -> Vec<Result<Address, String>> {
    let program = program();
    let deployment = deployment(3, 2);
    let mut assignment = Assignment::new(&program.relations[relation], &program, &deployment, fixed);
    let mut file = open("f.csv", csv.as_bytes(), relation).unwrap();
    let mut nodes = Vec::new();
    while let Some(row) = file.next_row().unwrap() {
        nodes.push(assignment.node(&row, &file).map_err(|error| error.to_string()));
    }
    nodes
}

#[test]
fn rows_take_turns() {
    let csv = "from,to,cost\na,b,1\na,b,1\na,b,2\n";
    assert_eq!(nodes(LINK, csv, None), [Ok(node(1, 0)), Ok(node(1, 1)), Ok(node(1, 0))]);
    assert_eq!(nodes(LINK, csv, Some(node(1, 1))), [Ok(node(1, 1)), Ok(node(1, 1)), Ok(node(1, 1))]);
}

#[test]
fn shards_decide() {
    // |-7| = 7 = 1 modulo 3.
    assert_eq!(nodes(SHARDED, "n\n0\n-7\n5\n", None), [Ok(node(0, 0)), Ok(node(0, 1)), Ok(node(0, 2))]);
    let error = nodes(SHARDED, "n\n-9223372036854775808\n", None).remove(0).unwrap_err();
    expect![[r#"
        f.csv:2: the node that `sharded` gives this row to can't be computed: the result does not fit in 64 bits
          2 | -9223372036854775808
          help: correct the row, or the expression after `on`"#]]
    .assert_eq(&error);
    // The command line's node wins, so the expression isn't needed.
    assert_eq!(nodes(SHARDED, "n\n-9223372036854775808\n", Some(node(0, 2))), [Ok(node(0, 2))]);
}

#[test]
fn addresses_must_exist() {
    let found = nodes(MIXED, "i,f,b,s,a\n1,1,true,x,Server[2]\n1,1,true,x,Server[3]\n", None);
    assert_eq!(found[0], Ok(node(0, 0)));
    expect![[r#"
        f.csv:3, column a: there is no node Server[3]: there are 3 nodes of this role
          3 | 1,1,true,x,Server[3]
          help: start more nodes with --nodes, or correct the address"#]]
    .assert_eq(found[1].as_ref().unwrap_err());
}

#[test]
fn a_key_is_the_first_columns_whatever_the_order_in_the_file() {
    let mut file = open("f.csv", b"v,k,at\n10,a,1\n", KEYED).unwrap();
    let row = file.next_row().unwrap().unwrap();
    assert_eq!(row, [Value::Int(1), Value::string("a"), Value::Int(10)]);
}
