//! Which instance a place belongs to. While a program is checked, the places of each instance are in a file of its own;
//! afterwards they are put back to the module's text, and findings say which instance they are about.

use floret_ir::{Claims, Diagnostic, Diagnostics, FileId, Id, Label, Program, Severity, Span, Test};

/// How many instances a message names.
const NAMED: usize = 3;
/// How many `use`s on the way to an instance a message marks.
const MARKED: usize = 5;

/// An instance, for messages.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    /// Its name from the program's view, `a::b`.
    pub name: String,
    pub module: String,
    /// The file of the module's text.
    pub file: FileId,
    /// The `use` that makes it, in the place of its user.
    pub span: Span,
}

/// The instances of a program.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    /// How many files there are; the instances' files are numbered from here.
    files: usize,
    list: Vec<Origin>,
}

impl Origins {
    pub(super) fn new(files: usize) -> Self {
        Origins { files, list: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// A file of its own for a new instance.
    pub(super) fn push(&mut self, origin: Origin) -> FileId {
        self.list.push(origin);
        FileId::from_index(self.files + self.list.len() - 1)
    }

    fn of(&self, span: Span) -> Option<&Origin> {
        self.list.get(span.file.index().checked_sub(self.files)?)
    }

    /// The place in the text that was read.
    fn real(&self, span: Span) -> Span {
        self.of(span).map_or(span, |origin| Span { file: origin.file, ..span })
    }

    /// Puts the places of a checked program back.
    pub fn restore(&self, program: &mut Program) {
        if !self.list.is_empty() {
            program.for_each_span(&mut |span| *span = self.real(*span));
        }
    }

    /// Puts the places of compiled invariants back.
    pub fn restore_claims(&self, claims: &mut Claims) {
        if !self.list.is_empty() {
            claims.for_each_span(&mut |span| *span = self.real(*span));
        }
    }

    /// Puts the places of a compiled test back.
    pub fn restore_test(&self, test: &mut Test) {
        if !self.list.is_empty() {
            test.for_each_span(&mut |span| *span = self.real(*span));
        }
    }

    /// Puts the places of findings back, and says which instances they are about. What is found in several instances
    /// of one module is said once.
    pub fn explain(&self, sink: &mut Diagnostics) {
        if self.list.is_empty() {
            return;
        }
        let mut told: Vec<Told> = Vec::new();
        let mut index = std::collections::HashMap::new();
        for diagnostic in sink.sorted() {
            let instance = diagnostic
                .labels
                .iter()
                .filter(|label| label.primary)
                .find_map(|label| self.of(label.span))
                .cloned();
            let mut diagnostic = diagnostic;
            for label in &mut diagnostic.labels {
                label.span = self.real(label.span);
            }
            let primary: Vec<Span> =
                diagnostic.labels.iter().filter(|label| label.primary).map(|label| label.span).collect();
            let key = (diagnostic.severity == Severity::Error, diagnostic.code.clone(), primary);
            let known = if instance.is_some() { index.get(&key).copied() } else { None };
            match known.and_then(|at: usize| told.get_mut(at)) {
                Some(found) => found.instances.extend(instance),
                None => {
                    index.insert(key, told.len());
                    told.push(Told { diagnostic, instances: Vec::from_iter(instance) });
                }
            }
        }
        let mut explained = Diagnostics::new();
        told.into_iter().for_each(|told| explained.add(self.with_instances(told)));
        *sink = explained;
    }

    fn with_instances(&self, told: Told) -> Diagnostic {
        let Told { mut diagnostic, instances } = told;
        let Some(first) = instances.first() else { return diagnostic };
        let mut made = Some(first);
        for _ in 0..MARKED {
            let Some(origin) = made else { break };
            diagnostic.labels.push(Label {
                span: self.real(origin.span),
                text: format!("the instance `{}` is made here", origin.name),
                primary: false,
            });
            made = self.of(origin.span);
        }
        let mut note = format!("in the instance `{}` of `{}`", first.name, first.module);
        let mut others: Vec<&str> = instances.iter().skip(1).map(|origin| origin.name.as_str()).collect();
        others.dedup();
        let names = others.iter().take(NAMED).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        match others.len() {
            0 => {}
            1..=NAMED => note.push_str(&format!(", and the same in {names}")),
            many => note.push_str(&format!(", and the same in {names} and {} more", many - NAMED)),
        }
        diagnostic.notes.push(note);
        diagnostic
    }
}

/// A finding and the instances in which it was found.
struct Told {
    diagnostic: Diagnostic,
    instances: Vec<Origin>,
}
