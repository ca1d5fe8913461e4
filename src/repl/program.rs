//! The present program as one text, compiled; and the way back from its places to what was typed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use floret_compiler::{driver, modules};
use floret_ir::{
    Diagnostic, Diagnostics, Fact, FileId, InputMode, RelationId, RelationKind, RuleId, Severity, Source,
    Sources, Span, Stratified,
};

use crate::load::Disk;
use crate::repl::definition::{Definition, Number, Piece};

/// The program's text, made of pieces.
#[derive(Default)]
pub struct Text {
    text: String,
    pieces: Vec<Placed>,
    sources: Vec<Arc<Source>>,
    /// The files of modules that it uses, known once it was analysed.
    modules: Vec<Source>,
}

/// Where a piece is in the text.
struct Placed {
    start: usize,
    end: usize,
    number: Option<Number>,
    source: FileId,
    /// Where it starts in its source.
    shown: usize,
}

impl Text {
    /// The text of a session's program, typed facts last.
    pub fn of(definition: &Definition) -> Text {
        let mut text = Text::default();
        for statement in &definition.statements {
            text.add(Some(statement.number), &statement.piece);
        }
        for fact in definition.facts() {
            // `:send set("x")` is written without a `;`; one too many does no harm.
            text.add_between("", Some(fact.number), &fact.piece, ";");
        }
        text
    }

    /// Adds a piece on lines of its own.
    pub fn add(&mut self, number: Option<Number>, piece: &Piece) {
        self.add_between("", number, piece, "");
    }

    /// Adds a piece with words around it that nobody typed.
    pub fn add_between(&mut self, before: &str, number: Option<Number>, piece: &Piece, after: &str) {
        let known = self.sources.iter().position(|source| Arc::ptr_eq(source, &piece.source));
        let at = known.unwrap_or_else(|| {
            self.sources.push(Arc::clone(&piece.source));
            self.sources.len() - 1
        });
        self.text.push_str(before);
        let start = self.text.len();
        self.text.push_str(piece.text());
        let end = self.text.len();
        self.pieces.push(Placed { start, end, number, source: FileId(at as u32), shown: piece.start });
        // On a line of its own, so that a comment at the piece's end does not hide it.
        self.text.push('\n');
        self.text.push_str(after);
        self.text.push('\n');
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Adds words that nobody typed.
    pub fn push(&mut self, words: &str) {
        self.text.push_str(words);
    }

    /// The number of what was typed there.
    pub fn number_at(&self, span: Span) -> Option<Number> {
        // File 0 is this text, the others are modules.
        let typed = span.file == FileId(0);
        self.piece_at(span.start as usize).filter(|_| typed).and_then(|piece| piece.number)
    }

    fn piece_at(&self, at: usize) -> Option<&Placed> {
        let after = self.pieces.partition_point(|piece| piece.start <= at);
        self.pieces.get(after.checked_sub(1)?)
    }

    fn shown(&self, span: Span) -> Span {
        if let Some(module) = span.file.0.checked_sub(1) {
            return Span { file: FileId(self.sources.len() as u32 + module), ..span };
        }
        let (start, end) = (span.start as usize, span.end as usize);
        // What nobody typed is shown at the piece it surrounds.
        let Some(piece) = self.piece_at(start).or(self.pieces.first()) else { return span };
        let within = |at: usize| (at.clamp(piece.start, piece.end) - piece.start + piece.shown) as u32;
        Span { file: piece.source, start: within(start), end: within(end) }
    }

    /// The diagnostics with their places in what was typed.
    pub fn diagnostics(&self, mut list: Vec<Diagnostic>) -> Vec<Diagnostic> {
        for label in list.iter_mut().flat_map(|diagnostic| &mut diagnostic.labels) {
            label.span = self.shown(label.span);
        }
        list
    }

    /// What was typed, and the modules that it uses.
    pub fn sources(&self) -> Sources {
        self.sources.iter().map(|source| Source::clone(source)).chain(self.modules.iter().cloned()).collect()
    }
}

/// Why a program is not one, with places in what was typed.
#[derive(Debug)]
pub struct Refusal {
    /// The messages.
    pub diagnostics: Vec<Diagnostic>,
    /// What they point into.
    pub sources: Sources,
    /// The numbers of what they are about.
    pub numbers: BTreeSet<Number>,
}

/// A compiled program.
pub struct Compiled {
    /// The program as it was typed, facts included.
    pub checked: Stratified,
    /// The program as it runs here: without the typed facts, which arrive when they are typed, and with every table and
    /// event open to the session.
    pub running: Stratified,
    /// The typed facts, in the order of the text.
    pub facts: Vec<(Number, Fact)>,
    /// Warnings by how they read, which doesn't change when something is added elsewhere.
    pub warnings: BTreeMap<String, Diagnostic>,
    /// The way back to what was typed.
    pub text: Text,
}

impl Compiled {
    /// A text with the numbers of rules for the channels that the compiler made for them.
    pub fn named(&self, text: &str) -> String {
        let generated = self.checked.program.relations.iter().filter(|relation| relation.is_generated());
        generated.fold(text.to_owned(), |text, relation| match self.text.number_at(relation.span) {
            Some(number) => ["(", "`"].iter().fold(text, |text, end| {
                text.replace(&format!("{}{end}", relation.name), &format!("{number}{end}"))
            }),
            None => text,
        })
    }

