//! `floret check` and `floret explain --fix` from outside: formats for tools, exit codes, witnesses, and changes of files.
//! What is expected of the known programs is in their headers, written by hand.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

use crate::floret::{command, root};

/// The known programs.
pub fn known_programs() -> Vec<PathBuf> {
    let mut paths: Vec<_> = std::fs::read_dir(root().join("tests/verdicts"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "flo"))
        .collect();
    paths.sort();
    paths
}

fn known(name: &str) -> PathBuf {
    root().join("tests/verdicts").join(format!("{name}.flo"))
}

fn run(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

fn check_as(format: &str, path: &Path, more: &[&str]) -> Value {
    let args = [&["check", "--format", format, path.to_str().unwrap()], more].concat();
    let output = run(&args);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

/// A program in a file of its own.
fn program(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a program.flo");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

const LOST: &str = "input event put(k: int, v: int);
output table kv(k: int => v: int);
kv(k, max(v)) <+- put(k, v);
";

fn strings<'v>(values: &'v Value, field: &str) -> Vec<&'v str> {
    values.as_array().unwrap().iter().map(|value| value[field].as_str().unwrap()).collect()
}

/// Exactly these fields, of these types (`?`: or null).
fn has_fields(value: &Value, fields: &[(&str, &str)]) {
    let object = value.as_object().unwrap();
    let names: BTreeSet<&str> = object.keys().map(String::as_str).collect();
    assert_eq!(names, fields.iter().map(|(name, _)| *name).collect(), "{value}");
    for (name, ty) in fields {
        let (ty, optional) = ty.strip_suffix('?').map_or((*ty, false), |ty| (ty, true));
        let found = match &object[*name] {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        assert!(found == ty || (optional && found == "null"), "{name} is {found} in {value}");
    }
}

/// What a way out, a sequencer or a seal costs.
fn has_cost(cost: &Value) {
    if cost.is_null() {
        return;
    }
    let fields = [
        ("channel", "string"),
        ("each", "string"),
        ("messages", "object"),
        ("rounds", "number"),
        ("messages_without", "object"),
        ("rounds_without", "number"),
    ];
    has_fields(cost, &fields);
    for messages in ["messages", "messages_without"] {
        has_fields(&cost[messages], &[("fixed", "number"), ("each_of", "string?")]);
    }
}

/// The schema of docs/coordination.md.
#[test]
fn json_follows_its_schema_and_agrees_with_the_known_verdicts() {
    let place = [
        ("file", "string"),
        ("line", "number"),
        ("column", "number"),
        ("end_line", "number"),
        ("end_column", "number"),
    ];
    let rule = [("text", "string"), ("place", "object?")];
    for path in known_programs() {
        let report = check_as("json", &path, &[]);
        has_fields(
            &report,
            &[
                ("schema", "string"),
                ("program", "string"),
                ("ok", "bool"),
                ("diagnostics", "array"),
                ("collections", "array"),
                ("points", "array"),
                ("costs", "array"),
            ],
        );
        assert_eq!(report["schema"], "floret-check/1");
        assert_eq!(report["ok"], true);
        let mut said = BTreeSet::new();
        for collection in report["collections"].as_array().unwrap() {
            let fields = [
                ("name", "string"),
                ("kind", "string"),
                ("role", "string"),
                ("output", "bool"),
                ("class", "string"),
                ("observed", "string?"),
                ("because", "object"),
                ("replicas", "object?"),
                ("crashes", "array"),
            ];
            has_fields(collection, &fields);
            let replicas = &collection["replicas"];
            if !replicas.is_null() {
                let fields =
                    [("verdict", "string"), ("because", "string"), ("row", "string?"), ("volatile", "array")];
                has_fields(replicas, &fields);
                assert_eq!(replicas["row"].is_null(), replicas["verdict"] == "agree");
            }
            for crash in collection["crashes"].as_array().unwrap() {
                let fields = [
                    ("role", "string"),
                    ("survives", "bool"),
                    ("reason", "string"),
                    ("words", "string"),
                    ("path", "array"),
                ];
                has_fields(crash, &fields);
                for step in crash["path"].as_array().unwrap() {
                    has_fields(step, &[("from", "string"), ("to", "string"), ("place", "object?")]);
                }
            }
            let because = &collection["because"];
            if because["by"] == "rule" {
                let fields = [("by", "string"), ("row", "string?"), ("words", "string")];
                has_fields(because, &[&fields[..], &rule].concat());
                has_fields(&because["place"], &place);
            } else {
                has_fields(because, &[("by", "string")]);
            }
            if collection["output"] == true {
                said.insert(format!(
                    "output {} {}",
                    collection["name"].as_str().unwrap(),
                    collection["observed"].as_str().unwrap()
                ));
                if let Some(verdict) = replicas["verdict"].as_str() {
                    said.insert(format!("replicas {} {verdict}", collection["name"].as_str().unwrap()));
                }
            }
        }
        report["costs"].as_array().unwrap().iter().for_each(has_cost);
        for point in report["points"].as_array().unwrap() {
            let fields = [
                ("kind", "string"),
                ("collection", "string"),
                ("rule", "object?"),
                ("path", "array"),
                ("outputs", "array"),
                ("ways_out", "array"),
                ("accepted", "string?"),
                ("witness", "object?"),
            ];
            has_fields(point, &fields);
            for way in point["ways_out"].as_array().unwrap() {
                let fields = [
                    ("remedy", "string"),
                    ("title", "string"),
                    ("text", "string"),
                    ("fix", "number?"),
                    ("cost", "object?"),
                ];
                has_fields(way, &fields);
                has_cost(&way["cost"]);
            }
            assert_eq!(strings(&point["ways_out"], "remedy").last(), Some(&"accept"));
            for step in point["path"].as_array().unwrap() {
                has_fields(step, &[("from", "string"), ("to", "string"), ("place", "object?")]);
            }
            let at = match &point["rule"] {
                Value::Null => &point["collection"],
                rule => &rule["text"],
            };
            let kind = point["kind"].as_str().unwrap().replace('-', " ");
            said.insert(format!("point {kind} at {}", at.as_str().unwrap()));
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let header = text.lines().map_while(|line| line.strip_prefix("// "));
        let header = header
            .filter(|line| ["output ", "replicas ", "point "].iter().any(|word| line.starts_with(word)));
        assert_eq!(said, header.map(str::to_owned).collect(), "{}", path.display());
    }
}

#[test]
fn json_of_a_wrong_program_has_the_errors() {
    let (_folder, path) = program("v(x) <= t(x);");
    let output = run(&["check", "--format", "json", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["ok"], false);
    assert_eq!(report["points"], Value::Array(Vec::new()));
    let found = &report["diagnostics"][0];
    assert_eq!((found["severity"].as_str(), found["code"].as_str()), (Some("error"), Some("unknown-name")));
    assert_eq!((&found["labels"][0]["line"], &found["labels"][0]["column"]), (&1.into(), &9.into()));
}

/// What SARIF 2.1.0 (OASIS, 27 March 2020) asks of the parts that are written, section by section.
fn is_sarif(log: &Value) {
    assert_eq!(log["version"], "2.1.0"); // 3.13.2
    for run in log["runs"].as_array().unwrap() {
        let driver = &run["tool"]["driver"]; // 3.14.6, 3.18.2
        assert!(driver["name"].is_string());
        let rules = driver["rules"].as_array().unwrap();
        let ids: BTreeSet<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), rules.len(), "each rule once"); // 3.19.23
        let artifacts = run["artifacts"].as_array().unwrap();
        let location = |location: &Value| {
            let place = &location["physicalLocation"]; // 3.28.3
            let uri = place["artifactLocation"]["uri"].as_str().unwrap();
            assert!(!uri.contains([' ', '"', '\\', '<', '>']), "{uri} is a URI reference"); // 3.4.3
            let index = place["artifactLocation"]["index"].as_u64().unwrap();
            assert_eq!(artifacts[index as usize]["location"]["uri"], uri); // 3.4.5
            let region = &place["region"]; // 3.30
            let [line, column, end_line, end_column] = ["startLine", "startColumn", "endLine", "endColumn"]
                .map(|field| region[field].as_u64().unwrap());
            assert!(line >= 1 && column >= 1 && (line, column) <= (end_line, end_column), "{region}");
        };
        for result in run["results"].as_array().unwrap() {
            let rule = result["ruleIndex"].as_u64().unwrap() as usize; // 3.27.6
            assert_eq!(rules[rule]["id"], result["ruleId"]);
            assert!(["none", "note", "warning", "error"].contains(&result["level"].as_str().unwrap())); // 3.27.10
            assert!(!result["message"]["text"].as_str().unwrap().is_empty()); // 3.11
            assert!(!result["locations"].as_array().unwrap().is_empty());
            for place in ["locations", "relatedLocations"] {
                result[place].as_array().unwrap().iter().for_each(location);
            }
            for flow in result["codeFlows"].as_array().unwrap_or(&Vec::new()) {
                for thread in flow["threadFlows"].as_array().unwrap() {
                    let steps = thread["locations"].as_array().unwrap(); // 3.37.6
                    assert!(!steps.is_empty());
                    steps.iter().for_each(|step| location(&step["location"]));
                }
            }
            for suppression in result["suppressions"].as_array().unwrap_or(&Vec::new()) {
                assert!(["inSource", "external"].contains(&suppression["kind"].as_str().unwrap())); // 3.35.2
                assert_eq!(suppression["status"], "accepted"); // 3.35.3
            }
        }
    }
}

#[test]
fn sarif_is_as_the_standard_says() {
    let mut results = 0;
    for path in known_programs() {
        let log = check_as("sarif", &path, &[]);
        is_sarif(&log);
        results += log["runs"][0]["results"].as_array().unwrap().len();
    }
    assert!(results > 40);
    let (_folder, path) =
        program(&LOST.replace("kv(k, max(v)) <+-", "@accept(\"the last\") kv(k, max(v)) <+-"));
    let log = check_as("sarif", &path, &[]);
    is_sarif(&log);
    let result = &log["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "order/overwrite");
    assert_eq!(result["suppressions"][0]["justification"], "the last");
    assert!(
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            .as_str()
            .unwrap()
            .ends_with("a%20program.flo")
    );
    let (_folder, path) = program("v(x) <= t(x);");
    is_sarif(&check_as("sarif", &path, &[]));
}

#[test]
fn exit_codes_say_whether_promises_are_kept() {
    let code = |text: &str, more: &[&str]| {
        let (_folder, path) = program(text);
        run(&[&["check", path.to_str().unwrap()], more].concat()).status.code()
    };
    let accepted = LOST.replace("kv(k, max(v)) <+-", "@accept(\"the last\") kv(k, max(v)) <+-");
    let deny = &["--deny", "order"];
    assert_eq!(code(LOST, &[]), Some(0));
    assert_eq!(code(LOST, deny), Some(1));
    assert_eq!(code(&accepted, deny), Some(0));
    assert_eq!(code(&format!("{accepted}confluent kv;"), &[]), Some(1));
    assert_eq!(
        code(&LOST.replace("kv(k, max(v)) <+- put(k, v);", "monotone { kv(k, max(v)) <+- put(k, v); }"), &[]),
        Some(1)
    );
    assert_eq!(
        code("input table t(x: int); monotone { v(x) <= t(x); } output v; confluent v;", deny),
        Some(0)
    );
    // What must hold must hold before anything runs.
    let (_folder, path) = program(&format!("{LOST}confluent kv;"));
    assert_eq!(run(&["run", path.to_str().unwrap()]).status.code(), Some(1));
}

#[test]
fn an_accepted_point_is_on_the_record() {
    let (_folder, path) =
        program(&LOST.replace("kv(k, max(v)) <+-", "@accept(\"the last\")\nkv(k, max(v)) <+-"));
    let output = run(&["check", path.to_str().unwrap()]);
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    let said = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "kv  order-dependent  may differ from run to run (1 point of order, 1 accepted)");
    assert!(
        lines[1].starts_with("accepted at `kv` (")
            && lines[1].ends_with("a program.flo:4): overwrite: the last")
    );
}

/// Written by hand: an output that rests on what a Client gets of its host once.
#[test]
fn what_survives_a_crash_is_said_below_each_output() {
    let text = "role Client;
role Server durable;
input event set(k: int) on Client;
channel put(k: int) on Server;
output table kv(k: int) on Server;
put@s(k) <~ set(k), Server(s);
kv(k) <= put(k);
";
    let (_folder, path) = program(text);
    let said = String::from_utf8(run(&["check", path.to_str().unwrap()]).stdout).unwrap();
    let expected = "\
kv  growing          only grows, to the same rows in every run
    survives a crash of Server
    not proved to survive a crash of Client: a message of `put` is sent once, and lost if the Client that sends it crashes first
";
    assert_eq!(said, expected);
    let report = check_as("json", &path, &[]);
    let kv = report["collections"].as_array().unwrap().iter().find(|of| of["name"] == "kv").unwrap();
    let [client, server] = kv["crashes"].as_array().unwrap().as_slice() else { panic!("two roles: {kv}") };
    let said = |crash: &Value| (crash["role"].clone(), crash["survives"].clone(), crash["reason"].clone());
    assert_eq!(said(client), ("Client".into(), false.into(), "outbox".into()));
    assert_eq!(said(server), ("Server".into(), true.into(), "durable".into()));
    let step = &client["path"][0];
    assert_eq!(
        (&step["from"], &step["to"], &step["place"]["line"]),
        (&"put".into(), &"kv".into(), &7.into())
    );
    let told = String::from_utf8(run(&["explain", path.to_str().unwrap(), "kv"]).stdout).unwrap();
    let (_, told) = told.split_once("if nodes crash and come back:\n\n").unwrap();
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 4, "{told}");
    assert!(lines[1].ends_with(":6: put@s(k) <~ set(k), Server(s);"), "{told}");
    assert!(lines[2].starts_with("  `put` goes into `kv` by "), "{told}");
    assert_eq!(lines[3], "survives a crash of Server: its nodes are durable: a crash is a pause");
}

#[test]
fn a_way_out_is_shown_and_written() {
    let (_folder, path) = program(LOST);
    let name = path.to_str().unwrap();
    let said = |args: &[&str]| {
        let output = run(&[&["explain", name], args].concat());
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, list) = said(&["--fix"]);
    assert_eq!(code, Some(0));
    let numbered: Vec<&str> = list.lines().skip(1).map(|line| line.trim_start()).collect();
    assert!(numbered.len() == 3 && numbered[0].starts_with("1  make the value columns lattices"), "{list}");
    let (code, shown) = said(&["--fix", "1"]);
    assert_eq!(code, Some(0));
    for line in [
        "     2 - output table kv(k: int => v: int);",
        "     2 + output table kv(k: int => v: max<int>);",
        "     3 - kv(k, max(v)) <+- put(k, v);",
        "     3 + kv(k, max(v)) <= put(k, v);",
    ] {
        assert!(shown.lines().any(|found| found == line), "{shown}");
    }
    assert!(shown.ends_with("0 points of order left\n"), "{shown}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), LOST);
    assert_eq!(said(&["--fix", "3"]).0, Some(2), "an acceptance says why");
    assert_eq!(said(&["--fix", "4"]).0, Some(2));
    assert_eq!(said(&["--fix", "3", "--write", "--reason", "the last one"]).0, Some(0));
    let written = std::fs::read_to_string(&path).unwrap();
    assert_eq!(written, LOST.replace("kv(k, max(v)) <+-", "@accept(\"the last one\")\nkv(k, max(v)) <+-"));
    assert_eq!(said(&["--fix"]), (Some(0), "there is nothing to fix: no point of order is left\n".into()));
}

/// The smallest input that shows it, worked out by hand: one get and one put.
#[test]
fn a_witness_of_a_race_is_a_get_and_a_put() {
    let report = check_as("json", &known("get_put_race"), &["--witness"]);
    let witness = &report["points"][0]["witness"];
    let inputs: Vec<&str> =
        witness["inputs"].as_array().unwrap().iter().map(|input| input.as_str().unwrap()).collect();
    assert_eq!(inputs.len(), 2, "{witness}");
    assert!(inputs.iter().any(|input| input.starts_with("ask(")), "{witness}");
    assert!(inputs.iter().any(|input| input.starts_with("set(")), "{witness}");
    assert_eq!(witness["collection"], "done");
    let outcomes: BTreeSet<usize> =
        [0, 1].map(|run| witness["runs"][run]["outcome"].as_array().unwrap().len()).into_iter().collect();
    assert_eq!(outcomes, BTreeSet::from([0, 1]), "{witness}");
}

#[test]
fn witnesses_are_two_outcomes_of_one_input() {
    let (mut points, mut found, mut without) = (0, 0, Vec::new());
    for path in known_programs() {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let report = check_as("json", &path, &["--witness"]);
        for point in report["points"].as_array().unwrap() {
            points += 1;
            let witness = &point["witness"];
            if witness.is_null() {
                without.push(format!("{name} ({})", point["kind"].as_str().unwrap()));
                continue;
            }
            found += 1;
            assert_ne!(witness["runs"][0]["outcome"], witness["runs"][1]["outcome"], "{name}: {witness}");
            // Nothing that is called blunt may be found to differ.
            assert!(name != "blunt_pending_answers", "{name}: {witness}");
        }
    }
    println!(
        "witnesses: {found} of {points} points of order of known programs; none for {}",
        without.join(", ")
    );
    assert!(found * 10 >= points * 8, "too few: {found} of {points}");
}

#[test]
fn a_witness_is_told_in_words() {
    let output = run(&["check", known("register_by_arrival").to_str().unwrap()]);
    let said = String::from_utf8(output.stderr).unwrap();
    for words in [
        "two runs on the same inputs differ; the host feeds",
        "in one run these arrive, tick by tick",
        "then `register` holds",
    ] {
        assert!(said.contains(words), "{said}");
    }
}
