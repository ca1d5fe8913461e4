//! What `--emit tokens` and `--emit tree` print.

use std::fmt::Write;

use floret_ir::{Diagnostics, FileId, Span};

use crate::lexer::lex;
use crate::lexical_error::Unreadable;
use crate::literal::Number;
use crate::print_expr::{Commas, Pair};
use crate::structure_error::FileTooLong;
use crate::token::Token;
use crate::tree::{
    Clause, Collection, CollectionKind, ColumnDecl, Modifier, ModuleParam, Rule, Statement, StatementKind,
    TestStep, TestStepKind, Tree, UseTarget,
};

/// The tokens of a text, one a line: line and column, kind, text.
pub fn tokens(text: &str, file: FileId, sink: &mut Diagnostics) -> String {
    if u32::try_from(text.len()).is_err() {
        sink.push(FileTooLong { start: Span { file, start: 0, end: 0 } });
        return String::new();
    }
    let lexed = lex(text, file);
    for problem in &lexed.problems {
        sink.push(Unreadable::new(problem, text, file));
    }
    let mut out = String::new();
    let (mut line, mut column, mut at) = (1, 1, 0);
    for lexeme in &lexed.lexemes {
        let (start, end) = (lexeme.start as usize, lexeme.end as usize);
        for c in text[at..start].chars() {
            (line, column) = if c == '\n' { (line + 1, 1) } else { (line, column + 1) };
        }
        at = start;
        let place = format!("{line}:{column}");
        let _ = writeln!(out, "{place:<7} {:<13}{}", kind_of(&lexeme.token), &text[start..end]);
    }
    out
}

fn kind_of(token: &Token) -> &'static str {
    match token {
        Token::Ident(_) => "name",
        Token::Number(Number::Int(_)) => "int",
        Token::Number(Number::Float(_)) => "float",
        Token::Number(Number::Duration(_)) => "duration",
        Token::String(_) => "string",
        Token::Bytes(_) => "bytes",
        Token::Unreadable => "unreadable",
        word if word.is_hard_keyword() => "keyword",
        word if word.is_soft_keyword() => "soft keyword",
        _ => "mark",
    }
}

/// The tree as text: a line for each statement and each part of a rule, indented as they nest, every operator in
/// parentheses.
pub fn tree(tree: &Tree) -> String {
    let mut printer = Printer { out: String::new(), depth: 0 };
    printer.statements(&tree.statements);
    printer.out
}

struct Printer {
    out: String,
    depth: usize,
}

impl Printer {
    fn line(&mut self, text: impl AsRef<str>) {
        for line in text.as_ref().lines() {
            let _ = writeln!(self.out, "{:width$}{line}", "", width = 2 * self.depth);
        }
    }

    fn nested(&mut self, title: impl AsRef<str>, contents: impl FnOnce(&mut Self)) {
        self.line(title);
        self.depth += 1;
        contents(self);
        self.depth -= 1;
    }

    fn statements(&mut self, statements: &[Statement]) {
        statements.iter().for_each(|statement| self.statement(statement));
    }

    fn statement(&mut self, statement: &Statement) {
        for line in statement.doc.iter().flat_map(|doc| doc.lines()) {
            self.line(format!("/// {line}").trim_end());
        }
        for attribute in &statement.attributes {
            self.line(format!("@{}({})", attribute.name, Commas(&attribute.args)));
        }
        self.kind(&statement.kind);
    }

