//! What an input changed, in lines.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::{Address, RelationId, Report, RuleId, print};

use crate::repl::machine::{Machine, Seen, row_text};
use crate::repl::output::{Output, Tone};
use crate::reports;

/// So many rows of a relation are shown of one change.
const SHOWN: usize = 12;

/// Lines, of which too many for one relation and sign are summed up.
struct Lines {
    output: Output,
    counts: BTreeMap<(&'static str, String), usize>,
    /// As wide as the longest node name; 0: nodes are not named.
    width: usize,
}

impl Lines {
    fn new(machine: &Machine) -> Lines {
        let program = machine.program();
        let names = machine.deployment.nodes().map(|node| print::address(node, program).len());
        let width = if program.has_roles() { names.max().unwrap_or(0) } else { 0 };
        Lines { output: Output::default(), counts: BTreeMap::new(), width }
    }

    fn at(&self, node: &str) -> String {
        if self.width == 0 { String::new() } else { format!("{node:width$}  ", width = self.width) }
    }

    fn row(&mut self, node: &str, sign: &'static str, tone: Tone, relation: &str, text: &str) {
        let count = self.counts.entry((sign, relation.to_owned())).or_default();
        *count += 1;
        if *count <= SHOWN {
            let at = self.at(node);
            self.output.line(tone, format!("{at}{sign} {text}"));
        }
    }

    fn finish(mut self) -> Output {
        for ((sign, relation), count) in self.counts {
            if count > SHOWN {
                let more = count - SHOWN;
                self.output.line(Tone::Note, format!("{sign} {more} more of {relation}"));
            }
        }
        self.output
    }
}

/// What was seen, in its order. `number` names a rule as the user does.
pub fn seen(list: &[Seen], machine: &Machine, number: &dyn Fn(RuleId) -> String) -> Output {
    let program = machine.program();
    let mut lines = Lines::new(machine);
    let name = |relation: &RelationId| program.relations[*relation].name.clone();
    for one in list {
        match one {
            Seen::Changed(node, relation, row, added) => {
                let (sign, tone) = if *added { ("+", Tone::Added) } else { ("-", Tone::Removed) };
                let text = row_text(*relation, row, program);
                lines.row(&print::address(*node, program), sign, tone, &name(relation), &text);
            }
            Seen::Held(node, relation, row) => {
                let text = row_text(*relation, row, program);
                lines.row(&print::address(*node, program), "*", Tone::Event, &name(relation), &text);
            }
            Seen::Sent(node, send, held) => {
                let (row, to) =
                    (row_text(send.relation, &send.row, program), print::address(send.to, program));
                let held = held.map_or(String::new(), |number| format!("  held as {number}"));
                let text = format!("{row} to {to}{held}");
                lines.row(&print::address(*node, program), "~", Tone::Message, &name(&send.relation), &text);
            }
            Seen::Reported(node, report) => {
                let text = reported(*node, report, machine, number);
                lines.row(&print::address(*node, program), "!", Tone::Wrong, "reports", &text);
            }
            Seen::Busy(ticks) => {
                let text =
                    format!("! still busy after {ticks} ticks; `:tick` goes on, `:undo` takes it back");
                lines.output.line(Tone::Wrong, text);
            }
        }
    }
    lines.finish()
}

fn reported(node: Address, report: &Report, machine: &Machine, number: &dyn Fn(RuleId) -> String) -> String {
    let program = machine.program();
    let text = reports::describe(program, &machine.deployment, node, report, number);
    match report {
        Report::Error { .. } | Report::Overflow { .. } => text,
        Report::Conflict { relation, .. } => {
            let rules = program.rules.entries().filter(|(_, rule)| rule.head.relation == *relation);
            let by: Vec<String> = rules.map(|(id, _)| number(id)).collect();
            let by = if by.is_empty() {
                String::new()
            } else {
                format!(" (rules that fill it: {})", by.join(", "))
            };
            format!("{text}{by}")
        }
    }
}

/// What a relation holds at a node, as text and in the order of its rows.
type Content = BTreeMap<(String, String), Vec<String>>;

/// Everything that can be seen of a state at rest, in names and texts, so that states of two programs can be compared.
pub struct Picture {
    stored: Content,
    happened: Content,
    reports: BTreeSet<(String, String)>,
}

impl Picture {
    /// Of the present state.
    pub fn of(machine: &Machine, number: &dyn Fn(RuleId) -> String) -> Picture {
        let program = machine.program();
        let (mut stored, mut happened) = (Content::new(), Content::new());
        for (id, relation) in program.relations.entries() {
            for node in machine.nodes_of(id) {
                let rows =
                    if relation.is_momentary() { machine.ever(node, id) } else { machine.content(node, id) };
                let texts = rows.iter().map(|row| row_text(id, row, program)).collect();
                let into = if relation.is_momentary() { &mut happened } else { &mut stored };
                into.insert((relation.name.clone(), print::address(node, program)), texts);
            }
        }
        let reports = machine.reports();
        let reports = reports
            .iter()
            .map(|(node, report)| (print::address(*node, program), reported(*node, report, machine, number)))
            .collect();
        Picture { stored, happened, reports }
    }
}

/// What is different between two states.
pub fn difference(before: &Picture, after: &Picture, machine: &Machine) -> Output {
    let mut lines = Lines::new(machine);
    let only = |one: &Content, other: &Content| -> Vec<((String, String), String)> {
        let known: BTreeMap<&(String, String), BTreeSet<&String>> =
            other.iter().map(|(key, texts)| (key, texts.iter().collect())).collect();
        let is_new =
            |key: &(String, String), text: &String| known.get(key).is_none_or(|texts| !texts.contains(text));
        one.iter()
            .flat_map(|(key, texts)| texts.iter().map(move |text| (key, text)))
            .filter(|(key, text)| is_new(key, text))
            .map(|(key, text)| (key.clone(), text.clone()))
            .collect()
    };
    for ((relation, node), text) in only(&after.happened, &before.happened) {
        lines.row(&node, "*", Tone::Event, &relation, &text);
    }
    for ((relation, node), text) in only(&before.stored, &after.stored) {
        lines.row(&node, "-", Tone::Removed, &relation, &text);
    }
    for ((relation, node), text) in only(&after.stored, &before.stored) {
        lines.row(&node, "+", Tone::Added, &relation, &text);
    }
    for (node, text) in after.reports.difference(&before.reports) {
        lines.row(node, "!", Tone::Wrong, "reports", text);
    }
    lines.finish()
}
