//! Compares what a tick or run must show with what it showed.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::{Address, HeadTerm, Program, RelationId, Report, Row, RuleId, Send, Type};
use floret_lang::tree::Call;

use super::case::{Expect, ReportKind};
use super::value;

/// What a tick (or a run) showed.
#[derive(Default)]
pub struct Seen {
    /// What collections held; those without rows may be absent.
    pub contents: BTreeMap<(Address, RelationId), BTreeSet<Row>>,
    /// The messages.
    pub sends: BTreeSet<Send>,
    /// The reports; in a run each once per node.
    pub reports: Vec<Report>,
    /// Whether another tick is due.
    pub again: bool,
    /// Why the tick failed, if it did.
    pub failure: Option<String>,
}

/// All differences, one text each. `here` is the node of a tick, where nodes need not be written. `Err` is a mistake of
/// the case itself.
pub fn check(
    expect: &Expect,
    seen: &Seen,
    here: Option<Address>,
    program: &Program,
) -> Result<Vec<String>, String> {
    let mut differences = Vec::new();
    match &seen.failure {
        Some(_) if expect.fails => return Ok(differences),
        Some(why) => return Ok(vec![format!("failed: {why}")]),
        None if expect.fails => differences.push("did not fail".into()),
        None => {}
    }
    let node = |call: &Call| match (&call.place, here) {
        (Some(place), _) => value::address(place, program),
        (None, Some(here)) => Ok(here),
        (None, None) => Err("say at which node: `NAME@Role[0]: ...`".to_owned()),
    };
    for content in &expect.contents {
        let relation = value::relation(&content.of, program)?;
        let at = node(&content.of)?;
        if program.relations[relation].role != at.role {
            return Err(format!("`{}` is at another role", program.relations[relation].name));
        }
        let rows: BTreeSet<Row> =
            content.rows.iter().map(|row| value::row(row, relation, program)).collect::<Result<_, _>>()?;
        if rows.len() < content.rows.len() {
            return Err(format!("`{}`: a row is written twice", program.relations[relation].name));
        }
        let none = BTreeSet::new();
        let found = seen.contents.get(&(at, relation)).unwrap_or(&none);
        let text = |row: &Row| value::text(row, relation, program);
        let name = format!("{}@{}", program.relations[relation].name, floret_ir::print::address(at, program));
        compare(&name, rows.iter().map(text), found.iter().map(text), &mut differences);
    }
    let mut sends = Vec::new();
    for call in &expect.sent {
        let relation = value::relation(call, program)?;
        sends.push(Send { to: node(call)?, relation, row: value::message(call, relation, program)? });
    }
    let text = |send: &Send| {
        let to = floret_ir::print::address(send.to, program);
        format!(
            "{}@{to}{}",
            program.relations[send.relation].name,
            value::text(&send.row, send.relation, program)
        )
    };
    compare("sent", sends.iter().map(text), seen.sends.iter().map(text), &mut differences);
    let reports: Vec<String> = expect
        .reports
        .iter()
        .map(|(kind, call)| expected_report(*kind, call, program))
        .collect::<Result<_, _>>()?;
    compare(
        "reports",
        reports.into_iter(),
        seen.reports.iter().map(|r| report(r, program)),
        &mut differences,
    );
    if let Some(again) = expect.again.filter(|again| *again != seen.again) {
        differences.push(format!("whether another tick is due: expected {again}, got {}", seen.again));
    }
    Ok(differences)
}

/// Compares lists without their order, but with repetitions.
fn compare(
    what: &str,
    expected: impl Iterator<Item = String>,
    found: impl Iterator<Item = String>,
    differences: &mut Vec<String>,
) {
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    expected.for_each(|text| counts.entry(text).or_default().0 += 1);
    found.for_each(|text| counts.entry(text).or_default().1 += 1);
    if counts.values().all(|(expected, found)| expected == found) {
        return;
    }
    let mut text = format!("{what}:");
    for (row, (expected, found)) in counts {
        for at in 0..expected.max(found) {
            let mark = match (at < expected, at < found) {
                (true, true) => ' ',
                (true, false) => '-',
                (false, _) => '+',
            };
            text.push_str(&format!("\n    {mark} {row}"));
        }
    }
    differences.push(text);
}

