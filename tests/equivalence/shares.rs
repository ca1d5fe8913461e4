//! What happens in generated cases: how many of them use which construct to some effect.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::{
    Atom, AtomSource, Effects, InputMode, Lattice, Literal, Program, RelationId, RelationKind, Rule,
    Stratified, Type,
};

use crate::generate::{self, rule::Statement};

/// What happened in a case.
pub type Happened = BTreeSet<&'static str>;

/// Whether a case counts: a recursive or negated collection is not empty.
pub fn counts(happened: &Happened) -> bool {
    happened.contains("recursive") || happened.contains("negated")
}

/// What must happen in some cases beside what [`WORDS`] names.
const OTHERS: [&str; 28] = [
    "recursive",
    "negated",
    "retracted",
    "sent",
    "reported",
    "several places",
    "fact",
    "module",
    "timer",
    "mutable input",
    "static input",
    "reports read",
    "clock",
    "lattice read",
    "recursive merge",
    "max",
    "min",
    "any<bool>",
    "all<bool>",
    "set lattice",
    "map lattice",
    "lww",
    "lattice pair",
    "declared lattice",
    "struct",
    "enum",
    "time and duration",
    "bytes",
];

/// Words that show a construct in a statement.
const WORDS: [(&str, &str); 37] = [
    ("count()", "count()"),
    ("count(x)", "count("),
    ("sum", "sum("),
    ("avg", "avg("),
    ("min()", "min("),
    ("max()", "max("),
    ("arg_min", "arg_min("),
    ("arg_max", "arg_max("),
    ("collect", "collect("),
    ("any()", "any("),
    ("match", "(match "),
    ("if", "if "),
    ("and", " and "),
    ("or", " or "),
    ("not", "not "),
    ("fn", "twice("),
    ("fn of a struct", "mirrored("),
    ("fn of a text", "flipped("),
    ("const", "LIMIT"),
    ("param", "scale"),
    ("random()", "random()"),
    ("random(x)", "random("),
    ("now()", "now()"),
    ("sender", "sender"),
    ("self", "self"),
    ("unnesting", " in "),
    ("let", "let "),
    ("by name", "c0: "),
    ("list", "["),
    ("set", "set("),
    ("map", "map("),
    ("option", "some("),
    ("element", ")["),
    ("next", " <+ "),
    ("delete", " <- "),
    ("replace", " <+- "),
    ("members", "Back(n"),
];

/// Totals over all cases.
#[derive(Default, Debug)]
pub struct Shares {
    pub tried: usize,
    pub counted: usize,
    rules: usize,
    /// In how many of the counted cases each of these happened.
    happened: BTreeMap<&'static str, usize>,
}

impl Shares {
    pub fn add(&mut self, rules: usize, happened: &Happened) {
        self.tried += 1;
        if !counts(happened) {
            return;
        }
        self.counted += 1;
        self.rules += rules;
        for what in happened {
            *self.happened.entry(what).or_default() += 1;
        }
    }
    /// In how many of 100 counted cases it happened.
    pub fn percent(&self, what: &str) -> usize {
        self.happened.get(what).copied().unwrap_or_default() * 100 / self.counted.max(1)
    }
    /// What never happened but should.
    pub fn missing(&self) -> Vec<&'static str> {
        let wanted = OTHERS.into_iter().chain(WORDS.map(|(what, _)| what));
        wanted.filter(|what| !self.happened.contains_key(what)).collect()
    }
    pub fn print(&self) {
        let functions: BTreeSet<&str> = floret_ir::Function::ALL.iter().map(|f| f.name()).collect();
        let called = functions.iter().filter(|name| self.happened.contains_key(**name)).count();
        let shares: Vec<String> = self
            .happened
            .iter()
            .filter(|(what, _)| !functions.contains(*what) || WORDS.iter().any(|(word, _)| word == *what))
            .map(|(what, n)| format!("{what} {n} ({} %)", self.percent(what)))
            .collect();
        println!(
            "equivalence: {} of {} cases count, {} statements; {called} of {} functions; {}",
            self.counted,
            self.tried,
            self.rules,
            functions.len(),
            shares.join(", ")
        );
    }
}

/// The relations whose rows show that something happened.
pub struct Interest {
    /// What a new row of these shows.
    added: BTreeMap<&'static str, BTreeSet<RelationId>>,
    derived: BTreeSet<RelationId>,
}

impl Interest {
    pub fn of(stratified: &Stratified, statements: &[Statement]) -> Interest {
        let program = &stratified.program;
        let mut added: BTreeMap<&'static str, BTreeSet<RelationId>> = BTreeMap::new();
        for component in stratified.strata.components.iter().filter(|component| component.recursive) {
            added.entry("recursive").or_default().extend(&component.relations);
            let merging = component.relations.iter().filter(|id| program.relations[**id].has_lattice());
            added.entry("recursive merge").or_default().extend(merging);
        }
        for rule in program.rules.iter() {
            for atom in rule.negated_atoms() {
                if let AtomSource::Relation(relation) = atom.source {
                    added.entry("negated").or_default().insert(relation);
                }
            }
            for construct in constructs(program, rule) {
                added.entry(construct).or_default().insert(rule.head.relation);
            }
        }
        for statement in statements {
            for construct in written(statement) {
                added.entry(construct).or_default().extend(heads(program, statement));
            }
        }
        let derived = program.relations.ids().filter(|id| generate::is_derived(program, *id)).collect();
        Interest { added, derived }
    }

