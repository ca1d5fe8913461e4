//! A plan as text: one operator per line.

use std::fmt::Write;

use crate::plan::{ChangeKind, Loop, Plan, Sink, Step};
use crate::waits::Waits;
use crate::way::{Obstacle, Way};
use crate::{NodeId, Program, Sources};

use super::operator::{Names, columns, id, rule_reference};
use super::program::relation_name;
use super::strata::firing;

/// The plan of one role. Each line has an operator's number, what it does, its columns, whether it only gains rows
/// (`insert`) or can lose some (`any`), the rule it came from (with its line if `sources` has it), and why it waits for
/// the end of a half-tick's rows, if it does. (All sinks do: a tick shows and sends nothing before it is over.)
pub fn plan(plan: &Plan, program: &Program, sources: &Sources) -> String {
    let printer =
        Printer { plan, program, sources, names: Names::of(plan, program), waits: Waits::of(program, plan) };
    let role = program.roles.get(plan.role).map_or("?", |role| &role.name);
    let mut out = format!("plan of {role}\n");
    for step in &plan.steps {
        match step {
            Step::Operator(node) => printer.node(&mut out, "  ", *node),
            Step::Loop(looped) => printer.looped(&mut out, looped),
        }
    }
    for sink in &plan.sinks {
        let _ = writeln!(out, "  {}", printer.sink(sink));
    }
    out
}

fn way(way: Way) -> String {
    let Way::General(obstacle) = way else { return "insert-only".into() };
    let because = match obstacle {
        Obstacle::LosesRows(node) => format!("{} can lose rows", id(node)),
        Obstacle::TakenBack(node) => format!("{} comes from a loop that can take rows back", id(node)),
        Obstacle::Waits(node) => format!("{} waits for all of its input", id(node)),
        Obstacle::ReadOutside(node) => format!("{} is read outside", id(node)),
    };
    format!("by differences: {because}")
}

struct Printer<'a> {
    plan: &'a Plan,
    program: &'a Program,
    sources: &'a Sources,
    names: Names,
    waits: Waits,
}

impl Printer<'_> {
    fn node(&self, out: &mut String, indent: &str, node: NodeId) {
        let of = &self.plan.nodes[node];
        let operator = self.names.operator(&of.operator, self.program);
        let columns = columns(&self.names.columns(node), &of.columns, self.program);
        let changes = match of.changes {
            ChangeKind::Insert => "insert",
            ChangeKind::Any => "any",
        };
        let rule = of.rule.map(|rule| rule_reference(rule, self.program, self.sources));
        let rule = rule.map_or_else(String::new, |rule| format!(", {rule}"));
        let waits = self.waits.get(node).map_or_else(String::new, |wait| format!(", waits: {wait}"));
        let _ = writeln!(out, "{indent}{} = {operator} : {columns} {changes}{rule}{waits}", id(node));
    }

    fn looped(&self, out: &mut String, looped: &Loop) {
        let imports: Vec<String> = looped.imports.iter().copied().map(id).collect();
        let way = way(looped.way(self.plan));
        let _ = writeln!(out, "  loop importing {}, {way}", imports.join(" "));
        for variable in &looped.variables {
            self.node(out, "    ", variable.variable);
        }
        for item in &looped.items {
            self.node(out, "    ", *item);
        }
        for variable in &looped.variables {
            let relation = relation_name(self.program, variable.relation);
            let _ = writeln!(
                out,
                "    feedback {} <- {} ({relation})",
                id(variable.variable),
                id(variable.feedback)
            );
        }
        let _ = writeln!(out, "  exporting");
        for export in &looped.exports {
            self.node(out, "    ", *export);
        }
    }

    fn sink(&self, sink: &Sink) -> String {
        let relation = |relation: &crate::RelationId| relation_name(self.program, *relation).to_owned();
        let rule = |rule: &crate::RuleId| rule_reference(*rule, self.program, self.sources);
        match sink {
            Sink::Content { relation: of, node } => format!("content {} = {}", relation(of), id(*node)),
            Sink::Send { rule: by, relation: of, node, firing: when } => {
                format!("send {} = {} {}, {}", relation(of), id(*node), firing(*when), rule(by))
            }
            Sink::Insert { relation: of, node } => format!("insert {} = {}", relation(of), id(*node)),
            Sink::Delete { relation: of, node, any } => {
                let name = |column: &usize| {
                    let columns = self.program.relations.get(*of).map(|of| &of.columns);
                    columns
                        .and_then(|columns| columns.get(*column))
                        .map_or("?", |column| &column.name)
                        .to_owned()
                };
                let any: Vec<String> = any.iter().map(name).collect();
                let any = if any.is_empty() { String::new() } else { format!(" any {}", any.join(", ")) };
                format!("delete {} = {}{any}", relation(of), id(*node))
            }
            Sink::Replace { relation: of, node } => format!("replace {} = {}", relation(of), id(*node)),
            Sink::Errors { rule: by, node, firing: when } => {
                format!("errors = {} {}, {}", id(*node), firing(*when), rule(by))
            }
            Sink::Overflow { rule: by, node, firing: when } => {
                format!("overflow = {} {}, {}", id(*node), firing(*when), rule(by))
            }
            Sink::Conflicts { relation: of, node, firing: when } => {
                format!("conflicts {} = {} {}", relation(of), id(*node), firing(*when))
            }
        }
    }
}
