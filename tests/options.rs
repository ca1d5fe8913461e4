//! The options of `floret run` as a user would call them: standard input, formats of outputs, bad records, recordings.
//! What is expected was written by hand.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use crate::floret::{Said, command, finish, scratch};

const LINKS: &str = "\
struct Best { to: string, cost: int }
input table link(from: string, to: string, cost: int);
output view best(from: string, best: Best);
output view nodes(name: string);
cheapest(x, min(c)) <= link(x, _, c);
best(x, Best { to: y, cost: c }) <= link(x, y, c), cheapest(x, c);
nodes(x) <= link(x, _, _);
nodes(y) <= link(_, y, _);
";
const LINKS_CSV: &str = "from,to,cost\na,b,3\na,c,10\nb,c,-1\n";
const AS_CSV: &str = "\
# best
from,best
a,\"{\"\"to\"\":\"\"b\"\",\"\"cost\"\":3}\"
b,\"{\"\"to\"\":\"\"c\"\",\"\"cost\"\":-1}\"

# nodes
name
a
b
c
";
const AS_JSON_LINES: &str = r#"# best
{"from":"a","best":{"to":"b","cost":3}}
{"from":"b","best":{"to":"c","cost":-1}}

# nodes
{"name":"a"}
{"name":"b"}
{"name":"c"}
"#;
const AS_TABLE: &str = r#"best: 2 rows
from  best
────  ────────────────────
a     {"to":"b","cost":3}
b     {"to":"c","cost":-1}

nodes: 3 rows
name
────
a
b
c
"#;

/// Chance and time in everything: without a recording no run is like another.
const CHANCE: &str = "\
input event throw(n: int);
output table thrown(n: int, random: int, of_n: int, at: time);
output view chosen(n: int);
thrown(n, random(), random(n), now()) <= throw(n);
chosen(any(n)) <= thrown(n, _, _, _);
";

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        std::fs::write(folder.join(name), text).unwrap();
    }
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(path.as_ref()).unwrap_or_else(|e| panic!("{}: {e}", path.as_ref().display()))
}

/// `floret run --quiet` with these arguments, in a folder.
fn run(folder: &Path, args: &str) -> Said {
    run_with(folder, args, b"")
}

/// The same with something on standard input.
fn run_with(folder: &Path, args: &str, input: &[u8]) -> Said {
    let args: Vec<&str> = ["run", "--quiet"].into_iter().chain(args.split_whitespace()).collect();
    let mut command = command(&args);
    command.current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that doesn't read it may be over already.
    let _ = child.stdin.take().unwrap().write_all(input);
    finish(child)
}

fn succeeds(said: Said) -> Said {
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    said
}

/// It ends with this code, prints nothing, and says all of that.
fn fails(said: &Said, code: i32, words: &[&str]) {
    assert_eq!((said.code, said.out.as_str()), (Some(code), ""), "{}", said.err);
    for word in words {
        assert!(said.err.contains(word), "no `{word}` in\n{}", said.err);
    }
}

#[test]
fn an_input_may_come_from_standard_input() {
    let folder = scratch();
    let folder = folder.path();
    write(folder, &[("links.flo", LINKS)]);
    let said = succeeds(run_with(folder, "links.flo --input link=-", LINKS_CSV.as_bytes()));
    assert_eq!((said.out.as_str(), said.err.as_str()), (AS_CSV, ""));
    let lines = "{\"to\":\"b\",\"cost\":3,\"from\":\"a\"}\n[\"a\",\"c\",10]\n[\"b\",\"c\",-1]\n";
    assert_eq!(succeeds(run_with(folder, "links.flo --input link=-", lines.as_bytes())).out, AS_CSV);
    let said = run_with(folder, "links.flo --input link=-", b"from,to,cost\na,b,3\na,c,x\n");
    fails(&said, 1, &["standard input:3, column cost", "expected an int, found \"x\""]);
    let said = run(folder, "links.flo --input link=- --input link=-");
    fails(&said, 2, &["only one input can be read from standard input"]);
}

