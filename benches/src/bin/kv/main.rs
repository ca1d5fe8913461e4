//! A key-value store in Floret beside Redis: one client on one connection, 64 requests in flight or one, half SET and half GET, each
//! answer compared with a model's; volatile and durable (each write on disk before it is answered). Then what each Server of
//! a chain adds to a message's way.
//!
//! `kv ticks` prints what the engine alone takes for the same requests.
//!
//! `kv [--rounds N] [--seconds S] [--only WORD] [--directory DIR]`. Systems take turns. DIR is where durable ones keep their data.

mod floret;
mod load;
mod redis;
mod store;
mod system;
mod ticks;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use floret::{Cluster, Floret};
use load::{Figure, Load};
use redis::Redis;
use store::{Chain, Store};
use system::Result;

// As the `floret` command has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const IN_FLIGHT: [usize; 2] = [64, 1];
/// Messages through the chain in a round.
const HOPS: i64 = 1000;

struct Options {
    rounds: usize,
    length: Duration,
    only: String,
    directory: PathBuf,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let result = match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve", program, index, directory, addresses @ ..] => serve(program, index, directory, addresses),
        ["ticks"] => ticks::print(),
        _ => options(args).and_then(|options| {
            let result = compare(&options);
            let _ = std::fs::remove_dir_all(&options.directory);
            result
        }),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kv: {error}");
            ExitCode::FAILURE
        }
    }
}

fn options(args: Vec<String>) -> Result<Options> {
    let mut options = Options {
        rounds: 5,
        length: Duration::from_secs(1),
        only: String::new(),
        directory: std::env::temp_dir(),
    };
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
        match arg.as_str() {
            "--rounds" => options.rounds = value()?.parse()?,
            "--seconds" => options.length = Duration::from_secs_f64(value()?.parse()?),
            "--only" => options.only = value()?,
            "--directory" => options.directory = value()?.into(),
            _ => return Err(format!("unknown option {arg}; this file's head lists them").into()),
        }
    }
    options.directory.push(format!("floret-kv-{}", std::process::id()));
    Ok(options)
}

/// The programs' texts.
fn text(program: &str) -> Result<&'static str> {
    match program {
        "kv" => Ok(include_str!("kv.flo")),
        "chain" => Ok(include_str!("chain.flo")),
        _ => Err(format!("there is no program {program}").into()),
    }
}

/// A Server, in a process of its own.
fn serve(program: &str, index: &str, directory: &str, addresses: &[&str]) -> Result<()> {
    let directory = (directory != "-").then(|| Path::new(directory));
    let addresses = addresses.iter().map(|address| (*address).to_owned()).collect();
    let cluster = Cluster::new(text(program)?, directory.is_some(), addresses)?;
    floret::serve(&cluster, index.parse()?, directory)
}

/// A system that runs.
enum System {
    Redis(Redis),
    Floret(Floret<Store>),
}

impl System {
    fn run(&mut self, in_flight: usize) -> Result<()> {
        match self {
            System::Redis(redis) => redis.run(in_flight),
            System::Floret(floret) => floret.run(in_flight),
        }
    }
    fn with<T>(&mut self, what: impl FnOnce(&mut Load) -> T) -> T {
        match self {
            System::Redis(redis) => what(redis.load()),
            System::Floret(floret) => what(&mut floret.asks().load),
        }
    }
    fn memory(&self) -> f64 {
        match self {
            System::Redis(redis) => redis.memory(),
            System::Floret(floret) => floret.memory(),
        }
    }
}

/// A system with its figures, one list for each of [`IN_FLIGHT`].
struct Case {
    name: String,
    durable: bool,
    system: System,
    figures: [Vec<Figure>; 2],
}

