//! Runs Floret's engine beside hand-written differential dataflow, Ascent and plain Rust programs.
//!
//! `engines [--size small|medium|large] [--rounds N] [--only WORD] [--system WORD] [--svg FILE] [--unchecked]`. Each run
//! is a process of its own that generates its facts, and answers with its time and peak memory; the systems of a
//! workload take turns. Before the rounds each system's result is compared with the plain program's, row by row.

use std::error::Error;
use std::io::Write;
use std::process::{Command, ExitCode, Stdio};

use floret_benches::engines::table::{Figure, Measured, markdown};
use floret_benches::engines::{Size, System, Workload, plot};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

struct Options {
    size: Size,
    rounds: usize,
    only: String,
    system: String,
    svg: Option<String>,
    checked: bool,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let result = match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["child", workload, system, size, what] => child(workload, system, size, *what == "rows"),
        _ => options(args).and_then(|options| compare(&options)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("engines: {error}");
            ExitCode::FAILURE
        }
    }
}

fn options(args: Vec<String>) -> Result<Options> {
    let mut options = Options {
        size: Size::Small,
        rounds: 3,
        only: String::new(),
        system: String::new(),
        svg: None,
        checked: true,
    };
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
        match arg.as_str() {
            "--size" => options.size = size(&value()?)?,
            "--rounds" => options.rounds = value()?.parse()?,
            "--only" => options.only = value()?,
            "--system" => options.system = value()?,
            "--svg" => options.svg = Some(value()?),
            "--unchecked" => options.checked = false,
            _ => return Err(format!("unknown option {arg}; this file's head lists them").into()),
        }
    }
    Ok(options)
}

fn size(name: &str) -> Result<Size> {
    match name {
        "small" => Ok(Size::Small),
        "medium" => Ok(Size::Medium),
        "large" => Ok(Size::Large),
        _ => Err("sizes are small, medium and large".into()),
    }
}

fn size_name(size: Size) -> &'static str {
    match size {
        Size::Small => "small",
        Size::Medium => "medium",
        Size::Large => "large",
    }
}

/// One run: prints its figure, or its rows in order.
fn child(workload: &str, system: &str, of: &str, rows: bool) -> Result<()> {
    let workload = Workload::named(workload).ok_or("there is no such workload")?;
    let system = System::named(system).ok_or("there is no such system")?;
    let facts = workload.facts(size(of)?);
    let Some(run) = system.run(&facts, rows)? else { return Ok(()) };
    if rows {
        let rows = run.rows.ok_or("no rows were kept")?;
        if rows.len() != run.count {
            return Err(format!("{} rows, but {} were counted", rows.len(), run.count).into());
        }
        std::io::stdout().write_all(&rows.sorted_bytes())?;
    } else {
        println!("{}", Figure::of(&run).line());
    }
    Ok(())
}

fn start(workload: Workload, system: System, size: Size, what: &str) -> Result<Vec<u8>> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["child", workload.name(), &system.name(), size_name(size), what]);
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("{} failed on {}", system.name(), workload.name()).into());
    }
    Ok(output.stdout)
}

fn compare(options: &Options) -> Result<()> {
    let mut all: Vec<Measured> = Vec::new();
    for workload in Workload::ALL.into_iter().filter(|workload| workload.name().contains(&options.only)) {
        let mut systems: Vec<System> = System::ALL.into_iter().collect();
        systems.retain(|system| *system == System::Plain || system.name().contains(&options.system));
        if options.checked {
            let expected = start(workload, System::Plain, options.size, "rows")?;
            for system in &systems {
                let found = start(workload, *system, options.size, "rows")?;
                // (A system that has no way to say it prints nothing.)
                if !found.is_empty() && found != expected {
                    return Err(format!("{} and plain differ on {}", system.name(), workload.name()).into());
                }
                if found.is_empty() && *system != System::Ascent {
                    return Err(format!("{} has no rows for {}", system.name(), workload.name()).into());
                }
            }
        }
        let mut measured: Vec<Measured> = systems
            .iter()
            .map(|system| Measured { workload, system: *system, figures: Vec::new() })
            .collect();
        for round in 0..options.rounds {
            eprintln!("{}, round {} of {}", workload.name(), round + 1, options.rounds);
            for measured in &mut measured {
                let line = String::from_utf8(start(workload, measured.system, options.size, "figure")?)?;
                measured.figures.extend(Figure::parse(&line));
            }
        }
        measured.retain(|measured| !measured.figures.is_empty());
        all.extend(measured);
    }
    print!("{}", markdown(&all));
    if let Some(path) = &options.svg {
        std::fs::write(path, plot::svg(&all))?;
    }
    Ok(())
}
