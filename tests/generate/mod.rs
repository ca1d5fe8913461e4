//! Random programs over a fixed, rich set of collections, as text: what they may read and fill is chosen so that most
//! rules compile; those that don't are dropped (`compile_what_compiles`).
//!
//! Every choice is read from bytes, so that proptest shrinks a case by shortening and zeroing its bytes: byte 0 always
//! means the simplest choice.

mod arrivals;
mod channels;
mod crashes;
mod expr;
mod head;
mod roles;
pub mod rule;
pub mod schema;
mod seals;
mod sequencers;
mod single;

use std::collections::BTreeSet;

pub use arrivals::{arrivals, is_derived};
pub use channels::channels;
pub use crashes::{crashes, seals_that_crash};
pub use roles::roles;
use rule::Statement;
use schema::Schema;
pub use seals::seals;
pub use sequencers::sequencers;
pub use single::single;

/// Choices read from bytes; after the end everything is 0.
pub struct Choices<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Choices<'b> {
    pub fn new(bytes: &'b [u8]) -> Self {
        Choices { bytes, at: 0 }
    }
    pub fn byte(&mut self) -> u8 {
        let byte = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        byte
    }
    /// A number below `count` (0 if there is nothing to choose from).
    pub fn below(&mut self, count: usize) -> usize {
        usize::from(self.byte()) % count.max(1)
    }
    /// True in about `percent` of 100 cases, false for byte 0.
    pub fn chance(&mut self, percent: usize) -> bool {
        usize::from(self.byte()) * 100 / 256 >= 100 - percent
    }
    pub fn pick<'t, T>(&mut self, items: &'t [T]) -> Option<&'t T> {
        if items.is_empty() { None } else { items.get(self.below(items.len())) }
    }
}

/// The bytes of a case.
#[derive(Clone, Debug)]
pub struct Seedling {
    /// One statement each.
    pub rules: Vec<Vec<u8>>,
    /// Per tick, one arriving row each.
    pub ticks: Vec<Vec<[u8; 5]>>,
    /// Which family of programs it is of.
    pub family: usize,
}

/// A proptest strategy for cases.
pub fn seedlings(
    rules: std::ops::Range<usize>,
    ticks: std::ops::Range<usize>,
) -> impl proptest::strategy::Strategy<Value = Seedling> {
    use proptest::collection::vec;
    use proptest::prelude::*;
    (vec(vec(any::<u8>(), 48), rules), vec(vec(any::<[u8; 5]>(), 1..14), ticks), 0..4usize)
        .prop_map(|(rules, ticks, family)| Seedling { rules, ticks, family: family / 3 })
}

/// A program's text, and the line of each statement.
pub struct Text {
    pub text: String,
    lines: Vec<usize>,
}

/// Declares what the statements mention, then gives them, one per line.
pub fn program_text(schema: &Schema, statements: &[Statement]) -> Text {
    let mentioned = |name: &str, inside: bool| {
        let uses = |text: &str| text.contains(&format!("{name}(")) || text.contains(&format!("{name}@"));
        statements.iter().any(|statement| statement.inside == inside && uses(&statement.text))
    };
    let mut writer = Writer { text: schema.definitions.to_owned(), lines: vec![0; statements.len()] };
    for (number, role) in schema.roles.iter().enumerate() {
        let durable = if schema.durable.get(number) == Some(&true) { " durable" } else { "" };
        writer.line(&format!("role {role}{durable};"));
    }
    let module = schema.module.as_ref().filter(|(_, prefixes)| {
        let used = |statement: &Statement| prefixes.iter().any(|prefix| statement.text.contains(prefix));
        statements.iter().any(|statement| statement.inside || used(statement))
    });
    for collection in &schema.collections {
        let argument = module.is_some_and(|(module, _)| module.arguments.contains(&collection.name));
        if argument || mentioned(collection.name, false) {
            writer.lines_of(schema.declaration(collection));
        }
    }
    if let Some((module, prefixes)) = module {
        writer.line(module.opening);
        for collection in &module.inside.collections {
            // The user's statements name them with a prefix.
            let named = |prefix: &&str| mentioned(&format!("{prefix}{}", collection.name), false);
            let used = mentioned(collection.name, true) || prefixes.iter().any(named);
            if used && !module.parameters.contains(&collection.name) {
                writer.lines_of(module.inside.declaration(collection));
            }
        }
        writer.statements(statements, true);
        writer.line("}");
        module.uses.iter().for_each(|line| writer.line(line));
    }
    writer.statements(statements, false);
    Text { text: writer.text, lines: writer.lines }
}

struct Writer {
    text: String,
    lines: Vec<usize>,
}

impl Writer {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }
    fn lines_of(&mut self, line: Option<String>) {
        line.iter().for_each(|line| self.line(line));
    }
    fn statements(&mut self, statements: &[Statement], inside: bool) {
        for (number, statement) in statements.iter().enumerate().filter(|(_, s)| s.inside == inside) {
            self.lines[number] = self.text.lines().count() + 1;
            self.line(&statement.text);
        }
    }
}

/// Compiles the statements that compile: one that an error's label points into is dropped and the rest tried again.
pub fn compile_what_compiles(
    schema: &Schema,
    mut statements: Vec<Statement>,
) -> (Vec<Statement>, crate::compile::Compiled) {
    loop {
        let Text { text, lines } = program_text(schema, &statements);
        match crate::compile::compile(&text) {
            Ok(compiled) => return (statements, compiled),
            Err(failed) => {
                // One statement per error is enough to drop: the first label is the place itself.
                let labels = failed.errors().filter_map(|diagnostic| diagnostic.labels.first());
                let blamed: BTreeSet<usize> =
                    labels.map(|label| failed.source.line_column(label.span.start).0).collect();
                let mut kept = lines.iter().map(|line| !blamed.contains(line));
                let before = statements.len();
                statements.retain(|_| kept.next().unwrap_or(true));
                if statements.len() == before {
                    panic!("a generated declaration does not compile:\n{text}\n{}", failed.rendered());
                }
            }
        }
    }
}
