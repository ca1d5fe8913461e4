//! Runs Floret beside the hand-written programs and prints a table.
//!
//! `bench [--floret PATH] [--runs N] [--only WORD]`, in the project's root directory. The commands of one round run
//! one after the other and the rounds are repeated, so that a slow minute of the machine hits all of them alike.
//! Every run's outputs are compared with the expected ones; a wrong answer ends the benchmark.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use floret_benches::{Measured, generated_program, measure, median, same_rows};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A command to measure.
struct Case {
    name: &'static str,
    /// The name of the case that its time is divided by.
    against: Option<&'static str>,
    program: PathBuf,
    args: Vec<String>,
    /// Expected files, files found, and how many first columns of these are not compared.
    outputs: Vec<(PathBuf, PathBuf, usize)>,
    runs: Vec<Measured>,
}

fn main() -> ExitCode {
    match bench() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn bench() -> Result<()> {
    let mut floret = PathBuf::from("target/release/floret");
    let mut rounds = 5;
    let mut only = String::new();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
        match arg.as_str() {
            "--floret" => floret = value()?.into(),
            "--runs" => rounds = value()?.parse()?,
            "--only" => only = value()?,
            _ => return Err(format!("unknown option {arg}; there are --floret, --runs and --only").into()),
        }
    }
    let mut cases = cases(&floret)?;
    cases.retain(|case| case.name.contains(&only));
    for round in 0..rounds {
        for case in &mut cases {
            eprintln!("round {} of {rounds}: {}", round + 1, case.name);
            case.run()?;
        }
    }
    print(&cases);
    Ok(())
}

fn cases(floret: &Path) -> Result<Vec<Case>> {
    let out = Path::new("benches/out");
    fs::create_dir_all(out)?;
    let rules = out.join("rules-1000.flo");
    fs::write(&rules, generated_program(1000))?;
    let beside = std::env::current_exe()?.with_file_name("debian_closure");
    let closure = ["answer.csv", "circle.csv", "popular.csv"];
    let debian = "examples/debian";
    Ok(vec![
        case("rust closure", None, &beside, &[debian], &out.join("rust"), &closure, 0),
        case(
            "python closure",
            Some("rust closure"),
            Path::new("python3"),
            &["examples/debian/expected/compute.py"],
            &out.join("python"),
            &closure,
            0,
        ),
        case(
            "floret closure",
            Some("rust closure"),
            floret,
            &["run", "examples/debian/closure.flo", "--data", debian],
            &out.join("closure"),
            &closure,
            0,
        ),
        case(
            "floret sharded, 3 workers",
            Some("rust closure"),
            floret,
            &["run", "examples/debian/sharded.flo", "--nodes", "Worker=3,Client=1", "--data", debian],
            &out.join("sharded"),
            &["answer.csv"],
            1,
        ),
        check("floret check hello", floret, "examples/hello/hello.flo"),
        check("floret check 1,000 rules", floret, &rules.display().to_string()),
    ])
}

fn case(
    name: &'static str,
    against: Option<&'static str>,
    program: &Path,
    args: &[&str],
    out: &Path,
    outputs: &[&str],
    skip: usize,
) -> Case {
    let mut args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
    args.extend(["--out".to_owned(), out.display().to_string()]);
    let expected = Path::new("examples/debian/expected");
    let outputs = outputs.iter().map(|file| (expected.join(file), out.join(file), skip)).collect();
    Case { name, against, program: program.to_owned(), args, outputs, runs: Vec::new() }
}

fn check(name: &'static str, floret: &Path, program: &str) -> Case {
    let args = vec!["check".to_owned(), program.to_owned()];
    Case { name, against: None, program: floret.to_owned(), args, outputs: Vec::new(), runs: Vec::new() }
}

impl Case {
    fn run(&mut self) -> Result<()> {
        for (_, found, _) in &self.outputs {
            // An old file must not pass for this run's.
            if found.exists() {
                fs::remove_file(found)?;
            }
        }
        self.runs.push(measure(Command::new(&self.program).args(&self.args))?);
        for (expected, found, skip) in &self.outputs {
            if !same_rows(expected, found, *skip)? {
                return Err(format!(
                    "{}: {} differs from {}",
                    self.name,
                    found.display(),
                    expected.display()
                )
                .into());
            }
        }
        Ok(())
    }
}

fn print(cases: &[Case]) {
    println!(
        "{:<28} {:>9} {:>9} {:>9} {:>8} {:>10}",
        "", "median s", "least s", "most s", "ratio", "peak MiB"
    );
    for case in cases {
        let seconds = || case.runs.iter().map(|run| run.seconds);
        let base = case.against.and_then(|name| cases.iter().find(|case| case.name == name));
        let ratio =
            base.map_or(String::new(), |base| format!("{:.1}x", median(&case.runs) / median(&base.runs)));
        let peak = case.runs.iter().map(|run| run.peak_kib).max().unwrap_or(0) as f64 / 1024.0;
        // Too short to be asked.
        let peak = if peak < 0.1 { "-".to_owned() } else { format!("{peak:.1}") };
        println!(
            "{:<28} {:>9.3} {:>9.3} {:>9.3} {:>8} {:>10}",
            case.name,
            median(&case.runs),
            seconds().fold(f64::INFINITY, f64::min),
            seconds().fold(0.0, f64::max),
            ratio,
            peak
        );
    }
}