#[test]
fn standard_input_goes_to_several_nodes_as_a_file_does() {
    let folder = scratch();
    let folder = folder.path();
    let program = "role S;\ninput event e(n: int) on S;\noutput table got(n: int) on S;\ngot(n) <= e(n);\n";
    write(folder, &[("spread.flo", program)]);
    // Row n goes to node n modulo their count.
    let said = succeeds(run_with(folder, "spread.flo --nodes S=2 --input e=-", b"n\n5\n6\n7\n"));
    assert_eq!(said.out, "node,n\nS[0],5\nS[0],7\nS[1],6\n");
    let said = succeeds(run_with(folder, "spread.flo --nodes S=2 --input e@S[1]=-", b"n\n5\n6\n"));
    assert_eq!(said.out, "node,n\nS[1],5\nS[1],6\n");
}

#[test]
fn outputs_are_written_in_the_format_that_is_asked_for() {
    let folder = scratch();
    let folder = folder.path();
    write(folder, &[("links.flo", LINKS), ("link.csv", LINKS_CSV)]);
    let run = |args: &str| run(folder, &format!("links.flo --data . {args}"));
    assert_eq!(succeeds(run("")).out, AS_CSV);
    assert_eq!(succeeds(run("--format csv")).out, AS_CSV);
    assert_eq!(succeeds(run("--format jsonl")).out, AS_JSON_LINES);
    assert_eq!(succeeds(run("--format table")).out, AS_TABLE);

    assert_eq!(succeeds(run("--out csv")).out, "");
    assert_eq!(read(folder.join("csv/nodes.csv")), "name\na\nb\nc\n");
    assert_eq!(succeeds(run("--out jsonl --format jsonl")).out, "");
    assert_eq!(
        read(folder.join("jsonl/best.jsonl")),
        "{\"from\":\"a\",\"best\":{\"to\":\"b\",\"cost\":3}}\n{\"from\":\"b\",\"best\":{\"to\":\"c\",\"cost\":-1}}\n"
    );
    assert!(!folder.join("jsonl/best.csv").exists());
    fails(&run("--out tables --format table"), 2, &["--format table prints"]);
    assert!(!folder.join("tables").exists());
    fails(&run("--format xml"), 2, &["xml", "table, csv, jsonl"]);
}

/// What is written in one run is read in the next.
#[test]
fn outputs_in_every_format_are_inputs() {
    let folder = scratch();
    let folder = folder.path();
    let again = "struct Best { to: string, cost: int }\n\
                 input table best(from: string, best: Best);\noutput best;\n";
    write(folder, &[("links.flo", LINKS), ("link.csv", LINKS_CSV), ("again.flo", again)]);
    for format in ["csv", "jsonl"] {
        succeeds(run(folder, &format!("links.flo --data . --out {format} --format {format}")));
        let said = succeeds(run(folder, &format!("again.flo --data {format} --format jsonl")));
        assert_eq!(
            said.out,
            "{\"from\":\"a\",\"best\":{\"to\":\"b\",\"cost\":3}}\n{\"from\":\"b\",\"best\":{\"to\":\"c\",\"cost\":-1}}\n"
        );
    }
}

const BAD_CSV: &str = "from,to,cost\na,b,3\na,c,ten\na,c\nb,c,-1\n";

#[test]
fn a_bad_record_ends_the_run_before_anything_is_written() {
    let folder = scratch();
    let folder = folder.path();
    write(folder, &[("links.flo", LINKS), ("link.csv", BAD_CSV)]);
    for option in ["", "--bad-rows end"] {
        let said = run(folder, &format!("links.flo --data . --out results {option}"));
        fails(&said, 1, &["link.csv:3, column cost", "expected an int, found \"ten\""]);
        assert!(!folder.join("results").exists());
    }
    for wrong in ["skip", "skip=", "go-on"] {
        let said = run(folder, &format!("links.flo --data . --bad-rows {wrong}"));
        fails(&said, 2, &["write `end` or `skip=FILE`"]);
    }
}