fn compare(options: &Options) -> Result<()> {
    let wanted = |name: &str| name.to_lowercase().contains(&options.only.to_lowercase());
    let redis = Redis::version();
    match &redis {
        Some(version) => eprintln!("Redis {version}"),
        None => eprintln!("there is no redis-server: `apt-get install redis-server`; now only Floret runs"),
    }
    let mut cases = Vec::new();
    for durable in [false, true] {
        let kept = if durable { "durable" } else { "volatile" };
        let directory = |system: &str| options.directory.join(format!("{system}-{kept}"));
        let mut add = |name: String, start: &dyn Fn() -> Result<System>| -> Result<()> {
            if wanted(&format!("{name} {kept}")) {
                cases.push(Case { system: start()?, name, durable, figures: Default::default() });
            }
            Ok(())
        };
        if redis.is_some() {
            add("Redis".into(), &|| Ok(System::Redis(Redis::start(&directory("redis"), durable)?)))?;
        }
        for servers in [1, 3] {
            let own = durable.then(|| directory(&format!("floret-{servers}")));
            let start = || Ok(System::Floret(Floret::start("kv", servers, own.clone(), Store::new)?));
            add(format!("Floret, {servers}"), &start)?;
        }
    }
    for case in &mut cases {
        // Keys get their first values.
        case.system.run(IN_FLIGHT[0])?;
    }
    for round in 0..options.rounds {
        eprintln!("round {} of {}", round + 1, options.rounds);
        for case in &mut cases {
            for (in_flight, figures) in IN_FLIGHT.into_iter().zip(&mut case.figures) {
                case.system.with(|load| load.measure(options.length));
                case.system.run(in_flight)?;
                figures.push(case.system.with(Load::figure));
            }
        }
    }
    println!("load average {}", std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim());
    print(&cases);
    drop(cases);
    if wanted("chain") {
        chain(options)?;
    }
    Ok(())
}

fn median<T: Copy>(mut of: Vec<T>, compare: impl FnMut(&T, &T) -> std::cmp::Ordering) -> Option<T> {
    of.sort_by(compare);
    of.get(of.len() / 2).copied()
}

fn print(cases: &[Case]) {
    println!(
        "| system | durable | in flight | requests/s | least | most | of Redis | median us | p99 us | server MiB |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for (nth, in_flight) in IN_FLIGHT.into_iter().enumerate() {
        for case in cases {
            let figures = &case.figures[nth];
            let rate = |case: &Case| {
                median(case.figures[nth].iter().map(|figure| figure.rate).collect(), f64::total_cmp)
            };
            let time = |of: fn(&Figure) -> Duration| {
                median(figures.iter().map(of).collect(), Duration::cmp).unwrap_or_default().as_secs_f64()
                    * 1e6
            };
            let own = rate(case).unwrap_or(f64::NAN);
            let redis = cases.iter().find(|other| other.durable == case.durable && other.name == "Redis");
            let ratio = redis.and_then(rate).map_or("-".into(), |redis| format!("{:.2}", own / redis));
            let least = figures.iter().map(|figure| figure.rate).fold(f64::INFINITY, f64::min);
            let most = figures.iter().map(|figure| figure.rate).fold(0.0, f64::max);
            println!(
                "| {} | {} | {in_flight} | {own:.0} | {least:.0} | {most:.0} | {ratio} | {:.0} | {:.0} | {:.0} |",
                case.name,
                if case.durable { "yes" } else { "no" },
                time(|figure| figure.median),
                time(|figure| figure.p99),
                case.system.memory(),
            );
        }
    }
}

/// How long a message takes through one Server and back, and what each of two more adds.
fn chain(options: &Options) -> Result<()> {
    println!("| chain | durable | one Server, median us | each more adds, median us |");
    println!("|---|---|---|---|");
    for durable in [false, true] {
        let own = durable.then(|| options.directory.join("chain"));
        let mut floret = Floret::start("chain", 3, own, Chain::new)?;
        let mut round = |more: i64, count: i64| -> Result<Duration> {
            {
                let mut asks = floret.asks();
                (asks.more, asks.left) = (more, count);
                asks.took.clear();
            }
            floret.run(1)?;
            Ok(median(std::mem::take(&mut floret.asks().took), Duration::cmp).unwrap_or_default())
        };
        // Connections are made.
        round(2, 10)?;
        round(0, 10)?;
        let (mut one, mut added) = (Vec::new(), Vec::new());
        for _ in 0..options.rounds {
            let alone = round(0, HOPS)?;
            one.push(alone);
            added.push(round(2, HOPS)?.saturating_sub(alone) / 2);
        }
        let micros = |of| median(of, Duration::cmp).unwrap_or_default().as_secs_f64() * 1e6;
        let kept = if durable { "yes" } else { "no" };
        println!("| 3 Servers | {kept} | {:.0} | {:.0} |", micros(one), micros(added));
    }
    Ok(())
}
