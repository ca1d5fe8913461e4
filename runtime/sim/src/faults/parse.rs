//! `loss=5%,dup=5%,delay=1..20,crash=2,restart,partition,pause,skew`.

use std::str::FromStr;

use floret_ir::closest;
use floret_ir::time::parse_duration;

use super::{FaultSpec, MILLISECOND, Range};

const NAMES: [&str; 8] = ["loss", "dup", "delay", "crash", "restart", "partition", "pause", "skew"];

/// Back after so long, where `restart` says nothing.
const RESTART: Range = Range { least: 20 * MILLISECOND, most: 500 * MILLISECOND };
/// Clocks off by up to this, where `skew` says nothing.
const SKEW: i64 = 100 * MILLISECOND;
/// The most of crashes, partitions and pauses each.
const MOST: u32 = 1_000;

impl FromStr for FaultSpec {
    type Err = String;

    /// Reads what `--faults` says. Times without a unit are milliseconds.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut spec = FaultSpec::default();
        let mut seen: Vec<&str> = Vec::new();
        for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            let (name, value) = match item.split_once('=') {
                Some((name, value)) => (name.trim(), Some(value.trim())),
                None => (item, None),
            };
            if seen.contains(&name) {
                return Err(format!("`{name}` is given twice"));
            }
            seen.push(name);
            one(&mut spec, name, value)?;
        }
        if spec.restart.is_some() && spec.crashes == 0 {
            return Err(
                "`restart` says when crashed nodes are back; say how many crash, as in crash=2,restart"
                    .into(),
            );
        }
        Ok(spec)
    }
}

fn one(spec: &mut FaultSpec, name: &str, value: Option<&str>) -> Result<(), String> {
    match name {
        "loss" => spec.loss = share(name, value)?,
        "dup" => spec.dup = share(name, value)?,
        "delay" => spec.delay = needed(name, value, "delay=1..20").and_then(|value| range(name, value))?,
        "crash" => spec.crashes = count(name, value)?,
        "restart" => spec.restart = Some(value.map_or(Ok(RESTART), |value| range(name, value))?),
        "partition" => spec.partitions = count(name, value)?,
        "pause" => spec.pauses = count(name, value)?,
        "skew" => spec.skew = value.map_or(Ok(SKEW), |value| time(name, value))?,
        unknown => {
            let meant =
                closest(unknown, NAMES).map_or(String::new(), |name| format!(" (did you mean `{name}`?)"));
            return Err(format!("there is no fault `{unknown}`{meant}; there are {}", NAMES.join(", ")));
        }
    }
    Ok(())
}

fn needed<'v>(name: &str, value: Option<&'v str>, example: &str) -> Result<&'v str, String> {
    value.ok_or_else(|| format!("`{name}` needs a value, as in {example}"))
}

/// A share in per cent as millionths.
fn share(name: &str, value: Option<&str>) -> Result<u32, String> {
    let value = needed(name, value, &format!("{name}=5%"))?;
    let share = value.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
    match share {
        // All lost would be no network.
        Some(share) if (0.0..=90.0).contains(&share) => Ok((share * 10_000.0).round() as u32),
        Some(_) | None => Err(format!("`{name}={value}`: write a share from 0% to 90%, as in {name}=5%")),
    }
}

fn count(name: &str, value: Option<&str>) -> Result<u32, String> {
    let Some(value) = value else { return Ok(1) };
    match value.parse() {
        Ok(count @ 0..=MOST) => Ok(count),
        Ok(_) | Err(_) => Err(format!("`{name}={value}`: write a number from 0 to {MOST}, as in {name}=2")),
    }
}

fn time(name: &str, value: &str) -> Result<i64, String> {
    let milliseconds = || value.parse::<u32>().ok().map(|of| i64::from(of) * MILLISECOND);
    milliseconds().or_else(|| parse_duration(value)).filter(|time| (0..=MOST_TIME).contains(time)).ok_or_else(
        || format!("`{name}`: `{value}` is no time; write milliseconds or a duration up to an hour, as in 20 or 1s"),
    )
}

/// The longest time in a specification.
const MOST_TIME: i64 = 3_600_000 * MILLISECOND;

fn range(name: &str, value: &str) -> Result<Range, String> {
    let (least, most) = match value.split_once("..") {
        Some((least, most)) => (time(name, least)?, time(name, most)?),
        None => {
            let both = time(name, value)?;
            (both, both)
        }
    };
    if least > most {
        return Err(format!("`{name}={value}`: the first time is above the second"));
    }
    Ok(Range { least, most })
}
