//! What nodes counted, as JSON and in one line.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use floret_ir::{Address, Counters, Program, print};
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::outputs::Outputs;

/// Writes the run's seed and the counters of all nodes to a file.
///
/// # Errors
/// Exit code 3 if it can't be written.
pub fn save(
    path: &Path,
    program: &Program,
    seed: u64,
    counters: &BTreeMap<Address, Counters>,
) -> Result<(), Exit> {
    let nodes: serde_json::Map<String, Value> = counters
        .iter()
        .map(|(node, counters)| {
            let derived: serde_json::Map<String, Value> = counters
                .derived
                .iter()
                .map(|(relation, rows)| (program.relations[*relation].name.clone(), json!(rows)))
                .collect();
            let node = print::address(*node, program);
            let value = json!({
                "ticks": counters.ticks,
                "inputs": counters.inputs,
                "received": counters.received,
                "sent": counters.sent,
                "reports": counters.reports,
                "derived": derived,
            });
            (node, value)
        })
        .collect();
    let text = format!("{:#}\n", json!({ "seed": seed, "nodes": nodes }));
    std::fs::write(path, text).map_err(|e| Exit::Failed(format!("{}: {e}", path.display())))
}

/// One line about a finished run.
pub fn summary(
    outputs: &Outputs,
    reports: u64,
    counters: &BTreeMap<Address, Counters>,
    elapsed: Duration,
) -> String {
    let ticks: u64 = counters.values().map(|c| c.ticks).sum();
    let sent: u64 = counters.values().map(|c| c.sent).sum();
    let derived: u64 = counters.values().flat_map(|c| c.derived.values()).sum();
    let mut text = format!("{} rows out, {derived} derived", outputs.len());
    if counters.len() > 1 {
        text.push_str(&format!(", {} nodes, {sent} messages", counters.len()));
    }
    text.push_str(&format!(
        ", {ticks} tick{}, {:.1} s",
        if ticks == 1 { "" } else { "s" },
        elapsed.as_secs_f64()
    ));
    if reports > 0 {
        text.push_str(&format!(", {reports} warnings"));
    }
    text
}
