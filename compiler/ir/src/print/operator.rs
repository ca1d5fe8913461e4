//! Operators in words, with names for their columns.

use crate::plan::{Mapping, Operator, Plan, Step};
use crate::{Column, Expr, IndexVec, NodeId, Program, RoleId, Scalar, Sources, Type};

use super::program::{aggregate, relation_name};
use super::{expr, lattice, ty};

/// Names for the columns of all operators of a plan: those of the relations they come from. In one operator all
/// differ (`x`, `x'`).
pub(super) struct Names(IndexVec<NodeId, Vec<String>>);

impl Names {
    pub(super) fn of(plan: &Plan, program: &Program) -> Self {
        let mut names = Names(plan.nodes.iter().map(|_| Vec::new()).collect());
        for step in &plan.steps {
            let nodes = match step {
                Step::Operator(node) => vec![*node],
                Step::Loop(looped) => {
                    let variables = looped.variables.iter().map(|variable| variable.variable);
                    variables
                        .chain(looped.items.iter().copied())
                        .chain(looped.exports.iter().copied())
                        .collect()
                }
            };
            for node in nodes {
                names.0[node] = unique(names.output(plan, node, program));
            }
        }
        names
    }

    fn output(&self, plan: &Plan, node: NodeId, program: &Program) -> Vec<String> {
        let width = plan.nodes[node].columns.len();
        match &plan.nodes[node].operator {
            Operator::Source { relation } | Operator::Variable { relation } => {
                let columns = program.relations.get(*relation).map_or(&[][..], |relation| &relation.columns);
                columns.iter().map(|column| column.name.clone()).collect()
            }
            Operator::Members { .. } => vec!["member".into()],
            Operator::Clock => vec!["now".into(), "seed".into()],
            Operator::Unit => Vec::new(),
            Operator::Unnest { input, .. } => {
                let mut names = self.columns(*input);
                names.push("element".into());
                unique(names)
            }
            Operator::Map { input, mapping } => {
                mapped(mapping, self.of_mapping(mapping, self.columns(*input)))
            }
            Operator::Join { left, right, mapping, .. } => {
                mapped(mapping, self.of_mapping(mapping, self.joined(*left, *right)))
            }
            Operator::Aggregate { input, group, aggregates } => {
                let group = self.columns(*input).into_iter().take(*group);
                let kinds = aggregates.iter().map(|column| aggregate(column.kind).to_owned());
                group.chain(kinds).collect()
            }
            Operator::Errors { input, .. }
            | Operator::Distinct { input }
            | Operator::Antijoin { left: input, .. }
            | Operator::Resolve { derived: input, .. }
            | Operator::Losers { resolve: input }
            | Operator::Overflow { aggregate: input }
            | Operator::Leave { inner: input } => self.columns(*input).into_iter().take(width).collect(),
            Operator::Union { inputs } => {
                inputs.first().map(|input| self.columns(*input)).unwrap_or_default()
            }
        }
    }

    /// An operator's columns.
    pub(super) fn columns(&self, node: NodeId) -> Vec<String> {
        self.0.get(node).cloned().unwrap_or_default()
    }

    fn joined(&self, left: NodeId, right: NodeId) -> Vec<String> {
        unique(self.columns(left).into_iter().chain(self.columns(right)).collect())
    }

    /// Input columns and lets.
    fn of_mapping(&self, mapping: &Mapping, inputs: Vec<String>) -> Vec<String> {
        let lets = (0..mapping.lets.len()).map(|index| format!("t{index}"));
        unique(inputs.into_iter().chain(lets).collect())
    }

    /// What an operator does.
    pub(super) fn operator(&self, operator: &Operator, program: &Program) -> String {
        match operator {
            Operator::Source { relation } => format!("source {}", relation_name(program, *relation)),
            Operator::Members { role } => format!("members {}", role_name(program, *role)),
            Operator::Clock => "clock".into(),
            Operator::Unit => "unit".into(),
            Operator::Unnest { input, value } => {
                let columns = self.columns(*input);
                let name = |column: &Column| columns.get(*column).cloned().unwrap_or_else(|| "?".into());
                format!("unnest {}: {}", id(*input), expr(value, program, &name))
            }
            Operator::Map { input, mapping } => {
                let names = self.of_mapping(mapping, self.columns(*input));
                format!("map {}{}", id(*input), clauses(mapping, &names, program))
            }
            Operator::Errors { input, mapping } => {
                let names = self.of_mapping(mapping, self.columns(*input));
                format!("errors {}{}", id(*input), clauses(mapping, &names, program))
            }
            Operator::Join { left, right, on, mapping } => {
                let names = self.of_mapping(mapping, self.joined(*left, *right));
                let on = self.on(*left, *right, on);
                format!("join {} {}{on}{}", id(*left), id(*right), clauses(mapping, &names, program))
            }
            Operator::Antijoin { left, right, on } => {
                format!("antijoin {} {}{}", id(*left), id(*right), self.on(*left, *right, on))
            }
            Operator::Aggregate { input, group, aggregates } => {
                let names = self.columns(*input);
                let name = |column: Column| names.get(column).cloned().unwrap_or_else(|| "?".into());
                let group: Vec<String> = (0..*group).map(name).collect();
                let aggregates: Vec<String> = aggregates
                    .iter()
                    .map(|of| format!("{}({})", aggregate(of.kind), of.column.map(name).unwrap_or_default()))
                    .collect();
                format!("aggregate {} by ({}): {}", id(*input), group.join(", "), aggregates.join(", "))
            }
            Operator::Overflow { aggregate } => format!("overflow {}", id(*aggregate)),
            Operator::Union { inputs } => {
                let inputs: Vec<String> = inputs.iter().copied().map(id).collect();
                format!("union {}", inputs.join(" "))
            }
            Operator::Distinct { input } => format!("distinct {}", id(*input)),
            Operator::Resolve { base, derived, key, merges } => {
                let base = base.map_or_else(String::new, |base| format!(" base {}", id(base)));
                let key: Vec<String> = self.columns(*derived).into_iter().take(*key).collect();
                let merges: Vec<String> = merges
                    .iter()
                    .map(|merge| merge.as_ref().map_or_else(|| "_".into(), |of| lattice(of, program)))
                    .collect();
                let merged = if merges.iter().all(|merge| merge == "_") {
                    String::new()
                } else {
                    format!(" merging ({})", merges.join(", "))
                };
                format!("resolve {}{base} by ({}){merged}", id(*derived), key.join(", "))
            }
            Operator::Losers { resolve } => format!("losers {}", id(*resolve)),
            Operator::Variable { relation } => format!("variable {}", relation_name(program, *relation)),
            Operator::Leave { inner } => format!("leave {}", id(*inner)),
        }
    }

