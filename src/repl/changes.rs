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

    fn row(
        &mut self,
        node: &str,
        sign: &'static str,
        tone: Tone,
        relation: &str,
        text: impl FnOnce() -> String,
    ) {
        let count = self.counts.entry((sign, relation.to_owned())).or_default();
        *count += 1;
        if *count <= SHOWN {
            let (at, text) = (self.at(node), text());
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
                let text = || row_text(*relation, row, program);
                lines.row(&print::address(*node, program), sign, tone, &name(relation), text);
            }
            Seen::Held(node, relation, row) => {
                let text = || row_text(*relation, row, program);
                lines.row(&print::address(*node, program), "*", Tone::Event, &name(relation), text);
            }
            Seen::Sent(node, send, held) => {
                let (row, to) =
                    (row_text(send.relation, &send.row, program), print::address(send.to, program));
                let held = held.map_or(String::new(), |number| format!("  held as {number}"));
                let text = || format!("{row} to {to}{held}");
                lines.row(&print::address(*node, program), "~", Tone::Message, &name(&send.relation), text);
            }
            Seen::Reported(node, report) => {
                let text = || reported(*node, report, machine, number);
                lines.row(&print::address(*node, program), "!", Tone::Wrong, "reports", text);
            }
            Seen::Beaten(beats) => {
                let text =
                    format!("! timers beat {beats} times, enough for one input; then time passed without");
                lines.output.line(Tone::Wrong, text);
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

/// What a relation holds at a node, as texts in the order of its rows.
#[derive(Default)]
struct Content {
    /// Whether it is an event or channel, with all rows it ever held.
    momentary: bool,
    texts: Vec<String>,
}

/// Everything that can be seen of a state at rest, in names and texts, so that states of two programs can be compared.
pub struct Picture {
    /// By relation and node, in the order of the program.
    contents: Vec<((String, String), Content)>,
    /// By node and report, in words.
    reports: BTreeMap<(String, String), String>,
}

impl Picture {
    /// Of the present state.
    pub fn of(machine: &Machine, number: &dyn Fn(RuleId) -> String) -> Picture {
        let program = machine.program();
        let mut contents = Vec::new();
        for (id, relation) in program.relations.entries() {
            let momentary = relation.is_momentary();
            for node in machine.nodes_of(id) {
                let rows = if momentary { machine.ever(node, id) } else { machine.content(node, id) };
                let texts = rows.iter().map(|row| row_text(id, row, program)).collect();
                let key = (relation.name.clone(), print::address(node, program));
                contents.push((key, Content { momentary, texts }));
            }
        }
        let all = machine.reports();
        let reports = all.iter().map(|(node, report)| {
            // A report is known by itself, whatever rules there are by now.
            let known = reports::describe(program, &machine.deployment, *node, report, number);
            ((print::address(*node, program), known), reported(*node, report, machine, number))
        });
        Picture { contents, reports: reports.collect() }
    }
}

/// What is different between two states.
pub fn difference(before: &Picture, after: &Picture, machine: &Machine) -> Output {
    let mut lines = Lines::new(machine);
    let nothing = Content::default();
    let old: BTreeMap<_, _> = before.contents.iter().map(|(key, content)| (key, content)).collect();
    let new: BTreeMap<_, _> = after.contents.iter().map(|(key, content)| (key, content)).collect();
    let gone = before.contents.iter().filter(|(key, _)| !new.contains_key(key)).map(|(key, _)| key);
    for key in gone.chain(after.contents.iter().map(|(key, _)| key)) {
        let (old, new) =
            (old.get(key).copied().unwrap_or(&nothing), new.get(key).copied().unwrap_or(&nothing));
        let (relation, node) = key;
        // What an event or channel held is not taken back.
        for text in old.only(new).filter(|_| !old.momentary) {
            lines.row(node, "-", Tone::Removed, relation, || text.clone());
        }
        let (sign, tone) = if new.momentary { ("*", Tone::Event) } else { ("+", Tone::Added) };
        for text in new.only(old) {
            lines.row(node, sign, tone, relation, || text.clone());
        }
    }
    for ((node, _), text) in after.reports.iter().filter(|(known, _)| !before.reports.contains_key(*known)) {
        lines.row(node, "!", Tone::Wrong, "reports", || text.clone());
    }
    lines.finish()
}

impl Content {
    /// The texts that the other has not.
    fn only<'c>(&'c self, other: &Content) -> impl Iterator<Item = &'c String> {
        let known: BTreeSet<String> = other.texts.iter().cloned().collect();
        self.texts.iter().filter(move |text| !known.contains(*text))
    }
}
