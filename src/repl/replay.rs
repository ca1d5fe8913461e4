//! The state of a session: its arrivals, replayed under its program.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use floret_ir::{Address, Deployment, Fact, InputRow, Program, print};

use crate::repl::data;
use crate::repl::definition::{Arrival, Data, Definition, Number, TypedFact};
use crate::repl::machine::{Failure, Machine, is_first};
use crate::repl::program::Compiled;

/// How many nodes each role has, and the parameters' values.
///
/// # Errors
/// A parameter has none.
pub fn deployment(program: &Program, definition: &Definition) -> Result<Deployment, Failure> {
    let count = |name: &String| definition.nodes.get(name).copied().unwrap_or(1);
    let params = program.params.iter().map(|param| {
        param.default.clone().ok_or_else(|| {
            let (name, ty) = (&param.name, print::ty(param.ty, program));
            Failure::Wrong(format!("`{name}` has no value; give it one here: `param {name}: {ty} = ...;`"))
        })
    });
    let counts = program.roles.iter().map(|role| count(&role.name)).collect();
    Ok(Deployment { params: params.collect::<Result<_, _>>()?, ..Deployment::new(counts) })
}

/// Runs all arrivals under a program.
///
/// # Errors
/// A tick fails, a file can't be read again, or the user interrupts.
pub fn replay(
    definition: &Definition,
    compiled: &Compiled,
    stop: &Arc<AtomicBool>,
) -> Result<Machine, Failure> {
    let running = Arc::new(compiled.running.clone());
    let deployment = deployment(&running.program, definition)?;
    let facts = facts(compiled);
    // Rows can be worked out before there are nodes that could take them.
    let empty = Machine::new(
        Arc::clone(&running),
        deployment.clone(),
        Vec::new(),
        definition.start,
        Arc::clone(stop),
    )?;
    let mut first = Vec::new();
    for arrival in &definition.arrivals {
        let rows = rows(arrival, &facts, &empty)?;
        first.extend(rows.into_iter().filter(|(_, input)| is_first(input.relation, &running.program)));
    }
    let mut machine = Machine::new(running, deployment, first, definition.start, Arc::clone(stop))?;
    machine.settle()?;
    for arrival in &definition.arrivals {
        apply(arrival, &facts, &mut machine)?;
    }
    Ok(machine)
}

/// The typed facts by their numbers.
pub fn facts(compiled: &Compiled) -> BTreeMap<Number, Fact> {
    compiled.facts.iter().cloned().collect()
}

/// Lets something arrive, and runs ticks to rest.
///
/// # Errors
/// See [`replay`].
pub fn apply(
    arrival: &Arrival,
    facts: &BTreeMap<Number, Fact>,
    machine: &mut Machine,
) -> Result<(), Failure> {
    let mut rows = rows(arrival, facts, machine)?;
    rows.retain(|(_, input)| !is_first(input.relation, machine.program()));
    machine.feed(rows)?;
    match arrival {
        Arrival::Facts(_) | Arrival::Send(_) | Arrival::Data(_) => {}
        Arrival::Delete(typed) => {
            let rows = facts.get(&typed.number).map(|fact| machine.rows_of(fact, false)).transpose()?;
            machine.delete(rows.unwrap_or_default())?;
        }
        Arrival::Tick(count) => {
            for _ in 0..*count {
                machine.tick_all()?;
            }
        }
        Arrival::Hold(channels) => machine.hold(channels),
        Arrival::Unhold => machine.unhold(),
        Arrival::Deliver(letters) => machine.deliver(letters)?,
        Arrival::Run => machine.run()?,
        Arrival::Pass(time) => machine.pass(*time)?,
        Arrival::Clock(now) => machine.set_clock(*now),
    }
    match arrival {
        // A tick asked for is one tick, so that what follows from tick to tick can be watched.
        Arrival::Tick(_) => Ok(()),
        Arrival::Facts(_)
        | Arrival::Send(_)
        | Arrival::Delete(_)
        | Arrival::Data(_)
        | Arrival::Hold(_)
        | Arrival::Unhold
        | Arrival::Deliver(_)
        | Arrival::Run
        | Arrival::Pass(_)
        | Arrival::Clock(_) => machine.settle(),
    }
}

/// The rows that an arrival brings.
fn rows(
    arrival: &Arrival,
    facts: &BTreeMap<Number, Fact>,
    machine: &Machine,
) -> Result<Vec<(Address, InputRow)>, Failure> {
    let of = |typed: &TypedFact, one: bool| match facts.get(&typed.number) {
        Some(fact) => machine.rows_of(fact, one),
        None => Ok(Vec::new()),
    };
    match arrival {
        Arrival::Facts(typed) => {
            let mut rows = Vec::new();
            for fact in typed {
                rows.extend(of(fact, false)?);
            }
            Ok(rows)
        }
        Arrival::Send(typed) => of(typed, true),
        Arrival::Data(data) => data_rows(data, machine),
        Arrival::Delete(_)
        | Arrival::Tick(_)
        | Arrival::Hold(_)
        | Arrival::Unhold
        | Arrival::Deliver(_)
        | Arrival::Run
        | Arrival::Pass(_)
        | Arrival::Clock(_) => Ok(Vec::new()),
    }
}

fn data_rows(data: &Data, machine: &Machine) -> Result<Vec<(Address, InputRow)>, Failure> {
    let (program, deployment) = (machine.program(), &machine.deployment);
    let input = data::resolve(&data.spec, program, deployment).map_err(Failure::Wrong)?;
    let rows = if data::read_as(&input, program, deployment) == data.read_as {
        data.rows.clone()
    } else {
        data::read(&input, program, deployment).map_err(Failure::Wrong)?
    };
    let with_relation = |(node, row)| (node, InputRow { relation: input.relation, row });
    Ok(rows.into_iter().map(with_relation).collect())
}