    /// The number of a rule.
    pub fn number_of(&self, rule: RuleId) -> Option<Number> {
        self.text.number_at(self.checked.program.rules.get(rule)?.span)
    }
}

/// Compiles a text. Modules are read from the current directory.
///
/// # Errors
/// The messages about it, if there are errors among them.
pub fn analyse(text: &mut Text) -> Result<(Stratified, Vec<Diagnostic>), Refusal> {
    let mut sink = Diagnostics::new();
    let files = modules::load("", &text.text, &Disk, &mut sink);
    let stratified = driver::analyse(&files, &mut sink);
    text.modules = files.sources.iter().skip(1).cloned().collect();
    let mut list = sink.sorted();
    match stratified {
        Some(stratified) => Ok((stratified, text.diagnostics(list))),
        None => {
            list.retain(|diagnostic| diagnostic.severity == Severity::Error);
            let places = list.iter().filter_map(|diagnostic| diagnostic.labels.first());
            let numbers = places.filter_map(|label| text.number_at(label.span)).collect();
            Err(Refusal { diagnostics: text.diagnostics(list), sources: text.sources(), numbers })
        }
    }
}

/// Compiles a session's program.
///
/// # Errors
/// See [`analyse`].
pub fn compile(definition: &Definition) -> Result<Compiled, Refusal> {
    let mut text = Text::of(definition);
    let (checked, warnings) = analyse(&mut text)?;
    let sources = text.sources();
    let read = |one: &Diagnostic| floret_lang::render(std::slice::from_ref(one), &sources, false);
    let warnings = warnings.into_iter().map(|one| (read(&one), one));
    let typed: BTreeSet<Number> = definition.facts().map(|fact| fact.number).collect();
    let mut running = checked.clone();
    let mut facts = Vec::new();
    running.program.facts.retain(|fact| match text.number_at(fact.span) {
        Some(number) if typed.contains(&number) => {
            facts.push((number, fact.clone()));
            false
        }
        Some(_) | None => true,
    });
    // What the nodes report comes from nobody else.
    let reported: BTreeSet<RelationId> = running.program.notices.iter().map(|event| event.relation).collect();
    for (number, relation) in running.program.relations.iter_mut().enumerate() {
        if reported.iter().any(|id| id.0 as usize == number) {
            continue;
        }
        match relation.kind {
            RelationKind::Table | RelationKind::Event => {
                relation.input.get_or_insert(InputMode::Add);
                // The proof did not know what the session will be fed.
                relation.key_proven = false;
            }
            RelationKind::View | RelationKind::Channel { .. } | RelationKind::Timer { .. } => {}
        }
    }
    Ok(Compiled { checked, running, facts, warnings: warnings.collect(), text })
}
