//! A plan as a graphviz drawing.

use std::fmt::Write;

use crate::plan::{ChangeKind, Plan, Sink, Step};
use crate::{NodeId, Program};

use super::operator::Names;
use super::program::relation_name;

/// The plan of one role as a `digraph`: loops are boxes, feedback is dashed, what can lose rows has a double frame.
pub fn dot(plan: &Plan, program: &Program) -> String {
    let names = Names::of(plan, program);
    let role = program.roles.get(plan.role).map_or("?", |role| &role.name);
    let mut out = format!(
        "digraph {} {{\n  rankdir = BT;\n  node [shape = box, fontname = monospace];\n",
        quoted(role)
    );
    let node = |out: &mut String, indent: &str, id: NodeId| {
        let of = &plan.nodes[id];
        let label = quoted(&format!("%{} {}", id.0, names.operator(&of.operator, program)));
        let frames = match of.changes {
            ChangeKind::Insert => 1,
            ChangeKind::Any => 2,
        };
        let _ = writeln!(out, "{indent}n{} [label = {label}, peripheries = {frames}];", id.0);
    };
    for (number, step) in plan.steps.iter().enumerate() {
        match step {
            Step::Operator(id) => node(&mut out, "  ", *id),
            Step::Loop(looped) => {
                let _ = writeln!(out, "  subgraph cluster_{number} {{\n    label = loop;");
                for variable in &looped.variables {
                    node(&mut out, "    ", variable.variable);
                }
                for item in &looped.items {
                    node(&mut out, "    ", *item);
                }
                out.push_str("  }\n");
                for variable in &looped.variables {
                    let (from, to) = (variable.feedback.0, variable.variable.0);
                    let _ = writeln!(out, "  n{from} -> n{to} [style = dashed, constraint = false];");
                }
                for export in &looped.exports {
                    node(&mut out, "  ", *export);
                }
            }
        }
    }
    for (id, of) in plan.nodes.entries() {
        for input in of.operator.inputs() {
            let _ = writeln!(out, "  n{} -> n{};", input.0, id.0);
        }
    }
    for (number, sink) in plan.sinks.iter().enumerate() {
        let label = quoted(&sink_label(sink, program));
        let _ = writeln!(out, "  s{number} [label = {label}, shape = ellipse];");
        let _ = writeln!(out, "  n{} -> s{number};", sink.node().0);
    }
    out.push_str("}\n");
    out
}

fn sink_label(sink: &Sink, program: &Program) -> String {
    match sink {
        Sink::Content { relation, .. } => relation_name(program, *relation).to_owned(),
        Sink::Send { relation, .. } => format!("send {}", relation_name(program, *relation)),
        Sink::Insert { relation, .. } => format!("insert {}", relation_name(program, *relation)),
        Sink::Delete { relation, .. } => format!("delete {}", relation_name(program, *relation)),
        Sink::Replace { relation, .. } => format!("replace {}", relation_name(program, *relation)),
        Sink::Errors { rule, .. } => format!("errors of rule {}", rule.0),
        Sink::Overflow { rule, .. } => format!("overflows of rule {}", rule.0),
        Sink::Conflicts { relation, .. } => format!("conflicts in {}", relation_name(program, *relation)),
    }
}

/// A quoted string of the dot language.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
