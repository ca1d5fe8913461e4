//! What may be typed at a place.

use std::collections::BTreeSet;

use floret_ir::{Diagnostics, FileId, Function};
use floret_lang::tree::StatementKind;
use floret_lang::{TokenClass, classes};

use crate::repl::command::COMMANDS;
use crate::repl::session::Session;

/// The names of a session.
#[derive(Clone, Default, Debug)]
pub struct Vocabulary {
    /// Collections with their columns.
    collections: Vec<(String, Vec<String>)>,
    roles: Vec<String>,
    /// Constants, parameters, functions, types and their constructors.
    others: Vec<String>,
}

/// Words that begin statements, and operators.
const WORDS: &[&str] = &[
    "and", "channel", "const", "else", "enum", "event", "false", "fn", "if", "in", "input", "let", "match",
    "not", "on", "or", "output", "param", "role", "self", "static", "struct", "table", "then", "timer",
    "true", "use", "view",
];

const TYPES: &[&str] =
    &["bool", "bytes", "duration", "float", "int", "list", "map", "option", "set", "string", "time"];

const AGGREGATES: &[&str] = &["any", "arg_max", "arg_min", "avg", "collect", "count", "max", "min", "sum"];

impl Vocabulary {
    /// The names of the present program.
    pub fn of(session: &Session) -> Vocabulary {
        let program = &session.compiled().checked.program;
        let collections = program.relations.iter().filter(|relation| !relation.is_generated());
        let collections = collections.map(|relation| {
            (relation.name.clone(), relation.columns.iter().map(|column| column.name.clone()).collect())
        });
        let roles = program.roles.iter().filter(|role| !role.implicit).map(|role| role.name.clone());
        let mut others = Vec::new();
        for statement in &session.definition().statements {
            let tree = floret_lang::parse(statement.piece.text(), FileId(0), &mut Diagnostics::new());
            tree.statements.iter().for_each(|statement| others_of(&statement.kind, &mut others));
        }
        Vocabulary { collections: collections.collect(), roles: roles.collect(), others }
    }

    /// Where the word at `at` starts, and what it may become.
    pub fn complete(&self, line: &str, at: usize) -> (usize, Vec<String>) {
        let before = line.get(..at).unwrap_or(line);
        let mut start = before.len() - word_length(before);
        // `d::send` is one name.
        while let Some(module) = before.get(..start).and_then(|ahead| ahead.strip_suffix("::")) {
            start = module.len() - word_length(module);
        }
        let word = before.get(start..).unwrap_or("");
        let ahead = before.get(..start).unwrap_or("");
        let mut found: BTreeSet<String> = BTreeSet::new();
        let mut add = |name: &str| {
            if name.starts_with(word) && name != word {
                found.insert(name.to_owned());
            }
        };
        if ahead.trim_start() == ":" {
            COMMANDS.iter().for_each(|entry| add(entry.name));
            return (start, found.into_iter().collect());
        }
        if ahead.trim_start().starts_with(':') {
            return self.arguments(ahead.trim_start(), before, start, word);
        }
        if let Some(columns) = self.columns_of(enclosing(ahead)) {
            columns.iter().for_each(|column| add(&format!("{column}: ")));
        }
        if ahead.trim_end().ends_with(':') && !ahead.trim_end().ends_with("::") {
            TYPES.iter().for_each(|name| add(name));
        } else if !word.is_empty() {
            self.collections.iter().for_each(|(name, _)| add(&format!("{name}(")));
            Function::ALL.iter().for_each(|function| add(&format!("{}(", function.name())));
            AGGREGATES.iter().for_each(|name| add(&format!("{name}(")));
            self.others.iter().for_each(|name| add(name));
            WORDS.iter().for_each(|name| add(name));
            TYPES.iter().for_each(|name| add(name));
        }
        self.roles.iter().for_each(|name| add(name));
        (start, found.into_iter().collect())
    }

    /// What may follow a command.
    fn arguments(&self, ahead: &str, before: &str, start: usize, word: &str) -> (usize, Vec<String>) {
        let command = ahead.trim_start_matches(':').split_whitespace().next().unwrap_or("");
        let names = |list: &mut dyn Iterator<Item = &String>| -> Vec<String> {
            list.filter(|name| name.starts_with(word)).cloned().collect()
        };
        match command {
            "load" | "save" => files(before),
            "nodes" => (start, names(&mut self.roles.iter()).iter().map(|role| format!("{role}=")).collect()),
            "help" => {
                let entries = COMMANDS.iter().map(|entry| entry.name.to_owned());
                (start, entries.filter(|name| name.starts_with(word)).collect())
            }
            "state" | "explain" | "hold" | "send" | "delete" => {
                (start, names(&mut self.collections.iter().map(|(name, _)| name)))
            }
            _ => (start, Vec::new()),
        }
    }

    fn columns_of(&self, collection: Option<&str>) -> Option<&Vec<String>> {
        let name = collection?;
        self.collections.iter().find(|(known, _)| known == name).map(|(_, columns)| columns)
    }
}

/// The names that a statement declares besides collections and roles.
fn others_of(kind: &StatementKind, names: &mut Vec<String>) {
    match kind {
        StatementKind::Const { name, .. } | StatementKind::Param { name, .. } => {
            names.push(name.text.clone())
        }
        StatementKind::Struct { name, .. } | StatementKind::Lattice { name, .. } => {
            names.push(name.text.clone());
        }
        StatementKind::Function { name, .. } => names.push(format!("{}(", name.text)),
        StatementKind::Enum { name, variants } => {
            names.push(name.text.clone());
            names.extend(variants.iter().map(|(variant, _)| variant.text.clone()));
        }
        StatementKind::Use { alias: Some(name), .. } => names.push(format!("{}::", name.text)),
        _ => {}
    }
}

/// The length of the word that a text ends with.
fn word_length(text: &str) -> usize {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.chars().rev().take_while(|c| is_word(*c)).map(char::len_utf8).sum()
}

/// The name before the innermost open bracket.
fn enclosing(text: &str) -> Option<&str> {
    let mut open = Vec::new();
    let mut name = None;
    for (range, class) in classes(text) {
        match class {
            TokenClass::Open => open.push(name.take()),
            TokenClass::Close => drop(open.pop()),
            TokenClass::Name | TokenClass::Keyword => name = text.get(range),
            TokenClass::Number
            | TokenClass::Text
            | TokenClass::Comment
            | TokenClass::End
            | TokenClass::RuleOp
            | TokenClass::Sign
            | TokenClass::Unreadable => name = None,
        }
    }
    open.pop().flatten()
}

/// Files whose names start like the last word.
fn files(before: &str) -> (usize, Vec<String>) {
    let start = before.rfind([' ', '=']).map_or(0, |at| at + 1);
    let typed = before.get(start..).unwrap_or("");
    let (folder, name) = match typed.rfind('/') {
        Some(at) => typed.split_at(at + 1),
        None => ("", typed),
    };
    let place = if folder.is_empty() { "." } else { folder };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(place).into_iter().flatten().flatten() {
        let file = entry.file_name().to_string_lossy().into_owned();
        if file.starts_with(name) && (!file.starts_with('.') || name.starts_with('.')) {
            let end = if entry.path().is_dir() { "/" } else { "" };
            found.push(format!("{folder}{file}{end}"));
        }
    }
    found.sort();
    (start, found)
}