    fn kind(&mut self, kind: &StatementKind) {
        match kind {
            StatementKind::Role { name, durable: None } => self.line(format!("role {name}")),
            StatementKind::Role { name, durable: Some(_) } => self.line(format!("durable role {name}")),
            StatementKind::Collection(collection) => self.line(collection_text(collection)),
            StatementKind::Output(path) => self.line(format!("output {path}")),
            StatementKind::Confluent(path) => self.line(format!("confluent {path}")),
            StatementKind::Timer { name, every, on } => {
                self.line(format!("timer {name} every {every}{}", optional(" on ", on.as_ref())));
            }
            StatementKind::On { role, statements } => {
                self.nested(format!("on {role}"), |inner| inner.statements(statements));
            }
            StatementKind::Monotone(statements) => {
                self.nested("monotone", |inner| inner.statements(statements))
            }
            StatementKind::Fact(call) => self.line(format!("fact {call}")),
            StatementKind::Rule(rule) => self.rule("rule", rule),
            StatementKind::Seal(rule) => self.rule("seal", rule),
            StatementKind::Const { name, ty, value } => {
                self.line(format!("const {name}{} = {value}", optional(": ", ty.as_ref())));
            }
            StatementKind::Param { name, ty, value } => {
                self.line(format!("param {name}: {ty}{}", optional(" = ", value.as_ref())));
            }
            StatementKind::Function { name, params, result, body } => {
                self.line(format!("fn {name}({}) -> {result} = {body}", columns(params)));
            }
            StatementKind::Struct { name, fields } => {
                self.line(format!("struct {name} {{ {} }}", columns(fields)));
            }
            StatementKind::Enum { name, variants } => self.nested(format!("enum {name}"), |inner| {
                for (variant, types) in variants {
                    inner.line(format!("{variant}({})", Commas(types)));
                }
            }),
            StatementKind::Lattice { name, over, params: (left, right), merge } => {
                self.line(format!("lattice {name} over {over} = merge({left}, {right}) -> {merge}"));
            }
            StatementKind::Use { target, args, alias } => {
                let target = match target {
                    UseTarget::File(file) => format!("{:?}", file.text),
                    UseTarget::Path(path) => path.to_string(),
                };
                let args: Vec<_> = args.iter().map(|(name, value)| Pair(name, " = ", value)).collect();
                self.line(format!("use {target}({}){}", Commas(&args), optional(" as ", alias.as_ref())));
            }
            StatementKind::Module { name, params, statements } => {
                let params: Vec<_> = params.iter().map(module_param).collect();
                self.nested(format!("module {name}({})", Commas(&params)), |inner| {
                    inner.statements(statements)
                });
            }
            StatementKind::Invariant { name, text, body } => {
                let text = text.as_ref().map(|text| format!("{:?}", text.text));
                self.nested(format!("invariant {name}{}", optional(" ", text.as_ref())), |inner| {
                    body.iter().for_each(|literal| inner.line(literal.to_string()));
                });
            }
            StatementKind::Test { name, nodes, steps } => {
                let nodes: Vec<_> = nodes.iter().map(|(role, count)| Pair(role, " = ", count)).collect();
                let with = if nodes.is_empty() { "" } else { " with " };
                self.nested(format!("test {:?}{with}{}", name.text, Commas(&nodes)), |inner| {
                    steps.iter().for_each(|step| inner.line(step_text(step)));
                });
            }
        }
    }

    fn rule(&mut self, word: &str, rule: &Rule) {
        self.nested(format!("{word} {} {}", rule.head, rule.op.symbol()), |inner| {
            rule.body.iter().for_each(|literal| inner.line(literal.to_string()));
        });
    }
}

fn optional(before: &str, value: Option<&impl std::fmt::Display>) -> String {
    value.map(|value| format!("{before}{value}")).unwrap_or_default()
}

fn columns(columns: &[ColumnDecl]) -> String {
    let columns: Vec<_> = columns.iter().map(|column| Pair(&column.name, ": ", &column.ty)).collect();
    Commas(&columns).to_string()
}

fn module_param(param: &ModuleParam) -> String {
    match param {
        ModuleParam::Role(name) => format!("role {name}"),
        ModuleParam::Value(column) => format!("{}: {}", column.name, column.ty),
        ModuleParam::Collection(collection) => collection_text(collection),
    }
}

fn step_text(step: &TestStep) -> String {
    match &step.kind {
        TestStepKind::At(time, call) => format!("at {time}: {call}"),
        TestStepKind::Claim(word, body) => format!("{} {}", word.text(), Commas(body)),
    }
}

fn collection_text(collection: &Collection) -> String {
    let Collection { modifiers, kind, name, columns: all, key, on, shards, clauses } = collection;
    let mut text = String::new();
    for (modifier, _) in modifiers {
        text += match modifier {
            Modifier::Input => "input ",
            Modifier::Output => "output ",
            Modifier::Mutable => "mutable ",
            Modifier::Static => "static ",
        };
    }
    text += match kind {
        CollectionKind::Table => "table ",
        CollectionKind::View => "view ",
        CollectionKind::Event => "event ",
        CollectionKind::Channel => "channel ",
    };
    let content = match key.and_then(|key| all.split_at_checked(key)) {
        Some((key, values)) => format!("{} => {}", columns(key), columns(values)),
        None => columns(all),
    };
    text += &format!("{name}({content}){}", optional(" on ", on.as_ref()));
    text += &shards.as_ref().map(|shards| format!("[{shards}]")).unwrap_or_default();
    for clause in clauses {
        text += &clause_text(clause);
    }
    text
}

fn clause_text(clause: &Clause) -> String {
    match clause {
        Clause::From(role) => format!(" from {role}"),
        Clause::Ordered { span: _, via } => format!(" ordered{}", optional(" via ", via.as_ref())),
        Clause::Lossy(_) => " lossy".to_owned(),
        Clause::Reliable(_) => " reliable".to_owned(),
        Clause::Durable(_) => " durable".to_owned(),
        Clause::Sealed { span: _, by, from } => {
            let key = if by.is_empty() { String::new() } else { format!(" by {}", Commas(by)) };
            format!(" sealed{key}{}", optional(" from ", from.as_ref()))
        }
    }
}
