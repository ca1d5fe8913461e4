//! Whether the invariants hold: their program, evaluated by the reference evaluator over what all nodes hold.

use std::collections::BTreeSet;
use std::fmt::Write;

use floret_ir::{
    Address, Arrivals, Claims, Deployment, EngineError, InputRow, Observe, Program, RelationId, Report, Row,
    Site, Type, Value, print,
};
use floret_reference::{Options, State, tick};

/// What violates an invariant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// The invariant's number in [`Claims::invariants`].
    pub invariant: usize,
    /// The invariant's variables that have a value, `self` last.
    pub bindings: Vec<Binding>,
    /// The row of [`floret_ir::Invariant::view`]; none where a part of the invariant has no value.
    pub row: Option<Row>,
    /// Nothing is known to be wrong: a part of the invariant has no value for these bindings.
    pub is_error: bool,
}

/// A variable of an invariant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Binding {
    /// Its name, or `self`.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// Its value.
    pub value: Value,
}

impl Violation {
    /// The bindings as `t = 3, a = Server[0]`. `program`: the program that the claims are about, or the claims' own.
    pub fn text(&self, program: &Program) -> String {
        let mut text = String::new();
        for Binding { name, ty, value } in &self.bindings {
            let comma = if text.is_empty() { "" } else { ", " };
            let _ = write!(text, "{comma}{name} = {}", print::literal(value, *ty, program));
        }
        text
    }
}

/// All violations, in the order of the invariants. `holds` says what a collection of the program holds at a node (nothing,
/// or what it will start from, where the node is down); the rows of a node's collections that hold one tick's rows count
/// only if the node is `ticked`, the one whose tick was just run.
///
/// An assignment in error violates its invariant: nobody knows that it holds.
///
/// # Errors
/// The claims can't be evaluated; those of an artifact can.
pub fn violations<'r>(
    claims: &Claims,
    deployment: &Deployment,
    ticked: Option<Address>,
    holds: impl Fn(Address, RelationId) -> &'r BTreeSet<Row>,
) -> Result<Vec<Violation>, EngineError> {
    let Some((site, arrivals)) = posed(claims, deployment, ticked, holds) else { return Ok(Vec::new()) };
    // No recursion: no rounds.
    let options = Options { observe: Observe::Outputs, tick_limit: 1 };
    let (state, effects) = tick(&claims.stratified, &site, &State::default(), &arrivals, options)?;

    let program = &claims.stratified.program;
    let mut found = Vec::new();
    for (number, invariant) in claims.invariants.iter().enumerate() {
        let Some(view) = program.relations.get(invariant.view) else { continue };
        for row in state.content.get(&invariant.view).into_iter().flatten() {
            let columns = view.columns.iter().zip(row);
            let bindings = columns.filter_map(|(column, value)| binding(&column.name, column.ty, value));
            found.push(Violation {
                invariant: number,
                bindings: bindings.collect(),
                row: Some(row.clone()),
                is_error: false,
            });
        }
        for report in &effects.reports {
            let Report::Error { rule, bindings } = report else { continue };
            let Some(rule) = program.rules.get(*rule).filter(|rule| rule.head.relation == invariant.view)
            else {
                continue;
            };
            let variables = rule.atom_variables().into_iter().zip(bindings);
            let bindings = variables.filter_map(|(var, value)| {
                let variable = rule.variables.get(var)?;
                binding(&variable.name, variable.ty, value)
            });
            found.push(Violation {
                invariant: number,
                bindings: bindings.collect(),
                row: None,
                is_error: true,
            });
        }
    }
    Ok(found)
}

/// The node of the claims, and what arrives in its only tick; none without claims.
pub(crate) fn posed<'r>(
    claims: &Claims,
    deployment: &Deployment,
    ticked: Option<Address>,
    holds: impl Fn(Address, RelationId) -> &'r BTreeSet<Row>,
) -> Option<(Site, Arrivals)> {
    let role = claims.role()?;
    let mut deployment = deployment.clone();
    let about = deployment.counts.iter().copied();
    deployment.counts = about.chain([1]).collect();
    let arrivals = Arrivals { inputs: inputs(claims, &deployment, ticked, holds), ..Arrivals::default() };
    Some((Site { me: Address { role, index: 0 }, deployment }, arrivals))
}

/// The rows of all nodes that the claims read, each with its node.
fn inputs<'r>(
    claims: &Claims,
    deployment: &Deployment,
    ticked: Option<Address>,
    holds: impl Fn(Address, RelationId) -> &'r BTreeSet<Row>,
) -> Vec<InputRow> {
    let mut inputs = Vec::new();
    for read in &claims.reads {
        let table = claims.stratified.program.relations.get(read.table);
        let columns = table.map_or(&[][..], |table| table.columns.as_slice());
        let Some((Type::Address(role), sent)) =
            columns.split_last().map(|(node, sent)| (node.ty, sent.len()))
        else {
            continue;
        };
        for node in deployment.members(role).filter(|node| !read.momentary || ticked == Some(*node)) {
            for row in holds(node, read.of) {
                // A `sender` column is not the invariants'.
                let row = row.iter().take(sent).cloned().chain([Value::Address(node)]).collect();
                inputs.push(InputRow { relation: read.table, row });
            }
        }
    }
    inputs
}

/// Variables of the compiler's say nothing, but for the node of the literals without `@`.
fn binding(name: &str, ty: Type, value: &Value) -> Option<Binding> {
    let name = if name == "$self" { "self" } else { name };
    (!name.starts_with('$')).then(|| Binding { name: name.to_owned(), ty, value: value.clone() })
}

#[cfg(test)]
mod tests;