#[test]
fn bad_records_can_be_set_aside() {
    let folder = scratch();
    let folder = folder.path();
    write(folder, &[("links.flo", LINKS), ("link.csv", BAD_CSV)]);
    let said = succeeds(run(folder, "links.flo --input link=link.csv --bad-rows skip=bad.jsonl"));
    assert_eq!(said.out, AS_CSV);
    assert_eq!(said.err, "warning: 2 input records were no rows; they are set aside in bad.jsonl\n");
    let aside = read(folder.join("bad.jsonl"));
    let bad: Vec<serde_json::Value> = aside.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        bad,
        [
            serde_json::json!({
                "input": "link", "file": "link.csv", "line": 3, "column": "cost",
                "problem": "expected an int, found \"ten\"", "record": "a,c,ten",
            }),
            serde_json::json!({
                "input": "link", "file": "link.csv", "line": 4, "column": null,
                "problem": "expected 3 fields (from, to, cost), found 2", "record": "a,c",
            }),
        ]
    );
    // What is wrong with a whole file can't be set aside.
    write(folder, &[("link.csv", "from,to\na,b\n")]);
    let said = run(folder, "links.flo --data . --bad-rows skip=bad.jsonl");
    fails(&said, 1, &["link.csv:1", "column `cost` is missing"]);
    // Nothing bad: the file is there and empty.
    write(folder, &[("link.csv", LINKS_CSV)]);
    let said = succeeds(run(folder, "links.flo --data . --bad-rows skip=bad.jsonl"));
    assert_eq!((said.out.as_str(), said.err.as_str()), (AS_CSV, ""));
    assert_eq!(read(folder.join("bad.jsonl")), "");
}

#[test]
fn a_replay_gives_the_outputs_of_the_recorded_run() {
    let folder = scratch();
    let folder = folder.path();
    write(folder, &[("chance.flo", CHANCE), ("throw.csv", "n\n1\n2\n3\n4\n5\n6\n7\n8\n")]);
    write(folder, &[("other.flo", &format!("{CHANCE}more(n) <= throw(n);\n"))]);
    let recorded = succeeds(run(folder, "chance.flo --data . --batch 3 --record run.recording")).out;
    let twice = succeeds(run(folder, "chance.flo --data . --batch 3")).out;
    assert_ne!(recorded, twice, "without a recording two runs differ");
    for option in ["", "--engine reference", "--workers 2"] {
        let again = succeeds(run(folder, &format!("chance.flo --replay run.recording {option}"))).out;
        assert_eq!(again, recorded, "{option}");
    }
    // The inputs are in the recording.
    std::fs::remove_file(folder.join("throw.csv")).unwrap();
    assert_eq!(succeeds(run(folder, "chance.flo --replay run.recording")).out, recorded);

    fails(&run(folder, "chance.flo --replay run.recording --seed 3"), 2, &["--replay", "--seed"]);
    fails(&run(folder, "other.flo --replay run.recording"), 1, &["the recording is of another program"]);
    fails(&run(folder, "chance.flo --replay none.recording"), 1, &["none.recording"]);
    let whole = std::fs::read(folder.join("run.recording")).unwrap();
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 1;
    std::fs::write(folder.join("damaged.recording"), damaged).unwrap();
    fails(&run(folder, "chance.flo --replay damaged.recording"), 1, &["damaged.recording"]);
}

#[test]
fn each_node_of_a_run_is_replayed_by_itself() {
    let folder = scratch();
    let folder = folder.path();
    let program = "\
role Client;
role Server;
input event set(key: string) on Client;
channel put(key: string, from: Client) on Server;
output table kept(key: string, from: Client, random: int) on Server;
put@Server[hash(k)](k, self) <~ set(k);
kept(k, c, random()) <= put(k, c);
";
    let keys = "key\na\nb\nc\nd\ne\nf\n";
    write(folder, &[("keep.flo", program), ("set.csv", keys)]);
    let recorded =
        succeeds(run(folder, "keep.flo --nodes Client=2,Server=2 --data . --record recordings")).out;
    let lines: Vec<&str> = recorded.lines().collect();
    assert_eq!(lines.len(), 7, "{recorded}");
    for node in ["Server[0]", "Server[1]"] {
        let file = node.replace('[', ".").replace(']', ".recording");
        let again = succeeds(run(folder, &format!("keep.flo --replay recordings/{file}"))).out;
        let own: Vec<&str> = lines.iter().copied().filter(|line| line.starts_with(node)).collect();
        assert_eq!(again.lines().skip(1).collect::<Vec<_>>(), own, "{node}");
    }
    // A Client has no outputs; what it sends goes nowhere.
    let client = succeeds(run(folder, "keep.flo --replay recordings/Client.0.recording")).out;
    assert_eq!(client, "node,key,from,random\n");
}
