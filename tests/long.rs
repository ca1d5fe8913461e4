//! How long the generated suites are: `cargo test` runs them short, `.ci/run` sets `FLORET_SUITE=ci`, `.ci/long` sets
//! `FLORET_SUITE=long`. `FLORET_SEED=n` starts them elsewhere, `FLORET_THREADS=n` says how many threads share
//! the cases where they can (without it, one per core).

/// The seed and the number of cases of a suite.
pub fn cases(suite: &str, short: usize, ci: usize, long: usize) -> (u64, usize) {
    let seed = std::env::var("FLORET_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let wanted = match std::env::var("FLORET_SUITE").as_deref() {
        Ok("long") => long,
        Ok("ci") => ci,
        _ => short,
    };
    println!("{suite}: seed {seed}, {wanted} cases");
    (seed, wanted)
}

/// How many threads share a suite's cases.
pub fn threads() -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    std::env::var("FLORET_THREADS").ok().and_then(|threads| threads.parse().ok()).unwrap_or_else(cores)
}
