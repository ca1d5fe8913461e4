//! The baseline of `examples/debian/closure.flo`: the same outputs from the same files by a hand-written,
//! single-threaded Rust program, as one would write it for this one question. Packages are dense numbers, the graph
//! is one array of edges, and the closure is a breadth-first search per package with a stamp per package as visited set.
//!
//! `debian_closure [DATA_DIR] [--out DIR]` prints what it found and how long it took.

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Instant;

use flate2::read::MultiGzDecoder;

/// As in closure.flo.
const POPULAR: u32 = 1000;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The graph over dense package numbers.
struct Graph<'t> {
    names: Vec<&'t str>,
    kib: Vec<i64>,
    /// `edges[starts[p]..starts[p + 1]]` is what p needs, each once.
    starts: Vec<u32>,
    edges: Vec<u32>,
}

/// What closure.flo outputs.
struct Found<'t> {
    pulls_in: u64,
    answer: Vec<(&'t str, usize, i64)>,
    circle: Vec<&'t str>,
    popular: Vec<(&'t str, u32)>,
}

fn main() -> Result<()> {
    let mut data = PathBuf::from("examples/debian");
    let mut out = None;
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--out" => out = Some(PathBuf::from(args.next().ok_or("--out needs a directory")?)),
            _ => data = PathBuf::from(arg),
        }
    }

    let begin = Instant::now();
    let package = read(&data.join("package.csv.gz"))?;
    let depends = read(&data.join("depends.csv.gz"))?;
    let provides = read(&data.join("provides.csv.gz"))?;
    let ask = read(&data.join("ask.csv"))?;
    let (graph, numbers) = load(&package, &depends, &provides)?;
    let asked = asked(&ask, &numbers)?;
    let loaded = Instant::now();
    let found = search(&graph, &asked);
    let searched = Instant::now();
    if let Some(out) = out {
        write(&found, &out)?;
    }
    let written = Instant::now();

    println!("pulls_in {} rows", found.pulls_in);
    println!(
        "answer {} rows, circle {}, popular {}",
        found.answer.len(),
        found.circle.len(),
        found.popular.len()
    );
    let seconds = |from: Instant, to: Instant| (to - from).as_secs_f64();
    println!(
        "load {:.3} s, closure {:.3} s, output {:.3} s, total {:.3} s",
        seconds(begin, loaded),
        seconds(loaded, searched),
        seconds(searched, written),
        seconds(begin, written)
    );
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    let at = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut text = String::new();
    let mut file = File::open(path).map_err(at)?;
    if path.extension().is_some_and(|extension| extension == "gz") {
        MultiGzDecoder::new(file).read_to_string(&mut text).map_err(at)?;
    } else {
        file.read_to_string(&mut text).map_err(at)?;
    }
    // These files have no quotes, so a line is a row and a comma ends a field.
    if text.contains('"') { Err(format!("{}: quoted fields", path.display()).into()) } else { Ok(text) }
}

/// The rows after the header, which must be `header`.
fn rows<'t, const N: usize>(
    text: &'t str,
    header: &str,
) -> Result<impl Iterator<Item = Result<[&'t str; N]>>> {
    let mut lines = text.lines();
    if lines.next() != Some(header) {
        return Err(format!("expected the header {header}").into());
    }
    Ok(lines.map(|line| {
        let mut fields = line.split(',');
        let mut row = [""; N];
        for field in &mut row {
            *field = fields.next().ok_or_else(|| format!("too few fields: {line}"))?;
        }
        if fields.next().is_some() { Err(format!("too many fields: {line}").into()) } else { Ok(row) }
    }))
}

