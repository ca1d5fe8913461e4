//! `examples/debian` on the whole data set. The expected answers are computed here by a plain graph search over
//! the same files (it shares nothing with Floret), and, in `examples/debian/expected`, by a Python program.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::floret::{root, rows, scratch, succeed};

/// The dependency graph by package number.
struct Graph {
    names: Vec<String>,
    kib: Vec<i64>,
    needs: Vec<BTreeSet<usize>>,
}

impl Graph {
    fn load() -> Graph {
        let read = |name: &str| {
            let file = std::fs::File::open(root().join("examples/debian").join(name)).unwrap();
            let records = csv::Reader::from_reader(flate2::read::GzDecoder::new(file)).into_records();
            records.map(Result::unwrap).collect::<Vec<_>>()
        };
        let packages = read("package.csv.gz");
        let number: HashMap<&str, usize> = packages.iter().enumerate().map(|(i, row)| (&row[0], i)).collect();
        let mut providers: HashMap<String, Vec<usize>> = HashMap::new();
        for row in &read("provides.csv.gz") {
            providers.entry(row[1].to_owned()).or_default().extend(number.get(&row[0]));
        }
        let mut needs = vec![BTreeSet::new(); packages.len()];
        for row in read("depends.csv.gz").iter().filter(|row| &row[2] == "0") {
            let package = number[&row[0]];
            match number.get(&row[1]) {
                Some(target) => {
                    needs[package].insert(*target);
                }
                None => needs[package].extend(providers.get(&row[1]).into_iter().flatten()),
            }
        }
        Graph {
            names: packages.iter().map(|row| row[0].to_owned()).collect(),
            kib: packages.iter().map(|row| row[3].parse().unwrap()).collect(),
            needs,
        }
    }

    /// What is reached in one or more steps.
    fn pulled_in(&self, start: usize) -> BTreeSet<usize> {
        let mut reached = BTreeSet::new();
        let mut queue = vec![start];
        while let Some(package) = queue.pop() {
            for next in &self.needs[package] {
                if reached.insert(*next) {
                    queue.push(*next);
                }
            }
        }
        reached
    }

    /// `answer` of one package.
    fn answer(&self, name: &str) -> Vec<String> {
        let start = self.names.iter().position(|n| n == name).unwrap();
        let mut others = self.pulled_in(start);
        others.remove(&start);
        let kib: i64 = others.iter().map(|package| self.kib[*package]).sum();
        vec![name.to_owned(), others.len().to_string(), kib.to_string()]
    }
}

fn asked() -> Vec<String> {
    rows(&root().join("examples/debian/ask.csv")).into_iter().map(|mut row| row.remove(0)).collect()
}

fn expected_answers() -> BTreeSet<Vec<String>> {
    let graph = Graph::load();
    asked().iter().map(|name| graph.answer(name)).collect()
}

#[test]
fn closure_of_the_whole_distribution() {
    let out = scratch();
    let dir = out.path().display().to_string();
    succeed(&["run", "examples/debian/closure.flo", "--data", "examples/debian", "--out", &dir]);
    let answers: BTreeSet<_> = rows(&out.path().join("answer.csv")).into_iter().collect();
    assert!(answers.len() >= 10);
    assert_eq!(answers, expected_answers());

    let graph = Graph::load();
    let circle: Vec<Vec<String>> = rows(&out.path().join("circle.csv"));
    // The issue states this number.
    assert_eq!(circle.len(), 162);
    for name in &circle {
        let package = graph.names.iter().position(|n| *n == name[0]).unwrap();
        assert!(graph.pulled_in(package).contains(&package), "{} does not reach itself", name[0]);
    }
    let mut dependents: BTreeMap<usize, usize> = BTreeMap::new();
    for needed in graph.needs.iter().flatten() {
        *dependents.entry(*needed).or_default() += 1;
    }
    let popular: BTreeSet<Vec<String>> = dependents
        .iter()
        .filter(|(_, count)| **count >= 1000)
        .map(|(package, count)| vec![graph.names[*package].clone(), count.to_string()])
        .collect();
    assert_eq!(rows(&out.path().join("popular.csv")).into_iter().collect::<BTreeSet<_>>(), popular);
    for name in ["answer", "circle", "popular"] {
        let expected = rows(&root().join(format!("examples/debian/expected/{name}.csv")));
        assert_eq!(rows(&out.path().join(format!("{name}.csv"))), expected, "{name}");
    }
}

#[test]
fn sharded_gives_the_same_answers_from_any_number_of_workers() {
    let expected = expected_answers();
    for workers in [1, 3, 5] {
        let out = scratch();
        let dir = out.path().display().to_string();
        let nodes = format!("Worker={workers},Client=1");
        succeed(&[
            "run",
            "examples/debian/sharded.flo",
            "--nodes",
            &nodes,
            "--data",
            "examples/debian",
            "--out",
            &dir,
        ]);
        assert_eq!(
            rows(&out.path().join("answer.csv")).into_iter().collect::<BTreeSet<_>>(),
            expected,
            "{nodes}"
        );
    }
}

/// Only what was asked for is computed, and each Worker stores only its own packages: the nodes' counters say so.
#[test]
fn asking_a_leaf_costs_little() {
    let out = scratch();
    let (ask, stats) = (out.path().join("leaf.csv"), out.path().join("stats.json"));
    std::fs::write(&ask, "name\nhicolor-icon-theme\n").unwrap();
    let said = succeed(&[
        "run",
        "examples/debian/sharded.flo",
        "--nodes",
        "Worker=3,Client=1",
        "--data",
        "examples/debian",
        "--input",
        &format!("ask={}", ask.display()),
        "--stats",
        &stats.display().to_string(),
    ]);
    assert_eq!(said.out, "node,name,packages,kib\nClient[0],hicolor-icon-theme,0,0\n");
    let stats: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(stats).unwrap()).unwrap();
    let nodes = stats["nodes"].as_object().unwrap();
    assert_eq!(nodes.len(), 4);
    let derived: u64 = nodes
        .values()
        .flat_map(|n| n["derived"].as_object().unwrap().values())
        .map(|n| n.as_u64().unwrap())
        .sum();
    println!("asking one leaf package derives {derived} rows");
    assert!((1..1000).contains(&derived), "{derived} rows derived");
    // The three Workers took every row of the files once, and each about a third.
    let inputs = |name: &str| nodes[name]["inputs"].as_u64().unwrap();
    let workers: Vec<u64> = (0..3).map(|i| inputs(&format!("Worker[{i}]"))).collect();
    assert_eq!(workers.iter().sum::<u64>(), 63_436 + 282_704 + 37_544);
    assert!(workers.iter().all(|n| *n > 100_000), "{workers:?}");
    assert_eq!(inputs("Client[0]"), 1);
}
