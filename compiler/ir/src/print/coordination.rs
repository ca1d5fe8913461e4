//! The coordination check's answers as text.

use std::fmt::Write;

use crate::Program;
use crate::coordination::{Coordination, PointOfOrder, Reason, Remedy};

use super::program::{relation_name, rule};

/// One line per collection with its class and the reason; then the points of order with their paths.
pub fn coordination(coordination: &Coordination, program: &Program) -> String {
    let mut out = String::new();
    for (id, class) in coordination.classes.entries() {
        let reason = match coordination.reasons.get(id) {
            Some(Reason::Fixed) => "nothing changes it".to_owned(),
            Some(Reason::Node) => "the node fills it".to_owned(),
            Some(Reason::Input) => "the host feeds it".to_owned(),
            Some(Reason::Rule { rule, because }) => format!("rule {}: {because}", rule.0),
            None => "?".to_owned(),
        };
        let _ = writeln!(out, "{}: {} ({reason})", relation_name(program, id), class.name());
    }
    for point in &coordination.points {
        point_of_order(&mut out, point, program);
    }
    out
}

fn point_of_order(out: &mut String, point: &PointOfOrder, program: &Program) {
    let _ = write!(out, "\n{} in {}", point.kind.name(), relation_name(program, point.relation));
    if let Some((id, of)) = point.rule.and_then(|id| program.rules.get(id).map(|rule| (id, rule))) {
        let _ = write!(out, ", rule {}: {}", id.0, rule(of, program));
    }
    out.push('\n');
    for step in &point.path {
        let (from, to) = (relation_name(program, step.from), relation_name(program, step.to));
        let _ = writeln!(out, "    {from} -> {to} by rule {}", step.rule.0);
    }
    if !point.outputs.is_empty() {
        let outputs: Vec<&str> = point.outputs.iter().map(|output| relation_name(program, *output)).collect();
        let _ = writeln!(out, "    reaches {}", outputs.join(", "));
    }
    if let Some(reason) = &point.accepted {
        let _ = writeln!(out, "    accepted: {reason}");
    }
    for way in point.ways_out.iter().filter(|way| way.remedy != Remedy::Accept) {
        let _ = writeln!(out, "    way out: {}: {}", way.title, way.text);
    }
}