fn load<'t>(
    package: &'t str,
    depends: &'t str,
    provides: &'t str,
) -> Result<(Graph<'t>, HashMap<&'t str, u32>)> {
    let mut names = Vec::new();
    let mut kib = Vec::new();
    let mut numbers: HashMap<&str, u32> = HashMap::with_capacity(80_000);
    for row in rows::<4>(package, "name,section,priority,installed_kib")? {
        let [name, _, _, size] = row?;
        if numbers.insert(name, names.len() as u32).is_some() {
            return Err(format!("package {name} is there twice").into());
        }
        names.push(name);
        kib.push(size.parse()?);
    }
    let number = |name: &str| numbers.get(name).copied().ok_or_else(|| format!("there is no package {name}"));
    let mut providers: HashMap<&str, Vec<u32>> = HashMap::new();
    for row in rows::<2>(provides, "package,name")? {
        let [package, name] = row?;
        providers.entry(name).or_default().push(number(package)?);
    }
    let mut pairs: Vec<(u32, u32)> = Vec::with_capacity(300_000);
    for row in rows::<3>(depends, "package,target,alternative")? {
        let [package, target, alternative] = row?;
        if alternative != "0" {
            continue;
        }
        let package = number(package)?;
        match numbers.get(target) {
            Some(target) => pairs.push((package, *target)),
            None => {
                pairs.extend(providers.get(target).into_iter().flatten().map(|target| (package, *target)))
            }
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    let mut starts = vec![0; names.len() + 1];
    for (package, _) in &pairs {
        starts[*package as usize + 1] += 1;
    }
    for package in 0..names.len() {
        starts[package + 1] += starts[package];
    }
    let edges = pairs.into_iter().map(|(_, target)| target).collect();
    Ok((Graph { names, kib, starts, edges }, numbers))
}

fn asked(ask: &str, numbers: &HashMap<&str, u32>) -> Result<Vec<bool>> {
    let mut asked = vec![false; numbers.len()];
    for row in rows::<1>(ask, "name")? {
        if let Some(number) = numbers.get(row?[0]) {
            asked[*number as usize] = true;
        }
    }
    Ok(asked)
}

fn search<'t>(graph: &Graph<'t>, asked: &[bool]) -> Found<'t> {
    let mut found = Found { pulls_in: 0, answer: Vec::new(), circle: Vec::new(), popular: Vec::new() };
    // Which search saw a package last.
    let mut stamps = vec![u32::MAX; graph.names.len()];
    let mut reached: Vec<u32> = Vec::new();
    for root in 0..graph.names.len() as u32 {
        reached.clear();
        let mut visit = |package: u32, reached: &mut Vec<u32>| {
            let package = package as usize;
            for target in &graph.edges[graph.starts[package] as usize..graph.starts[package + 1] as usize] {
                let stamp = &mut stamps[*target as usize];
                if *stamp != root {
                    *stamp = root;
                    reached.push(*target);
                }
            }
        };
        // `reached` is both the result and the queue.
        visit(root, &mut reached);
        let mut next = 0;
        while let Some(package) = reached.get(next).copied() {
            visit(package, &mut reached);
            next += 1;
        }
        found.pulls_in += reached.len() as u64;
        let in_circle = stamps[root as usize] == root;
        if in_circle {
            found.circle.push(graph.names[root as usize]);
        }
        if asked[root as usize] {
            let others = reached.iter().filter(|package| **package != root);
            let kib = others.map(|package| graph.kib[*package as usize]).sum();
            found.answer.push((graph.names[root as usize], reached.len() - usize::from(in_circle), kib));
        }
    }
    let mut dependents = vec![0; graph.names.len()];
    for target in &graph.edges {
        dependents[*target as usize] += 1;
    }
    let popular = graph.names.iter().copied().zip(dependents).filter(|(_, count)| *count >= POPULAR);
    found.popular.extend(popular);
    found.answer.sort_unstable();
    found.circle.sort_unstable();
    found.popular.sort_unstable();
    found
}

fn write(found: &Found, out: &Path) -> Result<()> {
    fs::create_dir_all(out)?;
    let mut text = String::from("name,packages,kib\n");
    for (name, packages, kib) in &found.answer {
        writeln!(text, "{name},{packages},{kib}")?;
    }
    fs::write(out.join("answer.csv"), &text)?;
    text = String::from("name\n");
    for name in &found.circle {
        writeln!(text, "{name}")?;
    }
    fs::write(out.join("circle.csv"), &text)?;
    text = String::from("name,dependents\n");
    for (name, dependents) in &found.popular {
        writeln!(text, "{name},{dependents}")?;
    }
    fs::write(out.join("popular.csv"), &text)?;
    Ok(())
}
