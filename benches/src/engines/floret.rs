//! Floret's engine, given its program's text.

use std::time::Instant;

use floret_compiler::driver;
use floret_compiler::modules::OneFile;
use floret_dataflow::{Dataflow, Options};
use floret_ir::{
    Address, Arrivals, Deployment, Engine, Id, InputRow, Observe, Program, RelationId, RoleId, Site, Value,
};

use super::rows::{Rows, Run};
use super::workload::Facts;

/// Runs a workload: everything from the program's text on, and the facts as the engine takes them. Rows are only shown,
/// and so only turned into values, with `keep`.
///
/// # Errors
/// The engine fails.
pub fn run(facts: &Facts, workers: usize, keep: bool) -> Result<Run, String> {
    let (text, result) = facts.workload.program();
    let text = if keep { format!("{text} output {result};") } else { text.to_owned() };
    let begin = Instant::now();
    let compilation = driver::compile("bench.flo", &text, &OneFile);
    let Some(artifact) = compilation.artifact else {
        return Err(format!("{:?}", compilation.diagnostics));
    };
    let program = &artifact.stratified.program;
    let role = RoleId::from_index(0);
    let plan = artifact.plans.get(role).ok_or("there is no plan")?;
    let site = Site {
        me: Address { role, index: 0 },
        deployment: Deployment::new(program.roles.iter().map(|_| 1).collect()),
    };
    let options = Options { workers, observe: Observe::Outputs, ..Options::default() };
    let mut engine = Dataflow::new(program, plan, &site, options).map_err(|error| format!("{error:?}"))?;
    let output = relation(program, result)?;
    let mut kept = Rows::default();
    let mut tick = |arrivals: &Arrivals| -> Result<(), String> {
        let effects = engine.tick(arrivals).map_err(|error| format!("{error:?}"))?;
        let changes = effects.changes.get(&output).map_or(&[][..], Vec::as_slice);
        // (No workload takes rows away from its result but those of events, which go unsaid.)
        for change in changes.iter().filter(|change| change.added) {
            kept.arity = change.row.len();
            kept.words.extend(change.row.iter().map(|value| match value {
                Value::Int(int) => *int as u32,
                other => panic!("a result has the value {other:?}"),
            }));
        }
        Ok(())
    };
    let mut first = Arrivals::default();
    for (name, rows) in &facts.inputs {
        first.inputs.extend(inputs(relation(program, name)?, rows));
    }
    tick(&first)?;
    drop(first);
    let mut ticks = Vec::new();
    for rows in &facts.later {
        let begin = Instant::now();
        let inputs = inputs(relation(program, facts.later_name)?, rows).collect();
        tick(&Arrivals { inputs, ..Arrivals::default() })?;
        ticks.push(begin.elapsed());
    }
    let count = engine.counters().derived.get(&output).copied().unwrap_or_default();
    Ok(Run { took: begin.elapsed(), count: count as usize, rows: keep.then_some(kept), ticks })
}

fn relation(program: &Program, name: &str) -> Result<RelationId, String> {
    let found = program.relations.entries().find(|(_, relation)| relation.name == name);
    found.map(|(id, _)| id).ok_or_else(|| format!("the program has no relation {name}"))
}

fn inputs(relation: RelationId, rows: &Rows) -> impl Iterator<Item = InputRow> {
    let row = |row: &[u32]| row.iter().map(|word| Value::Int(i64::from(*word))).collect();
    rows.iter().map(move |words| InputRow { relation, row: row(words) })
}
