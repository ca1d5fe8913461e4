//! Explanations in words.

use std::fmt::Write;

use floret_ir::{Program, RelationId, RuleId, Sources, Value, print, row_text};

use super::{Because, Before, Explanation, Firing, Gone, Premise, RowAt, Step};
use crate::Record;

/// One numbered step after the other. `when` says when a record's tick was (say, the virtual time); without `sources` rules are
/// told by their number instead of their line.
pub fn explanation_text(
    explanation: &Explanation,
    program: &Program,
    sources: &Sources,
    records: &[Record],
    when: &dyn Fn(usize) -> Option<String>,
) -> String {
    step_texts(explanation, program, sources, records, when).concat()
}

/// The text of each step, two lines each.
pub fn step_texts(
    explanation: &Explanation,
    program: &Program,
    sources: &Sources,
    records: &[Record],
    when: &dyn Fn(usize) -> Option<String>,
) -> Vec<String> {
    let teller = Teller { program, sources, records, when };
    let text = |(number, step): (usize, &Step)| {
        let (place, row) = (teller.place(step.of.record), teller.row(&step.of));
        format!(
            "{:>4}  {place}: {row}\n      {}\n",
            number + 1,
            teller.because(&step.because, step.of.record)
        )
    };
    explanation.steps.iter().enumerate().map(text).collect()
}

struct Teller<'a> {
    program: &'a Program,
    sources: &'a Sources,
    records: &'a [Record],
    when: &'a dyn Fn(usize) -> Option<String>,
}

impl Teller<'_> {
    fn tick(&self, record: usize) -> String {
        let tick = self.records.get(record).map_or(0, |record| record.tick);
        match (self.when)(record) {
            Some(when) => format!("tick {tick} ({when})"),
            None => format!("tick {tick}"),
        }
    }

    fn place(&self, record: usize) -> String {
        let node =
            self.records.get(record).map_or("?".to_owned(), |of| print::address(of.node, self.program));
        if self.program.has_roles() { format!("{node}, {}", self.tick(record)) } else { self.tick(record) }
    }

    fn row(&self, of: &RowAt) -> String {
        self.program
            .relations
            .get(of.relation)
            .map_or_else(|| "?".to_owned(), |relation| row_text(self.program, relation, &of.row))
    }

    fn rule(&self, id: RuleId) -> String {
        let Some(rule) = self.program.rules.get(id) else { return format!("rule {}", id.0) };
        match self.sources.get(rule.span.file) {
            Some(source) => format!("the rule in line {}", source.line_column(rule.span.start).0),
            None => format!("rule {}", id.0),
        }
    }

    fn because(&self, because: &Because, record: usize) -> String {
        match because {
            Because::Fact => "a fact of the program".to_owned(),
            Because::Host => "from the host".to_owned(),
            Because::Beat => "by the clock".to_owned(),
            Because::Told => "told by the node itself".to_owned(),
            Because::Rule(firing) if firing.record == record => {
                format!("by {}{}", self.rule(firing.rule), self.premises(firing))
            }
            Because::Rule(firing) => {
                let (rule, tick) = (self.rule(firing.rule), self.tick(firing.record));
                format!("by {rule} in {tick}{}", self.premises(firing))
            }
            Because::Message { sender, sent: None } => {
                format!("a message from {}", print::address(*sender, self.program))
            }
            Because::Message { sent: Some(firing), .. } => {
                let (rule, place) = (self.rule(firing.rule), self.place(firing.record));
                format!("sent by {rule} at {place}{}", self.premises(firing))
            }
            Because::Merged(parts) => {
                let parts: Vec<String> = parts.iter().map(|part| self.because(part, record)).collect();
                format!("merged: {}", parts.join("; "))
            }
            Because::Earlier => "of what was before; this goes further back than is told".to_owned(),
            Because::Unknown => "why, the recorded ticks don't tell".to_owned(),
        }
    }

    fn premises(&self, firing: &Firing) -> String {
        let mut there: Vec<usize> = firing
            .premises
            .iter()
            .filter_map(|premise| match premise {
                Premise::There(step) => Some(step + 1),
                Premise::Absent { .. } => None,
            })
            .collect();
        there.sort_unstable();
        let there: Vec<String> = there.iter().map(usize::to_string).collect();
        let mut text = match there.as_slice() {
            [] => String::new(),
            [only] => format!(", from {only}"),
            [most @ .., last] => format!(", from {} and {last}", most.join(", ")),
        };
        if firing.more > 0 {
            let _ = write!(text, " (and {} more)", firing.more);
        }
        for premise in &firing.premises {
            if let Premise::Absent { relation, pattern, before } = premise {
                let _ = write!(text, ", and there was no {}", self.pattern(*relation, pattern));
                if let Some(before) = before {
                    let _ = write!(text, " {}", self.before(before));
                }
            }
        }
        text
    }

    fn before(&self, before: &Before) -> String {
        let row = self.row(&before.of);
        let tick = self.tick(before.of.record);
        match before.gone {
            Gone::Crash => {
                format!("(there had been {row} since {tick}, but the node lost it when it crashed)")
            }
            Gone::Changed(at) => format!("(there had been {row} since {tick}, until {})", self.tick(at)),
        }
    }

    fn pattern(&self, relation: RelationId, pattern: &[Option<Value>]) -> String {
        let Some(declared) = self.program.relations.get(relation) else { return "?".to_owned() };
        let columns = declared.columns.iter().zip(pattern);
        let values = columns.map(|(column, value)| match value {
            Some(value) => print::literal(value, column.ty, self.program),
            None => "_".to_owned(),
        });
        format!("{}({})", declared.name, values.collect::<Vec<_>>().join(", "))
    }
}
