//! A program's invariants, evaluated over what all nodes hold.

use std::collections::BTreeSet;

use floret_ir::{
    Address, Arrivals, ClaimRead, Claims, Deployment, Invariant, Observe, Program, RelationId, Report, Row,
    Site, assignment_text, print,
};
use floret_reference::{Options, State, tick};

use super::claim::{Claim, Violation};
use super::contents::Contents;
use crate::Record;
use crate::why::{Because, Explanation, Premise, RowAt, why};

/// The invariants of a program, on its nodes.
pub struct Invariants<'a> {
    claims: &'a Claims,
    program: &'a Program,
    /// The program's nodes, and the one of the claims.
    deployment: Deployment,
    site: Site,
}

/// More rounds than any claim takes.
const TICK_LIMIT: u64 = 1_000_000;

impl<'a> Invariants<'a> {
    /// Those of `program`, if it has any.
    pub fn new(claims: &'a Claims, program: &'a Program, deployment: &Deployment) -> Option<Self> {
        let role = claims.role().filter(|_| !claims.invariants.is_empty())?;
        let mut deployment = deployment.clone();
        deployment.counts.push(1);
        let site = Site { me: Address { role, index: 0 }, deployment: deployment.clone() };
        Some(Invariants { claims, program, deployment, site })
    }

    /// The rows of a claims' table.
    fn rows(&self, read: &ClaimRead, contents: &Contents, ticked: Address) -> Vec<Row> {
        let Some(of) = self.program.relations.get(read.of) else { return Vec::new() };
        let arity = of.arity() - usize::from(of.sender);
        let nodes =
            contents.nodes().filter(|node| node.role == of.role && (!read.momentary || *node == ticked));
        nodes
            .flat_map(|node| contents.rows(node, read.of).iter().map(move |row| (node, row)))
            .map(|(node, row)| {
                row.iter().take(arity).cloned().chain([floret_ir::Value::Address(node)]).collect()
            })
            .collect()
    }

    fn violation(&self, invariant: &Invariant, row: &Row, record: Record) -> Violation {
        let of = RowAt { record: 0, relation: invariant.view, row: row.clone() };
        let explanation = why(&self.claims.stratified, &self.deployment, &[record], of);
        Violation {
            name: invariant.name.clone(),
            text: invariant.text.clone(),
            values: self.values(invariant, row),
            rows: self.needed(&explanation),
            absent: self.absent(&explanation),
        }
    }

    /// `x = 1, y = "a"`; nothing for a claim without variables.
    fn values(&self, invariant: &Invariant, row: &Row) -> String {
        let program = &self.claims.stratified.program;
        let columns = program.relations.get(invariant.view).map_or(&[][..], |view| &view.columns);
        let nothing = columns.iter().all(|column| column.name == "c0");
        let values = columns.iter().zip(row).filter(|_| !nothing);
        let texts: Vec<String> = values
            .map(|(column, value)| format!("{} = {}", column.name, print::literal(value, column.ty, program)))
            .collect();
        texts.join(", ")
    }

    /// The rows of the program that an explanation goes back to.
    fn needed(&self, explanation: &Explanation) -> Vec<(Address, RelationId, Row)> {
        let rows = explanation.steps.iter().filter_map(|step| {
            let read = self.claims.reads.iter().find(|read| read.table == step.of.relation)?;
            let (Some(floret_ir::Value::Address(node)), Because::Host) = (step.of.row.last(), &step.because)
            else {
                return None;
            };
            let row = step.of.row.get(..step.of.row.len() - 1)?.to_vec();
            Some((*node, read.of, row))
        });
        rows.collect()
    }

    /// What there was none of, in words.
    fn absent(&self, explanation: &Explanation) -> Vec<String> {
        let program = &self.claims.stratified.program;
        let premises = explanation.steps.iter().flat_map(|step| match &step.because {
            Because::Rule(firing) => firing.premises.as_slice(),
            Because::Fact
            | Because::Host
            | Because::Beat
            | Because::Told
            | Because::Message { .. }
            | Because::Merged(_)
            | Because::Earlier
            | Because::Unknown => &[],
        });
        let texts = premises.filter_map(|premise| match premise {
            Premise::There(_) => None,
            Premise::Absent { relation, pattern, .. } => {
                let declared = program.relations.get(*relation)?;
                let read = self.claims.reads.iter().find(|read| read.table == *relation)?;
                let name = &self.program.relations.get(read.of)?.name;
                let text = |(column, value): (&floret_ir::RelationColumn, &Option<_>)| {
                    value.as_ref().map_or("_".to_owned(), |value| print::literal(value, column.ty, program))
                };
                let mut values: Vec<String> = declared.columns.iter().zip(pattern).map(text).collect();
                let node = values.pop()?;
                let node = if node == "_" { "any node".to_owned() } else { node };
                Some(format!("there is no {name}({}) at {node}", values.join(", ")))
            }
        });
        texts.collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn in_error(&self, report: &Report) -> Violation {
        let program = &self.claims.stratified.program;
        let (rule, values) = match report {
            Report::Error { rule, bindings } => {
                let of = program.rules.get(*rule);
                (Some(*rule), of.map_or_else(String::new, |of| assignment_text(program, of, bindings)))
            }
            Report::Overflow { rule, .. } => (Some(*rule), String::new()),
            Report::Conflict { .. } => (None, String::new()),
        };
        let view = rule.and_then(|rule| program.rules.get(rule)).map(|rule| rule.head.relation);
        let invariant = self.claims.invariants.iter().find(|invariant| Some(invariant.view) == view);
        Violation {
            name: invariant.map_or("?".to_owned(), |invariant| invariant.name.clone()),
            text: Some("it cannot be told whether it holds: an expression has no value".to_owned()),
            values,
            rows: Vec::new(),
            absent: Vec::new(),
        }
    }
}

impl Claim for Invariants<'_> {
    fn check(&self, contents: &Contents, node: Address, changed: &BTreeSet<RelationId>) -> Option<Violation> {
        if !self.claims.reads.iter().any(|read| changed.contains(&read.of)) {
            return None;
        }
        let mut arrivals = Arrivals::default();
        for read in &self.claims.reads {
            let rows = self.rows(read, contents, node);
            let row = |row| floret_ir::InputRow { relation: read.table, row };
            arrivals.inputs.extend(rows.into_iter().map(row));
        }
        let options = Options { observe: Observe::Everything, tick_limit: TICK_LIMIT };
        let result = tick(&self.claims.stratified, &self.site, &State::default(), &arrivals, options);
        let (_, effects) = match result {
            Ok(done) => done,
            Err(error) => {
                return Some(Violation {
                    name: "?".to_owned(),
                    text: Some(format!("the invariants cannot be evaluated: {error:?}")),
                    values: String::new(),
                    rows: Vec::new(),
                    absent: Vec::new(),
                });
            }
        };
        for invariant in &self.claims.invariants {
            let violating = effects.changes.get(&invariant.view).into_iter().flatten();
            if let Some(row) = violating.filter(|change| change.added).map(|change| change.row.clone()).next()
            {
                let record = Record { node: self.site.me, tick: 1, arrivals, effects };
                return Some(self.violation(invariant, &row, record));
            }
        }
        effects.reports.iter().next().map(|report| self.in_error(report))
    }
}
