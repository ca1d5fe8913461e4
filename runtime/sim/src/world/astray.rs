//! The messages of a run that nobody took.

use std::collections::BTreeMap;

use floret_ir::{Address, Program, RelationId, Row, print, row_text};

use super::chronicle::Chronicle;

/// No more are told.
const MOST: usize = 6;

/// Each in a line: what was sent in a tick that is over for good and taken in none.
pub(super) fn astray(chronicle: &Chronicle, program: &Program) -> Vec<String> {
    let committed = chronicle.records.iter().enumerate().filter(|(at, _)| chronicle.committed.contains(at));
    let records: Vec<_> = committed.map(|(_, record)| record).collect();
    let mut taken: BTreeMap<(Address, Address, RelationId, &Row), usize> = BTreeMap::new();
    for record in &records {
        for message in &record.arrivals.messages {
            *taken.entry((message.sender, record.node, message.relation, &message.row)).or_insert(0) += 1;
        }
    }
    let mut lines = Vec::new();
    for record in &records {
        for send in &record.effects.sends {
            let left = taken.get_mut(&(record.node, send.to, send.relation, &send.row));
            match left.filter(|left| **left > 0) {
                Some(left) => *left -= 1,
                None => {
                    let row = program.relations.get(send.relation).map(|of| row_text(program, of, &send.row));
                    let [from, to] = [record.node, send.to].map(|node| print::address(node, program));
                    let (row, tick) = (row.unwrap_or_default(), record.tick);
                    lines.push(format!("{row} from {from}, tick {tick}, to {to}"));
                }
            }
        }
    }
    let more = lines.len().saturating_sub(MOST);
    lines.truncate(MOST);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines
}
