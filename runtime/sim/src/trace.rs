//! Runs in words.

use std::fmt::Write;

use floret_ir::{Program, RelationId, Report, Row, print};

use crate::network::Record;

/// One paragraph per tick: `<` arrived, `+` and `-` changed, `>` sent, `!` reported.
pub(crate) fn trace(program: &Program, records: &[Record]) -> String {
    let mut lines = Vec::new();
    for Record { node, tick, arrivals, effects } in records {
        lines.push(format!("{} tick {tick}", print::address(*node, program)));
        for input in &arrivals.inputs {
            lines.push(format!("  < {} from the host", row_text(program, input.relation, &input.row)));
        }
        for message in &arrivals.messages {
            let sender = print::address(message.sender, program);
            lines.push(format!("  < {} from {sender}", row_text(program, message.relation, &message.row)));
        }
        for (relation, changes) in &effects.changes {
            for change in changes {
                let sign = if change.added { '+' } else { '-' };
                lines.push(format!("  {sign} {}", row_text(program, *relation, &change.row)));
            }
        }
        for send in &effects.sends {
            let to = print::address(send.to, program);
            lines.push(format!("  > {} to {to}", row_text(program, send.relation, &send.row)));
        }
        lines.extend(effects.reports.iter().map(|report| format!("  ! {}", report_text(program, report))));
    }
    lines.into_iter().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "{line}");
        text
    })
}

fn row_text(program: &Program, relation: RelationId, row: &Row) -> String {
    let name = program.relations.get(relation).map_or("?", |relation| relation.name.as_str());
    format!("{name}{}", values_text(program, row))
}

fn values_text(program: &Program, row: &Row) -> String {
    let values: Vec<String> = row.iter().map(|value| print::literal(value, program)).collect();
    format!("({})", values.join(", "))
}

fn report_text(program: &Program, report: &Report) -> String {
    match report {
        Report::Error { rule, bindings } => {
            format!("rule {} is in error for {}", rule.0, values_text(program, bindings))
        }
        Report::Overflow { rule, group } => {
            format!("a sum of rule {} does not fit for {}", rule.0, values_text(program, group))
        }
        Report::Conflict { relation, lost } => {
            format!("{} lost its key", row_text(program, *relation, lost))
        }
    }
}
