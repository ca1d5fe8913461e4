//! Runs in words.

use std::fmt::Write;

use floret_ir::{
    InputRow, Program, RelationId, Report, Row, assignment_text, group_text, print, row_text, time,
};

use crate::network::Record;

/// One paragraph per tick: `<` arrived, `+` and `-` changed, `>` sent, `!` reported.
pub(crate) fn trace(program: &Program, records: &[Record]) -> String {
    let mut text = String::new();
    for record in records {
        let _ = writeln!(text, "{} tick {}", print::address(record.node, program), record.tick);
        for line in tick_lines(program, record) {
            let _ = writeln!(text, "  {line}");
        }
    }
    text
}

/// A tick's arrivals, changes, messages and reports, one line each.
pub(crate) fn tick_lines(program: &Program, record: &Record) -> Vec<String> {
    let Record { arrivals, effects, .. } = record;
    let mut lines = Vec::new();
    for input in &arrivals.inputs {
        lines.push(format!("< {}", from_host(program, input)));
    }
    for delete in &arrivals.deletes {
        lines.push(format!("< -{} from the host", text(program, delete.relation, &delete.row)));
    }
    for timer in &arrivals.timers {
        let name = program.relations.get(*timer).map_or("?", |timer| timer.name.as_str());
        lines.push(format!("< {name} at {}", time::time_text(arrivals.now)));
    }
    for peer in &arrivals.peers {
        let how = if peer.up { "up" } else { "gone" };
        lines.push(format!("< {} is {how}", print::address(peer.node, program)));
    }
    for message in &arrivals.messages {
        let sender = print::address(message.sender, program);
        lines.push(format!("< {} from {sender}", text(program, message.relation, &message.row)));
    }
    for (relation, changes) in &effects.changes {
        for change in changes {
            let sign = if change.added { '+' } else { '-' };
            lines.push(format!("{sign} {}", text(program, *relation, &change.row)));
        }
    }
    for send in &effects.sends {
        let to = print::address(send.to, program);
        lines.push(format!("> {} to {to}", text(program, send.relation, &send.row)));
    }
    lines.extend(effects.reports.iter().map(|report| format!("! {}", report_text(program, report))));
    lines
}

/// What the host gave.
pub(crate) fn from_host(program: &Program, input: &InputRow) -> String {
    match program.ended_input(input.relation).and_then(|of| program.relations.get(of)) {
        Some(ended) => format!("{} is at its end", ended.name),
        None => format!("{} from the host", text(program, input.relation, &input.row)),
    }
}

fn text(program: &Program, relation: RelationId, row: &Row) -> String {
    program.relations.get(relation).map_or_else(|| "?".to_owned(), |of| row_text(program, of, row))
}

fn report_text(program: &Program, report: &Report) -> String {
    match report {
        Report::Error { rule, bindings } => {
            let of = program.rules.get(*rule);
            let values = of.map_or_else(String::new, |of| assignment_text(program, of, bindings));
            format!("rule {} is in error for {values}", rule.0)
        }
        Report::Overflow { rule, group } => {
            let of = program.rules.get(*rule);
            let values = of.map_or_else(String::new, |of| group_text(program, of, group));
            format!("a sum of rule {} does not fit for {values}", rule.0)
        }
        Report::Conflict { relation, lost } => {
            format!("{} lost its key", text(program, *relation, lost))
        }
    }
}
