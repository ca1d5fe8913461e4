//! Durable roles by the command: a run goes on where the last one was, and data are only for the nodes they are of. What
//! must come out is added up by hand.

use std::path::Path;

use crate::floret::{floret, rows, scratch, succeed};

const BANK: &str = "\
role Bank durable;
role Client;
input event deposit(id: int, amount: int) on Client;
channel put(id: int, amount: int) on Bank from Client;
put@Bank[id](id, amount) <~ deposit(id, amount);
table done(id: int, amount: int) on Bank;
done(id, amount) <+ put(id, amount);
account(sum(amount)) <= done(_, amount);
output account;
";

/// One node, which remembers what it was told.
const DIARY: &str = "\
role Diary durable;
input event note(text: string) on Diary;
table page(text: string) on Diary;
page(t) <+ note(t);
output page;
";

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_run_goes_on_where_the_last_one_was() {
    let dir = scratch();
    let (program, data, out) = (dir.path().join("bank.flo"), dir.path().join("data"), dir.path().join("out"));
    std::fs::write(&program, BANK).unwrap();
    let input = dir.path().join("deposit.csv");
    let run = |nodes: &str, deposits: &str| {
        std::fs::write(&input, format!("id,amount\n{deposits}")).unwrap();
        let input = format!("deposit={}", text(&input));
        let (nodes, out) = (format!("Bank={nodes}"), text(&out));
        floret(&[
            "run",
            text(&program),
            "--nodes",
            &nodes,
            "-i",
            &input,
            "--data-dir",
            text(&data),
            "--out",
            out,
            "-q",
        ])
    };
    let accounts = || rows(&out.join("account.csv"));
    let said = run("2", "1,10\n2,20\n3,30\n");
    assert_eq!(said.code, Some(0), "{}", said.err);
    // Even ids at the first, odd ones at the second.
    assert_eq!(accounts(), [["20"], ["40"]]);
    let said = run("2", "5,7\n");
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(accounts(), [["20"], ["47"]]);
    assert!(said.err.contains("Bank[1]: goes on after tick"), "{}", said.err);
    let said = run("3", "6,1\n");
    assert_eq!(said.code, Some(3), "{}", said.err);
    assert!(said.err.contains("Bank had 2 nodes when the data were written, now it has 3"), "{}", said.err);
    // Refused, they are as they were.
    let said = run("2", "");
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(accounts(), [["20"], ["47"]]);
}

#[test]
fn one_node_goes_on_too() {
    let dir = scratch();
    let (program, data, out) =
        (dir.path().join("diary.flo"), dir.path().join("data"), dir.path().join("out"));
    std::fs::write(&program, DIARY).unwrap();
    for (day, so_far) in
        [("one", vec!["one"]), ("two", vec!["one", "two"]), ("three", vec!["one", "three", "two"])]
    {
        let note = dir.path().join("note.csv");
        std::fs::write(&note, format!("text\n{day}\n")).unwrap();
        let note = format!("note={}", text(&note));
        succeed(&["run", text(&program), "-i", &note, "--data-dir", text(&data), "--out", text(&out), "-q"]);
        assert_eq!(rows(&out.join("page.csv")).concat(), so_far);
    }
    // Nothing is kept where nobody says where.
    let note = format!("note={}", text(&dir.path().join("note.csv")));
    let said = succeed(&["run", text(&program), "-i", &note, "--out", text(&out), "-q"]);
    assert_eq!(rows(&out.join("page.csv")).concat(), ["three"]);
    assert!(said.err.contains("Diary is durable; its data are gone after this run"), "{}", said.err);
}

#[test]
fn a_data_directory_is_for_durable_roles_and_a_durable_node_needs_one() {
    let dir = scratch();
    let said = floret(&["run", "examples/hello/reach.flo", "--data-dir", text(dir.path())]);
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains("the program has none"), "{}", said.err);
    let (program, cluster) = (dir.path().join("diary.flo"), dir.path().join("cluster.toml"));
    std::fs::write(&program, DIARY).unwrap();
    succeed(&["build", text(&program)]);
    let node = "token = \"t\"\n[[node]]\nrole = \"Diary\"\nindex = 0\naddress = \"127.0.0.1:1\"\n";
    std::fs::write(&cluster, node).unwrap();
    let artifact = dir.path().join("diary.floret");
    let args = [
        "node",
        "--artifact",
        text(&artifact),
        "--role",
        "Diary",
        "--index",
        "0",
        "--cluster",
        text(&cluster),
    ];
    let said = floret(&args);
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains("--data-dir DIR"), "{}", said.err);
}
