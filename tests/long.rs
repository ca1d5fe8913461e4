//! Short and long runs: `FLORET_LONG=1` makes generated suites as long as their issues ask for, and
//! `FLORET_SEED=n` starts them elsewhere.

/// The seed and the number of cases of a suite.
pub fn cases(suite: &str, short: usize, long: usize) -> (u64, usize) {
    let seed = std::env::var("FLORET_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let wanted = if std::env::var_os("FLORET_LONG").is_some() { long } else { short };
    println!("{suite}: seed {seed}, {wanted} cases");
    (seed, wanted)
}
