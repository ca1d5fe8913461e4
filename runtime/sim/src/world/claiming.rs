//! A program's invariants, evaluated over what all nodes hold.

use std::collections::BTreeSet;

use floret_ir::{Address, Claims, Deployment, Invariant, Observe, Program, RelationId, Row, Value, print};
use floret_reference::{Options, State, tick};

use super::claim::{Claim, Memory, Wrong, WrongKind};
use super::contents::Contents;
use crate::claims::{posed, violations};
use crate::why::{Because, Explanation, Premise, RowAt, why};
use crate::{Record, Violation};

/// The invariants of a program, on its nodes.
pub struct Invariants<'a> {
    claims: &'a Claims,
    program: &'a Program,
    deployment: &'a Deployment,
}

impl<'a> Invariants<'a> {
    /// Those of `program`, if it has any.
    pub fn new(claims: &'a Claims, program: &'a Program, deployment: &'a Deployment) -> Option<Self> {
        (!claims.invariants.is_empty()).then(|| Invariants::of(claims, program, deployment))
    }

    pub(super) fn of(claims: &'a Claims, program: &'a Program, deployment: &'a Deployment) -> Self {
        Invariants { claims, program, deployment }
    }

    pub(super) fn wrong(&self, violation: &Violation, contents: &Contents, node: Address) -> Wrong {
        let invariant = self.claims.invariants.get(violation.invariant);
        let explanation = invariant
            .zip(violation.row.as_ref())
            .and_then(|(invariant, row)| self.explanation(invariant, row, contents, node));
        let unknown = "it cannot be told whether it holds: an expression has no value";
        Wrong {
            kind: WrongKind::Invariant,
            name: invariant.map_or("?".to_owned(), |invariant| invariant.name.clone()),
            text: match violation.is_error {
                true => Some(unknown.to_owned()),
                false => invariant.and_then(|invariant| invariant.text.clone()),
            },
            values: violation.text(self.program),
            rows: explanation.as_ref().map_or(Vec::new(), |of| self.needed(of)),
            absent: explanation.as_ref().map_or(Vec::new(), |of| self.absent(of)),
        }
    }

    /// Why the claims' program has a row of a violation.
    fn explanation(
        &self,
        invariant: &Invariant,
        row: &Row,
        contents: &Contents,
        node: Address,
    ) -> Option<Explanation> {
        let holds = |node, relation| contents.rows(node, relation);
        let (site, arrivals) = posed(self.claims, self.deployment, Some(node), holds)?;
        let options = Options { observe: Observe::Everything, tick_limit: 1 };
        let stratified = &self.claims.stratified;
        let (_, effects) = tick(stratified, &site, &State::default(), &arrivals, options).ok()?;
        let record = Record { node: site.me, tick: 1, arrivals, effects };
        let of = RowAt { record: 0, relation: invariant.view, row: row.clone() };
        Some(why(stratified, &site.deployment, &[record], of))
    }

    /// The rows of the program that an explanation goes back to.
    fn needed(&self, explanation: &Explanation) -> Vec<(Address, RelationId, Row)> {
        let rows = explanation.steps.iter().filter_map(|step| {
            let read = self.claims.reads.iter().find(|read| read.table == step.of.relation)?;
            let (Some(Value::Address(node)), Because::Host) = (step.of.row.last(), &step.because) else {
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
}

impl Claim for Invariants<'_> {
    fn check(
        &self,
        contents: &Contents,
        node: Address,
        changed: &BTreeSet<RelationId>,
        _memory: &mut Memory,
    ) -> Option<Wrong> {
        if !self.claims.reads.iter().any(|read| changed.contains(&read.of)) {
            return None;
        }
        let holds = |node, relation| contents.rows(node, relation);
        match violations(self.claims, self.deployment, Some(node), holds) {
            Ok(found) => found.first().map(|violation| self.wrong(violation, contents, node)),
            Err(error) => Some(Wrong {
                kind: WrongKind::Invariant,
                name: "?".to_owned(),
                text: Some(format!("the invariants cannot be evaluated: {error:?}")),
                values: String::new(),
                rows: Vec::new(),
                absent: Vec::new(),
            }),
        }
    }
}