/// A rule's variables that have a name in the source, in order of their ids, each with its place in the bindings.
fn named_variables(rule: RuleId, program: &Program) -> Vec<(usize, String, Type)> {
    let rule = &program.rules[rule];
    let variables = rule.atom_variables().into_iter().map(|var| &rule.variables[var]).enumerate();
    variables
        .filter(|(_, variable)| !variable.name.starts_with('$'))
        .map(|(at, variable)| (at, variable.name.clone(), variable.ty))
        .collect()
}

fn error_text(head: &str, mut bindings: Vec<(String, String)>) -> String {
    bindings.sort();
    let bindings: Vec<String> =
        bindings.into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
    format!("error {head}({})", bindings.join(", "))
}

fn report(report: &Report, program: &Program) -> String {
    match report {
        Report::Error { rule, bindings } => {
            let named = named_variables(*rule, program).into_iter();
            let named =
                named.map(|(at, name, ty)| (name, floret_ir::print::literal(&bindings[at], ty, program)));
            error_text(&program.relations[program.rules[*rule].head.relation].name, named.collect())
        }
        Report::Overflow { rule, group } => {
            let head = &program.relations[program.rules[*rule].head.relation].name;
            format!(
                "overflow {head}{}",
                value::typed_text(group, program.rules[*rule].group_types(), program)
            )
        }
        Report::Conflict { relation, lost } => {
            format!("conflict {}{}", program.relations[*relation].name, value::text(lost, *relation, program))
        }
    }
}

fn expected_report(kind: ReportKind, call: &Call, program: &Program) -> Result<String, String> {
    let relation = value::relation(call, program)?;
    let name = &program.relations[relation].name;
    let rules = || program.rules.entries().filter(move |(_, rule)| rule.head.relation == relation);
    match kind {
        ReportKind::Conflict => Ok(format!(
            "conflict {name}{}",
            value::text(&value::row(call, relation, program)?, relation, program)
        )),
        ReportKind::Overflow => {
            let mut why = format!("no rule fills `{name}`");
            for (_, rule) in rules() {
                let place = rule.head.place.iter().map(|_| Type::Address(program.relations[relation].role));
                let columns = program.relations[relation].columns.iter().zip(&rule.head.terms);
                let group = columns.filter(|(_, term)| matches!(term, HeadTerm::Expr(_)));
                let types: Vec<Type> = place.chain(group.map(|(column, _)| column.ty)).collect();
                match value::values(call, &types, program) {
                    Ok(group) => {
                        return Ok(format!("overflow {name}{}", value::typed_text(&group, types, program)));
                    }
                    Err(mismatch) => why = mismatch,
                }
            }
            Err(why)
        }
        ReportKind::Error => {
            let mut given = Vec::new();
            for arg in &call.args {
                let name = arg.name.as_ref().ok_or("errors are written `error p(x: 1, y: 0)`")?;
                given.push((name.text.clone(), &arg.value));
            }
            given.sort_by(|a, b| a.0.cmp(&b.0));
            for (id, _) in rules() {
                let mut named = named_variables(id, program);
                named.sort_by(|a, b| a.1.cmp(&b.1));
                if named.iter().map(|(_, name, _)| name).ne(given.iter().map(|(name, _)| name)) {
                    continue;
                }
                let typed = given.iter().zip(&named).map(|((name, expr), (_, _, ty))| {
                    let value = value::value(expr, *ty, program)?;
                    Ok((name.clone(), floret_ir::print::literal(&value, *ty, program)))
                });
                return Ok(error_text(name, typed.collect::<Result<_, String>>()?));
            }
            Err(format!("no rule for `{name}` has just these variables in its atoms"))
        }
    }
}
