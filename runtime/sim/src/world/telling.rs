//! A run in words.

use std::fmt::Write;

use floret_ir::{Program, print};

use super::chronicle::{Chronicle, Happening, Parcel, What};
use crate::faults::{Fault, FrameId, fault_text, milliseconds};
use crate::trace::tick_lines;

/// One line per happening, and under each tick what arrived, changed and was sent. Equal runs have equal texts.
pub fn telling(chronicle: &Chronicle, program: &Program) -> String {
    let mut text = String::new();
    for Happening { at, what } in &chronicle.happenings {
        let _ = writeln!(text, "{:>14}  {}", milliseconds(*at), line(what, chronicle, program));
        if let What::Tick { record } = what
            && let Some(record) = chronicle.records.get(*record)
        {
            for line in tick_lines(program, record) {
                let _ = writeln!(text, "{:>14}    {line}", "");
            }
        }
    }
    text
}

fn line(what: &What, chronicle: &Chronicle, program: &Program) -> String {
    let name = |node| print::address(node, program);
    let frame =
        |arrow: &str, id: &FrameId| format!("{} {arrow} {}  frame {}", name(id.from), name(id.to), id.number);
    match what {
        What::Tick { record } => match chronicle.records.get(*record) {
            Some(record) => format!("{}  tick {}", name(record.node), record.tick),
            None => "a tick".to_owned(),
        },
        What::Stored { node, tick } => format!("{}  tick {tick} is on the disk", name(*node)),
        What::Sent { frame: id, parcel } => format!("{}: {}", frame("->", id), parcel_text(parcel, program)),
        What::Arrived { frame: id, again, .. } => {
            format!("{} arrives{}", frame("=>", id), if *again { " again" } else { "" })
        }
        What::Lost { frame: id, by_loss, .. } => {
            format!("{} {}", frame("-x", id), if *by_loss { "is lost" } else { "never arrives" })
        }
        What::Broken { from, to } => format!("{} -x {}  the connection is broken", name(*from), name(*to)),
        What::Begins(fault) => fault_text(fault, program),
        What::Ends(fault) => end_text(fault, program),
        What::Wrong { claim } => claim.clone(),
    }
}

fn end_text(fault: &Fault, program: &Program) -> String {
    let name = |node| print::address(node, program);
    match fault {
        Fault::Crash { node, .. } => format!("{} is back", name(*node)),
        Fault::Partition { .. } => "the partition is over".to_owned(),
        Fault::Pause { node, .. } => format!("{} goes on", name(*node)),
        Fault::Skew { .. } | Fault::Lose(_) | Fault::Duplicate(_) | Fault::Slow(_) => {
            format!("over: {}", fault_text(fault, program))
        }
    }
}

/// What a frame carries, in a few words.
pub(super) fn parcel_text(parcel: &Parcel, program: &Program) -> String {
    match parcel {
        Parcel::Greeting => "greeting".to_owned(),
        Parcel::Refusal => "refusal".to_owned(),
        Parcel::Rows { channel, count, first } => {
            let channel = program.relations.get(*channel).map_or("?", |channel| channel.name.as_str());
            let rows = if *count == 1 { "row" } else { "rows" };
            let numbers = first.map_or(String::new(), |first| format!(" from number {first}"));
            format!("{count} {rows} of {channel}{numbers}")
        }
        Parcel::Acknowledgement(next) => format!("all before {next} are taken"),
        Parcel::Ping => "ping".to_owned(),
    }
}