    pub fn note(&self, tick: usize, effects: &Effects, happened: &mut Happened) {
        let rows = effects.changes.iter().filter(|(_, changes)| changes.iter().any(|change| change.added));
        let new: BTreeSet<RelationId> = rows
            .map(|(relation, _)| *relation)
            .chain(effects.sends.iter().map(|send| send.relation))
            .collect();
        for (what, relations) in &self.added {
            if !relations.is_disjoint(&new) {
                happened.insert(what);
            }
        }
        let lost = effects.changes.iter().any(|(relation, changes)| {
            self.derived.contains(relation) && changes.iter().any(|change| !change.added)
        });
        let noted = [
            ("retracted", tick > 0 && lost),
            ("sent", !effects.sends.is_empty()),
            ("reported", !effects.reports.is_empty()),
        ];
        happened.extend(noted.into_iter().filter(|(_, there)| *there).map(|(what, _)| what));
    }
}

/// The collections that a statement fills: in a module, those of its instances.
fn heads(program: &Program, statement: &Statement) -> Vec<RelationId> {
    let name = statement.head();
    let is_it = |found: &str| match found.split_once("::") {
        Some((_, local)) if statement.inside => local == name,
        Some(_) | None => found == name,
    };
    program.relations.entries().filter(|(_, relation)| is_it(&relation.name)).map(|(id, _)| id).collect()
}

/// What a statement's text shows.
fn written(statement: &Statement) -> Vec<&'static str> {
    let text = statement.text.as_str();
    let mut found: Vec<&'static str> = Vec::new();
    let follows = |word: &str| {
        // `min(` isn't in `arg_min(`.
        let before =
            |at: usize| text[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
        let is_word = word.starts_with(char::is_alphabetic);
        text.match_indices(word).any(|(at, _)| !is_word || !before(at))
    };
    for (what, word) in WORDS {
        if follows(word) {
            found.push(what);
        }
    }
    for function in floret_ir::Function::ALL {
        if follows(&format!("{}(", function.name())) {
            found.push(function.name());
        }
    }
    if !text.contains('<') {
        found.push("fact");
    }
    if statement.inside || text.contains("p::") || text.contains("q::") {
        found.push("module");
    }
    found
}

/// What a checked rule uses of the language.
fn constructs(program: &Program, rule: &Rule) -> Vec<&'static str> {
    let mut found = Vec::new();
    for literal in &rule.body {
        match literal {
            Literal::Atom(atom) => found.extend(read(program, atom)),
            Literal::Negation(_)
            | Literal::Unnest { .. }
            | Literal::Condition { .. }
            | Literal::Let { .. } => {}
        }
    }
    for variable in rule.variables.iter() {
        match variable.ty {
            Type::Struct(_) => found.push("struct"),
            Type::Enum(_) => found.push("enum"),
            Type::Time | Type::Duration => found.push("time and duration"),
            Type::Bytes => found.push("bytes"),
            Type::Int | Type::Float | Type::Bool | Type::String | Type::Address(_) | Type::Node => {}
            Type::Tuple(_) | Type::List(_) | Type::Set(_) | Type::Map(..) | Type::Option(_) => {}
        }
    }
    let head = &program.relations[rule.head.relation];
    if head.is_generated() {
        found.push("several places");
    }
    found.extend(head.columns.iter().filter_map(|column| column.lattice.as_ref()).map(merges));
    found
}

fn read(program: &Program, atom: &Atom) -> Vec<&'static str> {
    match atom.source {
        AtomSource::Relation(id) => {
            let read = &program.relations[id];
            let uses = [
                ("timer", matches!(read.kind, RelationKind::Timer { .. })),
                ("mutable input", read.input == Some(InputMode::Mutable)),
                ("static input", read.input == Some(InputMode::Static)),
                ("reports read", program.notices.iter().any(|event| event.relation == id)),
                ("lattice read", read.has_lattice()),
            ];
            uses.into_iter().filter(|(_, used)| *used).map(|(what, _)| what).collect()
        }
        AtomSource::Clock => vec!["clock"],
        AtomSource::Members(_) => Vec::new(),
    }
}

fn merges(lattice: &Lattice) -> &'static str {
    match lattice {
        Lattice::Max(_) => "max",
        Lattice::Min(_) => "min",
        Lattice::Any => "any<bool>",
        Lattice::All => "all<bool>",
        Lattice::Set(_) => "set lattice",
        Lattice::Map(..) => "map lattice",
        Lattice::Lww(_) => "lww",
        Lattice::Tuple(_) | Lattice::Struct(..) => "lattice pair",
        Lattice::User(_) => "declared lattice",
    }
}
