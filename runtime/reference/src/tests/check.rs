//! The helper of all tick tests.

use std::collections::BTreeSet;

use floret_ir::{
    Address, Arrivals, Deployment, Effects, Engine, InputRow, Message, Observe, Program, RelationId, RoleId,
    Row, Send, Site, Stratified, Type, Value, print, row_text, time,
};

use crate::testing::{program, relation, row};
use crate::{Options, Reference};

/// Runs ticks on the only node of the program's first role and compares all that each one did. A step is
/// `(arrivals, effects)`, both with `;` between the parts, in any order:
/// `+r(1)` came or is there for this tick, `-r(1)` went, `Node[0] ! c(1)` was sent, `lost r(1)` is a conflict,
/// `error 0(1)` and `overflow 0(1)` are those of rule 0, and `again` asks for another tick. Arrivals are also `-r(1)` for
/// a delete by the host, `beat` for a timer, `now 2026-11-25T00:00:00Z`, `seed 7`, and `c(1) from Node[1]`.
#[track_caller]
pub(crate) fn check(text: &str, steps: &[(&str, &str)]) {
    let stratified = program(text);
    let counts = stratified.program.roles.iter().map(|_| 1).collect();
    check_at(&stratified, Site { me: node(0, 0), deployment: Deployment::new(counts) }, steps);
}

/// The same on any node.
#[track_caller]
pub(crate) fn check_at(stratified: &Stratified, site: Site, steps: &[(&str, &str)]) {
    let options = Options { observe: Observe::Everything, tick_limit: 100 };
    let mut engine = Reference::new(stratified, site, options);
    for (number, (arrivals, expected)) in steps.iter().enumerate() {
        let effects = engine.tick(&read_arrivals(stratified, arrivals)).unwrap();
        let expected: BTreeSet<String> = parts(expected).map(str::to_owned).collect();
        assert_eq!(show(&effects, &stratified.program), expected, "tick {}", number + 1);
    }
}

/// Member `index` of a role.
pub(crate) fn node(role: u32, index: u32) -> Address {
    Address { role: RoleId(role), index }
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(';').map(str::trim).filter(|part| !part.is_empty())
}

/// Rows of channels arrive as messages, others as inputs.
pub(crate) fn read_arrivals(stratified: &Stratified, text: &str) -> Arrivals {
    let mut arrivals = Arrivals::default();
    for part in parts(text) {
        if let Some(now) = part.strip_prefix("now ") {
            arrivals.now = time::parse_time(now).unwrap();
            continue;
        }
        if let Some(seed) = part.strip_prefix("seed ") {
            arrivals.seed = seed.parse().unwrap();
            continue;
        }
        let (part, sender) = part.split_once(" from ").map_or((part, None), |(part, of)| (part, Some(of)));
        let (part, deleted) = part.strip_prefix('-').map_or((part, false), |part| (part, true));
        let Some((name, values)) = part.strip_suffix(')').and_then(|part| part.split_once('(')) else {
            arrivals.timers.push(relation(stratified, part));
            continue;
        };
        let (relation, row) = (relation(stratified, name), row(stratified, values));
        if deleted {
            arrivals.deletes.push(InputRow { relation, row });
        } else if stratified.program.relations[relation].is_channel() {
            let sender = sender.map_or(node(0, 0), |text| address(stratified, text));
            arrivals.messages.push(Message { relation, row, sender });
        } else {
            arrivals.inputs.push(InputRow { relation, row });
        }
    }
    arrivals
}

/// `Node[1]`
fn address(stratified: &Stratified, text: &str) -> Address {
    match row(stratified, text).as_slice() {
        [Value::Address(address)] => *address,
        other => panic!("no address: {other:?}"),
    }
}

fn show(effects: &Effects, program: &Program) -> BTreeSet<String> {
    use floret_ir::Report;
    let text = |relation: RelationId, row: &Row| row_text(program, &program.relations[relation], row);
    let values = |row: &Row| {
        let values: Vec<String> = row.iter().map(|value| print::literal(value, Type::Int, program)).collect();
        format!("({})", values.join(", "))
    };
    let mut lines = BTreeSet::new();
    for (relation, changes) in &effects.changes {
        for change in changes {
            let sign = if change.added { '+' } else { '-' };
            lines.insert(format!("{sign}{}", text(*relation, &change.row)));
        }
    }
    for Send { to, relation, row } in &effects.sends {
        lines.insert(format!("{} ! {}", print::address(*to, program), text(*relation, row)));
    }
    lines.extend(effects.reports.iter().map(|report| match report {
        Report::Error { rule, bindings } => format!("error {}{}", rule.0, values(bindings)),
        Report::Overflow { rule, group } => format!("overflow {}{}", rule.0, values(group)),
        Report::Conflict { relation, lost } => format!("lost {}", text(*relation, lost)),
    }));
    if effects.again {
        lines.insert("again".into());
    }
    lines
}
