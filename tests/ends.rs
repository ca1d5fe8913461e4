//! Inputs that are sealed by their end: on the command line, in test blocks, and in the simulator, where a count that was
//! made of a file is never sent on before the file is at its end. Expected results are written by hand or counted here.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::artifact::Artifact;
use floret_ir::{
    Address, AtomSource, Deployment, InputRow, Literal, Observe, RelationId, Report, Site, Value,
};
use floret_reference::{Options, Reference};
use floret_sim::world::{extent, run, run_of};
use floret_sim::{Network, Settings};

use crate::compile::compiled;
use crate::floret::{floret, rows, scratch, succeed};
use crate::long::cases;
use crate::simulated::searched;

/// Each Mapper counts the words of its lines, and sends its counts to the Reducers when its file is at its end.
const COUNT: &str = "
role Mapper durable;
role Reducer durable;
input event line(n: int, text: string) on Mapper sealed;
channel part(word: string, n: int, by: Mapper) on Reducer sealed from Mapper;
output event sent(word: string, n: int, by: Mapper) on Reducer;
output table total(word: string, n: int) on Reducer;
n(w.1, count()) <= line(_, t), w in enumerate(split(t, \" \"));
part@Reducer[hash(w)](w, k, self) <~ n(w, k);
sent(w, k, m) <= part(w, k, m);
total(w, sum(k)) <= part(w, k, _);
";

/// What the simulator holds against it.
const CLAIMS: &str = "
static input table of_all(word: string, n: int) on Reducer;
static input table of_one(word: string, n: int) on Mapper;
table sums(word: string, n: int) on Mapper;
sums(w, k) <= n(w, k);
invariant part_of_it \"a count of a part of the file\": sums@m(w, k), of_one@m(w, j), k != j;
invariant early \"a sum without one of the files\": total@r(w, k), of_all@r(w, j), k != j;
";

const WORDS: [&str; 5] = ["a", "b", "c", "d", "e"];

/// Line n has words n, n + 1, 2n, ... of the five.
fn text(n: usize) -> String {
    (0..2 + n % 3).map(|place| WORDS[(n * place + n + place) % 5]).collect::<Vec<_>>().join(" ")
}

/// How often each word is in these lines.
fn counts(lines: impl Iterator<Item = usize>) -> BTreeMap<String, i64> {
    let mut found = BTreeMap::new();
    for line in lines {
        for word in text(line).split(' ') {
            *found.entry(word.to_owned()).or_insert(0) += 1;
        }
    }
    found
}

#[test]
fn words_of_a_file_are_counted_on_several_nodes() {
    let dir = scratch();
    let file = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let lines: String = (0..1000).map(|n| format!("{n},{}\n", text(n))).collect();
    std::fs::write(file("line.csv"), format!("n,text\n{lines}")).unwrap();
    std::fs::write(file("count.flo"), COUNT.replace(" durable", "")).unwrap();
    succeed(&["check", &file("count.flo"), "--deny", "order"]);
    // Lines go to the nodes in turn.
    let expected_of = |mappers: usize| {
        let of = move |m: usize| counts((0..1000).filter(move |n| n % mappers == m));
        (0..mappers).flat_map(of).collect::<Vec<_>>()
    };
    for (nodes, mappers) in [("Mapper=1,Reducer=1", 1), ("Mapper=3,Reducer=2", 3)] {
        let (program, input, out) =
            (file("count.flo"), format!("line={}", file("line.csv")), file(&format!("out{mappers}")));
        let batch = ["--nodes", nodes, "--input", &input, "--out", &out];
        succeed(&[&["run", &program][..], &batch].concat());
        let total: BTreeMap<String, i64> = rows(&dir.path().join(format!("out{mappers}/total.csv")))
            .into_iter()
            .map(|row| (row[0].clone(), row[1].parse().unwrap()))
            .collect();
        assert_eq!(total, counts(0..1000), "{nodes}");
        // Each Mapper said each of its words once, with its last count.
        let sent = rows(&dir.path().join(format!("out{mappers}/sent.csv")));
        let mut sent: Vec<(String, i64)> =
            sent.into_iter().map(|row| (row[0].clone(), row[1].parse().unwrap())).collect();
        sent.sort();
        let mut expected = expected_of(mappers);
        expected.sort();
        assert_eq!(sent, expected, "{nodes}");
    }
}

#[test]
fn a_program_of_one_node_knows_its_end() {
    let dir = scratch();
    let file = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let program = "input event came(x: int) sealed; static input table all(x: int);
        output view n(n: int); output table missing(x: int);
        n(count()) <= came(_); missing(x) <= all(x), !came(x);";
    std::fs::write(file("p.flo"), program).unwrap();
    std::fs::write(file("all.csv"), "x\n1\n2\n3\n").unwrap();
    std::fs::write(file("came.csv"), "x\n2\n7\n").unwrap();
    let all = format!("all={}", file("all.csv"));
    let said =
        succeed(&["run", &file("p.flo"), "--input", &all, "--input", &format!("came={}", file("came.csv"))]);
    assert!(said.out.contains("2\n") && said.out.contains("1\n3\n"), "{}", said.out);
    // A file without rows, and no file at all.
    std::fs::write(file("none.csv"), "x\n").unwrap();
    let none = format!("came={}", file("none.csv"));
    for inputs in [&["--input", &all, "--input", &none][..], &["--input", &all]] {
        let said = succeed(&[&["run", &file("p.flo")][..], inputs].concat());
        assert!(said.out.contains("1\n2\n3\n"), "{}", said.out);
    }
    // Its end is no input that a file can be given for.
    let said = floret(&["run", &file("p.flo"), "--input", &format!("$came::end={}", file("none.csv"))]);
    assert_eq!(said.code, Some(2), "{}", said.err);
    let said = floret(&["run", &file("p.flo"), "--input", &format!("cane={}", file("none.csv"))]);
    assert!(said.err.contains("the program's inputs are came, all"), "{}", said.err);
}

#[test]
fn a_test_ends_its_inputs_after_the_last_row() {
    let dir = scratch();
    let path = dir.path().join("t.flo");
    let with = |steps: &str| {
        let block = format!("test \"count\" with Mapper = 2, Reducer = 1 {{ {steps} }}");
        std::fs::write(&path, format!("{COUNT}{block}")).unwrap();
        floret(&["test", path.to_str().unwrap(), "--seeds", "20", "--faults", FAULTS])
    };
    let fed =
        "at 0: line@Mapper[0](1, \"a b\"); at 2s: line@Mapper[0](2, \"a\"); at 1s: line@Mapper[1](3, \"a\");";
    let said = with(&format!(
        "{fed} eventually total@r(\"a\", 3); eventually total@r(\"b\", 1); never total@r(\"a\", k), k != 3;"
    ));
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    let said = with(&format!("{fed} eventually total@r(\"a\", 2);"));
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
}

const MAPPERS: usize = 2;
const REDUCERS: usize = 2;
const LINES: usize = 14;
const FAULTS: &str = "loss=5%,dup=5%,delay=1..40,crash=4,restart=5..200";

fn named(artifact: &Artifact, name: &str) -> RelationId {
    artifact.stratified.program.relation_named(name).unwrap()
}

fn at(artifact: &Artifact, role: &str, index: usize) -> Address {
    Address { role: artifact.stratified.program.role_named(role).unwrap(), index: index as u32 }
}

fn row(artifact: &Artifact, to: Address, name: &str, values: Vec<Value>) -> (Address, InputRow) {
    (to, InputRow { relation: named(artifact, name), row: values })
}

fn word(text: &str) -> Value {
    Value::String(text.into())
}

/// The lines, and what is known of them.
fn inputs(artifact: &Artifact) -> Vec<(Address, InputRow)> {
    let mut fed = Vec::new();
    for reducer in 0..REDUCERS {
        let to = at(artifact, "Reducer", reducer);
        let all = counts(0..LINES).into_iter();
        fed.extend(all.map(|(w, n)| row(artifact, to, "of_all", vec![word(&w), Value::Int(n)])));
    }
    for mapper in 0..MAPPERS {
        let to = at(artifact, "Mapper", mapper);
        let own = counts((0..LINES).filter(|n| n % MAPPERS == mapper)).into_iter();
        fed.extend(own.map(|(w, n)| row(artifact, to, "of_one", vec![word(&w), Value::Int(n)])));
    }
    for n in 0..LINES {
        let values = vec![Value::Int(n as i64), word(&text(n))];
        fed.push(row(artifact, at(artifact, "Mapper", n % MAPPERS), "line", values));
    }
    fed
}

/// What was ever in `total` in a run.
type Totals = BTreeSet<(String, i64)>;

fn total(row: &[Value]) -> (String, i64) {
    let [Value::String(word), Value::Int(number)] = row else { panic!("no count") };
    (word.to_string(), *number)
}

/// The first seed that fails and why, and the totals of the first seeds.
fn simulated(
    artifact: &Artifact,
    fed: &[(Address, InputRow)],
    seeds: u64,
    looked_at: u64,
) -> (Option<String>, Vec<Totals>) {
    let members = [MAPPERS as u32, REDUCERS as u32];
    let relation = named(artifact, "total");
    let found = searched(artifact, &members, fed, None, FAULTS, seeds, |job, faults| {
        let extent = extent(job, faults);
        let totals = |seed| {
            let outcome = run(job, &run_of(job, faults, &extent, seed));
            let records =
                outcome.chronicle.committed.iter().map(|number| &outcome.chronicle.records[*number]);
            let changes = records.flat_map(|record| record.effects.changes.get(&relation)).flatten();
            changes.map(|change| total(&change.row)).collect::<Totals>()
        };
        (0..looked_at).map(totals).collect()
    });
    println!("ends, {seeds} seeds: {}", found.tally.text());
    (found.failure, found.looked)
}

fn expected() -> Totals {
    counts(0..LINES).into_iter().collect()
}

#[test]
fn no_count_is_sent_before_the_end() {
    let (_, seeds) = cases("ends, simulated", 60, 400, 10_000);
    let artifact = compiled(&format!("{COUNT}{CLAIMS}")).artifact;
    let (failure, totals) = simulated(&artifact, &inputs(&artifact), seeds as u64, 10);
    assert_eq!(failure, None);
    for totals in totals {
        assert_eq!(totals, expected());
    }
}

/// Leaves the atoms over a collection out of the rules for another.
fn without(artifact: &mut Artifact, head: &str, left_out: &str) {
    let (head, left_out) = (named(artifact, head), named(artifact, left_out));
    let reads = |literal: &Literal| match literal {
        Literal::Atom(atom) | Literal::Negation(atom) => atom.source == AtomSource::Relation(left_out),
        _ => false,
    };
    let rules = artifact.stratified.program.rules.iter_mut().filter(|rule| rule.head.relation == head);
    let mut planted = false;
    for rule in rules {
        planted |= rule.body.iter().any(reads);
        rule.body.retain(|literal| !reads(literal));
    }
    assert!(planted, "nothing is planted");
}

#[test]
fn a_count_that_is_sent_early_is_found() {
    let right = compiled(&format!("{COUNT}{CLAIMS}")).artifact;
    // Nobody waits for the end.
    let mut wrong = right.clone();
    without(&mut wrong, "n", "line::sealed");
    let (failure, _) = simulated(&wrong, &inputs(&right), 20, 0);
    assert!(failure.unwrap().contains("part_of_it"));
    // The host says too early that a file is at its end.
    let mut fed = inputs(&right);
    let end = (at(&right, "Mapper", 1), InputRow { relation: named(&right, "$line::end"), row: Vec::new() });
    fed.insert(fed.len() - 3, end);
    let (failure, _) = simulated(&right, &fed, 20, 0);
    assert!(failure.is_some());
    // The seal that nobody wrote doesn't wait: what is sent later is refused, and nothing comes out.
    let mut wrong = right.clone();
    without(&mut wrong, "$part::closed", "line::sealed");
    let (_, totals) = simulated(&wrong, &inputs(&right), 1, 10);
    assert!(totals.iter().any(|totals| *totals != expected()), "{totals:?}");
}

/// A network of the program's nodes.
fn network(artifact: &Artifact, seed: u64) -> Network<Reference> {
    let program = &artifact.stratified.program;
    let deployment = Deployment::new([MAPPERS as u32, REDUCERS as u32].into_iter().collect());
    let options = Options { observe: Observe::Everything, tick_limit: 1000 };
    let engine = |me| {
        let site = Site { me, deployment: deployment.clone() };
        Reference::new(&artifact.stratified, site, options)
    };
    let settings = Settings { seed, inputs_first: false };
    Network::new(program, &deployment, inputs(artifact), settings, engine).unwrap()
}

fn totals(artifact: &Artifact, network: &Network<Reference>) -> Totals {
    let relation = named(artifact, "total");
    let nodes = (0..REDUCERS).map(|index| at(artifact, "Reducer", index));
    nodes.flat_map(|node| network.history().ever(node, relation)).map(|row| total(&row)).collect()
}

#[test]
fn without_an_end_nothing_is_counted_and_what_comes_after_it_is_refused() {
    let artifact = compiled(&format!("{COUNT}{CLAIMS}")).artifact;
    for seed in 0..20 {
        let mut network = network(&artifact, seed);
        assert!(network.run_to_rest(100_000).unwrap().is_reached());
        assert_eq!(totals(&artifact, &network), Totals::new());
        network.end_inputs();
        assert!(network.run_to_rest(100_000).unwrap().is_reached());
        assert_eq!(totals(&artifact, &network), expected());
        assert_eq!(network.reports().count(), 0);
        let to = at(&artifact, "Mapper", 0);
        let (_, late) = row(&artifact, to, "line", vec![Value::Int(99), word("a a a")]);
        network.feed(to, late).unwrap();
        assert!(network.run_to_rest(100_000).unwrap().is_reached());
        assert_eq!(totals(&artifact, &network), expected());
        let refused = named(&artifact, "line::refused");
        let reports: Vec<&Report> = network.reports().map(|(_, _, report)| report).collect();
        let [Report::Error { rule, .. }] = reports.as_slice() else { panic!("{reports:?}") };
        assert_eq!(artifact.stratified.program.rules[*rule].head.relation, refused);
    }
}

#[test]
fn an_end_comes_after_all_that_the_host_gave() {
    let artifact = compiled(&format!("{COUNT}{CLAIMS}")).artifact;
    for seed in 0..50 {
        let mut network = network(&artifact, seed);
        network.end_inputs();
        assert!(network.run_to_rest(100_000).unwrap().is_reached());
        assert_eq!(totals(&artifact, &network), expected());
    }
}

#[test]
fn a_durable_node_keeps_to_what_was_said_at_the_end() {
    let dir = scratch();
    let file = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(file("count.flo"), COUNT).unwrap();
    std::fs::write(file("first.csv"), "n,text\n1,a b\n2,a\n").unwrap();
    std::fs::write(file("second.csv"), "n,text\n3,a\n1,a b\n").unwrap();
    let run = |lines: &str, out: &str| {
        let (input, data) = (format!("line={}", file(lines)), file("data"));
        let args =
            ["--nodes", "Mapper=1,Reducer=1", "--input", &input, "--data-dir", &data, "--out", &file(out)];
        floret(&[&["run", &file("count.flo")][..], &args].concat())
    };
    let total = |out: &str| {
        let mut found = rows(&dir.path().join(out).join("total.csv"));
        found.sort();
        found
    };
    let expected = [["a", "2"], ["b", "1"]];
    let said = run("first.csv", "out1");
    assert_eq!((said.code, said.err.contains("was at its end before")), (Some(0), false), "{}", said.err);
    assert_eq!(total("out1"), expected);
    let said = run("second.csv", "out2");
    assert!(said.err.contains("`line` was at its end before for n = 3, text = \"a\""), "{}", said.err);
    assert_eq!(total("out2"), expected);
}