    fn on(&self, left: NodeId, right: NodeId, on: &[(Column, Column)]) -> String {
        let (left, right) = (self.columns(left), self.columns(right));
        let name =
            |names: &[String], column: Column| names.get(column).cloned().unwrap_or_else(|| "?".into());
        let pairs: Vec<String> =
            on.iter().map(|(l, r)| format!("{} = {}", name(&left, *l), name(&right, *r))).collect();
        if pairs.is_empty() { String::new() } else { format!(" on {}", pairs.join(", ")) }
    }
}

/// `%3`.
pub(super) fn id(node: NodeId) -> String {
    format!("%{}", node.0)
}

/// `rule 3 line 12`; without the line if there is no such source.
pub(super) fn rule_reference(rule: crate::RuleId, program: &Program, sources: &Sources) -> String {
    let line = program.rules.get(rule).and_then(|of| {
        sources.get(of.span.file).map(|source| format!(" line {}", source.line_column(of.span.start).0))
    });
    format!("rule {}{}", rule.0, line.unwrap_or_default())
}

/// `(from: string, to: string)`.
pub(super) fn columns(names: &[String], types: &[Type], program: &Program) -> String {
    let columns: Vec<String> =
        names.iter().zip(types).map(|(name, of)| format!("{name}: {}", ty(*of, program))).collect();
    format!("({})", columns.join(", "))
}

fn role_name(program: &Program, role: RoleId) -> String {
    ty(Type::Address(role), program)
}

fn clauses(mapping: &Mapping, names: &[String], program: &Program) -> String {
    let name = |column: &Column| names.get(*column).cloned().unwrap_or_else(|| "?".into());
    let text = |scalar: &Scalar| expr(scalar, program, &name);
    let inputs = names.len() - mapping.lets.len().min(names.len());
    let mut out = String::new();
    for (index, value) in mapping.lets.iter().enumerate() {
        out += &format!(" let {} = {}", name(&(inputs + index)), text(value));
    }
    for (index, condition) in mapping.conditions.iter().enumerate() {
        out +=
            &format!(" {} {}", if index == 0 { "where" } else { "and" }, grouped(condition, text(condition)));
    }
    let columns: Vec<String> = mapping.columns.iter().map(text).collect();
    out + &format!(" -> ({})", columns.join(", "))
}

/// A condition beside others joined by `and`.
fn grouped(condition: &Scalar, text: String) -> String {
    match condition {
        Expr::If { .. } | Expr::Binary { op: crate::BinaryOp::Or, .. } => format!("({text})"),
        Expr::Const(_)
        | Expr::Var(_)
        | Expr::SelfAddress(_)
        | Expr::Member { .. }
        | Expr::Unary { .. }
        | Expr::Binary { .. }
        | Expr::Param { .. }
        | Expr::Construct { .. }
        | Expr::Project { .. }
        | Expr::Call { .. } => text,
    }
}

fn mapped(mapping: &Mapping, names: Vec<String>) -> Vec<String> {
    let column = |(index, scalar): (usize, &Scalar)| match scalar {
        Expr::Var(column) => names.get(*column).cloned().unwrap_or_else(|| "?".into()),
        Expr::Const(_)
        | Expr::SelfAddress(_)
        | Expr::Member { .. }
        | Expr::Unary { .. }
        | Expr::Binary { .. }
        | Expr::If { .. }
        | Expr::Param { .. }
        | Expr::Construct { .. }
        | Expr::Project { .. }
        | Expr::Call { .. } => format!("c{index}"),
    };
    mapping.columns.iter().enumerate().map(column).collect()
}

fn unique(names: Vec<String>) -> Vec<String> {
    let mut unique: Vec<String> = Vec::new();
    for mut name in names {
        while unique.contains(&name) {
            name.push('\'');
        }
        unique.push(name);
    }
    unique
}
