//! The helper of all tick tests.

use std::collections::BTreeSet;

use floret_ir::{
    Address, Arrivals, Deployment, Effects, Engine, InputRow, Message, Observe, Program, RoleId, Row, Send,
    Site, Stratified, print,
};

use crate::testing::{program, relation, row};
use crate::{Options, Reference};

/// Runs ticks on the only node of the program's first role and compares all that each one did. A step is
/// `(arrivals, effects)`, both with `;` between the parts, in any order:
/// `+r(1)` came or is there for this tick, `-r(1)` went, `Node[0] ! c(1)` was sent, `lost r(1)` is a conflict,
/// `error 0(1)` and `overflow 0(1)` are those of rule 0, and `again` asks for another tick.
#[track_caller]
pub(crate) fn check(text: &str, steps: &[(&str, &str)]) {
    let stratified = program(text);
    let counts = stratified.program.roles.iter().map(|_| 1).collect();
    check_at(&stratified, Site { me: node(0, 0), deployment: Deployment { counts } }, steps);
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
        let (name, values) = part.strip_suffix(')').unwrap().split_once('(').unwrap();
        let (relation, row) = (relation(stratified, name), row(stratified, values));
        if stratified.program.relations[relation].is_channel() {
            arrivals.messages.push(Message { relation, row, sender: node(0, 0) });
        } else {
            arrivals.inputs.push(InputRow { relation, row });
        }
    }
    arrivals
}

fn show(effects: &Effects, program: &Program) -> BTreeSet<String> {
    use floret_ir::Report;
    let values = |row: &Row| {
        let values: Vec<String> = row.iter().map(|value| print::literal(value, program)).collect();
        format!("({})", values.join(", "))
    };
    let mut lines = BTreeSet::new();
    for (relation, changes) in &effects.changes {
        for change in changes {
            let sign = if change.added { '+' } else { '-' };
            lines.insert(format!("{sign}{}{}", program.relations[*relation].name, values(&change.row)));
        }
    }
    for Send { to, relation, row } in &effects.sends {
        let (to, name) = (print::address(*to, program), &program.relations[*relation].name);
        lines.insert(format!("{to} ! {name}{}", values(row)));
    }
    lines.extend(effects.reports.iter().map(|report| match report {
        Report::Error { rule, bindings } => format!("error {}{}", rule.0, values(bindings)),
        Report::Overflow { rule, group } => format!("overflow {}{}", rule.0, values(group)),
        Report::Conflict { relation, lost } => {
            format!("lost {}{}", program.relations[*relation].name, values(lost))
        }
    }));
    if effects.again {
        lines.insert("again".into());
    }
    lines
}
